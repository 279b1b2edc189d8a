"""Router: a named group of handlers, and how they are registered."""

from __future__ import annotations

import inspect
import logging
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeVar, get_args, overload

from bitrix_events.errors import HandlerSignatureError
from bitrix_events.events import Entity, EntityEvent, Event, Kind, event_class
from bitrix_events.events.registry import remark_on
from bitrix_events.routing.changes import Changed, FirstSeen, changed_of
from bitrix_events.routing.hooks import (
    NOTHING_AROUND,
    Around,
    Hook,
    Hooks,
    error_handler,
    middleware,
)
from bitrix_events.routing.inject import NO_PLAN, Plan, Providers
from bitrix_events.routing.retry import RetryPolicy
from bitrix_events.routing.signature import (
    Asker,
    Function,
    is_async,
    plan_injection,
    read_annotations,
)
from bitrix_events.routing.where import Where, record_of, where_of

E = TypeVar("E", bound=Entity)
F = TypeVar("F", bound=Function)
Mode = Literal["online", "offline", "both"]
"""How events come: the portal sends them, they are fetched from its queue, or both."""
WhatChanged = str | Sequence[str] | Mapping[str, object]
"""Names of fields; or names with the value that the field moves to, or a pair: from, to."""

log = logging.getLogger(__name__)

_NAME_THE_EVENT = "name the event, as in @app.on(OnCrmDealAdd)"
_PORTAL = re.compile(r"[a-z0-9][a-z0-9.:_-]*\Z")
_CODE = re.compile(r"[A-Z][A-Z0-9_.]{0,99}\Z")
_LONGEST_DEBOUNCE = timedelta(days=1)
_remarked: set[str] = set()
"""Codes about which something was said; once in a process is enough."""


@dataclass(frozen=True, slots=True)
class Handler:
    """A registered function.

    Attributes:
        name: ``router.function`` unless given; waiting executions find their handler by it.
        codes: codes of the events that it runs for.
        timeout: seconds that one attempt may take.
        hooks: what its router has registered.
        debounce: seconds of quiet about the record before it runs.
        concurrency: how many of its executions run at the same time; None for any number.
        where: which records it is for; None for all of them.
        changed: which changes it is for; None for all of them.
        portals: the portals that it is for, by member_id or address; None for all of them.
        mode: how its events come.
        catch_up: what changed while the app did not run is made up for at its start.
        is_async: it runs on the event loop, and not in a thread.
        plan: where each argument comes from; empty until an app has adopted the handler.
        around: what is around its attempts; empty until an app runs.
    """

    name: str
    function: Function
    codes: tuple[str, ...]
    events: tuple[type[Event], ...]
    annotations: Mapping[str, Any]
    retry: RetryPolicy
    timeout: float
    hooks: Hooks
    debounce: float = 0.0
    concurrency: int | None = None
    where: Where | None = None
    changed: Changed | None = None
    portals: frozenset[str] | None = None
    mode: Mode = "online"
    catch_up: bool = False
    is_async: bool = True
    plan: Plan = NO_PLAN
    around: Around = NOTHING_AROUND


class Router:
    """A group of handlers, usually one module's; include it in the app.

    Args:
        name: first part of the names of its handlers.
        retry: policy of handlers that name none.
        timeout: seconds that one attempt of a handler that names none may take.
        where: filter of handlers that have none, see `on`; all of them have to be about a record.
        portals: the portals that handlers which name none are for, see `on`.
    """

    def __init__(
        self,
        name: str,
        *,
        retry: RetryPolicy | None = None,
        timeout: float = 300.0,
        where: Callable[[Any], object] | None = None,
        portals: Collection[str] | None = None,
    ) -> None:
        _check_options(name, retry, timeout)
        self.name = name
        self._where = where
        self._portals = _checked_portals(portals, name)
        self._retry = retry or RetryPolicy()
        self._timeout = timeout
        self._handlers: list[Handler] = []
        self._hooks = Hooks()
        self._adopters: list[Callable[[Handler | Hook], None]] = []

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """The handlers registered so far, in order."""
        return tuple(self._handlers)

    @property
    def hooks(self) -> tuple[Hook, ...]:
        """What was registered so far to be around the handlers."""
        return (*self._hooks.middleware, *dict.fromkeys(self._hooks.errors.values()))

    @overload
    def on(
        self,
        *events: type[EntityEvent[E]],
        where: Callable[[E], object] | None = None,
        changed: WhatChanged | None = None,
        first_seen: FirstSeen = "run",
        portals: Collection[str] | None = None,
        mode: Mode = "online",
        catch_up: bool = False,
        name: str | None = None,
        retry: RetryPolicy | None = None,
        timeout: float | None = None,
        debounce: timedelta | None = None,
        concurrency: int | None = None,
    ) -> Callable[[F], F]: ...

    @overload
    def on(
        self,
        *events: type[Event] | str,
        where: None = None,
        changed: None = None,
        portals: Collection[str] | None = None,
        mode: Mode = "online",
        catch_up: bool = False,
        name: str | None = None,
        retry: RetryPolicy | None = None,
        timeout: float | None = None,
        debounce: timedelta | None = None,
        concurrency: int | None = None,
    ) -> Callable[[F], F]: ...

    def on(
        self,
        *events: type[Event] | str,
        where: Callable[[Any], object] | None = None,
        changed: WhatChanged | None = None,
        first_seen: FirstSeen = "run",
        portals: Collection[str] | None = None,
        mode: Mode = "online",
        catch_up: bool = False,
        name: str | None = None,
        retry: RetryPolicy | None = None,
        timeout: float | None = None,
        debounce: timedelta | None = None,
        concurrency: int | None = None,
    ) -> Callable[[F], F]:
        """Run the decorated function for each of these events.

        Args:
            events: event classes, or codes such as ``"ONIMCONNECTORMESSAGEADD"``. A code that is
                not documented is taken, too, with a line in the log; so is one that is deprecated.
            where: run only for records for which this function is true, as in
                ``where=lambda deal: deal.category_id == 3``. The record is read before, once for
                the filter and the handler together; executions for others end as skipped. An
                exception in it is a failure like one of the handler.
            changed: run only if a field is different from what this handler last dealt with:
                ``"stage_id"``; one of several, ``("stage_id", "assigned_by_id")``; if it has moved
                to a value, ``{"stage_id": "C3:WON"}``; or from one to another, ``{"stage_id":
                ("C3:NEW", "C3:WON")}``. Of several entries, one that fits is enough. The snapshot
                it is compared with moves when an execution is done or skipped, and not when it
                fails; what the handler itself writes to the record counts as seen. Ask for
                `Changes` to be told.
            first_seen: ``"run"`` or ``"skip"`` for a record, or a field, that was never seen
                before. What it was is `UNKNOWN` then.
            portals: run only for these portals, by member_id or by address,
                ``"acme.bitrix24.com"``; for others nothing is even queued.
            mode: ``"online"``: the portal sends the events; ``"offline"``: they are fetched from
                its queue of offline events; ``"both"``.
            catch_up: when the app starts, make up for what changed while it did not run.
            name: a name that stays when the function is renamed.
            retry: what happens after a failure.
            timeout: seconds that one attempt may take. A ``def`` handler cannot be interrupted: it
                runs on in its thread while the attempt counts as failed.
            debounce: run only after the record has been quiet for so long, or ten times as long
                after the first of the events; those that came meanwhile are merged into the last.
                For events that say "look again", and for codes that no class is known of.
            concurrency: how many of its executions run at the same time, over all portals.

        Raises:
            HandlerSignatureError: at registration, if the function asks for something that it
                cannot get.
        """
        local_names = sys._getframe(1).f_locals
        if inspect.isroutine(events[0] if events else None):  # @app.on without parentheses
            function_name = getattr(events[0], "__name__", "?")
            raise HandlerSignatureError(f"{self.name}.{function_name}: {_NAME_THE_EVENT}")

        def register(function: F) -> F:
            handler_name = name or f"{self.name}.{getattr(function, '__name__', '?')}"
            _check_function(function, handler_name)
            _check_options(handler_name, retry, timeout)
            if not events:
                raise HandlerSignatureError(f"{handler_name}: {_NAME_THE_EVENT}")
            classes_and_codes = [_event_and_code(event, handler_name) for event in events]
            classes = tuple(dict.fromkeys(event_type for event_type, _ in classes_and_codes))
            annotations = read_annotations(function, handler_name, local_names)
            _check_mode(mode, handler_name)
            if catch_up and not any(issubclass(event, EntityEvent) for event in classes):
                raise HandlerSignatureError(
                    f"{handler_name}: catch_up= looks for records that have changed, and none of"
                    " its events is about a record"
                )

            if first_seen != "run" and changed is None:
                raise HandlerSignatureError(
                    f"{handler_name}: first_seen= is about what changed= watches; say which fields"
                )

            def record(option: str) -> type[Entity]:
                return record_of(option, classes, annotations, handler_name)

            predicate = self._where if where is None else where
            handler = Handler(
                name=handler_name,
                function=function,
                codes=tuple(dict.fromkeys(code for _, code in classes_and_codes)),
                events=classes,
                annotations=annotations,
                retry=retry or self._retry,
                timeout=self._timeout if timeout is None else timeout,
                hooks=self._hooks,
                debounce=_debounce_seconds(debounce, classes_and_codes, handler_name),
                concurrency=_checked_concurrency(concurrency, handler_name),
                where=(
                    None
                    if predicate is None
                    else where_of(predicate, record("where="), handler_name)
                ),
                changed=(
                    None
                    if changed is None
                    else changed_of(changed, first_seen, record("changed="), handler_name)
                ),
                portals=_checked_portals(portals, handler_name) or self._portals,
                mode=mode,
                catch_up=catch_up,
                is_async=is_async(function),
            )
            self._hand_over(handler)
            self._handlers.append(handler)
            _remark_on(handler)
            return function

        return register

    def error(self, *errors: type[Exception]) -> Callable[[F], F]:
        """Call the decorated function when a handler of this router has raised such an exception.

        It is called for what is a failure: not for `RetryLater`, `Drop`, `GiveUp`, and not for what
        only says that the portal is busy, or gone. Of several functions the one for the most
        particular exception is called; those of the router come before those of the app. It is
        injected like a handler, may ask for the exception by its type, and decides: it raises
        `RetryLater`, `Drop` or `GiveUp`; it returns, which means that the error is dealt with and
        the execution done; or it raises anything else, and the retry policy decides.

        Raises:
            HandlerSignatureError: at registration, if there is one for an exception already, or the
                function asks for something that it cannot get.
        """
        local_names = sys._getframe(1).f_locals

        def register(function: F) -> F:
            hook = error_handler(function, self.name, errors, local_names)
            for error in errors:
                if error in self._hooks.errors:
                    other = self._hooks.errors[error].name
                    raise HandlerSignatureError(f"{hook.name}: {other} handles {error.__name__}")
            self._hand_over(hook)
            self._hooks.errors |= dict.fromkeys(errors, hook)
            return function

        return register

    def middleware(self, function: F) -> F:
        """Let the decorated ``async def`` surround every attempt of this router's handlers.

        ``async def timed(call_next: Callable[[], Awaitable[None]], delivery: Delivery)``: awaiting
        ``call_next()`` runs what it surrounds, and raises what that raises, `TimeoutError` if it
        took too long. An attempt whose middleware returns is done, even if it did not go on.
        Other parameters are injected as those of handlers. The app's middleware is outside of the
        router's, and what was registered first is outside of what came later.

        Raises:
            HandlerSignatureError: the function asks for something that it cannot get.
        """
        hook = middleware(function, self.name, sys._getframe(1).f_locals)
        self._hand_over(hook)
        self._hooks.middleware.append(hook)
        return function

    def _hand_over(self, registered: Handler | Hook) -> None:
        for adopt in self._adopters:
            adopt(registered)


def plan_handler(handler: Handler, providers: Providers) -> Plan:
    """The injection plan of a handler.

    Raises:
        HandlerSignatureError: a parameter cannot be filled.
    """
    kind = "async" if handler.is_async else "def"
    asker = Asker(handler.name, handler.events, kind, watches=handler.changed is not None)
    return plan_injection(handler.function, handler.annotations, asker, providers)


def _remark_on(handler: Handler) -> None:
    """Say what its author should know about the events of a handler."""
    for code in handler.codes:
        if code not in _remarked and (remark := remark_on(code)):
            _remarked.add(code)
            is_known = event_class(code) is not Event
            action = "deprecated" if is_known else "unknown_event"
            log.warning("%s: %s", handler.name, remark, extra={"action": action})


def _check_function(function: Any, name: str) -> None:
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        raise HandlerSignatureError(
            f"{name}: a handler is a function or a bound method, not {function!r}"
        )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise HandlerSignatureError(
            f"{name}: a handler cannot be a generator; take its `yield` away"
        )


def _check_options(name: str, retry: Any, timeout: Any) -> None:
    if retry is not None and not isinstance(retry, RetryPolicy):
        raise HandlerSignatureError(f"{name}: retry= takes a RetryPolicy, not {retry!r}")
    if timeout is not None and not (isinstance(timeout, int | float) and 0 < timeout < 1e8):
        raise HandlerSignatureError(f"{name}: timeout= takes seconds, not {timeout!r}")


def _debounce_seconds(
    debounce: Any, classes_and_codes: list[tuple[type[Event], str]], name: str
) -> float:
    if debounce is None:
        return 0.0
    if not (isinstance(debounce, timedelta) and timedelta(0) < debounce <= _LONGEST_DEBOUNCE):
        raise HandlerSignatureError(
            f"{name}: debounce= takes a timedelta of up to a day, not {debounce!r}"
        )
    for event_type, code in classes_and_codes:
        if event_type.kind is Kind.FACT:
            raise HandlerSignatureError(
                f"{name}: debounce= runs the handler once for several events, but each {code} is a"
                " fact that must not be passed over; register another handler for it, without"
                " debounce="
            )
    return debounce.total_seconds()


def _checked_concurrency(concurrency: Any, name: str) -> int | None:
    if concurrency is None or (isinstance(concurrency, int) and concurrency >= 1):
        return concurrency
    raise HandlerSignatureError(
        f"{name}: concurrency= takes a number of executions, not {concurrency!r}"
    )


def _checked_portals(portals: Any, name: str) -> frozenset[str] | None:
    if portals is None:
        return None
    if not isinstance(portals, Collection) or isinstance(portals, str) or not portals:
        raise HandlerSignatureError(
            f'{name}: portals= takes several portals, ["acme.bitrix24.com"], not {portals!r}'
        )
    for portal in portals:
        if not (isinstance(portal, str) and _PORTAL.match(portal.lower())):
            raise HandlerSignatureError(
                f"{name}: portals= takes member ids or addresses such as acme.bitrix24.com,"
                f" not {portal!r}"
            )
    return frozenset(portal.lower() for portal in portals)


def _check_mode(mode: Any, name: str) -> None:
    if mode not in get_args(Mode):
        raise HandlerSignatureError(f'{name}: mode= is "online", "offline" or "both", not {mode!r}')


def _event_and_code(event: Any, where: str) -> tuple[type[Event], str]:
    if isinstance(event, str):
        code = event.upper()
        if not _CODE.match(code):
            raise HandlerSignatureError(
                f"{where}: {event!r} is not an event code such as 'ONCRMDEALADD'"
            )
        return event_class(code), code
    is_class = isinstance(event, type) and issubclass(event, Event)
    if is_class and event.CODE and event_class(event.CODE) is event:
        return event, event.CODE
    raise HandlerSignatureError(
        f"{where}: {event!r} is neither an event class such as OnCrmDealAdd nor a code"
    )
