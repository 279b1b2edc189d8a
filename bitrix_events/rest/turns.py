"""Who may send a request to a portal, and when; and which calls go together.

A call goes at once if little is under way. Otherwise it stands in line, and all that stand there
together share requests of up to fifty. What the portal's bucket has no room for stands in line,
too. Handlers go before reading in bulk, and among equals the first one first. Nobody stands there
for longer than its patience lasts.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bitrix_events.errors import RateLimited
from bitrix_events.rest.batch import BATCH_BYTES, BATCH_SECONDS, BATCH_SIZE, Outcome
from bitrix_events.rest.lifetime import Closed
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import Bucket

_ALONE: Final = 3
"""Requests that are not full and may be under way together; further calls wait to share one."""
_AT_ONCE: Final = 64
_COMPANY_SECONDS: Final = 0.25
"""How long a call waits for others to share a request with, while those under way are slow."""
_SHARE_OF_PACE: Final = 0.5
"""How much of the portal's pace is for those who have waited so long, at most."""
_LOOK_AGAIN: Final = 0.02
_UNKNOWN_WAIT: Final = 1.0


class Priority(IntEnum):
    """Who goes first when a portal's limits make calls wait."""

    CALL = 0
    BULK = 1


@dataclass(eq=False, slots=True)
class Waiting:
    """A call, or a whole request, that stands in line.

    Attributes:
        command: the call, encoded for a shared request; None if it goes by itself in any case.
        since: when it began to wait, by the clock of the event loop.
        gives_up_at: when it stops waiting, by the same clock.
        turn: becomes None: go, by yourself; or the outcome of the call, made with others.
    """

    method: str
    command: str | None
    options: Options
    priority: Priority
    since: float
    gives_up_at: float
    turn: asyncio.Future[Outcome | None]


class Turns:
    """The line in front of one portal. Belongs to one event loop.

    Args:
        portal: host name, for errors.
        send_shared: starts a request for several calls, and calls `end` when it is over.
        typical_seconds: how long the portal usually works on a call of a method.
    """

    def __init__(
        self,
        portal: str,
        bucket: Bucket,
        send_shared: Callable[[list[Waiting]], None],
        typical_seconds: Callable[[str], float],
    ) -> None:
        self.portal = portal
        self.bucket = bucket
        self._send_shared = send_shared
        self._typical_seconds = typical_seconds
        self._under_way = 0
        self._not_full = 0
        self._holders = 0
        self._sharing: tuple[deque[Waiting], ...] = tuple(deque() for _ in Priority)
        self._single: tuple[deque[Waiting], ...] = tuple(deque() for _ in Priority)
        self._timer: asyncio.TimerHandle | None = None
        self._lacks_room = False
        self._hurried_at = -math.inf
        self._patience_timer: asyncio.TimerHandle | None = None
        self._is_scheduled = False
        self._is_closed = False

    def is_free(self, *, is_full: bool) -> bool:
        """Whether nobody stands in line and there is a place; perhaps not in the bucket."""
        return self._has_place(is_full=is_full) and not self._is_anybody_waiting()

    def may_go(self, priority: Priority, *, is_full: bool) -> bool:
        """Whether a request need not wait. If so it counts as under way, until `end`.

        Raises:
            RuntimeError: the line is closed.
        """
        if self._is_closed:
            raise Closed
        if not self.is_free(is_full=is_full) or self.bucket.take(priority):
            return False
        self._start(is_full=is_full)
        return True

    async def wait(self, waiting: Waiting) -> Outcome | None:
        """Stand in line. After None the request counts as under way, until `end`; it counts as full
        if by then it has no command.

        Returns:
            `RateLimited` if the patience of the call ended first.

        Raises:
            RuntimeError: the line is closed, or was closed meanwhile.
        """
        if self._is_closed:
            raise Closed
        is_first = not any(self._single[p] or self._sharing[p] for p in range(waiting.priority + 1))
        self._line_of(waiting).append(waiting)
        self._watch_patience(waiting.gives_up_at)
        if is_first or not self._lacks_room:
            self._look_soon()
        try:
            return await waiting.turn
        except asyncio.CancelledError:
            turn = waiting.turn
            if turn.done() and not turn.cancelled() and not turn.exception() and not turn.result():
                self.end(is_full=waiting.command is None)
            with suppress(ValueError):
                self._line_of(waiting).remove(waiting)
            raise

    def part(self, group: Sequence[Waiting]) -> None:
        """Let calls that shared a request in vain stand in front again, each by itself."""
        for waiting in reversed(group):
            waiting.command = None
            self._line_of(waiting).appendleft(waiting)
            self._watch_patience(waiting.gives_up_at)
        if self._is_closed:
            self.close()
        else:
            self._look_soon()

    def end(self, *, is_full: bool) -> None:
        """A request is over."""
        self._under_way -= 1
        self._not_full -= not is_full
        if not self._lacks_room and self._is_anybody_waiting():
            self._advance()

    @contextmanager
    def held(self) -> Iterator[None]:
        """For the length of the block nobody goes."""
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
            if self._is_anybody_waiting():
                self._look_soon()

    def close(self) -> None:
        """Send away who stands in line."""
        self._is_closed = True
        for timer in (self._timer, self._patience_timer):
            if timer is not None:
                timer.cancel()
        for line in (*self._single, *self._sharing):
            for waiting in line:
                if not waiting.turn.done():
                    waiting.turn.set_exception(Closed())
            line.clear()

    def _line_of(self, waiting: Waiting) -> deque[Waiting]:
        lines = self._single if waiting.command is None else self._sharing
        return lines[waiting.priority]

    def _is_anybody_waiting(self) -> bool:
        return any(self._sharing) or any(self._single)

    def _start(self, *, is_full: bool) -> None:
        self._under_way += 1
        self._not_full += not is_full

    def _has_place(self, *, is_full: bool) -> bool:
        if self._under_way >= _AT_ONCE or self._holders:
            return False
        return is_full or self._not_full < _ALONE or self.bucket.is_unlimited

    def _look_soon(self) -> None:
        """Look once, after all that happens in this moment."""
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._advance)

    def _advance(self) -> None:
        """Let go whoever may go now."""
        self._is_scheduled = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        now, wait = loop.time(), 0.0
        while (line := self._next_line(now)) is not None:
            first = line[0]
            wait = self.bucket.take(first.priority)
            if wait:
                break
            group = self._take_group(line)
            is_full = first.command is None or len(group) == BATCH_SIZE
            self._start(is_full=is_full)
            if not is_full and self._not_full > _ALONE:
                self._hurried_at = now
            if len(group) == 1:
                first.turn.set_result(None)
            else:
                self._send_shared(group)
        self._lacks_room = wait > 0
        look_at = now + wait / self.bucket.speed if wait else self._hurry_at()
        if look_at < math.inf and not self._is_closed:
            self._timer = loop.call_at(look_at, self._advance)

    def _next_line(self, now: float) -> deque[Waiting] | None:
        """The line whose first one is next; None if nobody waits, or no place is free."""
        for priority in Priority:
            lines = []
            if _cleared(self._single[priority]) and self._has_place(is_full=True):
                lines.append(self._single[priority])
            if _cleared(self._sharing[priority]):
                is_full = sum(map(len, self._sharing)) >= BATCH_SIZE
                if self._has_place(is_full=is_full) or self._hurry_at() <= now:
                    lines.append(self._sharing[priority])
            if lines:
                return min(lines, key=lambda line: line[0].since)
        return None

    def _hurry_at(self) -> float:
        """When those who wait to share a request go although others are under way: these are slow,
        and the portal could do more. That is seldom enough not to fill the bucket."""
        firsts = [line[0].since for line in self._sharing if _cleared(line)]
        if not firsts or not self._has_place(is_full=True):
            return math.inf
        interval = 1 / (self.bucket.limits.per_second * self.bucket.speed * _SHARE_OF_PACE)
        return max(min(firsts) + max(_COMPANY_SECONDS, interval / 4), self._hurried_at + interval)

    def _take_group(self, line: deque[Waiting]) -> list[Waiting]:
        """The first one of a line, and those who go in one request with it."""
        group = [line.popleft()]
        first = group[0]
        if first.command is None:
            return group
        seconds, size = self._typical_seconds(first.method), len(first.command)
        for sharing in self._sharing:
            while _cleared(sharing) and len(group) < BATCH_SIZE:
                following = sharing[0]
                seconds += self._typical_seconds(following.method)
                size += len(following.command or "")
                is_too_much = seconds > BATCH_SECONDS or size > BATCH_BYTES
                if is_too_much or following.options.timeouts != first.options.timeouts:
                    return group
                group.append(sharing.popleft())
        return group

    def _watch_patience(self, until: float) -> None:
        """Have a look when the patience of one who waits ends."""
        timer = self._patience_timer
        if timer is not None:
            if timer.when() <= until:
                return
            timer.cancel()
            self._patience_timer = None
        if until < math.inf and not self._is_closed:
            loop = asyncio.get_running_loop()
            self._patience_timer = loop.call_at(until, self._dismiss_impatient)

    def _dismiss_impatient(self) -> None:
        """Send away those whose patience has ended."""
        self._patience_timer = None
        now = asyncio.get_running_loop().time()
        has_room_at = self._timer.when() if self._timer and self._lacks_room else 0.0
        earliest = math.inf
        for line in (*self._sharing, *self._single):
            staying = []
            for waiting in line:
                if waiting.turn.done():
                    continue
                if waiting.gives_up_at > now:
                    earliest = min(earliest, waiting.gives_up_at)
                    staying.append(waiting)
                    continue
                wait = (has_room_at - now) * self.bucket.speed
                wait = wait if wait > 0 else _UNKNOWN_WAIT
                waiting.turn.set_result(no_room(waiting.method, self.portal, wait))
            line.clear()
            line.extend(staying)
        self._watch_patience(max(earliest, now + _LOOK_AGAIN))


def no_room(method: str, portal: str, seconds: float) -> RateLimited:
    """The error of a call whose patience ends; there may be room in so many seconds."""
    error = RateLimited(
        method,
        "QUERY_LIMIT_EXCEEDED",
        "no room for it within the patience of the call; nothing was sent",
        portal=portal,
    )
    error.retry_after = seconds
    return error


def _cleared(line: deque[Waiting]) -> deque[Waiting]:
    """The line without those in front of it who have left."""
    while line and line[0].turn.done():
        line.popleft()
    return line
