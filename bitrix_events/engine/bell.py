"""A bell that wakes an event loop from other threads."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

log = logging.getLogger(__name__)


class Bell:
    """Rung when there may be work. Made on the event loop that listens to it.

    Ringing it a thousand times before somebody has listened costs one wake-up: each of them gives
    the interpreter's lock away.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._is_rung = False

    def ring(self) -> None:
        """Callable from any thread."""
        if self._is_rung:
            return
        self._is_rung = True
        try:
            self._loop.call_soon_threadsafe(self._rung.set)
        except RuntimeError:
            log.debug("rung after the end")

    def ring_here(self) -> None:
        """The same on the event loop that listens."""
        self._is_rung = True
        self._rung.set()

    def silence(self) -> None:
        """Listen anew: what is rung from now on wakes up."""
        self._is_rung = False
        self._rung.clear()

    @property
    def is_ringing(self) -> bool:
        """Whether it was rung since it was silenced, as far as this loop knows."""
        return self._rung.is_set()

    async def wait(self, seconds: float) -> None:
        """Return when it is rung, or when so many seconds have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
