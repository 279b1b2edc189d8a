"""The way from a client to a fake portal, on which tests see what goes along."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import httpx

from bitrix_events.testing import FakePortal, Reply

WEBHOOK_CODE = "planted-secret-code"
_numbers = count(1)


class Wire(httpx.AsyncBaseTransport):
    """Hands requests on to a fake portal, and keeps them.

    Args:
        portal: without one, a portal whose address no other test calls.
        before: called with each request before it is handed on; what it raises, the client gets.
    """

    def __init__(
        self,
        portal: FakePortal | None = None,
        *,
        before: Callable[[httpx.Request], None] | None = None,
    ) -> None:
        domain = f"wire{next(_numbers)}.bitrix24.test"
        self.portal = portal or FakePortal(domain=domain, webhook_code=WEBHOOK_CODE)
        self.requests: list[httpx.Request] = []
        self._before = before

    @property
    def webhook(self) -> str:
        return self.portal.webhook_url

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self._before is not None:
            self._before(request)
        return await self.portal.transport.handle_async_request(request)


def always(status: int, content: Any = b"", **headers: str) -> Wire:
    """The way to a portal that something stands before, which says the same to everything: JSON, or
    bytes as they are."""
    wire = Wire()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = Reply(status, content, named)
    wire.portal.fail_request(1, reply, times=1000)
    wire.portal.fail_oauth("oauth/token", reply, times=1000)
    return wire


def body_of(request: httpx.Request) -> Any:
    return json.loads(request.content)
