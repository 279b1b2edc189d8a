"""Reading by id from methods and portals with habits of their own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bitrix_events.errors import IncompleteList
from bitrix_events.testing.methods import Habit
from bitrix_events.testing.rest import Call
from tests.unit.rest.lists import (
    Page,
    altered_ids,
    deal_ids,
    portal_with,
    reading,
    uncounted,
    with_gaps,
    without,
)


@pytest.mark.parametrize("count", [60, 260, 11_000])
@pytest.mark.parametrize("habit", [Habit.IGNORES_ID_FILTER, Habit.IGNORES_START])
async def test_a_method_that_does_not_follow_ids_is_read_by_position_or_not_at_all(
    count: int, habit: Habit
) -> None:
    portal = portal_with("deal", range(1, count + 1))
    portal.quirk("crm.deal.list", habit)

    assert await deal_ids(portal, select=["ID"]) == list(range(1, count + 1))
    assert await deal_ids(portal, select=["ID"], limit=55) == list(range(1, 56))


@pytest.mark.parametrize("count", [60, 11_000])
async def test_a_method_that_ignores_the_order_is_complete_upwards(count: int) -> None:
    portal = portal_with("deal", range(1, count + 1))
    portal.quirk("crm.deal.list", Habit.IGNORES_ORDER)

    assert await deal_ids(portal, select=["ID"]) == list(range(1, count + 1))
    with pytest.raises(IncompleteList, match="does not follow ids"):
        await deal_ids(portal, descending=True)


async def test_a_method_with_smaller_pages_is_complete() -> None:
    for size in (1, 7, 20):
        portal = portal_with("deal", with_gaps(400, 0.3))
        portal.page_size = size
        assert await deal_ids(portal) == with_gaps(400, 0.3)


async def test_a_method_with_larger_pages_is_complete() -> None:
    portal = portal_with("deal", range(1, 1001))
    portal.page_size = 120
    assert await deal_ids(portal) == list(range(1, 1001))


@pytest.mark.parametrize(
    "hidden", [{3}, {1}, {50}, {51}, {77, 130, 400}, {*range(60, 80)}, {*range(2, 400, 7)}]
)
@pytest.mark.parametrize("count", [430, 11_000])
async def test_a_method_that_leaves_rows_out_of_pages_loses_no_others(
    hidden: set[int], count: int
) -> None:
    portal = portal_with("deal", range(1, 2 * count, 2))
    hidden = {2 * i + 1 for i in hidden}

    found = await altered_ids(portal, without(hidden), select=["ID"])

    assert found == [i for i in range(1, 2 * count, 2) if i not in hidden]


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize(("count", "first", "last"), [(500, 101, 150), (12_000, 5001, 5100)])
@pytest.mark.parametrize("descending", [False, True])
async def test_rows_that_the_portal_counts_and_does_not_send_are_missed(
    count: int, first: int, last: int, step: int, descending: bool
) -> None:
    portal = portal_with("deal", range(step, step * count + 1, step))
    hidden = range(step * first, step * last + 1, step)

    with pytest.raises(IncompleteList, match="the portal counts rows after id"):
        await altered_ids(portal, without(hidden), descending=descending)


async def test_rows_that_are_deleted_after_they_were_counted_are_not_missed() -> None:
    portal = portal_with("deal", range(1, 501))

    def delete(call: Call) -> None:
        if len(portal.calls("crm.deal.list")) == 2 and call.method != "batch":
            for gone in range(101, 501):
                portal.delete("deal", gone, user_id=0)

    portal.on_call = delete

    assert await deal_ids(portal) == list(range(1, 101))


@pytest.mark.parametrize("count", [0, 1, 50, 51, 150, 5001])
async def test_a_method_that_counts_nothing_is_complete(count: int) -> None:
    portal = portal_with("deal", range(1, count + 1))

    assert await altered_ids(portal, uncounted, select=["ID"]) == list(range(1, count + 1))
    assert portal.requests <= count // 2500 + 5


@pytest.mark.parametrize("names_next", [False, True])
async def test_a_short_page_in_the_middle_ends_no_list_that_nobody_counts(names_next: bool) -> None:
    portal = portal_with("deal", range(1, 501))
    hide = without(range(61, 71))

    def alter(page: Page, start: int) -> None:
        hide(page, start)
        page.pop("total", None)
        if not names_next:
            page.pop("next", None)

    assert await altered_ids(portal, alter) == [*range(1, 61), *range(71, 501)]


async def test_one_short_page_that_nobody_counts_is_a_list() -> None:
    portal = portal_with("deal", range(1, 31))

    assert await altered_ids(portal, uncounted) == list(range(1, 31))
    assert portal.requests == 1


@pytest.mark.parametrize("ids", [range(1, 501), range(1, 12_001), with_gaps(11_000, 0.3)], ids=len)
@pytest.mark.parametrize("descending", [False, True])
async def test_pages_that_are_smaller_without_a_count_lose_no_rows(
    ids: Sequence[int], descending: bool
) -> None:
    portal = portal_with("deal", ids)

    def alter(page: Page, start: int) -> None:
        if start < 0:
            page["result"] = page["result"][:20]

    found = await altered_ids(portal, alter, select=["ID"], descending=descending)

    assert found == sorted(ids, reverse=descending)


@pytest.mark.parametrize("total", [0, -1, 3])
async def test_a_total_that_is_less_than_the_rows_beside_it_is_no_count(total: int) -> None:
    portal = portal_with("deal", range(1, 501))

    def alter(page: Page, start: int) -> None:
        page["total"] = total if page["result"] else 0

    assert await altered_ids(portal, alter) == list(range(1, 501))


async def test_named_ids_are_complete_if_only_their_count_tells_of_further_pages() -> None:
    portal = portal_with("deal", range(1, 301))
    portal.page_size = 20

    def alter(page: Page, start: int) -> None:
        page.pop("next", None)

    named = list(range(1, 200))
    assert await altered_ids(portal, alter, filter={"ID": named}) == named


async def test_rows_without_a_usable_id_are_refused() -> None:
    portal = portal_with("deal", range(1, 3))
    async with reading(portal) as client:
        with pytest.raises(IncompleteList, match="whole number as NAME"):
            await client.list("crm.deal.list", id_field="NAME")
