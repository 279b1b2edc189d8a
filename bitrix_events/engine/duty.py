"""Duties: what one of all processes that share a store does from time to time."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from bitrix_events.errors import BitrixEventsError
from bitrix_events.store.base import Store

log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 15.0
_HOLD_SECONDS: Final = 45.0
"""For how long a process that has died keeps its duties."""


class Duty:
    """Something that has to be done from time to time, by whichever process is on duty.

    Who becomes that does it anew: it may know better, as after a deployment.

    Args:
        name: by which processes mean the same.
        work: does it once.
        every: seconds from the end of one time to the next.
        first: seconds before the first time.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        work: Callable[[], Awaitable[Any]],
        *,
        every: float,
        first: float = 0.0,
    ) -> None:
        self._store = store
        self._name = name
        self._work = work
        self._every = every
        self._first = first
        self._is_mine = False
        self._mine_until = -math.inf
        self._next_at = math.inf

    async def run(self) -> None:
        """Do so until cancelled."""
        working: asyncio.Task[None] | None = None
        try:
            while True:
                await self._look()
                now = time.monotonic()
                if working is not None and not self._is_mine:
                    working.cancel()
                if working is None and now >= self._next_at:
                    working = asyncio.create_task(self._do())
                pause = max(min(_LOOK_SECONDS, self._next_at - now), 0.0)
                if working is None:
                    await asyncio.sleep(pause)
                    continue
                await asyncio.wait([working], timeout=_LOOK_SECONDS)
                if working.done():
                    working = None
                    self._next_at = time.monotonic() + self._every if self._is_mine else math.inf
        finally:
            if working is not None:
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working

    async def _look(self) -> None:
        """Become, or stay, who is on duty."""
        was_mine, now = self._is_mine, time.monotonic()
        try:
            self._is_mine = await self._store.on_duty(self._name, seconds=_HOLD_SECONDS)
            self._mine_until = now + _HOLD_SECONDS
        except BitrixEventsError as error:
            log.debug("who does the %s is not known: %s", self._name, error)
            self._is_mine = was_mine and now < self._mine_until
        if not self._is_mine:
            self._next_at = math.inf
        elif not was_mine:
            self._next_at = now + self._first

    async def _do(self) -> None:
        try:
            await self._work()
        except BitrixEventsError as error:
            log.error("the %s was not done: %s", self._name, error)
        except Exception:  # the next time may be better
            log.exception("the %s was not done", self._name)
