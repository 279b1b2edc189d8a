"""User fields: whose they are, and how values of each type are stored.

Source: protocol.md 1.8 and 7.4; the types are those of ``userfieldconfig.add``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bitrix_events.testing.fields import Kind, Record, number_of, stored_moment

_ENTITIES: Final = {
    **{name: f"CRM_{name.upper()}" for name in ("lead", "deal", "contact", "company", "quote")},
    "smart_invoice": "CRM_SMART_INVOICE",
    "task": "TASKS_TASK",
}
_WHOLE_NUMBERS: Final = frozenset({"integer", "enumeration", "employee"})
_NO: Final = ("N", "0")


def entity_of(kind: Kind, type_id: int | None) -> str:
    """What the user fields of a kind name as ``ENTITY_ID``; empty if it has none.

    Args:
        type_id: of the smart process, whose user fields are those of ``CRM_7``.
    """
    if kind.name in _ENTITIES:
        return _ENTITIES[kind.name]
    return f"CRM_{type_id}" if kind.is_dynamic and type_id else ""


def blank_of(field: Record) -> Any:
    """The value of a record that has none in this field."""
    return [] if field["MULTIPLE"] == "Y" else None


def user_value(field: Record, value: Any) -> Any:
    """Bring a value, typed or text, to the form in which it is stored."""
    if field["MULTIPLE"] != "Y":
        return _single(field["USER_TYPE_ID"], value)
    given = list(value.values()) if isinstance(value, Mapping) else value
    values = given if isinstance(given, list) else [given]
    stored = [_single(field["USER_TYPE_ID"], one) for one in values]
    return [one for one in stored if one is not None]


def with_numbers(values: Any, key: str) -> Any:
    """The values of an enumeration, each with the id that stands for it in records.

    Args:
        key: what a value calls its id.
    """
    given = list(values.values()) if isinstance(values, Mapping) else values
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        return values
    last = max((number_of(one.get(key), int) for one in given), default=0)
    numbered = []
    for one in given:
        last += 0 if one.get(key) else 1
        numbered.append(dict(one) if one.get(key) else {key: str(last), **one})
    return numbered


def _single(type_: str, value: Any) -> Any:
    if value is None or value == "" or isinstance(value, Mapping | list):
        return value or None
    if type_ == "boolean":
        return str(value) not in _NO and bool(value)
    if isinstance(value, bool):  # false is how PHP says that there is none
        value = "1" if value else None
    if value is None:
        return None
    if type_ in _WHOLE_NUMBERS:
        return number_of(value, int)
    if type_ == "double":
        return number_of(value, float)
    if type_ in ("date", "datetime"):
        return stored_moment(value, whole_days=type_ == "date")
    return value if type_ == "file" else str(value)
