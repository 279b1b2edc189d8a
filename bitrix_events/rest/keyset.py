"""Reading a list by id: pages follow the last id seen, fifty of them in a request.

The first page is asked for by itself, with the number of rows, and handed out while the next
requests are under way. A short list is then one `Range` that is read to its end; of a long one the
greatest id is asked for, too, and the ids between are divided into many ranges that are read side
by side: see `ranges`.

Within a request the pages of a range refer to each other: each asks for the ids after the last one
of the page before. If a page is not full, that reference names no id, and the pages after it mean
nothing; they are dropped and asked for again.

Source: protocol.md 7.2 and 7.3.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from operator import itemgetter
from typing import Any, Final
from urllib.parse import quote

from bitrix_events.catalog.methods import ListFacts
from bitrix_events.errors import AnswerTooLarge, RestError
from bitrix_events.rest.batch import BATCH_SIZE, Outcome, encode_query
from bitrix_events.rest.budget import Budget
from bitrix_events.rest.dispatch import Dispatcher
from bitrix_events.rest.options import Options
from bitrix_events.rest.ranges import (
    CHAIN_PAGES,
    FIRST_GUESS,
    Part,
    Range,
    Ranges,
    grows,
    split,
)
from bitrix_events.rest.responses import Response
from bitrix_events.rest.retries import Tries, is_refusal
from bitrix_events.rest.rows import (
    Row,
    counted,
    fits_command,
    guessed_path,
    incomplete,
    rows_of,
    spelled,
    value_at,
    with_id_selected,
    with_value,
)
from bitrix_events.rest.turns import Priority
from bitrix_events.wire.numbers import whole_number

_SIDE_BY_SIDE: Final = 24
_NAMED_IDS: Final = BATCH_SIZE

Jobs = dict[asyncio.Task[list[Outcome] | RestError], list[Part]]


class KeysetBroken(Exception):
    """The method does not follow ids: read it in another way.

    Args:
        handed_out: ids of the rows that were handed out before that was seen: the first page.
    """

    def __init__(self, handed_out: Iterable[int] = ()) -> None:
        super().__init__()
        self.handed_out = frozenset(handed_out)


class KeysetWalk:
    """One reading of one list.

    Args:
        parameters: of the caller; conditions on the id are joined with our own.
        after: id after which to begin.
        limit: how many rows are wanted at most.

    Raises:
        KeysetBroken: the parameters leave no room for conditions on the id, or have several that
            mean the same.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        options: Options,
        method: str,
        parameters: Mapping[str, Any],
        facts: ListFacts,
        *,
        after: int | None,
        limit: int | None,
        descending: bool,
    ) -> None:
        assert facts.id_field is not None
        assert facts.filter is not None
        self._dispatcher = dispatcher
        self._options = options
        self._method = method
        self._facts = facts
        self._id_field = facts.id_field
        self._id_of = itemgetter(facts.id_field)
        self._left = math.inf if limit is None else limit
        self._sign = -1 if descending else 1
        self._filter = spelled(parameters, facts.filter)
        id_name = facts.filter_id or facts.id_field
        self._after_key = f"{'<' if descending else '>'}{id_name}"
        self._upto_key = f"{'>=' if descending else '<='}{id_name}"
        self._named_key = f"@{id_name}"
        given = value_at(parameters, self._filter) or {}
        conditions = {_usual_spelling(key, id_name): value for key, value in given.items()}
        if len(conditions) < len(given) or {self._named_key, id_name} <= conditions.keys():
            raise KeysetBroken
        begin = [self._bound(conditions, self._after_key)]
        begin.append(None if after is None else after * self._sign)
        self._begin = max((bound for bound in begin if bound is not None), default=None)
        self._end = self._bound(conditions, self._upto_key)
        self._named = self._take_names(conditions, id_name)
        self._conditions = conditions
        ordered = _ordered(parameters, facts, id_name, "DESC" if descending else "ASC")
        self._parameters = self._without_defaults(with_id_selected(ordered, facts))
        self._query = encode_query(self._parameters)
        self._batches = fits_command(self._parameters)
        self._budget = Budget(dispatcher.times, method, batches=self._batches)
        self._ranges = Ranges(facts.page_size, ())
        self._handed_out: list[int] | None = []
        self._decoding: dict[int, int] = {}
        self._room = asyncio.Event()
        self.total: int | None = None

    async def pages(self) -> AsyncGenerator[list[Row], None]:
        """Pages of rows in order of their ids.

        Raises:
            KeysetBroken: as for the class.
            IncompleteList: the portal skips or repeats rows.
            RestError: a page could not be read.
        """
        first = await self._begin_reading()
        self._left -= len(first)
        jobs: Jobs = {}
        try:
            self._launch(jobs)
            if first:
                yield first
            while jobs:
                self._room.set()
                finished, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
                for task in finished:
                    self._take(jobs.pop(task), task.result())
                for page in self._ranges.ready():
                    self._handed_out = None
                    self._left -= len(page)
                    yield page
                self._launch(jobs)
        finally:
            for task in jobs:
                task.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    # The beginning, and the ranges that follow from it.

    async def _begin_reading(self) -> list[Row]:
        """Read the first page, and plan what comes after; unless the ids are known already."""
        size = self._facts.page_size
        if self._named is not None:
            groups = range(0, len(self._named), _NAMED_IDS)
            named = [self._named[i : i + _NAMED_IDS] for i in groups]
            self._ranges = Ranges(size, map(Range.of_named, named))
            return []
        response = await self._dispatcher.call(
            self._method, self._asked(self._begin, self._end, 0), self._options, Priority.BULK
        )
        if self._facts.rows is None:
            self._facts = replace(self._facts, rows=guessed_path(response.result))
        page = self._rows(response)
        ids = self._ids(page)
        total = counted(response.total, len(page))
        has_more = response.next is not None or (total or 0) > len(page)
        if not self._may_begin(ids) or (has_more and not page):
            raise KeysetBroken
        is_all = not has_more and (len(page) < size or total == len(page))
        self.total = len(page) if is_all else total
        if not (is_all or len(page) >= self._left):
            self._handed_out = [row_id * self._sign for row_id in ids]
            self._budget.learn(page)
            size = max(response.next or 0, len(page))
            missing = None if total is None else total - len(page)
            self._ranges = Ranges(size, await self._plan(ids, missing, size))
        return page

    def _may_begin(self, ids: Sequence[int]) -> bool:
        if not ids:
            return True
        is_within = (self._begin is None or ids[0] > self._begin) and (
            self._end is None or ids[-1] <= self._end
        )
        return is_within and grows(ids)

    async def _plan(self, ids: Sequence[int], rows: int | None, size: int) -> Iterable[Range]:
        """The ranges after the first page.

        Args:
            ids: of the rows on it.
            rows: how many there are beyond it; None if nobody counts.
            size: rows on a full page.
        """
        last = ids[-1]
        if not rows:
            return [Range(last, self._end, pages=FIRST_GUESS, guess=4 * FIRST_GUESS)]
        wanted = int(min(rows, self._left - len(ids)))
        if wanted // size >= CHAIN_PAGES and self._batches:
            end = await self._last_id()
            if end is not None and end > last:
                density = len(ids) / (last - ids[0] + 1)
                ranges = split(last, end, rows=rows, page_size=size, density=density)
                return ranges if end == self._end else chain(ranges, [Range(end, self._end)])
        return [Range(last, self._end, pages=wanted // size + 1, missing=wanted)]

    async def _last_id(self) -> int | None:
        """The greatest id, in the direction of reading."""
        facts, id_name = self._facts, self._facts.filter_id or self._id_field
        backwards = _ordered(self._parameters, facts, id_name, "ASC" if self._sign < 0 else "DESC")
        if facts.select is not None:
            names = list(facts.select_needs) or [id_name]
            backwards = with_value(backwards, spelled(backwards, facts.select), names)
        asked = self._asked(self._begin, self._end, -1, parameters=backwards)
        response = await self._dispatcher.call(self._method, asked, self._options, Priority.BULK)
        ids = self._ids(self._rows(response))
        return ids[0] if ids else None

    # Requests.

    def _launch(self, jobs: Jobs) -> None:
        """Start requests: full ones, or what is left when nothing under way will leave more."""
        while len(jobs) < _SIDE_BY_SIDE:
            most = self._budget.request_pages
            ahead = min(self._budget.pages_ahead, self._left // self._facts.page_size + most)
            parts = self._ranges.next_parts(
                most,
                ahead=int(ahead),
                under_way=sum(part.pages for parts in jobs.values() for part in parts),
            )
            if not parts or (_pages(parts) < most and _leave_more(jobs)):
                return
            for part in parts:
                part.range.is_under_way = True
            jobs[asyncio.ensure_future(self._run(parts))] = parts

    async def _run(self, parts: Sequence[Part]) -> list[Outcome] | RestError:
        """One request with the pages of all parts; the error, if it failed as a whole."""
        tries = Tries.of(self._options, Priority.BULK)
        failures = max(part.range.failures for part in parts)
        if failures:
            for _ in range(failures):
                tries.count()
            await self._dispatcher.sleep(tries.delay())
        if not self._batches:
            return [await self._single(parts[0])]
        commands = self._commands(parts)
        methods = [self._method] * len(commands)
        try:
            return await self._dispatcher.outcomes(
                methods,
                commands,
                self._options,
                Priority.BULK,
                tries,
                room=lambda: self._until_room(parts),
            )
        except RestError as error:
            return error.told_of(self._method)

    async def _until_room(self, parts: Sequence[Part]) -> None:
        """Leave an answer as it came until its rows can be handed out soon."""
        while not self._ranges.is_due(parts):
            decoded = self._ranges.waiting_pages + sum(self._decoding.values())
            if decoded + _pages(parts) <= self._budget.decoded_pages:
                break
            self._room.clear()
            await self._room.wait()
        self._decoding[id(parts)] = _pages(parts)

    async def _single(self, part: Part) -> Response:
        """A page by itself, for parameters that mean something else inside a batch."""
        range_ = part.range
        start = 0 if part.is_counted else -1
        asked = self._asked(range_.after, range_.upto, start, named=range_.left_of_named())
        return await self._dispatcher.call(self._method, asked, self._options, Priority.BULK)

    def _asked(
        self,
        after: int | None,
        upto: int | None,
        start: int,
        *,
        named: Sequence[int] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The parameters of a page."""
        conditions = dict(self._conditions)
        if named:
            conditions[self._named_key] = [i * self._sign for i in named]
        else:
            if after is not None:
                conditions[self._after_key] = after * self._sign
            if upto is not None:
                conditions[self._upto_key] = upto * self._sign
        parameters = self._parameters if parameters is None else parameters
        return {**with_value(parameters, self._filter, conditions), "start": start}

    def _commands(self, parts: Sequence[Part]) -> list[str]:
        """The pages of all parts, encoded."""
        name = "".join((quote(self._filter[0]), *(f"[{quote(p)}]" for p in self._filter[1:])))
        after = f"&{name}[{quote(self._after_key)}]="
        upto = f"&{name}[{quote(self._upto_key, safe='')}]="
        path = "".join(f"[{part}]" for part in self._facts.rows or ())
        commands: list[str] = []
        for part in parts:
            range_ = part.range
            if range_.named:
                asked = self._asked(None, None, 0, named=range_.left_of_named())
                commands.append(f"{self._method}?{encode_query(asked)}")
                continue
            last_of = f"]{path}[{part.page_size - 1}][{self._id_field}]"
            end = "" if range_.upto is None else f"{upto}{range_.upto * self._sign}"
            for page in range(part.pages):
                if page:
                    begin = quote(f"$result[c{len(commands) - 1}{last_of}")
                else:
                    begin = str(range_.after * self._sign)
                start = 0 if part.is_counted else -1
                commands.append(f"{self._method}?{self._query}{after}{begin}{end}&start={start}")
        return commands

    # Answers.

    def _take(self, parts: Sequence[Part], found: list[Outcome] | RestError) -> None:
        """Put the pages of one answer where they belong; what failed is asked for again.

        Raises:
            KeysetBroken: as for the class.
            RestError: asking again is pointless.
        """
        self._decoding.pop(id(parts), None)
        for part in parts:
            part.range.is_under_way = False
        if isinstance(found, RestError):
            self._budget.failed(found, _pages(parts))
            if not (isinstance(found, AnswerTooLarge) and _pages(parts) > 1):
                for part in parts:
                    self._failed(part.range, found)
            return
        self._budget.succeeded(_pages(parts))
        outcomes = iter(found)
        for part in parts:
            for outcome in list(islice(outcomes, part.pages)):
                if isinstance(outcome, RestError):
                    self._failed(part.range, outcome)
                    break
                if not self._take_page(part, outcome):
                    break
        self._ranges.divide()

    def _take_page(self, part: Part, response: Response) -> bool:
        page = self._rows(response)
        ids = self._ids(page)
        if not part.range.fits(ids):
            if self._handed_out is not None:
                raise KeysetBroken(self._handed_out)
            raise self._incomplete(
                f"the {self._id_field} of its rows does not grow; read it with keyset=False"
            )
        self._budget.learn(page)
        total, was_in_doubt = counted(response.total, len(page)), part.range.is_in_doubt
        has_next = response.next is not None
        goes_on = self._ranges.take(part, page, ids, total, has_next=has_next)
        if was_in_doubt and part.range.is_in_doubt:
            last = part.range.after * self._sign
            raise self._incomplete(f"the portal counts rows after id {last} and sends none")
        return goes_on

    def _failed(self, range_: Range, error: RestError) -> None:
        if is_refusal(error):
            return
        range_.failures += 1
        if not error.transient or range_.failures >= self._options.attempts:
            raise error

    # Parameters and rows.

    def _bound(self, conditions: dict[str, Any], key: str) -> int | None:
        """Take a condition on the id out of the caller's filter, to join it with our own."""
        if key not in conditions:
            return None
        bound = whole_number(conditions.pop(key))
        if bound is None:
            raise KeysetBroken
        return bound * self._sign

    def _take_names(self, conditions: dict[str, Any], id_name: str) -> list[int] | None:
        """Take the ids that the filter names, if they are more than a page holds, or none."""
        for key in (self._named_key, id_name):
            named = conditions.get(key)
            if not isinstance(named, list | tuple | set | frozenset | range):
                continue
            ids = {whole_number(value) for value in named}
            if None not in ids and not 0 < len(ids) <= min(self._facts.page_size, _NAMED_IDS):
                del conditions[key]
                signed = [i * self._sign for i in ids if i is not None]
                lower = -math.inf if self._begin is None else self._begin
                upper = math.inf if self._end is None else self._end
                return sorted(i for i in signed if lower < i <= upper)
        return None

    def _without_defaults(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Without what means nothing: an empty select, no position. A batch has no word for it."""
        paths = [*self._facts.page, *([self._facts.select] if self._facts.select else [])]
        for path in paths:
            name = spelled(parameters, path)[0]
            if len(path) == 1 and (path in self._facts.page or not parameters.get(name)):
                parameters.pop(name, None)
        if self._conditions:
            return with_value(parameters, self._filter, self._conditions)
        if len(self._filter) == 1:
            parameters.pop(self._filter[0], None)
        return parameters

    def _rows(self, response: Response) -> list[Row]:
        return rows_of(response.result, self._method, self._facts, portal=self._dispatcher.domain)

    def _ids(self, page: Sequence[Row]) -> list[int]:
        """The ids of rows, times -1 if the list is read downwards."""
        try:
            ids = list(map(int, map(self._id_of, page)))
        except (KeyError, TypeError, ValueError):
            raise self._incomplete(f"a row has no whole number as {self._id_field}") from None
        return ids if self._sign > 0 else [-row_id for row_id in ids]

    def _incomplete(self, problem: str) -> RestError:
        return incomplete(self._method, problem, portal=self._dispatcher.domain)


def _leave_more(jobs: Jobs) -> bool:
    return any(part.leaves_more for parts in jobs.values() for part in parts)


def _pages(parts: Sequence[Part]) -> int:
    return sum(part.pages for part in parts)


def _usual_spelling(key: str, id_name: str) -> str:
    """``>ID`` for ``>id``, where the name of the id is ``ID``; other conditions as they are."""
    prefix, name = key[: -len(id_name)], key[-len(id_name) :]
    is_on_id = name.lower() == id_name.lower() and not any(c.isalnum() or c == "_" for c in prefix)
    return prefix + id_name if is_on_id else key


def _ordered(
    parameters: Mapping[str, Any], facts: ListFacts, id_name: str, direction: str
) -> dict[str, Any]:
    """The parameters with an order by id."""
    assert facts.order is not None
    order = spelled(parameters, facts.order)
    if facts.sort is None:
        return with_value(parameters, order, {id_name: direction})
    by_field = with_value(parameters, spelled(parameters, facts.sort), id_name)
    return with_value(by_field, order, direction)
