"""When the file cannot be written: nothing that was acknowledged is lost, and it ends by itself."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from bitrix_events import metrics
from bitrix_events.errors import StoreError
from bitrix_events.failpoints import plan
from bitrix_events.store.records import (
    InstallationState,
    NewDelivery,
    State,
    Stored,
    Target,
    UserToken,
    Verdict,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from tests.contract.faults import (
    copied,
    event,
    failing_beyond,
    fill,
    locked,
    mounted,
    recovered,
    send,
    stored,
)
from tests.contract.records import KEY, installed
from tests.serving import PATIENCE, eventually

IN_JOURNAL = Stored(None)
DONE = Verdict(State.DONE)


@pytest.fixture(autouse=True)
def _sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bitrix_events.store.sqlite.journal.JOURNAL_BYTES", 2 * 2**20)
    monkeypatch.setattr("bitrix_events.store.sqlite.reserve.RESERVE_BYTES", 2**19)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.db"


def store_at(path: Path) -> SqliteStore:
    return SqliteStore(path, sealer=Sealer(SecretStr(KEY)))


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = store_at(path)
    await store.open()
    yield store
    await store.close()


async def opened(path: Path) -> SqliteStore:
    store = store_at(path)
    await store.open()
    return store


async def waiting_in_journal(store: SqliteStore) -> int:
    return (await store.stats()).journal


# A file that somebody else has locked.


async def test_a_delivery_to_a_locked_file_is_kept_and_only_the_first_one_waits_for_the_lock(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.store.sqlite.database._OWNER_PATIENCE_MS", 1_000)
    store = await opened(path)
    with locked(path):
        begun = time.monotonic()
        kept = await send(store, *range(1, 51))
        took = time.monotonic() - begun

        assert kept == [IN_JOURNAL] * 50
        assert took < 50
        assert "another process keeps it locked" in store.trouble
        assert await waiting_in_journal(store) == 50
    await store.close()


async def test_what_was_kept_is_taken_over_in_order_and_before_what_is_newer(
    store: SqliteStore, path: Path
) -> None:
    await send(store, 1)
    with locked(path):
        await send(store, 2, 3, 4)

    await send(store, 5)

    await recovered(store)
    await send(store, 6)
    assert await stored(store) == [1, 2, 3, 4, 5, 6]
    assert await waiting_in_journal(store) == 0


async def test_trouble_and_its_end_are_said_once(
    store: SqliteStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with locked(path):
        await send(store, 1, 2, 3)
        await asyncio.sleep(0.3)
    await recovered(store)

    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 2
    assert f"{path} takes nothing: another process keeps it locked" in said[0]
    assert "taken over from the journal: 3 deliveries" in said[1]


async def test_other_changes_wait_for_the_end_of_a_lock(store: SqliteStore, path: Path) -> None:
    await send(store, 1)
    (claim,) = await store.claim(limit=1, per_portal=1)
    with locked(path):
        await send(store, 2)
        settling = asyncio.create_task(store.settle(claim, DONE))
        saving = asyncio.create_task(store.save_installation(installed()))
        await asyncio.sleep(0.25)
        assert not settling.done()

    assert await settling
    assert await saving
    (claim,) = await store.claim(limit=1, per_portal=1)
    assert claim.delivery.data == {"n": 2}


async def test_a_delivery_with_an_installation_waits_too(store: SqliteStore, path: Path) -> None:
    with locked(path):
        await send(store, 1)
        putting = asyncio.create_task(store.put(event(2), [], installation=installed()))
        await asyncio.sleep(0.2)

    assert (await putting).delivery_id is not None
    assert await store.installation("acme") is not None


async def test_changes_that_waited_too_long_are_refused_and_not_made(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.store.sqlite.writer._PATIENCE_SECONDS", 0.2)
    with locked(path):
        await send(store, 1)
        with pytest.raises(StoreError, match="another process keeps it locked"):
            await store.save_installation(installed())
    await recovered(store)

    assert await store.installation("acme") is None


async def test_a_busy_moment_is_no_trouble(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.store.sqlite.database._OWNER_PATIENCE_MS", 60_000)
    store = await opened(path)

    async def unlock_soon() -> None:
        with locked(path):
            await asyncio.sleep(0.05)

    unlocking = asyncio.create_task(unlock_soon())
    await asyncio.sleep(0.01)
    (result,) = await send(store, 1)

    await unlocking
    assert result.delivery_id is not None
    assert caplog.records == []
    await store.close()


async def test_spilled_deliveries_are_counted(store: SqliteStore, path: Path) -> None:
    def spilled() -> float:
        lines = metrics.render()[0].decode().splitlines()
        return next(float(x.split()[1]) for x in lines if x.startswith("bitrix_events_spilled_t"))

    before = spilled()
    with locked(path):
        await send(store, 1, 2, 3)

    assert spilled() - before == 3


# What is kept is worth as much as what is stored.


async def test_facts_are_told_apart_over_the_journal(store: SqliteStore, path: Path) -> None:
    await send(store, 1, identity="add deal 7", entity=None)
    with locked(path):
        await send(store, 2, identity="add deal 7", entity=None)
        await send(store, 3, identity="add deal 8", entity=None)
    await recovered(store)
    await send(store, 4, identity="add deal 8", entity=None)

    claims = await store.claim(limit=9, per_portal=9)

    assert [claim.delivery.data["n"] for claim in claims] == [1, 3]


async def test_states_are_merged_over_the_journal(store: SqliteStore, path: Path) -> None:
    await send(store, 1, merges=True)
    with locked(path):
        await send(store, 2, 3, merges=True)
    await recovered(store)

    claims = await store.claim(limit=9, per_portal=9)

    assert [claim.delivery.data["n"] for claim in claims] == [3]


async def test_everything_about_a_delivery_survives_the_journal(
    store: SqliteStore, path: Path
) -> None:
    moment = datetime(2026, 11, 22, 10, tzinfo=UTC)
    token = UserToken(SecretStr("access-of-a-user"), moment)
    delivery = NewDelivery(
        portal="acme",
        code="ONIMBOTMESSAGEADD",
        data={"text": "Привет \U0001f600", "none": None},
        entity=None,
        sent_at=moment,
        event_handler_id=17,
        user_id=42,
        lifecycle=True,
        user_token=token,
    )
    with locked(path):
        await store.put(delivery, [Target("app.a"), Target("app.b")])
        at_rest = path.with_name("store.db.journal").read_bytes()
    await recovered(store)

    claims = await store.claim(limit=9, per_portal=9)

    assert [claim.delivery.handler for claim in claims] == ["app.a", "app.b"]
    assert [claim.user_token for claim in claims] == [token, token]
    found = claims[0].delivery
    assert (found.portal, found.code, found.data) == ("acme", "ONIMBOTMESSAGEADD", delivery.data)
    assert (found.sent_at, found.event_handler_id, found.user_id) == (moment, 17, 42)
    assert found.entity is None
    assert b"access-of-a-user" not in at_rest


async def test_work_of_a_paused_portal_is_parked_over_the_journal(
    store: SqliteStore, path: Path
) -> None:
    await store.save_installation(installed(state=InstallationState.BLOCKED))
    with locked(path):
        await send(store, 1)
    await recovered(store)

    assert await store.claim(limit=1, per_portal=1) == []
    assert (await store.stats()).parked == 1


# A crash meanwhile.


async def test_a_crash_in_trouble_loses_nothing(
    store: SqliteStore, path: Path, tmp_path: Path
) -> None:
    await send(store, 1)
    with locked(path):
        await send(store, 2, 3)
        crashed = copied(path, tmp_path / "crashed")

    survivor = await opened(crashed)

    assert await stored(survivor) == [1, 2, 3]
    assert await waiting_in_journal(survivor) == 0
    await survivor.close()


async def test_a_stop_in_trouble_loses_nothing(store: SqliteStore, path: Path) -> None:
    with locked(path):
        await send(store, 1, 2)
        await store.close()

    await store.open()

    assert await stored(store) == [1, 2]


async def test_a_crash_behind_the_take_over_doubles_nothing(
    store: SqliteStore, path: Path, tmp_path: Path
) -> None:
    with locked(path):
        await send(store, 1, 2, 3)
        journal = path.with_name("store.db.journal").read_bytes()
    await recovered(store)
    crashed = copied(path, tmp_path / "crashed")
    crashed.with_name("store.db.journal").write_bytes(journal)  # as before it was emptied

    survivor = await opened(crashed)
    with locked(crashed):
        await send(survivor, 4)
    await recovered(survivor)

    assert await stored(survivor) == [1, 2, 3, 4]
    await survivor.close()


async def test_an_error_in_the_take_over_is_tried_again(store: SqliteStore, path: Path) -> None:
    with locked(path):
        await send(store, 1, 2, 3)
        plan("draining=error@1")
    try:
        await recovered(store)
    finally:
        plan("")

    assert await stored(store) == [1, 2, 3]


# A disk that fails.


async def test_a_write_that_fails_is_not_acknowledged_but_kept(
    store: SqliteStore, path: Path
) -> None:
    await send(store, 1)
    with failing_beyond(path.with_name("store.db-wal").stat().st_size):
        results = await send(store, 2, 3)
        assert results == [IN_JOURNAL] * 2
        assert "its disk fails" in store.trouble
    await recovered(store)

    assert await stored(store) == [1, 2, 3]


@pytest.mark.parametrize("failpoint", ["before_commit=error@1", "after_commit=error@1"])
async def test_after_an_error_of_the_disk_another_connection_is_used(
    store: SqliteStore, failpoint: str
) -> None:
    before = store._database.writing
    plan(failpoint)
    try:
        (result,) = await send(store, 1)
        await recovered(store)
    finally:
        plan("")
    await send(store, 2)

    assert result == IN_JOURNAL
    assert store._database.writing is not before
    assert sorted(set(await stored(store))) == [1, 2]


async def test_who_was_served_before_the_trouble_is_told_so(store: SqliteStore) -> None:
    begun, gate = threading.Event(), threading.Event()

    def hold(_: sqlite3.Connection) -> None:
        begun.set()
        gate.wait(PATIENCE)

    def fail(_: sqlite3.Connection) -> None:
        raise ValueError("on purpose")

    def insert(db: sqlite3.Connection) -> int:
        return db.execute("UPDATE meta SET seen_at = seen_at + 1").rowcount

    held = asyncio.create_task(store._write(hold))
    await eventually(begun.is_set)
    changes = [asyncio.create_task(store._write(change)) for change in (insert, fail, insert)]
    await asyncio.sleep(0)  # each is handed in; together, as the first one is not done
    plan("before_commit=error@3")  # the gate, the first change, the last one
    gate.set()
    try:
        async with asyncio.timeout(PATIENCE):
            await held
            results = await asyncio.gather(*changes, return_exceptions=True)
    finally:
        plan("")

    assert [results[0], results[2]] == [1, 1]
    assert isinstance(results[1], ValueError)


async def test_a_delivery_that_no_file_takes_is_refused(
    store: SqliteStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await send(store, 1)
    with failing_beyond(0):
        for n in (2, 3):
            with pytest.raises(StoreError, match="takes nothing, and the journal cannot be"):
                await send(store, n)
    (result,) = await send(store, 4)
    await recovered(store)

    assert await stored(store) == [1, 4]
    assert result in (IN_JOURNAL, Stored(2, (2,)))


async def test_a_full_journal_is_said_once_and_refuses(
    store: SqliteStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    large = replace(event(0), data={"n": 0, "text": "x" * 128_000})
    with locked(path):
        kept = [await store.put(large, []) for _ in range(16)]
        for _ in range(3):
            with pytest.raises(StoreError, match="the journal is full"):
                await store.put(large, [])
        (small,) = await send(store, 1)
    await recovered(store)

    assert [*kept, small] == [IN_JOURNAL] * 17
    assert sum("journal is full; deliveries are refused" in line for line in caplog.messages) == 1
    assert len(await stored(store)) == 17


async def test_a_process_without_free_descriptors_keeps_what_it_acknowledges(
    store: SqliteStore, path: Path
) -> None:
    await send(store, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with locked(path):
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            results = await send(store, 2, 3)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    await recovered(store)

    assert results == [IN_JOURNAL] * 2
    assert await stored(store) == [1, 2, 3]


async def test_old_deliveries_are_deleted_without_holding_up_new_ones(store: SqliteStore) -> None:
    await asyncio.gather(*(send(store, n, entity=f"deal:{n}") for n in range(2_000)))
    while claims := await store.claim(limit=500, per_portal=500):
        await asyncio.gather(*(store.settle(claim, DONE) for claim in claims))
    await send(store, 2_000)
    pruning = asyncio.create_task(store.prune(datetime(2100, 1, 1, tzinfo=UTC), limit=10_000))
    stored_meanwhile = 0
    while not pruning.done():
        await send(store, 2_001)
        stored_meanwhile += 1

    assert await pruning == 2_000, "what waits stays"
    assert stored_meanwhile >= 2, "it is one of many changes that take turns"


# A full disk.


async def test_a_full_disk_loses_nothing_and_lets_work_end(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", mebibytes=8) as disk:
        store = await opened(disk / "store.db")
        await asyncio.gather(*(send(store, n, entity=f"deal:{n}") for n in range(200)))
        ballast = fill(disk)
        acknowledged = list(range(200))

        for n in range(200, 1_000):
            await send(store, n, entity=f"deal:{n}")
            acknowledged.append(n)
        assert "its disk is full; make room" in store.trouble
        claims = await store.claim(limit=64, per_portal=64)
        settled = await asyncio.gather(*(store.settle(claim, DONE) for claim in claims))
        more = await store.claim(limit=64, per_portal=64)
        ballast.unlink()
        await recovered(store)

        assert settled == [True] * 64
        assert len(more) == 64
        assert await stored(store) == acknowledged
        (result,) = await send(store, 1_000)
        assert result.delivery_id is not None
        await store.close()
        with closing(sqlite3.connect(disk / "store.db")) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_on_a_full_disk_all_that_waits_can_be_worked_off(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", mebibytes=8) as disk:
        store = await opened(disk / "store.db")
        await asyncio.gather(*(send(store, n, entity=f"deal:{n}") for n in range(500)))
        fill(disk)
        await asyncio.gather(*(send(store, n) for n in range(500, 600)))

        settled = 0
        while claims := await store.claim(limit=64, per_portal=64):
            settled += sum(await asyncio.gather(*(store.settle(claim, DONE) for claim in claims)))

        assert "its disk is full" in store.trouble
        assert settled >= 500
        await store.close()


async def test_a_log_that_fills_the_disk_gives_its_space_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.store.sqlite.writer._CHANGES_BETWEEN_CHECKPOINTS", 10**9)
    with mounted(tmp_path / "disk", mebibytes=8) as disk:
        store = await opened(disk / "store.db")
        acknowledged = 0
        while not store.trouble:
            await send(store, acknowledged)
            acknowledged += 1
        await recovered(store)

        assert await stored(store) == list(range(acknowledged))
        await store.close()


async def test_a_store_is_refused_where_there_is_no_space_for_it(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", mebibytes=8) as disk:
        fill(disk)

        with pytest.raises(StoreError, match=r"(no space|full).*") as caught:
            await opened(disk / "store.db")

        assert str(disk / "store.db") in str(caught.value)


# A file that is taken away.


@pytest.mark.parametrize(
    ("what", "how"),
    [
        ("store.db", "removed"),
        ("store.db", "replaced"),
        ("store.db", "truncated"),
        ("store.db-wal", "removed"),
        ("store.db-wal", "truncated"),
        ("store.db-wal", "replaced"),
        ("store.db-shm", "removed"),
    ],
)
async def test_when_the_file_is_taken_away_deliveries_are_kept_for_the_next_start(
    store: SqliteStore, path: Path, what: str, how: str
) -> None:
    await send(store, *range(51))
    if what == "store.db":
        store._database.move_log()
    victim = path.with_name(what)
    if how == "truncated":
        os.truncate(victim, 4096)
    else:
        content = victim.read_bytes()
        victim.unlink()
        if how == "replaced":
            victim.write_bytes(content)

    results = await send(store, 51, 52)

    assert results == [IN_JOURNAL] * 2
    assert f"was {how}; restart the app" in store.trouble
    with pytest.raises(StoreError, match=f"was {how}"):
        await store.claim(limit=1, per_portal=1)
    await store.close()
    await store.open()
    assert (await stored(store))[-2:] == [51, 52]
    (result,) = await send(store, 53)
    assert result.delivery_id is not None


async def test_a_file_that_was_made_smaller_by_vacuum_is_whole(
    store: SqliteStore, path: Path
) -> None:
    await send(store, *range(500))
    store._database.move_log()
    await store.prune(datetime(2100, 1, 1, tzinfo=UTC), limit=10_000)
    for claim in await store.claim(limit=600, per_portal=600):
        await store.settle(claim, DONE)
    await store._write(lambda db: db.execute("DELETE FROM delivery").rowcount)
    store._database.move_log()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("VACUUM")
    before = os.stat(path).st_size
    store._database.move_log()

    (result,) = await send(store, 1)

    assert os.stat(path).st_size < before
    assert result.delivery_id is not None
