"""What goes into the journal, and comes out of it into the database."""

from __future__ import annotations

import base64
import logging
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from bitrix_events.errors import StoreError
from bitrix_events.failpoints import failpoint
from bitrix_events.metrics import spilled
from bitrix_events.store.records import NewDelivery, Stored, Target
from bitrix_events.store.sqlite.intake import Arrival, put_many
from bitrix_events.store.sqlite.journal import Journal, Record
from bitrix_events.store.sqlite.statements import run

log = logging.getLogger(__name__)

_AT_ONCE: Final = 256
_AS_IT_IS: Final = {field.name for field in fields(NewDelivery)} - {"data", "sent_at", "user_token"}


class Spill:
    """Deliveries that wait in the journal until the database can take them.

    Used by the writing thread only.
    """

    def __init__(self, path: Path, *, size: int | None = None) -> None:
        self._journal = Journal(path, size=size)
        self._is_full = False

    @property
    def waiting(self) -> int:
        """How many deliveries wait."""
        return self._journal.waiting

    def open(self, db: sqlite3.Connection) -> None:
        """Find what an earlier process has left.

        Raises:
            StoreError: the journal cannot be used.
        """
        try:
            self._journal.open(dropped=run(db, "journalled").fetchone()["journalled"])
        except OSError as error:
            raise StoreError(f"cannot use {self._journal.path}: {error.strerror}") from error

    def keep(self, arrivals: Sequence[Arrival]) -> list[Stored | Exception]:
        """Write deliveries down; they are safe when this returns.

        Returns:
            For each what the caller is told: a refusal if there was no room, or the disk failed.
        """
        payloads = [_encoded(arrival) for arrival in arrivals]
        try:
            count = self._journal.append(payloads)
            failpoint("journal_written")
        except (OSError, StoreError) as error:
            return [_refusal(f"the journal cannot be written: {error}") for _ in arrivals]
        for _ in range(count):
            spilled()
        if count < len(arrivals) and not self._is_full:
            self._is_full = True
            log.critical("%s is full; deliveries are refused, and lost", self._journal.path)
        kept: list[Stored | Exception] = [Stored(None) for _ in range(count)]
        return kept + [_refusal("the journal is full") for _ in arrivals[count:]]

    def next(self) -> list[Record]:
        """What is to be taken over next, the oldest first; nothing if nothing is left."""
        records = self._journal.first(_AT_ONCE)
        if not records and (count := self._journal.waiting):
            log.critical("%d deliveries in %s cannot be read", count, self._journal.path)
            self._journal.give_up_rest()
        return records

    def take_over(self, db: sqlite3.Connection, records: Sequence[Record]) -> None:
        """Put deliveries into the database, and note that it has them. A part of a transaction;
        without any deliveries, one that writes all the same."""
        put_many(db, [_decoded(record.payload) for record in records])
        failpoint("draining")
        run(db, "take_over", number=records[-1].number if records else 0)

    def drop(self, records: Sequence[Record]) -> None:
        """Forget what was taken over and committed."""
        if records:
            self._journal.drop(records)
            self._is_full = False

    def set_aside(self, record: Record, error: Exception) -> None:
        """Write a delivery into a file for people, as the database will never take it."""
        path = self._journal.path.with_suffix(".refused")
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with open(fd, "ab") as file:
            file.write(record.payload + b"\n")
        log.critical("a delivery cannot be stored and is kept in %s: %s", path, error)
        self._journal.drop([record])

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()


def _refusal(text: str) -> StoreError:
    return StoreError(f"the database takes nothing, and {text}")


def _encoded(arrival: Arrival) -> bytes:
    delivery, token = arrival.delivery, arrival.user_token
    sent_at = delivery.sent_at.timestamp() if delivery.sent_at else None
    return orjson.dumps(
        {
            "delivery": {name: getattr(delivery, name) for name in _AS_IT_IS}
            | {"sent_at": sent_at},
            "targets": [asdict(target) for target in arrival.targets],
            "data": arrival.data,
            "user_token": base64.b64encode(token).decode() if token is not None else None,
            "now": arrival.now,
        }
    )


def _decoded(payload: bytes) -> Arrival:
    found = orjson.loads(payload)
    delivery, token = found["delivery"], found["user_token"]
    if delivery["sent_at"] is not None:
        delivery["sent_at"] = datetime.fromtimestamp(delivery["sent_at"], UTC)
    return Arrival(
        NewDelivery(data=None, **delivery),
        [Target(**target) for target in found["targets"]],
        data=found["data"],
        user_token=base64.b64decode(token) if token is not None else None,
        save=None,
        now=found["now"],
    )
