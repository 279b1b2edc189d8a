"""What every Store promises to those who do not await: they are told, once, on their own loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bitrix_events.errors import StoreError
from bitrix_events.store.base import Store
from bitrix_events.store.joined import JoinedStore
from bitrix_events.store.memory import MemoryInstallations
from bitrix_events.store.records import NewDelivery, Query, State, Stored, Target
from bitrix_events.store.sqlite.store import SqliteStore
from tests.contract.faults import locked
from tests.contract.records import installed
from tests.contract.test_queue import added, other, updated
from tests.contract.test_store import Engine, claim_all, clock, engine, store
from tests.serving import PATIENCE, eventually

__all__ = ["clock", "engine", "store"]

HANDLER = [Target("handler")]


class Answers:
    """What callers were told, and on which thread."""

    def __init__(self) -> None:
        self.told: list[Stored | Exception] = []
        self.threads: set[int] = set()
        self._more = asyncio.Event()

    def __call__(self, result: Stored | Exception) -> None:
        self.told.append(result)
        self.threads.add(threading.get_ident())
        self._more.set()

    async def all(self, count: int) -> list[Stored]:
        """Wait for that many answers, all of them good."""
        async with asyncio.timeout(PATIENCE):
            while len(self.told) < count:
                await self._more.wait()
                self._more.clear()
        assert len(self.told) == count
        for result in self.told:
            if isinstance(result, Exception):
                raise result
        return [result for result in self.told if isinstance(result, Stored)]


@pytest.fixture
async def answers() -> Answers:
    return Answers()


async def alike(store: Store, delivery: NewDelivery, targets: Sequence[Target]) -> Stored:
    """Store without awaiting; what became of it."""
    answers = Answers()
    store.put_soon(delivery, targets, answers)
    assert answers.told == []
    (stored,) = await answers.all(1)
    return stored


async def test_the_answer_is_the_one_of_put(store: Store) -> None:
    first = await alike(store, added(), HANDLER)
    again = await alike(store, added(), HANDLER)
    state = await alike(store, updated(8), HANDLER)
    newer = await alike(store, updated(8), HANDLER)
    nobodys = await alike(store, other(), [])

    assert first.delivery_id is not None
    assert (len(first.executions), first.repeat_of, first.merged) == (1, None, ())
    assert (again.executions, again.repeat_of) == ((), first.delivery_id)
    assert newer.merged == (state.delivery_id,)
    assert nobodys.executions == ()
    ids = [one.delivery_id for one in (first, again, state, newer, nobodys)]
    views = await store.find(Query(), limit=100)
    assert [view.delivery.id for view in reversed(views)] == ids
    assert [claim.delivery.id for claim in await claim_all(store)] == [ids[0], ids[3]]


async def test_everybody_is_told_once_in_order_on_the_thread_of_the_loop(
    store: Store, answers: Answers
) -> None:
    for number in range(300):
        store.put_soon(added(number), [Target("one"), Target("two")], answers)

    stored = await answers.all(300)

    numbers = [one.delivery_id or 0 for one in stored]
    assert numbers == sorted(set(numbers))
    assert answers.threads == {threading.get_ident()}
    assert len(await claim_all(store)) == 600


async def test_both_ways_may_be_gone_together(store: Store, answers: Answers) -> None:
    puts = []
    for _ in range(50):
        store.put_soon(added(), HANDLER, answers)
        puts.append(asyncio.create_task(store.put(added(), HANDLER)))

    stored = [*await answers.all(50), *await asyncio.gather(*puts)]

    assert sum(len(one.executions) for one in stored) == 1
    assert len({one.delivery_id for one in stored}) == 100


async def test_who_is_told_may_store_the_next(store: Store, answers: Answers) -> None:
    def done(result: Stored | Exception) -> None:
        answers(result)
        if len(answers.told) < 20:
            store.put_soon(other(), HANDLER, done)

    store.put_soon(other(), HANDLER, done)

    await answers.all(20)


async def test_who_fails_when_told_keeps_nobody_else_from_it(
    store: Store, answers: Answers, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(result: Stored | Exception) -> None:
        raise RuntimeError("on purpose")

    for _ in range(5):
        store.put_soon(other(), HANDLER, fail)
        store.put_soon(other(), HANDLER, answers)

    await answers.all(5)
    assert "on purpose" in caplog.text
    assert len(await store.find(Query(), limit=100)) == 10


async def test_nobody_has_to_go_on_waiting_for_it_to_be_stored(store: Store) -> None:
    async def caller() -> None:
        store.put_soon(other(), HANDLER, answers)
        await asyncio.Event().wait()

    answers = Answers()
    task = asyncio.create_task(caller())
    await asyncio.sleep(0)
    task.cancel()

    await answers.all(1)


async def test_a_closed_store_says_so_at_once(store: Store, answers: Answers) -> None:
    await store.close()

    with pytest.raises(StoreError):
        store.put_soon(other(), HANDLER, answers)

    assert answers.told == []


async def test_what_was_handed_in_before_the_end_is_stored(
    engine: Engine, store: Store, answers: Answers
) -> None:
    for number in range(1_200):
        store.put_soon(added(number), HANDLER, answers)
    await store.close()

    stored = await answers.all(1_200)

    again = await engine.open()
    assert {view.delivery.id for view in await again.find(Query(), limit=2_000)} == {
        one.delivery_id for one in stored
    }


async def test_data_that_cannot_be_stored_are_the_callers_fault(
    store: Store, answers: Answers
) -> None:
    with pytest.raises(TypeError):
        store.put_soon(NewDelivery("acme", "ONCUSTOM", {"half": "\ud83d"}, None), [], answers)

    store.put_soon(other(), HANDLER, answers)
    assert len(await answers.all(1)) == 1


@pytest.fixture(params=["sqlite", "joined"])
async def on_disk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    store: Store = SqliteStore(tmp_path / "app.db")
    if request.param == "joined":
        store = JoinedStore(store, MemoryInstallations())
    await store.open()
    yield store
    await store.close()


async def test_while_the_file_is_locked_the_journal_takes_it(
    on_disk: Store, tmp_path: Path, answers: Answers
) -> None:
    with locked(tmp_path / "app.db"):
        on_disk.put_soon(added(), HANDLER, answers)
        (stored,) = await answers.all(1)

    assert stored.delivery_id is None
    await eventually(lambda: not on_disk.trouble)
    (view,) = await on_disk.find(Query(), limit=10)
    assert [e.state for e in view.executions] == [State.WAITING]


async def test_a_known_installation_is_the_stored_one(store: Store) -> None:
    assert store.known_installation("acme") is None
    assert await store.save_installation(installed())
    read = await store.installation("acme")
    assert read is not None

    assert store.known_installation("acme") in (None, read)
    assert await store.forget("acme")
    assert store.known_installation("acme") is None
    assert store.known_installation("globex") is None


async def test_what_was_saved_is_not_known_as_it_was(store: Store) -> None:
    assert await store.save_installation(installed())
    read = await store.installation("acme")
    assert read is not None
    changed = installed(version=read.version, scope=("task",))

    assert await store.save_installation(changed)

    known = store.known_installation("acme")
    assert known is None or known.scope == ("task",)
