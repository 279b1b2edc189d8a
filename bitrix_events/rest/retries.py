"""Whether a failed call may be made again, and when.

A read may always be. A call that changes something is made again only if the failure proves that
it was not run; otherwise its outcome is unknown, and only the caller can find out.

Source: protocol.md 4.5.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bitrix_events.errors import (
    OperationTimeLimit,
    OutcomeUnknown,
    PortalFault,
    PortalUnreachable,
    RateLimited,
    RestError,
)
from bitrix_events.rest.options import Options
from bitrix_events.rest.turns import Priority

T = TypeVar("T")


class Tries:
    """The tries of one call, or of several that are made together.

    Args:
        patience: seconds for which it may be held up by limits; afterwards their error stands.
    """

    def __init__(self, options: Options, patience: float) -> None:
        self._options = options
        self._patience = patience
        self._began = time.monotonic()
        self._failed = 0

    @classmethod
    def of(cls, options: Options, priority: Priority) -> Tries:
        """The tries of a call; what works in bulk waits as long as it takes."""
        return cls(options, math.inf if priority is Priority.BULK else options.patience)

    async def run(
        self,
        attempt: Callable[[], Awaitable[T]],
        *,
        harmless: bool,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> T:
        """Make a call, and again where that does no harm.

        Args:
            harmless: as for `may_repeat`.
            sleep: waits so many seconds between tries.

        Raises:
            RestError: of the last try, as it came; see `verdict`.
        """
        while True:
            try:
                return await attempt()
            except RestError as error:
                if not is_refusal(error):
                    self.count()
                if not self.may_repeat(error, harmless=harmless):
                    raise
                self._options.logger.info("%s; trying again", error)
            await sleep(self.delay())

    @property
    def patience_left(self) -> float:
        """Seconds for which the call may still be held up."""
        return max(self._patience - (time.monotonic() - self._began), 0.0)

    def count(self) -> None:
        """Count a failure that was no refusal by a limit."""
        self._failed += 1

    def may_repeat(self, error: RestError, *, harmless: bool) -> bool:
        """Whether the call may be made again.

        Args:
            harmless: whether it does no harm to run the call twice.
        """
        if isinstance(error, RateLimited | OperationTimeLimit):
            return error.retry_after <= self.patience_left
        if not error.transient or (error.maybe_executed and not harmless):
            return False
        return self._failed < self._options.attempts

    def delay(self) -> float:
        """Seconds to wait before the next try: a random part of a time that doubles."""
        if not self._failed:
            return 0.0  # refused by a limit, and the limit says when
        exponent = min(self._failed - 1, 60)
        return random.uniform(0, min(self._options.delay * 2**exponent, self._options.max_delay))


def is_refusal(error: RestError) -> bool:
    """Whether a limit refused the call: that is no failure of the call."""
    return isinstance(error, RateLimited | OperationTimeLimit)


def verdict(error: RestError, *, harmless: bool) -> RestError:
    """The error as the caller shall see it, when the call is not made again."""
    lost = isinstance(error, PortalUnreachable | PortalFault) and error.maybe_executed
    if not lost or harmless:
        return error
    return outcome_unknown(error, "the call may have been run, so it was not repeated")


def outcome_unknown(error: RestError, what: str) -> OutcomeUnknown:
    """What becomes of an error after which nobody knows what was run."""
    unknown = OutcomeUnknown(
        error.method,
        "OUTCOME_UNKNOWN",
        f"{what} ({error.code}: {error.description})",
        portal=error.portal,
        status=error.status,
        maybe_executed=True,
        content=error.content,
        request_id=error.request_id,
    )
    unknown.__cause__ = error
    return unknown
