"""HTTP itself: bounded, patient, never following a redirect. Only this module knows httpx."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import Any, Final

import httpx

from bitrix_events.errors import TransportError
from bitrix_events.wire.form import encode_form

HttpTransport = httpx.AsyncBaseTransport
"""What sends the bytes; replaceable, for tests that reach a fake portal without a socket."""

# Both log the addresses they call, and the address of an incoming webhook is a password.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_TIMEOUT: Final = httpx.Timeout(connect=5.0, read=65.0, write=30.0, pool=65.0)
_TOTAL_SECONDS: Final = 90.0
_LARGEST_ANSWER: Final = 16 * 1024 * 1024
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whatever its status.

    Attributes:
        location: where a redirect points to, absolute; ``""`` if it is none.
    """

    status: int
    body: bytes = field(repr=False)
    location: str = ""


class Transport:
    """Sends requests. Belongs to the event loop that uses it first."""

    def __init__(self, transport: HttpTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=_tls(),
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            headers={
                "Accept": "application/json",
                "User-Agent": f"bitrix-events/{version('bitrix-events')}",
            },
        )

    async def post_json(self, url: str, content: Mapping[str, Any]) -> Answer:
        """POST a JSON object.

        Raises:
            TransportError: no complete answer; ``sent`` tells whether the request may have arrived.
            ValueError: the content is no JSON.
        """
        body = json.dumps(content, default=_to_json, allow_nan=False).encode()
        return await self.post(url, body, "application/json")

    async def post_form(self, url: str, fields: Mapping[str, str]) -> Answer:
        """POST a flat form. Errors as `post_json`."""
        return await self.post(url, encode_form(fields), "application/x-www-form-urlencoded")

    async def post(self, url: str, body: bytes, content_type: str) -> Answer:
        """POST a body as it is. Errors as `post_json`."""
        try:
            async with (
                asyncio.timeout(_TOTAL_SECONDS),
                self._client.stream(
                    "POST", url, content=body, headers={"Content-Type": content_type}
                ) as response,
            ):
                received = bytearray()
                async for chunk in response.aiter_bytes():
                    received += chunk
                    if len(received) > _LARGEST_ANSWER:
                        raise TransportError("the answer has more than 16 MiB", sent=True)
                target = response.next_request.url if response.next_request else ""
                return Answer(response.status_code, bytes(received), str(target))
        except _NOT_SENT as error:
            raise TransportError(_describe(error), sent=False) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise TransportError(_describe(error), sent=True) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


@cache
def _tls() -> ssl.SSLContext:
    """Shared by all clients of the process: reading the root certificates takes 30 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _describe(error: Exception) -> str:
    """What happened, without the address: it may hold a secret."""
    kind = type(error).__name__
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({error})" if str(error) else "no connection"
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return f"no answer in time ({kind})"
    return f"the connection failed ({kind})"


def _to_json(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be sent to a portal: convert it to text")
