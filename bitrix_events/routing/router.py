"""Router: a named group of handlers, and how they are registered."""

from __future__ import annotations

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
    Function,
    is_async,
    plan_injection,
    read_annotations,
)

F = TypeVar("F", bound=Function)

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
        self.name = name
        self._retry = retry or RetryPolicy()
        self._timeout = timeout
        self._handlers: list[Handler] = []
        self._adopt: Callable[[Handler], None] | None = None

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

        def register(function: F) -> F:
            handler_name = name or f"{self.name}.{getattr(function, '__name__', '?')}"
            if not events or (
                len(events) == 1 and callable(events[0]) and not _is_event(events[0])
            ):
                raise HandlerSignatureError(
                    f"{handler_name}: name the event, as in @app.on(OnCrmDealAdd)"
                )
            classes, codes = [], []
            for event in events:
                event_type, code = _event_and_code(event, handler_name)
                classes.append(event_type)
                codes.append(code)
            handler = Handler(
                name=handler_name,
                function=function,
                codes=tuple(dict.fromkeys(codes)),
                events=tuple(dict.fromkeys(classes)),
                annotations=read_annotations(function, handler_name, local_names),
                retry=retry or self._retry,
                timeout=self._timeout if timeout is None else timeout,
                plan={},
            )
            if self._adopt is not None:
                self._adopt(handler)
            self._handlers.append(handler)
            return function

        return register


def plan_handler(handler: Handler, providers: Providers) -> dict[str, Resolve]:
    """The injection plan of a handler.

    Raises:
        HandlerSignatureError: a parameter cannot be filled.
    """
    return plan_injection(
        handler.function,
        handler.annotations,
        owner=handler.name,
        providers=providers,
        events=handler.events,
    )


def _is_event(event: object) -> bool:
    return isinstance(event, type) and issubclass(event, Event)


def _event_and_code(event: type[Event] | str, handler: str) -> tuple[type[Event], str]:
    if isinstance(event, str):
        code = event.upper()
        if not _CODE.match(code):
            raise HandlerSignatureError(
                f"{handler}: {event!r} is not an event code such as 'ONCRMDEALADD'"
            )
        return event_class(code), code
    if not _is_event(event) or event_class(event.CODE) is not event:
        raise HandlerSignatureError(
            f"{handler}: {event!r} is neither an event class such as OnCrmDealAdd nor a code"
        )
    return event, event.CODE
