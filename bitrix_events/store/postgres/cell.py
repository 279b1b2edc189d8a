"""One PostgreSQL database of several that are one store together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from bitrix_events.store.postgres.address import Address
from bitrix_events.store.postgres.schema import FIRST_OF_CELL
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.postgres.transfer import PostgresReading, cell_of, connected


@dataclass(frozen=True, slots=True)
class Move:
    """A portal that is leaving a cell.

    Attributes:
        target: the number of the cell that it goes to.
        was_paused: whether it is to be paused there, too.
    """

    target: int
    was_paused: bool


class Cell(PostgresStore):
    """A `PostgresStore` that knows which of several it is.

    Its number is given once and for all, when its tables are made: the next one that no other cell
    has. The order in which settings name the cells does not matter.

    Args:
        others: the addresses of the other ones.
        options: see `PostgresStore`.

    Attributes:
        number: None until it was opened.
    """

    def __init__(
        self, url: str | SecretStr, *, others: Sequence[str | SecretStr], **options: Any
    ) -> None:
        super().__init__(url, **options)
        self._others = [Address(other) for other in others]
        self.number: int | None = None

    async def open(self) -> None:
        """See `Store.open`. Others have to be asked when it is opened for the first time."""
        self.number = self._cell = await self._find_number()
        await super().open()

    async def move_of(self, portal: str) -> Move | None:
        """Where a portal is on its way to."""
        async with connected(self.address) as db:
            row = await db.fetchrow("SELECT * FROM moving WHERE portal = $1", portal)
        return None if row is None else Move(row["cell"], row["was_paused"])

    async def _find_number(self) -> int:
        async with connected(self.address) as db:
            number = await cell_of(db)
        if number is not None:
            return number
        taken, empty = [-1], [str(self.address)]
        for other in self._others:
            async with connected(other) as db:
                number = await cell_of(db)
                if number is None:
                    empty.append(str(other))
                else:
                    taken += [number, await last_range(db)]
        return max(taken) + 1 + sorted(empty).index(str(self.address))


async def last_range(db: Any) -> int:
    """The range that the ids of a cell come from: what they are when divided by `FIRST_OF_CELL`."""
    reading: PostgresReading = await PostgresReading.of(db)
    numbers = await reading.last_numbers()
    return max(numbers["delivery"], numbers["execution"]) // FIRST_OF_CELL
