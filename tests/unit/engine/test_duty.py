"""A duty is done by one process at a time, from time to time, and goes over to another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bitrix_events import StoreError
from bitrix_events.engine.duty import Duty
from bitrix_events.store.sqlite.store import SqliteStore
from tests.serving import PATIENCE, eventually


class Roster(SqliteStore):
    """A store that says who is on duty."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.is_mine = True
        self.is_out = False
        self.asked = 0

    async def on_duty(self, duty: str, *, seconds: float) -> bool:
        self.asked += 1
        if self.is_out:
            raise StoreError("out of reach")
        return self.is_mine


@pytest.fixture
def roster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Roster:
    monkeypatch.setattr("bitrix_events.engine.duty._LOOK_SECONDS", 0.01)
    return Roster(tmp_path / "app.db")


@asynccontextmanager
async def running(duty: Duty) -> AsyncIterator[None]:
    task = asyncio.create_task(duty.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_it_is_done_again_and_again_though_it_fails(
    roster: Roster, caplog: pytest.LogCaptureFixture
) -> None:
    times: list[int] = []

    async def work() -> None:
        times.append(len(times))
        if len(times) == 1:
            raise StoreError("disk full")
        if len(times) == 2:
            raise ValueError("whatever")

    async with running(Duty(roster, "tidying", work, every=0.01)):
        await eventually(lambda: len(times) > 3)

    assert "the tidying was not done: disk full" in caplog.text
    assert "ValueError: whatever" in caplog.text


async def test_it_is_done_once_in_its_time(roster: Roster) -> None:
    times: list[int] = []

    async def work() -> None:
        times.append(len(times))

    async with running(Duty(roster, "tidying", work, every=3600)):
        await eventually(lambda: roster.asked > 5)

    assert times == [0]


async def test_who_is_not_on_duty_does_nothing_until_he_is(roster: Roster) -> None:
    roster.is_mine = False
    times: list[int] = []

    async def work() -> None:
        times.append(len(times))

    async with running(Duty(roster, "tidying", work, every=3600)):
        await eventually(lambda: roster.asked > 3)
        assert times == []
        roster.is_mine = True
        await eventually(lambda: len(times) == 1)
        roster.is_mine = False
        asked = roster.asked
        await eventually(lambda: roster.asked > asked + 2)
        roster.is_mine = True
        await eventually(lambda: len(times) == 2)  # anew: he may know better than who was


async def test_who_has_lost_his_duty_stops_in_the_middle(roster: Roster) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with running(Duty(roster, "tidying", work, every=3600)):
        await begun.wait()
        roster.is_mine = False
        await asyncio.wait_for(ended.wait(), PATIENCE)


async def test_a_store_out_of_reach_takes_no_duty_away_before_its_time(
    roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with running(Duty(roster, "tidying", work, every=3600)):
        await begun.wait()
        roster.is_out = True
        asked = roster.asked
        await eventually(lambda: roster.asked > asked + 3)
        assert not ended.is_set()
        monkeypatch.setattr("bitrix_events.engine.duty._HOLD_SECONDS", 0.0)
        roster.is_out = False
        await eventually(lambda: roster.asked > asked + 6)
        roster.is_out = True
        await asyncio.wait_for(ended.wait(), PATIENCE)
