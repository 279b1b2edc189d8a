"""How the app is doing: for supervisors, for people, and for Prometheus."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import Final

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bitrix_events.errors import BitrixEventsError
from bitrix_events.metrics import render
from bitrix_events.store.records import Stats

_STATS_SECONDS: Final = 5.0
_STATS_SHARE: Final = 0.02
_LONGEST_STATS_SECONDS: Final = 60.0
_PATIENCE_SECONDS: Final = 5.0
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SIGNS_OF_A_PROXY: Final = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


@dataclass(frozen=True, slots=True)
class Vitals:
    """What is known of the app's parts.

    Attributes:
        stats: how the store is doing; may raise `StoreError`.
        troubles: for each part by name (``store``, ``worker``) what keeps it from its work, in one
            line without secrets; ``""`` if nothing does. Called on the event loop of the web
            server, so they only look at what is known already.
    """

    stats: Callable[[], Awaitable[Stats]]
    troubles: Mapping[str, Callable[[], str]]


class Health:
    """The endpoints ``/healthz``, ``/readyz`` and ``/metrics``.

    Args:
        admin_token: who sends it as ``Authorization: Bearer`` is told everything. Without one,
            whoever asks from this machine is.
    """

    def __init__(
        self,
        vitals: Vitals,
        admin_token: SecretStr | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._vitals = vitals
        self._token = admin_token.get_secret_value().encode() if admin_token else None
        self._clock = clock
        self._reading: asyncio.Task[Stats | str] | None = None
        self._read_again_at = 0.0

    async def alive(self, request: Request) -> Response:
        """Answers while the process can answer; names the parts that are in trouble, as far as
        that is known."""
        troubled = sorted(part for part, look in self._vitals.troubles.items() if look())
        return JSONResponse({"status": "ok", **({"troubles": troubled} if troubled else {})})

    async def ready(self, request: Request) -> Response:
        """200 if deliveries are taken, stored and handled; 503 names the parts that fail.

        What is wrong with them is told to those who may read the metrics.
        """
        troubles = _troubles(self._vitals, await self._stats())
        if not troubles:
            return JSONResponse({"status": "ready"})
        told: object = troubles if self._may_know(request) else sorted(troubles)
        return JSONResponse({"status": "not ready", "troubles": told}, 503)

    async def metrics(self, request: Request) -> Response:
        """Everything that is counted, in Prometheus' text form."""
        if not self._may_know(request):
            if self._token is None:
                return PlainTextResponse("Not Found", 404)
            return PlainTextResponse("Unauthorized", 401, headers={"WWW-Authenticate": "Bearer"})
        stats = await self._stats()
        gauges: dict[str, float] = {"ready": not _troubles(self._vitals, stats)}
        if isinstance(stats, Stats):
            gauges |= asdict(stats)
        body, content_type = await asyncio.to_thread(render, gauges)
        return Response(body, headers={"Content-Type": content_type})

    async def _stats(self) -> Stats | str:
        """How the store is doing, or why that is not known.

        It is read every few seconds at most; where a million executions wait and that takes half a
        second, less often.
        """
        reading = self._reading
        if reading is None or (reading.done() and self._clock() >= self._read_again_at):
            reading = self._reading = asyncio.create_task(self._read())
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await asyncio.shield(reading)
        except TimeoutError:
            return f"the store does not answer within {_PATIENCE_SECONDS:g} s"

    async def _read(self) -> Stats | str:
        began = self._clock()
        try:
            return await self._vitals.stats()
        except BitrixEventsError as error:
            return str(error)
        finally:
            ended = self._clock()
            pause = max(_STATS_SECONDS, (ended - began) / _STATS_SHARE)
            self._read_again_at = ended + min(pause, _LONGEST_STATS_SECONDS)

    def _may_know(self, request: Request) -> bool:
        if self._token is None:
            return _is_local(request)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        matches = hmac.compare_digest(given.strip().encode(), self._token)
        return matches and scheme.lower() == "bearer"


def _troubles(vitals: Vitals, stats: Stats | str) -> dict[str, str]:
    """What is wrong, by the name of the part."""
    troubles = {part: look() for part, look in vitals.troubles.items()}
    if isinstance(stats, str):
        troubles["store"] = troubles.get("store") or stats
    elif stats.journal:
        troubles["journal"] = f"deliveries that the store could not take yet: {stats.journal}"
    return {part: trouble for part, trouble in troubles.items() if trouble}


def _is_local(request: Request) -> bool:
    """Whether somebody on this machine asks, and no proxy for somebody else.

    A page of another site cannot ask either, by a name that leads here: the host is looked at.
    """
    if request.client is None or any(name in request.headers for name in _SIGNS_OF_A_PROXY):
        return False
    host = request.headers.get("host", "")
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    try:
        return name in _LOCAL_NAMES and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
