"""Lists as a caller sees them: which way they are read, and that all ways give the same rows."""

from __future__ import annotations

from typing import Any

import pytest

from bitrix_events.errors import IncompleteList, RestError
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import UNLIMITED
from bitrix_events.testing import FakePortal
from bitrix_events.testing.methods import Habit
from tests.unit.rest.lists import QUICK, deal_ids, portal_with, reading

SIZES = [0, 1, 49, 50, 51, 100, 120, 430]


@pytest.mark.parametrize("count", SIZES)
async def test_every_way_to_read_a_list_gives_the_same_rows(count: int) -> None:
    portal = portal_with("deal", range(1, count + 1))
    expected = [str(i) for i in range(1, count + 1)]
    async with reading(portal) as client:
        listing = client.list("crm.deal.list", select=["ID"])
        awaited = await listing
        collected = await listing.all()
        streamed = [row async for row in listing]
        by_page = [row async for page in listing.pages() for row in page]
        of_call = [row async for row in client.call("crm.deal.list", select=["ID"])]
        by_position = await client.list("crm.deal.list", select=["ID"], keyset=False)

    assert [row["ID"] for row in awaited] == expected
    assert awaited == collected == streamed == by_page == of_call == by_position


async def test_a_list_asks_for_nothing_before_it_is_read() -> None:
    portal = portal_with("deal", range(1, 10))
    async with reading(portal) as client:
        client.list("crm.deal.list")
        assert await client.list("crm.deal.list", limit=0) == []
    assert portal.requests == 0


async def test_a_list_can_be_read_twice_at_a_time() -> None:
    portal = portal_with("deal", range(1, 131))
    async with reading(portal) as client:
        listing = client.list("crm.deal.list")
        one, other = listing.pages(), listing.pages()
        pages = [await anext(one), await anext(other), await anext(one), await anext(other)]
        await one.aclose()
        await other.aclose()

    assert pages[0] == pages[1]
    assert pages[2] == pages[3]


async def test_the_parameters_of_the_caller_are_not_changed() -> None:
    portal = portal_with("deal", range(1, 131))
    params = {"filter": {">ID": 5}, "select": ["TITLE"], "order": {"ID": "DESC"}}
    async with reading(portal) as client:
        await client.list("crm.deal.list", params)

    assert params == {"filter": {">ID": 5}, "select": ["TITLE"], "order": {"ID": "DESC"}}


@pytest.mark.parametrize("limit", [-1, -50])
async def test_a_negative_limit_is_refused(limit: int) -> None:
    async with reading(FakePortal()) as client:
        with pytest.raises(ValueError, match="limit=-"):
            client.list("crm.deal.list", limit=limit)


# The methods of the catalogue.


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize(
    ("kind", "method", "params", "id_field"),
    [
        ("deal", "crm.deal.list", {}, "ID"),
        ("deal", "CRM.Deal.List", {}, "ID"),
        ("deal", "crm.item.list", {"entityTypeId": 2}, "id"),
        ("deal", "crm.item.list", {"entityTypeId": 2, "select": ["title"]}, "id"),
        ("activity", "crm.activity.list", {}, "ID"),
        ("task", "tasks.task.list", {}, "id"),
        ("task", "tasks.task.list", {"select": ["TITLE"], "filter": {"GROUP_ID": 0}}, "id"),
        (
            "product",
            "catalog.product.list",
            {"filter": {"iblockId": 23}, "select": ["name"]},
            "id",
        ),
        ("status", "crm.status.list", {}, "ID"),
        ("type", "crm.type.list", {}, "id"),
    ],
)
async def test_a_documented_list_is_complete(
    kind: str, method: str, params: dict[str, Any], id_field: str, count: int
) -> None:
    portal = portal_with(kind, range(1, count + 1))
    async with reading(portal) as client:
        found = await client.list(method, params)

    assert [int(row[id_field]) for row in found] == list(range(1, count + 1))
    assert portal.requests <= 2


@pytest.mark.parametrize(
    ("params", "downwards"),
    [
        ({}, False),
        ({"sort": "ID", "order": "ASC"}, False),
        ({"sort": "ID", "order": "DESC"}, True),
        ({"SORT": "id", "ORDER": "desc"}, True),
    ],
)
async def test_users_are_read_by_id(params: dict[str, str], downwards: bool) -> None:
    portal = portal_with("user", range(2, 301))
    async with reading(portal) as client:
        listing = client.list("user.get", params)
        found = [int(row["ID"]) for row in await listing]

    assert found == sorted(range(1, 301), reverse=downwards)
    assert listing.last_id == found[-1]


async def test_users_in_another_order_are_read_by_position() -> None:
    portal = portal_with("user", range(2, 131), NAME="B")
    portal.fill("user", 100, NAME="A")
    async with reading(portal) as client:
        listing = client.list("user.get", sort="NAME", order="ASC")
        found = await listing

    assert [row["NAME"] for row in found] == ["A"] * 100 + ["Ada"] + ["B"] * 129
    assert listing.last_id is None


@pytest.mark.parametrize("order", [{"ID": "DESC"}, {"id": "desc"}])
@pytest.mark.parametrize("count", [1, 50, 51, 430, 11_000])
async def test_an_order_by_id_is_read_by_id(order: dict[str, str], count: int) -> None:
    portal = portal_with("deal", range(1, count + 1))

    assert await deal_ids(portal, select=["ID"], order=order) == list(range(count, 0, -1))
    assert all("order" in call.params for call in portal.calls("crm.deal.list"))
    assert portal.calls("crm.deal.list")[-1].params["order"] in ({"ID": "DESC"}, {"ID": "ASC"})


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_descending_is_greatest_id_first_whatever_the_order_says(direction: str) -> None:
    portal = portal_with("deal", range(1, 131))

    found = await deal_ids(portal, order={"ID": direction}, descending=True)

    assert found == list(range(130, 0, -1))


async def test_a_method_that_does_not_follow_ids_keeps_the_order_of_the_caller() -> None:
    portal = portal_with("deal", range(1, 131))
    portal.quirk("crm.deal.list", Habit.IGNORES_ID_FILTER)

    assert await deal_ids(portal, order={"ID": "DESC"}) == list(range(130, 0, -1))


@pytest.mark.parametrize("own", [{"after_id": 5}, {"descending": True}])
async def test_what_needs_ids_is_refused_where_they_are_not_followed(own: dict[str, Any]) -> None:
    portal = portal_with("deal", range(1, 131))
    async with reading(portal) as client:
        with pytest.raises(ValueError, match="not read by id"):
            await client.list("crm.deal.list", order={"TITLE": "ASC"}, **own)
        with pytest.raises(ValueError, match="not read by id"):
            await client.list("crm.status.list", **own)


# What the caller knows better.


async def test_a_method_that_nobody_knows_is_read_by_position() -> None:
    portal = portal_with("disk_object", range(1, 131), PARENT_ID=1)
    async with reading(portal) as client:
        portal._state.site.scope += ",disk"
        listing = client.list("disk.folder.getchildren", id=1)
        assert len(await listing) == 130


@pytest.mark.parametrize(
    "known",
    [
        {"keyset": True},
        {"keyset": True, "rows": "items", "id_field": "id"},
        {"keyset": False},
        {"rows": "items"},
        {"paging": "start"},
    ],
)
async def test_what_the_caller_says_of_a_method_is_believed(known: dict[str, Any]) -> None:
    portal = portal_with("deal", range(1, 431))
    async with reading(portal) as client:
        found = await client.list("crm.item.list", entityTypeId=2, **known)

    assert [row["id"] for row in found] == list(range(1, 431))


async def test_rows_that_are_not_where_the_caller_says_are_an_error() -> None:
    portal = portal_with("deal", range(1, 431))
    async with reading(portal) as client:
        with pytest.raises(IncompleteList, match=r"result\.elsewhere holds no rows"):
            await client.list("crm.deal.list", rows="elsewhere")


@pytest.mark.parametrize("method", ["profile", "user.current"])
async def test_a_method_that_returns_one_object_is_no_list(method: str) -> None:
    async with reading(portal_with("deal", [])) as client:
        with pytest.raises(IncompleteList, match="holds no rows"):
            await client.list(method)


# Failures.


async def test_an_error_of_the_first_page_is_the_error_of_the_list() -> None:
    portal = portal_with("user", [])
    portal.fail_next("user.get", "ACCESS_DENIED")
    async with reading(portal) as client:
        with pytest.raises(RestError, match="ACCESS_DENIED"):
            await client.list("user.get")


async def test_a_stream_that_breaks_off_raises_after_the_last_good_row() -> None:
    portal = portal_with("deal", range(1, 431))
    portal.fail_command(3, "ACCESS_DENIED")
    received = []

    async def read() -> None:
        async with reading(portal) as client:
            async for row in client.list("crm.deal.list"):
                received.append(int(row["ID"]))

    with pytest.raises(RestError, match="ACCESS_DENIED"):
        await read()
    assert received == list(range(1, len(received) + 1))


async def test_the_last_id_of_a_stream_is_that_of_the_row_in_hand() -> None:
    portal = portal_with("deal", range(1, 131))
    async with reading(portal) as client:
        listing = client.list("crm.deal.list", after_id=7)
        assert listing.last_id == 7
        async for row in listing:
            assert listing.last_id == int(row["ID"])
        again = client.list("crm.deal.list", after_id=listing.last_id)
        assert await again == []
        assert again.last_id == 130


async def test_lists_are_read_with_tokens_as_with_webhooks() -> None:
    portal = portal_with("deal", range(1, 431))
    token = portal.issue_tokens().access_token
    async with Client(
        portal.rest_url, portal.transport, token=token, options=QUICK, limits=UNLIMITED
    ) as client:
        assert len(await client.list("crm.deal.list")) == 430
