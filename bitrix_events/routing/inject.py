"""What handlers may ask for, and the values they get: one table and one scope per attempt."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol

from bitrix_events.events import Entity
from bitrix_events.routing.changes import Changes

log = logging.getLogger(__name__)

Factory = Callable[..., Any]

_MISSING: Final = object()


class Occasion(Protocol):
    """What an attempt is made for. Built-in values are made from it when they are asked for."""

    async def read(self, wanted: type[Entity]) -> Entity:
        """The record that the event is about."""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A type whose values come from the occasion.

    Attributes:
        make: from the occasion to the value.
        only_for: the kind of handler that may ask for it: ``"async"``, ``"def"``, ``""`` for both.
        may_be_absent: an attempt may have none; ``make`` then gives the exception that says so, and
            a handler may ask for ``T | None``.
        is_made: it is made once for each attempt; else it exists already, and is only fetched.
    """

    make: Callable[[Any], Any]
    only_for: str = ""
    may_be_absent: bool = False
    is_made: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """Where the value of a parameter comes from.

    Attributes:
        get: from the scope of the attempt to the value, or to what has to be awaited for it.
        waits: whether it has to be awaited.
    """

    get: Callable[[Scope], Any]
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the arguments of a function come from, in the order of its signature.

    Attributes:
        waits: whether a value has to be waited for.
    """

    sources: Mapping[str, Source]
    waits: bool

    @classmethod
    def of(cls, sources: Mapping[str, Source]) -> Plan:
        """The plan with these sources."""
        return cls(sources, any(source.waits for source in sources.values()))

    def ready(self, scope: Scope) -> dict[str, Any]:
        """The arguments, if nothing has to be waited for."""
        return {name: source.get(scope) for name, source in self.sources.items()}

    async def arguments(self, scope: Scope) -> dict[str, Any]:
        """The arguments."""
        if not self.waits:
            return self.ready(scope)
        found = {}
        for name, source in self.sources.items():
            value = source.get(scope)
            found[name] = await value if source.waits else value
        return found


NO_PLAN: Final = Plan({}, waits=False)
"""Of a function that is asked for nothing, or that no app has adopted yet."""


@dataclass(frozen=True, slots=True)
class Depends:
    """``Annotated[T, Depends(f)]``: the parameter gets the result of ``f``, itself injected.

    ``f`` may be a function, a coroutine function, or a generator of either kind that yields once;
    what follows its ``yield`` runs when the attempt is over. Its result is made once per attempt.
    """

    factory: Factory


class Lifetime(Enum):
    """How long a provided value is kept."""

    APP = "app"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Provider:
    """How to make values of one type: a factory, with its own parameters already planned."""

    factory: Factory
    plan: Plan
    lifetime: Lifetime


@dataclass
class Providers:
    """The table of types that can be asked for.

    Attributes:
        built_in: types that every occasion has values of.
        overridden: values that are given instead, by type or by the function of a `Depends`.
    """

    built_in: Mapping[Any, BuiltIn] = field(default_factory=dict)
    overridden: dict[Any, Any] = field(default_factory=dict)
    _by_type: dict[Any, Provider] = field(default_factory=dict)
    _kept: dict[Any, Any] = field(default_factory=dict)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)
    _making: dict[Any, asyncio.Lock] = field(default_factory=dict)

    def add(self, wanted: Any, provider: Provider) -> None:
        """Let ``provider`` make the values of this type.

        Raises:
            ValueError: the type is provided already.
        """
        if wanted in self._by_type or wanted in self.built_in:
            name = getattr(wanted, "__name__", wanted)
            raise ValueError(f"{name} is provided already; provide a subclass or another type")
        self._by_type[wanted] = provider

    def kept_only(self) -> Providers:
        """The part of the table whose values live as long as the app."""
        kept = {w: p for w, p in self._by_type.items() if p.lifetime is Lifetime.APP}
        return Providers(_by_type=kept)

    def find(self, wanted: Any) -> Provider | None:
        """The provider of a type, or None."""
        return self._by_type.get(wanted)

    async def kept(self, wanted: Any, provider: Provider) -> Any:
        """The value that lives as long as the app; made on first use, once."""
        value = self._kept.get(wanted, _MISSING)
        if value is not _MISSING:
            return value
        async with self._making.setdefault(wanted, asyncio.Lock()):
            if wanted not in self._kept:
                # What it depends on has to live as long; if it cannot be made, no longer than this.
                async with AsyncExitStack() as exits:
                    value = await _make(provider, Scope(self, exits=exits))
                    self._open.push_async_exit(exits.pop_all())
                self._kept[wanted] = value
            return self._kept[wanted]

    async def close(self) -> None:
        """Finish the generators behind kept values, last made first, and forget the values."""
        try:
            await self._open.aclose()
        except Exception:
            log.exception("what the app was provided with could not be closed properly")
        self._kept.clear()
        self._making.clear()


class Override(AbstractContextManager[None], AbstractAsyncContextManager[None]):
    """Gives a value to whoever asks for a type, for the length of the block.

    What was made before out of the value in its place is not made anew.

    Args:
        wanted: a type that the app provides, or the function of a `Depends`.

    Raises:
        LookupError: nothing provides that type.
    """

    def __init__(self, providers: Providers, wanted: Any, value: Any) -> None:
        if providers.find(wanted) is None and not inspect.isroutine(wanted):
            name = getattr(wanted, "__name__", wanted)
            raise LookupError(f"the app does not provide {name}: there is nothing to override")
        self._overridden = providers.overridden
        self._wanted = wanted
        self._value = value
        self._before: Any = _MISSING

    def __enter__(self) -> None:
        self._before = self._overridden.get(self._wanted, _MISSING)
        self._overridden[self._wanted] = self._value

    def __exit__(self, *error: object) -> None:
        if self._before is _MISSING:
            del self._overridden[self._wanted]
        else:
            self._overridden[self._wanted] = self._before

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(self, *error: object) -> None:
        self.__exit__()


class Scope:
    """The values of one attempt. Each is made at most once, and only if it is asked for.

    Attributes:
        changes: what is different about the record; None if the handler does not watch it.

    Args:
        occasion: what the attempt is made for; None where nothing of it can be asked for.
        error: what went wrong, for functions that are called because of it.
        exits: what is to be cleaned up in the end, if somebody else does so.
    """

    __slots__ = ("_exits", "_providers", "_values", "changes", "error", "occasion")

    def __init__(
        self,
        providers: Providers,
        occasion: Occasion | None = None,
        *,
        error: BaseException | None = None,
        exits: AsyncExitStack | None = None,
    ) -> None:
        self._providers = providers
        self.occasion = occasion
        self._exits = exits
        self._values: dict[Any, Any] = {}
        self.error = error
        self.changes: Changes | None = None

    async def __aenter__(self) -> Scope:
        return self

    async def __aexit__(self, *error: Any) -> None:
        # A dependency that swallows the error must not turn a failed attempt into a good one.
        if self._exits is not None:
            await self._exits.__aexit__(*error)

    @property
    def exits(self) -> AsyncExitStack:
        """What is to be cleaned up when the attempt is over."""
        if self._exits is None:
            self._exits = AsyncExitStack()
        return self._exits

    def made(self, wanted: Any, make: Callable[[Any], Any]) -> Any:
        """The value of a built-in type; of one that may be absent perhaps an exception."""
        value = self._values.get(wanted, _MISSING)
        if value is _MISSING:
            value = self._values[wanted] = make(self.occasion)
        return value

    def required(self, wanted: Any, make: Callable[[Any], Any]) -> Any:
        """The value of a built-in type; raises what stands in its place if there is none."""
        value = self.made(wanted, make)
        if isinstance(value, Exception):
            raise value
        return value

    def optional(self, wanted: Any, make: Callable[[Any], Any]) -> Any:
        """The value of a built-in type, or None."""
        value = self.made(wanted, make)
        return None if isinstance(value, Exception) else value

    async def provided(self, wanted: Any) -> Any:
        """The value of a type that the app provides."""
        if wanted in self._providers.overridden:
            return self._providers.overridden[wanted]
        provider = self._providers.find(wanted)
        assert provider is not None, f"{wanted} was not checked at registration"
        if provider.lifetime is Lifetime.APP:
            return await self._providers.kept(wanted, provider)
        return await self._once(wanted, provider)

    async def depends(self, provider: Provider) -> Any:
        """The result of a `Depends` function."""
        if provider.factory in self._providers.overridden:
            return self._providers.overridden[provider.factory]
        return await self._once(provider.factory, provider)

    async def entity(self, wanted: type[Entity]) -> Entity:
        """The record that the event is about."""
        assert self.occasion is not None, "checked at registration"
        if wanted not in self._values:
            self._values[wanted] = await self.occasion.read(wanted)
        entity: Entity = self._values[wanted]
        return entity

    async def _once(self, key: Any, provider: Provider) -> Any:
        value = self._values.get(key, _MISSING)
        if value is _MISSING:
            value = self._values[key] = await _make(provider, self)
        return value


async def _make(provider: Provider, scope: Scope) -> Any:
    arguments = await provider.plan.arguments(scope)
    factory = provider.factory
    if inspect.isasyncgenfunction(factory):
        maker: Callable[..., AsyncIterator[Any]] = factory
        return await scope.exits.enter_async_context(asynccontextmanager(maker)(**arguments))
    if inspect.isgeneratorfunction(factory):
        sync_maker: Callable[..., Iterator[Any]] = factory
        return scope.exits.enter_context(contextmanager(sync_maker)(**arguments))
    value = factory(**arguments)
    return await value if inspect.isawaitable(value) else value
