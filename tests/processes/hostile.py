"""Hostile HTTP: what a client can send to a server that listens on the open internet.

`KINDS` are the attacks of one connection each, with the answers that they get; `CROWDS` are those
that need many. ``python -m tests.processes.hostile PORT`` is an honest client of the same server,
which says how it fared.
"""

from __future__ import annotations

import asyncio
import json
import select
import socket
import statistics
import struct
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bitrix_events.server.limits import Limits
from tests.serving import PATIENCE

TIMES: Final = {
    "request_seconds": 2.5,
    "first_byte_seconds": 2.5,
    "idle_seconds": 4.0,
    "write_seconds": 3.0,
    "linger_seconds": 2.5,
}
"""Limits of a server that is attacked by what takes its time; those of size are the usual ones."""
PATIENT: Final = TIMES | dict.fromkeys(
    ("request_seconds", "first_byte_seconds", "idle_seconds", "write_seconds"), PATIENCE
)
"""Where nothing depends on time: for a busy machine all of it takes long."""
BODY_LIMIT: Final = Limits().body_bytes
MIB: Final = 1024 * 1024

Steps = Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True)
class Kind:
    """What one connection sends, and what it gets.

    Attributes:
        steps: what is sent; sending stops when the server has closed.
        statuses: of all answers, in order; None where a reset leaves that to chance.
        end: what the client does once everything is sent: go on reading (``""``), say that it
            sends no more (``eof``), or reset the connection (``reset``).
        reads: whether the client reads at all while it sends.
    """

    name: str
    steps: Steps
    statuses: tuple[int, ...] | None
    end: str = ""
    reads: bool = True


@dataclass(frozen=True)
class Seen:
    """What came back, and after how many seconds the server had closed the connection."""

    statuses: tuple[int, ...]
    seconds: float
    body: bytes = b""


def at_once(data: bytes) -> Steps:
    async def steps() -> AsyncIterator[bytes]:
        yield data

    return steps


def slowly(data: bytes, *, seconds: float = 0.1) -> Steps:
    """One byte after the other, for ever at the last one."""

    async def steps() -> AsyncIterator[bytes]:
        for byte in data:
            yield bytes([byte])
            await asyncio.sleep(seconds)

    return steps


def endlessly(beginning: bytes, more: bytes) -> Steps:
    async def steps() -> AsyncIterator[bytes]:
        yield beginning
        block = more * (64 * 1024 // len(more))
        while True:
            yield block

    return steps


def post(*fields: str, body: bytes = b"", version: str = "1.1", target: str = "/") -> bytes:
    head = "\r\n".join([f"POST {target} HTTP/{version}", "Host: a", *fields, "", ""])
    return head.encode("latin-1") + body


def sized(body: bytes, *fields: str) -> bytes:
    return post(*fields, f"Content-Length: {len(body)}", body=body)


CLOSE: Final = "Connection: close"
CHUNKED: Final = "Transfer-Encoding: chunked"
LAST: Final = sized(b"a=1", CLOSE)
"""An honest request that asks for its connection to be closed."""
GET: Final = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def _malformed() -> Iterator[tuple[str, bytes]]:
    """Heads and bodies that are none. Each is answered 400."""
    yield "garbage", bytes(range(128, 256)) * 8
    yield "a TLS hello", bytes.fromhex("1603010200010001fc0303") + bytes(500)
    yield "a NUL in a value", post("X: a\0b")
    yield "a NUL in a name", post("X\0: a")
    yield "a control character in a name", post("X\x01: a")
    yield "a folded line", post("X: a", " b")
    yield "a space before the colon", post("X : a")
    yield "a line without a colon", post("X")
    yield "an empty name", post(": a")
    yield "lone line feeds", b"POST / HTTP/1.1\nHost: a\n\n"
    yield "one lone line feed", b"POST / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"
    yield "one lone carriage return", b"POST / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"
    yield "HTTP/1.2", post(version="1.2")
    yield "HTTP/9.9", post(version="9.9")
    yield "HTTP/1.", post(version="1.")
    yield "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield "an unknown method", b"SPAM / HTTP/1.1\r\nHost: a\r\n\r\n"
    yield "a method in lower case", b"post / HTTP/1.1\r\nHost: a\r\n\r\n"
    yield "a space in the address", post(target="/a b")
    yield "an address that is not ASCII", post(target="/\xfc")
    yield "a control character in the address", post(target="/\x01")
    yield "no host", b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
    yield "two hosts", post("Host: b")
    yield "a tunnel", b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03\x01"
    yield "an absolute address with an impossible port", post(target="http://a:99999/")
    yield "length and chunks", post("Content-Length: 3", CHUNKED, body=b"0\r\n\r\n")
    yield "chunks and length", post(CHUNKED, "Content-Length: 3", body=b"0\r\n\r\n")
    yield "a length twice", post("Content-Length: 3", "Content-Length: 3", body=b"abc")
    yield "two lengths", post("Content-Length: 3", "Content-Length: 4", body=b"abcd")
    yield "a list of lengths", post("Content-Length: 3, 3", body=b"abc")
    yield "a negative length", post("Content-Length: -1", body=b"abc")
    yield "a length with a plus", post("Content-Length: +3", body=b"abc")
    yield "a length in hexadecimal", post("Content-Length: 0x3", body=b"abc")
    yield "a length of 100 digits", post(f"Content-Length: {'9' * 100}")
    yield "an empty length", post("Content-Length:")
    yield "a coding that is nearly chunked", post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n")
    yield "a coding after chunked", post("Transfer-Encoding: chunked, identity")
    yield "chunked twice", post(CHUNKED, CHUNKED, body=b"0\r\n\r\n")
    yield "chunked in HTTP/1.0", post(CHUNKED, version="1.0", body=b"0\r\n\r\n")
    yield "a packed body", post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n")
    for name, chunk in {
        "is no number": b"zz\r\n",
        "is negative": b"-1\r\n",
        "overflows": b"f" * 17 + b"\r\n",
        "is empty": b"\r\n",
        "is padded": b" 1\r\na\r\n",
        "ends in a line feed": b"1\na\n0\n\n",
    }.items():
        yield f"a chunk whose size {name}", post(CHUNKED, body=chunk)
    yield "a chunk without an end", post(CHUNKED, body=b"1\r\nabc")


def _large() -> Iterator[Kind]:
    limit = BODY_LIMIT
    yield Kind("a header of 17 KiB", at_once(post("X: " + "a" * 17 * 1024)), (431,))
    yield Kind("a header of a megabyte", at_once(post("X: " + "a" * MIB)), (431,))
    yield Kind("101 headers", at_once(post(*["X: a"] * 101)), (431,))
    yield Kind("100,000 headers", at_once(post(*["X: a"] * 100_000)), (431,))
    yield Kind("an address of 20 KiB", at_once(post(target="/" + "a" * 20 * 1024)), (431,))
    yield Kind("an endless header", endlessly(b"POST / HTTP/1.1\r\nX: ", b"a"), (431,))
    yield Kind("an endless name", endlessly(b"POST / HTTP/1.1\r\nX", b"a"), (431,))
    yield Kind("endless headers", endlessly(b"POST / HTTP/1.1\r\n", b"X: a\r\n"), (431,))
    yield Kind("an endless address", endlessly(b"POST /", b"a"), (431,))
    yield Kind("endless garbage", endlessly(b"", b"\xff"), (400,))
    yield Kind("endless zeros", endlessly(b"", b"\0"), (400,))
    yield Kind("a body of one byte too many", at_once(sized(b"a" * (limit + 1))), (413,))
    yield Kind("a body of a terabyte", at_once(post(f"Content-Length: {2**40}")), (413,))
    too_much = b"%x\r\n%s\r\n0\r\n\r\n" % (limit + 1, b"a" * (limit + 1))
    yield Kind("chunks of one byte too many", at_once(post(CHUNKED, body=too_much)), (413,))
    yield Kind(
        "endless chunks", endlessly(post(CHUNKED), b"100\r\n" + b"a" * 256 + b"\r\n"), (413,)
    )
    yield Kind("one endless chunk", endlessly(post(CHUNKED, body=b"fffffff\r\n"), b"a"), (413,))
    yield Kind("endless tiny chunks", endlessly(post(CHUNKED), b"1\r\na\r\n"), (413,))
    yield Kind("an endless chunk extension", endlessly(post(CHUNKED, body=b"1;a="), b"a"), (413,))
    yield Kind("an endless chunk size", endlessly(post(CHUNKED), b"0"), (413,))
    yield Kind("an endless trailer", endlessly(post(CHUNKED, body=b"0\r\nX: "), b"a"), (413,))
    yield Kind("endless trailers", endlessly(post(CHUNKED, body=b"0\r\n"), b"X: a\r\n"), (413,))
    expecting = post("Expect: 100-continue", f"Content-Length: {limit + 1}")
    yield Kind("the question whether it may be too large", at_once(expecting), (413,))


def _slow() -> Iterator[Kind]:
    begun = post("Content-Length: 100")
    yield Kind("silence", at_once(b""), ())
    yield Kind("empty lines", slowly(b"\r\n" * 1000), ())
    yield Kind("endless empty lines", endlessly(b"", b"\r\n"), ())
    yield Kind("one byte", at_once(b"P"), (408,))
    yield Kind("half a head", at_once(b"POST / HTTP/1.1\r\nHost: a\r\nX"), (408,))
    yield Kind("a slow head", slowly(post(*["X: a"] * 10)), (408,))
    yield Kind("half a body", at_once(begun + b"a=1"), (408,))
    yield Kind("no body", at_once(begun), (408,))
    yield Kind("a slow body", slowly(begun + b"a" * 100, seconds=0.05), (408,))
    yield Kind("a slow chunk", slowly(post(CHUNKED, body=b"64\r\n" + b"a" * 100)), (408,))
    yield Kind("a slow chunk size", slowly(post(CHUNKED, body=b"0" * 100)), (408,))
    yield Kind("slow trailers", slowly(post(CHUNKED, body=b"0\r\n" + b"X: a\r\n" * 20)), (408,))
    yield Kind("no body after being told to go on", _expecting(b""), (100, 408))
    yield Kind("a slow second request", slowly_after(sized(b"a=1"), begun), (200, 408))
    yield Kind("nothing after an answer", at_once(sized(b"a=1")), (200,))
    yield Kind("HTTP/0.9", at_once(b"GET /\r\n"), (408,))
    yield Kind("an answer that is not read", at_once(post(target="/big")), (), reads=False)
    yield Kind("answers that are not read", endlessly(b"", GET), (), reads=False)


def _ended() -> Iterator[Kind]:
    half = post("Content-Length: 100", body=b"a=1")
    yield Kind("the end of sending after a request", at_once(sized(b"a=1")), (200,), end="eof")
    yield Kind("the end after three requests", at_once(sized(b"a=1") * 3), (200,) * 3, end="eof")
    yield Kind("the end after 1,000 requests", at_once(GET * 1000), (200,) * 1000, end="eof")
    yield Kind("the end in a body", at_once(half), (400,), end="eof")
    yield Kind("the end in a head", at_once(b"POST / HT"), (400,), end="eof")
    yield Kind("the end in a chunk", at_once(post(CHUNKED, body=b"5\r\nab")), (400,), end="eof")
    yield Kind("the end before anything", at_once(b""), (), end="eof")
    yield Kind("a reset after a request", at_once(sized(b"a=1")), None, end="reset")
    yield Kind("a reset in a body", at_once(half), None, end="reset")
    yield Kind("a reset during the answer", at_once(post(target="/big")), None, end="reset")


def _in_a_row() -> Iterator[Kind]:
    many = 10_000
    good = sized(b"a=1")
    yield Kind("10,000 requests in a row", at_once(GET * (many - 1) + LAST), (200,) * many)
    yield Kind("garbage after a request", at_once(good + b"\xff\xff"), (200, 400))
    yield Kind(
        "two lengths after two requests",
        at_once(good * 2 + post("Content-Length: 1", "Content-Length: 1")),
        (200, 200, 400),
    )
    unannounced = GET + b"a=1&b=2\r\n\r\n"
    yield Kind("a body that nobody announced", at_once(unannounced), (200, 400))
    large = post("Content-Length: 999999999")
    yield Kind("a body that is too large after a request", at_once(good + large), (200, 413))
    yield Kind("a request after the last one", at_once(LAST + good), (200,))
    hidden = sized(b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n", CLOSE)
    yield Kind("a request in a body", at_once(hidden), (200,))


def _odd() -> Iterator[Kind]:
    """What looks odd, and is an honest request all the same."""
    chunks = b"1;a=b\r\na\r\n2\r\n=1\r\n0\r\nHost: evil\r\nX-Trailer: a\r\n\r\n"
    websocket = ("Upgrade: websocket", "Connection: Upgrade, close", "Sec-WebSocket-Version: 13")
    yield Kind("an absolute address", at_once(post(CLOSE, target="http://b/x")), (200,))
    star = b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    yield Kind("OPTIONS *", at_once(star), (200,))
    yield Kind("HTTP/1.0 without a host", at_once(b"GET / HTTP/1.0\r\n\r\n"), (200,))
    yield Kind("a web socket", at_once(post(*websocket, target="/ws")), (200,))
    h2c = ("Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings, close", "Content-Length: 3")
    yield Kind("the wish for HTTP/2", at_once(post(*h2c, body=b"a=1")), (200,))
    yield Kind("trailers", at_once(post(CHUNKED, CLOSE, body=chunks)), (200,))
    yield Kind("bytes that are no text", at_once(post("X: \xff\xfe", CLOSE)), (200,))
    yield Kind("an address in percents", at_once(post(CLOSE, target="/%ff%00%2e%2e")), (200,))
    yield Kind("empty lines before a request", at_once(b"\r\n" * 100 + LAST), (200,))
    yield Kind("being asked to go on", _expecting(b"a=1"), (100, 200))
    yield Kind("a request in single bytes", slowly(LAST, seconds=0.002), (200,))


def _expecting(body: bytes) -> Steps:
    async def steps() -> AsyncIterator[bytes]:
        yield post("Expect: 100-continue", "Content-Length: 3", CLOSE)
        await asyncio.sleep(0.2)
        yield body

    return steps


def slowly_after(first: bytes, rest: bytes) -> Steps:
    async def steps() -> AsyncIterator[bytes]:
        yield first
        async for byte in slowly(rest)():
            yield byte

    return steps


SLOW: Final = [*_slow()]
PROMPT: Final = [
    *(Kind(name, at_once(data), (400,)) for name, data in _malformed()),
    *_large(),
    *_ended(),
    *_in_a_row(),
    *_odd(),
]
KINDS: Final = [*SLOW, *PROMPT]


async def attack(port: int, kind: Kind) -> Seen:
    """One connection; returns once the server has closed it."""
    begun = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if not kind.reads:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
    sending = asyncio.create_task(_send(writer, kind))
    received = bytearray()
    try:
        if not kind.reads:
            await _until_reset(sending)
        with suppress(ConnectionError):
            while kind.reads and (data := await reader.read(65536)):
                received += data
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await sending
        writer.transport.abort()
    return Seen(statuses_in(received), time.monotonic() - begun, bytes(received))


async def _send(writer: asyncio.StreamWriter, kind: Kind) -> None:
    with suppress(ConnectionError):
        async for data in kind.steps():
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(0)
        if kind.end == "eof":
            writer.write_eof()
        elif kind.end == "reset":
            await asyncio.sleep(0.05)
            linger = struct.pack("ii", 1, 0)
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        elif not kind.reads:
            while True:  # nothing tells of the end of a connection that is neither read nor written
                writer.write(b"\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)


async def _until_reset(sending: asyncio.Task[None]) -> None:
    with suppress(ConnectionError):
        await sending


def statuses_in(received: bytes | bytearray) -> tuple[int, ...]:
    """The statuses of all answers, interim ones too."""
    return tuple(
        int(part[:3]) for part in bytes(received).split(b"HTTP/1.1 ")[1:] if part[:3].isdigit()
    )


async def _idle(port: int) -> None:
    """1,500 connections that say nothing."""
    await _many(port, 1500, b"")


async def _half_heads(port: int) -> None:
    """500 requests that never get beyond their head."""
    await _many(port, 500, b"POST / HTTP/1.1\r\nHost: a\r\nX: ")


async def _half_bodies(port: int) -> None:
    """200 bodies that stop just before their end: 50 MB, were they all kept."""
    await _many(port, 200, post(f"Content-Length: {256 * 1024}", body=b"a" * 255 * 1024))


async def _large_bodies(port: int) -> None:
    """20 bodies of 16 MiB."""
    kind = Kind("", at_once(sized(b"a" * 16 * MIB)), (413,))
    seen = await asyncio.gather(*(attack(port, kind) for _ in range(20)))
    assert [one.statuses for one in seen] == [(413,)] * 20


async def _uploads(port: int) -> None:
    """100 honest bodies of nearly the limit, more than are kept at once."""
    kind = Kind("", at_once(sized(b"a" * (BODY_LIMIT - 1), CLOSE)), (200,))
    seen = await asyncio.gather(*(attack(port, kind) for _ in range(100)))
    assert [one.statuses for one in seen] == [(200,)] * 100


async def _come_and_go(port: int) -> None:
    """1,000 connections that are closed or reset at once."""
    for number in range(1000):
        with socket.create_connection(("127.0.0.1", port)) as sock:
            if number % 2:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if number % 50 == 0:
            await asyncio.sleep(0.001)


async def _refused(port: int) -> None:
    """500 requests that are none, 50 at a time."""
    kind = Kind("", at_once(b"\xff"), (400,), end="eof")
    for _ in range(10):
        seen = await asyncio.gather(*(attack(port, kind) for _ in range(50)))
        assert {one.statuses for one in seen} == {(400,)}


async def _many(port: int, count: int, data: bytes) -> None:
    """Open connections, send the same over each, and wait until the server has closed them all."""
    opened = []
    for number in range(count):
        opened.append(await asyncio.open_connection("127.0.0.1", port))
        opened[-1][1].write(data)
        if number % 100 == 0:
            await asyncio.sleep(0.01)
    for reader, writer in opened:
        with suppress(ConnectionError):
            while await reader.read(65536):
                pass
        writer.transport.abort()


Crowd = Callable[[int], Awaitable[None]]
SLOW_CROWDS: Final[list[Crowd]] = [_idle, _half_heads, _half_bodies]
PROMPT_CROWDS: Final[list[Crowd]] = [_large_bodies, _uploads, _come_and_go, _refused]


def be_canary(port: int) -> None:
    """Post all the time, over one connection and over new ones, until the input ends."""
    request = sized(b"a=1" * 100)
    kept = socket.create_connection(("127.0.0.1", port))
    latencies, lost = [], 0
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0.005)[0]:
        for is_new in (False, True):
            begun = time.perf_counter()
            try:
                sock = socket.create_connection(("127.0.0.1", port), 15) if is_new else kept
                sock.settimeout(15)
                sock.sendall(request)
                answer = b""
                while not answer.endswith(b"}}"):
                    received = sock.recv(65536)
                    if not received:
                        raise ConnectionError("closed before the answer was complete")
                    answer += received
                if not answer.startswith(b"HTTP/1.1 200"):
                    lost += 1
                if is_new:
                    sock.close()
            except OSError:
                lost += 1
            latencies.append(time.perf_counter() - begun)
    verdict = {"median": statistics.median(latencies), "max": max(latencies)}
    print(json.dumps({"count": len(latencies), "lost": lost, **verdict}), flush=True)


if __name__ == "__main__":
    be_canary(int(sys.argv[1]))
