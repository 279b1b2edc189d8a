"""Weather: which portals had better be left alone for a while, through no fault of a handler."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from bitrix_events.errors import (
    InstallationGone,
    NotExecuted,
    OperationTimeLimit,
    PortalBlocked,
    PortalFault,
    PortalUnreachable,
    RateLimited,
)

_OVERLOAD_SECONDS: Final = 2.0
_LONGEST_OVERLOAD_SECONDS: Final = 120.0
_BLOCK_SECONDS: Final = 60.0
_LONGEST_BLOCK_SECONDS: Final = 3600.0


@dataclass(slots=True)
class _Rest:
    """A portal that rests.

    Attributes:
        until: by the clock of `Weather`.
        seconds: how long the last rest was that had to be guessed; the next one is longer.
    """

    until: float
    seconds: float = 0.0


class Weather:
    """Knows which portals rest. Belongs to one event loop.

    Args:
        clock: seconds that never jump.

    Attributes:
        clock: see above.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._rests: dict[str, _Rest] = {}

    def resting(self) -> Collection[str]:
        """Portals that want to be left alone now."""
        if not self._rests:
            return ()
        now = self.clock()
        return [portal for portal, rest in self._rests.items() if rest.until > now]

    def ends_in(self) -> float | None:
        """Seconds until a portal has rested enough; None if none rests."""
        now = self.clock()
        return min((r.until - now for r in self._rests.values() if r.until > now), default=None)

    def worked(self, portal: str) -> None:
        """A handler of the portal has done its work."""
        rest = self._rests.get(portal)
        if rest is not None and rest.until <= self.clock():
            del self._rests[portal]

    def wait_after(self, portal: str, error: BaseException) -> float | None:
        """Seconds after which a call makes sense again; None if the error is no weather.

        The portal rests meanwhile, but for an error that is about one method only.
        """
        errors = [found for found in _leaves(error) if not isinstance(found, NotExecuted)]
        waits = [self._wait_after_one(portal, found) for found in errors]
        known = [wait for wait in waits if wait is not None]
        return max(known) if known and len(known) == len(waits) else None

    def _wait_after_one(self, portal: str, error: BaseException) -> float | None:
        if isinstance(error, OperationTimeLimit):
            return error.retry_after
        if isinstance(error, RateLimited):
            return self._rest(portal, error.retry_after)
        if isinstance(error, PortalBlocked):
            return self._rest_longer(portal, _BLOCK_SECONDS, _LONGEST_BLOCK_SECONDS)
        if isinstance(error, PortalFault | PortalUnreachable) and error.status == 503:
            return self._rest_longer(portal, _OVERLOAD_SECONDS, _LONGEST_OVERLOAD_SECONDS)
        return None

    def _rest(self, portal: str, seconds: float) -> float:
        rest = self._rests.setdefault(portal, _Rest(0.0))
        rest.until = max(rest.until, self.clock() + seconds)
        return seconds

    def _rest_longer(self, portal: str, first: float, longest: float) -> float:
        """Rest twice as long as the last time; once for all executions that fail together."""
        rest = self._rests.setdefault(portal, _Rest(0.0))
        now = self.clock()
        if rest.until <= now:
            rest.seconds = min(max(first, rest.seconds * 2), longest)
            rest.until = now + rest.seconds
        return rest.until - now


def gone(error: BaseException) -> InstallationGone | None:
    """The error by which a portal has turned the app away, if that is all that went wrong."""
    errors = [found for found in _leaves(error) if not isinstance(found, NotExecuted)]
    first = errors[0] if errors else None
    if isinstance(first, InstallationGone) and all(
        isinstance(found, InstallationGone) for found in errors
    ):
        return first
    return None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The single errors of a group, which a batch or a task group raises; or the error itself."""
    if isinstance(error, BaseExceptionGroup):
        for found in error.exceptions:
            yield from _leaves(found)
    else:
        yield error
