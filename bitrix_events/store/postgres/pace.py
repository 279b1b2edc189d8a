"""The pace of portals, shared by all processes: one row for each, changed by one statement.

What is remembered is the moment at which the bucket will be empty. Nothing of it is worth a sync to
the disk: after a crash of the server a bucket may be thought emptier than it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from bitrix_events.store.postgres.connections import Connections
from bitrix_events.store.postgres.statements import QUERIES

_LONGEST_WAIT: Final = 60.0
_ANSWER_SECONDS: Final = 1.0
_MARGIN: Final = 0.001


class PostgresPace:
    """A `PortalPace`; used on the loop of the store's thread.

    The time of the server counts, so that clocks of machines need not agree.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def take(self, host: str, *, burst: float, per_second: float) -> float:
        """See `PortalPace.take`."""
        fetch = self._connections.fetch
        query = QUERIES["take"]
        if await fetch(query, host, burst, per_second, seconds=_ANSWER_SECONDS):
            return 0.0
        rows = await fetch(QUERIES["bucket"], host, seconds=_ANSWER_SECONDS)
        if not rows:
            return _MARGIN
        room_in: float = rows[0]["full_for"] - (burst - 1) / per_second
        closed: float = rows[0]["closed"]
        return min(max(closed, room_in, 0.0) + _MARGIN, _LONGEST_WAIT)

    async def refused(self, host: str, *, seconds: float, level: float | None = None) -> None:
        """See `PortalPace.refused`."""
        await self._connections.fetch(
            QUERIES["close_bucket"], host, seconds, level or 0.0, seconds=_ANSWER_SECONDS
        )


class AskedPace:
    """A `PortalPace` for callers on any event loop.

    Args:
        ask: has something done with the pace that lives on the loop of the store's thread.
    """

    def __init__(
        self, ask: Callable[[Callable[[PostgresPace], Coroutine[Any, Any, Any]]], Awaitable[Any]]
    ) -> None:
        self._ask = ask

    async def take(self, host: str, *, burst: float, per_second: float) -> float:
        wait: float = await self._ask(
            lambda pace: pace.take(host, burst=burst, per_second=per_second)
        )
        return wait

    async def refused(self, host: str, *, seconds: float, level: float | None = None) -> None:
        await self._ask(lambda pace: pace.refused(host, seconds=seconds, level=level))
