"""The tables of the PostgreSQL store: made by whoever comes first, and checked by everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

import asyncpg

from bitrix_events.errors import StoreError
from bitrix_events.store.postgres.address import Address
from bitrix_events.store.postgres.connections import Connection


@dataclass(frozen=True, slots=True)
class Schema:
    """The version of the tables that a program knows.

    Attributes:
        upgrades: by an older version, the SQL that makes the next one out of it.
    """

    version: int
    upgrades: Mapping[int, str] = field(default_factory=dict)


SCHEMA: Final = Schema(1)
FIRST_OF_CELL: Final = 10**12
"""Deliveries of one cell have numbers up to so many, so that no two cells have the same ones."""

_META: Final = """
CREATE TABLE IF NOT EXISTS meta (
    schema_version INTEGER NOT NULL,
    cell           INTEGER NOT NULL,
    last_version   BIGINT NOT NULL DEFAULT 0  -- the highest of an installation that was forgotten
)
"""
_FIRST: Final = "INSERT INTO meta (schema_version, cell) VALUES ($1, $2)"
_MADE_BY_ANOTHER: Final = (
    asyncpg.UniqueViolationError,
    asyncpg.DuplicateTableError,
    asyncpg.DuplicateObjectError,  # the type that belongs to the table
)
"""What a server says if somebody else makes a table at the same moment."""
_HAS_META: Final = "SELECT to_regclass('meta') IS NOT NULL"
_VERSION: Final = "SELECT schema_version, cell FROM meta"
_NAMES: Final = re.compile(r"^CREATE (?:TABLE|SEQUENCE) (\w+)", re.MULTILINE)
_TAKEN: Final = """
SELECT name FROM unnest($1::text[]) AS name
WHERE to_regclass(quote_ident(current_schema()) || '.' || name) IS NOT NULL
"""
_WORKER: Final = """
SELECT split_part(host, ' ', 1) AS host, pid FROM worker
WHERE lease_until > extract(epoch FROM clock_timestamp()) ORDER BY id LIMIT 1
"""


async def make_tables(
    db: Connection, address: Address, *, cell: int, schema: Schema = SCHEMA
) -> None:
    """Make the tables unless they are there, and bring those of an older version up to date. Of
    several processes one does it, and the others wait.

    Raises:
        StoreError: the tables are those of a newer version, of an older one that somebody still
            works with, of another cell, or of something else.
    """
    await _require_usable(db, address)
    tables = (files("bitrix_events.store.postgres") / "schema.sql").read_text("utf-8")
    taken = await db.fetch(_TAKEN, _NAMES.findall(tables))
    if not await _has_meta(db, address):  # whoever makes the others makes it first
        if taken:
            raise _not_ours(address, "table or sequence", taken[0]["name"])
        with suppress(*_MADE_BY_ANOTHER):
            await db.execute(_META)
    async with db.transaction():
        await db.execute("LOCK TABLE meta IN EXCLUSIVE MODE")
        if await db.fetchval("SELECT count(*) FROM meta") == 0:
            await db.execute(re.sub(r"\{first\}", str(cell * FIRST_OF_CELL + 1), tables))
            await db.execute(_FIRST, schema.version, cell)
        await _upgrade(db, address, schema)
    await check_tables(db, address, cell=cell, schema=schema)


async def check_tables(
    db: Connection, address: Address, *, cell: int | None = None, schema: Schema = SCHEMA
) -> None:
    """Look whether the tables are those that this program knows.

    Raises:
        StoreError: they are not; the text says what to do.
    """
    row = await db.fetchrow(_VERSION) if await _has_meta(db, address) else None
    if row is None:
        raise StoreError(f"{address} holds no store; has the app run with it yet?")
    version = row["schema_version"]
    if version > schema.version:
        raise StoreError(
            f"{address} was made by a newer version of bitrix_events (schema {version}, this one"
            f" knows {schema.version}); update this program"
        )
    if version < schema.version:
        raise StoreError(
            f"{address} was made by an older version of bitrix_events (schema {version}, this one"
            f" needs {schema.version}); stop all processes of the older one, then start the app"
            " with this one"
        )
    if cell is not None and row["cell"] != cell:
        raise StoreError(
            f"{address} is cell {row['cell']}, and not cell {cell}: name all cells in STORE, as"
            " before"
        )


async def _has_meta(db: Connection, address: Address) -> bool:
    """Whether there is a table ``meta``, of ours."""
    if not await db.fetchval(_HAS_META):
        return False
    try:
        await db.fetch(_VERSION)
    except asyncpg.UndefinedColumnError:
        raise _not_ours(address, "table", "meta") from None
    return True


def _not_ours(address: Address, kind: str, name: str) -> StoreError:
    return StoreError(
        f"{address} holds a {kind} {name} that is not of this package; give the app a database of"
        " its own (createdb), or a schema of its own (CREATE SCHEMA app, and ?search_path=app at"
        " the end of the address)"
    )


async def _upgrade(db: Connection, address: Address, schema: Schema) -> None:
    while True:
        version = await db.fetchval("SELECT schema_version FROM meta")
        upgrade = schema.upgrades.get(version)
        if upgrade is None:
            return
        worker = await db.fetchrow(_WORKER)
        if worker is not None:
            raise StoreError(
                f"{address} was made by an older version of bitrix_events, and process"
                f" {worker['pid']} on {worker['host']} works with it; stop all processes of the"
                " older one, then start this one"
            )
        await db.execute(upgrade)
        await db.execute("UPDATE meta SET schema_version = $1", version + 1)


async def _require_usable(db: Connection, address: Address) -> None:
    encoding = await db.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise StoreError(
            f"{address} has the encoding {encoding}, which cannot keep every text; create it with"
            f" createdb -E UTF8 -T template0 {address.database}"
        )
    if await db.fetchval("SELECT current_setting('transaction_read_only') = 'on'"):
        raise asyncpg.ReadOnlySQLTransactionError("it takes no changes")
