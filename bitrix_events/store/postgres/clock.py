"""The time of a PostgreSQL store: that of its server, so that all machines agree."""

from __future__ import annotations

import time
from typing import Final

_GOOD_SECONDS: Final = 0.1
"""No error worth mentioning."""


class DatabaseClock:
    """Seconds since 1970 by the database's clock, as far as it is known; by ours until then."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()
        self._error = float("inf")

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    def read(self, now: float, error: float) -> None:
        """The database says that it is ``now``, which may be wrong by so much."""
        ahead = now - time.monotonic()
        is_set = abs(ahead - self._ahead) > self._error + error
        if is_set or error <= max(self._error, _GOOD_SECONDS):
            self._ahead = ahead
            self._error = error
