"""What only the embedded engine promises: grouped commits, one writing process, safe files."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bitrix_events.errors import StoreError
from bitrix_events.store.records import (
    Installation,
    NewDelivery,
    Query,
    State,
    Target,
    Verdict,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.database import Database, Mode
from bitrix_events.store.sqlite.file import network_file_system
from bitrix_events.store.sqlite.lock import FileLock
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.store.sqlite.writer import Change, GroupCommitWriter, run_changes
from tests.contract.faults import mounted
from tests.contract.records import installed, put

HANDLERS = [Target("handler")]


def event(entity: str | None = "deal:7") -> NewDelivery:
    return NewDelivery(portal="acme", code="ONCRMDEALADD", data={}, entity=entity)


def make_file(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)


def make_room(path: Path) -> None:
    path.unlink()


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path)
    await store.open()
    yield store
    await store.close()


# Grouped commits.


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "group.db", mode="own")
    database.take()
    database.open()
    database.writing.execute("CREATE TABLE number (value INTEGER PRIMARY KEY)")
    yield database
    database.close()


@pytest.fixture
def connection(database: Database) -> sqlite3.Connection:
    return database.writing


@pytest.fixture
def writer(database: Database) -> Iterator[GroupCommitWriter]:
    writer = GroupCommitWriter(database, begun=lambda: None)
    yield writer
    writer.close()


async def change_with(writer: GroupCommitWriter, change: Change[Any]) -> Any:
    return await writer.submit(run_changes, change)


def insert(value: int) -> Change[int]:
    def change(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO number VALUES (?)", (value,))
        return value * 10

    return change


class Gate:
    """A change that keeps the writer busy, so that the next ones gather into one group."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _: sqlite3.Connection) -> None:
        self.entered.set()
        assert self.opened.wait(10)


async def gathered(
    writer: GroupCommitWriter, changes: list[Change[Any]]
) -> list[Any | BaseException]:
    """The results of changes that reach the writer as one group."""
    gate = Gate()
    held = asyncio.ensure_future(change_with(writer, gate))
    await asyncio.to_thread(gate.entered.wait)
    waiting = [asyncio.ensure_future(change_with(writer, change)) for change in changes]
    await asyncio.sleep(0)
    gate.opened.set()
    await held
    return await asyncio.gather(*waiting, return_exceptions=True)


def numbers(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT value FROM number ORDER BY value")]


async def test_each_caller_of_a_group_gets_its_own_result(
    writer: GroupCommitWriter, connection: sqlite3.Connection
) -> None:
    results = await gathered(writer, [insert(value) for value in range(100)])

    assert results == [value * 10 for value in range(100)]
    assert numbers(connection) == list(range(100))


async def test_changes_that_wait_together_are_committed_together(
    writer: GroupCommitWriter, connection: sqlite3.Connection
) -> None:
    statements: list[str] = []
    connection.set_trace_callback(statements.append)

    await gathered(writer, [insert(value) for value in range(100)])

    assert statements.count("COMMIT") == 2, "one for the gate, one for the group"


async def test_a_group_larger_than_one_transaction_is_written_completely(
    writer: GroupCommitWriter, connection: sqlite3.Connection
) -> None:
    results = await gathered(writer, [insert(value) for value in range(1500)])

    assert results == [value * 10 for value in range(1500)]
    assert numbers(connection) == list(range(1500))


async def test_one_failing_change_does_not_spoil_its_group(
    writer: GroupCommitWriter, connection: sqlite3.Connection
) -> None:
    results = await gathered(writer, [insert(1), insert(2), insert(2), insert(3)])

    assert [results[0], results[1], results[3]] == [10, 20, 30]
    assert isinstance(results[2], StoreError)
    assert numbers(connection) == [1, 2, 3]


async def test_a_change_that_fails_half_way_writes_nothing(
    writer: GroupCommitWriter, connection: sqlite3.Connection
) -> None:
    def two_rows(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO number VALUES (1)")
        db.execute("INSERT INTO number VALUES (1)")

    results = await gathered(writer, [two_rows, insert(2)])

    assert isinstance(results[0], StoreError)
    assert numbers(connection) == [2]


async def test_a_mistake_of_the_caller_reaches_him_as_it_is(writer: GroupCommitWriter) -> None:
    def divide(_: sqlite3.Connection) -> float:
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        await change_with(writer, divide)

    assert await change_with(writer, insert(1)) == 10


async def test_a_caller_that_gave_up_does_not_disturb_its_group(
    writer: GroupCommitWriter, connection: sqlite3.Connection
) -> None:
    gate = Gate()
    held = asyncio.ensure_future(change_with(writer, gate))
    await asyncio.to_thread(gate.entered.wait)
    impatient = asyncio.ensure_future(change_with(writer, insert(1)))
    patient = asyncio.ensure_future(change_with(writer, insert(2)))
    await asyncio.sleep(0)
    impatient.cancel()
    gate.opened.set()

    result = await patient

    await held
    assert result == 20
    assert numbers(connection) == [1, 2]


async def test_callers_on_two_event_loops_are_both_answered(
    writer: GroupCommitWriter, connection: sqlite3.Connection
) -> None:
    def in_a_loop_of_its_own(value: int) -> Any:
        return asyncio.run(change_with(writer, insert(value)))

    results = await asyncio.gather(
        change_with(writer, insert(1)),
        asyncio.to_thread(in_a_loop_of_its_own, 2),
        asyncio.to_thread(in_a_loop_of_its_own, 3),
    )

    assert list(results) == [10, 20, 30]
    assert numbers(connection) == [1, 2, 3]


async def test_closing_commits_what_was_queued(
    writer: GroupCommitWriter, connection: sqlite3.Connection
) -> None:
    gate = Gate()
    held = asyncio.ensure_future(change_with(writer, gate))
    await asyncio.to_thread(gate.entered.wait)
    queued = asyncio.ensure_future(change_with(writer, insert(1)))
    await asyncio.sleep(0)
    closing_writer = asyncio.ensure_future(asyncio.to_thread(writer.close))
    gate.opened.set()

    await asyncio.gather(held, queued, closing_writer)

    assert numbers(connection) == [1]


async def test_nothing_can_be_submitted_to_a_closed_writer(writer: GroupCommitWriter) -> None:
    writer.close()

    with pytest.raises(StoreError, match="closed"):
        async with asyncio.timeout(5):
            await change_with(writer, insert(1))


async def test_many_concurrent_puts_are_all_on_the_disk(store: SqliteStore, path: Path) -> None:
    ids = await asyncio.gather(*(put(store, event(f"deal:{n}"), "handler") for n in range(300)))

    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT id, entity FROM delivery ORDER BY id").fetchall()
    assert rows == sorted(zip(ids, (f"deal:{n}" for n in range(300)), strict=True))


async def test_every_commit_is_synced_to_the_disk(store: SqliteStore) -> None:
    def pragmas(db: sqlite3.Connection) -> tuple[str, int]:
        (mode,) = db.execute("PRAGMA journal_mode").fetchone()
        (synchronous,) = db.execute("PRAGMA synchronous").fetchone()
        return mode, synchronous

    mode, synchronous = await store._write(pragmas)

    assert (mode, synchronous) == ("wal", 2), "2 is FULL"


# One writing process.


async def test_a_second_store_on_the_same_file_is_refused(store: SqliteStore, path: Path) -> None:
    second = SqliteStore(path)

    with pytest.raises(StoreError, match=r"in use by another process.*BITRIX_EVENTS_STORE"):
        await second.open()

    await store.put(event(), HANDLERS)
    assert len(await store.find(Query(), limit=10)) == 1


async def test_a_second_process_on_the_same_file_is_refused(store: SqliteStore, path: Path) -> None:
    program = f"""
import asyncio, pathlib
from bitrix_events.store.sqlite.store import Mode, SqliteStore
asyncio.run(SqliteStore(pathlib.Path({str(path)!r})).open())
"""

    result = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True
    )

    assert result.returncode == 1
    assert "is in use by another process" in result.stderr


async def test_the_file_is_free_again_after_closing(store: SqliteStore, path: Path) -> None:
    await store.close()
    second = SqliteStore(path)

    await second.open()

    assert await second.find(Query(), limit=1) == []
    await second.close()


async def test_a_refused_store_leaves_the_lock_with_its_owner(
    store: SqliteStore, path: Path
) -> None:
    for _ in range(2):
        with pytest.raises(StoreError, match="in use"):
            await SqliteStore(path).open()


async def test_a_failed_start_does_not_keep_the_file_locked(path: Path) -> None:
    make_file(path, b"no database " * 1000)
    with pytest.raises(StoreError):
        await SqliteStore(path).open()
    store = SqliteStore(path)
    make_room(path)

    await store.open()

    assert await store.find(Query(), limit=1) == []
    await store.close()


# Looking only.


@pytest.fixture
async def onlooker(store: SqliteStore, path: Path) -> AsyncIterator[SqliteStore]:
    """A store that only looks, at a file that `store` is writing."""
    onlooker = SqliteStore(path, mode="look")
    await onlooker.open()
    yield onlooker
    await onlooker.close()


async def test_an_onlooker_sees_what_another_store_writes(
    store: SqliteStore, onlooker: SqliteStore
) -> None:
    delivery_id = await put(store, event(), "handler")
    await store.save_installation(Installation("acme", "acme", "acme.bitrix24.com"))

    view = await onlooker.delivery(delivery_id)

    assert view is not None
    assert [e.state for e in view.executions] == [State.WAITING]
    assert [v.delivery.id for v in await onlooker.find(Query(), limit=9)] == [delivery_id]
    assert await onlooker.installation("acme") is not None
    assert await onlooker.due_in() is None


async def test_an_onlooker_does_not_disturb_the_writing_store(
    store: SqliteStore, onlooker: SqliteStore
) -> None:
    await store.put(event(), HANDLERS)
    await onlooker.find(Query(), limit=9)

    (claim,) = await store.claim(limit=1, per_portal=1)
    settled = await store.settle(claim, Verdict(State.DONE))

    assert settled


async def test_an_onlooker_cannot_write(onlooker: SqliteStore) -> None:
    with pytest.raises(StoreError, match="not open for writing"):
        await onlooker.put(event(), HANDLERS)


async def test_an_onlooker_gives_nothing_back_to_the_queue(store: SqliteStore, path: Path) -> None:
    delivery_id = await put(store, event(), "handler")
    await store.claim(limit=1, per_portal=1)
    onlooker = SqliteStore(path, mode="look")
    await onlooker.open()

    view = await onlooker.delivery(delivery_id)

    await onlooker.close()
    assert view is not None
    assert [e.state for e in view.executions] == [State.RUNNING]


async def test_an_onlooker_finds_no_file(path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store at"):
        await SqliteStore(path, mode="look").open()

    assert not path.parent.exists()


# Files that are not ours.


def make_database(path: Path, *statements: str) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            db.execute(statement)


@pytest.mark.parametrize("mode", ["own", "look"])
async def test_a_file_that_is_no_database_is_refused_and_kept(path: Path, mode: Mode) -> None:
    make_file(path, b"Dear diary, " * 1000)

    with pytest.raises(StoreError, match=r"store\.db"):
        await SqliteStore(path, mode=mode).open()

    assert content_of(path) == b"Dear diary, " * 1000


@pytest.mark.parametrize("mode", ["own", "look"])
async def test_a_database_of_another_program_is_refused(path: Path, mode: Mode) -> None:
    make_database(path, "CREATE TABLE invoice (id INTEGER)")

    with pytest.raises(StoreError, match="is not a store of bitrix_events"):
        await SqliteStore(path, mode=mode).open()


async def test_a_database_of_another_program_is_left_as_it_was(path: Path) -> None:
    make_database(path, "CREATE TABLE invoice (id INTEGER)")
    store = SqliteStore(path)

    with suppress(StoreError):
        await store.open()
    await store.close()

    with closing(sqlite3.connect(path)) as db:
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert tables == [("invoice",)]


@pytest.mark.parametrize("mode", ["own", "look"])
@pytest.mark.parametrize(
    "meta", ["CREATE TABLE meta (name TEXT)", "CREATE TABLE meta (schema_version INTEGER)"]
)
async def test_a_database_with_another_meta_table_is_refused(
    path: Path, meta: str, mode: Mode
) -> None:
    make_database(path, meta)

    with pytest.raises(StoreError, match="is not a store of bitrix_events"):
        await SqliteStore(path, mode=mode).open()


@pytest.mark.parametrize("mode", ["own", "look"])
async def test_a_store_of_a_newer_release_is_refused(path: Path, mode: Mode) -> None:
    store = SqliteStore(path)
    await store.open()
    await store.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE meta SET schema_version = 99")

    with pytest.raises(StoreError, match="schema version 99"):
        await SqliteStore(path, mode=mode).open()


@pytest.fixture
async def old_path(path: Path) -> Path:
    """A store as the release before has left it, with an installation and work in it."""
    store = SqliteStore(path)
    await store.open()
    await store.save_installation(installed(tokens=None))
    await store.put(NewDelivery("acme", "ONCUSTOM", {}, "deal:7"), [Target("handler")])
    await store.close()
    with closing(sqlite3.connect(path)) as db:
        db.executescript("DROP TABLE snapshot; DROP TABLE mark; UPDATE meta SET schema_version = 4")
    return path


def schema_of(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        return sorted(db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


async def test_a_store_of_the_release_before_is_brought_up_to_date(
    old_path: Path, tmp_path: Path
) -> None:
    fresh = SqliteStore(tmp_path / "fresh.db")
    await fresh.open()
    await fresh.close()
    store = SqliteStore(old_path)

    await store.open()

    assert [one.portal for one in await store.installations()] == ["acme"]
    assert [claim.delivery.entity for claim in await store.claim(limit=9, per_portal=9)] == [
        "deal:7"
    ]
    await store.set_mark("acme", "seen", "then")
    await store.close()
    assert schema_of(old_path) == schema_of(tmp_path / "fresh.db")


@pytest.mark.parametrize("mode", ["share", "look"])
async def test_only_who_owns_a_store_brings_it_up_to_date(old_path: Path, mode: Mode) -> None:
    before = schema_of(old_path)

    with pytest.raises(StoreError, match="start the app once with this release"):
        await SqliteStore(old_path, mode=mode).open()

    assert schema_of(old_path) == before


@pytest.mark.parametrize("below", ["store.db", "folder/store.db"])
async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / below

    with pytest.raises(StoreError, match=r"cannot write to .*file"):
        await SqliteStore(path).open()


async def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"is a folder; set BITRIX_EVENTS_STORE to a file in it"):
        await SqliteStore(tmp_path).open()


async def test_a_file_that_belongs_to_somebody_else_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: FileLock) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", f"{path}.lock")

    monkeypatch.setattr(FileLock, "acquire", refuse)  # root may do everything

    with pytest.raises(StoreError, match=r"cannot write to .*: .*\.lock: Permission denied"):
        await SqliteStore(path).open()


async def test_a_volume_that_is_read_only_is_refused(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", mebibytes=1) as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)  # noqa: ASYNC221

        with pytest.raises(StoreError, match=r"cannot write to .*: Read-only file system"):
            await SqliteStore(disk / "store.db").open()


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/data", ""),
        ("/data/net", "nfs4"),
        ("/data/net/deep/er", "nfs4"),
        ("/data/net/local", ""),
        ("/with space/x", "fuse.sshfs"),
    ],
)
def test_a_network_file_system_is_recognised(tmp_path: Path, folder: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\n"
        "server:/export /data/net nfs4 rw,relatime 0 0\n"
        "tmpfs /data/net/local tmpfs rw 0 0\n"
        "me@host: /with\\040space fuse.sshfs rw 0 0\n"
    )

    assert network_file_system(Path(folder), mounts) == kind


async def test_a_store_on_a_network_file_system_is_warned_about(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bitrix_events.store.sqlite.database.network_file_system", lambda _: "nfs4")
    store = SqliteStore(path)

    await store.open()
    await store.close()

    assert "is on a network file system (nfs4)" in caplog.text


async def test_only_the_owner_can_read_the_files(store: SqliteStore, path: Path) -> None:
    await store.put(event(), HANDLERS)

    modes = {file.name: mode_of(file) for file in path.parent.iterdir()}

    assert set(modes) >= {"store.db", "store.db-wal", "store.db.lock"}
    assert set(modes.values()) == {0o600}
    assert mode_of(path.parent) == 0o700


# After closing.


async def test_a_closed_store_answers_every_use_with_an_error(
    store: SqliteStore,
) -> None:
    await store.put(event(), HANDLERS)
    (claim,) = await store.claim(limit=1, per_portal=1)
    await store.close()

    uses = [
        store.put(event(), HANDLERS),
        store.claim(limit=1, per_portal=1),
        store.settle(claim, Verdict(State.DONE)),
        store.due_in(),
        store.find(Query(), limit=1),
        store.delivery(1),
        store.installation("acme"),
        store.installation_at("acme.bitrix24.com"),
        store.save_installation(Installation("acme", "acme", "acme.bitrix24.com")),
        store.begin_refresh("acme", version=1, seconds=1),
    ]
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*uses, return_exceptions=True)

    assert [type(answer) for answer in answers] == [StoreError] * len(uses)


async def test_a_closed_onlooker_looks_no_more(onlooker: SqliteStore) -> None:
    await onlooker.close()

    with pytest.raises(StoreError):
        await onlooker.find(Query(), limit=1)


async def test_a_store_can_be_closed_twice(store: SqliteStore) -> None:
    await store.close()

    await store.close()


async def test_a_store_that_was_closed_can_be_opened_again(store: SqliteStore) -> None:
    delivery_id = await put(store, event(), "handler")
    await store.close()

    await store.open()

    assert await store.delivery(delivery_id) is not None


async def test_reads_in_other_threads_end_with_the_store(store: SqliteStore) -> None:
    await store.put(event(), HANDLERS)

    def read_in_a_loop_of_its_own() -> int:
        return len(asyncio.run(store.find(Query(), limit=10)))

    counts = await asyncio.gather(*(asyncio.to_thread(read_in_a_loop_of_its_own) for _ in range(4)))
    await store.close()

    assert counts == [1, 1, 1, 1]


async def test_a_long_list_of_installations_does_not_hold_up_the_event_loop(
    tmp_path: Path,
) -> None:
    sealer = Sealer(SecretStr("a-secret-key-of-thirty-two-bytes"))
    store = SqliteStore(tmp_path / "store.db", sealer=sealer)
    await store.open()
    await asyncio.gather(*(store.save_installation(installed(f"p{n}")) for n in range(1_000)))
    listing = asyncio.create_task(store.installations())
    turns = 0

    while not listing.done():
        await asyncio.sleep(0)
        turns += 1

    assert len(await listing) == 1_000
    assert turns > 10
    await store.close()
