"""How long a client lives: what it waits for ends when it is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

CLOSED: Final = "the client is closed"


class Closed(RuntimeError):
    """The client is closed, or was closed meanwhile."""

    def __init__(self) -> None:
        super().__init__(CLOSED)


class Lifetime:
    """Lasts until its end is called for. Belongs to one event loop."""

    def __init__(self) -> None:
        self._is_over = False
        self._scopes: set[asyncio.Timeout] = set()

    def check(self) -> None:
        """Raises `Closed` if it is over."""
        if self._is_over:
            raise Closed

    async def run(self, work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Wait for something, at most until the end.

        Raises:
            Closed: it was over, and nothing was begun; or it ended meanwhile.
        """
        self.check()
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._scopes.add(scope)
                try:
                    return await work(*args, **kwargs)
                finally:
                    self._scopes.discard(scope)
        except TimeoutError:
            if not scope.expired():
                raise
        raise Closed  # here, because the frames of what was ended may hold secrets

    def end(self) -> None:
        """End what is waited for."""
        self._is_over = True
        scopes, self._scopes = self._scopes, set()
        for scope in scopes:
            scope.reschedule(0)
