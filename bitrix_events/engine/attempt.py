"""One attempt: gather what the handler asks for, call it, and say how it ended."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from bitrix_events.engine.inbox import build_event
from bitrix_events.errors import (
    BitrixEventsError,
    InstallationGone,
    NotFound,
    OperationTimeLimit,
    RateLimited,
)
from bitrix_events.events import Entity, EntityEvent, Event
from bitrix_events.routing.inject import Providers, ReadEntity, Scope
from bitrix_events.routing.retry import Drop, GiveUp, RetryLater
from bitrix_events.routing.router import Handler
from bitrix_events.routing.signature import resolve_all
from bitrix_events.store.records import Claim, Delivery, State, Verdict

log = logging.getLogger(__name__)

Gather = Callable[[Claim, Event], Awaitable[Mapping[Any, Any]]]
"""Makes the built-in values of an attempt, by type."""
Gone = Callable[[str, InstallationGone], Awaitable[bool]]
"""Told that a portal, by its key, has turned a call away; whether its work has to wait now."""

_NOTE_CHARACTERS = 500
_UNKNOWN_HANDLER_SECONDS = 900.0
_CLEAN_UP_SECONDS = 1.0


class _EntityGone(Exception):
    pass


class Attempts:
    """Runs attempts on the worker's event loop.

    Args:
        sync_threads: how many ``def`` handlers may run at once.
        gather: makes the values that every attempt is given.
        read_entity: reads the record that an event is about, through the client of the attempt.
        gone: told when a portal has turned a handler's call away for good.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        providers: Providers,
        *,
        sync_threads: int,
        gather: Gather,
        read_entity: Callable[[Mapping[Any, Any], type[Entity], int], Awaitable[Entity]],
        gone: Gone,
    ) -> None:
        self._handlers = handlers
        self._providers = providers
        self._threads = asyncio.Semaphore(sync_threads)
        self._missing: set[str] = set()
        self._gather = gather
        self._read_entity = read_entity
        self._gone = gone

    async def run(self, claim: Claim, *, is_stopping: Callable[[], bool]) -> Verdict:
        """Run one attempt. Whatever the handler does, this ends with a verdict.

        Raises:
            asyncio.CancelledError: the app stops, and only then.
        """
        delivery = claim.delivery
        handler = self._handlers.get(delivery.handler)
        if handler is None:
            return self._no_handler(delivery)
        if delivery.attempt > handler.retry.attempts:
            note = f"no attempts are left after {delivery.attempt - 1}: {claim.note}"
            verdict = Verdict(State.DEAD, _note(note), counted=False)
            return self._report(handler, delivery, 0.0, verdict)
        began = time.perf_counter()
        verdict = await self._attempt(handler, claim, is_stopping)
        return self._report(handler, delivery, time.perf_counter() - began, verdict)

    def _no_handler(self, delivery: Delivery) -> Verdict:
        note = f"no handler is named {delivery.handler}; was it renamed? use name="
        if delivery.handler not in self._missing:
            self._missing.add(delivery.handler)
            log.warning("#%d and what else waits for it: %s", delivery.id, note)
        return Verdict(State.WAITING, note, _UNKNOWN_HANDLER_SECONDS, counted=False)

    async def _attempt(
        self, handler: Handler, claim: Claim, is_stopping: Callable[[], bool]
    ) -> Verdict:
        # A task of its own, so that one that ignores its cancellation can be left behind.
        call = asyncio.create_task(self._outcome(handler, claim), name=handler.name)
        try:
            await asyncio.wait({call}, timeout=handler.timeout)
        except asyncio.CancelledError as error:
            await self._cancel(call)
            if is_stopping():
                raise
            return _verdict(handler, claim.delivery, error)
        if call.done():
            raised = call.result()
            if isinstance(raised, InstallationGone) and await self._has_to_wait(claim, raised):
                return Verdict(State.WAITING, _note(raised), counted=False, parks=True)
            return _verdict(handler, claim.delivery, raised)
        await self._cancel(call)
        note = f"took longer than its timeout of {handler.timeout:g} s"
        return _failed(handler, claim.delivery, note)

    async def _has_to_wait(self, claim: Claim, error: InstallationGone) -> bool:
        try:
            return await self._gone(claim.delivery.portal, error)
        except BitrixEventsError as trouble:
            log.error("cannot note that %s is gone: %s", error.portal, trouble)
            return False

    async def _outcome(self, handler: Handler, claim: Claim) -> BaseException | None:
        """What the handler raised. A SystemExit that left a task would end the event loop."""
        try:
            await self._call(handler, claim)
        except BaseException as error:
            return error
        return None

    async def _cancel(self, call: asyncio.Task[BaseException | None]) -> None:
        """Cancel a handler, and give it a moment to clean up."""
        call.cancel()
        _, still_running = await asyncio.wait({call}, timeout=_CLEAN_UP_SECONDS)
        if still_running:
            log.error("%s ignores that it was cancelled; it is left behind", call.get_name())

    async def _call(self, handler: Handler, claim: Claim) -> None:
        delivery = claim.delivery
        event = build_event(delivery.code, delivery.data, delivery)
        given = await self._gather(claim, event)
        async with Scope(self._providers, given, self._reader(event, given)) as scope:
            arguments = await resolve_all(handler.plan, scope)
            call = partial(handler.function, **arguments)
            if handler.is_async:
                await call()
                return
            result = await _run_in_thread(call, self._threads, name=handler.name)
            if inspect.isawaitable(result):
                if inspect.iscoroutine(result):
                    result.close()
                raise TypeError("the handler returned something to await; write it as async def")

    def _reader(self, event: Event, given: Mapping[Any, Any]) -> ReadEntity:
        async def read(entity: type[Entity]) -> Entity:
            assert isinstance(event, EntityEvent), "checked at registration"
            if event.entity_key is None:
                raise GiveUp(f"{event.code} came without the id of a record")
            try:
                return await self._read_entity(given, entity, event.entity_id)
            except NotFound as error:
                raise _EntityGone from error

        return read

    def _report(
        self, handler: Handler, delivery: Delivery, seconds: float, verdict: Verdict
    ) -> Verdict:
        text = f"#{delivery.id} {handler.name}: {verdict.state.value} after {seconds * 1000:.0f} ms"
        if delivery.attempt > 1 or verdict.state is State.WAITING:
            text += f", attempt {delivery.attempt} of {handler.retry.attempts}"
        if verdict.parks:
            text += ", until its portal works for us again"
        elif verdict.state is State.WAITING:
            text += f", next in {verdict.delay_seconds:.1f} s"
        if verdict.note:
            text += f": {verdict.note}"
        level = {State.WAITING: logging.WARNING, State.DEAD: logging.ERROR}
        log.log(
            level.get(verdict.state, logging.INFO),
            "%s",
            text,
            extra={"action": verdict.state.value, "delivery": delivery.id, "handler": handler.name},
        )
        return verdict


def _verdict(handler: Handler, delivery: Delivery, error: BaseException | None) -> Verdict:
    """What an outcome means."""
    if error is None:
        return Verdict(State.DONE)
    if isinstance(error, Drop):
        return Verdict(State.SKIPPED, _note(error))
    if isinstance(error, GiveUp):
        return _dead(error)
    if isinstance(error, RetryLater):
        return Verdict(State.WAITING, _note(error), error.seconds, counted=False)
    if isinstance(error, RateLimited | OperationTimeLimit):  # nothing was done, and nobody failed
        return Verdict(State.WAITING, _note(error), error.retry_after, counted=False)
    if isinstance(error, _EntityGone):
        return Verdict(State.SKIPPED, "gone: the record no longer exists")
    if not isinstance(error, BitrixEventsError):  # those say all in one line
        log.warning("#%d %s raised", delivery.id, handler.name, exc_info=error)
    return _failed(handler, delivery, f"{type(error).__name__}: {_note(error)}")


def _failed(handler: Handler, delivery: Delivery, note: str) -> Verdict:
    """Another attempt, or dead after the last one."""
    delay = handler.retry.delay_after(delivery.attempt)
    return _dead(note) if delay is None else Verdict(State.WAITING, _note(note), delay)


def _dead(note: object) -> Verdict:
    return Verdict(State.DEAD, _note(note))


def _note(what: object) -> str:
    """A text that can be stored, whatever somebody put into an exception."""
    try:
        text = str(what)
    except Exception:
        text = "(its text cannot be made)"
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _NOTE_CHARACTERS else f"{text[:_NOTE_CHARACTERS]}…"


async def _run_in_thread(call: Callable[[], Any], threads: asyncio.Semaphore, *, name: str) -> Any:
    """Call in a thread of its own, which sees the context variables of the caller.

    A daemon thread and no pool: a pool's threads are joined when the interpreter exits, so one
    handler that hangs would keep the process from ever ending. The place among the ``threads`` is
    given back when the thread ends, however long after the caller has given up.
    """
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: Any, error: BaseException | None) -> None:
        threads.release()
        if finished.done():  # timed out or cancelled: nobody waits for the result any more
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

    await threads.acquire()
    threading.Thread(target=run, name=name, daemon=True).start()
    return await finished
