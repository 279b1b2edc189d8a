"""One attempt: gather what the handler asks for, call it, and say how it ended."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final, Protocol

from bitrix_events import metrics
from bitrix_events.decisions import log_decision
from bitrix_events.engine.deadline import CLEAN_UP_SECONDS, Deadline, Deadlines
from bitrix_events.engine.loops import LoopGuard
from bitrix_events.engine.threads import Place, Threads
from bitrix_events.engine.verdicts import (
    DONE,
    Decision,
    Outcome,
    dealt_with,
    decided,
    described,
    failed,
    hopeless,
    looked_at,
    no_handler,
    no_thread,
    parked,
    paused,
    put_off,
)
from bitrix_events.engine.weather import Weather, gone
from bitrix_events.errors import BitrixEventsError, InstallationGone, StoreError
from bitrix_events.failpoints import failpoint
from bitrix_events.routing.changes import Changed, Comparison
from bitrix_events.routing.hooks import Hook
from bitrix_events.routing.inject import Occasion, Providers, Scope
from bitrix_events.routing.retry import Drop
from bitrix_events.routing.router import Handler
from bitrix_events.routing.writes import OwnWrites, Wrote
from bitrix_events.store.records import Claim, State

log = logging.getLogger(__name__)


class ObservedOccasion(Occasion, Protocol):
    """An occasion whose clients tell what is done with them.

    Attributes:
        hides_writes: the portal keeps no offline events about what they change.
    """

    @property
    def hides_writes(self) -> bool: ...

    def observe(self, wrote: Wrote) -> None:
        """Have the clients that are given out from here on tell what they have changed."""


OccasionOf = Callable[[Claim], Awaitable[ObservedOccasion]]
"""Makes what the built-in values of an attempt are made from."""
Gone = Callable[[str, InstallationGone], Awaitable[bool]]
"""Told that a portal, by its key, has turned a call away; whether its work has to wait now."""

_THREAD_SECONDS: Final = 5.0
_STORE_SECONDS: Final = 1.0
_LEVELS: Final = {State.WAITING: logging.WARNING, State.DEAD: logging.ERROR}


class Hold(Protocol):
    """Who waits for the end of an attempt."""

    @property
    def is_stopping(self) -> bool:
        """Whether a cancellation comes from the app, which ends."""

    def leave(self, outcome: Outcome) -> None:
        """The attempt is over with this outcome, though the handler goes on."""


class LeftBehind(BaseException):
    """The attempt is over since long; nobody waits for it any more."""


class TookTooLong(TimeoutError):
    """The handler has run past its timeout."""


class _NotReady(Exception):
    """What the attempt needs could not be read. ``__cause__`` says why."""


class _Paused(Exception):
    """The loop guard makes the handler wait for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Attempts:
    """Runs attempts, each in the task that calls `run`. Belongs to the worker's event loop.

    Args:
        sync_threads: how many ``def`` handlers may run at once.
        gone: told when a portal has turned a handler's call away for good.
        weather: told which portals want to be left alone.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        providers: Providers,
        *,
        sync_threads: int,
        occasion_of: OccasionOf,
        gone: Gone,
        weather: Weather,
    ) -> None:
        self._handlers = handlers
        self._providers = providers
        self.deadlines = Deadlines()
        self._threads = Threads(sync_threads)
        self._missing: set[str] = set()
        self.occasion_of = occasion_of
        self._gone = gone
        self._weather = weather
        self.loops = LoopGuard(weather.clock)

    async def run(self, claim: Claim, hold: Hold) -> Outcome:
        """Run one attempt. Whatever the handler does, this ends with an outcome.

        Raises:
            asyncio.CancelledError: the app stops, and only then.
            LeftBehind: ``hold.leave`` was given the outcome already.
        """
        delivery = claim.delivery
        handler = self._handlers.get(delivery.handler)
        if handler is None:
            return self._no_handler(claim)
        outcome = hopeless(handler, claim)
        if outcome is not None:
            return self._report(handler, claim, 0.0, outcome)
        if pause := self.loops.pause_of(claim):
            return paused(pause)
        place = None
        if not handler.is_async:
            place = await self._threads.place(_THREAD_SECONDS)
            if place is None:
                return self._report(handler, claim, 0.0, no_thread(self._threads.count))
        began = time.perf_counter()
        attempt = _Attempt(self, handler, claim, hold, place, began)
        try:
            outcome = await self._outcome(attempt)
        finally:
            if place is not None:
                place.release()
        snapshot = attempt.snapshot()
        if snapshot is not None:
            outcome = looked_at(outcome, snapshot)
        return self._report(handler, claim, time.perf_counter() - began, outcome)

    def can_cancel(self, claim: Claim) -> bool:
        """Whether an attempt ends when its task is cancelled; a thread does not."""
        handler = self._handlers.get(claim.delivery.handler)
        return handler is None or handler.is_async

    async def call(self, hook: Hook, occasion: Occasion, error: BaseException) -> None:
        """Call a hook because of an error."""
        async with Scope(self._providers, occasion, error=error) as scope:
            arguments = await hook.plan.arguments(scope)
            if hook.is_async:
                await hook.function(**arguments)
                return
            place = await self.place_for(hook.name)
            await place.run(partial(hook.function, **arguments), name=hook.name)

    async def place_for(self, name: str) -> Place:
        """A place in a thread for one more call of an attempt.

        Raises:
            TimeoutError: all of them are taken.
        """
        place = await self._threads.place(_THREAD_SECONDS)
        if place is None:
            raise TimeoutError(f"no thread was free for {name}")
        return place

    def _no_handler(self, claim: Claim) -> Outcome:
        name = claim.delivery.handler
        outcome = no_handler(name)
        if name not in self._missing:
            self._missing.add(name)
            log.warning(
                "#%d and what else waits for it: %s", claim.delivery.id, outcome.verdict.note
            )
        return outcome

    async def _outcome(self, attempt: _Attempt) -> Outcome:
        handler, claim = attempt.handler, attempt.claim
        error = await attempt.within_time(attempt.run())
        if error is None:
            self._weather.worked(claim.delivery.portal)
            return DONE
        outcome = await self._without_fault(attempt, error)
        if outcome is not None:
            return outcome
        hook = handler.around.handler_of(error)
        if hook is None or attempt.occasion is None or isinstance(error, TookTooLong):
            return _failed(handler, claim, error)
        raised = await attempt.within_time(self.call(hook, attempt.occasion, error))
        if raised is None:
            return dealt_with(error, hook.name)
        if raised is error:
            return _failed(handler, claim, error)
        outcome = await self._without_fault(attempt, raised, because=error)
        if outcome is not None:
            return outcome
        text = f"{described(error)}; then {hook.name} raised {described(raised)}"
        return failed(handler, claim, raised, text, is_surprise=True)

    async def _without_fault(
        self, attempt: _Attempt, error: BaseException, *, because: BaseException | None = None
    ) -> Outcome | None:
        """The outcome if this error is no failure: a decision, or the weather."""
        claim = attempt.claim
        if isinstance(error, Decision):
            return decided(error, attempt.handler, claim, because=because)
        if isinstance(error, _NotReady):
            return put_off(error.__cause__ or error, _STORE_SECONDS)
        if isinstance(error, _Paused):
            return paused(error.seconds)
        seconds = self._weather.wait_after(claim.delivery.portal, error)
        if seconds is not None:
            return put_off(error, seconds)
        turned_away = gone(error)
        if turned_away is not None and await self._has_to_wait(claim, turned_away):
            return parked(turned_away)
        return None

    async def _has_to_wait(self, claim: Claim, error: InstallationGone) -> bool:
        try:
            return await self._gone(claim.delivery.portal, error)
        except BitrixEventsError as trouble:
            log.error("cannot note that %s is gone: %s", error.portal, trouble)
            return False

    def _report(self, handler: Handler, claim: Claim, seconds: float, outcome: Outcome) -> Outcome:
        """The one log line about an attempt."""
        verdict = outcome.verdict
        metrics.attempted(handler.name, verdict.state.value, seconds)
        level = logging.INFO if outcome is DONE else _LEVELS.get(verdict.state, logging.INFO)
        if outcome.is_told or not log.isEnabledFor(level):
            return outcome
        delivery = claim.delivery
        text = f"#{delivery.id} {handler.name}: {verdict.state.value} after {seconds * 1000:.0f} ms"
        if delivery.attempt > 1 or verdict.state is State.WAITING:
            text += f", attempt {delivery.attempt} of {handler.retry.attempts}"
        if verdict.parks:
            text += ", until its portal works for us again"
        elif verdict.state is State.WAITING:
            text += f", next in {verdict.delay_seconds:.1f} s"
        if verdict.note:
            text += f": {verdict.note}"
        extra = {
            "action": "parked" if verdict.parks else verdict.state.value,
            "delivery": delivery.id,
            "execution": claim.execution_id,
            "portal": delivery.portal,
            "handler": handler.name,
        }
        if outcome.is_surprise:
            log.log(level, "%s", text, exc_info=outcome.error, extra=extra)
        else:
            log_decision(log, level, text, extra)
        return outcome


class _Attempt:
    """One attempt that runs.

    Attributes:
        occasion: None until it is known.
    """

    __slots__ = (
        "_attempts",
        "_began",
        "_comes_back",
        "_comparison",
        "_deadline",
        "_place",
        "_writes",
        "claim",
        "handler",
        "hold",
        "occasion",
    )

    def __init__(
        self,
        attempts: Attempts,
        handler: Handler,
        claim: Claim,
        hold: Hold,
        place: Place | None,
        began: float,
    ) -> None:
        self._attempts = attempts
        self._began = began
        self._comes_back = True
        self._comparison: Comparison | None = None
        self._deadline: Deadline | None = None
        self._writes: OwnWrites | None = None
        self._place = place
        self.handler = handler
        self.claim = claim
        self.hold = hold
        self.occasion: Occasion | None = None

    async def run(self) -> None:
        """Run the handler with all that is around it."""
        try:
            occasion = self.occasion = await self._attempts.occasion_of(self.claim)
        except StoreError as error:
            raise _NotReady from error
        handler = self.handler
        scope = Scope(self._attempts._providers, occasion)
        if handler.changed is not None:
            self._comes_back = handler.mode != "offline" or not occasion.hides_writes
            await self._compare(scope, handler.changed)
        where = handler.where
        if where is not None and not where.wants(await scope.entity(where.record)):
            raise Drop(f"where= said no to this {where.record.__name__}")
        loops = self._attempts.loops
        if loops.counts(self.claim):
            if pause := loops.enter(self.claim):
                raise _Paused(pause)
            occasion.observe(self._note_write)
        if handler.is_async and not handler.plan.waits and not handler.around.middleware:
            await handler.function(**handler.plan.ready(scope))  # and nothing to clean up
        else:
            async with scope:
                await self._go_on(scope, 0)
        failpoint("handler_done")

    def snapshot(self) -> Mapping[str, Any] | None:
        """What the next attempt of this handler at this record is compared with; None if that is
        what this one was compared with, or if nothing is watched."""
        handler, found, last = self.handler, self._comparison, self.claim.snapshot
        if found is None or handler.changed is None:
            return None
        values = found.snapshot
        if self._writes is not None and self._writes.fields:
            values = handler.changed.after_writes(
                values, last, self._writes.fields, comes_back=self._comes_back
            )
        return None if values == last else values

    async def _compare(self, scope: Scope, changed: Changed) -> None:
        """Look whether what the handler watches is different.

        Raises:
            Drop: it is not.
        """
        claim = self.claim
        record = await scope.entity(changed.record)
        found = changed.compare(record, claim.snapshot, replayed=claim.delivery.replayed)
        self._comparison = found
        if found.note:
            raise Drop(found.note)
        scope.changes = found.changes
        if claim.delivery.entity is not None:
            self._writes = OwnWrites(changed.record, claim.delivery.entity)

    def _note_write(self, method: str, params: Mapping[str, Any]) -> None:
        self._attempts.loops.wrote(self.claim)
        if self._writes is not None:
            self._writes(method, params)

    async def within_time(self, call: Awaitable[None]) -> BaseException | None:
        """What the call raised, or that it took longer than the handler's timeout.

        Nothing that the handler raises leaves the task: a SystemExit would end the event loop.
        """
        error: BaseException | None = None
        deadline = self._attempts.deadlines.after(self.handler.timeout, self._leave)
        self._deadline = deadline
        with deadline:
            try:
                await call
            except BaseException as raised:
                error = raised
        if deadline.was_ignored:
            raise LeftBehind
        if deadline.is_over:
            return self._too_long()
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            if isinstance(error, asyncio.CancelledError) and self.hold.is_stopping:
                raise error
            await _forget_cancellation(task)
        return error

    def _leave(self) -> None:
        handler = self.handler
        log.error("%s ignores that it was cancelled; it is left behind", handler.name)
        outcome = _failed(handler, self.claim, self._too_long())
        seconds = time.perf_counter() - self._began - CLEAN_UP_SECONDS
        self.hold.leave(self._attempts._report(handler, self.claim, seconds, outcome))

    def _too_long(self) -> TookTooLong:
        return TookTooLong(f"took longer than its timeout of {self.handler.timeout:g} s")

    async def _go_on(self, scope: Scope, level: int) -> None:
        """Call the middleware of this level, or the handler when there is no other level."""
        middleware = self.handler.around.middleware
        if level < len(middleware):
            hook = middleware[level]
            arguments = await hook.plan.arguments(scope)
            arguments[hook.call_next] = partial(self._go_on, scope, level + 1)
            await hook.function(**arguments)
            return
        try:
            await self._call_handler(await self.handler.plan.arguments(scope))
        except asyncio.CancelledError:
            if self._deadline is None or not self._deadline.is_over:
                raise
            self._deadline.acknowledge()
            raise self._too_long() from None

    async def _call_handler(self, arguments: Mapping[str, Any]) -> None:
        handler = self.handler
        if handler.is_async:
            await handler.function(**arguments)
            return
        place, self._place = self._place, None
        if place is None:  # a middleware goes on more than once
            place = await self._attempts.place_for(handler.name)
        result = await place.run(partial(handler.function, **arguments), name=handler.name)
        if inspect.isawaitable(result):
            if inspect.iscoroutine(result):
                result.close()
            raise TypeError("the handler returned something to await; write it as async def")


def _failed(handler: Handler, claim: Claim, error: BaseException) -> Outcome:
    if isinstance(error, TookTooLong):
        return failed(handler, claim, error, str(error), is_surprise=False)
    is_ours = isinstance(error, BitrixEventsError)  # those say all in one line
    return failed(handler, claim, error, described(error), is_surprise=not is_ours)


async def _forget_cancellation(task: asyncio.Task[Any]) -> None:
    """A handler has cancelled its own task; what comes after it shall not suffer from that."""
    try:
        while task.cancelling():
            task.uncancel()
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        while task.cancelling():
            task.uncancel()
