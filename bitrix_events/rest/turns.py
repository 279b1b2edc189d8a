"""Who may send a request to a portal, and when; and which calls go together.

A call goes at once if little is under way. Otherwise it stands in line, and all that stand there
together share requests of up to fifty. What the portal's bucket has no room for stands in line,
too. Handlers go before reading in bulk, and among equals the first one first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bitrix_events.errors import RateLimited
from bitrix_events.rest.batch import BATCH_SECONDS, BATCH_SIZE, Outcome
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import Bucket

_ALONE: Final = 3
"""Requests that are not full and may be under way together; further calls wait to share one."""
_AT_ONCE: Final = 64
_CLOSED: Final = "the client is closed"


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
        self._sharing: tuple[deque[Waiting], ...] = tuple(deque() for _ in Priority)
        self._single: tuple[deque[Waiting], ...] = tuple(deque() for _ in Priority)
        self._timer: asyncio.TimerHandle | None = None
        self._is_scheduled = False
        self._is_closed = False

    def may_go(self, priority: Priority, *, is_full: bool) -> bool:
        """Whether a request need not wait. If so it counts as under way, until `end`.

        Raises:
            RuntimeError: the line is closed.
        """
        if self._is_closed:
            raise RuntimeError(_CLOSED)
        if any(self._sharing) or any(self._single) or not self._has_place(is_full=is_full):
            return False
        if self.bucket.take(priority):
            return False
        self._start(is_full=is_full)
        return True

    async def wait(self, waiting: Waiting) -> Outcome | None:
        """Stand in line. After None the request counts as under way, until `end`.

        Returns:
            `RateLimited` if the patience of the call ended first.

        Raises:
            RuntimeError: the line was closed.
        """
        lines = self._single if waiting.command is None else self._sharing
        is_first = not any(self._single[p] or self._sharing[p] for p in range(waiting.priority + 1))
        lines[waiting.priority].append(waiting)
        timer = self._timer
        must_look = timer is None or is_first or timer.when() > waiting.gives_up_at
        if must_look and not self._is_scheduled:  # once, after all that line up in this moment
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._advance)
        try:
            return await waiting.turn
        except asyncio.CancelledError:
            turn = waiting.turn
            if turn.done() and not turn.cancelled() and not turn.exception() and not turn.result():
                self.end(is_full=waiting.command is None)
            raise

    def end(self, *, is_full: bool) -> None:
        """A request is over."""
        self._under_way -= 1
        self._not_full -= not is_full
        if self._timer is None and (any(self._sharing) or any(self._single)):
            self._advance()

    def close(self) -> None:
        """Send away who stands in line."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        for line in (*self._single, *self._sharing):
            for waiting in line:
                if not waiting.turn.done():
                    waiting.turn.set_exception(RuntimeError(_CLOSED))
            line.clear()

    def _start(self, *, is_full: bool) -> None:
        self._under_way += 1
        self._not_full += not is_full

    def _has_place(self, *, is_full: bool) -> bool:
        if self._under_way >= _AT_ONCE:
            return False
        return is_full or self._not_full < _ALONE or self.bucket.is_unlimited

    def _advance(self) -> None:
        """Let go whoever may go now."""
        self._is_scheduled = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while (line := self._next_line()) is not None:
            first = line[0]
            wait = self.bucket.take(first.priority)
            if wait:
                self._wait_for_room(wait)
                return
            group = self._take_group(line)
            self._start(is_full=first.command is None or len(group) == BATCH_SIZE)
            if len(group) == 1:
                first.turn.set_result(None)
            else:
                self._send_shared(group)

    def _next_line(self) -> deque[Waiting] | None:
        """The line whose first one is next; None if nobody waits, or no place is free."""
        for priority in Priority:
            lines = []
            if _cleared(self._single[priority]) and self._under_way < _AT_ONCE:
                lines.append(self._single[priority])
            if _cleared(self._sharing[priority]):
                is_full = sum(map(len, self._sharing)) >= BATCH_SIZE
                if self._has_place(is_full=is_full):
                    lines.append(self._sharing[priority])
            if lines:
                return min(lines, key=lambda line: line[0].since)
        return None

    def _take_group(self, line: deque[Waiting]) -> list[Waiting]:
        """The first one of a line, and those who go in one request with it."""
        group = [line.popleft()]
        first = group[0]
        if first.command is None:
            return group
        seconds = self._typical_seconds(first.method)
        for sharing in self._sharing:
            while _cleared(sharing) and len(group) < BATCH_SIZE:
                following = sharing[0]
                seconds += self._typical_seconds(following.method)
                if seconds > BATCH_SECONDS or following.options.timeouts != first.options.timeouts:
                    return group
                group.append(sharing.popleft())
        return group

    def _wait_for_room(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        patience = seconds
        for line in (*self._sharing, *self._single):
            for waiting in line:
                if waiting.turn.done():
                    continue
                if waiting.gives_up_at > now:
                    patience = min(patience, waiting.gives_up_at - now)
                    continue
                error = RateLimited(
                    waiting.method,
                    "QUERY_LIMIT_EXCEEDED",
                    "no room for it within the patience of the call; nothing was sent",
                    portal=self.portal,
                )
                error.retry_after = seconds
                waiting.turn.set_result(error)
        self._timer = loop.call_later(patience, self._advance)


def _cleared(line: deque[Waiting]) -> deque[Waiting]:
    """The line without those in front of it who have left."""
    while line and line[0].turn.done():
        line.popleft()
    return line
