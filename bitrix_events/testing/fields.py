"""What the fields of a record are called and how their values look, in both dialects.

The classic dialect (``crm.deal.get``) has names in upper case and text values; the item dialect
(``crm.item.get``) has camel case and typed values. Values are stored once, typed, under the classic
name.
"""

from __future__ import annotations

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
        return _iso_moment(value, whole_days=kind_of_value == "date")
    if value == "" and kind_of_value != "text":
        return None
    if value is None or kind_of_value in (None, "list", "crm_multifield"):
        return value
    if kind_of_value in _NUMBERS:
        return _number(value, int)
    if kind_of_value == "double":
        return _number(value, float)
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


def _number(value: Any, number_type: type[int] | type[float]) -> int | float:
    """Text to a number; what is no number counts as 0, as in PHP."""
    try:
        return number_type(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def _iso_moment(value: Any, *, whole_days: bool) -> str:
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
