"""HTTP itself: bounded, patient, never following a redirect. Only this module knows httpx."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import zlib
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Any, Final

import httpx

from bitrix_events.errors import TransportError
from bitrix_events.rest.parameters import plain
from bitrix_events.wire.form import FORM_TYPE, encode_form

HttpTransport = httpx.AsyncBaseTransport
"""What sends the bytes; replaceable, for tests that reach a fake portal without a socket."""

# Both log the addresses they call, and the address of an incoming webhook is a password.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_TIMEOUT: Final = httpx.Timeout(connect=5.0, read=65.0, write=30.0, pool=65.0)
_TOTAL_SECONDS: Final = 90.0
_GZIP: Final = 16 + zlib.MAX_WBITS
_LARGEST_ANSWER: Final = 16 * 1024 * 1024
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
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
            # A session cookie would make the portal answer parallel calls one after another.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": f"bitrix-events/{version('bitrix-events')}",
            },
        )

    async def post_json(self, url: str, content: Mapping[str, Any]) -> Answer:
        """POST a JSON object.

        Raises:
            TransportError: no complete answer; ``sent`` tells whether the request may have arrived.
            ValueError: the content is no JSON.
        """
        body = json.dumps(plain(content)).encode()
        return await self.post(url, body, "application/json")

    async def post_form(self, url: str, fields: Mapping[str, str]) -> Answer:
        """POST a flat form. Errors as `post_json`."""
        return await self.post(url, encode_form(fields), FORM_TYPE)

    async def post(self, url: str, body: bytes, content_type: str) -> Answer:
        """POST a body as it is. Errors as `post_json`."""
        try:
            request = self._client.build_request(
                "POST", url, content=body, headers={"Content-Type": content_type}
            )
        except (httpx.InvalidURL, UnicodeError):
            raise TransportError("the address is malformed", sent=False) from None
        try:
            async with (
                asyncio.timeout(_TOTAL_SECONDS),
                aclosing(await self._client.send(request, stream=True)) as response,
            ):
                if response.is_stream_consumed:  # a transport without a network has read it all
                    received, chunks = _Body(""), response.aiter_bytes()
                else:
                    received = _Body(response.headers.get("content-encoding", ""))
                    chunks = response.aiter_raw()
                async for chunk in chunks:
                    received.add(chunk)
                target = response.next_request.url if response.next_request else ""
                return Answer(response.status_code, received.whole(), str(target))
        except _NOT_SENT as error:
            raise TransportError(_describe(error), sent=False) from None
        except (httpx.InvalidURL, UnicodeError):
            raise TransportError("it redirects to a malformed address", sent=True) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise TransportError(_describe(error), sent=True) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class _Body:
    """The body of an answer, unpacked as it comes, so that a small one cannot fill the memory."""

    def __init__(self, encoding: str) -> None:
        if encoding.lower() not in ("", "identity", "gzip", "x-gzip"):
            raise TransportError(f"the answer is packed as {encoding[:40]!r}", sent=True)
        self._gzip = zlib.decompressobj(_GZIP) if "gzip" in encoding.lower() else None
        self._received = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take what arrived. Raises `TransportError` if it is too much, or not what it claims."""
        room = _LARGEST_ANSWER - len(self._received) + 1
        try:
            self._received += self._gzip.decompress(chunk, room) if self._gzip else chunk
        except zlib.error:
            raise TransportError("the answer is packed badly", sent=True) from None
        if len(self._received) > _LARGEST_ANSWER:
            raise TransportError("the answer has more than 16 MiB", sent=True)

    def whole(self) -> bytes:
        """The complete body. Raises `TransportError` if its end is missing."""
        if self._gzip is not None and self._received and not self._gzip.eof:
            raise TransportError("the answer ends too early", sent=True)
        return bytes(self._received)


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
