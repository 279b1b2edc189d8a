"""Processes that send to one portal stay within its pace together."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from bitrix_events.errors import RateLimited, StoreError
from bitrix_events.rest.client import Client
from bitrix_events.rest.crowd import Crowd
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import STANDARD, UNLIMITED, Bucket, Limits
from bitrix_events.testing import FakePortal

HOST = "acme.bitrix24.test"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Ledger:
    """What all processes have sent, as a database keeps it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.level = self.at = self.closed_until = 0.0
        self.takes = 0
        self.is_out = False
        self.is_silent = False

    async def take(self, host: str, *, burst: float, per_second: float) -> float:
        await self._answer()
        self.takes += 1
        self.level = max(0.0, self.level - (self._clock.now - self.at) * per_second)
        self.at = self._clock.now
        if self._clock.now < self.closed_until:
            return self.closed_until - self._clock.now
        if self.level + 1 > burst:
            return (self.level + 1 - burst) / per_second
        self.level += 1
        return 0.0

    async def refused(self, host: str, *, seconds: float, level: float | None = None) -> None:
        await self._answer()
        self.closed_until = max(self.closed_until, self._clock.now + seconds)
        self.level = max(self.level, level or 0.0)

    async def _answer(self) -> None:
        if self.is_out:
            raise StoreError("out of reach")
        if self.is_silent:
            await asyncio.sleep(3600)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Ledger:
    return Ledger(clock)


class Process:
    """One process with a bucket of its own."""

    def __init__(self, ledger: Ledger, clock: Clock, limits: Limits = STANDARD) -> None:
        self.crowd = Crowd(ledger, clock)
        self.bucket = Bucket(limits, clock)

    async def sends(self) -> bool:
        """Whether it sends a request if it may."""
        return not self.bucket.take() and not await self.crowd.take(HOST, self.bucket)


async def sent(processes: list[Process], clock: Clock, *, seconds: float) -> int:
    """How many requests processes send that try all the time."""
    count = 0
    until = clock.now + seconds
    while clock.now < until:
        for process in processes:
            count += await process.sends()
        clock.now += 0.01
    return count


async def test_four_processes_send_no_more_than_one(clock: Clock, ledger: Ledger) -> None:
    processes = [Process(ledger, clock) for _ in range(4)]

    count = await sent(processes, clock, seconds=60)

    assert 50 + 60 * 2 - 3 <= count <= 50 + 60 * 2


async def test_who_was_told_to_wait_does_not_ask_before_there_is_room(
    clock: Clock, ledger: Ledger
) -> None:
    others, here = Process(ledger, clock), Process(ledger, clock)
    while await others.sends():
        pass
    assert not await here.sends()
    takes = ledger.takes

    clock.now += 0.1
    assert not await here.sends()
    assert ledger.takes == takes
    clock.now += 0.1
    assert await here.sends()


async def test_what_one_process_is_refused_the_others_do_not_try(
    clock: Clock, ledger: Ledger
) -> None:
    first, second = Process(ledger, clock), Process(ledger, clock)
    assert await first.sends()
    seconds = first.bucket.refused(clock.now, is_overrun=True)

    await first.crowd.refused(HOST, first.bucket, seconds, is_overrun=True)

    assert not await second.sends()
    assert second.bucket.take() >= seconds - 0.001
    assert ledger.level == 50


@pytest.mark.parametrize("how", ["is_out", "is_silent"])
async def test_four_processes_that_cannot_ask_stay_within_the_pace_all_the_same(
    how: str, clock: Clock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.rest.crowd._ANSWER_SECONDS", 0.001)
    processes = [Process(ledger, clock) for _ in range(4)]
    await sent(processes, clock, seconds=30)
    setattr(ledger, how, True)

    count = await sent(processes, clock, seconds=60)

    assert 100 <= count <= 60 * 2


async def test_who_can_ask_again_does(
    clock: Clock, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    process = Process(ledger, clock)
    ledger.is_out = True
    assert not await process.sends()
    ledger.is_out = False
    clock.now += 1.0
    await process.sends()
    assert ledger.takes == 0

    clock.now += 1.1
    assert await process.sends()

    assert ledger.takes == 1
    warnings = [r for r in caplog.records if r.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "out of reach" in warnings[0].getMessage()


async def test_a_portal_without_limits_is_not_asked_about(clock: Clock, ledger: Ledger) -> None:
    process = Process(ledger, clock, UNLIMITED)

    assert await process.sends()
    assert math.isinf(process.bucket.limits.burst)
    assert ledger.takes == 0


# The client.


def opened(portal: FakePortal, ledger: Ledger, **options: Any) -> Client:
    return Client(portal.webhook_url, portal.transport, crowd=Crowd(ledger), **options)


async def test_every_request_is_counted_among_those_of_others(ledger: Ledger) -> None:
    async with opened(FakePortal(), ledger) as client:
        for _ in range(3):
            await client.call("profile")

    assert ledger.level == 3


async def test_a_call_waits_for_room_no_longer_than_its_patience(
    clock: Clock, ledger: Ledger
) -> None:
    ledger.level = 100
    options = Options(patience=1.0)

    async with opened(FakePortal(), ledger, options=options) as client:
        with pytest.raises(RateLimited, match="nothing was sent"):
            await client.call("profile")

    assert ledger.level == 100


async def test_a_call_goes_as_soon_as_there_is_room(clock: Clock, ledger: Ledger) -> None:
    limits = Limits(burst=2, per_second=20)
    ledger.level = 2

    async def pass_time() -> None:
        while True:
            await asyncio.sleep(0.01)
            clock.now += 0.01

    passing = asyncio.create_task(pass_time())
    async with opened(FakePortal(), ledger, limits=limits) as client:
        response = await client.call("profile")
    passing.cancel()

    assert response.result["ID"] == "1"
    assert ledger.takes >= 2


async def test_the_others_are_told_what_the_portal_refuses(ledger: Ledger) -> None:
    options = Options(patience=0.0)

    portal = FakePortal()
    portal.fail_next("profile", "QUERY_LIMIT_EXCEEDED")

    async with opened(portal, ledger, options=options) as client:
        with pytest.raises(RateLimited):
            await client.call("profile")

    assert ledger.closed_until > 0.4
    assert ledger.level >= 50
