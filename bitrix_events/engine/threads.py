"""Threads: where ``def`` handlers run."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)


class Threads:
    """At most so many calls at a time, each in a thread of its own, which sees the context
    variables of the caller.

    Daemon threads and no pool: a pool's threads are joined when the interpreter exits, so one
    handler that hangs would keep the process from ever ending. A place is given back when its
    thread ends, however long after the caller has given up.
    """

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self.count = count

    async def place(self, seconds: float) -> Place | None:
        """A place for one call, to be released; None if there is none for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._free.acquire()
        except TimeoutError:
            return None
        return Place(self._free)


class Place:
    """A place for one call."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free = free
        self._is_taken = False

    def release(self) -> None:
        """Give the place back, unless a call has taken it."""
        if not self._is_taken:
            self._is_taken = True
            self._free.release()

    async def run(self, call: Callable[[], Any], *, name: str) -> Any:
        """Call in a thread. It cannot be interrupted: who is cancelled leaves it behind."""
        assert not self._is_taken, "a place is for one call"
        self._is_taken = True
        loop = asyncio.get_running_loop()
        finished: asyncio.Future[Any] = loop.create_future()
        context = contextvars.copy_context()

        def settle(result: Any, error: BaseException | None) -> None:
            self._free.release()
            if finished.done():  # nobody waits for the result any more
                return
            if error is None:
                finished.set_result(result)
            else:
                finished.set_exception(error)

        def run() -> None:
            result: Any = None
            failure: BaseException | None = None
            try:
                result = context.run(call)
            except StopIteration as error:  # a future refuses to carry it
                failure = RuntimeError(f"the handler raised {error!r}")
            except BaseException as error:
                failure = error
            try:
                loop.call_soon_threadsafe(settle, result, failure)
            except RuntimeError:
                log.warning("%s ended after the app was stopped; its result is lost", name)

        threading.Thread(target=run, name=name, daemon=True).start()
        return await finished
