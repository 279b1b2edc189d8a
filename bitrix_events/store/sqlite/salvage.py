"""Carrying what can be read of a damaged store over into a new file.

The damaged file is kept aside, as it was. What could not be read is told: a delivery is lost if its
row lay in a destroyed page, and nothing else is.
"""
# ruff: noqa: S608 - the names of our own tables

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from bitrix_events.errors import StoreError
from bitrix_events.store.sqlite.database import damage_note
from bitrix_events.store.sqlite.file import SCHEMA_VERSION, connect, connect_to_read
from bitrix_events.store.sqlite.health import find_damage
from bitrix_events.store.sqlite.journal import sync_folder
from bitrix_events.store.sqlite.pages import Row, Value, rows_of_pages

log = logging.getLogger(__name__)

_CHECK_SECONDS: Final = 0.15
_SKIPPED_IDS: Final = 1_000_000
"""No id comes twice, not even that of a delivery that was lost."""

_KEYED: Final = {
    "portal": "portal",
    "fact": "portal, identity, handler",
    "snapshot": "portal, handler, entity",
    "mark": "portal, name",
}
_NUMBERED: Final = ("delivery", "execution", "lane")
_TEXTS: Final = {
    (True, 12): ("delivery", (1, 2, 4)),
    (True, 15): ("execution", (1, 4, 5)),
    (True, 7): ("lane", (1, 2, 3)),
    (False, 21): ("portal", (0, 1, 2, 4)),
    (False, 5): ("fact", (0, 1, 2)),
    (False, 4): ("snapshot", (0, 1, 2, 3)),
    (False, 3): ("mark", (0, 1, 2)),
}
"""Which table rows with or without an id belong to, by the number of their columns, and which of
these have to be text."""
_JSON: Final = {"delivery": (1, 4), "snapshot": (0, 3)}
"""Where the portal and the JSON are in rows that have some."""

_REBUILD_LANES: Final = """
DELETE FROM execution WHERE delivery_id NOT IN (SELECT id FROM delivery);

UPDATE execution SET state = 'waiting'
WHERE state = 'running' AND portal NOT IN (SELECT portal FROM portal);

INSERT OR IGNORE INTO lane (id, name, queue, state, lifecycle, due)
SELECT e.lane_id, e.portal || ' '
           || coalesce(d.entity, iif(e.quiet_by IS NULL, '#' || d.id, d.code)) || ' ' || e.handler,
       e.portal || ' ' || e.handler, 'ready', d.lifecycle, d.received_at
FROM execution AS e JOIN delivery AS d ON d.id = e.delivery_id
WHERE e.state IN ('waiting', 'running') GROUP BY e.lane_id;

UPDATE execution SET lane_id = (
    SELECT l.id FROM delivery AS d JOIN lane AS l
    ON l.name = execution.portal || ' '
           || coalesce(d.entity, iif(execution.quiet_by IS NULL, '#' || d.id, d.code)) || ' '
           || execution.handler
    WHERE d.id = execution.delivery_id)
WHERE state IN ('waiting', 'running') AND lane_id NOT IN (SELECT id FROM lane);

DELETE FROM lane WHERE id NOT IN
    (SELECT lane_id FROM execution WHERE state IN ('waiting', 'running'));

UPDATE lane SET state = CASE
    WHEN id IN (SELECT lane_id FROM execution WHERE state = 'running') THEN 'running'
    WHEN NOT EXISTS (SELECT 1 FROM portal AS p
                     WHERE p.portal = substr(lane.queue, 1, instr(lane.queue, ' ') - 1)
                       AND NOT p.paused AND (p.state = 'active' OR lane.lifecycle)) THEN 'parked'
    WHEN state = 'delayed' THEN 'delayed'
    ELSE 'ready' END;
"""
"""Lanes of which nothing is known are ready; those of a lost installation wait for a new one."""


@dataclass(slots=True)
class Salvage:
    """What was found in a damaged file.

    Attributes:
        kept: how many rows could be read, by table.
        lost: first and last id of rows that could not be read, by table. Some of these numbers may
            never have been used.
        parts: tables without ids of which rows may be lost.
        portals: whose installation is lost; the app has to be installed there anew.
        unhandled: deliveries that may have lost executions.
        aside: where the damaged file is.
    """

    kept: dict[str, int] = field(default_factory=dict)
    lost: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    portals: list[str] = field(default_factory=list)
    unhandled: list[int] = field(default_factory=list)
    aside: Path | None = None

    def lines(self) -> Iterator[str]:
        """A report for people."""
        kept = ", ".join(f"{count} {table}" for table, count in self.kept.items())
        yield f"rows that could be read: {kept or 'none'}"
        for table, ranges in self.lost.items():
            numbers = ", ".join(_range(*one) for one in ranges)
            yield f"rows of {table} that could not be read, by id: {numbers}"
        for part in self.parts:
            yield f"rows of {part} may be missing"
        if self.unhandled:
            numbers = ", ".join(_range(*one) for one in _ranges(self.unhandled))
            yield (
                f"deliveries that may have lost executions: {numbers}; run them with"
                " bitrix-events replay"
            )
        if self.portals:
            names = ", ".join(self.portals)
            yield f"portals whose installation is lost, install the app there anew: {names}"
        if self.aside is not None:
            yield f"the damaged file is kept as {self.aside}"


def mend(path: Path) -> None:
    """Salvage a store that is damaged, before it is opened. Only its owner may do so.

    The check takes a fraction of a second, however large the file is, and may overlook something;
    what the app then stumbles over is noted, and salvaged at the next start.

    Raises:
        StoreError: the file is no store.
    """
    _finish(path)
    if _was_used(path) and not (path.exists() and path.stat().st_size):
        log.critical("%s is missing or empty; a new store is made", path)
    if not path.is_file():
        return
    damage = _damage_of(path)
    if not damage:
        return
    log.critical("%s is damaged (%s); what can be read is carried over", path, damage)
    for line in salvage(path).lines():
        log.critical("salvage of %s: %s", path.name, line)


def salvage(path: Path, *, dry_run: bool = False) -> Salvage:
    """Read a store, damaged or not, into a new file that takes its place.

    Whatever interrupts it, the next start finds either the old file or the new one.

    Args:
        dry_run: change nothing.

    Raises:
        StoreError: the file is no store, or there is no space for another one.
    """
    fresh = path.with_name(path.name + ".salvaging")
    _remove(fresh)
    found = Salvage()
    try:
        with (
            tempfile.TemporaryDirectory(dir=path.parent, prefix=path.name) as folder,
            closing(connect(fresh)) as new,
        ):
            new.execute("PRAGMA journal_mode = OFF")  # either it is made whole, or not at all
            new.execute("PRAGMA synchronous = OFF")
            new.execute("PRAGMA cache_size = -64000")
            new.execute("BEGIN IMMEDIATE")
            _carry_over(path, Path(folder), new, found)
            new.execute("COMMIT")
        if dry_run:
            return found
        _sync(fresh)
        fresh.rename(_ready(path))
        sync_folder(path)
        found.aside = _finish(path)
        damage_note(path).unlink(missing_ok=True)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path} is damaged and cannot be salvaged: {error}") from error
    finally:
        _remove(fresh)
    return found


def _damage_of(path: Path) -> str:
    note = damage_note(path)
    if note.exists():
        return note.read_text("utf-8").strip() or "the app has found it damaged"
    try:
        return find_damage(path, seconds=_CHECK_SECONDS)[0]
    except (sqlite3.Error, StoreError):
        return ""  # whoever opens it says what is wrong


def _was_used(path: Path) -> bool:
    """Whether a store was opened under this name."""
    return path.with_name(path.name + ".journal").exists()


def _finish(path: Path) -> Path | None:
    """Put a complete new file into the place of the damaged one, which is moved aside; where to."""
    ready = _ready(path)
    if not ready.exists():
        return None
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    # The log first: SQLite would apply it to whatever bears the name of its file.
    for suffix in ("-wal", ""):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    sync_folder(path)
    ready.rename(path)
    sync_folder(path)
    return aside


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _ready(path: Path) -> Path:
    return path.with_name(path.name + ".salvaged")


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _opened(path: Path, folder: Path) -> sqlite3.Connection:
    """A connection that reads a damaged store; an empty one if nothing of it is left.

    If its schema is destroyed, it is a copy of the file with the schema of a new store: the tables
    of every store of one version begin at the same pages.

    Raises:
        StoreError: it is no store of this version.
    """
    if (db := _read_as_ours(path, by_names=True)) is not None:
        return db
    copy = folder / "copy"
    with suppress(FileNotFoundError):
        shutil.copyfile(path.with_name(path.name + "-wal"), folder / "copy-wal")
    shutil.copyfile(path, copy)
    _put_schema(copy, folder / "new")
    if (db := _read_as_ours(copy, by_names=False)) is not None:
        return db
    if not _was_used(path):
        raise StoreError(f"{path} is not a store of bitrix_events, or nothing of it can be read")
    return connect(folder / "empty")


def _read_as_ours(path: Path, *, by_names: bool) -> sqlite3.Connection | None:
    """A connection to a file that is a store of this version.

    Args:
        by_names: whether it is enough that the tables have the right names.
    """
    db = connect_to_read(path)
    names = versions = None
    with suppress(sqlite3.Error):
        db.execute("PRAGMA cell_size_check = ON")
        db.execute("PRAGMA writable_schema = ON")  # read on where the file ends too early
        names = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
        versions = [row[0] for row in db.execute("SELECT schema_version FROM meta")]
    if versions and versions != [SCHEMA_VERSION]:
        db.close()
        raise StoreError(f"{path} is damaged, and has schema version {versions[0]}")
    has_names = names is not None and names.issuperset([*_KEYED, *_NUMBERED])
    if versions or (by_names and has_names):
        return db
    db.close()
    return None


def _put_schema(copy: Path, new: Path) -> None:
    """Write the pages that say where the tables begin, as they are in a new store, over those of a
    file."""
    with closing(connect(new)) as db:
        (page,) = db.execute("PRAGMA page_size").fetchone()
        roots = {row[0] for row in db.execute("SELECT rootpage FROM sqlite_master WHERE rootpage")}
    pages = [new.read_bytes()[at : at + page] for at in range(0, new.stat().st_size, page)]
    with copy.open("r+b") as file:
        file.truncate(max(copy.stat().st_size, len(pages) * page))
        count = os.fstat(file.fileno()).st_size // page
        head = bytearray(pages[0])
        head[28:32] = count.to_bytes(4, "big")
        head[32:40] = bytes(8)  # its list of free pages is unknown
        pages[0] = bytes(head)
        for number, content in enumerate(pages, start=1):
            if number not in roots:
                file.seek((number - 1) * page)
                file.write(content)


def _carry_over(path: Path, folder: Path, new: sqlite3.Connection, found: Salvage) -> None:
    with closing(_opened(path, folder)) as old:
        for table, key in _KEYED.items():
            _insert(new, table, _keyed_rows(old, table, key, found))
        for table in _NUMBERED:
            _insert(new, table, _numbered_rows(old, table, found))
        with suppress(sqlite3.Error):
            seen_at, journalled = old.execute("SELECT seen_at, journalled FROM meta").fetchone()
            new.execute("UPDATE meta SET seen_at = ?, journalled = ?", (seen_at, journalled))
        if found.lost or found.parts:
            _insert_rows_of_pages(_with_log_inside(path, folder), new, found)
        _keep_numbers(old, new)
    for statement in _REBUILD_LANES.split(";\n"):
        new.execute(statement)
    for table in (*_KEYED, *_NUMBERED):
        (found.kept[table],) = new.execute(f"SELECT count(*) FROM {table}").fetchone()
    if "execution" in found.lost:
        unhandled = new.execute(
            "SELECT id FROM delivery WHERE repeat_of IS NULL"
            " AND id NOT IN (SELECT delivery_id FROM execution) ORDER BY id"
        )
        found.unhandled = [row[0] for row in unhandled]
    lost = new.execute(
        "SELECT DISTINCT portal FROM delivery WHERE portal NOT IN (SELECT portal FROM portal)"
    )
    found.portals = sorted(row[0] for row in lost)


def _with_log_inside(path: Path, folder: Path) -> Path:
    """A copy of a damaged store whose log is part of the file."""
    whole = folder / "whole"
    shutil.copyfile(path, whole)
    with suppress(FileNotFoundError):
        shutil.copyfile(path.with_name(path.name + "-wal"), folder / "whole-wal")
    _put_schema(whole, folder / "new")
    with suppress(sqlite3.Error), closing(sqlite3.connect(whole)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return whole


def _insert_rows_of_pages(path: Path, new: sqlite3.Connection, found: Salvage) -> None:
    """Add what SQLite cannot find any more, and take it off what is lost."""
    (page_bytes,) = new.execute("PRAGMA page_size").fetchone()
    statements = {table: _statement(new, table) for table, _ in _TEXTS.values()}
    for row in rows_of_pages(path, page_bytes):
        if (table := _table_of(row)) is not None:
            values = row.values if row.number is None else [row.number, *row.values[1:]]
            with suppress(sqlite3.Error, OverflowError):
                if _is_sound(values, table):
                    new.execute(statements[table], values)
    for table, ranges in found.lost.items():
        found.lost[table] = [
            gap for first, last in ranges for gap in _gaps(new, table, first, last)
        ]
    found.lost = {table: ranges for table, ranges in found.lost.items() if ranges}


def _table_of(row: Row) -> str | None:
    table, texts = _TEXTS.get((row.number is not None, len(row.values)), (None, ()))
    return table if all(isinstance(row.values[column], str) for column in texts) else None


def _gaps(new: sqlite3.Connection, table: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """What is missing between two ids."""
    query = f"SELECT id FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id"
    for (number,) in new.execute(query, (first, last)):
        if number > first:
            yield first, number - 1
        first = number + 1
    if first <= last:
        yield first, last


def _insert(new: sqlite3.Connection, table: str, rows: Iterable[sqlite3.Row]) -> None:
    new.executemany(_statement(new, table), map(tuple, rows))


def _statement(new: sqlite3.Connection, table: str) -> str:
    count = len(new.execute(f"PRAGMA table_info({table})").fetchall())
    return f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * count)})"


def _keep_numbers(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    last = dict.fromkeys(_NUMBERED, 0)
    with suppress(sqlite3.Error):
        last |= {row["name"]: row["seq"] for row in old.execute("SELECT * FROM sqlite_sequence")}
    for table in _NUMBERED:
        (highest,) = new.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
        number = max(last[table], highest) + _SKIPPED_IDS
        new.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        new.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, number))
    (version,) = new.execute("SELECT coalesce(max(version), 0) FROM portal").fetchone()
    with suppress(sqlite3.Error):
        version = max(version, old.execute("PRAGMA user_version").fetchone()[0])
    new.execute(f"PRAGMA user_version = {int(version)}")


def _keyed_rows(
    old: sqlite3.Connection, table: str, key: str, found: Salvage
) -> Iterator[sqlite3.Row]:
    """Rows from the first to the damage, and from the last back to the damage."""
    for order in (key, ", ".join(f"{column} DESC" for column in key.split(", "))):
        try:
            rows = old.execute(f"SELECT * FROM {table} ORDER BY {order}")
            yield from (row for row in rows if _is_sound(row, table))
        except sqlite3.Error:
            if table not in found.parts:
                found.parts.append(table)
        else:
            return


def _numbered_rows(old: sqlite3.Connection, table: str, found: Salvage) -> Iterator[sqlite3.Row]:
    """Rows in the order of their ids, those in damaged pages left out."""
    last, top = 0, _highest(old, table)
    while True:
        try:
            for row in old.execute(f"SELECT * FROM {table} WHERE id > ? ORDER BY id", (last,)):
                last = row["id"]
                if _is_sound(row, table):
                    yield row
                else:
                    found.lost.setdefault(table, []).append((last, last))
            return
        except sqlite3.Error:
            after = _next_readable(old, table, last, top)
            found.lost.setdefault(table, []).append((last + 1, after - 1))
            last = after - 1
            if last >= top:
                return


def _highest(old: sqlite3.Connection, table: str) -> int:
    """An id that no row is above."""
    for query in (
        f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'",
        f"SELECT max(id) FROM {table}",
    ):
        with suppress(sqlite3.Error, TypeError):
            return int(old.execute(query).fetchone()[0])
    return 0


def _next_readable(old: sqlite3.Connection, table: str, last: int, top: int) -> int:
    """The id from which on a row can be read again; beyond ``top`` if none can."""

    def is_readable(number: int) -> bool:
        query = f"SELECT * FROM {table} WHERE id >= ? ORDER BY id LIMIT 1"
        try:
            return number > top or old.execute(query, (number,)).fetchone() is not None
        except sqlite3.Error:
            return False

    step = 1
    while not is_readable(last + 1 + step):
        step *= 2
    bad, good = last + 1 + step // 2 if step > 1 else last + 1, last + 1 + step
    while good - bad > 1:
        middle = (bad + good) // 2
        bad, good = (bad, middle) if is_readable(middle) else (middle, good)
    return min(good, top + 1)


def _is_sound(values: sqlite3.Row | Sequence[Value], table: str) -> bool:
    """Whether a row is what it was, as far as that can be told."""
    if table not in _JSON:
        return True
    portal, data = (values[column] for column in _JSON[table])
    if not isinstance(portal, str) or not isinstance(data, str):
        return False
    with suppress(orjson.JSONDecodeError):
        orjson.loads(data)
        return True
    return False


def _ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"
