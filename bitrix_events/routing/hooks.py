"""What is around handlers: middleware, handlers of errors, and who is told of dead letters."""

from __future__ import annotations

import collections.abc
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_origin

from bitrix_events.errors import HandlerSignatureError
from bitrix_events.routing.inject import NO_PLAN, Plan, Providers
from bitrix_events.routing.retry import Drop, GiveUp, RetryLater
from bitrix_events.routing.signature import (
    Asker,
    Function,
    is_async,
    plan_injection,
    read_annotations,
)

_NEXT = "call_next"


@dataclass(frozen=True, slots=True, eq=False)
class Hook:
    """A function that is called around, or because of, the attempts of handlers.

    Attributes:
        name: ``router.function``.
        errors: what may be wrong when it is called; none for middleware.
        call_next: the parameter of a middleware that goes on to what it surrounds.
        plan: where the other arguments come from; empty until an app has adopted the hook.
    """

    name: str
    function: Function
    annotations: Mapping[str, Any]
    errors: tuple[type[Exception], ...] = ()
    call_next: str = ""
    plan: Plan = NO_PLAN

    @property
    def is_async(self) -> bool:
        return is_async(self.function)


@dataclass(slots=True)
class Hooks:
    """What one router has registered, in order."""

    middleware: list[Hook] = field(default_factory=list)
    errors: dict[type[Exception], Hook] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Around:
    """What is around the attempts of one handler.

    Attributes:
        middleware: the outermost first.
        errors: handlers of errors by exception, the nearest router's first.
    """

    middleware: Sequence[Hook] = ()
    errors: Sequence[Mapping[type[Exception], Hook]] = ()

    def handler_of(self, error: BaseException) -> Hook | None:
        """Who handles this error: the nearest router that handles its class or a base of it, and
        there whoever is registered for the most particular one."""
        for router in self.errors:
            for kind in type(error).__mro__:
                if kind in router:
                    return router[kind]
        return None


NOTHING_AROUND: Final = Around()


def middleware(function: Function, owner: str, local_names: Mapping[str, Any]) -> Hook:
    """A function that surrounds attempts.

    Raises:
        HandlerSignatureError: it is no ``async def``, or has no parameter to go on with.
    """
    name = _name(function, owner)
    if not inspect.iscoroutinefunction(function):
        raise HandlerSignatureError(f"{name}: a middleware is an `async def`")
    annotations = read_annotations(function, name, local_names)
    found = [
        parameter
        for parameter in inspect.signature(function).parameters
        if parameter == _NEXT or _is_callable(annotations.get(parameter))
    ]
    if len(found) != 1:
        raise HandlerSignatureError(
            f"{name}: a middleware has one parameter that goes on: call_next:"
            " Callable[[], Awaitable[None]]"
        )
    return Hook(name, function, annotations, call_next=found[0])


def error_handler(
    function: Function, owner: str, errors: tuple[Any, ...], local_names: Mapping[str, Any]
) -> Hook:
    """A function that is called when a handler has raised one of these exceptions.

    Raises:
        HandlerSignatureError: it is no function, or these are no exceptions that can be handled.
    """
    name = _name(function, owner)
    _require_function(function, name)
    if not errors:
        raise HandlerSignatureError(f"{name}: name the exception, as in @app.error(ErpDown)")
    for error in errors:
        if not (isinstance(error, type) and issubclass(error, Exception)):
            raise HandlerSignatureError(f"{name}: {error!r} is not a kind of Exception")
        if issubclass(error, RetryLater | Drop | GiveUp):
            raise HandlerSignatureError(f"{name}: {error.__name__} is a decision, not an error")
    return Hook(name, function, read_annotations(function, name, local_names), errors)


def dead_letter_hook(function: Function, owner: str, local_names: Mapping[str, Any]) -> Hook:
    """A function that is called when an execution has died.

    Raises:
        HandlerSignatureError: it is no function.
    """
    name = _name(function, owner)
    _require_function(function, name)
    return Hook(name, function, read_annotations(function, name, local_names), (Exception,))


def plan_hook(hook: Hook, providers: Providers) -> Plan:
    """The injection plan of a hook.

    Raises:
        HandlerSignatureError: a parameter cannot be filled.
    """
    asker = Asker(hook.name, kind="async" if hook.is_async else "def", errors=hook.errors)
    given = (hook.call_next,) if hook.call_next else ()
    return plan_injection(hook.function, hook.annotations, asker, providers, given=given)


def _name(function: Any, owner: str) -> str:
    return f"{owner}.{getattr(function, '__name__', '?')}"


def _is_callable(annotation: Any) -> bool:
    return collections.abc.Callable in (annotation, get_origin(annotation))


def _require_function(function: Any, name: str) -> None:
    is_function = inspect.isfunction(function) or inspect.ismethod(function)
    if not is_function or inspect.isgeneratorfunction(function):
        raise HandlerSignatureError(f"{name}: it is a function or a bound method")
    if inspect.isasyncgenfunction(function):
        raise HandlerSignatureError(f"{name}: it cannot be a generator; take its `yield` away")
