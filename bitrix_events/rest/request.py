"""A call that has not been made yet."""

from __future__ import annotations

import warnings
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Mapping,
)
from typing import Any, Generic, Protocol, TypeVar

from bitrix_events.catalog.methods import Kind, MethodFacts
from bitrix_events.rest.batch import Command, commands_run
from bitrix_events.rest.responses import Response

R = TypeVar("R")
Told = Callable[[str, Mapping[str, Any]], None]
"""Told of a call that has changed something, or may have: its method and its parameters."""


class Caller(Protocol):
    """What makes calls: a client, or its REST 3.0 side."""

    def make_call(self, method: str, params: Mapping[str, Any]) -> Coroutine[Any, Any, Response]:
        """Make a call at once."""

    def list(self, method: str, params: Mapping[str, Any], /) -> AsyncIterable[Any]:
        """All rows of a list method."""

    def is_twin_of(self, other: object) -> bool:
        """Whether both make their calls on the same portal with the same rights."""


class Call:
    """A lazy call: ``await`` it for its `Response`, or put it into a batch. Each ``await`` makes
    the call anew.

    Attributes:
        method: the REST method.
        params: its parameters.
    """

    __slots__ = ("_client", "_is_used", "method", "params")

    def __init__(self, client: Caller, method: str, params: Mapping[str, Any]) -> None:
        self._client = client
        self._is_used = False
        self.method = method
        self.params = params

    def __await__(self) -> Generator[Any, None, Response]:
        return self.send().__await__()

    def send(self) -> Coroutine[Any, Any, Response]:
        """The call as a coroutine, for `asyncio.create_task` and `asyncio.gather`."""
        self._is_used = True
        return self._client.make_call(self.method, self.params)

    @property
    def command(self) -> Command:
        """The call as a command of a batch."""
        self._is_used = True
        return (self.method, self.params)

    def command_for(self, client: Caller) -> Command:
        """The call as a command of a batch of this client.

        Raises:
            ValueError: it is a call of another one: it would be made on another portal, with
                another user's rights, or at another address of REST.
        """
        command = self.command
        if not client.is_twin_of(self._client):
            raise ValueError(f"the call of {self.method} belongs to another client")
        return command

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method} {', '.join(map(str, self.params))}>"

    def __del__(self) -> None:
        if not self._is_used:
            warnings.warn(
                f"the call of {self.method} was never awaited, so it was never made",
                RuntimeWarning,
                stacklevel=2,
            )


class Request(Call, Generic[R]):
    """A lazy call that may give rows: ``async for`` over it for all of them.

    It is what every call is at run time. Type checkers take the paths of methods that are no lists
    for a `Call`.
    """

    __slots__ = ()

    def __aiter__(self) -> AsyncIterator[R]:
        self._is_used = True
        return self._client.list(self.method, self.params).__aiter__()


def tell_changes(
    told: Told | None,
    commands: Iterable[Command],
    outcomes: Iterable[object],
    facts_of: Callable[[str], MethodFacts],
) -> None:
    """Tell of calls that do more than read, those aside that were refused."""
    if told is None:
        return
    for (method, params), outcome in zip(commands, outcomes, strict=True):
        if isinstance(outcome, Exception):
            continue
        run = [(method, params)]
        if method.lower() == "batch" and isinstance(outcome, Response):
            run = commands_run(params, outcome.result)
        for name, given in run:
            if facts_of(name).kind is not Kind.READ:
                told(name, given)
