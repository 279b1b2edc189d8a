"""The records of the fake portal, and what happens to them when they change. No I/O, no events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from bitrix_events.testing.fields import (
    TEXTS,
    Kind,
    Record,
    classic_value,
    several,
    stored_value,
    with_several,
)
from bitrix_events.testing.kinds import (
    CATEGORY,
    ITEM_KINDS,
    KINDS,
    TYPE,
    USER,
    USERFIELD,
    dynamic_kind,
)
from bitrix_events.testing.listing import select_fields
from bitrix_events.testing.table import Table
from bitrix_events.testing.user_fields import blank_of, entity_of, user_value, with_numbers

_STAGE_FIELDS: Final = {"deal": "STAGE_ID", "lead": "STATUS_ID"}
_SEMANTICS: Final = {"WON": "S", "CONVERTED": "S", "LOSE": "F", "APOLOGY": "F", "JUNK": "F"}

_AUTHORS: Final = frozenset(
    {"ASSIGNED_BY_ID", "CREATED_BY_ID", "MODIFY_BY_ID", "AUTHOR_ID", "MOVED_BY_ID"}
    | {"RESPONSIBLE_ID", "CREATED_BY", "CHANGED_BY", "USER_ID", "UPDATED_BY", "MOVED_BY"}
)
_MOMENTS: Final = frozenset(
    {"DATE_CREATE", "DATE_MODIFY", "CREATED", "DATE_REGISTER", "MOVED_TIME"}
    | {"CREATED_DATE", "CHANGED_DATE", "LAST_UPDATED", "CREATE_TIME", "UPDATE_TIME"}
    | {"CREATED_TIME", "UPDATED_TIME"}
)
_STAMPS: Final = {
    "DATE_MODIFY": "MODIFY_BY_ID",
    "CHANGED_DATE": "CHANGED_BY",
    "UPDATED_TIME": "UPDATED_BY",
    "LAST_UPDATED": "EDITOR_ID",
}
"""When a record was changed, and by whom."""


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
    """Records by kind and id.

    Args:
        clock: the portal's clock, in Unix seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tables: dict[str, Table] = {}
        self._last_value_id = 0
        """Of phones, mail addresses and their like."""

    def table(self, kind: Kind) -> Table:
        """All records of a kind."""
        return self._tables.setdefault(kind.name, Table())

    def item_kind(self, entity_type_id: int) -> Kind | None:
        """The kind that ``crm.item.*`` knows by a number: a smart process once it exists."""
        if entity_type_id in ITEM_KINDS:
            return ITEM_KINDS[entity_type_id]
        kind = dynamic_kind(entity_type_id)
        exists = self.table(TYPE).select({"=ENTITY_TYPE_ID": entity_type_id}, {})
        return kind if exists or self.table(kind).last_id else None

    def add(self, kind: Kind, fields: Mapping[str, Any], *, user_id: int) -> Change:
        """Make a record. Fields that are not given are empty; a given ``ID`` is kept, as an import
        does.

        Raises:
            ValueError: a record with the given id exists.
        """
        table = self.table(kind)
        record = self._new_record(kind, fields, user_id)
        record["ID"] = int(fields.get("ID") or table.last_id + 1)
        table.insert(record)
        if kind is USERFIELD:
            for table in self._tables_with(record):
                table.spread(record["FIELD_NAME"], blank_of(record))
        return Change(kind, record["ID"], "ADD", dict(record))

    def fill(
        self, kind: Kind, ids: Sequence[int], fields: Mapping[str, Any], *, user_id: int
    ) -> None:
        """Make a record for each of the ascending ids, all with the same fields.

        Raises:
            ValueError: a record with one of the ids exists.
        """
        self.table(kind).fill(ids, self._new_record(kind, fields, user_id))

    def change(
        self, kind: Kind, record_id: int, fields: Mapping[str, Any], *, user_id: int
    ) -> Change:
        """Change fields of a record.

        Raises:
            RecordMissingError: there is no such record.
        """
        before = dict(self.get(kind, record_id))
        record = self.table(kind).writable(record_id)
        stage = "STAGE_ID" if kind.is_dynamic else _STAGE_FIELDS.get(kind.name)
        if stage and stage not in fields and _is_moved(kind, before, fields):
            fields = {**fields, stage: None}  # the first one of the other pipeline
        for moment, author in _STAMPS.items():
            if moment in kind.fields:
                record |= {moment: self._now(), author: user_id}
        self._write(kind, record, {k: v for k, v in fields.items() if k != "ID"})
        if stage and record[stage] != before[stage] and "MOVED_TIME" not in fields:
            mover = "MOVED_BY" if kind.is_dynamic else "MOVED_BY_ID"
            record |= {"MOVED_TIME": self._now(), mover: user_id}
            if kind.is_dynamic:
                record["PREVIOUS_STAGE_ID"] = before[stage]
        moved = record.get("CATEGORY_ID") != before.get("CATEGORY_ID")
        return Change(kind, record_id, "UPDATE", dict(record), moved_category=moved)

    def delete(self, kind: Kind, record_id: int) -> Change:
        """Remove a record.

        Raises:
            RecordMissingError: there is no such record.
        """
        record = self.get(kind, record_id)
        self.table(kind).remove(record_id)
        if kind is USERFIELD:
            for table in self._tables_with(record):
                table.withdraw(record["FIELD_NAME"])
        return Change(kind, record_id, "DELETE", record)

    def get(self, kind: Kind, record_id: int) -> Record:
        """The record as stored.

        Raises:
            RecordMissingError: there is no such record.
        """
        try:
            return self.table(kind).get(record_id)
        except KeyError:
            raise RecordMissingError(f"{kind.name} {record_id} does not exist") from None

    def all(self, kind: Kind) -> list[Record]:
        """All records of a kind, in order of their ids."""
        return list(self.table(kind))

    def user_fields(self, kind: Kind) -> dict[str, Record]:
        """The user fields of a kind, by their names."""
        fields = self.table(USERFIELD)
        entity = self._entity_of(kind) if fields.last_id else ""
        if not entity:
            return {}
        found = fields.select({"=ENTITY_ID": entity}, {})
        return {
            field["FIELD_NAME"]: field
            for field in map(fields.get, found)
            if _is_user_field(field["FIELD_NAME"])
        }

    def is_admin(self, user_id: int) -> bool:
        """Whether this user administers the portal."""
        users = self.table(USER)
        return user_id in users and users.get(user_id)["ADMIN"] == "Y"

    def _new_record(self, kind: Kind, fields: Mapping[str, Any], user_id: int) -> Record:
        """A record without an id."""
        record: Record = dict.fromkeys(kind.fields) | kind.defaults | {"ID": None}
        record |= dict.fromkeys(_AUTHORS & set(kind.fields), user_id)
        record |= dict.fromkeys(_MOMENTS & set(kind.fields), self._now())
        record |= {name: blank_of(field) for name, field in self.user_fields(kind).items()}
        self._write(kind, record, {k: v for k, v in fields.items() if k != "ID"})
        return record

    def _write(self, kind: Kind, record: Record, fields: Mapping[str, Any]) -> None:
        declared = self.user_fields(kind) if any(map(_is_user_field, fields)) else {}
        for name, value in with_several(kind, record, dict(fields)).items():
            if name in declared:
                record[name] = user_value(declared[name], value)
                continue
            record[name] = stored_value(kind, name, value)
            if kind.type_of(name) == "crm_multifield":
                record[name] = [self._numbered(name, one) for one in several(value)] or None
        if kind.name == "deal":
            if not record["STAGE_ID"]:
                record["STAGE_ID"] = _stage_of(record["CATEGORY_ID"], "NEW")
            record["STAGE_SEMANTIC_ID"] = _semantic_of(record["STAGE_ID"])
            record["CLOSED"] = "N" if record["STAGE_SEMANTIC_ID"] == "P" else "Y"
        elif kind.name == "lead":
            record["STATUS_SEMANTIC_ID"] = _semantic_of(record["STATUS_ID"] or "")
        elif kind.is_dynamic:
            if record["CATEGORY_ID"] is None:
                record["CATEGORY_ID"] = self._default_category(kind)
            if not record["STAGE_ID"]:
                pipeline = f"DT{kind.entity_type_id}_{record['CATEGORY_ID']}"
                record["STAGE_ID"] = f"{pipeline}:NEW"
        elif kind is USERFIELD:
            record["LIST"] = with_numbers(record["LIST"], "ID")
            if "ENUM" in record:  # what userfieldconfig.* calls it
                record["ENUM"] = with_numbers(record["ENUM"], "id")

    def _entity_of(self, kind: Kind) -> str:
        types = self.table(TYPE)
        numbered = {"=ENTITY_TYPE_ID": kind.entity_type_id}
        ids = types.select(numbered, {}) if kind.is_dynamic else ()
        return entity_of(kind, ids[0] if ids else None)

    def _tables_with(self, field: Record) -> list[Table]:
        """The records that have a user field; none if it has no name for one."""
        if not _is_user_field(field["FIELD_NAME"]):
            return []
        types = (dynamic_kind(row["ENTITY_TYPE_ID"]) for row in self.table(TYPE))
        kinds = [kind for kind in (*KINDS.values(), *types) if kind.name in self._tables]
        return [self.table(k) for k in kinds if self._entity_of(k) == field["ENTITY_ID"]]

    def _numbered(self, name: str, value: Record) -> Record:
        """One of several phones, with the id that it has in the portal."""
        if value.get("ID"):
            return value
        self._last_value_id += 1
        return {"VALUE_TYPE": "WORK", **value, "ID": str(self._last_value_id), "TYPE_ID": name}

    def _default_category(self, kind: Kind) -> int:
        """The id of the first pipeline of a kind; 0 if there is none."""
        table = self.table(CATEGORY)
        found = table.select({"=ENTITY_TYPE_ID": kind.entity_type_id}, {"IS_DEFAULT": "DESC"})
        return found[0] if found else 0

    def _now(self) -> str:
        return iso_time(self._clock())


def classic_record(kind: Kind, record: Record) -> dict[str, Any]:
    """A record as classic methods answer it: every value is text, ``None`` is an empty field."""
    types = kind.fields
    return {name: classic_value(types.get(name), value) for name, value in record.items()}


def classic_rows(
    kind: Kind, records: Sequence[Record], names: Sequence[str]
) -> list[dict[str, Any]]:
    """The selected fields of records, as classic list methods answer them.

    Phones and mail addresses come only when they are asked for by name.
    """
    rows = []
    for record in records:
        chosen, others = _columns(kind, tuple(record), tuple(names))
        row = {name: record[name] for name in chosen}
        for name, type_ in others:
            value = row[name]
            if type(value) is int and type_ != "double":  # most are: they are spared the call
                row[name] = str(value)
            elif value is not None:
                row[name] = classic_value(type_, value)
        rows.append(row)
    return rows


@lru_cache(maxsize=256)
def _columns(
    kind: Kind, fields: tuple[str, ...], names: tuple[str, ...]
) -> tuple[list[str], list[tuple[str, str | None]]]:
    """The fields to answer, and those of them that may hold something other than text."""
    hidden = {name for name, type_ in kind.fields.items() if type_ == "crm_multifield"}
    hidden.difference_update(names)
    chosen = [name for name in select_fields(dict.fromkeys(fields), names) if name not in hidden]
    typed = [(name, kind.type_of(name)) for name in chosen]
    return chosen, [(name, type_) for name, type_ in typed if type_ not in TEXTS]


def iso_time(moment: float) -> str:
    """Unix seconds as ISO 8601 with an offset, as all methods answer times."""
    return _iso_second(int(moment))


@lru_cache(maxsize=64)
def _iso_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()


def _is_user_field(name: str | None) -> bool:
    return name is not None and name.startswith("UF_")


def _is_moved(kind: Kind, before: Record, fields: Mapping[str, Any]) -> bool:
    """Whether a change puts a record into another pipeline."""
    if "CATEGORY_ID" not in kind.fields or "CATEGORY_ID" not in fields:
        return False
    wanted = stored_value(kind, "CATEGORY_ID", fields["CATEGORY_ID"])
    return bool(wanted is not None and wanted != before["CATEGORY_ID"])


def _stage_of(category_id: int | None, stage: str) -> str:
    """Stages outside the first pipeline carry its number: ``C3:NEW``."""
    return f"C{category_id}:{stage}" if category_id else stage


def _semantic_of(stage: str) -> str:
    """``S`` for success, ``F`` for failure, ``P`` for a stage in process."""
    return _SEMANTICS.get(stage.rpartition(":")[2], "P")
