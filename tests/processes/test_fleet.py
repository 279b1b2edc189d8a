"""Doors and workers in processes of their own, on one PostgreSQL database."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import NewDelivery, Query, Stats, Target
from bitrix_events.store.sqlite.store import SqliteStore
from tests import postgres
from tests.processes.fleet import Account, Fleet, Load, Member, account_of
from tests.processes.record import APP, environment, handlers_of
from tests.serving import PATIENCE, eventually

pytestmark = pytest.mark.process

WORKERS = 8


@asynccontextmanager
async def fleet_on(url: str, folder: Path, **variables: str) -> AsyncIterator[Fleet]:
    settings = {
        **environment(folder / "record", workers=WORKERS),
        "BITRIX_EVENTS_STORE": url,
        "BITRIX_EVENTS_OUTAGE_FOLDER": str(folder / "outage"),
        "BITRIX_EVENTS_SHUTDOWN_SECONDS": "2",
        **variables,
    }
    async with Fleet(folder, APP, settings) as fleet:
        yield fleet


@asynccontextmanager
async def look_at(url: str) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(url, mode="look")
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def worked_off(url: str, *, seconds: float = 60) -> Stats:
    """Wait until nothing waits or runs."""
    async with look_at(url) as store:

        async def is_idle() -> bool:
            stats = await store.stats()
            return stats.waiting + stats.running == 0

        await eventually(is_idle, seconds=seconds)
        return await store.stats()


def check(account: Account, acknowledged: set[int], *, merged: set[tuple[str, int]]) -> None:
    """Whatever was answered 200 has run, and no lane twice at a time."""
    wanted = {(handler, number) for number in acknowledged for handler in handlers_of(number)}
    assert wanted - set(account.completed) - merged == set()
    assert account.overlapping == []


async def merged_runs(url: str) -> set[tuple[str, int]]:
    """Runs that newer events have taken the place of."""
    async with look_at(url) as store:
        views = await store.find(Query(), limit=100_000)
    return {
        (execution.handler.removeprefix("app."), int(view.delivery.data["FIELDS"]["NUMBER"]))
        for view in views
        for execution in view.executions
        if execution.state == "merged"
    }


def died(fleet: Fleet) -> dict[int, float]:
    return {m.process.pid: m.died_at for m in fleet.members if m.died_at is not None}


async def test_the_work_of_a_killed_process_is_taken_over_at_once_by_another(
    tmp_path: Path,
) -> None:
    url = await postgres.server().prepared()
    async with fleet_on(url, tmp_path, BITRIX_EVENTS_LEASE_SECONDS="300") as fleet:
        web, first, second = await fleet.start_all(web="web", one="worker", two="worker")
        load = Load(web.port, seconds=0.2)
        posting = asyncio.create_task(load.run(8))
        await eventually(lambda: len(load.acknowledged) >= 60)
        pid = first.process.pid
        await eventually(lambda: pid in account_of(tmp_path / "record", {}).running)
        await fleet.kill(first)
        killed_at = time.monotonic()
        more = len(load.acknowledged) + 60
        await eventually(lambda: len(load.acknowledged) >= more)
        load.stop()
        await posting
        await worked_off(url)
        account = account_of(tmp_path / "record", died(fleet))

        assert await fleet.stop(second) == 0
        assert await fleet.stop(web) == 0

    check(account, load.acknowledged, merged=await merged_runs(url))
    assert not load.otherwise
    repeated = [run for run, count in account.completed.items() if count > 1]
    assert len(repeated) <= WORKERS
    runs = {(handler, number): moment for _, moment, handler, number in account.begun}
    interrupted = [
        (handler, number)
        for owner, moment, handler, number in account.begun
        if owner == pid and runs[handler, number] > killed_at >= moment
    ]
    assert interrupted, "nothing ran as it was killed"
    waits = [runs[run] - killed_at for run in interrupted]
    assert max(waits) < 100, "only the lease of five minutes has ended it"
    assert {owner for owner, *_ in account.begun} == {pid, second.process.pid}


async def test_who_is_silent_for_the_time_of_a_lease_loses_what_he_runs(tmp_path: Path) -> None:
    url = await postgres.server().prepared()
    async with fleet_on(url, tmp_path, BITRIX_EVENTS_LEASE_SECONDS="4") as fleet:
        web, silent = await fleet.start_all(web="web", one="worker")
        load = Load(web.port, seconds=1.5)
        posting = asyncio.create_task(load.run(1))
        await eventually(lambda: len(load.acknowledged) >= 4)
        load.stop()
        await posting

        def has_begun() -> bool:
            return bool(account_of(tmp_path / "record", {}).begun)

        await eventually(has_begun)
        silent.process.send_signal(signal.SIGSTOP)
        other = await fleet.start("two", "worker")
        await worked_off(url)
        account = account_of(tmp_path / "record", {})
        silent.process.send_signal(signal.SIGCONT)
        await eventually(lambda: "what it runs is dropped" in silent.text)
        assert await fleet.stop(silent) == 0
        stats = await worked_off(url)

    assert stats.dead == 0
    completed = {run for run in account.completed}
    assert {(h, n) for n in load.acknowledged for h in handlers_of(n)} <= (
        completed | await merged_runs(url)
    )
    assert {pid for pid, *_ in account.begun} == {silent.process.pid, other.process.pid}


@pytest.fixture
async def server() -> AsyncIterator[postgres.Server]:
    """A server that may be stopped."""
    postgres.server()  # or skip
    own = postgres.Server()
    own.start()
    try:
        yield own
    finally:
        own.remove()


async def health(member: Member) -> dict[str, object]:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{member.url}/healthz", timeout=PATIENCE)
        assert answer.status_code == 200
        found: dict[str, object] = answer.json()
        return found


async def test_an_outage_of_the_database_under_load_loses_nothing_and_refuses_nobody(
    tmp_path: Path, server: postgres.Server
) -> None:
    url = await server.fresh()
    async with fleet_on(url, tmp_path) as fleet:
        web, *_ = await fleet.start_all(web="web", one="worker", two="worker")
        load = Load(web.port, seconds=0.001)
        posting = asyncio.create_task(load.run(4))
        await eventually(lambda: len(load.acknowledged) >= 200)

        server.stop()
        during = len(load.acknowledged)
        await eventually(lambda: len(load.acknowledged) >= during + 200)
        assert await health(web) == {"status": "ok", "troubles": ["store"]}
        begun = time.monotonic()
        await eventually(lambda: time.monotonic() > begun + 1.5)  # longer than any patience
        server.start()

        async def is_well() -> bool:
            return await health(web) == {"status": "ok"}

        await eventually(is_well)
        after = len(load.acknowledged)
        await eventually(lambda: len(load.acknowledged) >= after + 200)
        load.stop()
        await posting
        await worked_off(url)
        merged = await merged_runs(url)
        account = account_of(tmp_path / "record", died(fleet))
        log = web.text

    assert not load.otherwise
    check(account, load.acknowledged, merged=merged)
    assert log.count("the database does not answer") == log.count("the database answers again") > 0
    assert load.slowest < 15


async def test_a_door_that_starts_while_the_database_is_away_knows_its_portals(
    tmp_path: Path, server: postgres.Server
) -> None:
    url = await server.fresh()
    async with fleet_on(url, tmp_path) as fleet:
        web = await fleet.start("web", "web")
        copies = SqliteStore(tmp_path / "outage" / "1.db", mode="look")
        await copies.open()

        async def is_known() -> bool:
            return bool(await copies.installations())

        await eventually(is_known)
        await copies.close()
        server.stop()
        await fleet.kill(web)
        web = await fleet.start("web-again", "web")
        load = Load(web.port)
        posting = asyncio.create_task(load.run(2))
        await eventually(lambda: len(load.acknowledged) >= 20)
        load.stop()
        await posting
        assert (await health(web))["troubles"] == ["store"]
        server.start()

        async with look_at(url) as seen:

            async def are_there() -> bool:
                return len(await seen.find(Query(), limit=1000)) == len(load.acknowledged)

            await eventually(are_there)

    assert not load.otherwise


async def test_a_worker_without_a_port_is_supervised_like_any_other(tmp_path: Path) -> None:
    url = await postgres.server().prepared()
    async with fleet_on(url, tmp_path) as fleet:
        worker = await fleet.start_quietly("worker", "run", "tested_app:app", "--role", "worker")
        store = PostgresStore(url, mode="share", put_seconds=PATIENCE)
        await store.open()

        async def pids() -> list[int]:
            return [peer.pid for peer in await store.workers()]

        await eventually(lambda: "started; runs handlers" in worker.text)
        (first,) = await pids()
        os.kill(first, signal.SIGKILL)
        await store.put(
            NewDelivery("webhook", "ONX", {}, "deal:1"), [Target("app.nobody_of_that_name")]
        )

        async def works_again() -> bool:
            return any(pid != first for pid in await pids())

        await eventually(works_again)
        assert await fleet.stop(worker) == 0
        assert await pids() == []
        await store.close()

    assert "listening on" not in worker.text


async def test_the_demo_goes_on_when_one_of_its_workers_is_killed(tmp_path: Path) -> None:
    url = await postgres.server().fresh()
    async with Fleet(tmp_path, APP, {}) as fleet:
        demo = await fleet.start_quietly("demo", "demo", "--once", "--store", url)

        assert await demo.process.wait() == 0, demo.text

    assert "dies in the middle of its work; the other takes over" in demo.text
    assert "Done: 3 events sent, 2 comments written back." in demo.text
