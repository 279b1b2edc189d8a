"""One PostgreSQL database as a source or a target of `store.transfer`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from bitrix_events.errors import StoreError
from bitrix_events.store.postgres.address import Address
from bitrix_events.store.postgres.connections import Connection, connect
from bitrix_events.store.postgres.intake import lane_id, slot_of, storable
from bitrix_events.store.postgres.schema import check_tables, make_tables
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.postgres.trouble import is_lost, refused, unreachable
from bitrix_events.store.postgres.workers import Life
from bitrix_events.store.records import NewDelivery
from bitrix_events.store.transfer import (
    AT_ONCE,
    EXECUTION,
    FACT,
    LANE,
    TABLES,
    Row,
    Table,
    require_empty,
)

_FROM: Final = {
    EXECUTION.name: "(SELECT e.*, l.name AS lane FROM execution AS e LEFT JOIN lane AS l"
    " ON l.portal = e.portal AND l.id = e.lane_id AND e.state IN ('waiting', 'running')) AS t",
}
"""Where a table is not as `Table` has it."""
_NUMBERS: Final = {"delivery": "delivery_number", "execution": "execution_number"}
_PATIENT: Final = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL work_mem = '64MB'",
)
_QUEUE: Final = "portal, delivery, fact, lane, execution"
_OTHERS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'bitrix_events'
  AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_EXISTING: Final = "SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL"
_LONGEST_IDENTITY: Final = 500


@asynccontextmanager
async def reading_from(url: str) -> AsyncIterator[PostgresReading]:
    """A database with all that its processes have left in it: what dead ones were running waits
    again. Nobody can write into it meanwhile.

    Raises:
        StoreError: it holds no store, processes work with it, or it cannot be used.
    """
    address = Address(url)
    async with connected(address) as db:
        await check_tables(db, address)
        await _require_alone(db, address)
        store = PostgresStore(url, name="store copy", cell=await cell_of(db) or 0)
        await store.open()
        try:
            async with in_transaction(db, "ISOLATION LEVEL REPEATABLE READ"):
                await db.execute(f"LOCK TABLE {_QUEUE} IN SHARE MODE")
                yield await PostgresReading.of(db)
        finally:
            await store.close()


@asynccontextmanager
async def writing_to(url: str) -> AsyncIterator[PostgresWriting]:
    """An empty database, with the tables made if there are none. It takes what is written when this
    ends without an error, and nothing otherwise.

    Raises:
        StoreError: processes work with it, it is not empty, or it cannot be used.
    """
    address = Address(url)
    async with connected(address) as db:
        await make_tables(db, address, cell=await cell_of(db) or 0)
        await _require_alone(db, address)
        async with in_transaction(db):
            await db.execute(f"LOCK TABLE {_QUEUE} IN EXCLUSIVE MODE")
            target = await PostgresWriting.of(db)
            await require_empty(target, str(address))
            for table in TABLES:
                if table.is_remote:
                    await db.execute(f"DELETE FROM {table.name}")  # noqa: S608
            yield target
        await db.execute(f"ANALYZE {_QUEUE}")


class PostgresReading:
    """A `transfer.Reading`.

    Args:
        tables: names of those that there are.
        portal: only rows of this one; None for all.
    """

    def __init__(self, db: Connection, tables: set[str], portal: str | None = None) -> None:
        self.connection = self._db = db
        self._tables = tables
        self._where = "" if portal is None else "WHERE portal = $1"
        self._values = () if portal is None else (portal,)
        self._lanes = 0

    @classmethod
    async def of(cls, db: Connection, portal: str | None = None) -> Any:
        """What a connection leads to."""
        rows = await db.fetch(_EXISTING, [table.name for table in TABLES])
        return cls(db, {row["name"] for row in rows}, portal)

    def has(self, table: Table) -> bool:
        """See `transfer.Reading.has`."""
        return table.name in self._tables

    async def count(self, table: Table) -> int:
        """See `transfer.Reading.count`."""
        query = f"SELECT count(*) FROM {table.name} {self._where}"  # noqa: S608
        count: int = await self._db.fetchval(query, *self._values)
        return count

    async def rows(self, table: Table, condition: str = "TRUE") -> AsyncIterator[Sequence[Row]]:
        """See `transfer.Reading.rows`.

        Args:
            condition: SQL that says which ones.
        """
        columns = ", ".join(f"{c}::integer" if c in table.truths else c for c in table.columns)
        where = f"{self._where or 'WHERE TRUE'} AND {condition}"
        rows_of, key = _FROM.get(table.name, table.name), ", ".join(table.key)
        query = f"SELECT {columns} FROM {rows_of} {where} ORDER BY {key}"  # noqa: S608
        cursor = await self._db.cursor(query, *self._values)
        while rows := await cursor.fetch(AT_ONCE):
            yield [tuple(row) for row in rows]

    async def last_numbers(self) -> Mapping[str, int]:
        """See `transfer.Reading.last_numbers`."""
        found = {"version": await self._db.fetchval("SELECT last_version FROM meta")}
        for name, sequence in _NUMBERS.items():
            found[name] = await self._db.fetchval(
                f"SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM {sequence}"  # noqa: S608
            )
        return found


class PostgresWriting(PostgresReading):
    """A `transfer.Writing`."""

    def fitting(self, table: Table, rows: Sequence[Row]) -> Sequence[Row]:
        """See `transfer.Writing.fitting`: zero characters are replaced, long identities cut as
        those of new deliveries are."""
        fitting = [row if not _has_zero(row) else tuple(map(_cleaned, row)) for row in rows]
        return [_with_fitting_identity(row) for row in fitting] if table is FACT else fitting

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """See `transfer.Writing.write`."""
        columns = [*table.columns]
        truths = [table.place(column) for column in table.truths]
        records = [list(row) for row in rows]
        for record in records:
            for place in truths:
                record[place] = bool(record[place])
        if table is EXECUTION:
            place = table.place("lane")
            columns[place] = "lane_id"
            for record in records:
                record[place] = lane_id(record[place]) if record[place] is not None else 0
        elif table is LANE:
            columns += ["id", "slot", "number"]
            name, portal = table.place("name"), table.place("portal")
            for record in records:
                self._lanes += 1
                record += [lane_id(record[name]), slot_of(record[portal]), self._lanes]
        await self._db.copy_records_to_table(table.name, records=records, columns=columns)

    async def go_on_behind(self, numbers: Mapping[str, int]) -> None:
        """See `transfer.Writing.go_on_behind`."""
        found = await self.last_numbers()
        for name, sequence in _NUMBERS.items():
            if numbers[name] > found[name]:
                await self._db.execute(f"SELECT setval('{sequence}', $1)", numbers[name])
        version = "UPDATE meta SET last_version = greatest(last_version, $1)"
        await self._db.execute(version, numbers["version"])


@asynccontextmanager
async def connected(address: Address) -> AsyncIterator[Connection]:
    """A connection; errors of the database as ours."""
    with _at(address):
        db = await connect(address, {})
        try:
            yield db
        finally:
            db.terminate()


@asynccontextmanager
async def in_transaction(db: Connection, kind: str = "") -> AsyncIterator[None]:
    """A transaction that may take as long as it takes; undone if this ends with an error."""
    await db.execute(f"BEGIN {kind}")
    try:
        for setting in _PATIENT:
            await db.execute(setting)
        yield
    except BaseException:
        if not db.is_closed():
            db.terminate()  # it may be in the middle of something; the server undoes it
        raise
    await db.execute("COMMIT")


async def cell_of(db: Connection) -> int | None:
    """The number of a cell; None if no store was ever opened there."""
    if not await db.fetchval("SELECT to_regclass('meta') IS NOT NULL"):
        return None
    number: int | None = await db.fetchval("SELECT cell FROM meta")
    return number


async def _require_alone(db: Connection, address: Address) -> None:
    """Raise `StoreError` if processes of ours work with a database."""
    rows = await db.fetch(
        "SELECT *, lease_until > extract(epoch FROM clock_timestamp()) AS is_heard FROM worker"
        " ORDER BY id"
    )
    here = Life.own().host
    names = [
        f"{row['name'] or 'process'} {row['pid']} on {row['host'].partition(' ')[0]}"
        for row in rows
        if row["is_heard"] or (row["host"] == here and not Life.of(row).is_over())
    ]
    connections = 0 if address.is_pooled else await db.fetchval(_OTHERS)
    if not names and connections:
        names = [f"{connections} connections of processes that receive, or of commands"]
    if names:
        raise StoreError(
            f"{address} is in use ({', '.join(names)}): stop all processes of the app (systemctl"
            " stop, or docker compose stop web worker), then copy"
        )


@contextmanager
def _at(address: Address) -> Iterator[None]:
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        if is_lost(error):
            raise unreachable(error, address) from error
        raise refused(error, address) from error


def _has_zero(row: Row) -> bool:
    return any(type(value) is str and "\0" in value for value in row)


def _cleaned(value: Any) -> Any:
    return value.replace("\0", "�") if isinstance(value, str) else value


def _with_fitting_identity(row: Row) -> Row:
    place = FACT.place("identity")
    identity = row[place]
    if len(identity) <= _LONGEST_IDENTITY:
        return row
    fitting = storable(NewDelivery(row[0], "", None, None, identity=identity)).identity
    return (*row[:place], fitting, *row[place + 1 :])
