"""Reading by id: complete, in few requests, with the conditions of the caller."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest

from bitrix_events.testing.methods import Habit
from tests.unit.rest.lists import (
    deal_ids,
    portal_with,
    reading,
    with_gaps,
)


@pytest.mark.parametrize(
    ("count", "requests", "commands"),
    [
        (0, 1, 1),
        (1, 1, 1),
        (49, 1, 1),
        (50, 1, 1),
        (51, 2, 2),
        (99, 2, 2),
        (100, 2, 3),
        (120, 2, 3),
        (2500, 2, 51),
        (10_000, 5, 201),
    ],
)
async def test_a_list_takes_as_few_requests_as_its_length_needs(
    count: int, requests: int, commands: int
) -> None:
    ids = range(1, count + 1)
    portal = portal_with("deal", ids)

    assert await deal_ids(portal, select=["ID"]) == list(ids)
    assert (portal.requests, len(portal.calls("crm.deal.list"))) == (requests, commands)


@pytest.mark.parametrize(
    "ids",
    [
        range(1, 12_001),
        with_gaps(12_000, 0.02),
        with_gaps(12_000, 0.3),
        with_gaps(15_000, 0.5),
        with_gaps(12_000, 0.9),
        [*range(1, 6001), *range(10**9, 10**9 + 6000)],
        [*with_gaps(10_000, 0.4), *(10**9 + i for i in with_gaps(10_000, 0.6))],
        [k * 10**8 + i for k in range(1, 6) for i in range(4000)],
        [*range(1, 12_000), 10**9],
        [1, *range(10**9, 10**9 + 12_000)],
        sorted({int(1.001**k) + k for k in range(14_000)}),
        [k * k + 1 for k in range(12_000)],
    ],
    ids=lambda ids: f"{len(ids)}-up-to-{ids[-1]}",
)
async def test_wherever_ids_are_missing_few_requests_are_enough(ids: Sequence[int]) -> None:
    portal = portal_with("deal", ids)

    assert await deal_ids(portal, select=["ID"]) == list(ids)
    assert portal.requests <= 1.06 * math.ceil(len(ids) / 2500) + 3


@pytest.mark.parametrize("ids", [range(1, 12_001), [1, *range(10**9, 10**9 + 12_000)]], ids=len)
async def test_downwards_few_requests_are_enough_as_well(ids: Sequence[int]) -> None:
    portal = portal_with("deal", ids)

    assert await deal_ids(portal, select=["ID"], descending=True) == list(ids)[::-1]
    assert portal.requests <= 1.06 * math.ceil(len(ids) / 2500) + 3


async def test_a_limit_is_not_read_far_beyond() -> None:
    portal = portal_with("deal", range(1, 60_001))

    found = await deal_ids(portal, select=["ID"], limit=12_000)

    assert found == list(range(1, 12_001))
    assert portal.requests <= 9


@pytest.mark.parametrize("limit", [1, 49, 50, 51, 130, 2500, 5000])
async def test_a_limit_is_kept_to_the_row(limit: int) -> None:
    portal = portal_with("deal", with_gaps(3000, 0.2))

    found = await deal_ids(portal, select=["ID"], limit=limit)

    assert found == with_gaps(3000, 0.2)[:limit]


# Conditions of the caller.


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("conditions", "low", "high"),
    [
        ({">ID": 30}, 31, 13_000),
        ({"<=ID": 110}, 1, 110),
        ({">ID": 30, "<=ID": 12_900}, 31, 12_900),
        ({">ID": "30", "<=ID": "110"}, 31, 110),
        ({">=ID": 30, "<ID": 12_900}, 30, 12_899),
        ({">id": 30, "<=id": 110}, 31, 110),
    ],
)
async def test_conditions_on_the_id_are_kept(
    conditions: dict[str, Any], low: int, high: int, descending: bool
) -> None:
    portal = portal_with("deal", range(1, 13_001))

    found = await deal_ids(portal, filter=conditions, select=["ID"], descending=descending)

    assert sorted(found) == list(range(low, high + 1))
    assert found == sorted(found, reverse=descending)


@pytest.mark.parametrize(
    "conditions",
    [{"ID": list(range(1, 101)), "@ID": [5]}, {">ID": 100, ">id": 5}, {">id": 5, ">ID": 100}],
)
async def test_of_two_conditions_on_the_id_none_is_lost(conditions: dict[str, Any]) -> None:
    portal = portal_with("deal", range(1, 201))
    async with reading(portal) as client:
        expected = (await client.call("crm.deal.list", filter=conditions)).result

        assert await client.list("crm.deal.list", filter=conditions) == expected
    assert all(call.params["filter"] == conditions for call in portal.calls("crm.deal.list"))


@pytest.mark.parametrize("key", ["LOGIC", "logic"])
@pytest.mark.parametrize("own", [{"after_id": 100}, {"descending": True}])
async def test_conditions_of_which_one_is_enough_are_not_joined_with_ours(
    key: str, own: dict[str, Any]
) -> None:
    portal = portal_with("deal", range(1, 131), STAGE_ID="NEW")
    portal.answer("crm.deal.list", [])
    conditions = {key: "OR", "STAGE_ID": "NEW", "=STAGE_ID": "WON"}

    await deal_ids(portal, filter=conditions)
    with pytest.raises(ValueError, match="no LOGIC"):
        await deal_ids(portal, filter=conditions, **own)

    (call,) = portal.calls("crm.deal.list")
    assert call.params["filter"] == conditions
    assert "order" not in call.params


async def test_a_condition_on_the_id_that_is_no_number_is_left_to_the_portal() -> None:
    portal = portal_with("deal", range(1, 131))

    found = await deal_ids(portal, filter={">ID": "7.5"})

    assert found == list(range(8, 131))


@pytest.mark.parametrize("name", ["filter", "FILTER", "Filter"])
async def test_a_filter_in_other_letters_is_kept(name: str) -> None:
    portal = portal_with("user", range(2, 203))
    portal.fill("user", 100, NAME="Grace")
    async with reading(portal) as client:
        rows = await client.list("user.get", {name: {"NAME": "Grace"}})

    # The portal of the tests reads FILTER and filter, real ones as well.
    expected = 100 if name != "Filter" else 302
    assert len(rows) == expected


@pytest.mark.parametrize("value", ["$result[c0][49][ID]", "a $total[x] b", []])
async def test_values_that_a_batch_would_change_are_read_page_by_page(value: Any) -> None:
    portal = portal_with("deal", range(1, 131), TITLE=value or None)
    portal.fill("deal", 70, TITLE="other")

    found = await deal_ids(portal, filter={"TITLE": value})

    assert found == list(range(1, 131))
    assert not portal.calls("batch")


async def test_an_empty_select_does_not_keep_a_list_out_of_batches() -> None:
    portal = portal_with("deal", range(1, 1001))

    assert len(await deal_ids(portal, select=[], order={}, filter={})) == 1000
    assert portal.requests == 2


@pytest.mark.parametrize(
    "select", ["TITLE", ["TITLE"], ["*"], ["TITLE", "ID"], ("TITLE",), {"0": "TITLE"}]
)
async def test_the_id_is_selected_even_if_nobody_asked(select: Any) -> None:
    portal = portal_with("deal", range(1, 131), TITLE="x")
    async with reading(portal) as client:
        rows = await client.list("crm.deal.list", select=select)

    assert all(row["TITLE"] == "x" and row["ID"] for row in rows)
    assert len(rows) == 130


# Filters that name ids.


@pytest.mark.parametrize("key", ["ID", "@ID"])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("count", [1, 49, 50, 51, 130, 2600])
async def test_named_ids_are_asked_for_in_fifties(key: str, descending: bool, count: int) -> None:
    portal = portal_with("deal", range(1, 6001, 2))
    named: list[int | str] = [*range(1, count + 1), "1", 1, str(count)]
    random.Random(1).shuffle(named)

    found = await deal_ids(portal, filter={key: named}, select=["ID"], descending=descending)

    assert found == sorted(range(1, count + 1, 2), reverse=descending)
    assert portal.requests <= math.ceil(count / 2500)


async def test_no_named_ids_are_no_rows() -> None:
    portal = portal_with("deal", range(1, 10))

    assert await deal_ids(portal, filter={"@ID": []}) == []


async def test_named_ids_go_with_other_conditions_and_a_limit() -> None:
    portal = portal_with("deal", range(1, 1001), STAGE_ID="NEW")
    portal.fill("deal", 1000, STAGE_ID="WON")
    conditions = {"@ID": list(range(1, 2001)), "STAGE_ID": "WON", ">ID": 1100}

    assert await deal_ids(portal, filter=conditions, limit=60) == list(range(1101, 1161))


async def test_named_ids_of_which_a_page_holds_less_are_complete() -> None:
    portal = portal_with("deal", range(1, 301))
    portal.page_size = 20

    assert await deal_ids(portal, filter={"ID": list(range(1, 200))}) == list(range(1, 200))


async def test_named_ids_that_the_method_ignores_are_read_by_position() -> None:
    portal = portal_with("deal", range(1, 301))
    portal.quirk("crm.deal.list", Habit.IGNORES_ID_FILTER)

    assert await deal_ids(portal, filter={"ID": list(range(1, 200))}) == list(range(1, 301))


async def test_many_values_in_another_condition_are_not_cut_off_in_a_batch() -> None:
    portal = portal_with("deal", range(1, 131), TITLE="t1000")

    found = await deal_ids(portal, filter={"@TITLE": [f"t{n}" for n in range(1200)]})

    assert found == list(range(1, 131))
    assert not portal.calls("batch")
