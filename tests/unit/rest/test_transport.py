"""HTTP against a peer that misbehaves in every way that a socket allows."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import struct
import traceback
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from bitrix_events.errors import TransportError
from bitrix_events.rest.transport import Transport

MIB = 1024 * 1024
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Peer:
    """A server on a raw socket: it reads one request and then does what the test says."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.url = ""
        self._behaviour = behaviour

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[Peer]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        async with server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
            self.heads.append(head)
            self.bodies.append(await reader.readexactly(int(fields[b"content-length"])))
            await self._behaviour(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def says(answer: bytes) -> Peer:
    """A peer that sends these bytes and hangs up."""

    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return Peer(behave)


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = Transport()
    yield transport
    await transport.close()


async def failure_of(transport: Transport, peer: Peer) -> TransportError:
    async with peer.serve():
        with pytest.raises(TransportError) as caught:
            await transport.post_json(peer.url, {})
    return caught.value


async def test_an_answer_is_returned_whatever_its_status(transport: Transport) -> None:
    async with says(http(b'{"error":"x"}', status="403 Forbidden")).serve() as peer:
        answer = await transport.post_json(peer.url, {})

    assert (answer.status, answer.body, answer.location) == (403, b'{"error":"x"}', "")


async def test_an_html_page_is_an_answer_too(transport: Transport) -> None:
    page = http(b"<html>Bad Gateway</html>", "Content-Type: text/html", status="502 Bad Gateway")
    async with says(page).serve() as peer:
        answer = await transport.post_json(peer.url, {})

    assert (answer.status, answer.body) == (502, b"<html>Bad Gateway</html>")


async def test_an_answer_without_a_body_is_empty(transport: Transport) -> None:
    async with says(http(b"")).serve() as peer:
        answer = await transport.post_json(peer.url, {})

    assert (answer.status, answer.body) == (200, b"")


async def test_json_is_posted_with_its_length_and_type(transport: Transport) -> None:
    async with says(http(b"{}")).serve() as peer:
        await transport.post_json(peer.url + "crm.deal.get", {"id": 7, "Имя": "é"})

    (head,), (body,) = peer.heads, peer.bodies
    assert head.startswith(b"POST /crm.deal.get HTTP/1.1\r\n")
    assert b"\r\ncontent-type: application/json\r\n" in head.lower()
    assert b"\r\nuser-agent: bitrix-events/" in head.lower()
    assert body == b'{"id": 7, "\\u0418\\u043c\\u044f": "\\u00e9"}'


async def test_a_form_is_posted_percent_encoded(transport: Transport) -> None:
    async with says(http(b"{}")).serve() as peer:
        await transport.post_form(peer.url, {"auth": "a&b=c d", "grant_type": "refresh_token"})

    (head,), (body,) = peer.heads, peer.bodies
    assert b"\r\ncontent-type: application/x-www-form-urlencoded\r\n" in head.lower()
    assert body == b"auth=a%26b%3Dc+d&grant_type=refresh_token"


# Answers that never come, or not whole.


async def test_silence_after_the_request_may_mean_that_it_ran(transport: Transport) -> None:
    error = await failure_of(transport, says(b""))

    assert error.sent is True


async def test_a_truncated_body_is_no_answer(transport: Transport) -> None:
    error = await failure_of(
        transport, says(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"result":')
    )

    assert error.sent is True


async def test_a_truncated_chunked_body_is_no_answer(transport: Transport) -> None:
    error = await failure_of(
        transport, says(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"result":')
    )

    assert error.sent is True


async def test_bytes_that_are_no_http_are_no_answer(transport: Transport) -> None:
    error = await failure_of(transport, says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"))

    assert error.sent is True


async def test_a_body_that_is_not_what_its_encoding_says_is_no_answer(
    transport: Transport,
) -> None:
    error = await failure_of(transport, says(http(b"not gzip", "Content-Encoding: gzip")))

    assert error.sent is True


async def test_a_reset_after_the_request_may_mean_that_it_ran(transport: Transport) -> None:
    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    error = await failure_of(transport, Peer(reset))

    assert error.sent is True


async def test_a_refused_connection_means_that_nothing_ran(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(TransportError, match="no connection") as caught:
        await transport.post_json(f"http://127.0.0.1:{port}/", {})

    assert caught.value.sent is False


async def test_a_peer_without_tls_means_that_nothing_ran(transport: Transport) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TransportError, match="no connection") as caught:
            await transport.post_json(f"https://127.0.0.1:{port}/", {})

    assert caught.value.sent is False


@pytest.mark.parametrize("url", ["ftp://acme.test/", "//acme.test/", "http://[::1/", "", "http://"])
async def test_an_address_that_cannot_be_called_means_that_nothing_ran(
    transport: Transport, url: str
) -> None:
    with pytest.raises(TransportError) as caught:
        await transport.post_json(url, {})

    assert caught.value.sent is False


# Answers that are too much.


async def test_a_declared_length_beyond_the_limit_is_not_read_to_its_end(
    transport: Transport,
) -> None:
    written = 0

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            writer.write(bytes(MIB))
            written += MIB
            await writer.drain()

    error = await failure_of(transport, Peer(flood))

    assert "16 MiB" in str(error)
    assert error.sent is True
    assert written < 64 * MIB


async def test_an_endless_answer_is_cut(transport: Transport) -> None:
    async def never_end(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"100000\r\n" + bytes(MIB) + b"\r\n")
            await writer.drain()

    error = await failure_of(transport, Peer(never_end))

    assert "16 MiB" in str(error)


async def test_an_answer_of_just_16_mib_is_taken(transport: Transport) -> None:
    async with says(http(bytes(16 * MIB))).serve() as peer:
        answer = await transport.post_json(peer.url, {})

    assert len(answer.body) == 16 * MIB


def zeros_in_gzip(mib: int) -> bytes:
    compress = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [compress.compress(bytes(MIB)) for _ in range(mib)]
    return b"".join([*parts, compress.flush()])


async def test_a_compressed_answer_counts_by_its_real_size(transport: Transport) -> None:
    bomb = zeros_in_gzip(64)

    error = await failure_of(transport, says(http(bomb, "Content-Encoding: gzip")))

    assert len(bomb) < MIB
    assert "16 MiB" in str(error)


@pytest.mark.parametrize("layers", [1, 2])
async def test_a_compressed_answer_is_cut_before_it_fills_the_memory(
    transport: Transport, layers: int
) -> None:
    bomb = zeros_in_gzip(256)
    for _ in range(layers - 1):
        bomb = gzip.compress(bomb)
    encoding = ", ".join(["gzip"] * layers)

    tracemalloc.start()
    try:
        await failure_of(transport, says(http(bomb, f"Content-Encoding: {encoding}")))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 64 * MIB


# Redirects.


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 T", "308 P"])
async def test_a_redirect_is_reported_and_not_followed(transport: Transport, status: str) -> None:
    async with says(http(b"", "Location: https://new.test/rest/x", status=status)).serve() as peer:
        answer = await transport.post_json(peer.url, {"auth": "secret"})

    assert answer.status == int(status[:3])
    assert answer.location == "https://new.test/rest/x"
    assert len(peer.bodies) == 1


async def test_a_relative_redirect_is_made_absolute(transport: Transport) -> None:
    async with says(http(b"", "Location: /other/", status="302 Found")).serve() as peer:
        answer = await transport.post_json(peer.url + "rest/", {})

    assert answer.location == peer.url + "other/"


async def test_a_redirect_to_nowhere_has_no_location(transport: Transport) -> None:
    async with says(http(b"", status="302 Found")).serve() as peer:
        answer = await transport.post_json(peer.url, {})

    assert (answer.status, answer.location) == (302, "")


async def test_a_redirect_to_nonsense_is_no_answer(transport: Transport) -> None:
    error = await failure_of(
        transport, says(http(b"", "Location: https://a:b:c/", status="302 Found"))
    )

    assert error.sent is True


# Values.


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (
            datetime(2026, 9, 21, 13, 5, tzinfo=timezone(timedelta(hours=3))),
            b"2026-09-21T13:05:00+03:00",
        ),
        (date(2026, 9, 21), b"2026-09-21"),
        (Decimal("10.50"), b"10.50"),
    ],
)
async def test_times_and_decimals_are_sent_as_text(
    transport: Transport, value: Any, written: bytes
) -> None:
    async with says(http(b"{}")).serve() as peer:
        await transport.post_json(peer.url, {"value": [value]})

    assert peer.bodies == [b'{"value": ["' + written + b'"]}']


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, {(1, 2): 3}, b"x"])
async def test_a_value_that_is_no_json_is_refused_before_anything_is_sent(
    transport: Transport, value: Any
) -> None:
    async with says(http(b"{}")).serve() as peer:
        with pytest.raises(ValueError):  # noqa: PT011 (any text will do)
            await transport.post_json(peer.url, {"value": value})

    assert peer.heads == []


# Secrets and surroundings.


async def test_no_part_of_the_address_is_in_an_error(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    peers = [
        says(b""),
        says(b"nonsense\r\n\r\n"),
        says(http(b"not gzip", "Content-Encoding: gzip")),
    ]
    code, token = "webhook" + "-code", "token" + "-1"  # no literals: tracebacks quote this file
    shown = []
    for peer in peers:
        async with peer.serve():
            try:
                await transport.post_json(f"{peer.url}rest/1/{code}/", {"auth": token})
            except TransportError as error:
                shown += [str(error), repr(error), "".join(traceback.format_exception(error))]

    assert len(shown) == 9
    for text in [*shown, caplog.text]:
        assert code not in text
        assert token not in text


async def test_a_proxy_of_the_environment_does_not_get_the_tokens(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with says(http(b"{}")).serve() as proxy, says(http(b"{}")).serve() as peer:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        fresh = Transport()
        await fresh.post_json(peer.url, {"auth": "token-1"})
        await fresh.close()

    assert (len(peer.bodies), len(proxy.bodies)) == (1, 0)


async def test_the_body_of_an_answer_is_not_in_its_repr(transport: Transport) -> None:
    async with says(http(b'{"access_token":"token-1"}')).serve() as peer:
        answer = await transport.post_json(peer.url, {})

    assert "token-1" not in repr(answer)
