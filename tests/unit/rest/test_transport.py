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
from importlib.metadata import version

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from bitrix_events.errors import TransportError
from bitrix_events.rest.options import Timeouts
from bitrix_events.rest.transport import Answer, Transport
from tests.ports import free_port
from tests.serving import PATIENCE, a_moment

MIB = 1024 * 1024
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Peer:
    """A server on a raw socket: it reads a request and then does what the test says.

    It hangs up after one request, or keeps the connection until the client hangs up. A raw one
    leaves even the reading to the test.
    """

    def __init__(self, behaviour: Behaviour, *, keep: bool = False, raw: bool = False) -> None:
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.url = ""
        self.connections = 0
        self._behaviour = behaviour
        self._keep = keep
        self._raw = raw
        self._open: dict[asyncio.StreamWriter, asyncio.Event] = {}

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[Peer]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        async with server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            try:
                yield self
            finally:
                for writer, closed in list(self._open.items()):
                    writer.transport.abort()
                    await closed.wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        closed = self._open[writer] = asyncio.Event()
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._serve_one(reader, writer)
            while self._keep:
                await self._serve_one(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        del self._open[writer]
        closed.set()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._raw:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.split(b"\r\n")[1:-2]
            fields = dict(line.lower().split(b": ", 1) for line in lines)
            self.heads.append(head)
            self.bodies.append(await reader.readexactly(int(fields[b"content-length"])))
        await self._behaviour(reader, writer)


def says(answer: bytes, *, keep: bool = False) -> Peer:
    """A peer that sends these bytes and hangs up, unless it shall keep the connection."""

    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return Peer(behave, keep=keep)


def silent() -> Peer:
    """A peer that never answers."""

    async def behave(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    return Peer(behave)


def reset(writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 (the condition is no event)
            await asyncio.sleep(0.01)


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = Transport()
    yield transport
    await transport.close()


async def failure_of(transport: Transport, peer: Peer) -> TransportError:
    async with peer.serve():
        with pytest.raises(TransportError) as caught:
            await transport.post_json(peer.url, b"{}")
    return caught.value


async def test_an_answer_is_returned_whatever_its_status(transport: Transport) -> None:
    async with says(http(b'{"error":"x"}', status="403 Forbidden")).serve() as peer:
        answer = await transport.post_json(peer.url, b"{}")

    assert (answer.status, answer.body, answer.location) == (403, b'{"error":"x"}', "")


async def test_an_html_page_is_an_answer_too(transport: Transport) -> None:
    page = http(b"<html>Bad Gateway</html>", "Content-Type: text/html", status="502 Bad Gateway")
    async with says(page).serve() as peer:
        answer = await transport.post_json(peer.url, b"{}")

    assert (answer.status, answer.body) == (502, b"<html>Bad Gateway</html>")


async def test_an_answer_without_a_body_is_empty(transport: Transport) -> None:
    async with says(http(b"")).serve() as peer:
        answer = await transport.post_json(peer.url, b"{}")

    assert (answer.status, answer.body) == (200, b"")


async def test_json_is_posted_with_its_length_and_type(transport: Transport) -> None:
    async with says(http(b"{}")).serve() as peer:
        await transport.post_json(peer.url + "crm.deal.get?%41=b%2Fc", b'{"id":7}')

    (head,), (body,) = peer.heads, peer.bodies
    host = peer.url.removeprefix("http://").rstrip("/")
    assert head.startswith(b"POST /crm.deal.get?")
    assert b"%2Fc HTTP/1.1\r\n" in head
    fields = sorted(head.decode().lower().split("\r\n")[1:-2])
    assert fields == [
        "accept-encoding: gzip",
        "accept: application/json",
        "content-length: 8",
        "content-type: application/json",
        f"host: {host}",
        f"user-agent: bitrix-events/{version('bitrix-events')}",
    ]
    assert body == b'{"id":7}'


async def test_further_headers_are_sent_and_replace_ours(transport: Transport) -> None:
    async with says(http(b"{}")).serve() as peer:
        await transport.post_json(
            peer.url, b"{}", headers={"Authorization": "Bearer x", "accept": "text/plain"}
        )

    head = peer.heads[0].lower()
    assert b"\r\nauthorization: bearer x\r\n" in head
    assert head.count(b"\r\naccept:") == 1
    assert b"\r\naccept: text/plain\r\n" in head


async def test_a_body_of_many_mib_arrives_whole(transport: Transport) -> None:
    body = bytes(range(256)) * 4 * 1024 * 5
    async with says(http(b"{}")).serve() as peer:
        await transport.post(peer.url, body, "application/octet-stream")

    assert peer.bodies == [body]


async def test_an_empty_body_is_posted_as_one(transport: Transport) -> None:
    async with says(http(b"{}")).serve() as peer:
        answer = await transport.post(peer.url, b"", "application/json")

    assert (answer.body, peer.bodies) == (b"{}", [b""])


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


async def test_a_reset_before_the_answer_may_have_been_sent(transport: Transport) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reset(writer)

    error = await failure_of(transport, Peer(hang_up))

    assert error.sent is True


async def test_a_refused_connection_means_that_nothing_ran(transport: Transport) -> None:
    with pytest.raises(TransportError, match="no connection") as caught:
        await transport.post_json(f"http://127.0.0.1:{free_port()}/", b"{}")

    assert caught.value.sent is False


async def test_a_peer_without_tls_means_that_nothing_ran(transport: Transport) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with Peer(hang_up, raw=True).serve() as peer:
        with pytest.raises(TransportError, match="no connection") as caught:
            await transport.post_json(peer.url.replace("http:", "https:"), b"{}")

    assert caught.value.sent is False


@pytest.mark.parametrize(
    "url",
    [
        "ftp://acme.test/",
        "//acme.test/",
        "http://[::1/",
        "",
        "http://",
        "http://acme..test/",
        f"http://{'a' * 64}.test/",
        "http://xn--/",
        "http://acme.test:99999/",
        "http://127.1/",
        "http://acme.test/\r\nX-Evil: 1",
        "http://acme.test\n/",
    ],
)
async def test_an_address_that_cannot_be_called_means_that_nothing_ran(
    transport: Transport, url: str
) -> None:
    with pytest.raises(TransportError) as caught:
        await transport.post_json(url, b"{}")

    assert caught.value.sent is False


async def test_a_tls_handshake_that_never_ends_means_that_nothing_ran(
    transport: Transport,
) -> None:
    async def stare(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with Peer(stare, raw=True).serve() as peer:
        url = peer.url.replace("http:", "https:")
        with pytest.raises(TransportError, match="no connection in time") as caught:
            await transport.post_json(url, b"{}", timeouts=Timeouts(connect=0.2))

    assert peer.connections == 1
    assert caught.value.sent is False


async def test_a_connection_that_is_not_accepted_means_that_nothing_ran(
    transport: Transport,
) -> None:
    with contextlib.ExitStack() as exits:
        listener = exits.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # fill the queue of the listener
            waiting = exits.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        with pytest.raises(TransportError, match="no connection in time") as caught:
            await transport.post_json(
                f"http://127.0.0.1:{listener.getsockname()[1]}/",
                b"{}",
                timeouts=Timeouts(connect=0.3),
            )

    assert caught.value.sent is False


async def test_an_unknown_name_means_that_nothing_ran(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    with pytest.raises(TransportError, match="name cannot be resolved") as caught:
        await transport.post_json("http://nobody.test/", b"{}")

    assert caught.value.sent is False


async def test_a_slow_look_up_of_the_name_counts_as_connecting(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: object, **__: object) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", slow)
    with pytest.raises(TransportError, match="no connection in time") as caught:
        await transport.post_json("http://slow.test/", b"{}", timeouts=Timeouts(connect=0.1))

    assert caught.value.sent is False


async def test_closing_during_a_look_up_cancels_nobody(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_looking = asyncio.Event()

    async def slow(*_: object, **__: object) -> None:
        is_looking.set()
        await asyncio.sleep(3600)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", slow)
    post = asyncio.create_task(transport.post_json("http://slow.test/", b"{}"))
    await until(is_looking.is_set)
    await transport.close()

    with pytest.raises(TransportError) as caught:
        await post
    assert caught.value.sent is False


async def test_a_cancelled_post_is_cancelled(transport: Transport) -> None:
    async with silent().serve() as peer:
        post = asyncio.create_task(transport.post_json(peer.url, b"{}"))
        await until(lambda: bool(peer.bodies))
        post.cancel()
        with pytest.raises(asyncio.CancelledError):
            await post


async def test_a_reset_amid_the_answer_may_mean_that_it_ran(transport: Transport) -> None:
    async def begin(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"result":')
        await writer.drain()
        await asyncio.sleep(0.05)
        reset(writer)

    error = await failure_of(transport, Peer(begin))

    assert error.sent is True


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"\x00" * 4096,
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
)
async def test_a_malformed_answer_may_mean_that_it_ran(transport: Transport, answer: bytes) -> None:
    error = await failure_of(transport, says(answer))

    assert (error.sent, error.too_large) == (True, False)


async def test_silence_ends_with_the_read_timeout(transport: Transport) -> None:
    async with silent().serve() as peer:
        with pytest.raises(TransportError, match="no answer in time") as caught:
            await transport.post_json(peer.url, b"{}", timeouts=Timeouts(read=0.1))

    assert caught.value.sent is True


async def test_a_pause_amid_the_answer_ends_with_the_read_timeout(transport: Transport) -> None:
    async def pause(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
        await reader.read()

    async with Peer(pause).serve() as peer:
        with pytest.raises(TransportError, match="no answer in time") as caught:
            await transport.post_json(peer.url, b"{}", timeouts=Timeouts(read=0.1))

    assert caught.value.sent is True


async def test_an_answer_that_drips_ends_with_the_total_timeout(transport: Transport) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with Peer(drip).serve() as peer:
        with pytest.raises(TransportError, match="no answer in time") as caught:
            await transport.post_json(peer.url, b"{}", timeouts=Timeouts(read=10, total=0.3))

    assert caught.value.sent is True


# The connections.


async def test_a_connection_is_used_again(transport: Transport) -> None:
    async with says(http(b"{}"), keep=True).serve() as peer:
        for _ in range(40):
            await transport.post_json(peer.url, b"{}")

        assert (len(peer.bodies), peer.connections) == (40, 1)


async def test_parallel_posts_share_as_many_connections_as_they_are(transport: Transport) -> None:
    async with says(http(b"{}"), keep=True).serve() as peer:
        for _ in range(5):
            await asyncio.gather(*(transport.post_json(peer.url, b"{}") for _ in range(8)))

        assert (len(peer.bodies), peer.connections) == (40, 8)


@pytest.mark.parametrize("answers", [1, 3])
async def test_a_connection_that_the_server_closed_is_replaced(
    transport: Transport, answers: int
) -> None:
    async with says(http(b"{}")).serve() as peer:  # hangs up without having said so
        for _ in range(answers):
            assert (await transport.post_json(peer.url, b"{}")).status == 200
            await a_moment()

        assert peer.connections == answers


async def test_what_comes_unasked_is_no_answer_to_the_next_post(transport: Transport) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http(b"mine"))
        await asyncio.sleep(0.05)
        writer.write(http(b"late", status="408 Request Timeout"))
        said.append("late")

    said: list[str] = []
    async with Peer(talk, keep=True).serve() as peer:
        for _ in range(3):
            assert (await transport.post_json(peer.url, b"{}")).body == b"mine"
            await until(lambda: len(said) == len(peer.bodies))
            await a_moment()

        assert peer.connections == 3


async def test_after_an_answer_that_was_not_read_comes_a_new_connection(
    transport: Transport,
) -> None:
    answers = [http(b"x", "Content-Encoding: br"), http(b"{}")]

    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))

    async with Peer(behave, keep=True).serve() as peer:
        with pytest.raises(TransportError):
            await transport.post_json(peer.url, b"{}")
        assert (await transport.post_json(peer.url, b"{}")).body == b"{}"


async def test_an_answer_amid_the_upload_spoils_no_further_post(transport: Transport) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http(b"no", status="413 Too Large"))
        await asyncio.sleep(0.1)

    async with Peer(refuse, raw=True).serve() as peer:
        for _ in range(2):
            with contextlib.suppress(TransportError):  # or the reset was faster
                answer = await transport.post(peer.url, bytes(8 * MIB), "text/plain")
                assert (answer.status, answer.body) == (413, b"no")

        assert peer.connections == 2


async def test_waiting_for_a_connection_in_vain_means_that_nothing_ran(
    transport: Transport,
) -> None:
    async with silent().serve() as peer:
        posts = [asyncio.create_task(transport.post_json(peer.url, b"{}")) for _ in range(200)]
        await until(lambda: len(peer.bodies) == 200)
        with pytest.raises(TransportError, match="no connection became free") as caught:
            await transport.post_json(peer.url, b"{}", timeouts=Timeouts(pool=0.1))
        for post in posts:
            post.cancel()
        await asyncio.gather(*posts, return_exceptions=True)
        assert caught.value.sent is False

        with pytest.raises(TransportError, match="no answer in time"):  # they are free again
            await transport.post_json(peer.url, b"{}", timeouts=Timeouts(pool=0.1, read=0.1))


async def test_a_failure_gives_its_connection_back(transport: Transport) -> None:
    async with says(b"").serve() as peer:
        for _ in range(210):
            with pytest.raises(TransportError, match="connection failed"):
                await transport.post_json(peer.url, b"{}", timeouts=Timeouts(pool=0.1))


async def test_a_closed_transport_says_so() -> None:
    transport = Transport()
    await transport.close()
    await transport.close()

    with pytest.raises(RuntimeError, match="closed"):
        await transport.post_json("http://acme.test/", b"{}")


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
    assert (error.sent, error.too_large) == (True, True)
    assert written < 64 * MIB


async def test_an_endless_answer_is_cut(transport: Transport) -> None:
    async def never_end(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"100000\r\n" + bytes(MIB) + b"\r\n")
            await writer.drain()

    error = await failure_of(transport, Peer(never_end))

    assert "16 MiB" in str(error)
    assert (error.sent, error.too_large) == (True, True)


async def test_an_answer_of_just_16_mib_is_taken(transport: Transport) -> None:
    async with says(http(bytes(16 * MIB))).serve() as peer:
        answer = await transport.post_json(peer.url, b"{}")

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
    assert (error.sent, error.too_large) == (True, True)


@pytest.mark.parametrize("name", ["gzip", "GZIP", "x-gzip"])
async def test_a_compressed_answer_is_unpacked(transport: Transport, name: str) -> None:
    packed = http(gzip.compress(b'{"result":1}' * 1000), f"Content-Encoding: {name}")
    async with says(packed).serve() as peer:
        answer = await transport.post_json(peer.url, b"{}")

    assert answer.body == b'{"result":1}' * 1000


async def test_an_empty_answer_may_be_called_compressed(transport: Transport) -> None:
    async with says(http(b"", "Content-Encoding: gzip")).serve() as peer:
        answer = await transport.post_json(peer.url, b"{}")

    assert answer.body == b""


@pytest.mark.parametrize("kept", [5, 10, 15, -8, -1])
async def test_a_compressed_answer_without_its_end_is_no_answer(
    transport: Transport, kept: int
) -> None:
    packed = gzip.compress(b'{"result":1}')[:kept]

    error = await failure_of(transport, says(http(packed, "Content-Encoding: gzip")))

    assert (error.sent, error.too_large) == (True, False)


async def test_what_follows_a_compressed_answer_is_not_gathered(transport: Transport) -> None:
    async def go_on(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}"))
        while True:
            writer.write(bytes(MIB))
            await writer.drain()

    error = await failure_of(transport, Peer(go_on))

    assert error.sent is True


@pytest.mark.parametrize("name", ["br", "deflate", "zstd", "gzip, gzip", "x" * 500])
async def test_a_packing_that_was_not_asked_for_is_no_answer(
    transport: Transport, name: str
) -> None:
    error = await failure_of(transport, says(http(b"{}", f"Content-Encoding: {name}")))

    assert error.sent is True
    assert len(str(error)) < 100


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
        answer = await transport.post_json(peer.url, b'{"auth":"secret"}')

    assert answer.status == int(status[:3])
    assert answer.location == "https://new.test/rest/x"
    assert len(peer.bodies) == 1


async def test_a_relative_redirect_is_made_absolute(transport: Transport) -> None:
    async with says(http(b"", "Location: /other/", status="302 Found")).serve() as peer:
        answer = await transport.post_json(peer.url + "rest/", b"{}")

    assert answer.location == peer.url + "other/"


async def test_a_redirect_to_nowhere_has_no_location(transport: Transport) -> None:
    async with says(http(b"", status="302 Found")).serve() as peer:
        answer = await transport.post_json(peer.url, b"{}")

    assert (answer.status, answer.location) == (302, "")


@pytest.mark.parametrize("target", ["https://a:b:c/", "http://[::1/", "https://a.test:x/"])
async def test_a_redirect_to_nonsense_is_no_answer(transport: Transport, target: str) -> None:
    error = await failure_of(transport, says(http(b"", f"Location: {target}", status="302 Found")))

    assert error.sent is True


async def test_only_a_redirect_has_a_location(transport: Transport) -> None:
    async with says(http(b"", "Location: /other/", status="201 Created")).serve() as peer:
        answer = await transport.post_json(peer.url, b"{}")

    assert (answer.status, answer.location) == (201, "")


# Headers.


async def test_headers_of_the_answer_have_lower_case_names(transport: Transport) -> None:
    async with says(http(b"{}", "Retry-After: 7", "X-A: 1", "x-a: 2")).serve() as peer:
        answer = await transport.post_json(peer.url, b"{}")

    assert answer.headers["retry-after"] == "7"
    assert answer.headers["x-a"] == "1, 2"
    assert list(answer.headers) == ["content-length", "retry-after", "x-a"]
    assert "Retry" not in repr(answer)
    assert Answer(200, b"").headers == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nX-Evil: 1"),
        ("X-A", "a\n"),
        ("X-A", "\0"),
        ("X-A", "Имя"),
        ("X-A\r\nX-Evil", "1"),
        ("X A", "a"),
        ("X-A:", "a"),
        ("", "a"),
    ],
)
async def test_a_header_that_is_none_is_refused(
    transport: Transport, name: str, value: str
) -> None:
    async with says(http(b"{}")).serve() as peer:
        with pytest.raises(TransportError, match="header is malformed") as caught:
            await transport.post_json(peer.url, b"{}", headers={name: value})
        with pytest.raises(TransportError, match="header is malformed"):
            await transport.post(peer.url, b"{}", "text/plain\r\nX-Evil: 1")

    assert caught.value.sent is False
    assert peer.heads == []


async def test_a_cookie_is_not_sent_back(transport: Transport) -> None:
    async with says(http(b"{}", "Set-Cookie: a=b; Path=/"), keep=True).serve() as peer:
        for _ in range(2):
            await transport.post_json(peer.url, b"{}")

    assert b"cookie" not in b"".join(peer.heads).lower()


# Other transports.


async def test_an_app_is_reached_in_process() -> None:
    seen: list[tuple[str, bytes, dict[bytes, bytes]]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["path"], (await receive())["body"], dict(scope["headers"])))
        head = [(b"location", b"/b")]
        await send({"type": "http.response.start", "status": 302, "headers": head})
        await send({"type": "http.response.body", "body": b"{}"})

    transport = Transport(httpx.ASGITransport(app))
    answer = await transport.post_json("https://acme.test/a", b"[1]")
    await transport.close()

    ((path, body, headers),) = seen
    assert (answer.status, answer.body) == (302, b"{}")
    assert answer.location == "https://acme.test/b"
    assert (path, body) == ("/a", b"[1]")
    assert headers[b"host"] == b"acme.test"
    assert headers[b"content-length"] == b"3"
    assert headers[b"content-type"] == b"application/json"


async def test_a_foreign_transport_is_told_the_timeouts() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.extensions["timeout"] == {"connect": 1, "read": 2, "write": 2, "pool": 3}
        return httpx.Response(200, content=request.content)

    transport = Transport(httpx.MockTransport(answer))
    timeouts = Timeouts(connect=1, read=2, pool=3)

    assert (await transport.post_json("http://a.test/", b"7", timeouts=timeouts)).body == b"7"


async def test_the_answer_of_a_foreign_transport_is_bounded_too() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield bytes(MIB)

    for content in (pieces(), bytes(16 * MIB + 1)):
        foreign = httpx.MockTransport(
            lambda _, content=content: httpx.Response(200, content=content)
        )
        with pytest.raises(TransportError, match="16 MiB") as caught:
            await Transport(foreign).post_json("http://a.test/", b"{}")
        assert caught.value.too_large is True


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (httpx.ConnectError, False),
        (httpx.ConnectTimeout, False),
        (httpx.PoolTimeout, False),
        (httpx.UnsupportedProtocol, False),
        (httpx.ReadError, True),
        (httpx.WriteError, True),
        (httpx.ReadTimeout, True),
        (httpx.WriteTimeout, True),
        (httpx.RemoteProtocolError, True),
        (httpx.DecodingError, True),
    ],
)
async def test_an_error_of_a_foreign_transport_says_whether_it_was_sent(
    kind: type[httpx.RequestError], sent: bool
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise kind(f"failed: {request.url}")

    code = "webhook" + "-code"  # no literal: tracebacks quote this file
    with pytest.raises(TransportError) as caught:
        await Transport(httpx.MockTransport(fail)).post_json(f"http://a.test/{code}", b"{}")

    assert caught.value.sent is sent
    assert code not in "".join(traceback.format_exception(caught.value))


# Secrets and surroundings.


async def test_no_part_of_the_address_is_in_an_error(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    peers = [
        says(b""),
        says(b"nonsense\r\n\r\n"),
        says(http(b"not gzip", "Content-Encoding: gzip")),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
        says(http(b"", "Location: https://a:b:c/", status="302 Found")),
    ]
    code, token = "webhook" + "-code", "token" + "-1"  # no literals: tracebacks quote this file
    errors = []
    for peer in peers:
        async with peer.serve():
            with pytest.raises(TransportError) as caught:
                await transport.post_json(f"{peer.url}rest/1/{code}/", token.encode())
            errors.append(caught.value)
    for origin in ("http://127.0.0.1:1", "http://127.0.0.1:99999", "ftp://127.0.0.1", "http://a b"):
        with pytest.raises(TransportError) as caught:
            await transport.post_json(f"{origin}/rest/1/{code}/\n", token.encode())
        errors.append(caught.value)
    with pytest.raises(TransportError) as caught:
        await transport.post_json(f"http://127.0.0.1:1/rest/1/{code}/", token.encode())
    errors.append(caught.value)

    assert all(error.__suppress_context__ or not error.__context__ for error in errors)
    shown = [
        text
        for error in errors
        for text in (str(error), repr(error), "".join(traceback.format_exception(error)))
    ]
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
        await fresh.post_json(peer.url, b'{"auth":"token-1"}')
        await fresh.close()

    assert (len(peer.bodies), len(proxy.bodies)) == (1, 0)


async def test_the_body_of_an_answer_is_not_in_its_repr(transport: Transport) -> None:
    async with says(http(b'{"access_token":"token-1"}')).serve() as peer:
        answer = await transport.post_json(peer.url, b"{}")

    assert "token-1" not in repr(answer)
