"""What can be told of a store's file from outside, and what waits in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bitrix_events.store.records import NewDelivery, State, Target, Verdict
from bitrix_events.store.sqlite.health import examine
from bitrix_events.store.sqlite.store import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    yield store
    await store.close()


async def put(store: SqliteStore, *handlers: str) -> None:
    delivery = NewDelivery("acme", "ONCRMDEALADD", {}, "deal:7")
    await store.put(delivery, [Target(handler) for handler in handlers])


async def test_a_file_that_is_in_use_is_well(store: SqliteStore) -> None:
    await put(store, "app.welcome")

    health = examine(store.path, seconds=5)

    assert health.exists
    assert health.is_complete
    assert (health.damage, health.unwritable) == ("", None)
    assert health.size > 4096
    assert health.free > 0


async def test_a_check_that_takes_too_long_is_ended(store: SqliteStore) -> None:
    for _ in range(300):
        await put(store, "app.welcome")

    health = examine(store.path, seconds=-1)

    assert health.damage == ""
    assert not health.is_complete


def test_a_folder_that_does_not_exist_yet_will_be_made(tmp_path: Path) -> None:
    health = examine(tmp_path / "a" / "b" / "store.db", seconds=1)

    assert not health.exists
    assert health.unwritable is None
    assert health.free > 0


async def test_waiting_executions_are_counted_by_handler(store: SqliteStore) -> None:
    await put(store, "app.welcome", "app.bill")
    await put(store, "app.welcome")
    (claim, *_) = await store.claim(limit=1, per_portal=1)

    running = await store.handler_names()
    await store.settle(claim, Verdict(State.DONE))

    assert sum(running.values()) == 2
    assert await store.handler_names() == running
