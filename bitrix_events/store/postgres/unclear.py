"""Verdicts of which nobody could say whether they were committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bitrix_events.store.postgres.connections import Connection
from bitrix_events.store.postgres.numbers import Number
from bitrix_events.store.records import Claim, Verdict

_MOST: Final = 10_000


class Settlements:
    """Remembers them until their worker asks again: if they were committed, they were its own."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], tuple[Number, bool]] = {}

    def note(self, item: tuple[Claim, Verdict], held: object, number: Number) -> None:
        """The commit with this number was under way, and would have answered ``held``."""
        claim, _ = item
        if len(self._found) >= _MOST:
            self._found.clear()
        self._found[claim.execution_id, claim.token] = (number, bool(held))

    async def look(self, db: Connection, claims: Sequence[Claim], now: float) -> list[bool | None]:
        """For each claim whether it held, if it was settled by such a commit; else None."""
        if not self._found:
            return [None] * len(claims)
        results: list[bool | None] = []
        for claim in claims:
            found = self._found.get((claim.execution_id, claim.token))
            is_committed = found is not None and await found[0].is_committed(db, now)
            results.append(found[1] if found is not None and is_committed else None)
        return results
