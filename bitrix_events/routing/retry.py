"""What a handler may raise about its own fate, and how long a failed one waits.

A handler that returns is done. `RetryLater`, `Drop` and `GiveUp` are control flow; anything else
that it raises is a failure, and the `RetryPolicy` decides when to try again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

_YEAR_SECONDS = 366 * 24 * 3600.0


class RetryLater(Exception):
    """Try again after so many seconds, a year at most. Does not count as an attempt."""

    def __init__(self, *, seconds: float) -> None:
        if not 0 <= seconds <= _YEAR_SECONDS:
            raise ValueError(f"RetryLater takes 0 seconds to a year, not {seconds}")
        super().__init__(f"try again in {seconds:g} s")
        self.seconds = seconds


class Drop(Exception):
    """Nothing to do; the execution ends as skipped, with this reason."""


class GiveUp(Exception):
    """No further attempt can help; the execution is dead at once, with this reason."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter.

    Attributes:
        attempts: starts before an execution is dead; 1 means no retry.
        base: seconds; the wait after the n-th failure is random up to ``base * 2 ** (n - 1)``.
        cap: seconds; no wait is longer.
    """

    attempts: int = 8
    base: float = 2.0
    cap: float = 3600.0

    def __post_init__(self) -> None:
        if not (self.attempts >= 1 and self.base >= 0 and 0 <= self.cap <= _YEAR_SECONDS):
            raise ValueError(
                "a RetryPolicy needs attempts >= 1, base >= 0 and a cap of 0 seconds to a year"
            )

    def delay_after(self, attempt: int) -> float | None:
        """Seconds to wait after this failed attempt, counted from 1; None if it was the last."""
        if attempt >= self.attempts:
            return None
        highest = min(self.cap, self.base * 2.0 ** min(attempt - 1, 60))
        return random.uniform(0, highest)
