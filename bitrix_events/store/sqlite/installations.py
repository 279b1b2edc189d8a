"""Installations in the SQLite store. Run in its transactions."""

from __future__ import annotations

import sqlite3
from typing import Final

from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.store.rows import row_of
from bitrix_events.store.sealed import Vault
from bitrix_events.store.sqlite.maintenance import drop_deliveries, pragma
from bitrix_events.store.sqlite.statements import QUERIES, run
from bitrix_events.store.sqlite.writer import Change

_FORGOTTEN_AT_ONCE: Final = 2_000


def saving(installation: Installation, vault: Vault, now: float) -> Change[bool]:
    """The change that saves an installation, if its version is still the stored one."""
    row = {**row_of(installation, vault), "now": now}
    query = QUERIES["change_installation" if installation.version else "add_installation"]
    is_active = installation.state is InstallationState.ACTIVE

    def change(db: sqlite3.Connection) -> bool:
        # Who could not read the tokens does not lose them.
        keeps_tokens = installation.tokens is None and _has_unread(db, installation.portal, vault)
        if db.execute(query, {**row, "keeps_tokens": keeps_tokens}).rowcount == 0:
            return False
        lanes = {"portal": installation.portal, "paused": row["paused"], "active": is_active}
        if not installation.paused:
            db.execute(QUERIES["unpark_lanes"], lanes)
        if installation.paused or not is_active:
            db.execute(QUERIES["park_lanes"], lanes)
        return True

    return change


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
    drop_deliveries(db, ids)
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


def _has_unread(db: sqlite3.Connection, portal: str, vault: Vault) -> bool:
    """Whether there are tokens that cannot be opened."""
    row = db.execute(QUERIES["tokens"], {"portal": portal}).fetchone()
    if row is None or row["tokens"] is None:
        return False
    return vault.opened_tokens(portal, row["tokens"]) is None


def _version(db: sqlite3.Connection, portal: str) -> int:
    row = db.execute(QUERIES["version"], {"portal": portal}).fetchone()
    return int(row["version"]) if row else 0
