"""What the ways of reading a list have in common: where rows are, and how parameters are put.

Source: protocol.md 7.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import aclosing
from typing import Any, Final

from bitrix_events.catalog.methods import ListFacts, Path
from bitrix_events.errors import IncompleteList
from bitrix_events.rest.batch import MOST_VALUES, fits_batch

Row = Any
"""A row of a list: mostly an object; a plain value where the method lists values."""

_ROOM: Final = 100
"""Values that reading a list may add to a command."""


class LazyList(ABC):
    """A lazy list. ``async for`` streams rows; ``await`` collects all of them.

    It can be read several times, also side by side: `last_id` is then that of whichever reading
    handed out a row last.
    """

    def __init__(self) -> None:
        self._last_row: Row = None

    async def __aiter__(self) -> AsyncGenerator[Row, None]:
        self._last_row = None
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                for row in page:
                    self._last_row = row
                    yield row

    def __await__(self) -> Generator[Any, None, list[Row]]:
        return self.all().__await__()

    async def all(self) -> list[Row]:
        """Every row.

        Raises:
            IncompleteList: the list could not be read completely; nothing is returned.
            RestError: a page could not be read.
        """
        rows: list[Row] = []
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                rows += page
        return rows

    async def pages(self) -> AsyncGenerator[list[Row], None]:
        """Rows in pages, as the portal sends them. Raises as `all` does."""
        self._last_row = None
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                self._last_row = page[-1]
                yield page

    @property
    @abstractmethod
    def last_id(self) -> int | None:
        """Id of the last row that was handed out; None if there is none to go by."""

    @abstractmethod
    def _pages(self) -> AsyncGenerator[list[Row], None]:
        """Pages that are not empty, within the limit."""


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


def counted(total: int | None, rows: int) -> int | None:
    """How many rows the portal counts; None if it does not.

    Args:
        total: what it says: methods that do not count say 0 or -1 beside rows.
        rows: how many came with it.
    """
    return total if total is not None and total >= rows else None


def fits_command(parameters: Mapping[str, Any]) -> bool:
    """Whether parameters mean the same in a command of a batch, and leave room for a few more."""
    return fits_batch(parameters, variables=MOST_VALUES - _ROOM)


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


def with_id_selected(parameters: Mapping[str, Any], facts: ListFacts) -> dict[str, Any]:
    """The parameters with the id among the selected fields, if some are selected."""
    id_name = facts.filter_id or facts.id_field
    if facts.select is None or id_name is None:
        return dict(parameters)
    path = spelled(parameters, facts.select)
    chosen = value_at(parameters, path)
    if not chosen:
        return dict(parameters)
    if isinstance(chosen, Mapping):
        chosen = chosen.values()
    names = [chosen] if isinstance(chosen, str) else list(chosen)
    if "*" not in names:
        names += [name for name in facts.select_needs or (id_name,) if name not in names]
    return with_value(parameters, path, names)
