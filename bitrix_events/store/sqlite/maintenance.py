"""Upkeep of the SQLite store: what is old goes, times are moved along. Run in its transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from bitrix_events.store.sqlite.statements import listed, run

_FACTS_AT_ONCE: Final = 1_000
_LOOKED_AT_ONCE: Final = 1_000


def prune_some(
    db: sqlite3.Connection, *, before: float, after: int, limit: int
) -> tuple[int, int | None]:
    """Delete old deliveries of which nothing is unfinished or dead, a few at a time.

    Args:
        after: the id to go on behind.

    Returns:
        How many were deleted, and the id to go on behind; None at the end.
    """
    step = min(limit, _LOOKED_AT_ONCE)
    rows = run(db, "old_deliveries", after=after, limit=step).fetchall()
    old = [row for row in rows if row["received_at"] < before]
    ids = [row["id"] for row in old if not row["is_needed"]]
    drop_deliveries(db, ids)
    is_end = len(old) < len(rows) or len(rows) < step
    return len(ids), None if is_end else rows[-1]["id"]


def drop_old_facts(
    db: sqlite3.Connection, *, before: float, after: tuple[str, str]
) -> tuple[str, str] | None:
    """Delete facts that were told before then, among some that lie behind a place.

    Returns:
        The place to go on behind; None at the end.
    """
    portal, identity = after
    here = {"portal": portal, "identity": identity}
    row = run(db, "some_facts", **here, step=_FACTS_AT_ONCE).fetchone()
    last = (row["portal"], row["identity"]) if row else None
    last_portal, last_identity = last or (None, None)
    there = {"last_portal": last_portal, "last_identity": last_identity}
    run(db, "drop_old_facts", **here, **there, before=before)
    return last


def shift_times(db: sqlite3.Connection, seconds: float) -> None:
    """Move along what is due, and what has happened lately, after the clock was set."""
    for query in ("shift_lanes", "shift_executions", "shift_facts"):
        run(db, query, seconds=seconds)


def pragma(db: sqlite3.Connection, name: str) -> int:
    """The number that a pragma tells."""
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def drop_deliveries(db: sqlite3.Connection, deliveries: Sequence[int]) -> None:
    """Delete deliveries with their executions."""
    if deliveries:
        run(db, "drop_executions", deliveries=listed(deliveries))
        run(db, "drop_deliveries", ids=listed(deliveries))
