"""What a handler may raise about its own fate, and how long a failed one waits.

A handler that returns is done. `RetryLater`, `Drop` and `GiveUp` are control flow; anything else
that it raises is a failure, and the `RetryPolicy` decides when to try again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

_YEAR_SECONDS = 366 * 24 * 3600.0


class RetryLater(Exception):
    """Try again after so many seconds. Does not count as an attempt.

    An execution that would run again later than `RetryPolicy.max_age` after its first start is dead
    instead.
    """

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
        max_age: for how long after its first start `RetryLater` may put an execution off.
    """

    attempts: int = 8
    base: float = 2.0
    cap: float = 3600.0
    max_age: timedelta = timedelta(days=7)

    def __post_init__(self) -> None:
        if not (self.attempts >= 1 and self.base >= 0 and 0 <= self.cap <= _YEAR_SECONDS):
            raise ValueError(
                "a RetryPolicy needs attempts >= 1, base >= 0 and a cap of 0 seconds to a year"
            )
        if not timedelta(0) <= self.max_age <= timedelta(days=366):
            raise ValueError("a RetryPolicy needs a max_age of 0 seconds to a year")

    def delay_after(self, attempt: int) -> float | None:
        """Seconds to wait after this failed attempt, counted from 1; None if it was the last."""
        if attempt >= self.attempts:
            return None
        highest = min(self.cap, self.base * 2.0 ** min(attempt - 1, 60))
        return random.uniform(0, highest)

    def allows(self, delay: float, *, age: timedelta) -> bool:
        """Whether an execution that began so long ago may be put off for so many seconds."""
        return age + timedelta(seconds=delay) <= self.max_age
