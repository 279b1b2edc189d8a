"""For whom calls are made: it is told when they wait for company, and when they go alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bitrix_events.aside import CALLER
from bitrix_events.entities import Deal
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import Limits
from bitrix_events.rest.reader import Reader
from bitrix_events.testing import FakePortal, Latency
from tests.serving import PATIENCE
from tests.unit.rest.lists import QUICK

WIDE = Limits(burst=10_000, per_second=10_000)
"""Room for everything, but three requests alone."""


class Caller:
    """Hears what its calls do."""

    def __init__(self) -> None:
        self.now = 0
        self.times = 0
        self.most = 0
        self.went_alone = 0
        self.is_followed = False

    def steps_aside(self) -> None:
        self.now += 1
        self.times += 1
        self.most = max(self.most, self.now)

    def steps_back(self) -> None:
        self.now -= 1

    def goes_alone(self) -> None:
        self.went_alone += 1

    def has_followers(self) -> bool:
        return self.is_followed


@asynccontextmanager
async def calling(portal: FakePortal | None = None) -> AsyncIterator[tuple[Caller, Client]]:
    portal = portal or FakePortal(latency=Latency(request=0.01))
    portal.fill("deal", 40)
    caller = Caller()
    async with Client(portal.webhook_url, portal.transport, options=QUICK, limits=WIDE) as client:
        token = CALLER.set(caller)
        try:
            yield caller, client
        finally:
            CALLER.reset(token)


async def test_calls_that_wait_to_share_a_request_stand_aside_until_their_answer() -> None:
    async with calling() as (caller, client):
        await asyncio.gather(*(client.call("crm.deal.get", id=n).send() for n in range(1, 21)))

    assert caller.most == 17, "three went at once"
    assert (caller.now, caller.went_alone) == (0, 0)


async def test_a_call_that_shares_no_request_says_so_and_keeps_its_place() -> None:
    async with calling() as (caller, client):
        calls = (client.call("crm.deal.add", fields={"TITLE": "Roof"}).send() for _ in range(5))
        await asyncio.gather(*calls, client.batch([client.call("crm.deal.get", id=1)]))

    assert (caller.times, caller.went_alone) == (0, 6)


async def test_who_is_cancelled_does_not_stay_aside() -> None:
    async with calling() as (caller, client):
        calls = [asyncio.ensure_future(client.call("crm.deal.get", id=1).send()) for _ in range(9)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        stood = caller.now
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    assert stood > 0
    assert caller.now == 0


async def test_who_asks_for_a_record_stands_aside_once_whoever_reads_it() -> None:
    async with calling() as (caller, client):
        reader = Reader(client)
        reads = (reader.read(Deal, n, {}, delivery=n) for n in range(1, 41))
        await asyncio.gather(*reads)

    assert caller.most == caller.times == 40
    assert (caller.now, caller.went_alone) == (0, 0)


@pytest.mark.parametrize(("is_followed", "lists"), [(True, [3]), (False, [2])])
async def test_a_reading_waits_for_those_who_are_about_to_begin(
    is_followed: bool, lists: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.rest.reader._FOLLOWERS_SECONDS", 4.0)
    portal = FakePortal()
    async with calling(portal) as (caller, client):
        caller.is_followed = is_followed
        reader = Reader(client)
        first = [asyncio.create_task(reader.read(Deal, n, {}, delivery=n)) for n in (1, 2)]
        for _ in range(5):
            await asyncio.sleep(0)
        await asyncio.gather(*first, reader.read(Deal, 3, {}, delivery=3))

    assert [len(call.params["filter"]["@id"]) for call in portal.calls("crm.item.list")] == lists


async def test_who_has_followers_in_vain_waits_for_a_moment_only() -> None:
    async with calling(FakePortal()) as (caller, client):
        caller.is_followed = True
        async with asyncio.timeout(PATIENCE):
            deal = await Reader(client).read(Deal, 1, {}, delivery=1)

    assert deal.id == 1
