"""All rows of a list method, page by page: complete, or an error.

Where the method allows it, pages follow the record id (keyset): rows that are added, changed or
deleted meanwhile cannot make others be skipped. Otherwise pages follow an offset, and the count is
checked in the end.

Source: protocol.md 7.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bitrix_events.errors import IncompleteList
from bitrix_events.rest.responses import Response
from bitrix_events.wire.numbers import whole_number

Row = dict[str, Any]

PAGE_SIZE: Final = 50


class Calls(Protocol):
    """Who makes the calls."""

    @property
    def domain(self) -> str:
        """Host name of the portal, for errors."""

    async def call(self, method: str, params: Mapping[str, Any] | None = None, /) -> Response:
        """Call a REST method."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """How a method is read by id: name of the id field in rows, filter and order."""

    id_field: str


_KEYSET: Final = {
    "crm.lead.list": Keyset("ID"),
    "crm.deal.list": Keyset("ID"),
    "crm.contact.list": Keyset("ID"),
    "crm.company.list": Keyset("ID"),
    "crm.item.list": Keyset("id"),
}
_KEYSET_PARAMETERS: Final = frozenset({"filter", "select", "entityTypeId", "useOriginalUfNames"})


class Listing:
    """A lazy list. ``async for`` streams rows with one page in memory; ``await`` collects all."""

    def __init__(self, calls: Calls, method: str, params: Mapping[str, Any]) -> None:
        self._calls = calls
        self._method = method
        self._params = dict(params)

    async def __aiter__(self) -> AsyncIterator[Row]:
        async for page in self.pages():
            for row in page:
                yield row

    def __await__(self) -> Generator[Any, None, list[Row]]:
        return self.all().__await__()

    async def all(self) -> list[Row]:
        """Every row.

        Raises:
            IncompleteList: the list could not be read completely; nothing is returned.
        """
        return [row async for row in self]

    async def pages(self) -> AsyncIterator[list[Row]]:
        """Rows in pages, as the portal sends them. Raises as `all` does."""
        keyset = _KEYSET.get(self._method.lower())
        if keyset is not None and set(self._params) <= _KEYSET_PARAMETERS:
            pages = self._by_id(keyset)
        else:
            pages = self._by_offset()
        async for page in pages:
            yield page

    async def _by_id(self, keyset: Keyset) -> AsyncIterator[list[Row]]:
        """Ask for the rows after the last id, until a page is not full."""
        id_field = keyset.id_field
        after = f">{id_field}"
        conditions = dict(self._params.get("filter") or {})
        params = {**self._params, "order": {id_field: "ASC"}, "start": -1}
        if "select" in params:
            select = params["select"] or ["*"]
            params["select"] = [*([select] if isinstance(select, str) else select), id_field]
        last: int | None = None
        while True:
            if last is not None:
                conditions[after] = last
            page = self._rows(
                await self._calls.call(self._method, {**params, "filter": conditions})
            )
            for row in page:
                row_id = whole_number(row.get(id_field))
                if row_id is None or (last is not None and row_id <= last):
                    raise self._incomplete(f"the {id_field} of its rows does not grow")
                last = row_id
            if page:
                yield page
            if len(page) < PAGE_SIZE:
                return

    async def _by_offset(self) -> AsyncIterator[list[Row]]:
        """Ask for page after page; notice rows that moved between pages by their number."""
        start = max(whole_number(self._params.get("start")) or 0, 0)  # -1 would end after a page
        received = start
        total: int | None = None
        seen: set[Any] = set()
        while True:
            response = await self._calls.call(self._method, {**self._params, "start": start})
            page = self._rows(response)
            if total is not None and response.total != total:
                raise self._incomplete("its length changed while it was read")
            total = response.total
            received += len(page)
            for row in page:
                row_id = row.get("ID", row.get("id"))
                if isinstance(row_id, str | int):
                    if row_id in seen:
                        raise self._incomplete(f"record {row_id} came twice")
                    seen.add(row_id)
            if page:
                yield page
            if response.next is None:
                break
            if response.next <= start:
                raise self._incomplete("the portal sends the same page again")
            start = response.next
        if total and received != total:
            raise self._incomplete(f"{received} rows came, the portal counts {total}")

    def _rows(self, response: Response) -> list[Row]:
        """The rows of a page: ``result`` itself, or the only list inside it."""
        result = response.result
        if isinstance(result, dict):
            lists = [value for value in result.values() if isinstance(value, list)]
            if len(lists) != 1:
                raise self._incomplete(
                    f"{len(lists)} lists were found in its result instead of one"
                )
            (result,) = lists
        if not isinstance(result, list) or not all(isinstance(row, dict) for row in result):
            raise self._incomplete("its result is no list of records; use call()")
        return result

    def _incomplete(self, problem: str) -> IncompleteList:
        return IncompleteList(self._method, "INCOMPLETE_LIST", problem, portal=self._calls.domain)
