"""The check that every handler by hand makes."""

from __future__ import annotations

import hmac
import json
import os
import sqlite3
from typing import Final

from starlette.datastructures import FormData

from tests.corpus import WEBHOOK_TOKEN

INSERT: Final = "INSERT INTO event (code, data) VALUES (?, ?)"


def is_proven(form: FormData) -> bool:
    """Compare the token in constant time."""
    token = form.get("auth[application_token]")
    return isinstance(token, str) and hmac.compare_digest(token.encode(), WEBHOOK_TOKEN.encode())


def row_of(form: FormData) -> tuple[str, str]:
    """What is stored of an event."""
    return str(form.get("event")), json.dumps({key: str(form[key]) for key in form})


def database() -> sqlite3.Connection:
    """A connection that syncs every commit to the disk."""
    db = sqlite3.connect(os.environ["PEER_STORE"], isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, code TEXT, data TEXT)")
    return db
