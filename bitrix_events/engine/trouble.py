"""Trouble: one log line when something begins to fail, and one when it works again."""

from __future__ import annotations

import logging
import random
import time
from typing import Final

from bitrix_events.errors import BitrixEventsError

log = logging.getLogger(__name__)

_SHORTEST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 1.0


class Trouble:
    """The trouble with one thing that the store is asked for. Belongs to one event loop.

    Args:
        what: what it is asked to do: "claim work".
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._since: float | None = None

    def begins(self, error: Exception) -> float:
        """It has failed, perhaps once more; seconds to wait before it is asked again."""
        if self._since is None:
            self._since = time.monotonic()
            is_known = isinstance(error, BitrixEventsError | OSError)
            log.error(
                "cannot %s: %s; it is tried until it works",
                self._what,
                error,
                exc_info=None if is_known else error,
                extra={"action": "store_fails"},
            )
        return random.uniform(_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)

    def ends(self, *, asked_at: float) -> None:
        """It has worked. What was asked before the trouble began says nothing about its end.

        Args:
            asked_at: when, by `time.monotonic`.
        """
        if self._since is not None and asked_at > self._since:
            seconds = time.monotonic() - self._since
            self._since = None
            log.warning(
                "can %s again, after %.1f s", self._what, seconds, extra={"action": "store_works"}
            )
