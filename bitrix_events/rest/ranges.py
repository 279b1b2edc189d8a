"""How the ids of a list are divided among requests, when it is read by id. No requests here.

A `Range` is a part of the ids: those after one id and up to another. It is read from its lower end:
each page brings the next fifty rows and moves ``after`` to the id of the last one. Ranges are read
side by side, and their pages are handed out in order.

How many requests that takes depends on how well the pages of ranges fill requests of fifty. So a
range should not know its rows only when its last page comes. There are three kinds:

- narrow ones, not wider than a page has rows: one page surely holds all. Where nearly every id
  exists, a list is cut into these, and every page of it can be asked for at once.
- counted ones: where ids are missing, the first page of a range is asked for with the number of its
  rows, so that afterwards all further pages go into one request, each referring to the one before.
  One that turns out to hold much more than others is divided again, where a cluster of ids is.
- named ones: the caller's filter names the ids, and each range is fifty of them.

A range ends where its upper end is reached, or where a page is not full and no row is missing of
those that were counted. Any other page that is not full leaves a doubt: rows were deleted, or the
portal left some out. Then the rest is counted, and that answer decides. So rows that come or go
meanwhile cost no other row.

Ids are times -1 if the list is read downwards, so that they grow here in any case.

Source: protocol.md 7.2 and 7.3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import lt
from typing import Final

from bitrix_events.rest.batch import BATCH_SIZE
from bitrix_events.rest.rows import Row

CHAIN_PAGES: Final = 4 * BATCH_SIZE
"""Pages up to which one range is read from end to end: cutting it would cost more requests."""
_DENSE: Final = 0.98
"""Share of ids that exist, from which narrow ranges cost no more pages than counted ones."""
_RANGE_PAGES: Final = BATCH_SIZE
_CLUSTER: Final = 10
"""How many times closer together than on average ids are in a cluster."""
_DIVIDED_PAGES: Final = 3 * BATCH_SIZE
FIRST_GUESS: Final = 2


@dataclass(eq=False, slots=True)
class Range:
    """A part of the ids of a list.

    Attributes:
        upto: None where the list just ends.
        pages: how many are expected; None if that has to be counted first.
        missing: how many rows are expected beyond those received; None if nobody counted.
        named: the ids asked for by name, if they are.
        density: share of ids that exist, by the last page.
        guess: how many pages to ask for at a time, if nobody counts.
        received: pages that wait to be handed out.
        is_in_doubt: whether an empty page came, and the portal said that there are rows.
        failures: how often asking for it has failed since a page came.
    """

    after: int
    upto: int | None
    pages: int | None = None
    missing: int | None = None
    named: Sequence[int] = ()
    density: float = 0.0
    guess: int = 0
    received: deque[list[Row]] = field(default_factory=deque)
    is_under_way: bool = False
    is_done: bool = False
    is_in_doubt: bool = False
    failures: int = 0

    @classmethod
    def of_named(cls, ids: Sequence[int]) -> Range:
        """The ascending ids, of which one page holds all."""
        return cls(ids[0] - 1, ids[-1], named=ids)

    def fits(self, ids: Sequence[int]) -> bool:
        """Whether a page with these ids can be an answer to what was asked."""
        if not ids:
            return True
        is_within = ids[0] > self.after and (self.upto is None or ids[-1] <= self.upto)
        return is_within and grows(ids) and (not self.named or set(ids) <= set(self.named))

    def left_of_named(self) -> Sequence[int]:
        """The ids that are still to be asked for by name."""
        return [row_id for row_id in self.named if row_id > self.after]


@dataclass(frozen=True, slots=True)
class Part:
    """What one request asks of one range.

    Attributes:
        page_size: rows on a page, to refer to the last one.
        is_counted: whether the first page is asked for with the number of rows.
        leaves_more: whether the range may well have further pages to ask for.
    """

    range: Range
    pages: int
    page_size: int
    is_counted: bool
    leaves_more: bool


class Ranges:
    """The ranges of one list, in order.

    Args:
        page_size: rows on a page that is full.
        coming: the ranges; they are taken as they are needed.

    Attributes:
        waiting_pages: how many pages came and wait to be handed out.
    """

    def __init__(self, page_size: int, coming: Iterable[Range]) -> None:
        self._page_size = page_size
        self._coming = iter(coming)
        self._ranges: deque[Range] = deque()
        self.waiting_pages = 0

    def next_parts(self, most: int, *, ahead: int, under_way: int) -> list[Part]:
        """What to ask for in the next request; nothing if there is no room.

        Args:
            most: pages that a request may have.
            ahead: pages that may be under way or wait to be handed out.
            under_way: pages that are.
        """
        self._refill(ahead + most)
        if under_way and ahead - self.waiting_pages - under_way < most:
            return []
        parts: list[Part] = []
        for range_ in self._ranges:
            if range_.is_under_way or range_.is_done:
                continue
            is_counted = range_.pages is None or bool(range_.named)
            pages = 1 if range_.pages is None or range_.named else min(range_.pages, most)
            is_known = pages == range_.pages and range_.missing is not None
            parts.append(
                Part(
                    range_,
                    pages,
                    self._page_size,
                    is_counted=is_counted,
                    leaves_more=not is_known and not range_.named,
                )
            )
            most -= pages
            if not most:
                break
        return parts

    def is_due(self, parts: Sequence[Part]) -> bool:
        """Whether nothing can be handed out before the answer to these parts is decoded."""
        if not self._ranges:
            return True
        first = self._ranges[0]
        return not first.is_under_way or any(part.range is first for part in parts)

    def take(
        self, part: Part, page: list[Row], ids: Sequence[int], total: int | None, *, has_next: bool
    ) -> bool:
        """Take a page of a part.

        Args:
            ids: those of its rows; they fit.
            total: how many rows the portal counts in the range; None if it does not.
            has_next: whether the portal says that there are more.

        Returns:
            False if the pages after it in the same request mean nothing, as they refer to a row
            that it does not have.
        """
        range_ = part.range
        range_.failures = 0
        if page:
            range_.received.append(page)
            self.waiting_pages += 1
            range_.density = len(ids) / (ids[-1] - ids[0] + 1)
            range_.after = ids[-1]
        if part.is_counted:
            range_.missing = None if total is None else total - len(page)
            range_.guess = FIRST_GUESS if total is None else 0
        elif range_.missing is not None:
            more_than_counted = len(page) > range_.missing
            range_.missing = None if more_than_counted else range_.missing - len(page)
        is_short = len(page) < part.page_size
        says_more = has_next or (total or 0) > len(page)
        range_.is_in_doubt = says_more and not page
        if range_.after == range_.upto:
            range_.is_done = True
        elif not says_more:
            is_all = not page or range_.missing == 0
            range_.is_done = is_all if part.is_counted else is_short and range_.missing == 0
        if range_.is_done:
            return False
        self._page_size = max(self._page_size, len(page))
        range_.pages = self._pages_of(range_, part, is_short=is_short)
        return len(page) == part.page_size

    def _pages_of(self, range_: Range, part: Part, *, is_short: bool) -> int | None:
        """How many pages a range has left, after one of them came; None to count them."""
        if is_short:
            is_sure = part.is_counted and range_.missing and not range_.is_in_doubt
            return 1 if is_sure else None
        if range_.missing is not None:
            return range_.missing // self._page_size + 1
        left = 0 if part.is_counted else (range_.pages or 0) - 1
        if left <= 0 and range_.guess:
            left, range_.guess = range_.guess, min(range_.guess * 4, BATCH_SIZE)
        return left if left > 0 else None

    def divide(self) -> None:
        """Cut ranges that turned out to hold much more than others, so that they do not lag."""
        if not any(map(_lags, self._ranges)):
            return
        divided: deque[Range] = deque()
        for range_ in self._ranges:
            divided.append(range_)
            if _lags(range_) and range_.upto is not None:
                range_.is_done = True
                divided.extend(
                    split(
                        range_.after,
                        range_.upto,
                        rows=range_.missing or 0,
                        page_size=self._page_size,
                        density=range_.density,
                    )
                )
        self._ranges = divided

    def ready(self) -> Iterator[list[Row]]:
        """Pages that can be handed out, because all before them have been."""
        while self._ranges:
            head = self._ranges[0]
            while head.received:
                self.waiting_pages -= 1
                yield head.received.popleft()
            if not head.is_done:
                return
            self._ranges.popleft()

    def _refill(self, count: int) -> None:
        while len(self._ranges) < count and (range_ := next(self._coming, None)) is not None:
            self._ranges.append(range_)


def split(after: int, upto: int, *, rows: int, page_size: int, density: float) -> Iterator[Range]:
    """Ranges of equal width, narrow ones or such with a request's rows on average.

    Args:
        density: share of ids that exist just below. If it is much greater than the average, they
            stand in a cluster: it is divided as if it held all rows, and so is the rest.
    """
    count = -(-rows // (_RANGE_PAGES * page_size))
    if rows >= _DENSE * (upto - after):
        yield from _equal(after, upto, step=page_size, page_size=page_size)
        return
    if rows < density * (upto - after) / _CLUSTER:
        end = min(after + int(rows / density) + page_size, upto)
        yield from _equal(after, end, step=-(-(end - after) // count), page_size=page_size)
        after = end
    yield from _equal(after, upto, step=-(-(upto - after) // count), page_size=page_size)


def _equal(after: int, upto: int, *, step: int, page_size: int) -> Iterator[Range]:
    step = max(step, page_size)
    for start in range(after, upto, step):
        end = min(start + step, upto)
        yield Range(start, end, pages=1 if end - start <= page_size else None)


def grows(ids: Sequence[int]) -> bool:
    """Whether each id is greater than the one before."""
    return all(map(lt, ids, ids[1:]))


def _lags(range_: Range) -> bool:
    is_idle = not range_.is_under_way and not range_.is_done
    return is_idle and range_.upto is not None and (range_.pages or 0) > _DIVIDED_PAGES
