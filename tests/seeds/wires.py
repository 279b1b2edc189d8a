"""Portals of a few lines, for answers that a well-behaved portal never gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import httpx

_numbers = count(1)


class Wire(httpx.AsyncBaseTransport):
    """Carries requests to a function instead of a portal, and keeps them."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)


def always(status: int, content: Any = None, **more: Any) -> Wire:
    """A portal that says the same to everything: JSON, or bytes as they are."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Wire(lambda request: httpx.Response(status, content=body, **more))


def webhook() -> str:
    """The address of an incoming webhook that no other test calls."""
    return f"https://wire{next(_numbers)}.bitrix24.test/rest/1/planted-secret-code/"


def body_of(request: httpx.Request) -> Any:
    return json.loads(request.content)
