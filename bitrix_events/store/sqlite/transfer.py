"""One SQLite file as a source or a target of `store.transfer`."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Final

from bitrix_events.errors import StoreError
from bitrix_events.store.sqlite.database import Database
from bitrix_events.store.sqlite.file import connect_to_read
from bitrix_events.store.sqlite.lock import FileLock
from bitrix_events.store.sqlite.maintenance import pragma
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.store.transfer import AT_ONCE, EXECUTION, LANE, Row, Table, require_empty

_CACHE_KIB: Final = 64 * 1024
_SELECTED: Final = {
    LANE.name: "SELECT substr(queue, 1, instr(queue, ' ') - 1) AS portal, substr(queue,"
    " instr(queue, ' ') + 1) AS handler, name, state, lifecycle, due, id AS number FROM lane",
    EXECUTION.name: "SELECT e.*, l.name AS lane FROM execution AS e LEFT JOIN lane AS l"
    " ON l.id = e.lane_id AND e.state IN ('waiting', 'running')",
}
"""Where a table is not as `Table` has it."""
_INSERTED: Final = {
    LANE.name: "INSERT INTO lane (queue, name, state, lifecycle, due) VALUES (? || ' ' || ?, ?,"
    " ?, ?, ?)",
    EXECUTION.name: "INSERT INTO execution (id, portal, lane_id, delivery_id, handler, state,"
    " merges, replayed, attempt, deaths, not_before, quiet_by, started_at, finished_at, note)"
    " VALUES (?, ?, coalesce((SELECT id FROM lane WHERE name = ?), 0),"
    " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
}


@asynccontextmanager
async def reading_from(
    path: Path, *, clock: Callable[[], float] | None = None
) -> AsyncIterator[SqliteReading]:
    """A file with all that an app has left in it: what it was running waits again, and what lay in
    the journal is in the file.

    Args:
        clock: see `SqliteStore`.

    Raises:
        StoreError: there is none, an app works with it, or it cannot be used.
    """
    file = _free(path, must_exist=True)
    store = SqliteStore(path, clock=clock)
    await store.open()
    try:
        with closing(connect_to_read(file)) as db, _in(path):
            db.execute("BEGIN")
            yield SqliteReading(db)
    finally:
        await store.close()


@asynccontextmanager
async def writing_to(path: Path) -> AsyncIterator[SqliteWriting]:
    """An empty file, made if there is none. It takes what is written when this ends without an
    error, and nothing otherwise.

    Raises:
        StoreError: an app works with it, it is not empty, or it cannot be used.
    """
    database = Database(_free(path), mode="own")
    database.take()
    try:
        database.open()
        db = database.writing
        with _in(path):
            db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            db.execute("BEGIN IMMEDIATE")
            try:
                target = SqliteWriting(db)
                await require_empty(target, str(path))
                yield target
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
        database.move_log(to_the_end=True)
    finally:
        database.close()


class SqliteReading:
    """A `transfer.Reading`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}

    def has(self, table: Table) -> bool:
        """See `transfer.Reading.has`."""
        return table.name in self._tables

    async def count(self, table: Table) -> int:
        """See `transfer.Reading.count`."""
        count: int = self._db.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]  # noqa: S608
        return count

    async def rows(self, table: Table) -> AsyncIterator[Sequence[Row]]:
        """See `transfer.Reading.rows`."""
        selected = _SELECTED.get(table.name, f"SELECT * FROM {table.name}")  # noqa: S608
        columns, key = ", ".join(table.columns), ", ".join(table.key)
        cursor = self._db.cursor()
        cursor.row_factory = None
        cursor.execute(f"SELECT {columns} FROM ({selected}) ORDER BY {key}")  # noqa: S608
        while rows := cursor.fetchmany(AT_ONCE):
            yield rows

    async def last_numbers(self) -> Mapping[str, int]:
        """See `transfer.Reading.last_numbers`."""
        found = {
            row[0]: row[1] for row in self._db.execute("SELECT name, seq FROM sqlite_sequence")
        }
        return {
            "delivery": found.get("delivery", 0),
            "execution": found.get("execution", 0),
            "version": pragma(self._db, "user_version"),
        }


class SqliteWriting(SqliteReading):
    """A `transfer.Writing`."""

    def fitting(self, table: Table, rows: Sequence[Row]) -> Sequence[Row]:
        """See `transfer.Writing.fitting`: everything fits."""
        return rows

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """See `transfer.Writing.write`."""
        columns, marks = ", ".join(table.columns), ", ".join("?" * len(table.columns))
        plain = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608
        self._db.executemany(_INSERTED.get(table.name, plain), rows)

    async def go_on_behind(self, numbers: Mapping[str, int]) -> None:
        """See `transfer.Writing.go_on_behind`."""
        found = await self.last_numbers()
        for table in ("delivery", "execution"):
            self._db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self._db.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
                (table, max(found[table], numbers[table])),
            )
        version = max(found["version"], numbers["version"])
        self._db.execute(f"PRAGMA user_version = {version}")


def _free(path: Path, *, must_exist: bool = False) -> Path:
    """Where a file really is.

    Raises:
        StoreError: an app works with it, or there has to be one and is none.
    """
    file = path.resolve()
    if not file.exists():
        if must_exist:
            raise StoreError(f"there is no store at {path}")
        return file
    lock = FileLock(file.with_name(file.name + ".lock"))
    try:
        is_free = lock.acquire()
    except OSError as error:
        raise StoreError(f"cannot write to {path}: {error.strerror}") from error
    lock.release()
    if not is_free:
        raise StoreError(
            f"an app works with {path}: stop it (Ctrl+C, or systemctl stop), then copy"
        )
    return file


@contextmanager
def _in(path: Path) -> Iterator[None]:
    """Errors of SQLite as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
