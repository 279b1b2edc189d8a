"""What is deleted from the PostgreSQL store in the course of time. Run in its transactions."""

from __future__ import annotations

from typing import Final

from bitrix_events.store.postgres.connections import Connection
from bitrix_events.store.postgres.statements import QUERIES

_FACTS_AT_ONCE: Final = 1_000
_LOOKED_AT_ONCE: Final = 1_000


async def prune_some(
    db: Connection, *, before: float, after: int, limit: int
) -> tuple[int, int | None]:
    """Delete old deliveries of which nothing is unfinished or dead, a few at a time.

    Args:
        after: the id to go on behind.

    Returns:
        How many were deleted, and the id to go on behind; None at the end.
    """
    step = min(limit, _LOOKED_AT_ONCE)
    rows = await db.fetch(QUERIES["old_deliveries"], after, step)
    old = [row for row in rows if row["received_at"] < before]
    gone = [(row["portal"], row["id"]) for row in old if not row["is_needed"]]
    if gone:
        portals, ids = map(list, zip(*gone, strict=True))
        await db.execute(QUERIES["drop_deliveries"], portals, ids)
    is_end = len(old) < len(rows) or len(rows) < step
    return len(gone), None if is_end else rows[-1]["id"]


async def drop_old_facts(
    db: Connection, *, before: float, after: tuple[str, str]
) -> tuple[str, str] | None:
    """Delete facts that were told before then, among some that lie behind a place.

    Returns:
        The place to go on behind; None at the end.
    """
    row = await db.fetchrow(QUERIES["some_facts"], *after, _FACTS_AT_ONCE)
    last = (row["portal"], row["identity"]) if row else None
    await db.execute(QUERIES["drop_old_facts"], *after, before, *(last or (None, None)))
    return last
