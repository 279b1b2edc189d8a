"""A portal moves from one cell to another, with all that is stored about it.

It lives in the old cell, paused, until all of it is in the new one. At that moment its installation
in the old cell becomes a trace, by which other processes see that it has left. What they have still
put there is fetched later. Whatever is interrupted, at whatever point, is repeated from the start
or goes on, by what the table ``moving`` of the old cell and that trace say.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from bitrix_events.errors import StoreError
from bitrix_events.store.homes import HOME_SECONDS, MOVED
from bitrix_events.store.postgres.cell import Cell, last_range
from bitrix_events.store.postgres.connections import Connection
from bitrix_events.store.postgres.schema import FIRST_OF_CELL
from bitrix_events.store.postgres.statements import QUERIES
from bitrix_events.store.postgres.transfer import (
    PostgresReading,
    PostgresWriting,
    connected,
    in_transaction,
)
from bitrix_events.store.transfer import (
    DELIVERY,
    EXECUTION,
    FACT,
    LANE,
    TABLES,
    Digester,
    Table,
    require_same,
)

GRACE_SECONDS: Final = 2 * HOME_SECONDS + 2
"""After so long every process has noticed that a portal lives elsewhere."""
IDLE_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 0.1
_STRAYS_AT_ONCE: Final = 500
_IS_TRACE: Final = "SELECT state = 'deleted' AND reason = $2 FROM portal WHERE portal = $1"
_HOLD: Final = """
SELECT paused, state = 'deleted' AND reason = $2 AS is_trace FROM portal WHERE portal = $1
FOR UPDATE
"""
_RUNNING: Final = "SELECT count(*) FROM lane WHERE portal = $1 AND state = 'running'"
_LEAVE: Final = """
UPDATE portal
SET state = 'deleted', reason = $2, tokens = NULL, paused = TRUE, purge_at = NULL,
    version = version + 1
WHERE portal = $1
"""
_FINISHED: Final = "state NOT IN ('waiting', 'running', 'dead')"
_TABLES: Final = tuple(table for table in TABLES if "portal" in table.columns)
_WHOLE: Final = tuple(table for table in _TABLES if table not in (DELIVERY, EXECUTION))
"""What is copied while nothing can be stored: it is little, or changes with every delivery."""


async def move(
    source: Cell,
    target: Cell,
    portal: str,
    *,
    cells: Sequence[Cell],
    tell: Callable[[str], None] = lambda _: None,
    grace_seconds: float | None = None,
    idle_seconds: float = IDLE_SECONDS,
) -> None:
    """Move a portal. After an error, or a crash, the same call goes on.

    Args:
        cells: all there are, these two included.
        tell: told what happens, in a few words.
        idle_seconds: how long to wait for the end of what runs for the portal.

    Raises:
        StoreError: it could not be moved; it lives where it did, and is paused.
    """
    assert target.number is not None
    known = await source.move_of(portal)
    if known is not None and known.target != target.number:
        raise StoreError(
            f"portal {portal} is on its way to cell {known.target}; let it arrive there first"
        )
    if known is None or await _has_left(source, portal) is False:
        tell("pausing")
        await _pause(source, target.number, portal)
        await _until_idle(source, portal, idle_seconds)
        await _put_ids_behind(source, target, cells)
        tell("copying")
        await _copy(source, target, portal, tell)
    if await _has_left(source, portal) is not None:
        tell("waiting until every process has noticed")
        await asyncio.sleep(GRACE_SECONDS if grace_seconds is None else grace_seconds)
        tell("fetching what came meanwhile")
        await _fetch_strays(source, target, portal)
        tell("deleting in the old cell")
        await source.forget(portal)
    tell("resuming")
    await _resume(source, target, portal)


async def _has_left(source: Cell, portal: str) -> bool | None:
    """Whether there is only the trace of a portal; None if there is not even that."""
    async with connected(source.address) as db:
        found: bool | None = await db.fetchval(_IS_TRACE, portal, MOVED)
        return found


async def _pause(source: Cell, number: int, portal: str) -> None:
    async with connected(source.address) as db, in_transaction(db):
        row = await db.fetchrow("SELECT paused FROM portal WHERE portal = $1 FOR UPDATE", portal)
        if row is None:
            raise StoreError(f"portal {portal} does not live in {source.address}")
        known = "INSERT INTO moving (portal, cell, was_paused) VALUES ($1, $2, $3)"
        await db.execute(f"{known} ON CONFLICT DO NOTHING", portal, number, row["paused"])
        if not row["paused"]:
            change = "UPDATE portal SET paused = TRUE, version = version + 1 WHERE portal = $1"
            await db.execute(change, portal)
        await db.execute(QUERIES["park_lanes"], portal, True)
        await db.execute(QUERIES["tell_portal"], portal)


async def _until_idle(source: Cell, portal: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    async with connected(source.address) as db:
        while count := await db.fetchval(_RUNNING, portal):
            if time.monotonic() > end:
                raise StoreError(
                    f"{count} executions of portal {portal} still run after {seconds:g} s; it stays"
                    " paused: repeat the command, or give up with bitrix-events portals resume"
                )
            await asyncio.sleep(_LOOK_SECONDS)


async def _put_ids_behind(source: Cell, target: Cell, cells: Sequence[Cell]) -> None:
    """See to it that ids in the target are higher than those that come from the source: executions
    run in their order. Each range of ids belongs to one cell."""
    async with AsyncExitStack() as stack:
        ranges, of_cell = [], {}
        for cell in sorted(cells, key=lambda one: one.number or 0):
            db = await stack.enter_async_context(connected(cell.address))
            await stack.enter_async_context(in_transaction(db))
            ranges.append(await db.fetchval("SELECT cell FROM meta FOR UPDATE"))  # one at a time
            ranges.append(await last_range(db))
            of_cell[str(cell.address)] = db
        theirs = await (await PostgresReading.of(of_cell[str(source.address)])).last_numbers()
        writing: PostgresWriting = await PostgresWriting.of(of_cell[str(target.address)])
        ours = await writing.last_numbers()
        if any(theirs[name] >= ours[name] for name in ("delivery", "execution")):
            first = (max(ranges) + 1) * FIRST_OF_CELL
            await writing.go_on_behind({"delivery": first, "execution": first, "version": 0})


async def _copy(source: Cell, target: Cell, portal: str, tell: Callable[[str], None]) -> None:
    """Copy what is finished, then, while nothing can be stored for the portal, the rest."""
    async with connected(target.address) as to, AsyncExitStack() as written:
        await written.enter_async_context(in_transaction(to))
        for table in _TABLES:  # of an earlier try
            await to.execute(f"DELETE FROM {table.name} WHERE portal = $1", portal)  # noqa: S608
        writing: PostgresWriting = await PostgresWriting.of(to, portal)
        async with _reading(source, portal, "ISOLATION LEVEL REPEATABLE READ") as reading:
            last = await _last_delivery(reading, portal)
            unfinished = await _unfinished(reading, portal)
            await _copy_some(reading, writing, DELIVERY, f"id <= {last}")
            finished = f"({_FINISHED} AND delivery_id <= {last})"
            await _copy_some(reading, writing, EXECUTION, finished)
        async with _reading(source, portal) as reading:
            await _hold(reading.connection, portal)
            await _copy_some(reading, writing, DELIVERY, f"id > {last}")
            for table in _WHOLE:
                await _copy_some(reading, writing, table)
            ids = ", ".join(map(str, unfinished)) or "NULL"
            rest = f"(NOT {_FINISHED} OR delivery_id > {last} OR id IN ({ids}))"
            await _copy_some(reading, writing, EXECUTION, rest)
            await _require_as_many(reading, writing, portal)
            await to.execute(QUERIES["tell_portal"], portal)
            await written.aclose()
            tell("leaving the old cell")
            await reading.connection.execute(_LEAVE, portal, MOVED)
            await reading.connection.execute(QUERIES["tell_portal"], portal)


async def _hold(db: Connection, portal: str) -> None:
    """Let nothing be stored for a portal until the transaction ends."""
    row = await db.fetchrow(_HOLD, portal, MOVED)
    if row is None or row["is_trace"]:
        raise StoreError(f"portal {portal} was moved or forgotten by somebody else meanwhile")
    if not row["paused"] or await db.fetchval(_RUNNING, portal):
        raise StoreError(f"portal {portal} was resumed meanwhile; repeat the command")


async def _copy_some(
    reading: PostgresReading, writing: PostgresWriting, table: Table, condition: str = "TRUE"
) -> None:
    """Copy some rows, and compare."""
    wanted, got = Digester(), Digester()
    async for rows in reading.rows(table, condition):
        wanted.add(rows)
        await writing.write(table, rows)
    async for rows in writing.rows(table, condition):
        got.add(rows)
    require_same(table, wanted.result(), got.result())


async def _require_as_many(reading: PostgresReading, writing: PostgresWriting, portal: str) -> None:
    for table in _TABLES:
        if (there := await reading.count(table)) != (here := await writing.count(table)):
            raise StoreError(
                f"the copy of portal {portal} has {here} rows of {table.name} instead of {there}:"
                " something was deleted meanwhile; repeat the command"
            )


async def _last_delivery(reading: PostgresReading, portal: str) -> int:
    last = "SELECT coalesce(max(id), 0) FROM delivery WHERE portal = $1"
    found: int = await reading.connection.fetchval(last, portal)
    return found


async def _unfinished(reading: PostgresReading, portal: str) -> list[int]:
    query = f"SELECT id FROM execution WHERE portal = $1 AND NOT {_FINISHED}"  # noqa: S608
    return [row["id"] for row in await reading.connection.fetch(query, portal)]


async def _fetch_strays(source: Cell, target: Cell, portal: str) -> None:
    """Copy what was put into the old cell by processes that did not know yet."""
    async with (
        connected(target.address) as to,
        in_transaction(to),
        _reading(source, portal) as reading,
    ):
        await reading.connection.execute(_HOLD, portal, MOVED)
        strays = await _strays(reading.connection, to, portal)
        if not strays:
            return
        writing: PostgresWriting = await PostgresWriting.of(to, portal)
        ids = ", ".join(map(str, strays))
        await _copy_some(reading, writing, DELIVERY, f"id IN ({ids})")
        for table in (LANE, FACT):
            key = tuple(map(table.place, ("name",) if table is LANE else table.key))
            there = {
                tuple(row[place] for place in key)
                async for rows in writing.rows(table)
                for row in rows
            }
            async for rows in reading.rows(table):
                new = [row for row in rows if tuple(row[place] for place in key) not in there]
                await writing.write(table, new)
        await _copy_some(reading, writing, EXECUTION, f"delivery_id IN ({ids})")


async def _strays(there: Connection, here: Connection, portal: str) -> list[int]:
    """The latest deliveries in the old cell that are not in the new one."""
    strays: list[int] = []
    before = 2**63 - 1
    while True:
        rows = await there.fetch(
            "SELECT id FROM delivery WHERE portal = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
            *(portal, before, _STRAYS_AT_ONCE),
        )
        ids = [row["id"] for row in rows]
        known = await here.fetch(
            "SELECT id FROM delivery WHERE portal = $1 AND id = ANY($2::bigint[])", portal, ids
        )
        new = set(ids) - {row["id"] for row in known}
        if not new:
            return strays
        strays += sorted(new)
        before = ids[-1]


async def _resume(source: Cell, target: Cell, portal: str) -> None:
    move = await source.move_of(portal)
    while move is not None and not move.was_paused:
        found = await target.installation(portal)
        if found is None or not found.paused:
            break
        if await target.save_installation(replace(found, paused=False)):
            break
    async with connected(source.address) as db:
        await db.execute("DELETE FROM moving WHERE portal = $1", portal)


@asynccontextmanager
async def _reading(cell: Cell, portal: str, kind: str = "") -> AsyncIterator[Any]:
    """What a cell holds of a portal."""
    async with connected(cell.address) as db, in_transaction(db, kind):
        yield await PostgresReading.of(db, portal)
