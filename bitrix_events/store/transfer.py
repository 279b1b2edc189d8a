"""Everything that a store holds, carried over into another one, of whatever kind.

The target takes all of it or nothing: it is written, read back and compared in one transaction. So
whoever is interrupted finds an empty target, and begins anew. Tokens stay sealed as they are.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from bitrix_events.errors import StoreError

Row = tuple[Any, ...]
"""Values of the columns of a `Table`: None, int, float, str or bytes; truth is 0 or 1."""
Progress = Callable[[str, int, int], None]
"""Told the table, how many of its rows were dealt with, and how many there are."""

AT_ONCE: Final = 5_000
_PLAIN: Final = 2
"""The format of `marshal` that says the same of equal values, whatever objects they are."""


@dataclass(frozen=True, slots=True)
class Table:
    """What both kinds of stores know as a table.

    Attributes:
        columns: in the order of the rows. ``lane`` stands for the name of the lane that an
            unfinished execution waits in; the numbers of lanes are each store's own.
        key: the order of its rows. Lanes come in the order in which they are served: ``number`` is
            what each kind of store tells apart those by that became ready at one moment.
        truths: columns that are true or false.
        is_remote: only stores of many machines have it; another one does without.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    truths: frozenset[str] = frozenset()
    is_remote: bool = False

    def place(self, column: str) -> int:
        """Where a column stands in a row."""
        return self.columns.index(column)


PORTAL: Final = Table(
    "portal",
    (
        *("portal", "member_id", "domain", "client_endpoint", "state", "reason", "since", "paused"),
        *("purge_at", "token_digest", "old_digest", "old_until", "tokens", "user_id", "scope"),
        *("status", "bound_url", "bound_codes", "version", "refresh_until", "installed_at"),
    ),
    ("portal",),
    frozenset({"paused"}),
)
DELIVERY: Final = Table(
    "delivery",
    (
        *("id", "portal", "code", "entity", "data", "received_at", "sent_at", "event_handler_id"),
        *("user_id", "user_token", "lifecycle", "repeat_of"),
    ),
    ("id",),
    frozenset({"lifecycle"}),
)
FACT: Final = Table(
    "fact",
    ("portal", "identity", "handler", "delivery_id", "told_at"),
    ("portal", "identity", "handler"),
)
LANE: Final = Table(
    "lane",
    ("portal", "handler", "name", "state", "lifecycle", "due"),
    ("due", "number"),
    frozenset({"lifecycle"}),
)
EXECUTION: Final = Table(
    "execution",
    (
        *("id", "portal", "lane", "delivery_id", "handler", "state", "merges", "replayed"),
        *("attempt", "deaths", "not_before", "quiet_by", "started_at", "finished_at", "note"),
    ),
    ("id",),
    frozenset({"replayed"}),
)
TABLES: Final = (
    PORTAL,
    DELIVERY,
    FACT,
    LANE,
    EXECUTION,
    Table("snapshot", ("portal", "handler", "entity", "fields"), ("portal", "handler", "entity")),
    Table("mark", ("portal", "name", "value"), ("portal", "name")),
    Table("taken_over", ("journal", "number", "taken_at"), ("journal", "number"), is_remote=True),
    Table("writer", ("name", "number", "written_at"), ("name",), is_remote=True),
)
"""What is carried over, in this order: executions are written when the lanes are there."""

SEQUENCES: Final = ("delivery", "execution", "version")
"""Numbers that must never come twice: those of deliveries, executions, versions of installations
that were forgotten."""


class Reading(Protocol):
    """A store that nobody changes while it is read."""

    def has(self, table: Table) -> bool:
        """Whether it has such a table."""

    async def count(self, table: Table) -> int:
        """How many rows there are."""

    def rows(self, table: Table) -> AsyncIterator[Sequence[Row]]:
        """All rows in the order of the key, some at a time."""

    async def last_numbers(self) -> Mapping[str, int]:
        """The last ones of `SEQUENCES`."""


class Writing(Reading, Protocol):
    """A store in one open transaction."""

    def fitting(self, table: Table, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows as they can be kept here."""

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows that fit."""

    async def go_on_behind(self, numbers: Mapping[str, int]) -> None:
        """Let the next ones of `SEQUENCES` be higher than these."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a table holds, in short.

    Attributes:
        digest: hexadecimal; the same for the same rows, in whatever order.
    """

    count: int
    digest: str


class Digester:
    """Makes a `Digest` out of rows that come some at a time."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0

    def add(self, rows: Iterable[Row]) -> None:
        """Take in rows."""
        total, count = 0, 0
        for row in rows:
            content = marshal.dumps(row, _PLAIN)
            total += int.from_bytes(hashlib.blake2b(content, digest_size=24).digest(), "big")
            count += 1
        self._sum = (self._sum + total) % 2**192
        self._count += count

    def result(self) -> Digest:
        """What was taken in."""
        return Digest(self._count, f"{self._sum:048x}")


async def require_empty(target: Reading, name: str) -> None:
    """Raise `StoreError` if anything is in a store already."""
    for table in TABLES:
        if not table.is_remote and target.has(table) and (count := await target.count(table)):
            raise StoreError(
                f"{name} is not empty: it holds {count} rows of {table.name}; name a store that"
                " nothing has been written to"
            )


async def carry_over(
    source: Reading, target: Writing, tell: Progress = lambda *_: None
) -> dict[str, Digest]:
    """Write all tables of one store into another one, and read them back.

    Returns:
        What the target holds, by table.

    Raises:
        StoreError: it is not what the source holds; the transaction is not to be committed.
    """
    found = {}
    sides: list[tuple[str, Reading]] = [("source", source), ("target", target)]
    for table in TABLES:
        missing = [side for side, store in sides if not store.has(table)]
        if missing and table.is_remote:
            continue
        if missing:
            raise StoreError(f"the {missing[0]} has no table {table.name}")
        count = await source.count(table)
        wanted = await _copy(source, target, table, partial(_tell, tell, table, count, 0))
        got = await digest_of(target, table, partial(_tell, tell, table, count, count))
        require_same(table, wanted, got)
        found[table.name] = got
    await target.go_on_behind(await source.last_numbers())
    return found


def require_same(table: Table, wanted: Digest, got: Digest) -> None:
    """Raise `StoreError` if a copy is not what it was made from."""
    if wanted.count != got.count:
        raise StoreError(
            f"the copy of {table.name} has {got.count} rows instead of {wanted.count}; nothing was"
            " kept of it"
        )
    if wanted != got:
        raise StoreError(f"the copy of {table.name} has other content; nothing was kept of it")


async def digest_of(
    store: Reading, table: Table, tell: Callable[[int], None] = lambda _: None
) -> Digest:
    """What a table holds."""
    digester, done = Digester(), 0
    async for rows in store.rows(table):
        digester.add(rows)
        done += len(rows)
        tell(done)
    return digester.result()


def _tell(tell: Progress, table: Table, count: int, before: int, done: int) -> None:
    tell(table.name, before + done, 2 * count)


async def _copy(
    source: Reading, target: Writing, table: Table, tell: Callable[[int], None]
) -> Digest:
    digester, done = Digester(), 0
    async for rows in source.rows(table):
        fitting = target.fitting(table, rows)
        digester.add(fitting)
        await target.write(table, fitting)
        done += len(rows)
        tell(done)
    return digester.result()
