"""Rare changes of the SQLite store: forgetting a portal, sealing anew. Run in its transactions."""

from __future__ import annotations

import sqlite3
from typing import Final

from bitrix_events.store.sealed import Vault
from bitrix_events.store.sqlite.file import QUERIES

_FORGOTTEN_AT_ONCE: Final = 2_000


def is_of(db: sqlite3.Connection, portal: str, version: int | None) -> bool:
    """Whether an installation has this version; None stands for any."""
    return version is None or _version(db, portal) == version


def forget_some_deliveries(db: sqlite3.Connection, portal: str) -> bool:
    """Delete a few at a time, so that nobody waits long for the writing thread."""
    found = {"portal": portal, "limit": _FORGOTTEN_AT_ONCE}
    ids = [row["id"] for row in db.execute(QUERIES["some_deliveries"], found)]
    if ids:
        those = {"portal": portal, "first": ids[0], "last": ids[-1]}
        db.execute(QUERIES["drop_executions"], those)
        db.execute(QUERIES["drop_deliveries"], those)
    return bool(ids)


def forget_installation(db: sqlite3.Connection, portal: str) -> bool:
    """Delete an installation with what is left of its portal. False if there was none."""
    while forget_some_deliveries(db, portal):
        pass  # what came meanwhile
    if version := _version(db, portal):
        last = max(version, pragma(db, "user_version"))
        db.execute(f"PRAGMA user_version = {last}")  # no version comes twice
    db.execute(QUERIES["drop_lanes"], {"portal": portal})
    return db.execute(QUERIES["drop_installation"], {"portal": portal}).rowcount == 1


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


def pragma(db: sqlite3.Connection, name: str) -> int:
    """The number that a pragma tells."""
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _version(db: sqlite3.Connection, portal: str) -> int:
    row = db.execute(QUERIES["version"], {"portal": portal}).fetchone()
    return int(row["version"]) if row else 0
