"""What a portal allows its callers, and how long it takes: requests, execution time, latency.

Source: protocol.md 5.1 and 5.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

_BUCKETS: Final = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests a portal takes: a leaky bucket that each HTTP request fills by one."""

    burst: float = 50
    """The request that would lift the bucket above this is refused, and adds nothing."""
    per_second: float = 2.0
    """What leaks out of the bucket."""


@dataclass(frozen=True, slots=True)
class Operating:
    """How much execution time each method has, and what a call costs."""

    limit: float = 480.0
    """Seconds of one method within the window; a call is refused once they are used up."""
    window: float = 600.0
    """Seconds; it moves on by tenths."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """What each call of a method adds, by method; others add nothing."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long the portal takes to answer a REST request; requests do not wait for each other."""

    request: float = 0.0
    """Seconds for each request."""
    command: float = 0.0
    """Seconds for each command of a batch; a plain call is one command."""

    def of(self, commands: int) -> float:
        return self.request + self.command * commands


class LeakyBucket:
    """The bucket of one portal."""

    def __init__(self, limits: Limits | None, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._level = 0.0
        self._at = clock()

    def take(self) -> bool:
        """Add a request; False if it is refused."""
        if self._limits is None:
            return True
        now = self._clock()
        leaked = max(0.0, now - self._at) * self._limits.per_second
        self._level, self._at = max(0.0, self._level - leaked), now
        if self._level + 1 > self._limits.burst:
            return False
        self._level += 1
        return True


class OperatingTime:
    """The execution time that each method has used, in ten buckets per window.

    Args:
        clock: by which the window moves.
    """

    def __init__(self, operating: Operating | None, clock: Callable[[], float]) -> None:
        self._operating = operating or Operating(limit=math.inf)
        self._width = self._operating.window / _BUCKETS
        self._cost = {name.lower(): cost for name, cost in self._operating.seconds.items()}
        self._clock = clock
        self._buckets: dict[str, dict[int, float]] = {}

    def is_used_up(self, method: str) -> bool:
        return self.used(method) >= self._operating.limit

    def charge(self, method: str) -> None:
        """Add the cost of one call."""
        cost = self._cost.get(method.lower())
        if cost:
            buckets = self._living(method)
            now = int(self._clock() // self._width)
            buckets[now] = buckets.get(now, 0.0) + cost

    def used(self, method: str) -> float:
        """Seconds used within the window: ``time.operating``."""
        return round(math.fsum(self._living(method).values()), 6)

    def reset_at(self, method: str, now: float) -> int:
        """Unix seconds, rounded up, at which the oldest bucket leaves the window.

        Args:
            now: Unix seconds, by the clock that the caller goes by.
        """
        ahead = self._clock() - now
        buckets = self._living(method)
        if not buckets:
            return int(now + self._operating.window)
        return math.ceil((min(buckets) + _BUCKETS) * self._width - ahead)

    def _living(self, method: str) -> dict[int, float]:
        name = method.lower()
        if name not in self._cost:
            return {}
        buckets = self._buckets.setdefault(name, {})
        oldest = int(self._clock() // self._width) - _BUCKETS
        for index in [index for index in buckets if index <= oldest]:
            del buckets[index]
        return buckets
