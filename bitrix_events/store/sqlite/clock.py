"""The time of a store: that of the clock on the wall, but it does not jump."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

JUMP_SECONDS: Final = 5.0
"""Less is not worth a correction of what is stored."""


def _steady() -> float:
    """Seconds since some moment, those in which the machine slept included where that is known."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class SteadyClock:
    """Seconds since 1970, counted on from the first look at the clock on the wall.

    When somebody sets that clock, this one follows at the next `jump`, whose caller moves along
    what is due. So nothing runs a year early, and nothing waits for a year.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = _steady
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._ahead = wall() - steady()

    def __call__(self) -> float:
        return self._steady() + self._ahead

    def jump(self) -> float:
        """Follow the clock on the wall; by how many seconds that was."""
        now = self()
        self._ahead = self._wall() - self._steady()
        return self() - now
