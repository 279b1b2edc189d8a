"""The time of a PostgreSQL store: that of its server, so that all machines agree."""

from __future__ import annotations

import time


class DatabaseClock:
    """Seconds since 1970 by the database's clock, as far as it is known; by ours until then."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()
        self._error = float("inf")

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    def read(self, now: float, error: float) -> None:
        """The database says that it is ``now``, which may be wrong by so much."""
        if error <= max(self._error * 2, 0.1):
            self._ahead = now - time.monotonic()
            self._error = error
