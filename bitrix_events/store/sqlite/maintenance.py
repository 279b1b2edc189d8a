"""Rare changes of the SQLite store: forgetting a portal, sealing anew. Run in its transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from bitrix_events.store.sealed import Vault
from bitrix_events.store.sqlite.statements import QUERIES, listed, run

_FORGOTTEN_AT_ONCE: Final = 2_000
_FACTS_AT_ONCE: Final = 1_000
_LOOKED_AT_ONCE: Final = 1_000


def is_of(db: sqlite3.Connection, portal: str, version: int | None) -> bool:
    """Whether an installation has this version; None stands for any."""
    return version is None or _version(db, portal) == version


def forget_some_deliveries(
    db: sqlite3.Connection, *, portal: str, version: int | None, after: int
) -> tuple[int, int | None]:
    """Delete deliveries of a portal, a few at a time, so that nobody waits long for the writing
    thread.

    Args:
        version: that the installation has to have; nothing is deleted otherwise.

    Returns:
        How many there were, and the id to go on behind; None at the end.
    """
    if not is_of(db, portal, version):
        return 0, None
    rows = run(db, "some_deliveries", after=after, limit=_FORGOTTEN_AT_ONCE).fetchall()
    ids = [row["id"] for row in rows if row["portal"] == portal]
    _delete(db, ids)
    return len(ids), rows[-1]["id"] if rows else None


def forget_installation(db: sqlite3.Connection, portal: str, *, after: int) -> bool:
    """Delete an installation with the last deliveries of its portal, those behind an id. False if
    there was none."""
    at: int | None = after
    while at is not None:
        _, at = forget_some_deliveries(db, portal=portal, version=None, after=at)
    if version := _version(db, portal):
        last = max(version, pragma(db, "user_version"))
        db.execute(f"PRAGMA user_version = {last}")  # no version comes twice
    run(db, "drop_lanes", portal=portal)
    for query in ("drop_facts", "drop_snapshots", "drop_marks"):
        run(db, query, portal=portal)
    return run(db, "drop_installation", portal=portal).rowcount == 1


def reseal(db: sqlite3.Connection, vault: Vault) -> int:
    """Seal with the present key what another one has sealed; how many values that were."""
    count = 0
    for row in db.execute(QUERIES["sealed_tokens"]).fetchall():
        if not vault.is_current(row["tokens"]):
            tokens = vault.open_tokens(row["portal"], row["tokens"])
            sealed = vault.seal_tokens(row["portal"], tokens)
            db.execute(QUERIES["reseal_tokens"], {"portal": row["portal"], "tokens": sealed})
            count += 1
    for row in db.execute(QUERIES["sealed_user_tokens"]).fetchall():
        if not vault.is_current(row["user_token"]):
            token = vault.open_user_token(row["portal"], row["user_token"])
            sealed = vault.seal_user_token(row["portal"], token)
            db.execute(QUERIES["reseal_user_token"], {"id": row["id"], "user_token": sealed})
            count += 1
    return count


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
    _delete(db, ids)
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


def _delete(db: sqlite3.Connection, deliveries: Sequence[int]) -> None:
    if deliveries:
        run(db, "drop_executions", deliveries=listed(deliveries))
        run(db, "drop_deliveries", ids=listed(deliveries))


def _version(db: sqlite3.Connection, portal: str) -> int:
    row = db.execute(QUERIES["version"], {"portal": portal}).fetchone()
    return int(row["version"]) if row else 0
