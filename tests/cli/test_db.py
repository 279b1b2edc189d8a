"""`bitrix-events db`: pruning, copying and checking the file of a store that an app works with."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bitrix_events.errors import StoreError
from bitrix_events.store.records import Query
from bitrix_events.store.sqlite.backup import back_up
from bitrix_events.store.sqlite.store import SqliteStore
from tests.cli.conftest import Command
from tests.cli.inbox import ACME, fill, put
from tests.cli.stores import APP, in_store
from tests.cli.test_cli import error_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose store has a delivery of every fate."""
    fill(tmp_path)
    return tmp_path


async def ids(store: SqliteStore) -> list[int]:
    return sorted(view.delivery.id for view in await store.find(Query(), limit=100_000))


@pytest.mark.parametrize("name", ["prune", "backup", "check"])
def test_every_command_explains_itself_with_an_example(
    command: Command, name: str, tmp_path: Path
) -> None:
    result = command("db", name, "--help", folder=tmp_path)

    assert result.returncode == 0
    assert f"bitrix-events db {name}" in result.stdout
    assert "Example" in result.stdout


def test_what_is_old_and_over_is_pruned(command: Command, folder: Path) -> None:
    young = command("db", "prune", folder=folder, **APP)
    all_there = in_store(folder, ids)
    old = command("db", "prune", "--days", "0", folder=folder, **APP)

    assert "deliveries deleted: 0; older than 14 days" in young.stdout
    assert all_there == [1, 2, 3, 4, 5, 6, 7, 8]
    assert "deliveries deleted: 4; older than 0 days" in old.stdout
    assert in_store(folder, ids) == [1, 5, 7, 8]  # waits, waits parked, dead, waits


def test_what_is_kept_for_ever_is_pruned_by_name_only(command: Command, folder: Path) -> None:
    for_ever = {**APP, "BITRIX_EVENTS_RETENTION_DAYS": "0"}

    assert "say --days" in error_of(command("db", "prune", folder=folder, **for_ever))
    assert in_store(folder, ids) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_backup_is_a_store_of_its_own(command: Command, folder: Path) -> None:
    result = command("db", "backup", "copy.db", folder=folder, **APP)

    copy = folder / "copy.db"
    assert result.stdout.startswith("copy.db: 0.")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in folder.glob("copy*")] == ["copy.db"]
    restored = folder / "restored"
    (restored / "data").mkdir(parents=True)
    copy.rename(restored / "data" / "bitrix_events.db")
    assert in_store(restored, ids) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert "is sound" in command("db", "check", folder=restored, **APP).stdout


def test_a_backup_overwrites_nothing(command: Command, folder: Path) -> None:
    (folder / "copy.db").write_text("precious")

    twice = command("db", "backup", "copy.db", folder=folder, **APP)
    nowhere = command("db", "backup", "no/such/folder/copy.db", folder=folder, **APP)
    nothing = command("db", "backup", "copy2.db", folder=folder / "..", **APP)

    assert "copy.db exists already; a backup overwrites nothing" in error_of(twice)
    assert (folder / "copy.db").read_text() == "precious"
    assert "cannot write to no/such/folder/copy.db: No such file" in error_of(nowhere)
    assert "there is no store at" in error_of(nothing)


def test_a_backup_under_load_has_all_that_was_stored_before_it_began(folder: Path) -> None:
    path, copy = folder / "data" / "bitrix_events.db", folder / "copy.db"

    async def put_some(store: SqliteStore, count: int) -> None:
        data = {"x": "y" * 1000}
        await asyncio.gather(
            *(put(store, ACME, "ONX", None, "app.x", data=data) for _ in range(count))
        )

    async def under_load(store: SqliteStore) -> tuple[int, int]:
        await put_some(store, 2_000)
        before = len(await ids(store))
        is_copied = False

        async def load() -> int:
            stored = 0
            while not is_copied or not stored:
                await put_some(store, 20)
                stored += 20
            return stored

        loading = asyncio.create_task(load())
        await asyncio.sleep(0.05)
        await asyncio.to_thread(back_up, path, copy)
        is_copied = True
        return before, before + await loading

    before, after = in_store(folder, under_load)

    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = [row[0] for row in db.execute("SELECT id FROM delivery ORDER BY id")]
        (executions,) = db.execute(
            "SELECT count(*) FROM execution WHERE handler = 'app.x'"
        ).fetchone()
    assert found == list(range(1, len(found) + 1))
    assert before <= len(found) <= after
    assert executions == len(found) - 8  # those that were there before
    assert after > before


def test_a_copy_that_cannot_be_finished_is_removed(folder: Path) -> None:
    source, copy = folder / "data" / "bitrix_events.db", folder / "copy.db"

    def fail(part: float) -> None:
        raise OSError("the disk is full")

    with pytest.raises(StoreError, match=r"was not finished: the disk is full"):
        back_up(source, copy, tell=fail)
    assert not copy.exists()
    back_up(source, copy)


def test_a_sound_file_is_told_and_a_damaged_one_is_an_error(command: Command, folder: Path) -> None:
    path = folder / "data" / "bitrix_events.db"
    sound = command("db", "check", folder=folder, **APP)

    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)
    damaged = command("db", "check", folder=folder, **APP)

    assert "data/bitrix_events.db (0." in sound.stdout
    assert "is sound" in sound.stdout
    assert f"{path} is damaged" in error_of(damaged)
    assert "restore a backup" in error_of(damaged)
    assert "there is no store at" in error_of(command("db", "check", folder=folder / ".."))
