"""Heart: says to the store that this process lives, so that nobody takes what it holds."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from bitrix_events.engine.trouble import Trouble
from bitrix_events.store.base import Store

log = logging.getLogger(__name__)

_BEATS: Final = 3
"""In the time of a lease."""
_STOP_SECONDS: Final = 5.0


class Heart:
    """Beats in a thread with an event loop of its own, on which no handler can block it.

    Where no other process can take what this one holds, there is none.

    Args:
        lost: called from that thread when what is held may be others' from now on: because the
            store says so, or because it could not be told for the time of a lease.
    """

    def __init__(self, store: Store, lost: Callable[[], None]) -> None:
        self._store = store
        self._lost = lost
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beating: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._trouble = Trouble("say that this process lives")
        self._is_lost = False

    def start(self) -> None:
        """Begin, if the store has leases. It was opened a moment ago."""
        lease_seconds = self._store.lease_seconds
        if lease_seconds is None:
            return
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main(lease_seconds)),
            name="bitrix-events-heart",
            daemon=True,
        )
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Stop beating; callable from any thread."""
        if self._thread is None or self._loop is None or self._beating is None:
            return
        with suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._beating.cancel)
        self._thread.join(_STOP_SECONDS)

    async def _main(self, lease_seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._beating = asyncio.create_task(self._beat(lease_seconds))
        self._started.set()
        with suppress(asyncio.CancelledError):
            await self._beating

    async def _beat(self, lease_seconds: float) -> None:
        """Extend the lease until cancelled.

        By our account it begins when it is asked for, and so ends before it does by the store's.
        """
        clock = asyncio.get_running_loop().time
        ends_at = clock() + lease_seconds
        pause = lease_seconds / _BEATS
        while True:
            await asyncio.sleep(pause if self._is_lost else min(pause, max(ends_at - clock(), 0)))
            asked_at = clock()
            if asked_at >= ends_at:
                self._lose("the store could not be told in time that this process lives")
            patience = pause if self._is_lost else ends_at - asked_at
            try:
                async with asyncio.timeout(patience):
                    lives = await self._store.extend()
            except Exception as error:
                if isinstance(error, TimeoutError):
                    error = TimeoutError(f"no answer in {patience:.1f} s")
                await asyncio.sleep(min(self._trouble.begins(error), pause))
                continue
            self._trouble.ends(asked_at=asked_at)
            ends_at = asked_at + lease_seconds
            if not lives:
                self._is_lost = False
                self._lose("others have taken this process for dead")
            self._is_lost = False

    def _lose(self, why: str) -> None:
        if self._is_lost:
            return
        self._is_lost = True
        log.error("%s; what it runs is dropped", why, extra={"action": "lost"})
        self._lost()
