"""What handlers may ask for, and the values they get: one table and one scope per attempt."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from bitrix_events.events import Entity

log = logging.getLogger(__name__)

Factory = Callable[..., Any]
Resolve = Callable[["Scope"], Awaitable[Any]]
ReadEntity = Callable[[type[Entity]], Awaitable[Entity]]


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
    arguments: Mapping[str, Resolve]
    lifetime: Lifetime


@dataclass
class Providers:
    """The table of types that can be asked for.

    Attributes:
        built_in: types whose values every scope is given, with the kind of handler that may ask
            for them: ``"async"``, ``"def"`` or ``""`` for both.
        may_be_absent: those of them of which an attempt may have none; it is then given the
            exception that says so, and a handler may ask for ``T | None``.
    """

    built_in: dict[Any, str] = field(default_factory=dict)
    may_be_absent: frozenset[Any] = frozenset()
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
        async with self._making.setdefault(wanted, asyncio.Lock()):
            if wanted not in self._kept:
                # What it depends on has to live as long; if it cannot be made, no longer than this.
                async with AsyncExitStack() as exits:
                    value = await _make(provider, Scope(self, {}, exits=exits), exits)
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


class Scope:
    """The values of one attempt. Each is made at most once."""

    def __init__(
        self,
        providers: Providers,
        given: Mapping[Any, Any],
        read_entity: ReadEntity | None = None,
        *,
        exits: AsyncExitStack | None = None,
    ) -> None:
        self._providers = providers
        self._values: dict[Any, Any] = dict(given)
        self._read_entity = read_entity
        self._exits = AsyncExitStack() if exits is None else exits

    async def __aenter__(self) -> Scope:
        return self

    async def __aexit__(self, *error: Any) -> None:
        # A dependency that swallows the error must not turn a failed attempt into a good one.
        await self._exits.__aexit__(*error)

    async def get(self, wanted: Any) -> Any:
        """The value of a type that is built in or provided."""
        if wanted not in self._values:
            provider = self._providers.find(wanted)
            assert provider is not None, f"{wanted} was not checked at registration"
            if provider.lifetime is Lifetime.APP:
                return await self._providers.kept(wanted, provider)
            self._values[wanted] = await _make(provider, self, self._exits)
        return self._values[wanted]

    async def required(self, wanted: Any) -> Any:
        """The value of a built-in type; raises what stands in its place if there is none."""
        value = await self.get(wanted)
        if isinstance(value, Exception):
            raise value
        return value

    async def optional(self, wanted: Any) -> Any:
        """The value of a built-in type, or None."""
        value = await self.get(wanted)
        return None if isinstance(value, Exception) else value

    async def depends(self, provider: Provider) -> Any:
        """The result of a `Depends` function."""
        if provider.factory not in self._values:
            self._values[provider.factory] = await _make(provider, self, self._exits)
        return self._values[provider.factory]

    async def entity(self, wanted: type[Entity]) -> Entity:
        """The record that the event is about."""
        assert self._read_entity is not None, "checked at registration"
        if wanted not in self._values:
            self._values[wanted] = await self._read_entity(wanted)
        entity: Entity = self._values[wanted]
        return entity


async def _make(provider: Provider, scope: Scope, exits: AsyncExitStack) -> Any:
    arguments = {name: await resolve(scope) for name, resolve in provider.arguments.items()}
    factory = provider.factory
    if inspect.isasyncgenfunction(factory):
        maker: Callable[..., AsyncIterator[Any]] = factory
        return await exits.enter_async_context(asynccontextmanager(maker)(**arguments))
    if inspect.isgeneratorfunction(factory):
        sync_maker: Callable[..., Iterator[Any]] = factory
        return exits.enter_context(contextmanager(sync_maker)(**arguments))
    value = factory(**arguments)
    return await value if inspect.isawaitable(value) else value
