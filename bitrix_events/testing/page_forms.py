"""The records of the fake portal as forms that a person fills in, and back. No HTML, no HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bitrix_events.testing.fields import Kind
from bitrix_events.testing.kinds import KINDS

GROUPS: Final = {
    "CRM": (
        *("deal", "lead", "contact", "company", "quote", "smart_invoice"),
        *("activity", "timeline_comment"),
    ),
    "Products": ("product", "product_row", "currency"),
    "People and work": ("user", "department", "task", "elapsed_item"),
}
"""The kinds that people look for, as they are shown together."""

SUGGESTIONS: Final = {
    ("deal", "STAGE_ID"): ("NEW", "PREPARATION", "EXECUTING", "WON", "LOSE"),
    ("lead", "STATUS_ID"): ("NEW", "IN_PROCESS", "PROCESSED", "CONVERTED", "JUNK"),
    ("quote", "STATUS_ID"): ("DRAFT", "SENT", "APPROVED", "DECLAINED"),
    ("task", "STATUS"): ("2", "3", "4", "5", "6"),
}
"""Values that a field often has, by kind and field."""

LONG_TEXTS: Final = frozenset({"COMMENTS", "DESCRIPTION", "COMMENT", "COMMENT_TEXT"})

_MAIN: Final = (
    *("TITLE", "NAME", "LAST_NAME", "SUBJECT", "FULL_NAME", "CURRENCY", "FIELD_NAME"),
    *("PRODUCT_NAME", "ADDRESS_1", "CITY", "EMAIL", "STAGE_ID", "STATUS_ID", "STATUS"),
    *("ENTITY_TYPE", "ENTITY_TYPE_ID", "ENTITY_ID", "OWNER_TYPE_ID", "OWNER_TYPE", "OWNER_ID"),
    *("USER_TYPE_ID", "TASK_ID", "SECONDS", "OPPORTUNITY", "PRICE", "QUANTITY", "REVENUE"),
    *("AMOUNT", "CURRENCY_ID", "COMPANY_ID", "CONTACT_ID", "RESPONSIBLE_ID", "ASSIGNED_BY_ID"),
    *("COMMENT", "COMMENT_TEXT", "COMMENTS", "DESCRIPTION"),
)
_NESTED: Final = frozenset({"list", "crm_multifield"})
_PLURALS: Final = {"s": "es", "y": "ies"}
_USER_FIELD: Final = re.compile(r"UF_[A-Z0-9_]{1,60}")


class FormProblem(Exception):
    """What was filled in cannot be taken; the text says why."""


def singular(kind: Kind) -> str:
    """``Deal``, ``Product row``."""
    if kind.is_dynamic and kind.name not in KINDS:
        return f"Item of {kind.entity_type_id}"
    return kind.name.replace("_", " ").replace("userfield", "user field").capitalize()


def plural(kind: Kind) -> str:
    """``Deals``, ``Companies``."""
    name = singular(kind)
    if kind.name not in KINDS:
        return name.replace("Item", "Items")
    ending = _PLURALS.get(name[-1], "s")
    return (name[:-1] if ending == "ies" else name) + ending


def main_fields(kind: Kind) -> list[str]:
    """The few fields that a person looks at first."""
    return [name for name in _MAIN if name in kind.fields and kind.type_of(name) not in _NESTED]


def columns(kind: Kind) -> list[str]:
    """The fields that a list of records shows, besides the id."""
    return [name for name in main_fields(kind) if name not in LONG_TEXTS][:4] or main_fields(kind)


def other_fields(kind: Kind, record: Mapping[str, Any]) -> list[str]:
    """The rest, with the user fields that the record has."""
    shown = {"ID", *main_fields(kind)}
    return [name for name in dict.fromkeys([*kind.fields, *record]) if name not in shown]


def is_nested(kind: Kind, name: str, value: Any) -> bool:
    """Whether a field is written as JSON: lists, and mappings."""
    return kind.type_of(name) in _NESTED or isinstance(value, list | dict)


def text_of(value: Any) -> str:
    """A value as it stands in the form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    return json.dumps(value, ensure_ascii=False)


def changed_fields(
    kind: Kind, form: Mapping[str, Any], nested: Sequence[str] = ()
) -> dict[str, Any]:
    """What a person has changed in a form, whatever else has changed in the record since.

    Args:
        form: the fields of the form; ``before`` holds as JSON what stood in it, and ``more`` and
            ``more_value`` may name a user field besides.
        nested: user fields that are written as JSON.

    Raises:
        FormProblem: the JSON of a field is none, or the user field cannot have that name.
    """
    before = _object(form.get("before"))
    found: dict[str, Any] = {}
    for name, given in form.items():
        text = text_of(given)
        if not name.isupper() or name == "ID" or text == before.get(name, ""):
            continue
        is_json = bool(text) and (kind.type_of(name) in _NESTED or name in nested)
        found[name] = _parsed(name, text) if is_json else text
    name = str(form.get("more", "")).strip().upper()
    if name:
        if not _USER_FIELD.fullmatch(name):
            raise FormProblem(f"{name} cannot be a user field: their names begin with UF_")
        found[name] = text_of(form.get("more_value"))
    return found


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise FormProblem(f"{name} is written as JSON, and this is none: {error}") from None


def _object(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
