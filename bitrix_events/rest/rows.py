"""What the ways of reading a list have in common: where rows are, and how parameters are put.

Source: protocol.md 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bitrix_events.catalog.methods import ListFacts, Path
from bitrix_events.errors import IncompleteList
from bitrix_events.rest.batch import fits_batch

Row = Any
"""A row of a list: mostly an object; a plain value where the method lists values."""

_VARIABLES: Final = 900
"""PHP takes 1,000 variables of a command and drops the others silently (protocol.md 5.3)."""


def rows_of(result: Any, method: str, facts: ListFacts, *, portal: str) -> list[Row]:
    """The rows of one answer.

    Raises:
        IncompleteList: they are not where they should be.
    """
    path = facts.rows if facts.rows is not None else guessed_path(result)
    rows = result
    if path is None:
        rows = None
    elif result != []:  # PHP's empty object
        for name in path:
            rows = rows.get(name) if isinstance(rows, Mapping) else None
    if facts.shape == "map" and isinstance(rows, Mapping):
        rows = list(rows.values())
    if not isinstance(rows, list):
        where = ".".join(("result", *(facts.rows or ())))
        raise incomplete(
            method, f"{where} holds no rows; say where they are with rows=", portal=portal
        )
    return rows


def guessed_path(result: Any) -> Path | None:
    """Where rows seem to be: the result is a list, or holds one list of objects; else None."""
    if not isinstance(result, Mapping):
        return ()
    lists = [name for name, value in result.items() if isinstance(value, list)]
    if len(lists) != 1 or not all(isinstance(row, Mapping) for row in result[lists[0]]):
        return None
    return (lists[0],)


def incomplete(method: str, problem: str, *, portal: str) -> IncompleteList:
    """The error of a list that cannot be read completely."""
    return IncompleteList(method, "INCOMPLETE_LIST", problem, portal=portal)


def fits_command(parameters: Mapping[str, Any]) -> bool:
    """Whether parameters mean the same in a command of a batch, and leave room for a few more."""
    return fits_batch(parameters, variables=_VARIABLES)


def spelled(parameters: Mapping[str, Any], path: Path) -> Path:
    """The path as the caller has spelled it: ``FILTER`` for ``filter``, if that is given."""
    first = next((name for name in parameters if name.lower() == path[0].lower()), path[0])
    return (first, *path[1:])


def value_at(parameters: Mapping[str, Any], path: Path) -> Any:
    """The value at a path; None if there is none."""
    value: Any = parameters
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def with_value(parameters: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of the parameters with another value at a path."""
    first, rest = path[0], path[1:]
    if not rest:
        return {**parameters, first: value}
    inner = parameters.get(first)
    return {
        **parameters,
        first: with_value(inner if isinstance(inner, Mapping) else {}, rest, value),
    }
