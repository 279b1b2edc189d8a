"""Rows of the SQLite store to the values of `store.records`."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

from bitrix_events.store.records import Delivery, Execution, State


def delivery_of(row: sqlite3.Row, *, handler: str = "", attempt: int = 0) -> Delivery:
    """A row of ``delivery``."""
    return Delivery(
        id=row["id"],
        portal=row["portal"],
        code=row["code"],
        data=json.loads(row["data"]),
        entity=row["entity"],
        received_at=datetime.fromtimestamp(row["received_at"], UTC),
        sent_at=moment_of(row["sent_at"]),
        event_handler_id=row["event_handler_id"],
        user_id=row["user_id"],
        handler=handler,
        attempt=attempt,
    )


def execution_of(row: sqlite3.Row) -> Execution:
    """A row of ``execution``, with the ``due`` of its lane."""
    return Execution(
        id=row["id"],
        handler=row["handler"],
        state=State(row["state"]),
        attempt=row["attempt"],
        due=moment_of(row["due"]),
        finished_at=moment_of(row["finished_at"]),
        note=row["note"],
    )


def moment_of(seconds: float | None) -> datetime | None:
    """Seconds since 1970 as an aware time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
