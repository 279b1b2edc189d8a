"""Worker: a thread with an event loop of its own that claims due executions and runs them.

User code runs here and never on the loop that answers portals, so that a handler that blocks
delays no answer.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime

from bitrix_events.engine.attempt import Attempts
from bitrix_events.errors import StoreError
from bitrix_events.store.base import Store
from bitrix_events.store.records import Claim, State, Verdict

log = logging.getLogger(__name__)

_LONGEST_SLEEP_SECONDS = 5.0
_AFTER_TROUBLE_SECONDS = 1.0
_CLOSING_SECONDS = 75.0

OpenAttempts = Callable[[], AbstractAsyncContextManager[Attempts]]


class Worker:
    """Runs executions until it is stopped.

    Args:
        open_attempts: makes, on the worker's own loop, what runs the attempts; closed at the end.
        concurrency: executions at the same time.
        portal_concurrency: of one portal.
        shutdown_seconds: how long running executions may go on after `stop`.
    """

    def __init__(
        self,
        store: Store,
        open_attempts: OpenAttempts,
        *,
        concurrency: int,
        portal_concurrency: int,
        shutdown_seconds: float,
    ) -> None:
        self._store = store
        self._open_attempts = open_attempts
        self._concurrency = concurrency
        self._portal_concurrency = portal_concurrency
        self._shutdown_seconds = shutdown_seconds
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._is_closing = False
        self._is_closed = threading.Event()
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake_up: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="bitrix-events-worker", daemon=True)

    async def start(self) -> None:
        """Start the thread; return when it is ready to work."""
        self._thread.start()
        await asyncio.to_thread(self._started.wait)
        if self._failure is not None:
            raise self._failure

    def wake(self) -> None:
        """Say that there may be work. Callable from any thread."""
        loop, wake_up = self._loop, self._wake_up
        if loop is None or wake_up is None or wake_up.is_set():
            return
        try:
            loop.call_soon_threadsafe(wake_up.set)
        except RuntimeError:
            log.debug("woken after the end")

    async def stop(self) -> None:
        """Claim nothing more, let running executions finish, give back those that do not."""
        self._stopping = True
        self.wake()
        patience = self._shutdown_seconds + 2.0
        await asyncio.to_thread(self._thread.join, patience)
        if self._is_closing and not self._is_closed.is_set():
            log.info("waiting for renewals of tokens")
            await asyncio.to_thread(self._is_closed.wait, _CLOSING_SECONDS)
            # The loop itself may have to wait for a thread that a handler has left.
            await asyncio.to_thread(self._thread.join, 1.0)
        if self._thread.is_alive():
            log.error(
                "a handler blocks the worker's event loop and is left behind; its execution runs"
                " again after the next start"
            )

    def _run(self) -> None:
        while not self._stopping:
            try:
                asyncio.run(self._main())
            except BaseException as error:
                if not self._started.is_set():
                    self._failure = error
                    break
                # A task that a handler left behind can end the whole loop, with a SystemExit. What
                # ran was cancelled and given back on the way.
                log.critical("the event loop of the handlers died; it starts anew", exc_info=error)
                time.sleep(_AFTER_TROUBLE_SECONDS)
        self._started.set()
        self._is_closed.set()

    async def _main(self) -> None:
        self._wake_up = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        async with self._open_attempts() as attempts:
            self._started.set()
            while not self._stopping:
                self._wake_up.clear()
                claims = await self._claim()
                for claim in claims:
                    task = asyncio.create_task(self._execute(attempts, claim))
                    self._running.add(task)
                    task.add_done_callback(self._finished)
                if not claims and not self._stopping:
                    await self._sleep()
            await self._finish()
            self._is_closing = True
        self._is_closed.set()

    async def _claim(self) -> list[Claim]:
        free = self._concurrency - len(self._running)
        if free <= 0:
            return []
        try:
            return await self._store.claim(limit=free, per_portal=self._portal_concurrency)
        except Exception as error:
            log.error("cannot claim work: %s", error)
            await asyncio.sleep(_AFTER_TROUBLE_SECONDS)
            return []

    async def _sleep(self) -> None:
        """Wait until something arrives, ends, or becomes due."""
        assert self._wake_up is not None
        seconds = _LONGEST_SLEEP_SECONDS
        if len(self._running) < self._concurrency:
            due = await self._next_due()
            if due is not None:
                until_due = (due - datetime.now(UTC)).total_seconds()
                seconds = min(seconds, max(until_due, 0.001))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake_up.wait()

    async def _next_due(self) -> datetime | None:
        try:
            return await self._store.next_due()
        except Exception as error:
            log.error("cannot look for work: %s", error)
            return None

    async def _execute(self, attempts: Attempts, claim: Claim) -> None:
        try:
            verdict = await attempts.run(claim, is_stopping=lambda: self._stopping)
        except asyncio.CancelledError:
            verdict = Verdict(State.WAITING, "interrupted by a stop of the app", counted=False)
        await self._settle(claim, verdict)

    async def _settle(self, claim: Claim, verdict: Verdict) -> None:
        """Write the verdict down; an unwritten one means that the execution is run again."""
        while True:
            try:
                if not await self._store.settle(claim, verdict):
                    log.warning("#%d was taken over; its verdict is void", claim.delivery.id)
                return
            except StoreError as error:
                log.error("cannot record the end of #%d: %s", claim.delivery.id, error)
                if self._stopping:
                    return
                await asyncio.sleep(_AFTER_TROUBLE_SECONDS)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        assert self._wake_up is not None
        self._wake_up.set()
        if not task.cancelled() and task.exception() is not None:
            log.critical("an execution was lost from sight", exc_info=task.exception())

    async def _finish(self) -> None:
        if not self._running:
            return
        log.info("waiting up to %g s for running handlers", self._shutdown_seconds)
        _, late = await asyncio.wait(self._running, timeout=self._shutdown_seconds)
        for task in late:
            task.cancel()
        if late:
            log.warning("%d handlers were interrupted; they run again after the start", len(late))
            await asyncio.wait(late, timeout=1.0)
