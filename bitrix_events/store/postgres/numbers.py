"""Numbers that transactions write down, so that one whose answer was lost is recognised."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from bitrix_events.errors import StoreError
from bitrix_events.store.postgres.address import Address
from bitrix_events.store.postgres.connections import Connection, Connections, Health
from bitrix_events.store.postgres.statements import QUERIES
from bitrix_events.store.postgres.trouble import Lost, unreachable

Note = tuple[str | None, int | None, float | None]
"""A number, as statements write it down."""
NO_NOTE: Final[Note] = (None, None, None)


class Numbers:
    """Gives each transaction of a process its number.

    Args:
        process: what no other store is called.
    """

    def __init__(self, process: str) -> None:
        self._process = process
        self._writers = 0
        self._free: list[Number] = []

    def take(self) -> Number:
        """A number for the next transaction."""
        if self._free:
            return self._free.pop()
        self._writers += 1
        return Number(f"{self._process}.{self._writers}", 1)

    def done(self, number: Number) -> None:
        """What became of a transaction is known. Others are never used again."""
        self._free.append(Number(number.writer, number.value + 1))


@dataclass(frozen=True, slots=True)
class Number:
    """What a transaction is known by in the database."""

    writer: str
    value: int

    def __str__(self) -> str:
        return f"{self.writer}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> Number:
        """The number that was written as a text.

        Raises:
            StoreError: none was.
        """
        writer, _, value = text.rpartition(":")
        if not writer or not value.isdigit():
            raise StoreError(f"{text!r} is no ticket")
        return cls(writer, int(value))

    def note(self, now: float) -> Note:
        """What is to be written with the last statement of the transaction."""
        return self.writer, self.value, now

    async def is_committed(self, db: Connection, now: float) -> bool:
        """Whether the transaction of this number is committed. If it is still going on, this waits
        for its end."""
        found: int = await db.fetchval(QUERIES["number"], self.writer, now)
        return found >= self.value


async def is_committed(
    number: Number,
    connections: Connections,
    health: Health,
    address: Address,
    now: float,
    until: float,
) -> bool:
    """Ask what became of a transaction, as long as there is time. False, and ``health`` is in
    trouble, if nobody can say."""
    connections.forget_free()
    try:
        return await connections.transact(
            lambda db: number.is_committed(db, now), seconds=max(until - time.monotonic(), 0.05)
        )
    except Exception as error:
        cause = error.cause if isinstance(error, Lost) else error
        health.fails(unreachable(cause, address).args[0])
        return False
