"""The pace at which a portal takes calls: requests per second, and working time per method.

A portal counts requests in a leaky bucket, for all apps that reach it from one address together;
what is too much is refused with 503. Beside that it adds up, for each app and method, the seconds
it works on calls; a method that has used up its share of ten minutes is refused with 429 while
others go on. Both are simulated here, so that a call waits instead of being refused.

Source: protocol.md 5.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bitrix_events.metrics import rest_paused
from bitrix_events.rest.responses import Time

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a portal allows.

    Attributes:
        burst: requests that may stand in its bucket.
        per_second: how many of them leak out in a second.
        method_seconds: working time of one method in ten minutes; the documented limit is 480 s,
            that of the vendor's source 420 s.
    """

    burst: float = 50.0
    per_second: float = 2.0
    method_seconds: float = 420.0

    def __post_init__(self) -> None:
        if self.burst < 1 or self.per_second <= 0 or self.method_seconds <= 0:
            raise ValueError(f"{self} would never let a call pass")


STANDARD: Final = Limits()
"""Every plan but Enterprise."""
ENTERPRISE: Final = Limits(burst=250.0, per_second=5.0)
UNLIMITED: Final = Limits(math.inf, math.inf, math.inf)
"""An on-premise portal without limits of its own."""
LIMITS: Final = {"standard": STANDARD, "enterprise": ENTERPRISE, "unlimited": UNLIMITED}
"""By the names that the settings have for them."""

_MARGIN: Final = 0.25
"""Room left in the bucket: requests do not travel equally fast, 0.25 is 125 ms at two a second."""
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_RECOVERY: Final = 0.98
_LOOK_AGAIN: Final = 1.0
_GRACE: Final = 0.05
"""How long who was told to wait keeps the place afterwards; nobody has to say that they left."""


class Bucket:
    """Our copy of a portal's bucket. Shared by threads; waits nowhere, says how long to wait.

    Args:
        clock: the portal's seconds; all waits are in these, too.
        is_full: what was sent before is not known.

    Attributes:
        speed: how many of the portal's seconds pass in one of ours; another number than 1 is for
            tests.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Clock = time.monotonic,
        *,
        is_full: bool = False,
        speed: float = 1.0,
    ) -> None:
        self.limits = limits
        self.speed = speed
        self._clock = clock
        self._lock = threading.Lock()
        self._level = limits.burst if is_full else 0.0
        self._at = clock()
        self._margin = _MARGIN
        self._closed_until = -math.inf
        self._refused_at = -math.inf
        self._refusals = 0
        self._waiting: dict[int, float] = {}
        self._slowed: list[float] = []
        self._slow_until = -math.inf

    def take(self, priority: int = 0) -> float:
        """Put a request into the bucket.

        Args:
            priority: while somebody with a lower number waits for room, there is less for this one.

        Returns:
            0 if it is in; else the seconds after which it is worth trying again.
        """
        with self._lock:
            now = self._clock()
            self._leak(now)
            if now < self._closed_until:
                return self._closed_until - now
            if self._slowed and now < self._slow_until:
                return min(self._slow_until - now, _LOOK_AGAIN)
            ahead = any(until > now for p, until in self._waiting.items() if p < priority)
            room = self.usable_burst - self._level - 1 - ahead
            if room >= 0:
                self._level += 1
                self._waiting.pop(priority, None)
                if self._slowed:
                    self._slow_until = now + 1 / min(self._slowed)
                return 0.0
            wait = min(-room / self.limits.per_second, 60.0) + 0.001
            self._waiting[priority] = now + wait + _GRACE
            return wait

    @property
    def usable_burst(self) -> float:
        """Requests that may stand in the bucket, but for the room that is left in it."""
        return max(self.limits.burst - self._margin, 1.0)

    def filled(self, wait: float) -> None:
        """Learn that others have filled the portal's bucket: there is room for one request in so
        many seconds."""
        with self._lock:
            self._leak(self._clock())
            level = self.usable_burst - 1 + wait * self.limits.per_second
            self._level = max(self._level, level)

    def charge(self) -> None:
        """Count a request that could not wait: the repeat of one that was redirected."""
        with self._lock:
            self._leak(self._clock())
            self._level += 1

    def refused(self, sent_at: float, *, is_overrun: bool) -> float:
        """Learn that the portal answered 503.

        Args:
            sent_at: when that request was sent, by this bucket's clock; of many that were under
                way together, only the first makes the pause longer.
            is_overrun: whether the portal said that its bucket is full.

        Returns:
            The seconds for which nothing is sent now.
        """
        with self._lock:
            now = self._clock()
            self._leak(now)
            if sent_at < self._refused_at:
                return max(self._closed_until - now, 0.0)
            self._refused_at = now
            pause = min(_FIRST_PAUSE * 2 ** min(self._refusals, 9), _LONGEST_PAUSE)
            self._refusals += 1
            self._closed_until = now + random.uniform(pause / 2, pause)
            if is_overrun:  # somebody else calls this portal, too
                if math.isinf(self.limits.burst):
                    self.limits = STANDARD
                self._level = max(self._level, self.limits.burst)
                self._margin = min(self._margin + 1, self.limits.burst / 2)
            rest_paused(self._closed_until - now)
            return self._closed_until - now

    def answered(self, sent_at: float) -> None:
        """Learn that a request was accepted; `sent_at` as in `refused`."""
        if self._refusals or self._margin > _MARGIN:
            with self._lock:
                if sent_at >= self._refused_at:
                    self._refusals = 0
                self._margin = max(_MARGIN, self._margin * _RECOVERY)

    @contextmanager
    def slow(self, per_second: float) -> Iterator[None]:
        """Send at most so many requests a second, without a burst, for the length of the block."""
        if per_second <= 0:
            raise ValueError(f"{per_second} requests a second would never let a call pass")
        with self._lock:
            self._slowed.append(per_second)
        try:
            yield
        finally:
            with self._lock:
                self._slowed.remove(per_second)

    @property
    def is_unlimited(self) -> bool:
        """Whether no call ever has to wait."""
        return math.isinf(self.limits.burst) and not self._slowed

    def now(self) -> float:
        """The moment, by this bucket's clock."""
        return self._clock()

    def _leak(self, now: float) -> None:
        elapsed, self._at = max(now - self._at, 0.0), now
        rate = self.limits.per_second
        self._level = 0.0 if math.isinf(rate) else max(0.0, self._level - elapsed * rate)


_MOST_BUCKETS: Final = 10_000
_buckets: Final[dict[str, Bucket]] = {}
_buckets_lock: Final = threading.Lock()


def shared_bucket(
    host: str, limits: Limits | None = None, *, former: Bucket | None = None
) -> Bucket:
    """The bucket of a portal, one for all clients of this process: the portal, too, counts them
    together, also those that are gone.

    Args:
        limits: what its plan allows, if known; the last word counts for all.
        former: that of the address from which the portal has moved: time passes as there.
    """
    with _buckets_lock:
        bucket = _buckets.pop(host, None)
        if bucket is None and former is not None:
            bucket = Bucket(limits or STANDARD, former._clock, speed=former.speed)
        elif bucket is None:
            bucket = Bucket(limits or STANDARD)
        _buckets[host] = bucket
        if len(_buckets) > _MOST_BUCKETS:
            del _buckets[next(iter(_buckets))]
        if limits is not None:
            bucket.limits = limits
        return bucket


def give_bucket(host: str, bucket: Bucket) -> None:
    """Let all clients of a portal share this bucket, as in tests."""
    with _buckets_lock:
        _buckets[host] = bucket


def forget(host: str) -> None:
    """Forget what a portal has counted: another one of that name begins, as in tests."""
    with _buckets_lock:
        _buckets.pop(host, None)


_USABLE: Final = 0.95
_WINDOW: Final = 600.0
_BLIND_PAUSE: Final = 60.0
_REST: Final = 1.0


class MethodTimes:
    """Working time per method of one app on one portal. Belongs to one event loop."""

    def __init__(self, limits: Limits, clock: Clock = time.monotonic) -> None:
        self._limit = limits.method_seconds * _USABLE
        self._clock = clock
        self._resets: dict[str, float] = {}
        self._paused: dict[str, float] = {}
        self._typical: dict[str, float] = {}

    def pause_of(self, method: str) -> float:
        """Seconds for which a method should not be called; 0 if it may."""
        until = self._paused.get(method)
        if until is None:
            return 0.0
        left = until - self._clock()
        if left <= 0:
            del self._paused[method]
            return 0.0
        return left

    def learn(self, method: str, spent: Time) -> None:
        """Take what an answer says about its method."""
        if spent.duration:
            typical = self._typical.get(method, spent.duration)
            self._typical[method] = typical + (spent.duration - typical) * 0.2
        if spent.operating is None or not spent.operating_reset_at:
            return
        # The portal's clock need not agree with ours: only its differences are used.
        left = min(max(spent.operating_reset_at - spent.finish, 0.0), _WINDOW)
        reset = self._clock() + left + _REST
        self._resets[method] = reset
        if spent.operating >= self._limit:
            self._pause(method, reset)

    def refused(self, method: str) -> float:
        """Learn that the portal refuses a method until further notice.

        Returns:
            The seconds until that.
        """
        now = self._clock()
        reset = self._resets.get(method, 0.0)
        self._pause(method, reset if reset > now else now + _BLIND_PAUSE)
        return self._paused[method] - now

    def _pause(self, method: str, until: float) -> None:
        now = self._clock()
        rest_paused(max(until - max(self._paused.get(method, now), now), 0.0))
        self._paused[method] = until

    def typical_seconds(self, method: str) -> float:
        """How long a call of the method usually takes the portal; 0 if unknown."""
        return self._typical.get(method, 0.0)
