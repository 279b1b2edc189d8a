"""What every REST request passes on its way in and out: limits, latency, and failures.

Source: protocol.md 5.1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bitrix_events.testing.faults import NEVER_ARRIVE, Faults, Reply, disturbed
from bitrix_events.testing.limits import Latency, LeakyBucket
from bitrix_events.testing.methods import RestError

Plan: TypeAlias = Callable[[Request], Awaitable[tuple[int, Callable[[], Response]]]]
"""Reads a request, and returns how many commands it has and a function that executes them."""


class Gate:
    """The way to the REST interface of a portal."""

    def __init__(self, bucket: LeakyBucket, latency: Latency, faults: Faults) -> None:
        self.requests = 0
        self.refusals = 0
        self.latency = latency
        self._bucket = bucket
        self._faults = faults

    async def answer(self, request: Request, plan: Plan) -> Response:
        """Let a request in, or refuse it."""
        fault = self._faults.next_request()
        if fault in NEVER_ARRIVE:
            return disturbed(fault, None)
        self.requests += 1
        if not self._bucket.take():
            self.refusals += 1
            await asyncio.sleep(self.latency.request)
            error = RestError("QUERY_LIMIT_EXCEEDED", "Too many requests")
            return JSONResponse(error.envelope(), status_code=error.status)
        if isinstance(fault, Reply):
            await asyncio.sleep(self.latency.request)
            return await fault.to(request)
        commands, execute = await plan(request)
        await asyncio.sleep(self.latency.of(commands))
        if fault is None:
            return execute()
        return disturbed(fault, execute() if fault.executed else None)
