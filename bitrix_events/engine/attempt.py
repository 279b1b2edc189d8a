"""One attempt: gather what the handler asks for, call it, and say how it ended."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from bitrix_events.engine.inbox import build_event
from bitrix_events.errors import BitrixEventsError, NotFound
from bitrix_events.events import Entity, EntityEvent, Event
from bitrix_events.routing.inject import Providers, ReadEntity, Scope
from bitrix_events.routing.retry import Drop, GiveUp, RetryLater
from bitrix_events.routing.router import Handler
from bitrix_events.routing.signature import resolve_all
from bitrix_events.store.records import Claim, Delivery, State, Verdict

log = logging.getLogger(__name__)

Gather = Callable[[Claim, Event], Awaitable[Mapping[Any, Any]]]
"""Makes the built-in values of an attempt, by type."""

_NOTE_CHARACTERS = 500
_UNKNOWN_HANDLER_SECONDS = 300.0


class _EntityGone(Exception):
    pass


class Attempts:
    """Runs attempts on the worker's event loop.

    Args:
        sync_threads: how many ``def`` handlers may run at once.
        gather: makes the values that every attempt is given.
        read_entity: reads the record that an event is about, through the client of the attempt.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        providers: Providers,
        *,
        sync_threads: int,
        gather: Gather,
        read_entity: Callable[[Mapping[Any, Any], type[Entity], int], Awaitable[Entity]],
    ) -> None:
        self._handlers = handlers
        self._providers = providers
        self._threads = asyncio.Semaphore(sync_threads)
        self._gather = gather
        self._read_entity = read_entity

    async def run(self, claim: Claim) -> Verdict:
        """Run one attempt. Never raises, unless it is cancelled."""
        delivery = claim.delivery
        handler = self._handlers.get(delivery.handler)
        if handler is None:
            note = f"no handler is named {delivery.handler}; was it renamed? use name="
            log.warning("#%d waits: %s", delivery.id, note)
            return Verdict(State.WAITING, note, _UNKNOWN_HANDLER_SECONDS, counted=False)
        if delivery.attempt > handler.retry.attempts:
            return self._report(handler, delivery, 0.0, _dead("the process died in every attempt"))
        began = time.perf_counter()
        verdict = await self._attempt(handler, claim)
        return self._report(handler, delivery, time.perf_counter() - began, verdict)

    async def _attempt(self, handler: Handler, claim: Claim) -> Verdict:
        delivery = claim.delivery
        deadline = asyncio.timeout(handler.timeout)
        try:
            async with deadline:
                await self._call(handler, claim)
        except Drop as drop:
            return Verdict(State.SKIPPED, _note(str(drop)))
        except GiveUp as give_up:
            return _dead(str(give_up))
        except RetryLater as later:
            return Verdict(State.WAITING, _note(str(later)), max(later.seconds, 0), counted=False)
        except _EntityGone:
            return Verdict(State.SKIPPED, "gone: the record no longer exists")
        except (Exception, asyncio.CancelledError, SystemExit, KeyboardInterrupt) as error:
            if _is_being_stopped(error):
                raise
            if deadline.expired():
                note = f"took longer than its timeout of {handler.timeout:g} s"
            else:
                note = f"{type(error).__name__}: {error}"
                if not isinstance(error, BitrixEventsError):  # those say all in one line
                    log.warning("#%d %s raised", delivery.id, handler.name, exc_info=error)
            delay = handler.retry.delay_after(delivery.attempt)
            return _dead(note) if delay is None else Verdict(State.WAITING, _note(note), delay)
        return Verdict(State.DONE)

    async def _call(self, handler: Handler, claim: Claim) -> None:
        delivery = claim.delivery
        event = build_event(delivery.code, delivery.data, delivery)
        given = await self._gather(claim, event)
        async with Scope(self._providers, given, self._reader(event, given)) as scope:
            arguments = await resolve_all(handler.plan, scope)
            call = partial(handler.function, **arguments)
            if handler.is_async:
                await call()
            else:
                async with self._threads:
                    await _run_in_thread(call, name=handler.name)

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
        if verdict.state is State.WAITING:
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


def _is_being_stopped(error: BaseException) -> bool:
    """Whether the app cancels this task, as opposed to a handler that awaited a cancelled one."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _dead(note: str) -> Verdict:
    return Verdict(State.DEAD, _note(note))


def _note(text: str) -> str:
    return text if len(text) <= _NOTE_CHARACTERS else f"{text[:_NOTE_CHARACTERS]}…"


async def _run_in_thread(call: Callable[[], Any], *, name: str) -> Any:
    """Call in a thread of its own, which sees the context variables of the caller.

    A daemon thread and no pool: a pool's threads are joined when the interpreter exits, so one
    handler that hangs would keep the process from ever ending.
    """
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: Any, error: BaseException | None) -> None:
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

    threading.Thread(target=run, name=name, daemon=True).start()
    return await finished
