"""Reading a list by position, where its rows cannot be followed by id.

Rows that come or go meanwhile move the others from page to page, so all that can be checked is
checked: the length does not change, no record comes twice, and as many rows came as were counted.

Source: protocol.md 7.1 and 7.4.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from bitrix_events.catalog.methods import ListFacts, Paging, Path, method_facts
from bitrix_events.errors import RestError
from bitrix_events.rest.budget import Budget
from bitrix_events.rest.dispatch import Dispatcher
from bitrix_events.rest.many import Many
from bitrix_events.rest.options import Options
from bitrix_events.rest.responses import Response
from bitrix_events.rest.rows import (
    Row,
    counted,
    fits_command,
    incomplete,
    rows_of,
    spelled,
    value_at,
    with_id_selected,
    with_value,
)
from bitrix_events.rest.turns import Priority
from bitrix_events.wire.numbers import whole_number


class OffsetWalk:
    """One reading of one list, page after page.

    Args:
        limit: how many rows are wanted at most; a few more may come.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        options: Options,
        method: str,
        parameters: Mapping[str, Any],
        facts: ListFacts,
        *,
        limit: int | None,
    ) -> None:
        self._dispatcher = dispatcher
        self._options = options
        self._many = Many(dispatcher, options, Priority.BULK)
        self._method = method
        self._parameters = _by_position(method, with_id_selected(parameters, facts))
        self._facts = facts
        self._page = [spelled(self._parameters, path) for path in facts.page]
        self._limit = limit
        self._budget = Budget(dispatcher.times, method, batches=True)
        self._seen: set[str | int] = set()
        self._received = 0
        self.total: int | None = None

    async def pages(self) -> AsyncGenerator[list[Row], None]:
        """Pages of rows, as the portal sends them.

        Raises:
            IncompleteList: the list changed while it was read.
            RestError: a page could not be read.
        """
        match self._facts.paging:
            case Paging.START:
                pages = self._by_start()
            case Paging.LIMIT_OFFSET | Paging.PAGE | Paging.NAV:
                pages = self._by_number()
            case Paging.LAST_ID:
                pages = self._by_last_id()
            case Paging.LIMIT:
                pages = self._limited()
            case _:
                pages = self._whole()
        async with aclosing(pages):
            async for page in pages:
                if page:
                    yield page

    async def _by_start(self) -> AsyncGenerator[list[Row], None]:
        """Many pages in a request once the first one has told how many there are."""
        asked = whole_number(value_at(self._parameters, self._page[0])) or 0
        begin = max(asked, 0)  # -1 ends after a page
        first = await self._ask({self._page[0]: begin})
        page = self._take_counted(first)
        self._budget.learn(page)
        yield page
        step, total = self._facts.page_size, self.total
        if first.next is not None:
            if first.next <= begin or not page:
                raise self._incomplete("the portal sends the same page again")
            if begin % step:
                begin -= begin % step  # some methods round down, some do not
                total = None
            else:
                step = first.next - begin
            if total and fits_command(self._parameters):
                last = total if self._limit is None else min(total, begin + self._limit)
                pages = self._side_by_side(range(first.next, last, step))
            else:
                pages = self._one_by_one(first.next)
            async with aclosing(pages):
                async for page in pages:
                    yield page
        if self._limit is None or self._received < self._limit:
            self._check_count(max((total or 0) - begin, 0) if total else None)

    async def _side_by_side(self, starts: Sequence[int]) -> AsyncGenerator[list[Row], None]:
        under_way: deque[tuple[int, asyncio.Task[list[Response]]]] = deque()
        try:
            while starts or under_way:
                size = self._budget.request_pages
                while starts and sum(n for n, _ in under_way) + size <= self._budget.pages_ahead:
                    group, starts = starts[:size], starts[size:]
                    task = asyncio.ensure_future(self._group(group))
                    under_way.append((len(group), task))
                responses = await under_way[0][1]
                under_way.popleft()
                for response in responses:
                    page = self._take_counted(response)
                    if not page:
                        raise self._incomplete(
                            f"after {self._received} rows came none, the portal counts {self.total}"
                        )
                    self._budget.learn(page)
                    yield page
        finally:
            tasks = [task for _, task in under_way]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _group(self, starts: Sequence[int]) -> list[Response]:
        commands = [(self._method, with_value(self._parameters, self._page[0], s)) for s in starts]
        responses = []
        for outcome in await self._many.side_by_side(commands):
            if isinstance(outcome, RestError):
                raise outcome
            responses.append(outcome)
        return responses

    async def _one_by_one(self, start: int) -> AsyncGenerator[list[Row], None]:
        """Each page says where the next one is."""
        while True:
            response = await self._ask({self._page[0]: start})
            yield self._take_counted(response)
            if response.next is None:
                return
            if response.next <= start:
                raise self._incomplete("the portal sends the same page again")
            start = response.next

    async def _by_number(self) -> AsyncGenerator[list[Row], None]:
        """By limit and offset, or by number of the page."""
        size = self._page_size()
        sized = {self._page[0]: size} if len(self._page) > 1 else {}
        counts_pages = self._facts.paging is not Paging.LIMIT_OFFSET
        first = position = self._first_position(1 if counts_pages else 0)
        while True:
            page = self._take_counted(await self._ask({**sized, self._page[-1]: position}))
            yield page
            skipped = (first - 1) * size if counts_pages else first
            total = None if self.total is None else max(self.total - skipped, 0)
            is_all = total is not None and self._received >= total
            if is_all or len(page) < size:
                self._check_count(total)
                return
            position += 1 if counts_pages else len(page)

    async def _by_last_id(self) -> AsyncGenerator[list[Row], None]:
        """By the id of the last row, until a page is empty."""
        asked: dict[Path, Any] = {self._page[0]: self._page_size()}
        while True:
            page = self._take(await self._ask(asked))
            yield page
            if not page:
                return
            asked[self._page[-1]] = last_id = _id_of(page[-1], self._facts)
            if last_id is None:
                raise self._incomplete("a row has no id, and the next page is asked for by it")

    async def _limited(self) -> AsyncGenerator[list[Row], None]:
        """One page as large as may be; there is no way to what it leaves out."""
        size = self._page_size(most=True)
        page = self._take(await self._ask({self._page[0]: size}))
        yield page
        if len(page) >= size:
            raise self._incomplete(f"the method gives no more than {size} rows, and no next page")

    async def _whole(self) -> AsyncGenerator[list[Row], None]:
        """Everything is in one answer."""
        response = await self._ask({})
        if response.next is not None:
            raise self._incomplete("it has more pages than one; read it with paging='start'")
        yield self._take_counted(response)
        if self.total is not None and self.total > self._received:
            self._check_count(self.total)

    def _page_size(self, *, most: bool = False) -> int:
        """The page size to ask for: what the caller named, if it is sure to be granted. A portal
        that gives less than it was asked for would seem to have come to the end."""
        largest = self._facts.page_max or self._facts.page_size
        named = None
        if len(self._page) > 1 or most:
            named = whole_number(value_at(self._parameters, self._page[0]))
        return min(named or largest, largest)

    def _first_position(self, default: int) -> int:
        return whole_number(value_at(self._parameters, self._page[-1])) or default

    async def _ask(self, values: Mapping[Path, Any]) -> Response:
        parameters: dict[str, Any] = self._parameters
        for path, value in values.items():
            parameters = with_value(parameters, path, value)
        return await self._dispatcher.call(self._method, parameters, self._options, Priority.BULK)

    def _take(self, response: Response) -> list[Row]:
        page = rows_of(response.result, self._method, self._facts, portal=self._dispatcher.domain)
        for row in page:
            row_id = _id_of(row, self._facts)
            if isinstance(row_id, str | int):
                if row_id in self._seen:
                    raise self._incomplete(f"record {row_id} came twice")
                self._seen.add(row_id)
        self._received += len(page)
        return page

    def _take_counted(self, response: Response) -> list[Row]:
        """The rows of a page, which counts as many as the first one; 0 beside rows is no count."""
        total = response.total if response.total and response.total > 0 else None
        if self._received and total != self.total:
            raise self._incomplete("its length changed while it was read")
        page = self._take(response)
        self.total = total if self._received else counted(response.total, 0)
        return page

    def _check_count(self, expected: int | None) -> None:
        if expected and self._received != expected:
            raise self._incomplete(f"{self._received} rows came, the portal counts {expected}")

    def _incomplete(self, problem: str) -> RestError:
        return incomplete(self._method, problem, portal=self._dispatcher.domain)


def _by_position(method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a positional method in their documented places, the gaps filled."""
    names = method_facts(method).parameters
    if not names:
        return dict(parameters)
    given = {name.upper(): value for name, value in parameters.items()}
    if not set(given) <= {name.upper() for name in names}:
        given = dict(zip((name.upper() for name in names), parameters.values(), strict=False))
    first = 0 if names[0].upper() in given or not names[0].upper().endswith("ID") else 1
    return {name: given.get(name.upper(), {}) for name in names[first:]}


def _id_of(row: Row, facts: ListFacts) -> Any:
    """The id of a row, as short as may be: all of them are kept."""
    if not isinstance(row, Mapping):
        return None
    found = row.get("ID", row.get("id")) if facts.id_field is None else row.get(facts.id_field)
    number = whole_number(found)
    return found if number is None else number
