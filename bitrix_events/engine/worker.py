"""Worker: a thread with an event loop of its own that claims due executions and runs them.

User code runs here and never on the loop that answers portals, so that a handler that blocks
delays no answer.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from bitrix_events.aside import CALLER
from bitrix_events.engine import rush
from bitrix_events.engine.attempt import Attempts, LeftBehind
from bitrix_events.engine.bell import Bell
from bitrix_events.engine.heart import Heart
from bitrix_events.engine.notices import Notices
from bitrix_events.engine.places import Places
from bitrix_events.engine.trouble import Trouble
from bitrix_events.engine.verdicts import DROPPED, INTERRUPTED, Outcome, broken
from bitrix_events.engine.watchdog import Watchdog
from bitrix_events.engine.weather import Weather
from bitrix_events.failpoints import failpoint
from bitrix_events.store.base import Store
from bitrix_events.store.records import Claim

log = logging.getLogger(__name__)

_LONGEST_SLEEP_SECONDS: Final = 1.0
"""Another process may have added work, of which nobody tells us."""
_LONGEST_SHARED_SLEEP_SECONDS: Final = 0.25
"""Where that is what other processes do all the time."""
_SHORTEST_SLEEP_SECONDS: Final = 0.004
_LONGEST_VAIN_SLEEP_SECONDS: Final = 0.25
_GATHERING_SECONDS: Final = 0.003
_SWEEP_SECONDS: Final = 5.0
_SWEEPS: Final = 6
"""In the time of a lease: so soon the work of a process is taken over that has died."""
_RESTART_SECONDS: Final = 1.0
_CLOSING_SECONDS: Final = 75.0


@dataclass(frozen=True, slots=True)
class Crew:
    """Who runs attempts, made on the worker's own loop."""

    attempts: Attempts
    notices: Notices
    weather: Weather


OpenCrew = Callable[[], AbstractAsyncContextManager[Crew]]


class Worker:
    """Runs executions until it is stopped.

    Args:
        open_crew: makes, on the worker's own loop, who runs the attempts; closed at the end.
        concurrency: executions at the same time.
        portal_concurrency: of one portal. Those that only wait to share a request come on top, see
            `Places`.
        handler_concurrency: of a handler, by its name; of others as many as there are.
        shutdown_seconds: how long running executions may go on after `stop`.
        storing: how many deliveries are being stored just now. They come first: what is not
            answered in time is lost, and what is stored can wait.
    """

    def __init__(
        self,
        store: Store,
        open_crew: OpenCrew,
        *,
        concurrency: int,
        portal_concurrency: int,
        handler_concurrency: Mapping[str, int] | None = None,
        shutdown_seconds: float,
        storing: Callable[[], int] = lambda: 0,
    ) -> None:
        self._store = store
        self._open_crew = open_crew
        self._concurrency = concurrency
        self._portal_concurrency = portal_concurrency
        self._handler_concurrency = handler_concurrency or {}
        self._shutdown_seconds = shutdown_seconds
        self._storing = storing
        self._stopping = False
        self._is_closing = False
        self._is_closed = threading.Event()
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._bell: Bell | None = None
        self._watchdog: Watchdog | None = None
        self._shift: _Shift | None = None
        self._heart = Heart(store, self._drop)
        self._thread = threading.Thread(target=self._run, name="bitrix-events-worker", daemon=True)

    @property
    def trouble(self) -> str:
        """What keeps handlers from running, in one line; ``""`` if nothing does."""
        if self._stopping or not self._thread.is_alive():
            return "it is stopped"
        return self._watchdog.trouble if self._watchdog is not None else "it starts anew"

    async def start(self) -> None:
        """Start the thread; return when it is ready to work."""
        self._store.listen(self.wake)
        self._heart.start()
        self._thread.start()
        await asyncio.to_thread(self._started.wait)
        if self._failure is not None:
            self._heart.stop()
            raise self._failure

    def wake(self) -> None:
        """Say that there may be work. Callable from any thread."""
        if self._bell is not None:
            self._bell.ring()

    async def stop(self) -> None:
        """Claim nothing more, let running executions finish, give back those that do not."""
        self._stopping = True
        self.wake()
        patience = self._shutdown_seconds + 2.5
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
        await asyncio.to_thread(self._heart.stop)

    def _drop(self) -> None:
        """What runs may be others' now. Called from any thread."""
        shift = self._shift
        if shift is not None:
            shift.drop_soon()

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
                self._watchdog = None
                time.sleep(_RESTART_SECONDS)
        self._started.set()
        self._is_closed.set()

    async def _main(self) -> None:
        self._bell = Bell()
        main = asyncio.current_task()
        assert main is not None
        async with self._open_crew() as crew:
            with Watchdog() as self._watchdog:
                self._shift = shift = _Shift(
                    self._store,
                    crew,
                    self._bell,
                    is_stopping=lambda: self._stopping or main.cancelling() > 0,
                    concurrency=self._concurrency,
                    portal_concurrency=self._portal_concurrency,
                    handler_concurrency=self._handler_concurrency,
                    storing=self._storing,
                )
                self._started.set()
                await shift.work()
                await shift.finish(self._shutdown_seconds)
            self._is_closing = True
        self._is_closed.set()


class _Shift:
    """The work of one event loop.

    Args:
        bell: rung when there may be work.
    """

    def __init__(
        self,
        store: Store,
        crew: Crew,
        bell: Bell,
        *,
        is_stopping: Callable[[], bool],
        concurrency: int,
        portal_concurrency: int,
        handler_concurrency: Mapping[str, int],
        storing: Callable[[], int],
    ) -> None:
        self._store = store
        self._crew = crew
        self._bell = bell
        self._is_stopping = is_stopping
        self._quarter = max(concurrency // 4, 1)
        self._handler_concurrency = handler_concurrency
        self._rush = rush.Rush(storing)
        self._runs: dict[int, _Run] = {}
        """What was claimed and is not settled, by the id of the execution."""
        self.places = Places(concurrency, portal_concurrency)
        """For attempts. One is free as soon as its attempt is over, so that the next claim is
        committed together with its verdict."""
        self._endings: set[asyncio.Task[None]] = set()
        """Write down how attempts have ended whose handlers go on."""
        self._claiming = Trouble("claim work")
        self._settling = Trouble("record how executions ended")
        self._looking = Trouble("look for work")
        self._sweep_seconds, self._longest_sleep = _SWEEP_SECONDS, _LONGEST_SLEEP_SECONDS
        if (lease_seconds := store.lease_seconds) is not None:
            self._sweep_seconds = min(_SWEEP_SECONDS, lease_seconds / _SWEEPS)
            self._longest_sleep = min(_LONGEST_SHARED_SLEEP_SECONDS, self._sweep_seconds)
        self._next_sweep = time.monotonic() + self._sweep_seconds
        self._shortest_sleep = _SHORTEST_SLEEP_SECONDS
        self._loop = asyncio.get_running_loop()

    async def work(self) -> None:
        """Claim executions and run them until the app stops."""
        while not self._is_stopping():
            self._bell.silence()
            is_rush = self._rush.goes_on()
            await self._claim(rush.CLAIMED if is_rush else self.places.free)
            if is_rush:
                await asyncio.sleep(rush.PAUSE_SECONDS)
            if time.monotonic() >= self._next_sweep:
                await self._sweep()
            await self._wait()

    async def finish(self, seconds: float) -> None:
        """Let executions come to their end for so long; give back those that do not."""
        if not self._runs:
            return
        log.info("waiting up to %g s for running handlers", seconds)
        tasks = {run.task for run in self._runs.values()} | self._endings
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            log.warning("%d handlers were interrupted; they run again after the start", len(late))
            await asyncio.wait(late, timeout=1.0)
        for run in list(self._runs.values()):  # they ignore that they were cancelled
            if run.task in late and not run.task.done():
                run.leave(INTERRUPTED)
        if self._endings:
            await asyncio.wait(self._endings, timeout=1.0)

    def drop_soon(self) -> None:
        """Cancel what runs, as others may run it. Callable from any thread.

        What cannot be cancelled, a ``def`` handler in its thread, is held until it ends: so it is
        not given back by ourselves. However something ends, its token tells whether that counts.
        """
        with suppress(RuntimeError):  # the loop has ended, and with it all that ran
            self._loop.call_soon_threadsafe(self._drop)

    def _drop(self) -> None:
        running = [run for run in self._runs.values() if not run.is_over]
        for run in running:
            if self._crew.attempts.can_cancel(run.claim):
                run.is_dropped = True
                run.task.cancel()
        if running:
            dropped = sum(run.is_dropped for run in running)
            log.error(
                "handlers that are cancelled: %d; that go on: %d", dropped, len(running) - dropped
            )

    async def _claim(self, most: int) -> None:
        """Start what is due, as far as there is room."""
        limit = min(most, self.places.free)
        if limit <= 0:
            return
        asked_at = time.monotonic()
        idle = self.places.idle()
        try:
            claims = await self._store.claim(
                limit=limit,
                per_portal=self.places.of_portal,
                per_handler=self._handler_concurrency,
                resting=self._crew.weather.resting(),
                idle=idle,
            )
            if claims:
                failpoint("claimed")
        except Exception as error:
            await asyncio.sleep(self._claiming.begins(error))
            self._bell.ring_here()
            return
        self._claiming.ends(asked_at=asked_at)
        # What is due and not given, because its portal rests, need not be asked for so often.
        sleep = _SHORTEST_SLEEP_SECONDS if claims else self._shortest_sleep * 2
        self._shortest_sleep = min(sleep, _LONGEST_VAIN_SLEEP_SECONDS)
        portals = [claim.delivery.portal for claim in claims]
        self.places.take(portals, idle=idle, is_cut=len(claims) >= limit)
        for claim in claims:
            self._runs[claim.execution_id] = _Run(self, claim)

    async def _sweep(self) -> None:
        """Give back what was claimed and then lost, by whatever accident. Nothing is claimed
        meanwhile, so that whatever was claimed is known."""
        asked_at = time.monotonic()
        self._next_sweep = asked_at + self._sweep_seconds
        try:
            lost = await self._store.sweep(list(self._runs))
        except Exception as error:
            self._looking.begins(error)
            return
        self._looking.ends(asked_at=asked_at)
        if lost:
            log.warning("%d executions were lost from sight, and run again", lost)
            self._bell.ring_here()

    async def _wait(self) -> None:
        """Wait until something arrives, ends, or becomes due; with few places free a moment longer,
        so that one claim serves several of them."""
        if not self._bell.is_ringing:
            await self._bell.wait(await self._seconds_to_sleep())
        if self.places.free < self._quarter and not self._is_stopping():
            await asyncio.sleep(_GATHERING_SECONDS)

    async def _seconds_to_sleep(self) -> float:
        seconds = self._longest_sleep
        if self.places.free > 0:
            asked_at = time.monotonic()
            try:
                due = await self._store.due_in()
            except Exception as error:
                return self._looking.begins(error)
            self._looking.ends(asked_at=asked_at)
            weather = self._crew.weather.ends_in()
            seconds = min([seconds, *(s for s in (due, weather) if s is not None)])
        return seconds if seconds > 0 else self._shortest_sleep

    async def execute(self, run: _Run) -> None:
        """Run one execution from its claim to its end."""
        CALLER.set(run)
        try:
            outcome = await self._crew.attempts.run(run.claim, run)
        except LeftBehind:
            return
        except asyncio.CancelledError:
            outcome = DROPPED if run.is_dropped else INTERRUPTED
        except Exception as error:  # in what is around the handler, which must not lose it
            log.critical("#%d could not be run", run.claim.delivery.id, exc_info=error)
            outcome = broken(error)
        if not run.is_left:
            await self._conclude(run, outcome)

    def step_aside(self, run: _Run) -> None:
        """Let others have the place of an execution that waits."""
        self.places.step_aside(run.claim.delivery.portal)
        self._bell.ring_here()

    def leave(self, run: _Run, outcome: Outcome) -> None:
        """Bring an execution to its end while its handler goes on."""
        ending = asyncio.get_running_loop().create_task(self._conclude(run, outcome))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _conclude(self, run: _Run, outcome: Outcome) -> None:
        run.end()
        self._bell.ring_here()
        try:
            if await self._settle(run.claim, outcome):
                await self._crew.notices.tell(run.claim, outcome)
        finally:
            self._forget(run)

    async def _settle(self, claim: Claim, outcome: Outcome) -> bool:
        """Write the verdict down; an unwritten one means that the execution is run again."""
        while True:
            asked_at = time.monotonic()
            try:
                failpoint("before_settle")
                settled = await self._store.settle(claim, outcome.verdict)
            except Exception as error:
                pause = self._settling.begins(error)
                if self._is_stopping():
                    return False
                await asyncio.sleep(pause)
                continue
            self._settling.ends(asked_at=asked_at)
            failpoint("settled")
            if not settled:
                log.warning(
                    "#%d %s was taken over; its verdict is void",
                    claim.delivery.id,
                    claim.delivery.handler,
                    extra={"action": "void", "execution": claim.execution_id},
                )
            return settled

    def _forget(self, run: _Run) -> None:
        if self._runs.get(run.claim.execution_id) is run:
            del self._runs[run.claim.execution_id]

    def finished(self, run: _Run, task: asyncio.Task[None]) -> None:
        """Called when the task of an execution has ended, however it did."""
        if not (run.is_over or run.is_left):  # it was cancelled before it could begin
            run.end()
            self._forget(run)
        if not task.cancelled() and task.exception() is not None:
            log.critical("an execution was lost from sight", exc_info=task.exception())


class _Run:
    """An execution that runs: who waits for the end of its attempt, and who has its place.

    Attributes:
        is_left: its handler goes on, and nobody waits for it.
        is_over: its attempt has ended.
        is_dropped: it was cancelled because others may run it.
    """

    __slots__ = (
        *("_aside", "_shift", "_stood_aside", "_went_alone"),
        *("claim", "is_dropped", "is_left", "is_over", "task"),
    )

    def __init__(self, shift: _Shift, claim: Claim) -> None:
        self._shift = shift
        self.claim = claim
        self.is_left = self.is_over = self.is_dropped = False
        self._aside = 0
        self._stood_aside = self._went_alone = False
        self.task = shift._loop.create_task(shift.execute(self), name=claim.delivery.handler)
        self.task.add_done_callback(partial(shift.finished, self))

    @property
    def is_stopping(self) -> bool:
        return self.is_dropped or self._shift._is_stopping()

    def leave(self, outcome: Outcome) -> None:
        """The attempt is over with this outcome, though the handler goes on."""
        self.is_left = True
        self._shift.leave(self, outcome)

    def steps_aside(self) -> None:
        """A call of the attempt waits to share a request."""
        self._aside += 1
        if self._aside == 1 and not self.is_over:
            self._stood_aside = True
            self._shift.step_aside(self)

    def steps_back(self) -> None:
        """It waits no more."""
        self._aside -= 1
        if not self._aside and not self.is_over:
            self._shift.places.step_back(self.claim.delivery.portal)

    def goes_alone(self) -> None:
        """The attempt needs a request of its own."""
        self._went_alone = True

    def has_followers(self) -> bool:
        """Others of its portal are about to start."""
        return self._shift.places.has_followers(self.claim.delivery.portal)

    def end(self) -> None:
        """The attempt is over, and its place free."""
        places, portal = self._shift.places, self.claim.delivery.portal
        if self._aside:
            places.step_back(portal)
        self.is_over = True
        places.leave(portal, stood_aside=self._stood_aside, went_alone=self._went_alone)
