"""The queues of offline events: what waits there, who has reserved it, what has failed. No I/O.

Source: protocol.md 8.3 to 8.6.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bitrix_events.testing.fields import Record
from bitrix_events.testing.site import hex_id
from bitrix_events.testing.table import Table
from bitrix_events.testing.world import iso_time

_OLDEST_FIRST: Final = {"TIMESTAMP_X": "ASC"}


class Queue(NamedTuple):
    """The name of a queue: an app has one, and one more for each connector."""

    client_id: str
    connector_id: str = ""


NO_QUEUE: Final = Queue("")


@dataclass(frozen=True, slots=True)
class Query:
    """Which records of a queue are wanted, in which order, and how many."""

    conditions: Mapping[str, Any]
    order: Mapping[str, Any]
    limit: int | None = None


class OfflineQueues:
    """All queues of a portal.

    A record has ``ID``, ``TIMESTAMP_X``, ``EVENT_NAME``, ``EVENT_DATA``, ``EVENT_ADDITIONAL``,
    ``MESSAGE_ID``, ``PROCESS_ID`` (empty unless reserved) and ``ERROR`` (0 or 1).

    Args:
        clock: the portal's clock, in Unix seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tables: dict[Queue, Table] = {}
        self._newest: dict[tuple[Queue, str], int] = {}
        """The last record of an event, by queue and MESSAGE_ID."""
        self._last_id = 0
        self._reservations = 0
        self._rung: dict[int, float] = {}

    def put(self, queue: Queue, event: str, data: Mapping[str, Any], *, user_id: int) -> None:
        """Take down an event. The same event that nobody has reserved yet is only stamped anew."""
        table = self._table(queue)
        text = f"{event}|{json.dumps(data, separators=(',', ':'))}"
        message_id = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        fresh: Record = {
            "TIMESTAMP_X": iso_time(self._clock()),
            "EVENT_DATA": dict(data),
            "EVENT_ADDITIONAL": {"user_id": user_id} if user_id else False,
        }
        newest = self._newest.get((queue, message_id), 0)
        if newest in table and table.get(newest)["PROCESS_ID"] == "":
            table.writable(newest).update(fresh)
            return
        self._last_id += 1
        self._newest[queue, message_id] = self._last_id
        named = {"EVENT_NAME": event, "MESSAGE_ID": message_id, "PROCESS_ID": "", "ERROR": 0}
        table.insert({"ID": self._last_id, **fresh, **named})

    def __len__(self) -> int:
        """How many records there are in all queues, reserved and failed ones included."""
        return sum(1 for table in self._tables.values() for _ in table)

    def is_time_to_ring(self, binding_id: int, seconds: float) -> bool:
        """Whether ONOFFLINEEVENT may be sent to a binding that is told every so many seconds."""
        now = self._clock()
        rung = self._rung.get(binding_id)
        if rung is not None and now < rung + seconds:
            return False
        self._rung[binding_id] = now
        return True

    def reserve(self, queue: Queue, query: Query) -> str:
        """Give records that nobody has reserved to a reader; returns his ``process_id``."""
        self._reservations += 1
        process_id = hex_id("reservation", *queue, str(self._reservations))
        table = self._table(queue)
        for record in self.read(queue, query, process_id=""):
            table.writable(record["ID"])["PROCESS_ID"] = process_id
        return process_id

    def read(self, queue: Queue, query: Query, *, process_id: str | None = None) -> list[Record]:
        """Records of a queue, of one reservation if given; of none for the empty text."""
        conditions = dict(query.conditions)
        if process_id is not None:
            conditions["=PROCESS_ID"] = process_id
        table = self._table(queue)
        ids = table.select(conditions, query.order or _OLDEST_FIRST)
        return [table.get(record_id) for record_id in ids[: query.limit]]

    def clear(self, queue: Queue, process_id: str, field: str = "", of: Sequence[Any] = ()) -> None:
        """Remove a reservation, or those of its records whose field is one of these values."""
        conditions: dict[str, Any] = {"=PROCESS_ID": process_id}
        table = self._table(queue)
        for record_id in list(table.select(conditions, {})):
            if not field or table.get(record_id)[field] in of:
                table.remove(record_id)

    def fail(self, queue: Queue, process_id: str, message_ids: Sequence[str]) -> None:
        """Mark records of a reservation as failed; other records of the same messages go."""
        table = self._table(queue)
        for record in [table.get(record_id) for record_id in table.select({"=ERROR": 0}, {})]:
            if record["MESSAGE_ID"] not in message_ids:
                continue
            if record["PROCESS_ID"] == process_id:
                table.writable(record["ID"]).update({"ERROR": 1, "PROCESS_ID": ""})
            else:
                table.remove(record["ID"])

    def forget(self, client_id: str) -> None:
        """Remove all queues of an app."""
        for queue in [known for known in self._tables if known.client_id == client_id]:
            del self._tables[queue]

    def _table(self, queue: Queue) -> Table:
        return self._tables.setdefault(queue, Table())
