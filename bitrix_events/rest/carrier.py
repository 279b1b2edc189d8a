"""HTTP itself: bounded, patient, never following a redirect. Only this module knows its clients.

To import them takes longer than all the rest; `transport` does it when the first request is made.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import ssl
import zlib
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any, Final

import aiohttp
import httpx
import yarl
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError

from bitrix_events.errors import TransportError
from bitrix_events.rest.options import Timeouts
from bitrix_events.rest.resolver import GuardedResolver, PrivateAddress, is_literal, may_reach
from bitrix_events.rest.transport import Answer

_CONNECTIONS: Final = 200
_IDLE_SECONDS: Final = 15.0
_GZIP: Final = 16 + zlib.MAX_WBITS
_LARGEST_ANSWER: Final = 16 * 1024 * 1024
_LARGEST_BYTES: Final = 1024 * 1024
_TARGETS: Final = 512
_STALE_CONNECTIONS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*\Z")
_extensions: Final[ContextVar[dict[str, Any]]] = ContextVar("extensions")
"""Of the request that this task makes; ``sent`` tells whether a connection was given the body."""


class Carrier:
    """Sends requests. Belongs to the event loop that uses it first.

    Args:
        transport: what carries them instead of a pool of connections.
        private_hosts: see `Transport`.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None,
        private_hosts: Collection[str] | None,
    ) -> None:
        self._http = transport or _Pool(private_hosts)
        self._target = lru_cache(_TARGETS)(_target)  # to parse an address takes long

    async def post(
        self,
        url: str,
        body: bytes,
        content_type: str,
        headers: Mapping[str, str] | None,
        timeouts: Timeouts,
    ) -> Answer:
        """See `Transport.post`."""
        request = self._request(url, body, content_type, headers, timeouts)
        try:
            async with asyncio.timeout(timeouts.total):
                response = await self._http.handle_async_request(request)
                try:
                    content = await _content(response)
                finally:
                    await _close(response)
        except _NOT_SENT as error:
            raise TransportError(_describe(error), sent=False) from None
        except (httpx.HTTPError, OSError) as error:
            sent = request.extensions.get("sent", True)
            raise TransportError(_describe(error), sent=sent) from None
        status, received = response.status_code, response.headers
        location = _location(request.url, received) if status in _REDIRECTS else ""
        return Answer(status, content, location, received)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _request(
        self,
        url: str,
        body: bytes,
        content_type: str,
        headers: Mapping[str, str] | None,
        timeouts: Timeouts,
    ) -> httpx.Request:
        address, fixed = self._target(url, content_type)
        seconds = {
            "connect": timeouts.connect,
            "read": timeouts.read,
            "write": timeouts.read,
            "pool": timeouts.pool,
        }
        request = httpx.Request(
            "POST",
            address,
            headers=fixed,
            stream=httpx.ByteStream(body),
            extensions={"timeout": seconds},
        )
        request.headers["Content-Length"] = str(len(body))
        if headers:
            for name, value in headers.items():
                _check_header(name, value)
            request.headers.update(headers)
        request.read()  # a transport of the caller's may look at `content`
        return request


class _Pool(httpx.AsyncBaseTransport):
    """httpx's interface to aiohttp's connections, for a fraction of the CPU time of httpx's own.

    It raises `TransportError`: httpx has no word for some of what is known here.
    """

    def __init__(self, private_hosts: Collection[str] | None) -> None:
        self._private_hosts = private_hosts
        self._tls = _tls()
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(_CONNECTIONS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; the answer holds its connection until it is closed."""
        self._check_address(request.url)
        seconds = request.extensions["timeout"]
        request.extensions["sent"] = False
        _extensions.set(request.extensions)
        if self._slots.locked():
            try:
                async with asyncio.timeout(seconds["pool"]):
                    await self._slots.acquire()
            except TimeoutError:
                raise TransportError("no connection became free in time", sent=False) from None
        else:
            await self._slots.acquire()
        try:
            response = await self._send(request, seconds["connect"], seconds["read"])
        except BaseException:
            self._slots.release()
            raise
        return httpx.Response(
            response.status,
            headers=response.raw_headers,
            stream=_Stream(response, self._slots.release),
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _check_address(self, url: httpx.URL) -> None:
        """Addresses are checked here, names when they are resolved."""
        hosts = self._private_hosts
        if hosts is None or not is_literal(url.host):
            return
        port = url.port or (443 if url.scheme == "https" else 80)
        if not may_reach(url.host, port, url.host, hosts):
            raise TransportError(_PRIVATE, sent=False)

    async def _send(
        self, request: httpx.Request, connect: float, read: float
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = self._open()
        assert isinstance(request.stream, httpx.ByteStream)
        body = b"".join(request.stream)
        common = _common()  # the session has them
        for _ in range(_STALE_CONNECTIONS):
            try:
                return await self._session.request(
                    request.method,
                    yarl.URL(str(request.url), encoded=True),  # the very bytes that were asked for
                    headers=[
                        (field[0].decode(), field[1].decode())
                        for field in request.headers.raw
                        if field not in common
                    ],
                    data=body if len(body) <= _LARGEST_BYTES else io.BytesIO(body),
                    allow_redirects=False,
                    timeout=_patience(connect, read),
                )
            except _StaleConnection:
                continue
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                # aiohttp, when closed, cancels its look-ups of names, which cancels who waits.
                raise TransportError("closed while connecting", sent=False) from None
            except _FAILURES as error:
                raise _failure(error) from None
        raise TransportError("the server answers before it is asked", sent=False)

    def _open(self) -> aiohttp.ClientSession:
        hosts = self._private_hosts
        connector = aiohttp.TCPConnector(
            resolver=None if hosts is None else GuardedResolver(hosts),
            ssl=self._tls,
            limit=0,  # counted by the slots: aiohttp has one timeout for waiting and connecting
            keepalive_timeout=_IDLE_SECONDS,  # shorter than a server's, so that ours ends first
        )
        return aiohttp.ClientSession(
            connector=connector,
            request_class=_Request,
            headers=[(name.decode(), value.decode()) for name, value in _common()],
            # A session cookie would make the portal answer parallel calls one after another.
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )


class _StaleConnection(aiohttp.ClientConnectionError):
    """The connection holds bytes that nobody asked for; nothing was sent over it."""


class _Request(aiohttp.ClientRequest):
    """Never takes for its answer what the server said before it was asked."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        if conn.protocol is None or conn.protocol.should_close:
            raise _StaleConnection
        _extensions.get()["sent"] = True
        return await super().send(conn)


class _Stream(httpx.AsyncByteStream):
    """The body of an answer as it comes, and the slot of its connection."""

    def __init__(self, response: aiohttp.ClientResponse, release: Callable[[], None]) -> None:
        self._response = response
        self._release = release

    def __aiter__(self) -> _Stream:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._response.content.readany()
        except _FAILURES as error:
            raise _failure(error) from None
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        self._response.release()  # keeps the connection only if the answer was read to its end
        self._release()


class _Body:
    """The body of an answer, unpacked as it comes, so that a small one cannot fill the memory."""

    def __init__(self, encoding: str) -> None:
        encoding = encoding.strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            # Not quoted: who answers may put there what was sent, secrets included.
            raise TransportError("the answer is packed in an unknown way", sent=True)
        self._gzip = zlib.decompressobj(_GZIP) if "gzip" in encoding else None
        self._begun = False
        self._received = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take what arrived. Raises `TransportError` if it is too much, or not what it claims."""
        if self._gzip is None:
            self._received += chunk
        elif chunk:
            self._begun = True
            room = _LARGEST_ANSWER - len(self._received) + 1
            try:
                self._received += self._gzip.decompress(chunk, room)
            except zlib.error:
                raise TransportError("the answer is packed badly", sent=True) from None
            if self._gzip.unused_data:
                raise TransportError("the answer goes on after its end", sent=True)
        if len(self._received) > _LARGEST_ANSWER:
            raise TransportError("the answer has more than 16 MiB", sent=True, too_large=True)

    def whole(self) -> bytes:
        """The complete body. Raises `TransportError` if its end is missing."""
        if self._gzip is not None and self._begun and not self._gzip.eof:
            raise TransportError("the answer ends too early", sent=True)
        return bytes(self._received)


async def _content(response: httpx.Response) -> bytes:
    """The body, unpacked. Raises `TransportError` and what httpx raises."""
    if response.is_stream_consumed:  # a transport without a network has read and unpacked it all
        body = _Body("")
        body.add(response.content)
    else:
        body = _Body(response.headers.get("content-encoding", ""))
        assert isinstance(response.stream, httpx.AsyncByteStream)
        async for chunk in response.stream:
            body.add(chunk)
    return body.whole()


async def _close(response: httpx.Response) -> None:
    if isinstance(response.stream, httpx.AsyncByteStream):
        await response.stream.aclose()


def _location(origin: httpx.URL, headers: httpx.Headers) -> str:
    location = headers.get("location")
    if not location:
        return ""
    try:
        target = httpx.URL(location)
        if target.scheme and not target.host:
            target = target.copy_with(host=origin.host)
        return str(origin.join(target))
    except (httpx.InvalidURL, ValueError):
        raise TransportError("it redirects to a malformed address", sent=True) from None


def _target(url: str, content_type: str) -> tuple[httpx.URL, httpx.Headers]:
    """The address to call and the headers of all calls to it.

    Raises:
        TransportError: one of both is malformed.
    """
    try:
        address = httpx.URL(url)
        # What would fail later, where it could not be told from a failure after sending.
        address.host.encode("idna")
        yarl.URL(str(address), encoded=True).port  # noqa: B018 (it must be below 65536)
    except (httpx.InvalidURL, ValueError):
        raise TransportError("the address is malformed", sent=False) from None
    if address.scheme not in ("http", "https") or not address.raw_host:
        raise TransportError("the address is malformed", sent=False)
    _check_header("Content-Type", content_type)
    host = (b"Host", address.netloc)
    return address, httpx.Headers([host, *_common(), (b"Content-Type", content_type.encode())])


@cache
def _common() -> tuple[tuple[bytes, bytes], ...]:
    """The headers of every request."""
    return (
        (b"Accept", b"application/json"),
        (b"Accept-Encoding", b"gzip"),
        (b"User-Agent", f"bitrix-events/{version('bitrix-events')}".encode()),
    )


def _check_header(name: str, value: str) -> None:
    if not (_NAME.match(name) and _VALUE.match(value)):
        raise TransportError("a header is malformed", sent=False)


@lru_cache(16)
def _patience(connect: float, read: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=connect, sock_read=read)


@cache
def _tls() -> ssl.SSLContext:
    """Shared by all clients of the process: reading the root certificates takes 30 ms."""
    context = httpx.create_ssl_context(trust_env=False)
    context.set_alpn_protocols(["http/1.1"])
    return context


_PRIVATE: Final = (
    "it leads to a private address; to reach it all the same, add it to BITRIX_EVENTS_ALLOWED_HOSTS"
)
_FAILURES: Final = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError)


def _failure(error: Exception) -> TransportError:
    """What aiohttp's error means, and whether it proves that nothing was sent."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return TransportError(f"no connection ({_reason(error)})", sent=False)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return TransportError("no connection in time", sent=False)
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return TransportError("the address is malformed", sent=False)
    return TransportError(_describe(error), sent=True)


def _reason(error: aiohttp.ClientConnectorError) -> str:
    cause = error.os_error
    if isinstance(cause, PrivateAddress):
        return _PRIVATE
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the name cannot be resolved"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return str(cause.verify_message).partition(",")[0]  # the rest is the name
    if isinstance(cause, ssl.SSLError):
        return f"TLS: {cause.reason}"
    return os.strerror(cause.errno) if cause.errno else type(cause).__name__


def _describe(error: Exception) -> str:
    """What happened, without the address: it may hold a secret."""
    kind = type(error).__name__
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({kind})"
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return f"no answer in time ({kind})"
    return f"the connection failed ({kind})"
