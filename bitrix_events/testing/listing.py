"""What every list method has in common: filter, order, select, and pages of rows.

Source: protocol.md 7.1 and 7.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from bitrix_events.testing.fields import Record

_OPERATOR: Final = re.compile(r"(!?(?:><|=%|%=|[=@%])|>=|<=|[!><])?(.*)", re.DOTALL)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; ``total`` and ``next`` are None where the answer leaves them out."""

    rows: list[T]
    total: int | None = None
    next: int | None = None


def split_condition(key: str) -> tuple[str, str]:
    """``">=ID"`` to ``(">=", "ID")``; without an operator the condition means equality."""
    match = _OPERATOR.fullmatch(key)
    return (match[1] or "=", match[2]) if match else ("=", key)


def operands(operator: str, operand: Any) -> list[Any]:
    """The values that a condition compares with; from PHP a list may come as a mapping. No value
    among them is the empty one, but for ``@``, which then is not met."""
    values = list(operand.values()) if isinstance(operand, dict) else operand
    if not isinstance(values, list):
        return [operand]
    return values or ([] if operator == "@" else [operand])


def meets(row: Record, conditions: Sequence[tuple[str, str, Any]]) -> bool:
    """Whether a row meets all conditions: operator, field and operand of each."""
    return all(_meets(row.get(name), operator, operand) for operator, name, operand in conditions)


def order_rows(rows: Sequence[Record], order: Mapping[str, Any]) -> list[Record]:
    """Rows sorted by ``{field: ASC or DESC}``, the first field counting most; else by ``ID``."""
    ordered = list(rows)
    for name, direction in reversed(list((order or {"ID": "ASC"}).items())):
        ordered.sort(key=partial(_sort_key, name), reverse=str(direction).upper() == "DESC")
    return ordered


def select_fields(row: Record, names: Sequence[str]) -> Record:
    """The selected fields of a row, always with ``ID``.

    ``*`` means all but user fields, ``UF_*`` the user fields.
    """
    if "*" not in names and "UF_*" not in names:
        return {name: row[name] for name in ("ID", *names) if name in row}
    return {
        name: value
        for name, value in row.items()
        if name == "ID"
        or name in names
        or ("UF_*" in names if name.startswith("UF_") else "*" in names)
    }


def cut_page(rows: Sequence[T], start: Any, *, page_size: int) -> Page[T]:
    """The page at ``start``, rounded down to a whole page; -1 is the first page, uncounted."""
    offset = int(start) if re.fullmatch(r"-?\d+", str(start)) else 0
    if offset < 0:
        return Page(list(rows[:page_size]))
    offset -= offset % page_size
    end = offset + page_size
    return Page(list(rows[offset:end]), len(rows), end if end < len(rows) else None)


def _meets(value: Any, operator: str, operand: Any) -> bool:
    if operator.startswith("!"):
        return not _meets(value, operator[1:] or "=", operand)
    values = [_plain(one) for one in value] if isinstance(value, list) and value else [value]
    if operator in ("=", "@"):
        return any(_equal(have, want) for have in values for want in operands(operator, operand))
    if operator in ("%", "=%", "%="):
        pattern = _pattern(str(operand), anywhere=operator == "%")
        return any(pattern.fullmatch(str(_blank(have))) for have in values)
    if operator == "><":
        between = operands(operator, operand)
        return len(between) == 2 and all(map(partial(_meets, value), (">=", "<="), between))
    if value is None:
        return False
    have, want = _comparable(value, operand)
    if operator == ">":
        return bool(have > want)
    if operator == "<":
        return bool(have < want)
    return bool(have >= want if operator == ">=" else have <= want)


def _plain(value: Any) -> Any:
    """One of several values: of a phone, or an address, its text."""
    return value.get("VALUE") if isinstance(value, dict) else value


def _pattern(text: str, *, anywhere: bool) -> re.Pattern[str]:
    """What ``LIKE`` finds: part of a text, or that in which ``%`` stands for anything."""
    parts = ["", text, ""] if anywhere else text.split("%")
    return re.compile(".*".join(map(re.escape, parts)), re.DOTALL | re.IGNORECASE)


def _equal(value: Any, operand: Any) -> bool:
    if isinstance(operand, bool) and value in ("Y", "N"):
        operand = "Y" if operand else "N"
    elif operand is False and not isinstance(value, int | float):
        operand = ""  # asks for records without a value
    elif isinstance(value, bool) and operand in ("Y", "N"):
        operand = operand == "Y"
    if _blank(value) == "" or _blank(operand) == "":
        return bool(_blank(value) == _blank(operand))
    if isinstance(value, str) and isinstance(operand, str):  # "007" is not "7"
        try:
            return _moment(value) == _moment(operand)
        except ValueError:
            return value.casefold() == operand.casefold()
    have, want = _comparable(value, operand)
    return bool(have == want)


def _blank(value: Any) -> Any:
    """No value, empty text and an empty list are the same to a filter."""
    return "" if value is None or value == [] else value


def _comparable(value: Any, operand: Any) -> tuple[Any, Any]:
    """Two values as numbers if both are, else as times, else as text without case."""
    if isinstance(operand, list | dict):
        operand = (
            1  # PHP casts an array to 1; a collapsed batch reference ends here (protocol.md 6.5)
        )
    for convert in (float, _moment):
        try:
            return convert(value), convert(operand)
        except (TypeError, ValueError):
            continue
    return str(value).casefold(), str(operand).casefold()


def _moment(value: Any) -> float:
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _sort_key(name: str, row: Record) -> tuple[bool, bool, Any]:
    """Empty values first, then numbers, then text without regard to case."""
    value = row.get(name)
    if isinstance(value, int | float):
        return (True, False, value)
    return (value is not None, value is not None, str(value).casefold())
