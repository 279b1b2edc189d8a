"""A process says that it lives, whatever its handlers do; what it loses is dropped."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from bitrix_events import App, Delivery
from bitrix_events.engine.heart import Heart
from bitrix_events.errors import StoreUnreachable
from bitrix_events.store.records import Installation, NewDelivery, Query, State, Target
from bitrix_events.store.sqlite.store import SqliteStore
from tests.serving import PATIENCE, eventually
from tests.unit.engine.parts import app_of


class Leased(SqliteStore):
    """A store whose leases end, after a time of which a busy machine may take most."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.beats: list[float] = []
        self.is_silent = False
        self.is_refused = False
        self.is_taken = False
        self.wakes: list[Callable[[], None]] = []
        self.sweeps = 0

    async def sweep(self, held: Collection[int]) -> int:
        self.sweeps += 1
        return await super().sweep(held)

    @property
    def lease_seconds(self) -> float | None:
        return 3.0

    def listen(self, wake: Callable[[], None]) -> None:
        self.wakes.append(wake)

    async def extend(self) -> bool:
        if self.is_refused:
            raise StoreUnreachable("connection refused")
        if self.is_silent:
            await asyncio.sleep(3600)
        self.beats.append(time.monotonic())
        taken, self.is_taken = self.is_taken, False
        return not taken


@pytest.fixture
async def store(tmp_path: Path) -> Leased:
    store = Leased(tmp_path / "app.db")
    await store.open()
    await store.save_installation(Installation("acme", "acme", "acme.bitrix24.com"))
    await store.close()
    return store


def app_with(store: SqliteStore) -> App:
    app = app_of()
    app._store = store
    return app


async def put(store: SqliteStore, *entities: int) -> None:
    for entity in entities:
        delivery = NewDelivery("acme", "ONX", {}, f"deal:{entity}")
        await store.put(delivery, [Target("handler")])


async def states(store: SqliteStore) -> dict[State, int]:
    found = await store.find(Query(), limit=100)
    return dict(Counter(one.state for view in found for one in view.executions))


async def test_a_blocked_event_loop_of_the_handlers_does_not_stop_the_heart(store: Leased) -> None:
    app = app_with(store)
    blocked, may_end = threading.Event(), threading.Event()

    @app.on("ONX", name="handler")
    async def handler() -> None:
        blocked.set()
        may_end.wait(PATIENCE)

    async with app.lifespan():
        await put(store, 7)
        await eventually(blocked.is_set)
        before = len(store.beats)
        await eventually(lambda: len(store.beats) >= before + 4)
        may_end.set()


@pytest.mark.parametrize("how", ["is_silent", "is_refused", "is_taken"])
async def test_what_runs_when_the_lease_is_lost_is_dropped_and_runs_again(
    how: str, store: Leased, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_with(store)
    runs: list[int] = []
    cancelled: list[int] = []

    @app.on("ONX", name="handler")
    async def handler(delivery: Delivery) -> None:
        runs.append(delivery.attempt)
        if len(runs) == 1:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(1)
                raise

    async with app.lifespan():
        await put(store, 7)
        await eventually(lambda: len(runs) == 1)
        setattr(store, how, True)
        await eventually(lambda: cancelled == [1])
        assert "what it runs is dropped" in caplog.text
        setattr(store, how, False)

        async def is_done() -> bool:
            return await states(store) == {State.DONE: 1}

        await eventually(is_done)
        await put(store, 8)  # all places are free again

        async def are_done() -> bool:
            return await states(store) == {State.DONE: 2}

        await eventually(are_done)

    assert runs == [1, 1, 1]  # no attempt is counted that could not end


@pytest.mark.parametrize("is_taken", [True, False])
async def test_how_a_handler_ends_after_the_lease_was_lost_counts_if_nobody_took_it(
    is_taken: bool, store: Leased, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_with(store)
    runs: list[int] = []

    @app.on("ONX", name="handler")
    async def handler() -> None:
        runs.append(1)
        if len(runs) == 1:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if is_taken:
                    await store.sweep(())  # as another process would
                return  # as if all were well

    async with app.lifespan():
        await put(store, 7)
        await eventually(lambda: len(runs) == 1)
        store.is_taken = True
        if is_taken:
            await eventually(lambda: len(runs) == 2)

        async def is_done() -> bool:
            return await states(store) == {State.DONE: 1}

        await eventually(is_done)

    assert len(runs) == 1 + is_taken
    assert ("was taken over; its verdict is void" in caplog.text) == is_taken


async def test_a_thread_that_goes_on_when_the_lease_is_lost_is_held_until_it_ends(
    store: Leased, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_with(store)
    begun, may_end = threading.Event(), threading.Event()
    runs: list[int] = []

    @app.on("ONX", name="handler")
    def handler() -> None:
        runs.append(1)
        begun.set()
        may_end.wait(PATIENCE)

    async with app.lifespan():
        await put(store, 7)
        await eventually(begun.is_set)
        store.is_refused = True
        await eventually(lambda: "that go on: 1" in caplog.text)
        store.is_refused = False
        beats, sweeps = len(store.beats), store.sweeps
        await eventually(lambda: len(store.beats) > beats and store.sweeps > sweeps + 2)
        assert runs == [1]
        may_end.set()

        async def is_done() -> bool:
            return await states(store) == {State.DONE: 1}

        await eventually(is_done)

    assert runs == [1]


async def test_a_lease_that_was_lost_is_told_once_and_can_be_lost_again(tmp_path: Path) -> None:
    store = Leased(tmp_path / "app.db")
    lost: list[float] = []
    heart = Heart(store, lambda: lost.append(time.monotonic()))
    heart.start()
    try:
        store.is_refused = True
        await eventually(lambda: len(lost) == 1)
        store.is_refused = False
        beats = len(store.beats)
        await eventually(lambda: len(store.beats) > beats + 1)
        assert len(lost) == 1
        store.is_taken = True
        await eventually(lambda: len(lost) == 2)
    finally:
        heart.stop()


async def test_what_another_process_adds_wakes_the_worker(store: Leased) -> None:
    app = app_with(store)
    ran = asyncio.Event()
    home = asyncio.get_running_loop()

    @app.on("ONX", name="handler")
    def handler() -> None:
        home.call_soon_threadsafe(ran.set)

    async with app.lifespan():
        assert len(store.wakes) == 1
        await put(store, 7)
        store.wakes[0]()
        await asyncio.wait_for(ran.wait(), PATIENCE)
