"""SyncClient: the same verbs for ``def`` handlers, which run in threads of their own.

A thin facade: each call is handed to the event loop that the async client lives on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any, TypeVar

from bitrix_events.events import Entity
from bitrix_events.rest.batch import Command
from bitrix_events.rest.client import Client
from bitrix_events.rest.listing import Row
from bitrix_events.rest.responses import Response

E = TypeVar("E", bound=Entity)
T = TypeVar("T")


class SyncClient:
    """REST as the installation, for ``def`` handlers. Never call it on the event loop's thread."""

    def __init__(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def call(
        self, method: str, params: Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Response:
        """See `Client.call`."""
        return self._wait(self._client.call(method, params, **fields))

    def list(
        self, method: str, params: Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Iterator[Row]:
        """See `Client.list`. Rows are fetched page by page while you iterate."""
        pages = self._client.list(method, params, **fields).pages()

        async def next_page() -> list[Row] | None:
            return await anext(pages, None)

        while (page := self._wait(next_page())) is not None:
            yield from page

    def batch(self, commands: Mapping[str, Command]) -> dict[str, Response]:
        """See `Client.batch`."""
        return self._wait(self._client.batch(commands))

    def get(self, entity: type[E], entity_id: int) -> E:
        """See `Client.get`."""
        return self._wait(self._client.get(entity, entity_id))

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if asyncio._get_running_loop() is self._loop:
            coroutine.close()
            raise RuntimeError(
                "SyncClient was called on the event loop, where it would wait for itself; call it"
                " in the handler, not in a factory"
            )
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()
