"""Router: a named group of handlers, and how they are registered."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bitrix_events.errors import HandlerSignatureError
from bitrix_events.events import Event, event_class
from bitrix_events.routing.inject import Providers, Resolve
from bitrix_events.routing.retry import RetryPolicy
from bitrix_events.routing.signature import (
    Asker,
    Function,
    is_async,
    plan_injection,
    read_annotations,
)

F = TypeVar("F", bound=Function)

_NAME_THE_EVENT = "name the event, as in @app.on(OnCrmDealAdd)"
_CODE = re.compile(r"[A-Z][A-Z0-9_.]{0,99}\Z")


@dataclass(frozen=True, slots=True)
class Handler:
    """A registered function.

    Attributes:
        name: ``router.function`` unless given; waiting executions find their handler by it.
        codes: codes of the events that it runs for.
        plan: where each argument comes from; empty until an app has adopted the handler.
        timeout: seconds that one attempt may take.
    """

    name: str
    function: Function
    codes: tuple[str, ...]
    events: tuple[type[Event], ...]
    annotations: Mapping[str, Any]
    retry: RetryPolicy
    timeout: float
    plan: Mapping[str, Resolve]

    @property
    def is_async(self) -> bool:
        return is_async(self.function)


class Router:
    """A group of handlers, usually one module's; include it in the app.

    Args:
        name: first part of the names of its handlers.
        retry: policy of handlers that name none.
        timeout: seconds that one attempt of a handler that names none may take.
    """

    def __init__(
        self, name: str, *, retry: RetryPolicy | None = None, timeout: float = 300.0
    ) -> None:
        _check_options(name, retry, timeout)
        self.name = name
        self._retry = retry or RetryPolicy()
        self._timeout = timeout
        self._handlers: list[Handler] = []
        self._adopters: list[Callable[[Handler], None]] = []

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """The handlers registered so far, in order."""
        return tuple(self._handlers)

    def on(
        self,
        *events: type[Event] | str,
        name: str | None = None,
        retry: RetryPolicy | None = None,
        timeout: float | None = None,
    ) -> Callable[[F], F]:
        """Run the decorated function for each of these events.

        Args:
            events: event classes, or codes such as ``"ONIMCONNECTORMESSAGEADD"``.
            name: a name that stays when the function is renamed.
            retry: what happens after a failure.
            timeout: seconds that one attempt may take. A ``def`` handler cannot be interrupted: it
                runs on in its thread while the attempt counts as failed.

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
            handler = Handler(
                name=handler_name,
                function=function,
                codes=tuple(dict.fromkeys(code for _, code in classes_and_codes)),
                events=tuple(dict.fromkeys(event_type for event_type, _ in classes_and_codes)),
                annotations=read_annotations(function, handler_name, local_names),
                retry=retry or self._retry,
                timeout=self._timeout if timeout is None else timeout,
                plan={},
            )
            for adopt in self._adopters:
                adopt(handler)
            self._handlers.append(handler)
            return function

        return register


def plan_handler(handler: Handler, providers: Providers) -> dict[str, Resolve]:
    """The injection plan of a handler.

    Raises:
        HandlerSignatureError: a parameter cannot be filled.
    """
    kind = "async" if handler.is_async else "def"
    asker = Asker(handler.name, handler.events, kind)
    return plan_injection(handler.function, handler.annotations, asker, providers)


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
