"""How REST 3.0 asks for records: select, filter, order, pages and cursors.

Source: protocol.md 4.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from bitrix_events.testing.fields import Record
from bitrix_events.testing.listing import meets

Params: TypeAlias = dict[str, Any]

MOST_ROWS: Final = 1000
_OPERATORS: Final = {"in": "@", **{name: name for name in ("=", "!=", ">", ">=", "<", "<=")}}


class V3Error(Exception):
    """A method of REST 3.0 refuses.

    Args:
        name: the end of the code, ``INVALIDFILTER``.
        invalid: the field that is wrong, where it is one.
    """

    def __init__(
        self, name: str, message: str, *, status: int = 400, invalid: str | None = None
    ) -> None:
        super().__init__(name, message)
        self.code = f"BITRIX_REST_V3_EXCEPTION_{name}EXCEPTION"
        self.message = message
        self.status = status
        self.invalid = invalid

    def envelope(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.invalid is not None:
            error["validation"] = [{"message": self.message, "field": self.invalid}]
        return {"error": error}


def invalid_field(name: str, message: str) -> V3Error:
    return V3Error("VALIDATION_REQUESTVALIDATION", message, invalid=name)


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of an object: their names here, and the records behind them."""

    entity: str
    classic_names: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By name: the words that stand for stored values."""

    def classic_name(self, name: Any) -> str:
        if name not in self.classic_names:
            raise V3Error("UNKNOWNDTOPROPERTY", f"Unknown field `{name}` of `{self.entity}`")
        return self.classic_names[name]

    def shown(self, name: str, record: Record) -> Any:
        value = record[self.classic_names[name]]
        return self.words[name].get(value, value) if name in self.words else value

    def stored(self, name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self.stored(name, item) for item in value]
        for stored, word in self.words.get(name, {}).items():
            if word == value:
                return stored
        return value


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: what `Table.select` can do of it, and the rest."""

    conditions: Mapping[str, Any]
    """Operand by operator and classic name."""
    tests: Sequence[Callable[[Record], bool]]
    names: frozenset[str]
    """The fields that it speaks of."""

    def accepts(self, record: Record) -> bool:
        """Whether a record that meets the conditions passes the tests too."""
        return all(test(record) for test in self.tests)


def read_filter(fields: Fields, given: Any) -> Filter:
    """A filter: a list of conditions and groups, all of which must hold.

    Raises:
        V3Error: it is none, or names what does not exist.
    """
    if not isinstance(given or [], list):
        raise V3Error("INVALIDFILTER", "The filter must be an array")
    conditions: dict[str, Any] = {}
    tests: list[Callable[[Record], bool]] = []
    names: set[str] = set()
    for item in given or []:
        if isinstance(item, dict):
            tests.append(_group(fields, item, names))
            continue
        for operator, name, operand in _triples(fields, item, names):
            if operator + name in conditions:
                tests.append(_test([(operator, name, operand)]))
            else:
                conditions[operator + name] = operand
    return Filter(conditions, tests, frozenset(names))


def read_order(fields: Fields, given: Any) -> Params:
    """An order by classic names.

    Raises:
        V3Error: it is no mapping of known fields to ASC or DESC.
    """
    order = given or {}
    if not isinstance(order, dict):
        raise V3Error("INVALIDORDER", "The order must be an object")
    for name, way in order.items():
        if name not in fields.classic_names or str(way).upper() not in ("ASC", "DESC"):
            raise V3Error("INVALIDORDER", f"Invalid order: {name} {way}")
    return {fields.classic_names[name]: way for name, way in order.items()}


def read_pagination(given: Any, *, default: int) -> slice:
    """Which rows are wanted.

    Raises:
        V3Error: page, limit or offset is impossible.
    """
    page = given or {}
    if not isinstance(page, dict):
        raise V3Error("INVALIDPAGINATION", "The pagination must be an object")
    limit = _number_in(page, "limit", default, least=1, most=MOST_ROWS)
    first = (_number_in(page, "page", 1, least=1) - 1) * limit
    offset = _number_in(page, "offset", first, least=0)
    return slice(offset, offset + limit)


def read_cursor(fields: Fields, given: Any, *, default: int) -> tuple[str, Any, str, int]:
    """The field of a cursor, its last value or None, ASC or DESC, and how many rows are wanted.

    Raises:
        V3Error: the cursor is impossible.
    """
    cursor = given or {}
    if not isinstance(cursor, dict):
        raise V3Error("INVALIDPAGINATION", "The cursor must be an object")
    name = cursor.get("field", "id")
    fields.classic_name(name)
    way = str(cursor.get("order", "ASC")).upper()
    if way not in ("ASC", "DESC"):
        raise V3Error("INVALIDORDER", f"Invalid order: {way}")
    limit = _number_in(cursor, "limit", default, least=1, most=MOST_ROWS)
    return name, cursor.get("value"), way, limit


def selected_names(given: Any) -> list[str]:
    """The names to select; none given means all.

    Raises:
        V3Error: it is no list of names.
    """
    names = given or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise V3Error("INVALIDSELECT", "The selection must be an array of names")
    return names


def _group(fields: Fields, group: Params, names: set[str]) -> Callable[[Record], bool]:
    conditions = group.get("conditions")
    logic = str(group.get("logic", "and")).lower()
    if not isinstance(conditions, list) or logic not in ("and", "or"):
        raise V3Error("INVALIDFILTER", "A group needs logic and conditions")
    tests = [
        _group(fields, item, names)
        if isinstance(item, dict)
        else _test(_triples(fields, item, names))
        for item in conditions
    ]
    combine = all if logic == "and" else any
    return lambda row: combine(test(row) for test in tests)


def _triples(fields: Fields, condition: Any, names: set[str]) -> list[tuple[str, str, Any]]:
    """Operator, classic name and operand of a condition; ``between`` is two."""
    match condition:
        case [str(name), list(operand)]:
            operator = "in"
        case [str(name), operand]:
            operator = "="
        case [str(name), str(operator), operand]:
            pass
        case _:
            raise V3Error("INVALIDFILTER", "A condition is [field, operator, value]")
    names.add(name)
    classic = fields.classic_name(name)
    operand = fields.stored(name, operand)
    if operator == "between":
        if not isinstance(operand, list) or len(operand) != 2:
            raise invalid_field(name, "between needs two values")
        return [(">=", classic, operand[0]), ("<=", classic, operand[1])]
    if operator not in _OPERATORS:
        raise V3Error("UNKNOWNFILTEROPERATOR", f"Unknown filter operator: {operator}")
    if name == "id" and not all(str(value).isdecimal() for value in _each(operand)):
        raise invalid_field(name, f"`{name}` must be an integer")
    return [(_OPERATORS[operator], classic, operand)]


def _test(triples: Sequence[tuple[str, str, Any]]) -> Callable[[Record], bool]:
    return lambda row: meets(row, triples)


def _each(operand: Any) -> list[Any]:
    return operand if isinstance(operand, list) else [operand]


def _number_in(
    given: Params, name: str, default: int, *, least: int, most: int | None = None
) -> int:
    value = given.get(name)
    if value is None:
        return default
    number = int(value) if str(value).isdecimal() else -1
    if number < least or (most is not None and number > most):
        raise V3Error("INVALIDPAGINATION", f"Invalid pagination: {name} is {value}")
    return number
