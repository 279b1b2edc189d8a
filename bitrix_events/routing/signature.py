"""Handler signature to injection plan, once, at registration.

Whatever is wrong with a signature is said here, at import, with the names of handler and
parameter; no delivery has to arrive first.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from bitrix_events.errors import HandlerSignatureError
from bitrix_events.events import Entity, EntityEvent, Event
from bitrix_events.routing.changes import Changes
from bitrix_events.routing.inject import (
    NO_PLAN,
    Depends,
    Lifetime,
    Plan,
    Provider,
    Providers,
    Source,
)

Function = Callable[..., Any]


def read_annotations(
    function: Function, owner: str, local_names: Mapping[str, Any]
) -> dict[str, Any]:
    """Parameter names to types, with a clear error where a type is not importable.

    Args:
        owner: how to name the function in errors.
        local_names: names of the place where the function is defined; they count as well, so that
            a handler may be defined inside a function.
    """
    target = function.__init__ if inspect.isclass(function) else function
    target = inspect.unwrap(target)
    parameters = {
        name: annotation
        for name, annotation in getattr(target, "__annotations__", {}).items()
        if name != "return"
    }
    try:
        return typing.get_type_hints(
            SimpleNamespace(__annotations__=parameters),
            getattr(target, "__globals__", {}),
            dict(local_names),
            include_extras=True,
        )
    except NameError as error:
        wanted = error.name or "?"
        culprits = [name for name, text in parameters.items() if wanted in str(text)]
        where = f"parameter '{culprits[0]}'" if culprits else "a parameter"
        raise HandlerSignatureError(
            f"{owner}: {where} is annotated with {wanted}, which does not exist at run time; import"
            f" {wanted} outside of `if TYPE_CHECKING:`"
        ) from error
    except Exception as error:
        raise HandlerSignatureError(f"{owner}: its annotations cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever has parameters to be filled.

    Attributes:
        owner: how to name it in errors.
        events: classes of the events that the handler is registered for; none for a factory that
            serves any handler.
        kind: ``"async"`` or ``"def"``, what the handler is; ``""`` if it may be either.
        errors: what may be wrong when it is called; none for what no error leads to.
        watches: it is a handler with ``changed=``.
        chain: the `Depends` functions that led here, to find circles.
    """

    owner: str
    events: tuple[type[Event], ...] = ()
    kind: str = ""
    errors: tuple[type[Exception], ...] = ()
    watches: bool = False
    chain: tuple[Function, ...] = ()


def plan_injection(
    function: Function,
    annotations: Mapping[str, Any],
    asker: Asker,
    providers: Providers,
    *,
    given: Collection[str] = (),
) -> Plan:
    """Decide for every parameter where its value comes from.

    Args:
        given: parameters that whoever calls the function fills himself.

    Raises:
        HandlerSignatureError: a parameter cannot be filled.
    """
    sources: dict[str, Source] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in given:
            continue
        source = _Planner(parameter, annotations, asker, providers).plan()
        if source is not None:
            sources[parameter.name] = source
    return Plan.of(sources)


class _Planner:
    """One parameter of one function."""

    def __init__(
        self,
        parameter: inspect.Parameter,
        annotations: Mapping[str, Any],
        asker: Asker,
        providers: Providers,
    ) -> None:
        self._parameter = parameter
        self._annotations = annotations
        self._asker = asker
        self._events = asker.events
        self._providers = providers

    def plan(self) -> Source | None:
        parameter = self._parameter
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise self._error("collects arguments; a handler names each thing that it wants")
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise self._error("is positional only; handlers are called with keywords")
        optional = parameter.default is not parameter.empty
        if isinstance(parameter.default, Depends):
            raise self._error("has Depends as its default; write Annotated[T, Depends(f)]")
        if parameter.name not in self._annotations:
            if optional:
                return None
            raise self._error("has no annotation, so nobody knows what it wants")
        wanted = self._annotations[parameter.name]
        source = self._plan_type(wanted)
        if source is None and not optional:
            name = _name(wanted)
            raise self._error(
                f"wants {name}, which nothing provides; call app.provide({name}, …) before the"
                " handler is registered or its router included"
            )
        return source

    def _plan_type(self, wanted: Any) -> Source | None:
        if get_origin(wanted) is Annotated:
            for extra in get_args(wanted)[1:]:
                if isinstance(extra, Depends):
                    return self._plan_depends(extra.factory)
            wanted = get_args(wanted)[0]
        if not isinstance(wanted, Hashable):
            raise self._error(f"is annotated with {wanted!r}, which is no type")
        origin = get_origin(wanted)
        members = get_args(wanted) if origin in (Union, UnionType) else (origin or wanted,)
        if all(isinstance(member, type) and issubclass(member, Event) for member in members):
            return self._plan_event(members)
        if self._asker.errors and all(_is_error(member) for member in members):
            return self._plan_error(members)
        if isinstance(wanted, type) and issubclass(wanted, Entity):
            return self._plan_entity(wanted)
        if wanted is Changes:
            return self._plan_changes()
        if wanted in self._providers.built_in:
            self._check_kind_of_handler(wanted)
            return self._built_in(wanted)
        if self._providers.find(wanted) is not None:
            return Source(lambda scope: scope.provided(wanted), waits=True)
        if type(None) in members and len(members) == 2:
            (member,) = (member for member in members if member is not type(None))
            built_in = self._providers.built_in.get(member)
            if built_in is not None and built_in.may_be_absent:
                self._check_kind_of_handler(member)
                make = built_in.make
                return Source(lambda scope: scope.optional(member, make))
        for member in members if origin in (Union, UnionType) else ():
            if member is not type(None) and self._plan_type(member) is not None:
                union = " | ".join("None" if m is type(None) else _name(m) for m in members)
                raise self._error(f"wants {union}; it is always given one: write {_name(member)}")
        return None

    def _built_in(self, wanted: Any) -> Source:
        built_in = self._providers.built_in[wanted]
        make = built_in.make
        if built_in.may_be_absent:
            return Source(lambda scope: scope.required(wanted, make))
        if built_in.is_made:
            return Source(lambda scope: scope.made(wanted, make))
        return Source(lambda scope: make(scope.occasion))

    def _plan_event(self, wanted: tuple[type[Event], ...]) -> Source:
        for event in self._events:
            if not issubclass(event, wanted):
                raise self._error(
                    f"wants {' | '.join(map(_name, wanted))}, but the handler also runs for"
                    f" {_name(event)}"
                    if len(self._events) > 1
                    else f"wants {' | '.join(map(_name, wanted))}, but the handler runs for"
                    f" {_name(event)}"
                )
        if Event not in self._providers.built_in:
            raise self._error("wants an event, which what lives as long as the app cannot have")
        if not self._events and Event not in wanted:
            names = " | ".join(map(_name, wanted))
            raise self._error(f"wants {names}, but it may be called for any event; ask for Event")
        return self._built_in(Event)

    def _plan_error(self, wanted: tuple[type[BaseException], ...]) -> Source:
        for error in self._asker.errors:
            if not issubclass(error, wanted):
                names = " | ".join(map(_name, wanted))
                raise self._error(f"wants {names}, but it is called for any {_name(error)}")
        return Source(lambda scope: scope.error)

    def _plan_entity(self, wanted: type[Entity]) -> Source:
        if wanted is Entity:
            raise self._error("wants Entity; name the kind of record, such as Deal")
        for event in self._events:
            if event is Event:
                raise self._error(
                    f"wants {_name(wanted)}, but no class says what the event's code is about; ask"
                    " for Event and Client, and read the record"
                )
            if not issubclass(event, EntityEvent):
                raise self._error(f"wants {_name(wanted)}, but {_name(event)} is about no record")
            if not issubclass(wanted, event.entity_type):
                raise self._error(
                    f"wants {_name(wanted)}, but {_name(event)} is about a"
                    f" {_name(event.entity_type)}"
                )
            if event.entity_is_gone:
                raise self._error(
                    f"wants {_name(wanted)}, which no longer exists when {_name(event)} arrives;"
                    f" ask for {_name(event)} and use its entity_id"
                )
        if not self._events:
            raise self._error(f"wants {_name(wanted)}, which only a handler can ask for")
        return Source(lambda scope: scope.entity(wanted), waits=True)

    def _plan_changes(self) -> Source:
        if not self._asker.watches:
            raise self._error(
                "wants Changes, which only handlers with changed= have; say which fields it is"
                " about"
            )
        return Source(lambda scope: scope.changes)

    def _plan_depends(self, factory: Function) -> Source:
        asker = self._asker
        name = getattr(factory, "__qualname__", repr(factory))
        if factory in asker.chain:
            raise self._error(f"depends on {name}, which in the end depends on itself")
        inner = replace(asker, owner=f"{asker.owner} > {name}", chain=(*asker.chain, factory))
        provider = plan_provider(factory, Lifetime.DELIVERY, inner, self._providers)
        return Source(lambda scope: scope.depends(provider), waits=True)

    def _check_kind_of_handler(self, wanted: Any) -> None:
        only_for = self._providers.built_in[wanted].only_for
        if only_for == "def" and self._asker.kind == "async":
            raise self._error(
                f"wants {_name(wanted)}, which is for `def` handlers; an `async def` handler asks"
                " for Client"
            )
        if only_for == "async" and self._asker.kind == "def":
            raise self._error(
                f"wants {_name(wanted)}, which is for `async def` handlers; a `def` handler asks"
                " for SyncClient"
            )
        for event in self._events:
            if getattr(event, "api_is_closed", False) and only_for:
                raise self._error(
                    f"wants {_name(wanted)}, but the portal refuses every call once"
                    f" {_name(event)} was sent"
                )

    def _error(self, problem: str) -> HandlerSignatureError:
        return HandlerSignatureError(
            f"{self._asker.owner}: parameter '{self._parameter.name}' {problem}"
        )


def plan_provider(
    factory: Function, lifetime: Lifetime, asker: Asker, providers: Providers
) -> Provider:
    """Plan the parameters of a factory, so that it can be called for an attempt.

    Raises:
        HandlerSignatureError: it is no function, or a parameter cannot be filled.
    """
    if not callable(factory):
        raise HandlerSignatureError(
            f"{asker.owner}: {factory!r} is not a function; give the function without calling it"
        )
    if inspect.isclass(factory) and factory.__init__ is object.__init__:
        return Provider(factory, NO_PLAN, lifetime)
    try:
        inspect.signature(factory)
    except ValueError as error:
        raise HandlerSignatureError(
            f"{asker.owner}: {factory!r} does not tell its parameters; write lambda: …"
        ) from error
    annotations = read_annotations(factory, asker.owner, {})
    plan = plan_injection(factory, annotations, asker, providers)
    return Provider(factory, plan, lifetime)


def is_async(function: Function) -> bool:
    """Whether calling the function gives something to await, or to iterate asynchronously."""
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _is_error(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, BaseException)


def _name(wanted: Any) -> str:
    return getattr(wanted, "__name__", None) or str(wanted)
