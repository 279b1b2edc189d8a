"""The records of the fake portal, and what happens to them when they change. No I/O, no events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bitrix_events.testing.fields import KINDS, USER, Kind, Record, classic_value, stored_value

_STAGE_FIELDS: Final = {"deal": "STAGE_ID", "lead": "STATUS_ID"}
_SEMANTICS: Final = {"WON": "S", "CONVERTED": "S", "LOSE": "F", "APOLOGY": "F", "JUNK": "F"}


class RecordMissingError(LookupError):
    """There is no record of this kind with this id."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one record: the material of an event."""

    kind: Kind
    id: int
    action: str
    """``ADD``, ``UPDATE`` or ``DELETE``."""
    record: Record
    """The record afterwards; for ``DELETE`` as it was last."""
    moved_category: bool = False


class World:
    """Records by kind and id. Ids count from 1 in each kind and are never used again.

    Args:
        clock: the portal's clock, in Unix seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._records: dict[str, dict[int, Record]] = {name: {} for name in KINDS}
        self._last_id = dict.fromkeys(KINDS, 0)

    def add(self, kind: Kind, fields: Mapping[str, Any], *, user_id: int) -> Change:
        """Make a record. Fields that are not given are empty; a given ``ID`` is kept, as an import
        does.

        Raises:
            ValueError: a record with the given id exists.
        """
        record_id = int(fields.get("ID") or self._last_id[kind.name] + 1)
        if record_id in self._records[kind.name]:
            raise ValueError(f"{kind.name} {record_id} exists already")
        self._last_id[kind.name] = max(self._last_id[kind.name], record_id)
        record: Record = dict.fromkeys(kind.fields) | kind.defaults | {"ID": record_id}
        record |= dict.fromkeys(
            {"ASSIGNED_BY_ID", "CREATED_BY_ID", "MODIFY_BY_ID", "AUTHOR_ID", "MOVED_BY_ID"}
            & set(kind.fields),
            user_id,
        )
        record |= dict.fromkeys(
            {"DATE_CREATE", "DATE_MODIFY", "CREATED", "DATE_REGISTER", "MOVED_TIME"}
            & set(kind.fields),
            self._now(),
        )
        self._records[kind.name][record_id] = record
        self._write(kind, record, {k: v for k, v in fields.items() if k != "ID"})
        return Change(kind, record_id, "ADD", dict(record))

    def change(
        self, kind: Kind, record_id: int, fields: Mapping[str, Any], *, user_id: int
    ) -> Change:
        """Change fields of a record.

        Raises:
            RecordMissingError: there is no such record.
        """
        record = self.get(kind, record_id)
        before = dict(record)
        if "DATE_MODIFY" in kind.fields:
            record |= {"DATE_MODIFY": self._now(), "MODIFY_BY_ID": user_id}
        self._write(kind, record, {k: v for k, v in fields.items() if k != "ID"})
        stage = _STAGE_FIELDS.get(kind.name)
        if stage and record[stage] != before[stage] and "MOVED_TIME" not in fields:
            record |= {"MOVED_TIME": self._now(), "MOVED_BY_ID": user_id}
        moved = record.get("CATEGORY_ID") != before.get("CATEGORY_ID")
        return Change(kind, record_id, "UPDATE", dict(record), moved_category=moved)

    def delete(self, kind: Kind, record_id: int) -> Change:
        """Remove a record.

        Raises:
            RecordMissingError: there is no such record.
        """
        record = self.get(kind, record_id)
        del self._records[kind.name][record_id]
        return Change(kind, record_id, "DELETE", record)

    def get(self, kind: Kind, record_id: int) -> Record:
        """The record as stored.

        Raises:
            RecordMissingError: there is no such record.
        """
        try:
            return self._records[kind.name][record_id]
        except KeyError:
            raise RecordMissingError(f"{kind.name} {record_id} does not exist") from None

    def all(self, kind: Kind) -> list[Record]:
        """All records of a kind, in order of their ids."""
        records = self._records[kind.name]
        return [records[record_id] for record_id in sorted(records)]

    def is_admin(self, user_id: int) -> bool:
        """Whether this user administers the portal."""
        return self._records[USER.name].get(user_id, {}).get("ADMIN") == "Y"

    def _write(self, kind: Kind, record: Record, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            record[name] = stored_value(kind, name, value)
        if kind.name == "deal":
            if not record["STAGE_ID"]:
                record["STAGE_ID"] = _stage_of(record["CATEGORY_ID"], "NEW")
            record["STAGE_SEMANTIC_ID"] = _semantic_of(record["STAGE_ID"])
            record["CLOSED"] = "N" if record["STAGE_SEMANTIC_ID"] == "P" else "Y"
        elif kind.name == "lead":
            record["STATUS_SEMANTIC_ID"] = _semantic_of(record["STATUS_ID"] or "")

    def _now(self) -> str:
        return iso_time(self._clock())


def classic_record(kind: Kind, record: Record) -> dict[str, Any]:
    """A record as classic methods answer it: every value is text, ``None`` is an empty field."""
    return {name: classic_value(kind.type_of(name), value) for name, value in record.items()}


def iso_time(moment: float) -> str:
    """Unix seconds as ISO 8601 with an offset, as all methods answer times."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def _stage_of(category_id: int | None, stage: str) -> str:
    """Stages outside the first pipeline carry its number: ``C3:NEW``."""
    return f"C{category_id}:{stage}" if category_id else stage


def _semantic_of(stage: str) -> str:
    """``S`` for success, ``F`` for failure, ``P`` for a stage in process."""
    return _SEMANTICS.get(stage.rpartition(":")[2], "P")
