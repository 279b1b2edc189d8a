"""Records of a portal, read together: how few calls that takes, and what each caller gets."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import httpx
import pytest
from pydantic import Field

from bitrix_events.entities import Contact, Deal, Item, User
from bitrix_events.errors import AccessDenied, NotFound, PortalUnreachable, RestError
from bitrix_events.rest.client import Client
from bitrix_events.rest.reader import Reader
from bitrix_events.testing import Call, FakePortal, Fault, Latency
from tests.unit.rest.lists import QUICK

NUMBERS = count(1000)
READS = ("crm.item.get", "crm.item.list", "user.get")


class Roofing(Deal):
    area: float = Field(0, alias="UF_CRM_AREA")


@asynccontextmanager
async def reader_of(
    portal: FakePortal, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Reader]:
    transport = transport or portal.transport
    async with Client(portal.webhook_url, transport, options=QUICK) as client:
        yield Reader(client)


def portal_with(deals: int = 0, **fields: Any) -> FakePortal:
    """A portal that takes so long to answer that others can ask meanwhile."""
    portal = FakePortal(latency=Latency(request=0.03), scope="crm,user")
    portal.fill("deal", deals, **fields)
    return portal


def reads(portal: FakePortal) -> Counter[str]:
    return Counter(call.method for call in portal.calls() if call.method in READS)


async def deals(reader: Reader, ids: Iterable[int]) -> list[Any]:
    """What handlers of different deliveries get, one for each of these deals."""
    asked = (reader.read(Deal, number, {}, delivery=next(NUMBERS)) for number in ids)
    return await asyncio.gather(*asked, return_exceptions=True)


async def until_asked(portal: FakePortal) -> None:
    """Wait until a request has reached the portal, which has not answered it by then."""
    asked = asyncio.Event()
    portal.on_call = lambda _: asked.set()
    await asked.wait()


async def test_one_record_is_read_by_its_own_method() -> None:
    portal = portal_with(1, TITLE="Roof")
    async with reader_of(portal) as reader:
        deal = await reader.read(Deal, 1, {}, delivery=1)

    assert (deal.id, deal.title) == (1, "Roof")
    assert reads(portal) == {"crm.item.get": 1}


async def test_handlers_of_a_delivery_share_one_reading_each_in_its_own_class() -> None:
    portal = portal_with()
    portal.add("userfield", ENTITY_ID="CRM_DEAL", FIELD_NAME="AREA", USER_TYPE_ID="double")
    portal.add("deal", ID=1, TITLE="Roof", UF_CRM_AREA=12.5)
    async with reader_of(portal) as reader:
        first, second = await asyncio.gather(
            reader.read(Deal, 1, {}, delivery=5), reader.read(Roofing, 1, {}, delivery=5)
        )
        third = await reader.read(Roofing, 1, {}, delivery=5)

    assert (type(first), type(second)) == (Deal, Roofing)
    assert (first.title, second.area, third.area) == ("Roof", 12.5, 12.5)
    assert reads(portal) == {"crm.item.get": 1}


async def test_what_a_handler_does_to_its_record_nobody_else_sees() -> None:
    portal = portal_with()
    portal.add(
        "userfield", ENTITY_ID="CRM_DEAL", FIELD_NAME="X", USER_TYPE_ID="string", MULTIPLE="Y"
    )
    portal.add("deal", ID=1, UF_CRM_X=["a"])
    async with reader_of(portal) as reader:
        mine, theirs = await asyncio.gather(
            *(reader.read(Deal, 1, {}, delivery=5) for _ in range(2))
        )

    mine["UF_CRM_X"].append("b")

    assert theirs["UF_CRM_X"] == ["a"]


async def test_many_records_are_read_with_a_list_for_every_fifty() -> None:
    portal = portal_with(1000, TITLE="Roof")
    async with reader_of(portal) as reader:
        found = await deals(reader, range(1, 1001))

    assert [deal.id for deal in found] == list(range(1, 1001))
    assert reads(portal) == {"crm.item.list": 20, "crm.item.get": 1}, "the first one is tried"
    assert portal.requests <= 21


async def test_a_list_that_was_tried_counts_for_the_next_readings() -> None:
    portal = portal_with(100)
    async with reader_of(portal) as reader:
        await deals(reader, range(1, 51))
        before = reads(portal)
        await deals(reader, range(51, 101))

    assert before == {"crm.item.list": 1, "crm.item.get": 1}
    assert reads(portal) - before == {"crm.item.list": 1}


async def test_what_is_asked_for_during_a_reading_is_read_together() -> None:
    portal = portal_with(40)
    async with reader_of(portal) as reader:
        first = asyncio.ensure_future(reader.read(Deal, 1, {}, delivery=1))
        await until_asked(portal)
        others = await deals(reader, range(2, 41))
        await first

    assert [deal.id for deal in others] == list(range(2, 41))
    assert reads(portal) == {"crm.item.get": 2, "crm.item.list": 1}


async def test_every_kind_is_read_in_its_own_way() -> None:
    portal = portal_with(2)
    portal.fill("contact", 2, NAME="Ann")
    portal.fill("user", ids=[7, 8], NAME="Bob")
    portal.add("type", entityTypeId=147, title="Cars")
    portal.fill("dynamic_147", 2, TITLE="Red")
    async with reader_of(portal) as reader:
        found = await asyncio.gather(
            *(reader.read(Deal, n, {}, delivery=n) for n in (1, 2)),
            *(reader.read(Contact, n, {}, delivery=n) for n in (1, 2)),
            *(reader.read(Item, n, {"entityTypeId": 147}, delivery=n) for n in (1, 2)),
            *(reader.read(User, n, {}, delivery=n) for n in (7, 8)),
        )

    assert [(type(record), record["id"]) for record in found] == [
        *((Deal, n) for n in (1, 2)),
        *((Contact, n) for n in (1, 2)),
        *((Item, n) for n in (1, 2)),
        *((User, n) for n in (7, 8)),
    ]
    assert reads(portal) == {"crm.item.list": 3, "crm.item.get": 3, "user.get": 2}


# Who may share what.


async def test_another_delivery_does_not_get_what_was_read_before_it() -> None:
    portal = portal_with(1, TITLE="old")
    async with reader_of(portal) as reader:
        first = asyncio.ensure_future(reader.read(Deal, 1, {}, delivery=1))
        await until_asked(portal)
        portal.change("deal", 1, TITLE="new")
        second = await reader.read(Deal, 1, {}, delivery=2)
        await first

    assert second.title == "new"


async def test_who_asks_again_does_not_get_what_was_read_before() -> None:
    portal = portal_with(1, TITLE="old")
    async with reader_of(portal) as reader:
        await reader.read(Deal, 1, {}, delivery=1)
        portal.change("deal", 1, TITLE="new")
        shared = await reader.read(Deal, 1, {}, delivery=1)
        again = await reader.read(Deal, 1, {}, delivery=1, again=True)

    assert (shared.title, again.title) == ("old", "new")


async def test_a_failed_reading_is_not_shared_with_who_comes_later() -> None:
    portal = portal_with(1)
    portal.fail_next("crm.item.get", "ACCESS_DENIED")
    async with reader_of(portal) as reader:
        with pytest.raises(AccessDenied):
            await reader.read(Deal, 1, {}, delivery=1)

        assert (await reader.read(Deal, 1, {}, delivery=1)).id == 1


async def test_who_gives_up_does_not_take_the_record_away_from_others() -> None:
    portal = portal_with(1)
    async with reader_of(portal) as reader:
        first = asyncio.ensure_future(reader.read(Deal, 1, {}, delivery=1))
        second = asyncio.ensure_future(reader.read(Deal, 1, {}, delivery=1))
        await until_asked(portal)
        first.cancel()

        assert (await second).id == 1
        assert first.cancelled()


# What goes wrong.


async def test_a_record_that_is_gone_does_not_spoil_the_others() -> None:
    portal = portal_with(60)
    for gone in (7, 51):
        portal.delete("deal", gone)
    async with reader_of(portal) as reader:
        found = await deals(reader, range(1, 61))

    assert [n for n, deal in enumerate(found, 1) if isinstance(deal, NotFound)] == [7, 51]
    assert sum(isinstance(deal, Deal) for deal in found) == 58


async def test_a_record_that_is_not_for_us_does_not_spoil_the_others() -> None:
    portal = portal_with(20)
    hidden = Hidden(portal, {3})
    async with reader_of(portal, hidden) as reader:
        found = await deals(reader, range(1, 21))

    assert [n for n, deal in enumerate(found, 1) if isinstance(deal, AccessDenied)] == [3]
    assert sum(isinstance(deal, Deal) for deal in found) == 19


async def test_a_list_that_fails_is_replaced_by_single_readings() -> None:
    portal = portal_with(20)
    portal.fail_next("crm.item.list", "ERROR_CORE", status=400, times=1000)
    async with reader_of(portal) as reader:
        found = await deals(reader, range(1, 21))
        await deals(reader, range(1, 21))

    assert [deal.id for deal in found] == list(range(1, 21))
    assert reads(portal) == {"crm.item.list": 1, "crm.item.get": 40}


async def test_a_passing_failure_of_a_list_is_repeated() -> None:
    portal = portal_with(20)
    async with reader_of(portal) as reader:
        await deals(reader, range(1, 21))
        portal.fail_next("crm.item.list", "INTERNAL_SERVER_ERROR")
        found = await deals(reader, range(1, 21))

    assert [deal.id for deal in found] == list(range(1, 21))
    assert reads(portal)["crm.item.get"] == 1


async def test_a_portal_that_cannot_be_reached_is_not_asked_once_more_for_each_record() -> None:
    portal = portal_with(50)
    async with reader_of(portal) as reader:
        await deals(reader, range(1, 51))
        before = portal.requests
        portal.disturb({Fault.UNREACHED: 1.0})
        found = await deals(reader, range(1, 51))

    assert {type(error) for error in found} == {PortalUnreachable}
    assert len({id(error) for error in found}) == 50, "each has one of its own to raise"
    assert portal.requests - before <= 2


@pytest.mark.parametrize("spoil", [dict.clear, lambda row: row.pop("title")])
async def test_a_list_that_tells_less_than_a_single_reading_is_not_used(
    spoil: Callable[[dict[str, Any]], object],
) -> None:
    portal = portal_with(20, TITLE="Roof")
    async with reader_of(portal, Edited(portal, spoil)) as reader:
        found = await deals(reader, range(1, 21))
        more = await deals(reader, range(1, 21))

    assert [deal.title for deal in (*found, *more)] == ["Roof"] * 40
    assert reads(portal) == {"crm.item.list": 1, "crm.item.get": 40}


async def test_a_record_that_changes_while_a_list_is_tried_proves_nothing_against_it() -> None:
    portal = portal_with(20, TITLE="old")

    def change(call: Call) -> None:
        if call.method == "crm.item.list":
            portal.change("deal", 1, TITLE="new", CLOSED="Y")

    portal.on_call = change
    async with reader_of(portal) as reader:
        await deals(reader, range(1, 21))
        await deals(reader, range(1, 21))

    assert reads(portal) == {"crm.item.list": 2, "crm.item.get": 1}


async def test_a_record_that_does_not_fit_its_model_is_an_error_of_who_asked_for_it() -> None:
    class Strict(Deal):
        must: int = Field(alias="UF_CRM_MUST")

    portal = portal_with(1)
    async with reader_of(portal) as reader:
        strict, deal = await asyncio.gather(
            reader.read(Strict, 1, {}, delivery=1),
            reader.read(Deal, 1, {}, delivery=1),
            return_exceptions=True,
        )

    assert isinstance(strict, RestError)
    assert strict.code == "BAD_RESULT"
    assert isinstance(deal, Deal)


async def test_what_was_read_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bitrix_events.rest.reader._KEPT_SECONDS", 0.0)
    portal = portal_with(3)
    async with reader_of(portal) as reader:
        await deals(reader, range(1, 4))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

        (kind,) = reader._kinds.values()
        assert (kind.begun, kind.asked, kind.under_way, reader._tasks) == ({}, {}, 0, set())


class Edited(httpx.AsyncBaseTransport):
    """A portal whose lists of items are edited on the way."""

    def __init__(self, portal: FakePortal, edit: Callable[[dict[str, Any]], object]) -> None:
        self._inner = portal.transport
        self._edit = edit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        answer = json.loads(await response.aread())
        for result in _results(answer["result"]):
            for row in result.get("items", []):
                self._edit(row)
        return httpx.Response(response.status_code, json=answer)


class Hidden(httpx.AsyncBaseTransport):
    """A portal that keeps some deals from us: a list leaves them out, a single reading fails."""

    def __init__(self, portal: FakePortal, ids: set[int]) -> None:
        self._portal = portal
        self._ids = ids
        portal.on_call = self._before

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._portal.transport.handle_async_request(request)
        answer = json.loads(await response.aread())
        for result in _results(answer.get("result", {})):
            if "items" in result:
                result["items"] = [r for r in result["items"] if r["id"] not in self._ids]
        return httpx.Response(response.status_code, json=answer)

    def _before(self, call: Call) -> None:
        if call.method == "crm.item.get" and int(call.params["id"]) in self._ids:
            self._portal.fail_next("crm.item.get", "ACCESS_DENIED")


def _results(result: Any) -> list[dict[str, Any]]:
    """Those of a call, or of the commands of a batch."""
    inner = result.get("result") if isinstance(result, dict) else None
    found = list(inner.values()) if isinstance(inner, dict) else inner or [result]
    return [one for one in found if isinstance(one, dict)]
