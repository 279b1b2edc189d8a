"""Rows LIST of the feature table: all rows of a list, as users of either seed look for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bitrix_events import Client, IncompleteList, PortalFault, RestError, SyncClient
from bitrix_events.testing import FakePortal, Fault, Habit
from tests.wires import Wire

BY_TITLE = {"order": {"TITLE": "ASC"}}
"""An order of the caller's, which only pages by position can keep."""


def listed(portal: FakePortal, method: str = "crm.deal.list") -> int:
    """How many pages the portal was asked for."""
    return len(portal.calls(method))


def numbers(rows: list[Any], name: str = "ID") -> list[int]:
    return [int(row[name]) for row in rows]


# By position, and by id.


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 120, 2550])
async def test_list_1_a_list_in_an_order_of_ones_own_reads_every_page_once(
    portal: FakePortal, client: Client, count: int
) -> None:
    ids = portal.fill("deal", count, TITLE="Roof")

    found = await client.list("crm.deal.list", BY_TITLE)

    assert sorted(numbers(found)) == list(ids)
    starts = [int(call.params["start"]) for call in portal.calls("crm.deal.list")]
    assert sorted(starts) == list(range(0, max(count, 1), 50))


def test_list_1_as_list_returns_all_rows(portal: FakePortal, sync: SyncClient) -> None:
    ids = portal.fill("deal", 120)

    assert numbers(sync.request("crm.deal.list").as_list()) == list(ids)
    assert numbers(sync.list("crm.deal.list").as_list()) == list(ids)


async def test_list_2_a_list_by_id_counts_once_and_then_follows_ids(
    portal: FakePortal, client: Client
) -> None:
    ids = portal.fill("deal", 175)

    found = await client.list("crm.deal.list")

    assert numbers(found) == list(ids)
    first, *others = portal.calls("crm.deal.list")
    assert first.params["start"] == 0
    assert [call.params["start"] for call in others] == ["-1"] * 3
    assert [call.params["filter"] for call in others] == [{">ID": str(n)} for n in (50, 100, 150)]


@pytest.mark.parametrize("descending", [False, True])
def test_list_2_as_list_fast_hands_out_rows_one_by_one_up_or_down(
    portal: FakePortal, sync: SyncClient, descending: bool
) -> None:
    ids = list(portal.fill("deal", 175))

    rows = sync.request("crm.deal.list").as_list_fast(descending=descending)

    assert next(rows)["ID"] == str(ids[-1] if descending else ids[0])
    assert numbers(list(rows)) == (ids[-2::-1] if descending else ids[1:])


async def test_list_2_a_row_that_goes_while_a_list_is_read_by_id_hides_no_other(
    portal: FakePortal, client: Client
) -> None:
    ids = list(portal.fill("deal", 1000))
    pages = client.list("crm.deal.list").pages()
    found = await anext(pages)

    portal.delete("deal", 10)
    portal.delete("deal", 700)
    portal.add("deal")
    async for page in pages:
        found += page

    seen = numbers(found)
    assert seen == sorted(set(seen))
    assert {*ids, 1001} - {10, 700} <= {*seen, 1001}


async def test_list_2_a_method_that_does_not_follow_ids_is_read_by_position(
    portal: FakePortal, client: Client
) -> None:
    portal.quirk("crm.deal.list", Habit.IGNORES_ID_FILTER)
    ids = portal.fill("deal", 175)

    found = await client.list("crm.deal.list")

    assert sorted(numbers(found)) == list(ids)


# What it costs (section E.1).


@pytest.mark.parametrize(
    ("count", "most"),
    [(50, 1), (51, 2), (120, 2), (2500, 2), (2550, 3), (2551, 3), (5000, 3), (10_000, 5)],
)
@pytest.mark.parametrize("params", [{}, BY_TITLE], ids=["by id", "by position"])
async def test_list_3_as_many_requests_as_the_better_seed_or_fewer(
    portal: FakePortal, client: Client, count: int, most: int, params: Mapping[str, Any]
) -> None:
    ids = portal.fill("deal", count)

    found = await client.list("crm.deal.list", params, select=["ID"])

    assert sorted(numbers(found)) == list(ids)
    assert portal.requests <= most


async def test_list_3_ids_with_gaps_cost_at_most_three_more_than_possible(
    portal: FakePortal, client: Client
) -> None:
    ids = portal.fill("deal", ids=[n * n for n in range(1, 20_001)])

    found = await client.list("crm.deal.list", select=["ID"])

    assert numbers(found) == list(ids)
    assert portal.requests <= 1.06 * 8 + 3


@pytest.mark.parametrize(
    ("count", "most"), [(0, 1), (50, 1), (51, 2), (120, 3), (1000, 21), (2600, 53)]
)
async def test_list_4_no_page_is_asked_for_in_vain(
    portal: FakePortal, client: Client, count: int, most: int
) -> None:
    portal.fill("deal", count)

    await client.list("crm.deal.list")

    assert listed(portal) <= most


# Streaming.


FAT: dict[str, Any] = {"TITLE": "x" * 10_000}
"""Fifty such rows are half a megabyte: what is read ahead is counted in bytes."""


async def test_list_5_rows_come_before_the_list_is_read(portal: FakePortal, client: Client) -> None:
    portal.fill("deal", 10_000, **FAT)

    rows = aiter(client.list("crm.deal.list"))
    first = [await anext(rows) for _ in range(50)]
    asked = listed(portal)
    await rows.aclose()

    assert numbers(first) == list(range(1, 51))
    assert asked < 100
    assert listed(portal) < 150


async def test_list_5_a_request_can_be_iterated(portal: FakePortal, client: Client) -> None:
    ids = portal.fill("deal", 120)

    assert [int(row["ID"]) async for row in client.call("crm.deal.list")] == list(ids)


def test_list_5_a_thread_may_stop_reading_in_the_middle(
    portal: FakePortal, sync: SyncClient
) -> None:
    portal.fill("deal", 10_000, **FAT)

    for row in sync.list("crm.deal.list"):
        if row["ID"] == "60":
            break

    assert listed(portal) < 150
    assert sync.call("profile").result["ID"] == "1"


async def test_list_5_a_reading_that_stopped_goes_on_after_its_last_row(
    portal: FakePortal, client: Client
) -> None:
    ids = portal.fill("deal", 500)
    listing = client.list("crm.deal.list")
    found: list[int] = []
    async for page in listing.pages():
        found += numbers(page)
        if len(found) >= 150:
            break

    found += numbers(await client.list("crm.deal.list", after_id=listing.last_id))

    assert found == list(ids)


# Ids in the filter.


@pytest.mark.parametrize("key", ["ID", "@ID"])
async def test_list_6_a_filter_of_ids_is_asked_for_in_fifties(
    portal: FakePortal, client: Client, key: str
) -> None:
    portal.fill("deal", 500)
    wanted = list(range(400, 100, -2))

    found = await client.list("crm.deal.list", filter={key: wanted})

    assert numbers(found) == sorted(wanted)
    assert portal.requests == 1
    asked = [call.params["filter"].values() for call in portal.calls("crm.deal.list")]
    assert [len(ids) for (ids,) in asked] == [50] * 3


async def test_list_6_ids_that_do_not_exist_are_left_out(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 60)

    found = await client.list("crm.deal.list", filter={"@ID": range(1, 121)})

    assert numbers(found) == list(range(1, 61))


# Shapes of rows, and names of ids.


@pytest.mark.parametrize(
    ("method", "kind", "id_name", "fields", "params"),
    [
        ("crm.item.list", "deal", "id", {}, {"entityTypeId": 2}),
        ("tasks.task.list", "task", "id", {}, {}),
        ("crm.type.list", "type", "id", {}, {}),
        (
            "catalog.product.list",
            "product",
            "id",
            {"IBLOCK_ID": 5},
            {"filter": {"iblockId": 5}, "select": ["name"]},
        ),
    ],
)
async def test_list_7_rows_inside_an_object_are_unwrapped(
    method: str, kind: str, id_name: str, fields: dict[str, Any], params: dict[str, Any]
) -> None:
    portal = FakePortal(domain=f"{kind}7.bitrix24.test", scope="crm,task,catalog")
    ids = portal.fill(kind, 120, **fields)

    async with Client(portal.webhook_url, portal.transport) as client:
        found = await client.list(method, params)

    assert numbers(found, id_name) == list(ids)


async def test_list_7_where_the_rows_of_an_unknown_method_are_can_be_told(
    portal: FakePortal, client: Client
) -> None:
    portal.answer("partner.odd.list", {"deep": {"rows": [{"ID": "1"}], "other": [1]}})

    found = await client.list("partner.odd.list", rows="deep.rows")

    assert found == [{"ID": "1"}]


async def test_list_7_an_answer_without_rows_is_an_error_and_no_empty_list(
    portal: FakePortal, client: Client
) -> None:
    portal.answer("partner.odd.list", {"a": [], "b": []})

    with pytest.raises(IncompleteList, match="rows="):
        await client.list("partner.odd.list")


@pytest.mark.parametrize(
    ("method", "kind", "id_name", "params"),
    [
        ("crm.deal.list", "deal", "ID", {"select": ["TITLE"]}),
        ("crm.item.list", "lead", "id", {"entityTypeId": 1, "select": ["title"]}),
        ("tasks.task.list", "task", "id", {"select": ["TITLE"]}),
        ("crm.activity.list", "activity", "ID", {"select": ["SUBJECT"]}),
        ("department.get", "department", "ID", {}),
        ("crm.status.list", "status", "ID", {}),
    ],
)
async def test_list_8_each_method_is_read_by_its_own_names(
    method: str, kind: str, id_name: str, params: dict[str, Any]
) -> None:
    portal = FakePortal(domain=f"{kind}8.bitrix24.test", scope="crm,task,department")
    ids = portal.fill(kind, 120)

    async with Client(portal.webhook_url, portal.transport) as client:
        found = await client.list(method, params)

    assert numbers(found, id_name) == list(ids)


@pytest.mark.parametrize("method", ["user.get", "user.search"])
async def test_list_8_users_are_ordered_by_a_field_and_a_direction(
    portal: FakePortal, client: Client, method: str
) -> None:
    ids = portal.fill("user", 119, NAME="Eve")

    found = await client.list(method)

    assert numbers(found) == [1, *ids]


async def test_list_8_records_without_an_id_are_listed(portal: FakePortal, client: Client) -> None:
    portal.fill("address", 120)

    assert len(await client.list("crm.address.list")) == 120


@pytest.mark.parametrize("given", [{}, {"TASKID": 3}, {"ORDER": {"ID": "ASC"}}])
async def test_list_8_a_list_whose_parameters_go_by_position_is_complete(
    portal: FakePortal, client: Client, given: dict[str, Any]
) -> None:
    ids = portal.fill("elapsed_item", 120, TASK_ID=3)

    found = await client.list("task.elapseditem.getlist", given)

    assert numbers(found) == list(ids)


# Complete, or an exception.


@pytest.mark.parametrize("params", [{}, BY_TITLE], ids=["by id", "by position"])
@pytest.mark.parametrize("position", range(1, 20))
async def test_list_9_a_page_that_is_refused_anywhere_raises(
    portal: FakePortal, client: Client, params: Mapping[str, Any], position: int
) -> None:
    portal.fill("deal", 1000)
    portal.fail_command(position, "ACCESS_DENIED")

    with pytest.raises(RestError, match="ACCESS_DENIED"):
        await client.list("crm.deal.list", params)


@pytest.mark.parametrize("params", [{}, BY_TITLE], ids=["by id", "by position"])
@pytest.mark.parametrize("position", range(1, 20))
async def test_list_9_a_page_that_fails_for_the_moment_costs_no_row(
    portal: FakePortal, client: Client, params: Mapping[str, Any], position: int
) -> None:
    ids = portal.fill("deal", 1000)
    portal.fail_command(position)

    found = await client.with_options(delay=0.0).list("crm.deal.list", params)

    assert sorted(numbers(found)) == list(ids)


@pytest.mark.parametrize(
    ("fault", "nth"),
    [(fault, 3) for fault in Fault] + [(Fault.RESET_BEFORE, 1), (Fault.CUT, 1), (Fault.CUT, 2)],
)
async def test_list_9_a_request_that_fails_costs_no_row(
    portal: FakePortal, client: Client, fault: Fault, nth: int
) -> None:
    ids = portal.fill("deal", 4000)
    portal.fail_request(nth, fault)
    patient = client.with_options(delay=0.0)

    found = await patient.list("crm.deal.list", select=["ID"])

    assert numbers(found) == list(ids)


async def test_list_9_a_page_that_never_comes_raises_after_the_last_good_row(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 1000)
    received: list[int] = []
    impatient = client.with_options(delay=0.0, attempts=2)
    for nth in range(10, 100):
        portal.fail_command(nth)

    async def read() -> None:
        async for row in impatient.list("crm.deal.list"):
            received.append(int(row["ID"]))

    with pytest.raises(PortalFault):
        await read()

    assert received == list(range(1, len(received) + 1))
    assert len(received) < 1000


async def test_list_9_a_list_that_shrinks_while_it_is_read_by_position_raises(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 120)
    pages = client.list("crm.deal.list", BY_TITLE).pages()
    await anext(pages)
    portal.delete("deal", 10)

    with pytest.raises(IncompleteList, match="length changed"):
        await anext(pages)


# Limit.


@pytest.mark.parametrize("params", [{}, BY_TITLE], ids=["by id", "by position"])
@pytest.mark.parametrize(("limit", "pages"), [(0, 0), (1, 1), (50, 1), (51, 2), (120, 3)])
async def test_list_10_no_more_rows_than_wanted_and_no_more_pages_either(
    portal: FakePortal, client: Client, params: Mapping[str, Any], limit: int, pages: int
) -> None:
    portal.fill("deal", 1000)

    found = await client.list("crm.deal.list", params, limit=limit)

    assert len(found) == limit
    assert listed(portal) == pages


def test_list_10_both_lists_of_a_thread_take_a_limit(portal: FakePortal, sync: SyncClient) -> None:
    portal.fill("deal", 200)
    request = sync.request("crm.deal.list")

    assert len(request.as_list(limit=70)) == 70
    assert numbers(list(request.as_list_fast(descending=True, limit=3))) == [200, 199, 198]


async def test_list_10_a_limit_beyond_the_end_is_the_whole_list(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 70)

    assert len(await client.list("crm.deal.list", limit=1000)) == 70


def test_list_10_a_negative_limit_is_refused() -> None:
    wire = Wire()
    client = Client(wire.webhook, wire)

    with pytest.raises(ValueError, match="limit=-1"):
        client.list("crm.deal.list", limit=-1)
    assert wire.requests == []
