"""Reading by position: every style of paging, and whatever can be noticed is noticed."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bitrix_events.errors import IncompleteList, RestError
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import UNLIMITED
from bitrix_events.testing import Answer, Call, Fault
from tests.unit.rest.lists import QUICK, Page, altered_ids, deal_ids, portal_with, reading

BY_TITLE = {"order": {"TITLE": "ASC"}}
Params = dict[str, Any]


@asynccontextmanager
async def answering(method: str, result: Any) -> AsyncIterator[Client]:
    """A client of a portal where a method answers what the test wants; see `FakePortal.answer`."""
    portal = portal_with("deal", [])
    portal.answer(method, result)
    async with reading(portal) as client:
        yield client


def rows(first: int, last: int) -> list[dict[str, Any]]:
    return [{"ID": str(number)} for number in range(first, last + 1)]


# By start.


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 120, 2549, 6000])
async def test_a_list_read_by_position_is_complete(count: int) -> None:
    portal = portal_with("deal", range(1, count + 1), TITLE="x")

    assert await deal_ids(portal, **BY_TITLE) == list(range(1, count + 1))
    assert portal.requests <= 2 + count // 2500


async def test_an_order_of_the_caller_is_kept() -> None:
    portal = portal_with("deal", range(1, 61), TITLE="b")
    portal.fill("deal", 60, TITLE="a")

    assert await deal_ids(portal, **BY_TITLE) == [*range(61, 121), *range(1, 61)]


@pytest.mark.parametrize("start", [50, "50", 100, 150])
async def test_a_list_from_a_position_of_the_caller_is_complete(start: int | str) -> None:
    portal = portal_with("deal", range(1, 131))

    assert await deal_ids(portal, start=start) == list(range(int(start) + 1, 131))


async def test_a_position_that_the_portal_rounds_down_hides_no_row() -> None:
    portal = portal_with("deal", range(1, 431))

    assert await deal_ids(portal, start=70) == list(range(51, 431))


@pytest.mark.parametrize("start", [0, -1, "-1"])
async def test_a_start_that_means_nothing_keeps_the_reading_by_id(start: int | str) -> None:
    portal = portal_with("deal", range(1, 431))

    assert await deal_ids(portal, start=start, descending=True) == list(range(430, 0, -1))


@pytest.mark.parametrize("limit", [1, 50, 51, 120, 2600])
async def test_a_limit_is_kept_by_position(limit: int) -> None:
    portal = portal_with("deal", range(1, 3001), TITLE="x")

    assert await deal_ids(portal, limit=limit, **BY_TITLE) == list(range(1, limit + 1))
    assert portal.requests <= 3


@pytest.mark.parametrize("fault", [f for f in Fault if "busy" not in f.value])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
async def test_any_request_by_position_may_fail_once(nth: int, fault: Fault) -> None:
    portal = portal_with("deal", range(1, 601), TITLE="x")
    portal.page_size = 5
    portal.fail_request(nth, fault)

    assert await deal_ids(portal, **BY_TITLE) == list(range(1, 601))
    assert portal.requests + (fault is Fault.UNREACHED) >= 5


@pytest.mark.parametrize("nth", range(1, 9))
async def test_any_command_by_position_may_fail(nth: int) -> None:
    passing, lasting = (portal_with("deal", range(1, 431), TITLE="x") for _ in range(2))
    passing.fail_command(nth)
    lasting.fail_command(nth, "ACCESS_DENIED")

    assert await deal_ids(passing, **BY_TITLE) == list(range(1, 431))
    with pytest.raises(RestError, match="ACCESS_DENIED"):
        await deal_ids(lasting, **BY_TITLE)


@pytest.mark.parametrize("nth", range(1, 9))
@pytest.mark.parametrize("change", ["add", "delete"])
async def test_rows_that_come_or_go_are_noticed(nth: int, change: str) -> None:
    portal = portal_with("deal", range(1, 431), TITLE="x")
    count = 0

    def disturb(call: Call) -> None:
        nonlocal count
        if call.method == "batch":
            return
        count += 1
        if count != nth + 1:
            return
        if change == "delete":
            portal.delete("deal", 10, user_id=0)
        else:
            portal.add("deal", user_id=0, TITLE="a")

    portal.on_call = disturb
    with pytest.raises(IncompleteList, match="length changed"):
        await deal_ids(portal, **BY_TITLE)


async def test_a_row_that_moves_between_pages_is_noticed() -> None:
    portal = portal_with("deal", range(1, 131), TITLE="x")
    async with reading(portal) as client:
        pages = client.list("crm.deal.list", BY_TITLE).pages()
        await anext(pages)
        portal.delete("deal", 130, user_id=0)
        portal.add("deal", user_id=0, TITLE="a")
        with pytest.raises(IncompleteList, match="record 50 came twice"):
            await anext(pages)


async def test_a_row_that_comes_twice_is_noticed_though_its_id_was_not_selected() -> None:
    portal = portal_with("deal", range(1, 131), TITLE="x")
    async with reading(portal) as client:
        pages = client.list("crm.deal.list", BY_TITLE, select=["TITLE"]).pages()
        await anext(pages)
        portal.delete("deal", 130, user_id=0)
        portal.add("deal", user_id=0, TITLE="a")
        with pytest.raises(IncompleteList, match="record 50 came twice"):
            await anext(pages)
    assert portal.calls("crm.deal.list")[0].params["select"] == ["TITLE", "ID"]


async def test_a_total_far_too_large_is_noticed_at_the_first_empty_page() -> None:
    portal = portal_with("deal", range(1, 101), TITLE="x")

    def alter(page: Page, start: int) -> None:
        page["total"] = 1_000_000

    with pytest.raises(IncompleteList, match="after 100 rows came none"):
        await altered_ids(portal, alter, **BY_TITLE)
    assert portal.requests <= 32


@pytest.mark.parametrize("total", [0, -1])
async def test_a_total_that_is_none_ends_no_list(total: int) -> None:
    portal = portal_with("deal", range(1, 131), TITLE="x")

    def alter(page: Page, start: int) -> None:
        page["total"] = total

    assert await altered_ids(portal, alter, **BY_TITLE) == list(range(1, 131))


async def test_a_page_that_lacks_rows_is_noticed() -> None:
    def answer(params: Params) -> Answer:
        if params.get("start"):
            return Answer(rows(51, 59), total=60)
        return Answer(rows(1, 50), total=60, next=50)

    async with answering("some.thing.list", answer) as client:
        with pytest.raises(IncompleteList, match="59 rows came, the portal counts 60"):
            await client.list("some.thing.list")


@pytest.mark.parametrize("next_start", [0, -50])
async def test_a_position_that_does_not_grow_is_refused(next_start: int) -> None:
    page = Answer(rows(1, 50), total=150, next=next_start)
    async with answering("some.thing.list", page) as client:
        with pytest.raises(IncompleteList, match="same page again"):
            await client.list("some.thing.list")


async def test_a_list_without_totals_is_followed_from_page_to_page() -> None:
    def answer(params: Params) -> Answer:
        start = int(params["start"])
        return Answer(
            rows(start + 1, min(start + 50, 170)), next=start + 50 if start < 150 else None
        )

    async with answering("some.thing.list", answer) as client:
        assert await client.list("some.thing.list") == rows(1, 170)


async def test_wide_rows_by_position_make_requests_smaller() -> None:
    portal = portal_with("deal", range(1, 401), COMMENTS="x" * 60_000, TITLE="x")
    async with reading(portal) as client:
        found = [row["ID"] async for row in client.list("crm.deal.list", BY_TITLE)]

    assert found == [str(i) for i in range(1, 401)]
    assert portal.requests >= 4


async def test_a_stream_by_position_that_is_left_leaves_nothing_running() -> None:
    portal = portal_with("deal", range(1, 20_001), TITLE="x")
    async with reading(portal) as client:
        async for _ in client.list("crm.deal.list", BY_TITLE):
            break
        gc.collect()
        for _ in range(5):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}


# Other styles of paging.


@pytest.mark.parametrize("count", [0, 3, 50, 120])
async def test_a_whole_list_comes_in_one_answer(count: int) -> None:
    portal = portal_with("status", range(1, count + 1), NAME="x")
    async with reading(portal) as client:
        assert len(await client.list("crm.status.list")) == count
    assert portal.requests == 1


async def test_a_whole_list_that_has_further_pages_is_refused() -> None:
    async with answering("crm.status.list", Answer(rows(1, 50), next=50)) as client:
        with pytest.raises(IncompleteList, match="paging='start'"):
            await client.list("crm.status.list")


async def test_a_whole_list_of_which_more_rows_are_counted_is_refused() -> None:
    async with answering("crm.status.list", Answer(rows(1, 50), total=500)) as client:
        with pytest.raises(IncompleteList, match="50 rows came, the portal counts 500"):
            await client.list("crm.status.list")


@pytest.mark.parametrize("total", [0, -1])
@pytest.mark.parametrize("paging", ["page", "limit_offset", "nav"])
async def test_pages_go_on_where_the_total_is_none(paging: str, total: int) -> None:
    def answer(params: Params) -> Answer:
        page = params.get("page") or params.get("NAV_PARAMS", {}).get("iNumPage")
        first = params["offset"] if page is None else (page - 1) * 50
        return Answer(rows(first + 1, min(first + 50, 120)), total=total)

    async with answering("my.own.list", answer) as client:
        assert await client.list("my.own.list", paging=paging) == rows(1, 120)


@pytest.mark.parametrize("count", [1, 49, 50, 51, 100, 120])
@pytest.mark.parametrize("named", [{}, {"LIMIT": 7}, {"LIMIT": 1000}])
async def test_a_map_read_by_limit_and_offset_is_complete(
    count: int, named: dict[str, int]
) -> None:
    portal = portal_with("user", range(2, count + 1), NAME="Ada")
    async with reading(portal) as client:
        found = await client.list("im.search.user.list", named, FIND="ada")

    assert sorted(row["id"] for row in found) == list(range(1, count + 1))


@pytest.mark.parametrize("count", [0, 1, 50, 51, 100, 130])
@pytest.mark.parametrize(
    "params",
    [{"TASKID": 7}, {"TASKID": 7, "FILTER": {"TASK_ID": 7}}, {"taskId": 7, "ORDER": {"ID": "DESC"}},
     {"FILTER": {"TASK_ID": 7}}],
)  # fmt: skip
async def test_a_positional_list_is_complete(count: int, params: dict[str, Any]) -> None:
    portal = portal_with("elapsed_item", range(1, count + 1), TASK_ID=7)
    portal.fill("elapsed_item", 5, TASK_ID=8)
    token = portal.issue_tokens().access_token
    async with Client(
        portal.rest_url, portal.transport, token=token, options=QUICK, limits=UNLIMITED
    ) as client:
        found = await client.list("task.elapseditem.getlist", params)

    assert sorted(int(row["ID"]) for row in found) == list(range(1, count + 1))


async def test_numbered_pages_are_turned_until_one_is_not_full() -> None:
    def answer(params: Params) -> list[Any]:
        first = (params["page"] - 1) * 50
        return [{"id": i} for i in range(first, min(first + 50, 120))]

    async with answering("biconnector.source.list", answer) as client:
        assert [row["id"] for row in await client.list("biconnector.source.list")] == [*range(120)]
    async with answering("my.own.list", answer) as client:
        assert len(await client.list("my.own.list", paging="page")) == 120


async def test_rows_by_last_id_are_followed_until_a_page_is_empty() -> None:
    def answer(params: Params) -> dict[str, Any]:
        last = params.get("LAST_ID", 131)
        return {"messages": [{"id": i} for i in range(last - 1, max(last - 51, 0), -1)]}

    async with answering("im.dialog.messages.get", answer) as client:
        found = await client.list("im.dialog.messages.get", DIALOG_ID="chat1")
    assert [row["id"] for row in found] == list(range(130, 0, -1))


async def test_rows_by_last_id_without_an_id_are_refused() -> None:
    async with answering("im.dialog.messages.get", {"messages": [{"x": 1}]}) as client:
        with pytest.raises(IncompleteList, match="has no id"):
            await client.list("im.dialog.messages.get")


async def test_a_list_that_has_no_next_page_is_refused_if_it_may_go_on() -> None:
    def answer(params: Params) -> list[Any]:
        return [{"id": i} for i in range(min(params["limit"], 70))]

    async with answering("ai.engine.list", answer) as client:
        with pytest.raises(IncompleteList, match="no more than 50"):
            await client.list("ai.engine.list")
    async with answering("my.own.list", answer) as client:
        assert len(await client.list("my.own.list", paging="limit", limit=20)) == 20


@pytest.mark.parametrize("paging", ["cursor", "pagination", "sideways"])
async def test_a_way_to_turn_pages_that_there_is_not_is_refused(paging: str) -> None:
    async with answering("my.own.list", []) as client:
        with pytest.raises(ValueError, match=paging):
            client.list("my.own.list", paging=paging)


@pytest.mark.parametrize("result", [["crm", "user"], [], [1, 2]])
async def test_plain_values_are_rows(result: list[Any]) -> None:
    async with answering("scope", result) as client:
        assert await client.list("scope") == result


async def test_rows_without_any_id_are_listed() -> None:
    portal = portal_with("address", range(1, 131), CITY="x")
    async with reading(portal) as client:
        assert len(await client.list("crm.address.list")) == 130
