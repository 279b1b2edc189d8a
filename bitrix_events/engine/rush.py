"""A rush at the door, in which handlers take what is left of the processor.

What is not answered in time is lost, and what is stored can wait; so in the first seconds of a
rush deliveries come first. A rush that lasts is no rush but the load that there is, and handlers
have to keep up with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

CLAIMED: Final = 8
"""Executions that are started at once in a rush,"""
PAUSE_SECONDS: Final = 0.1
"""and how long no others are."""

_STORING: Final = 12
"""Deliveries that are being stored at the same time; fewer are no rush."""
_LONGEST_SECONDS: Final = 10.0
_REST_FACTOR: Final = 10.0


class Rush:
    """Knows whether there is a rush. It takes ten seconds at most, and after one that took so long
    there is none for a hundred.

    Args:
        storing: how many deliveries are being stored just now.
    """

    def __init__(
        self, storing: Callable[[], int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._storing = storing
        self._clock = clock
        self._left = _LONGEST_SECONDS
        self._looked_at = clock()
        self._goes_on = False
        self._is_over = False

    def goes_on(self) -> bool:
        """Whether deliveries come first just now."""
        now = self._clock()
        passed, self._looked_at = now - self._looked_at, now
        if self._goes_on:
            self._left = max(0.0, self._left - passed)
        else:
            self._left = min(_LONGEST_SECONDS, self._left + passed / _REST_FACTOR)
        self._is_over = self._left == 0 or (self._is_over and self._left < _LONGEST_SECONDS)
        self._goes_on = not self._is_over and self._storing() >= _STORING
        return self._goes_on
