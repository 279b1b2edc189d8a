"""What the fields of a record are called and how their values look, in both dialects.

The classic dialect (``crm.deal.get``) has names in upper case and text values; the item dialect
(``crm.item.get``) has camel case and typed values. Values are stored once, typed, under the classic
name.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

Record = dict[str, Any]
"""One record as stored: classic field names, typed values, ``None`` for an empty field."""

_NUMBERS: Final = frozenset(
    {"integer", "user", "crm_company", "crm_contact", "crm_lead", "crm_category"}
)
_MOMENTS: Final = frozenset({"datetime", "date"})
_WHOLE: Final = re.compile(r"\s*[+-]?\d+", re.ASCII)
_DECIMAL: Final = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
TEXTS: Final = _MOMENTS | {"string", "text", "char", "crm_status", "crm_currency"}
"""The types of fields that hold text or nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of record: what its fields are called and which events its changes raise.

    There is one object for each kind.
    """

    name: str
    event_stem: str
    """``ONCRMDEAL``, to which ADD, UPDATE and DELETE are appended."""
    actions: tuple[str, ...]
    """The changes that raise an event; the vendor has, for example, no ``ONUSERUPDATE``."""
    fields: dict[str, str]
    """Field name to type, as ``crm.deal.fields`` answers; without user fields (``UF_``)."""
    defaults: dict[str, Any] = field(default_factory=dict)
    entity_type_id: int | None = None
    """The number that ``crm.item.*`` knows the kind by."""
    is_dynamic: bool = False
    """Whether its events are those of smart processes, which carry that number."""

    @property
    def has_several(self) -> bool:
        """Whether its records have phones, mail addresses and their like."""
        return "crm_multifield" in self.fields.values()

    def type_of(self, name: str) -> str | None:
        """The type of a field, or None for a user field, whose values are kept as they come."""
        return self.fields.get(name)

    def item_name(self, name: str) -> str:
        """The camel case name that ``crm.item.*`` uses for a classic field name."""
        return _ODD_ITEM_NAMES.get(name) or _camel_case(name)

    def classic_name(self, name: str) -> str:
        """The classic name of a field that may be given in either dialect."""
        if name in self.fields or name.startswith("UF_"):
            return name
        return next(
            (known for known in self.fields if self.item_name(known) == name), _upper_case(name)
        )


def stored_value(kind: Kind, name: str, value: Any) -> Any:
    """Bring a value, typed or text, to the form it is stored in. Empty text is no value."""
    kind_of_value = kind.type_of(name)
    if isinstance(value, datetime | date) or (value and kind_of_value in _MOMENTS):
        return stored_moment(value, whole_days=kind_of_value == "date")
    if value == "" and kind_of_value != "text":
        return None
    if value is None or kind_of_value in (None, "list", "crm_multifield"):
        return value
    if kind_of_value in _NUMBERS:
        return number_of(value, int)
    if kind_of_value == "double":
        return number_of(value, float)
    if kind_of_value == "boolean":
        return value not in (False, "N", "0", 0)
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value)


def several(value: Any) -> list[Record]:
    """The phones, mail addresses and their like among a value; from PHP it may be a mapping."""
    values = value.values() if isinstance(value, dict) else value
    return (
        [one for one in values if isinstance(one, dict)] if isinstance(value, list | dict) else []
    )


def several_changed(before: Any, given: Any) -> list[Record]:
    """Phones and their like after an update: one with an id is changed, or removed if it is empty
    or to be deleted; others are added; those that are not named stay."""
    known = {str(one["ID"]): one for one in several(before)}
    added = []
    for one in several(given):
        record_id, is_gone = str(one.get("ID") or ""), one.get("DELETE") == "Y"
        changed = {**known.get(record_id, {}), **one}
        if record_id in known:
            known[record_id] = {} if is_gone or not changed.get("VALUE") else changed
        elif changed.get("VALUE") and not is_gone:
            added.append({name: value for name, value in changed.items() if name != "ID"})
    return [one for one in [*known.values(), *added] if one]


def with_several(kind: Kind, record: Record, fields: Record) -> Record:
    """Fields in which ``fm``, as ``crm.item.*`` calls all phones and their like together, is taken
    apart by type.

    Args:
        record: as it is before the change.
    """
    if "FM" not in fields or not kind.has_several:
        return fields
    apart = {name: value for name, value in fields.items() if name != "FM"}
    given: dict[str, list[Record]] = {}
    for one in several(fields["FM"]):
        classic = {_upper_case(name): value for name, value in one.items()}
        type_ = str(classic.get("TYPE_ID") or _type_of_one(kind, record, classic.get("ID")))
        given.setdefault(type_.upper(), []).append(classic)
    for name, values in given.items():
        if kind.type_of(name) == "crm_multifield":
            apart[name] = several_changed(record.get(name), values)
    return apart


def _type_of_one(kind: Kind, record: Record, value_id: Any) -> str:
    """The type of the phone or its like that has this id in a record; empty if none has."""
    known = {str(one["id"]): str(one["typeId"]) for one in item_several(kind, record)}
    return known.get(str(value_id), "")


def item_several(kind: Kind, record: Record) -> list[Record]:
    """All phones and their like of a record, as ``crm.item.*`` answers them in ``fm``."""
    return [
        {
            "id": number_of(one["ID"], int),
            "typeId": name,
            "valueType": one.get("VALUE_TYPE", ""),
            "value": one.get("VALUE", ""),
        }
        for name, type_ in kind.fields.items()
        if type_ == "crm_multifield"
        for one in several(record.get(name))
    ]


def classic_value(kind_of_value: str | None, value: Any) -> Any:
    """A stored value as classic methods answer it: text, in lists too."""
    if value is None or isinstance(value, str) or kind_of_value == "boolean":
        return value
    if type(value) is int and kind_of_value != "double":
        return str(value)
    if isinstance(value, dict):
        return {key: classic_value(None, item) for key, item in value.items()}
    if isinstance(value, list):
        return [classic_value(None, item) for item in value]
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:.2f}" if kind_of_value == "double" else str(value)


def item_value(value: Any) -> Any:
    """A stored value as ``crm.item.*`` answers it: typed, but ``Y`` and ``N`` for booleans."""
    if isinstance(value, bool):
        return "Y" if value else "N"
    return value


def number_of(value: Any, number_type: type[int] | type[float]) -> int | float:
    """A value as a number, as PHP has it: of text the number that it begins with, or else 0."""
    if isinstance(value, str):
        leading = (_WHOLE if number_type is int else _DECIMAL).match(value)
        value = leading[0] if leading else 0
    try:
        number = number_type(value)
    except (TypeError, ValueError, OverflowError):
        return 0
    return number if isinstance(number, int) or math.isfinite(number) else 0.0


def stored_moment(value: Any, *, whole_days: bool) -> str:
    """A date or time as ISO 8601, in the zone of the fake portal: UTC. Other text stays."""
    try:
        moment = value if isinstance(value, date) else datetime.fromisoformat(str(value))
        if whole_days or not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return str(value)


# The vendor's converter has names of its own for these, in crm.item.fields.
_ODD_ITEM_NAMES: Final = {
    "DATE_CREATE": "createdTime",
    "DATE_MODIFY": "updatedTime",
    "CREATED_BY_ID": "createdBy",
    "MODIFY_BY_ID": "updatedBy",
    "MOVED_BY_ID": "movedBy",
    "STATUS_ID": "stageId",
    "STATUS_SEMANTIC_ID": "stageSemanticId",
    "COMPANY_TYPE": "typeId",
}
# User fields with digits among letters keep their own spelling after the prefix (UF_CRM_1712 is
# ufCrm_1712), because camel case could not be undone. Names of letters, and those of smart
# processes (UF_CRM_7_1712), are converted.
_CONVERTED_UPPER: Final = re.compile(r"[A-Z_]+|UF_CRM_\d{1,4}_(?:[\d_]+|[A-Z_]+)")
_CONVERTED_CAMEL: Final = re.compile(r"[A-Za-z_]+|ufCrm\d{1,4}(?:_[\d_]+|[A-Za-z_]+)")
_WORD_STARTS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=\d)")


@cache
def _camel_case(name: str) -> str:
    if name.startswith("UF_CRM_") and not _CONVERTED_UPPER.fullmatch(name):
        return "ufCrm_" + name.removeprefix("UF_CRM_")
    words = re.split(r"(?<!\d)_|_(?!\d)", name.lower())
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _upper_case(name: str) -> str:
    if name.startswith("ufCrm_") and not _CONVERTED_CAMEL.fullmatch(name):
        return "UF_CRM_" + name.removeprefix("ufCrm_")
    return _WORD_STARTS.sub("_", name).upper()
