"""A call that has not been made yet."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Coroutine, Generator, Mapping
from typing import TYPE_CHECKING, Any

from bitrix_events.rest.batch import Command
from bitrix_events.rest.responses import Response
from bitrix_events.rest.rows import Row

if TYPE_CHECKING:
    from bitrix_events.rest.client import Client


class Request:
    """A lazy call: ``await`` it for its `Response`, ``async for`` over it for all rows, or put it
    into a batch. Each ``await`` makes the call anew.

    Attributes:
        method: the REST method.
        params: its parameters.
    """

    __slots__ = ("_client", "_is_used", "method", "params")

    def __init__(self, client: Client, method: str, params: Mapping[str, Any]) -> None:
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

    def __aiter__(self) -> AsyncIterator[Row]:
        self._is_used = True
        return self._client.list(self.method, self.params).__aiter__()

    @property
    def command(self) -> Command:
        """The call as a command of a batch."""
        self._is_used = True
        return (self.method, self.params)

    def command_for(self, client: Client) -> Command:
        """The call as a command of a batch of this client.

        Raises:
            ValueError: it is a call of another one: it would be made on another portal, or with
                another user's rights.
        """
        command = self.command
        if not client.is_twin_of(self._client):
            raise ValueError(f"the call of {self.method} belongs to another client")
        return command

    def __repr__(self) -> str:
        return f"<Request {self.method} {', '.join(map(str, self.params))}>"

    def __del__(self) -> None:
        if not self._is_used:
            warnings.warn(
                f"the call of {self.method} was never awaited, so it was never made",
                RuntimeWarning,
                stacklevel=2,
            )
