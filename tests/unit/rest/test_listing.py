"""Lists of any length, complete or an error, also while the portal changes under them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from bitrix_events.errors import IncompleteList, RateLimited, RestError
from bitrix_events.rest.client import Client
from bitrix_events.rest.listing import Listing
from bitrix_events.rest.responses import Response
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal
from tests.access import FixedAccess

SIZES = [0, 1, 49, 50, 51, 100, 120]
BY_OFFSET = {"order": {"ID": "ASC"}}


class Pages:
    """A portal that answers these pages, one after the other."""

    domain = "acme.bitrix24.com"

    def __init__(self, *pages: Response) -> None:
        self.asked: list[dict[str, Any]] = []
        self._pages = list(pages)

    async def call(self, method: str, params: Mapping[str, Any] | None = None, /) -> Response:
        self.asked.append({**(params or {}), "filter": dict((params or {}).get("filter") or {})})
        return self._pages.pop(0)


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    transport = Transport(portal.transport)
    yield Client(FixedAccess(portal), transport)
    await transport.close()


def add_deals(portal: FakePortal, count: int, **fields: Any) -> list[str]:
    return [str(portal.add("deal", TITLE=f"Deal {n}", **fields)) for n in range(count)]


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["ID"] for row in rows]


def rows(first: int, last: int) -> list[dict[str, Any]]:
    return [{"ID": str(number)} for number in range(first, last + 1)]


# By id.


@pytest.mark.parametrize("count", SIZES)
async def test_a_list_read_by_id_is_complete(
    portal: FakePortal, client: Client, count: int
) -> None:
    added = add_deals(portal, count)

    found = await client.list("crm.deal.list")

    assert ids(found) == added
    assert len(portal.calls("crm.deal.list")) == count // 50 + 1


@pytest.mark.parametrize("count", SIZES)
async def test_a_list_of_items_is_complete(portal: FakePortal, client: Client, count: int) -> None:
    added = add_deals(portal, count)

    found = await client.list("crm.item.list", entityTypeId=2)

    assert [str(row["id"]) for row in found] == added


async def test_a_list_read_by_id_asks_the_portal_to_count_nothing(
    portal: FakePortal, client: Client
) -> None:
    add_deals(portal, 60)

    await client.list("crm.deal.list")

    first, second = portal.calls("crm.deal.list")
    assert (first.params["start"], second.params["start"]) == (-1, -1)
    assert first.params["order"] == {"ID": "ASC"}
    assert (first.params["filter"], second.params["filter"]) == ([], {">ID": 50}) or (
        first.params["filter"],
        second.params["filter"],
    ) == ({}, {">ID": 50})


async def test_rows_stream_with_one_page_in_memory(portal: FakePortal, client: Client) -> None:
    add_deals(portal, 120)
    listing = client.list("crm.deal.list")

    first = await anext(aiter(listing))

    assert first["ID"] == "1"
    assert len(portal.calls("crm.deal.list")) == 1


async def test_the_id_is_selected_even_if_nobody_asked(portal: FakePortal, client: Client) -> None:
    add_deals(portal, 60)

    found = await client.list("crm.deal.list", select=["TITLE"])

    assert len(found) == 60
    assert found[0] == {"ID": "1", "TITLE": "Deal 0"}


async def test_an_empty_select_means_all_fields(portal: FakePortal, client: Client) -> None:
    add_deals(portal, 1)

    (row,) = await client.list("crm.deal.list", select=[])

    assert row["TITLE"] == "Deal 0"


async def test_the_filter_of_the_caller_is_kept_on_every_page(
    portal: FakePortal, client: Client
) -> None:
    add_deals(portal, 60, STAGE_ID="NEW")
    won = add_deals(portal, 60, STAGE_ID="WON")

    found = await client.list("crm.deal.list", filter={"STAGE_ID": "WON"})

    assert ids(found) == won


async def test_a_lower_bound_of_the_caller_is_kept(portal: FakePortal, client: Client) -> None:
    added = add_deals(portal, 120)

    found = await client.list("crm.deal.list", filter={">ID": 30, "<=ID": 110})

    assert ids(found) == added[30:110]


async def test_the_parameters_of_the_caller_are_not_changed(
    portal: FakePortal, client: Client
) -> None:
    add_deals(portal, 60)
    params = {"filter": {"STAGE_ID": "NEW"}, "select": ["TITLE"]}

    await client.list("crm.deal.list", params)

    assert params == {"filter": {"STAGE_ID": "NEW"}, "select": ["TITLE"]}


async def test_a_list_can_be_read_twice(portal: FakePortal, client: Client) -> None:
    added = add_deals(portal, 60)
    listing = client.list("crm.deal.list")

    first, second = await listing, await listing

    assert ids(first) == ids(second) == added


async def test_a_row_deleted_while_reading_hides_no_other(
    portal: FakePortal, client: Client
) -> None:
    added = add_deals(portal, 120)
    pages = aiter(client.list("crm.deal.list").pages())
    found = await anext(pages)

    portal.delete("deal", 10)
    found += [row async for page in pages for row in page]

    assert ids(found) == added


async def test_a_row_added_while_reading_repeats_no_other(
    portal: FakePortal, client: Client
) -> None:
    added = add_deals(portal, 120)
    pages = aiter(client.list("crm.deal.list").pages())
    found = await anext(pages)

    added += add_deals(portal, 1)
    found += [row async for page in pages for row in page]

    assert ids(found) == added


async def test_an_error_on_a_later_page_ends_the_reading(
    portal: FakePortal, client: Client
) -> None:
    add_deals(portal, 120)
    pages = aiter(client.list("crm.deal.list").pages())
    await anext(pages)
    portal.fail_next("crm.deal.list", "QUERY_LIMIT_EXCEEDED")

    with pytest.raises(RateLimited):
        await anext(pages)


@pytest.mark.parametrize("second", [rows(1, 50), rows(50, 99), [*rows(51, 99), {"ID": "99"}]])
async def test_pages_whose_id_does_not_grow_are_refused(second: list[dict[str, Any]]) -> None:
    calls = Pages(Response(rows(1, 50)), Response(second))

    with pytest.raises(IncompleteList, match="does not grow"):
        await Listing(calls, "crm.deal.list", {})


@pytest.mark.parametrize("row", [{}, {"ID": None}, {"ID": ""}, {"ID": "abc"}, {"id": "1"}])
async def test_rows_without_a_usable_id_are_refused(row: dict[str, Any]) -> None:
    calls = Pages(Response([row]))

    with pytest.raises(IncompleteList):
        await Listing(calls, "crm.deal.list", {})


async def test_a_method_in_capitals_is_read_by_id_too() -> None:
    calls = Pages(Response([]))

    await Listing(calls, "CRM.DEAL.LIST", {})

    assert calls.asked[0]["start"] == -1


# By offset.


@pytest.mark.parametrize("count", SIZES)
async def test_a_list_read_by_offset_is_complete(
    portal: FakePortal, client: Client, count: int
) -> None:
    added = add_deals(portal, count)

    found = await client.list("crm.deal.list", BY_OFFSET)

    assert ids(found) == added


async def test_an_order_of_the_caller_is_kept(portal: FakePortal, client: Client) -> None:
    added = add_deals(portal, 120)

    found = await client.list("crm.deal.list", order={"ID": "DESC"})

    assert ids(found) == added[::-1]


async def test_a_list_from_an_offset_of_the_caller_is_complete(
    portal: FakePortal, client: Client
) -> None:
    added = add_deals(portal, 120)

    found = await client.list("crm.deal.list", start=50)

    assert ids(found) == added[50:]


async def test_a_row_deleted_while_reading_by_offset_is_noticed(
    portal: FakePortal, client: Client
) -> None:
    add_deals(portal, 120)
    pages = aiter(client.list("crm.deal.list", BY_OFFSET).pages())
    await anext(pages)
    portal.delete("deal", 10)

    with pytest.raises(IncompleteList, match="length changed"):
        await anext(pages)


async def test_a_row_added_while_reading_by_offset_is_noticed(
    portal: FakePortal, client: Client
) -> None:
    add_deals(portal, 120)
    pages = aiter(client.list("crm.deal.list", BY_OFFSET).pages())
    await anext(pages)
    portal.add("deal")

    with pytest.raises(IncompleteList, match="length changed"):
        await anext(pages)


async def test_a_row_replaced_by_another_while_reading_by_offset_is_noticed(
    portal: FakePortal, client: Client
) -> None:
    add_deals(portal, 120)
    pages = aiter(client.list("crm.deal.list", order={"ID": "DESC"}).pages())
    await anext(pages)
    portal.delete("deal", 1)
    portal.add("deal")

    with pytest.raises(IncompleteList, match="came twice"):
        await anext(pages)


@pytest.mark.parametrize("next_offset", [0, 50])
async def test_an_offset_that_does_not_grow_is_refused(next_offset: int) -> None:
    calls = Pages(
        Response(rows(1, 50), total=150, next=50),
        Response(rows(51, 100), total=150, next=next_offset),
    )

    with pytest.raises(IncompleteList, match="same page again"):
        await Listing(calls, "user.get", {})


async def test_fewer_rows_than_the_portal_counts_are_refused() -> None:
    calls = Pages(Response(rows(1, 50), total=60, next=50), Response(rows(51, 59), total=60))

    with pytest.raises(IncompleteList, match="59 rows came, the portal counts 60"):
        await Listing(calls, "user.get", {})


async def test_a_method_that_counts_nothing_is_taken_at_its_word() -> None:
    calls = Pages(Response(rows(1, 3)))

    found = await Listing(calls, "crm.status.list", {})

    assert len(found) == 3


async def test_rows_without_any_id_are_listed() -> None:
    calls = Pages(Response([{"TYPE_ID": "1"}, {"TYPE_ID": "1"}], total=2))

    found = await Listing(calls, "crm.address.list", {})

    assert len(found) == 2


async def test_rows_inside_an_object_are_found() -> None:
    calls = Pages(Response({"tasks": [{"id": "1"}], "source": "x"}, total=1))

    found = await Listing(calls, "tasks.task.list", {})

    assert found == [{"id": "1"}]


async def test_an_empty_map_of_php_is_an_empty_list() -> None:
    calls = Pages(Response([], total=0))

    found = await Listing(calls, "tasks.task.list", {})

    assert found == []


@pytest.mark.parametrize(
    "result",
    [
        {"ID": "1", "NAME": "Ada"},
        {"items": [], "fields": []},
        ["crm", "user"],
        [{"ID": "1"}, "odd"],
        "text",
        7,
        True,
        None,
    ],
)
async def test_a_method_that_lists_no_records_is_refused(result: Any) -> None:
    calls = Pages(Response(result))

    with pytest.raises(IncompleteList) as caught:
        await Listing(calls, "profile", {})

    assert (caught.value.method, caught.value.portal) == ("profile", "acme.bitrix24.com")


async def test_an_error_of_the_first_page_is_the_error_of_the_list(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_next("user.get", "ACCESS_DENIED")

    with pytest.raises(RestError, match="ACCESS_DENIED"):
        await client.list("user.get")


async def test_a_stream_that_breaks_off_raises_after_the_last_good_row(
    portal: FakePortal, client: Client
) -> None:
    add_deals(portal, 120)
    received: list[str] = []

    async def read() -> None:
        async for row in client.list("crm.deal.list", BY_OFFSET):
            received.append(row["ID"])
            if len(received) == 50:
                portal.fail_next("crm.deal.list", "QUERY_LIMIT_EXCEEDED")

    with pytest.raises(RateLimited):
        await read()

    assert len(received) == 50


async def test_a_start_that_switches_counting_off_does_not_end_the_list_early(
    portal: FakePortal, client: Client
) -> None:
    for number in range(51):
        portal.add("deal", TITLE=str(number))

    rows = await client.list("crm.deal.list", start=-1, order={"TITLE": "ASC"})

    assert len(rows) == 51
