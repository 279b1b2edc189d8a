"""The tables in PostgreSQL: made once, brought up to date once, and not touched if unknown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from bitrix_events.errors import StoreError
from bitrix_events.store.postgres.address import Address
from bitrix_events.store.postgres.schema import Schema, check_tables, make_tables
from bitrix_events.store.postgres.store import Mode, PostgresStore
from bitrix_events.store.records import NewDelivery, Target
from tests.postgres import server

OLDER = Schema(1)
NEWER = Schema(
    3,
    {
        1: "CREATE TABLE step (number INTEGER); INSERT INTO step VALUES (1)",
        2: "INSERT INTO step VALUES (2)",
    },
)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def start(url: str, schema: Schema) -> None:
    """What a program that knows these tables does first."""
    async with connected(url) as db:
        await make_tables(db, Address(url), cell=0, schema=schema)


async def steps(url: str) -> list[int]:
    async with connected(url) as db:
        if not await db.fetchval("SELECT to_regclass('step') IS NOT NULL"):
            return []
        return [row["number"] for row in await db.fetch("SELECT number FROM step")]


async def test_processes_that_start_at_once_make_the_tables_once() -> None:
    url = await server().fresh()

    await asyncio.gather(*(start(url, OLDER) for _ in range(4)))

    async with connected(url) as db:
        assert await db.fetchval("SELECT count(*) FROM meta") == 1


async def test_processes_that_start_at_once_bring_older_tables_up_to_date_once() -> None:
    url = await server().fresh()
    await start(url, OLDER)

    await asyncio.gather(*(start(url, NEWER) for _ in range(4)))

    assert await steps(url) == [1, 2]
    with pytest.raises(StoreError, match="newer version of bitrix_events"):
        await start(url, OLDER)


async def test_new_tables_need_not_be_brought_up_to_date() -> None:
    url = await server().fresh()

    await start(url, NEWER)

    assert await steps(url) == []


async def test_an_upgrade_that_fails_leaves_the_older_tables() -> None:
    url = await server().fresh()
    await start(url, OLDER)

    with pytest.raises(asyncpg.UndefinedTableError):
        await start(url, Schema(3, {**NEWER.upgrades, 2: "DROP TABLE nothing"}))

    assert await steps(url) == []
    await start(url, OLDER)


async def test_tables_that_somebody_works_with_are_not_brought_up_to_date() -> None:
    url = await server().fresh()
    store = PostgresStore(url)
    await store.open()
    async with connected(url) as db:
        await db.execute("UPDATE meta SET schema_version = 1")

    with pytest.raises(StoreError, match="works with it; stop all processes of the older one"):
        await start(url, NEWER)

    await store.close()
    await start(url, NEWER)
    assert await steps(url) == [1, 2]


async def test_who_only_looks_at_older_tables_is_told_what_brings_them_up_to_date() -> None:
    url = await server().fresh()
    await start(url, OLDER)

    async with connected(url) as db:
        with pytest.raises(StoreError, match="then start the app with this one"):
            await check_tables(db, Address(url), schema=NEWER)


@pytest.mark.parametrize("mode", ["own", "look"])
@pytest.mark.parametrize(
    ("version", "word"), [("schema_version + 1", "newer"), ("schema_version - 1", "older")]
)
async def test_tables_of_another_version_are_refused(version: str, word: str, mode: Mode) -> None:
    url = await server().prepared()
    database = url.rpartition("/")[2]
    await server().sql(f"UPDATE meta SET schema_version = {version}", database=database)

    with pytest.raises(StoreError, match=f"{word} version of bitrix_events"):
        await PostgresStore(url, mode=mode).open()


async def test_another_cell_than_before_is_refused() -> None:
    url = await server().prepared()

    with pytest.raises(StoreError, match="is cell 0, and not cell 3"):
        await PostgresStore(url, cell=3).open()


@pytest.mark.parametrize(
    ("foreign", "word"),
    [
        ("CREATE TABLE meta (name TEXT)", "a table meta that is not of this package"),
        ("CREATE TABLE lane (name TEXT)", "a table or sequence lane that is not of this package"),
        ("CREATE SEQUENCE worker_number", "sequence worker_number that is not of this package"),
    ],
)
async def test_a_database_of_something_else_is_left_as_it_is(foreign: str, word: str) -> None:
    url = await server().fresh()
    await server().sql(foreign, database=url.rpartition("/")[2])

    with pytest.raises(StoreError, match=word):
        await PostgresStore(url).open()

    async with connected(url) as db:
        made = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        assert await db.fetchval(made) == 1


async def test_two_apps_share_a_database_in_schemas_of_their_own() -> None:
    url = await server().fresh()
    names = ("one", "two")
    await server().sql("CREATE SCHEMA one; CREATE SCHEMA two", database=url.rpartition("/")[2])
    stores = [PostgresStore(f"{url}?search_path={name},public") for name in names]
    for store in stores:
        await store.open()

    await stores[0].put(NewDelivery("acme", "ONCUSTOM", {}, "deal:1"), [Target("app.handle")])

    assert [(await store.stats()).waiting for store in stores] == [1, 0]
    assert [len(await store.claim(limit=5, per_portal=5)) for store in stores[::-1]] == [0, 1]
    for store in stores:
        await store.close()


@pytest.mark.parametrize(
    ("option", "word"),
    [
        ("search_path=nowhere", "search_path names"),
        ("channel_binding=require", "knows this option"),
    ],
)
async def test_an_option_that_leads_nowhere_is_named(option: str, word: str) -> None:
    with pytest.raises(StoreError, match=word):
        await PostgresStore(f"{await server().fresh()}?{option}").open()
