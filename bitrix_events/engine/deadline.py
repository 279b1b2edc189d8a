"""Deadlines: limits for what tasks do, without a task or a timer for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Self

CLEAN_UP_SECONDS: Final = 1.0
"""How long what was cancelled may take to clean up."""


class Deadlines:
    """The deadlines of one event loop.

    Nearly all attempts have the same timeout and end long before it. Those with the same timeout
    run out in the order in which they began, so that one timer is enough for all of them: it is set
    for the first, and then for whichever is the first by that time.
    """

    def __init__(self) -> None:
        self._by_seconds: dict[float, _Equals] = {}

    def after(self, seconds: float, ignored: Callable[[], None]) -> Deadline:
        """A deadline for the current task, which begins now.

        Args:
            ignored: called once if the task goes on for a moment after it was cancelled. Whoever
                waits for the task had better not do so any longer.
        """
        equals = self._by_seconds.get(seconds)
        if equals is None:
            equals = self._by_seconds[seconds] = _Equals(seconds)
        return Deadline(equals, ignored)


class _Equals:
    """Deadlines that last equally long."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._ends: dict[Deadline, float] = {}
        """When those that run will be over, the first one first."""
        self._has_timer = False

    def begin(self, deadline: Deadline) -> None:
        end = self._loop.time() + self._seconds
        self._ends[deadline] = end
        if not self._has_timer:
            self._set_timer(end)

    def forget(self, deadline: Deadline) -> None:
        self._ends.pop(deadline, None)

    def _set_timer(self, end: float) -> None:
        self._has_timer = True
        self._loop.call_at(end, self._look)

    def _look(self) -> None:
        self._has_timer = False
        for deadline, end in list(self._ends.items()):
            if end > self._loop.time():
                self._set_timer(end)
                return
            del self._ends[deadline]
            deadline.expire(self._loop)


class Deadline:
    """Cancels a task when its time is over.

    ``with deadline`` leaves the task as it was: once the block is left, however it was left, a
    cancellation by the deadline does not count any more.

    Attributes:
        is_over: the task was cancelled because of it.
        was_ignored: the task went on all the same.
    """

    __slots__ = ("_equals", "_ignored", "_is_owed", "_leaving", "_task", "is_over", "was_ignored")

    def __init__(self, equals: _Equals, ignored: Callable[[], None]) -> None:
        task = asyncio.current_task()
        assert task is not None, "a deadline is for a task"
        self._equals = equals
        self._task = task
        self._ignored = ignored
        self._leaving: asyncio.TimerHandle | None = None
        self._is_owed = False
        self.is_over = False
        self.was_ignored = False

    def __enter__(self) -> Self:
        self._equals.begin(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._equals.forget(self)
        if self._leaving is not None:
            self._leaving.cancel()
            self.acknowledge()

    def acknowledge(self) -> None:
        """The cancellation has arrived: from here on the task can be waited in again."""
        if self._is_owed:
            self._is_owed = False
            self._task.uncancel()

    def expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """The time is over."""
        self.is_over = self._is_owed = True
        self._leaving = loop.call_later(CLEAN_UP_SECONDS, self._leave)
        self._task.cancel()

    def _leave(self) -> None:
        self.was_ignored = True
        self._ignored()
