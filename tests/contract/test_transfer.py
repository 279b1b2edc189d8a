"""A store copied into another one, of every kind into every kind."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from bitrix_events.errors import StoreError
from bitrix_events.store import transfer
from bitrix_events.store.base import Store
from bitrix_events.store.postgres import transfer as postgres_transfer
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import (
    InstallationState,
    NewDelivery,
    Query,
    State,
    Target,
    Verdict,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite import transfer as sqlite_transfer
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.store.transfer import (
    TABLES,
    Digest,
    Reading,
    Row,
    Table,
    Writing,
    carry_over,
)
from tests.contract.records import KEY, Clock, installed, put
from tests.postgres import server
from tests.serving import PATIENCE

DONE = Verdict(State.DONE)


class Place:
    """Where a store is, or may be."""

    def __init__(self, kind: str, address: str, clock: Clock) -> None:
        self.kind = kind
        self.address = address
        self._clock = clock

    @classmethod
    async def fresh(cls, kind: str, folder: Path, name: str, clock: Clock) -> Place:
        address = str(folder / f"{name}.db") if kind == "sqlite" else await server().prepared()
        return cls(kind, address, clock)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Any]:
        sealer = Sealer(SecretStr(KEY))
        store: Store
        if self.kind == "sqlite":
            store = SqliteStore(Path(self.address), sealer=sealer, clock=self._clock)
        else:
            store = PostgresStore(
                self.address, sealer=sealer, clock=self._clock, put_seconds=PATIENCE
            )
        await store.open()
        try:
            yield store
        finally:
            await store.close()

    def reading(self) -> AbstractAsyncContextManager[Reading]:
        if self.kind == "sqlite":
            return sqlite_transfer.reading_from(Path(self.address), clock=self._clock)
        return postgres_transfer.reading_from(self.address)

    def writing(self) -> AbstractAsyncContextManager[Writing]:
        if self.kind == "sqlite":
            return sqlite_transfer.writing_to(Path(self.address))
        return postgres_transfer.writing_to(self.address)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(
    params=[("sqlite", "postgres"), ("postgres", "sqlite"), ("postgres", "postgres")],
    ids=lambda kinds: "-to-".join(kinds),
)
async def places(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock
) -> tuple[Place, Place]:
    """A source and a target of each kind; nothing is in them yet."""
    source, target = request.param
    return (
        await Place.fresh(source, tmp_path, "source", clock),
        await Place.fresh(target, tmp_path, "target", clock),
    )


async def copy(source: Place, target: Place) -> dict[str, Digest]:
    async with source.reading() as reading, target.writing() as writing:
        return await carry_over(reading, writing)


async def fill(store: Any, clock: Clock) -> None:
    """Deliveries of every fate, of two portals."""
    await store.save_installation(installed("acme"))
    blocked = installed("beta", state=InstallationState.BLOCKED, reason="PAYMENT", paused=True)
    await store.save_installation(replace(blocked, since=clock.moment, purge_at=clock.moment))
    fact = NewDelivery("acme", "ADD", {"n": [1, "ü"]}, "deal:7", identity="added 7", user_id=3)
    await put(store, replace(fact, sent_at=clock.moment), "app.done", "app.flaky")
    clock.advance(1)
    await put(store, fact, "app.done", "app.flaky")
    update = NewDelivery("acme", "UPDATE", {}, "deal:7", merges=True)
    await put(store, update, "app.skipped")
    await put(store, update, "app.skipped")
    await put(store, NewDelivery("acme", "CALL", "text", None), "app.dead")
    await put(store, NewDelivery("beta", "ADD", {}, "deal:8", lifecycle=True), "app.parked")
    verdicts = {
        "app.flaky": Verdict(State.WAITING, "ValueError: no", 3600),
        "app.skipped": Verdict(State.SKIPPED, "not won"),
        "app.dead": Verdict(State.DEAD, "GiveUp"),
    }
    for claim in await store.claim(limit=100, per_portal=100):
        assert await store.settle(claim, verdicts.get(claim.delivery.handler, DONE))
    await store.save_snapshots("acme", "app.won", {"deal:7": {"stage_id": "NEW"}, "deal:9": {}})
    await store.set_mark("acme", "caught up deal", "2026-01-01T00:00:00+00:00")
    quiet = NewDelivery("acme", "UPDATE", {}, "deal:9")
    await store.put(quiet, [Target("app.quiet", debounce=30.0)])
    await put(store, NewDelivery("acme", "DELETE", {}, "deal:7"), "app.flaky", "app.free")


async def picture(store: Any) -> Sequence[object]:
    """All that can be seen of a store."""
    return [
        await store.find(Query(), limit=1000),
        await store.dead(limit=1000),
        await store.installations(),
        await store.stats(),
        await store.due_in(),
    ]


async def test_everything_arrives_as_it_was(places: tuple[Place, Place], clock: Clock) -> None:
    source, target = places
    async with source.opened() as store:
        await fill(store, clock)
        before = await picture(store)

    found = await copy(source, target)

    async with target.opened() as store:
        assert await picture(store) == before
    async with source.opened() as store:
        assert await picture(store) == before
    assert {name: digest.count for name, digest in found.items()} == {
        **{"portal": 2, "delivery": 8, "fact": 2, "lane": 4, "execution": 9},
        **{"snapshot": 2, "mark": 1},
        **({"taken_over": 0} if (source.kind, target.kind) == ("postgres", "postgres") else {}),
        **({"writer": found["writer"].count} if "writer" in found else {}),
    }


async def test_work_goes_on_in_the_order_in_which_it_came(
    places: tuple[Place, Place], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_transfer, "AT_ONCE", 3)
    monkeypatch.setattr(postgres_transfer, "AT_ONCE", 3)
    source, target = places
    names = [f"deal:{number * 37 % 10}" for number in range(10)]
    async with source.opened() as store:
        for round_ in range(2):
            for name in names:
                await put(store, NewDelivery("acme", f"R{round_}", {}, name), "app.handler")
            clock.advance(1)

    await copy(source, target)

    async with target.opened() as store:
        seen = []
        while claims := await store.claim(limit=1, per_portal=10):
            (claim,) = claims
            seen.append((claim.delivery.entity, claim.delivery.code))
            await store.settle(claim, DONE)
    assert seen[:10] == [(name, "R0") for name in names]
    assert sorted(seen[10:]) == sorted((name, "R1") for name in names)


async def test_what_was_running_when_the_app_ended_waits_again(
    places: tuple[Place, Place], clock: Clock
) -> None:
    source, target = places
    async with source.opened() as store:
        await put(store, NewDelivery("acme", "ADD", {}, "deal:7"), "app.first")
        await put(store, NewDelivery("acme", "ADD", {}, "deal:7"), "app.first")
        (held,) = await store.claim(limit=10, per_portal=10)

    await copy(source, target)

    async with target.opened() as store:
        assert not await store.settle(held, DONE)
        (claim,) = await store.claim(limit=10, per_portal=10)
        assert claim.execution_id == held.execution_id
        assert claim.delivery.attempt == 2


async def test_no_number_comes_twice(places: tuple[Place, Place], clock: Clock) -> None:
    source, target = places
    async with source.opened() as store:
        await store.save_installation(installed("acme"))
        first = await store.put(NewDelivery("acme", "ADD", {}, "deal:7"), [Target("app.a")])
        version = (await store.installation("acme")).version
        await store.forget("acme")

    await copy(source, target)

    async with target.opened() as store:
        await store.save_installation(installed("acme"))
        second = await store.put(NewDelivery("acme", "ADD", {}, "deal:7"), [Target("app.a")])
        assert second.delivery_id > first.delivery_id
        assert second.executions > first.executions
        assert (await store.installation("acme")).version > version


async def test_a_fact_that_is_told_again_after_the_copy_is_known(
    places: tuple[Place, Place], clock: Clock
) -> None:
    source, target = places
    fact = NewDelivery("acme", "ADD", {}, "deal:7", identity="added " + 300 * "é")
    async with source.opened() as store:
        number = await put(store, fact, "app.a")

    await copy(source, target)

    async with target.opened() as store:
        assert (await store.put(fact, [Target("app.a")])).repeat_of == number


async def test_a_dead_execution_can_be_tried_again_after_the_copy(
    places: tuple[Place, Place], clock: Clock
) -> None:
    source, target = places
    async with source.opened() as store:
        await put(store, NewDelivery("acme", "ADD", {}, "deal:7"), "app.a")
        (claim,) = await store.claim(limit=1, per_portal=1)
        await store.settle(claim, Verdict(State.DEAD, "no"))

    await copy(source, target)

    async with target.opened() as store:
        assert await store.retry_dead([claim.execution_id]) == 1
        (again,) = await store.claim(limit=1, per_portal=1)
        assert again.execution_id == claim.execution_id


async def test_a_target_that_holds_something_is_refused_and_keeps_it(
    places: tuple[Place, Place], clock: Clock
) -> None:
    source, target = places
    async with source.opened() as store:
        await fill(store, clock)
    async with target.opened() as store:
        await put(store, NewDelivery("other", "ADD", {}, "deal:1"), "app.a")
        before = await picture(store)

    with pytest.raises(StoreError, match="is not empty: it holds 1 rows of delivery"):
        await copy(source, target)

    async with target.opened() as store:
        assert await picture(store) == before


async def test_stores_that_an_app_works_with_are_left_alone(
    places: tuple[Place, Place], clock: Clock
) -> None:
    source, target = places
    async with source.opened() as store:
        await fill(store, clock)
        with pytest.raises(StoreError, match=r"(works with|is in use).*stop .*, then copy"):
            await copy(source, target)
    async with target.opened():
        with pytest.raises(StoreError, match=r"(works with|is in use).*stop .*, then copy"):
            await copy(source, target)


class Interrupted(Exception):
    pass


async def test_a_copy_that_was_interrupted_leaves_nothing_and_is_begun_anew(
    places: tuple[Place, Place], clock: Clock
) -> None:
    source, target = places
    async with source.opened() as store:
        await fill(store, clock)
        before = await picture(store)

    def interrupt(table: str, done: int, total: int) -> None:
        if table == "execution" and done == total:
            raise Interrupted

    with pytest.raises(Interrupted):
        async with source.reading() as reading, target.writing() as writing:
            await carry_over(reading, writing, interrupt)
    async with target.opened() as store:
        assert await store.find(Query(), limit=10) == []
    await copy(source, target)

    async with target.opened() as store:
        assert await picture(store) == before


@pytest.mark.parametrize(
    ("kind", "table"),
    [*(("sqlite", table.name) for table in TABLES if not table.is_remote), ("postgres", "lane")],
)
async def test_a_copy_that_is_not_the_same_is_given_up_by_name_of_the_table(
    kind: str, table: str, tmp_path: Path, clock: Clock
) -> None:
    source = await Place.fresh("sqlite", tmp_path, "source", clock)
    target = await Place.fresh(kind, tmp_path, "target", clock)
    async with source.opened() as store:
        await fill(store, clock)

    async def copy_with(damage: Callable[[Table, Sequence[Row]], Sequence[Row]]) -> None:
        async with source.reading() as reading, target.writing() as writing:
            write = writing.write

            async def damaged(into: Table, rows: Sequence[Row]) -> None:
                await write(into, damage(into, rows) if into.name == table else rows)

            writing.write = damaged  # type: ignore[assignment,method-assign]
            await carry_over(reading, writing)

    for damage, how in ((lose_one, "rows instead of"), (change_one, "has other content")):
        with pytest.raises(StoreError, match=f"the copy of {table} .*{how}"):
            await copy_with(damage)
        async with target.opened() as store:
            assert await store.find(Query(), limit=10) == []
            assert await store.installations() == []


def lose_one(table: Table, rows: Sequence[Row]) -> Sequence[Row]:
    return rows[1:]


def change_one(table: Table, rows: Sequence[Row]) -> Sequence[Row]:
    column = {
        **{"portal": "reason", "delivery": "data", "fact": "told_at", "lane": "due"},
        **{"execution": "attempt", "snapshot": "fields", "mark": "value"},
    }[table.name]
    place = table.place(column)
    old = rows[0][place]
    new = old + 1 if isinstance(old, int | float) else f"{old} "
    return [(*rows[0][:place], new, *rows[0][place + 1 :]), *rows[1:]]


async def test_what_postgresql_cannot_keep_is_kept_as_well_as_it_can(
    tmp_path: Path, clock: Clock
) -> None:
    source = await Place.fresh("sqlite", tmp_path, "source", clock)
    target = await Place.fresh("postgres", tmp_path, "target", clock)
    odd = NewDelivery("acme", "A\0B", {"x": "\0"}, "deal:\0", identity="long" * 1000)
    async with source.opened() as store:
        number = await put(store, odd, "app.a")

    await copy(source, target)

    async with target.opened() as store:
        view = await store.delivery(number)
        assert (view.delivery.code, view.delivery.entity) == ("A�B", "deal:�")
        assert view.delivery.data == {"x": "\0"}
        again = await store.put(odd, [Target("app.a")])
        assert again.repeat_of == number
        second = await put(store, NewDelivery("acme", "C", {}, "deal:\0"), "app.a")
        (claim,) = await store.claim(limit=10, per_portal=10)
        assert claim.delivery.id == number
        await store.settle(claim, DONE)
        (claim,) = await store.claim(limit=10, per_portal=10)
        assert claim.delivery.id == second


async def test_tables_are_found_where_the_server_finds_them(tmp_path: Path) -> None:
    """A schema of the user's own stands before that of the tables, and is empty."""
    url = await server().prepared()
    store = PostgresStore(url)
    await store.open()
    await put(store, NewDelivery("acme", "ONCUSTOM", {}, "deal:1"), "app.handle")
    await store.close()
    await server().sql("CREATE SCHEMA postgres", database=url.rpartition("/")[2])

    async with (
        postgres_transfer.reading_from(url) as source,
        sqlite_transfer.writing_to(tmp_path / "copy.db") as target,
    ):
        found = await transfer.carry_over(source, target)

    assert found["delivery"].count == 1


async def test_a_source_that_is_not_there_is_not_made(tmp_path: Path, clock: Clock) -> None:
    missing = Place("sqlite", str(tmp_path / "missing.db"), clock)
    empty = Place("postgres", await server().fresh(), clock)
    target = await Place.fresh("sqlite", tmp_path, "target", clock)

    with pytest.raises(StoreError, match="there is no store at"):
        await copy(missing, target)
    with pytest.raises(StoreError, match="holds no store"):
        await copy(empty, target)

    assert os.listdir(tmp_path) == []


NOT_CARRIED_OVER = {
    # What each store keeps for itself.
    *("meta", "slot", "worker", "duty", "bucket", "moving"),
    *("lane.id", "lane.queue", "lane.token", "lane.slot", "lane.owner", "lane.execution_id"),
    *("lane.number", "lane.delivery_id", "execution.lane_id"),
}


async def test_every_table_and_column_is_thought_of(tmp_path: Path, clock: Clock) -> None:
    file = await Place.fresh("sqlite", tmp_path, "file", clock)
    async with file.opened():
        pass
    with closing(sqlite3.connect(file.address)) as db:
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        there = {
            (table, column[1])
            for (table,) in tables
            if not table.startswith("sqlite_")
            for column in db.execute(f"PRAGMA table_info({table})")
        }
    connection = await asyncpg.connect(await server().prepared())
    try:
        there |= {
            (row["table_name"], row["column_name"])
            for row in await connection.fetch(
                "SELECT * FROM information_schema.columns WHERE table_schema = 'public'"
            )
        }
    finally:
        await connection.close()

    carried = {(table.name, column) for table in TABLES for column in table.columns}
    missing = {
        f"{table}.{column}"
        for table, column in there - carried
        if table not in NOT_CARRIED_OVER and f"{table}.{column}" not in NOT_CARRIED_OVER
    }
    assert missing == set()


def test_the_digest_of_rows_does_not_depend_on_how_they_come() -> None:
    rows: list[Row] = [(1, "a", None), (2, "b", 1.5), (3, "c", b"\0")]
    whole, parts = transfer.Digester(), transfer.Digester()

    whole.add(rows)
    for row in reversed(rows):
        parts.add([tuple(row)])

    assert whole.result() == parts.result()
    parts.add(rows[:1])
    assert whole.result() != parts.result()
