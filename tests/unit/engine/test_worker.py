"""The worker at a real store: limits, rests, losses, failures of the store, and its end."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bitrix_events import (
    App,
    DeadLettered,
    Delivery,
    Event,
    ExecutionFailed,
    RateLimited,
    RetryPolicy,
    StoreError,
    signals,
)
from bitrix_events.aside import aside
from bitrix_events.failpoints import plan
from bitrix_events.store.records import (
    Claim,
    Execution,
    Installation,
    NewDelivery,
    Query,
    State,
    Target,
    Verdict,
)
from bitrix_events.store.sqlite.store import SqliteStore
from tests.serving import eventually
from tests.unit.engine.parts import app_of


@pytest.fixture
async def store(tmp_path: Path) -> SqliteStore:
    """A store that the app opens and closes; it knows two portals."""
    store = SqliteStore(tmp_path / "app.db")
    await store.open()
    for portal in ("acme", "other"):
        await store.save_installation(Installation(portal, portal, f"{portal}.bitrix24.com"))
    await store.close()
    return store


def app_with(store: SqliteStore, *, retry: RetryPolicy | None = None, **options: Any) -> App:
    app = app_of(retry=retry, **options)
    app._store = store
    return app


async def put(
    app: App, handler: str, *, portal: str = "acme", entities: Sequence[int] = (7,)
) -> None:
    """Store deliveries as the inbox does."""
    store = app._store
    assert store is not None
    async with asyncio.TaskGroup() as tasks:
        for entity in entities:
            delivery = NewDelivery(portal, "ONX", {"ID": entity}, f"deal:{entity}")
            tasks.create_task(store.put(delivery, [Target(handler)]))
    if app._running is not None:
        app._running.worker.wake()


async def executions(store: SqliteStore) -> list[Execution]:
    found = await store.find(Query(), limit=10_000)
    return [execution for view in reversed(found) for execution in view.executions]


class End:
    """What is stored when nothing waits or runs any more."""

    executions: Sequence[Execution] = ()

    @property
    def states(self) -> dict[State, int]:
        return dict(Counter(execution.state for execution in self.executions))


@asynccontextmanager
async def working(app: App, store: SqliteStore) -> AsyncIterator[End]:
    """Run the app, and wait in the end until nothing waits or runs."""
    end = End()

    async def is_quiet() -> bool:
        end.executions = await executions(store)
        return not {State.WAITING, State.RUNNING} & end.states.keys()

    async with app.lifespan():
        yield end
        await eventually(is_quiet)


class Gauge:
    """How many handlers run at the same time, at most."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def __call__(self, *names: str) -> None:
        self.now.update(names)
        self.most |= self.now
        await asyncio.sleep(0.01)
        self.now.subtract(names)


async def test_no_limit_is_exceeded_and_all_are_used(store: SqliteStore) -> None:
    app = app_with(store, workers=10, portal_concurrency=6)
    gauge = Gauge()

    @app.on("ONX", name="few", concurrency=3)
    async def few(delivery: Delivery) -> None:
        await gauge("all", delivery.portal, "few")

    @app.on("ONX", name="many")
    async def many(delivery: Delivery) -> None:
        await gauge("all", delivery.portal, "many")

    async with working(app, store) as end:
        for portal in ("acme", "other"):
            await put(app, "few", portal=portal, entities=range(20))
            await put(app, "many", portal=portal, entities=range(30))

    assert end.states == {State.DONE: 100}
    assert gauge.most["all"] == 10
    assert gauge.most["few"] == 3
    assert gauge.most["acme"] <= 6
    assert gauge.most["other"] <= 6


async def test_a_def_handler_is_claimed_only_as_far_as_there_are_threads(
    store: SqliteStore,
) -> None:
    app = app_with(store, workers=20, portal_concurrency=20, sync_threads=2)
    started: list[float] = []
    ran_meanwhile = threading.Event()

    @app.on("ONX", name="blocks")
    def blocks() -> None:
        started.append(time.monotonic())
        ran_meanwhile.wait(10)

    @app.on("ONX", name="runs")
    async def runs() -> None:
        ran_meanwhile.set()

    async with working(app, store):
        await put(app, "blocks", entities=range(10))
        await put(app, "runs", entities=[99])

    assert len(started) == 10


async def test_an_idle_worker_starts_within_milliseconds(store: SqliteStore) -> None:
    app = app_with(store)
    latencies: list[float] = []
    began = 0.0

    @app.on("ONX", name="handler")
    async def handler() -> None:
        latencies.append(time.perf_counter() - began)

    async with working(app, store):
        for number in range(30):
            await asyncio.sleep(0.01)
            began = time.perf_counter()
            await put(app, "handler", entities=[number])
            await eventually(lambda expected=number + 1: len(latencies) == expected)

    assert sorted(latencies)[15] < 0.2


async def test_what_another_process_adds_is_found_without_a_wake(store: SqliteStore) -> None:
    app = app_with(store)
    ran = asyncio.Event()
    loop = asyncio.get_running_loop()

    @app.on("ONX", name="handler")
    async def handler() -> None:
        loop.call_soon_threadsafe(ran.set)

    async with working(app, store):
        await asyncio.sleep(0.05)  # it sleeps by now
        await store.put(NewDelivery("acme", "ONX", {}, "deal:7"), [Target("handler")])
        async with asyncio.timeout(30):
            await ran.wait()


async def test_a_rate_limited_portal_rests_while_others_flow(store: SqliteStore) -> None:
    app = app_with(store, retry=RetryPolicy(attempts=1))
    runs: Counter[str] = Counter()
    limited = True

    @app.on("ONX", name="handler")
    async def handler(delivery: Delivery) -> None:
        runs[delivery.portal] += 1
        if delivery.portal == "acme" and limited:
            error = RateLimited("m", "QUERY_LIMIT_EXCEEDED", "too many", portal="acme")
            error.retry_after = 5.0
            raise error

    async with working(app, store) as end:
        await put(app, "handler", entities=range(40))
        await put(app, "handler", portal="other", entities=range(40))
        await eventually(lambda: runs["other"] == 40)
        runs_while_limited = runs["acme"]
        limited = False

    assert (
        runs_while_limited <= app.settings.portal_concurrency
    )  # those that were claimed before the first one failed
    assert end.states == {State.DONE: 80}
    assert {execution.attempt for execution in end.executions} == {1}


async def test_who_waits_to_share_a_request_lets_others_start(store: SqliteStore) -> None:
    app = app_with(store, workers=10, portal_concurrency=2)
    may_go_on = threading.Event()
    waiting = 0
    gauge = Gauge()

    @app.on("ONX", name="handler")
    async def handler() -> None:
        nonlocal waiting
        with aside():
            waiting += 1
            await eventually(may_go_on.is_set)
        await gauge("all")

    async with working(app, store) as end:
        await put(app, "handler", entities=range(60))
        await eventually(lambda: waiting == 4)
        may_go_on.set()

    assert end.states == {State.DONE: 60}
    assert waiting == 60
    assert gauge.most["all"] <= 10


async def test_a_call_that_outlives_its_handler_holds_no_place(store: SqliteStore) -> None:
    app = app_with(store, workers=2, portal_concurrency=2)
    calls: list[asyncio.Task[None]] = []
    may_end = threading.Event()

    async def call() -> None:
        with aside():
            await eventually(may_end.is_set)

    @app.on("ONX", name="handler")
    async def handler() -> None:
        calls.append(asyncio.create_task(call()))
        await asyncio.sleep(0)
        if len(calls) == 20:
            may_end.set()
            await asyncio.wait(calls)

    async with working(app, store) as end:
        await put(app, "handler", entities=range(20))

    assert end.states == {State.DONE: 20}


async def test_a_portal_whose_handlers_hang_does_not_delay_another(store: SqliteStore) -> None:
    app = app_with(store, workers=16, portal_concurrency=8)
    others: list[float] = []
    may_end = threading.Event()

    @app.on("ONX", name="hangs")
    async def hangs() -> None:
        await eventually(may_end.is_set)

    @app.on("ONX", name="handler")
    async def handler() -> None:
        others.append(time.perf_counter())

    async with working(app, store):
        await put(app, "hangs", entities=range(100))
        began = time.perf_counter()
        await put(app, "handler", portal="other", entities=range(100))
        await eventually(lambda: len(others) == 100)
        seconds = others[-1] - began
        may_end.set()

    assert seconds < 20


async def test_a_portal_with_thousands_of_deliveries_does_not_delay_another(
    store: SqliteStore,
) -> None:
    app = app_with(store)
    waits: list[float] = []
    flooded = 0
    began = 0.0

    @app.on("ONX", name="flood")
    async def flood() -> None:
        nonlocal flooded
        flooded += 1
        await asyncio.sleep(0.01)

    @app.on("ONX", name="quiet")
    async def quiet() -> None:
        waits.append(time.perf_counter() - began)

    await store.open()
    await put(app, "flood", entities=range(4_000))
    await store.close()
    async with app.lifespan():
        for number in range(40):
            began = time.perf_counter()
            await put(app, "quiet", portal="other", entities=[number])
            await eventually(lambda expected=number + 1: len(waits) == expected)
        flooded_meanwhile = flooded

    assert 0 < flooded_meanwhile < 4_000
    assert sorted(waits)[-4] < 1


async def test_a_handler_that_ignores_its_timeout_frees_its_place(store: SqliteStore) -> None:
    app = app_with(store, workers=1, retry=RetryPolicy(attempts=1))
    may_end = threading.Event()
    ended: list[str] = []

    @app.on("ONX", name="hangs", timeout=0.02)
    async def hangs() -> None:
        while not may_end.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)
        ended.append("hangs")

    @app.on("ONX", name="handler")
    async def handler() -> None:
        ended.append("handler")

    async with working(app, store) as end:
        await put(app, "hangs")
        await put(app, "handler")
        await eventually(lambda: ended == ["handler"])
        may_end.set()
        await eventually(lambda: ended == ["handler", "hangs"])

    assert end.states == {State.DEAD: 1, State.DONE: 1}


class Flaky(SqliteStore):
    """A store that fails while it is told to, or loses what it gives."""

    failing = False
    failures = 0
    losing = 0

    async def claim(self, **options: Any) -> list[Claim]:
        self._check()
        claims = await super().claim(**options)
        if claims and self.losing:
            self.losing -= 1
            raise StoreError("the answer is lost")
        return claims

    async def settle(self, claim: Claim, verdict: Verdict) -> bool:
        self._check()
        return await super().settle(claim, verdict)

    async def due_in(self) -> float | None:
        self._check()
        return await super().due_in()

    async def sweep(self, held: Collection[int]) -> int:
        self._check()
        return await super().sweep(held)

    def _check(self) -> None:
        if self.failing:
            self.failures += 1
            raise StoreError("disk full")


async def test_a_failing_store_loses_no_verdict_and_floods_no_log(
    tmp_path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    flaky = Flaky(tmp_path / "app.db")
    app = app_with(flaky)
    runs: Counter[int] = Counter()

    @app.on("ONX", name="handler")
    async def handler(event: Event) -> None:
        runs[event.data["ID"]] += 1
        if len(runs) == 8:
            flaky.failing = True

    async with working(app, flaky) as end:
        await put(app, "handler", entities=range(30))
        await eventually(lambda: flaky.failures > 12)
        flaky.failing = False

    assert runs == dict.fromkeys(range(30), 1)
    assert end.states == {State.DONE: 30}
    lines = [vars(record)["message"] for record in caplog.records]
    for began in [line for line in lines if line.startswith("cannot ")]:
        what = began.removeprefix("cannot ").partition(":")[0]
        assert began == f"cannot {what}: disk full; it is tried until it works"
        assert lines.count(began) == 1
        assert sum(line.startswith(f"can {what} again, after ") for line in lines) == 1
    assert any("record how executions ended: disk full" in line for line in lines)


async def test_what_was_claimed_and_lost_runs_all_the_same(
    tmp_path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.engine.worker._SWEEP_SECONDS", 0.1)
    flaky = Flaky(tmp_path / "app.db")
    flaky.losing = 1
    app = app_with(flaky)
    runs: list[int] = []

    @app.on("ONX", name="handler")
    async def handler(event: Event) -> None:
        runs.append(event.data["ID"])
        await asyncio.sleep(0.5)  # longer than the sweeper's turn

    async with working(app, flaky):
        await put(app, "handler", entities=range(5))

    assert sorted(runs) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("point", ["claimed", "handler_done", "before_settle"])
async def test_an_accident_at_any_point_loses_nothing(
    point: str, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.engine.worker._SWEEP_SECONDS", 0.1)
    app = app_with(store, retry=RetryPolicy(base=0.01))
    runs: Counter[int] = Counter()

    @app.on("ONX", name="handler")
    async def handler(event: Event) -> None:
        runs[event.data["ID"]] += 1

    plan(f"{point}=error@1")
    try:
        async with working(app, store) as end:
            await put(app, "handler", entities=range(5))
    finally:
        plan("")

    assert set(runs) == set(range(5))
    assert end.states == {State.DONE: 5}


async def test_a_stop_gives_back_what_does_not_end_and_costs_no_attempt(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_with(store, shutdown_seconds=0.05)
    started: list[str] = []
    ended: list[str] = []
    may_end = threading.Event()

    @app.on("ONX", name="long")
    async def long() -> None:
        started.append("long")
        await asyncio.sleep(3600)

    @app.on("ONX", name="stubborn")
    async def stubborn() -> None:
        started.append("stubborn")
        while not may_end.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)
        ended.append("stubborn")

    async with app.lifespan():
        await put(app, "long")
        await put(app, "stubborn")
        await eventually(lambda: len(started) == 2)
    await store.open()
    found = await executions(store)
    await store.close()
    assert ended == []
    may_end.set()
    await eventually(lambda: ended == ["stubborn"])

    assert [(e.state, e.attempt, e.deaths) for e in found] == [(State.WAITING, 0, 0)] * 2
    assert {e.note for e in found} == {"interrupted by a stop of the app"}


async def test_who_is_told_of_dead_letters_is_told_after_they_are_stored(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_with(store, retry=RetryPolicy(attempts=2, base=0.01))
    told: list[tuple[str, str, State]] = []

    @app.on("ONX", name="handler")
    async def handler() -> None:
        raise ValueError("no stock")

    @app.dead_letter
    async def broken_pager(error: Exception) -> None:
        raise ConnectionError("the pager is off")

    @app.dead_letter
    async def page(error: Exception, delivery: Delivery) -> None:
        (execution,) = await executions(store)
        told.append((f"{type(error).__name__}: {error}", delivery.handler, execution.state))

    @app.dead_letter
    def page_in_a_thread(delivery: Delivery) -> None:
        told.append(("in a thread", delivery.handler, State.DEAD))

    async with working(app, store):
        await put(app, "handler")
        await eventually(lambda: len(told) == 2)

    assert told == [
        ("ValueError: no stock", "handler", State.DEAD),
        ("in a thread", "handler", State.DEAD),
    ]
    assert "app.broken_pager, which is told of dead letters, raised" in caplog.text


async def test_who_is_told_of_dead_letters_is_told_of_what_was_not_run_either(
    store: SqliteStore,
) -> None:
    app = app_with(store)
    told: list[Exception] = []
    ran: list[str] = []

    @app.on("ONX", name="kills")
    async def kills() -> None:
        ran.append("kills")

    @app.dead_letter
    async def page(error: Exception) -> None:
        told.append(error)

    for _ in range(3):  # three processes that die while it runs
        await store.open()
        if not await executions(store):
            await put(app, "kills")
        assert len(await store.claim(limit=1, per_portal=1)) == 1
        await store.close()
    async with working(app, store):
        await eventually(lambda: bool(told))

    assert ran == []
    assert [str(error) for error in told] == ["3 processes died while this ran"]


async def test_signals_tell_of_failures_and_of_dead_letters(store: SqliteStore) -> None:
    app = app_with(store, retry=RetryPolicy(attempts=2, base=0.01))
    told: list[object] = []

    @app.on("ONX", name="handler")
    async def handler() -> None:
        raise ValueError("no stock")

    def on_failed(sender: object, event: ExecutionFailed) -> None:
        told.append((event.attempt, event.note, event.next_seconds is None))
        assert sender is app

    async def on_dead(sender: object, event: DeadLettered) -> None:
        told.append((event.handler, event.entity, event.portal, str(event.error)))

    with (
        signals.execution_failed.connected_to(on_failed),
        signals.dead_lettered.connected_to(on_dead),
    ):
        async with working(app, store):
            await put(app, "handler")
            await eventually(lambda: len(told) == 3)

    assert told == [
        (1, "ValueError: no stock", False),
        (2, "ValueError: no stock", True),
        ("handler", "deal:7", "acme", "no stock"),
    ]


async def test_what_ran_when_the_loop_died_costs_no_attempt(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    app = app_with(store)
    attempts: list[int] = []
    left_behind: list[asyncio.Task[None]] = []

    async def leave() -> None:
        raise SystemExit(7)

    @app.on("ONX", name="careless")
    async def careless() -> None:
        await eventually(lambda: bool(attempts))
        left_behind.append(asyncio.create_task(leave()))

    @app.on("ONX", name="neighbour")
    async def neighbour(delivery: Delivery) -> None:
        attempts.append(delivery.attempt)
        if len(attempts) == 1:
            await asyncio.sleep(60)

    async with working(app, store):
        await put(app, "neighbour")
        await put(app, "careless")
        await eventually(lambda: len(attempts) == 2)

    assert attempts == [1, 1]
    assert all(isinstance(task.exception(), SystemExit) for task in left_behind if task.done())
