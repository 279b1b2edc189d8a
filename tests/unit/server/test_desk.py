"""A plain event is answered past the app, and nobody can tell but by the time that it takes."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest

from bitrix_events.engine.inbox import Inbox
from bitrix_events.errors import StoreError
from bitrix_events.server.desk import Answer, Desk
from bitrix_events.server.limits import Limits
from bitrix_events.server.server import Server
from bitrix_events.server.sockets import listen
from bitrix_events.store.records import Admission, Installation, Query, Stored
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.web.receive import Receiver
from bitrix_events.wire.envelope import Envelope
from bitrix_events.wire.form import encode_form
from tests.serving import PATIENCE, eventually
from tests.unit.engine.parts import INSTALLATION, app_of

FORM: Final = "Content-Type: application/x-www-form-urlencoded"
CLOSE: Final = "Connection: close"
USUAL: Final = Limits()
ONE_ROOM: Final = Limits(connections=1)


def request(
    body: bytes = b"plain", *fields: str, line: str = "POST /events HTTP/1.1", length: bool = True
) -> bytes:
    head = [line, "Host: a", *fields, *([f"Content-Length: {len(body)}"] if length else [])]
    return "\r\n".join([*head, "", ""]).encode() + body


def event(code: str = "ONCRMDEALADD", *, record: int = 7, more: str = "", **auth: str) -> bytes:
    sender = {"member_id": "acme", "application_token": "application-token", **auth}
    data = {"FIELDS": {"ID": record}, "MORE": more}
    return encode_form({"event": code, "data": data, "ts": 1790000000, "auth": sender})


# Servers and clients.


@asynccontextmanager
async def serving(
    app: Any, desk: Desk | None, limits: Limits = USUAL
) -> AsyncIterator[tuple[Server, int]]:
    """A server on a port of its own."""
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server = Server(app, listening, limits, desk=desk)
    is_up = asyncio.Event()
    running = asyncio.create_task(server.serve(is_up.set))
    await is_up.wait()
    try:
        yield server, port
    finally:
        server.stop(force=True)
        async with asyncio.timeout(PATIENCE):
            await running


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, port: int, data: bytes = b"") -> Client:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        client.writer.write(data)
        return client

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def next(self) -> tuple[bytes, bytes]:
        """Head and body of the next answer."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            return head, await self.reader.readexactly(length)

    async def answer(self) -> tuple[int, bytes, str]:
        """Status and body of the next answer, and whether the connection is kept after it."""
        head, body = await self.next()
        return int(head.split()[1]), body, "close" if b"connection: close" in head else "keep"

    async def answers(self, count: int) -> list[tuple[int, bytes]]:
        return [(await self.answer())[:2] for _ in range(count)]

    async def rest(self) -> bytes:
        """Everything until the server closes."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def vanish(self) -> None:
        """Reset the connection."""
        linger = struct.pack("ii", 1, 0)
        found: socket.socket = self.writer.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        await self.close()


@pytest.fixture
async def opened() -> AsyncIterator[Callable[..., Awaitable[Client]]]:
    clients = []

    async def open_one(port: int, data: bytes = b"") -> Client:
        clients.append(await Client.to(port, data))
        return clients[-1]

    yield open_one
    for client in clients:
        await client.close()


Open = Callable[..., Awaitable[Client]]


class Clerk:
    """Takes bodies that begin with ``plain``, and answers with them: at once, or when told to."""

    def __init__(self, *, holds: bool = False) -> None:
        self.taken: list[bytes] = []
        self.held: deque[tuple[Answer, bytes]] = deque()
        self._holds = holds

    @property
    def desk(self) -> Desk:
        return Desk(b"/events", self.take)

    def take(self, content_type: bytes, body: bytes, answer: Answer) -> bool:
        if not body.startswith(b"plain"):
            return False
        self.taken.append(body)
        if self._holds:
            self.held.append((answer, body))
        else:
            asyncio.get_running_loop().call_soon(answer, b"desk " + body)
        return True

    def release(self, *, to_app: bool = False) -> None:
        """Answer the oldest request that is held."""
        answer, body = self.held.popleft()
        answer(None if to_app else b"desk " + body)

    async def has(self, count: int) -> None:
        await eventually(lambda: len(self.held) == count)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """The app: answers with the path and the body."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        more = message["more_body"]
    said = b"app " + scope["method"].encode() + b" " + scope["path"].encode() + b" " + body
    length = [(b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": said})


# The same as without a desk.

PLAIN: Final = {
    "an event": [request(event(), FORM, CLOSE)],
    "one after the other": [request(event(), FORM), request(event(record=8), FORM, CLOSE)],
    "an event of a code that nobody handles": [request(event("ONCUSTOM"), FORM, CLOSE)],
    "a repeat": [request(event(record=9), FORM), request(event(record=9), FORM, CLOSE)],
}
NOT_PLAIN: Final = {
    "a wrong token": request(event(application_token="wrong"), FORM, CLOSE),
    "another portal": request(event(member_id="globex"), FORM, CLOSE),
    "a malformed form": request(b"event=X&data[x=1", FORM, CLOSE),
    "no event": request(b"a=1&auth%5Bapplication_token%5D=application-token", FORM, CLOSE),
    "an unknown content type": request(event(), "Content-Type: text/plain", CLOSE),
    "a content type with a charset": request(event(), f"{FORM}; charset=utf-8", CLOSE),
    "a content type in capitals": request(event(), FORM.upper(), CLOSE),
    "two content types": request(event(), FORM, "Content-Type: text/plain", CLOSE),
    "no content type": request(event(), CLOSE),
    "GET": request(b"", CLOSE, line="GET /events HTTP/1.1", length=False),
    "GET with a body": request(event(), FORM, CLOSE, line="GET /events HTTP/1.1"),
    "PUT": request(event(), FORM, CLOSE, line="PUT /events HTTP/1.1"),
    "a query string": request(event(), FORM, CLOSE, line="POST /events?a=1 HTTP/1.1"),
    "an empty query string": request(event(), FORM, CLOSE, line="POST /events? HTTP/1.1"),
    "a fragment": request(event(), FORM, CLOSE, line="POST /events#a HTTP/1.1"),
    "a slash behind": request(event(), FORM, CLOSE, line="POST /events/ HTTP/1.1"),
    "another path": request(event(), FORM, CLOSE, line="POST /event HTTP/1.1"),
    "an escaped path": request(event(), FORM, CLOSE, line="POST /%65vents HTTP/1.1"),
    "a whole address": request(event(), FORM, CLOSE, line="POST http://a/events HTTP/1.1"),
    "HTTP/1.0": request(event(), FORM, line="POST /events HTTP/1.0"),
    "HTTP/1.0 that is kept": request(
        event(), FORM, "Connection: keep-alive", line="POST /events HTTP/1.0"
    ),
    "an empty body": request(b"", FORM, CLOSE),
    "chunks": request(
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(event()), event()),
        *(FORM, CLOSE, "Transfer-Encoding: chunked"),
        length=False,
    ),
    "a client that waits to be asked": request(event(), FORM, CLOSE, "Expect: 100-continue"),
    "more than 8 KiB": request(event(more="x" * 8192), FORM, CLOSE),
    "two hosts": request(event(), FORM, CLOSE, "Host: b"),
    "too large": request(event(more="x" * 300_000), FORM, CLOSE),
}


async def replies(folder: Path, sent: Sequence[bytes], *, has_desk: bool) -> tuple[bytes, int, int]:
    """What comes back over one connection to an app that knows its portal, how many requests
    reached the app, and how many deliveries there are in the end."""
    app = app_of(store=f"sqlite:///{folder}/app.db")

    @app.on("ONCRMDEALADD", name="handler")
    async def handler() -> None: ...

    asked = []

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope)
        await app(scope, receive, send)

    desk = Desk(b"/events", app.take_event) if has_desk else None
    async with app.lifespan(), serving(counted, desk) as (_, port):
        known = await Client.to(port)
        for number in (100, 101):  # after which the app knows its portal
            known.send(request(event(record=number), FORM))
            assert (await known.answer())[0] == 200
        await known.close()
        asked.clear()
        client, back = await Client.to(port), b""
        for one in sent[:-1]:
            client.send(one)
            back += b"".join(await client.next())
        client.send(sent[-1])
        back += await client.rest()
        await client.close()
        store = SqliteStore(folder / "app.db", mode="look")
        await store.open()
        stored = len(await store.find(Query(), limit=100))
        await store.close()
    return _comparable(back), len(asked), stored


def _comparable(back: bytes) -> bytes:
    """Answers without the moment at which they were given, and with their headers in order."""
    back = re.sub(rb"(?<=date: )[^\r]+", b"now", back)
    parts = back.split(b"\r\n\r\n")
    return b"\n\n".join(b"\n".join(sorted(part.split(b"\r\n"))) for part in parts)


@pytest.mark.parametrize("sent", PLAIN.values(), ids=PLAIN)
async def test_a_plain_event_is_answered_as_by_the_app(sent: list[bytes], tmp_path: Path) -> None:
    at_desk, asked, stored = await replies(tmp_path / "desk", sent, has_desk=True)
    by_app, asked_without, stored_without = await replies(tmp_path / "app", sent, has_desk=False)

    assert at_desk == by_app
    assert at_desk.count(b'"status":"stored"') == len(sent)
    assert (asked, asked_without) == (0, len(sent))
    assert stored == stored_without == 2 + len(sent)


@pytest.mark.parametrize("sent", NOT_PLAIN.values(), ids=NOT_PLAIN)
async def test_what_is_not_plain_is_answered_by_the_app(sent: bytes, tmp_path: Path) -> None:
    at_desk = await replies(tmp_path / "desk", [sent], has_desk=True)
    by_app = await replies(tmp_path / "app", [sent], has_desk=False)

    assert at_desk == by_app
    assert at_desk[0] != b""


# The store fails.


class Portals:
    """Trusts everybody."""

    def recognise(self, envelope: Envelope) -> Installation | None:
        return INSTALLATION

    async def admit(self, envelope: Envelope) -> Admission:
        return Admission(INSTALLATION)

    async def stored(self, admission: Admission) -> None: ...


class Failing(SqliteStore):
    """A store that fails for those who do not await, and for the others if told so."""

    error: Exception = StoreError("the disk is full")
    is_late = True
    is_broken = False

    def put_soon(self, delivery: Any, targets: Any, done: Any) -> None:
        if not self.is_late:
            raise self.error
        asyncio.get_running_loop().call_soon(done, self.error)

    async def put(self, *arguments: Any, **named: Any) -> Stored:
        if self.is_broken:
            raise self.error
        return await super().put(*arguments, **named)


@pytest.fixture
async def failing(tmp_path: Path) -> AsyncIterator[Failing]:
    store = Failing(tmp_path / "app.db")
    await store.open()
    yield store
    await store.close()


def receiver_of(store: SqliteStore, wake: Callable[[], None] = lambda: None) -> Receiver:
    app = app_of()

    @app.on("ONCRMDEALADD", name="handler")
    async def handler() -> None: ...

    return Receiver(Inbox(store, app.handlers, wake), Portals(), body_limit=256 * 1024)


async def stored_in(store: SqliteStore) -> int:
    return len(await store.find(Query(), limit=100))


@pytest.mark.parametrize("is_late", [True, False])
@pytest.mark.parametrize("error", [StoreError("the disk is full"), RuntimeError("a mistake")])
async def test_what_could_not_be_stored_is_stored_once_by_the_app(
    error: Exception, is_late: bool, failing: Failing
) -> None:
    failing.error, failing.is_late = error, is_late
    receiver = receiver_of(failing)
    async with serving(receiver, Desk(b"/events", receiver.take)) as (_, port):
        client = await Client.to(port, request(event(), FORM) + request(event(record=8), FORM))
        answers = await client.answers(2)
        await client.close()

    assert [status for status, _ in answers] == [200, 200]
    assert await stored_in(failing) == 2


@pytest.mark.parametrize("is_late", [True, False])
async def test_what_cannot_be_stored_at_all_is_answered_with_503(
    is_late: bool, failing: Failing, opened: Open
) -> None:
    failing.is_late, failing.is_broken = is_late, True
    receiver = receiver_of(failing)
    async with serving(receiver, Desk(b"/events", receiver.take)) as (_, port):
        client = await opened(port, request(event(), FORM))
        refused = await client.answer()
        failing.is_broken = False
        client.send(request(event(), FORM))
        again = await client.answer()

    assert (refused[0], refused[2]) == (503, "keep")
    assert b"store_unavailable" in refused[1]
    assert again[0] == 200
    assert await stored_in(failing) == 1


async def test_what_is_stored_is_answered_whatever_happens_next(
    tmp_path: Path, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    def wake() -> None:
        raise RuntimeError("a mistake")

    store = SqliteStore(tmp_path / "app.db")
    await store.open()
    receiver = receiver_of(store, wake)
    async with serving(receiver, Desk(b"/events", receiver.take)) as (_, port):
        client = await opened(port, request(event(), FORM))
        answer = await client.answer()

    assert answer[0] == 200
    assert await stored_in(store) == 1
    assert "a mistake" in caplog.text
    await store.close()


async def test_a_mistake_at_the_desk_is_no_fault_of_the_client(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    def take(content_type: bytes, body: bytes, answer: Answer) -> bool:
        raise RuntimeError("a mistake")

    async with serving(echo, Desk(b"/events", take)) as (_, port):
        client = await opened(port, request(b"1") + request(b"2"))
        answers = await client.answers(2)

    assert answers == [(200, b"app POST /events 1"), (200, b"app POST /events 2")]
    assert "a mistake" in caplog.text


# Many requests over one connection.

GET: Final = request(b"", line="GET /x HTTP/1.1", length=False)
CHUNKED: Final = request(b"5\r\nplain\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=False)
MIXED: Final = (
    (request(b"plain 0"), b" plain 0"),
    (request(b"plain 1"), b" plain 1"),
    (GET, b"app GET /x "),
    (request(b"plain 2"), b" plain 2"),
    (request(b"not plain"), b"app POST /events not plain"),
    (request(b"plain 3"), b" plain 3"),
    (CHUNKED, b"app POST /events plain"),
    (request(b"plain 4"), b" plain 4"),
    (request(b"", line="POST /events HTTP/1.1"), b"app POST /events "),
    (request(b"plain 5"), b" plain 5"),
)
"""Requests, and how their answers end: who answers those behind others depends on the moment."""
BAD: Final = b"NO HTTP AT ALL\r\n\r\n"


def check(answers: list[tuple[int, bytes]], *, is_refused: bool = False) -> None:
    assert [status for status, _ in answers] == [200] * len(MIXED) + [400] * is_refused
    for (_, said), (_, expected) in zip(answers, MIXED, strict=False):
        assert said.endswith(expected)


@pytest.mark.parametrize("ending", [b"", BAD], ids=["good", "refused in the end"])
async def test_requests_in_one_packet_are_answered_in_order(ending: bytes, opened: Open) -> None:
    clerk = Clerk()
    async with serving(echo, clerk.desk) as (_, port):
        client = await opened(port, b"".join(sent for sent, _ in MIXED) + ending)
        answers = await client.answers(len(MIXED) + bool(ending))
        if ending:
            assert await client.rest() == b""

    check(answers, is_refused=bool(ending))
    assert clerk.taken
    assert len(clerk.taken) == len(set(clerk.taken))


async def test_requests_that_are_cut_anywhere_are_answered_in_order(opened: Open) -> None:
    stream, ends = b"", []
    for sent, _ in MIXED:
        stream += sent
        ends.append(len(stream))
    stream += BAD
    async with serving(echo, Clerk().desk) as (_, port):
        for cut in range(ends[0], len(stream)):
            client = await Client.to(port, stream[:cut])
            complete = sum(end <= cut for end in ends)
            answers = await client.answers(complete)  # so it was read up to the cut
            client.send(stream[cut:])
            answers += await client.answers(len(MIXED) + 1 - complete)
            assert await client.rest() == b""
            await client.close()

            check(answers, is_refused=True)


async def test_requests_byte_by_byte_are_answered_in_order(opened: Open) -> None:
    clerk = Clerk()
    async with serving(echo, clerk.desk) as (_, port):
        client = await opened(port)
        answers = []
        for sent, _ in MIXED:
            for byte in sent:
                client.send(bytes([byte]))
                await client.writer.drain()
                await asyncio.sleep(0)
            answers += await client.answers(1)

    check(answers)
    assert clerk.taken == [b"plain %d" % number for number in range(6)]


@pytest.mark.parametrize("to_app", [False, True])
async def test_what_follows_a_request_that_takes_long_waits_for_its_answer(
    to_app: bool, opened: Open
) -> None:
    clerk = Clerk(holds=True)
    others = [request(b"plain 2"), GET, request(b"not plain")]
    async with serving(echo, clerk.desk) as (_, port):
        client = await opened(port, request(b"plain 1") + b"".join(others) + BAD)
        await clerk.has(1)
        clerk.release(to_app=to_app)
        answers = await client.answers(5)

    first = b"app POST /events plain 1" if to_app else b"desk plain 1"
    assert answers[:4] == [
        (200, first),
        (200, b"app POST /events plain 2"),
        (200, b"app GET /x "),
        (200, b"app POST /events not plain"),
    ]
    assert answers[4][0] == 400
    assert clerk.taken == [b"plain 1"]


async def test_after_a_request_that_was_handed_over_the_connection_goes_on(opened: Open) -> None:
    clerk = Clerk(holds=True)
    async with serving(echo, clerk.desk) as (_, port):
        client = await opened(port, request(b"plain 1"))
        await clerk.has(1)
        clerk.release(to_app=True)
        answers = await client.answers(1)
        client.send(GET)
        answers += await client.answers(1)
        client.send(request(b"plain 2"))
        await clerk.has(1)
        clerk.release()
        answers += await client.answers(1)

    said = [b"app POST /events plain 1", b"app GET /x ", b"desk plain 2"]
    assert answers == [(200, one) for one in said]


async def test_thousands_of_requests_at_once_are_answered_in_order(opened: Open) -> None:
    bodies = [b"plain %d" % number for number in range(3000)]
    async with serving(echo, Clerk().desk) as (_, port):
        client = await opened(port, b"".join(map(request, bodies)))
        answers = await client.answers(len(bodies))

    assert all(said.endswith(body) for (_, said), body in zip(answers, bodies, strict=True))


@pytest.mark.parametrize("to_app", [False, True])
async def test_the_connection_ends_if_the_client_says_so(to_app: bool, opened: Open) -> None:
    clerk = Clerk(holds=True)
    async with serving(echo, clerk.desk) as (_, port):
        client = await opened(port, request(b"plain", CLOSE) + request(b"plain, and too late"))
        await clerk.has(1)
        clerk.release(to_app=to_app)
        answer = await client.answer()
        rest = await client.rest()

    assert (answer[0], answer[2], rest) == (200, "close", b"")
    assert clerk.taken == [b"plain"]


@pytest.mark.parametrize("to_app", [False, True])
async def test_a_client_that_sends_no_more_still_gets_its_answer(
    to_app: bool, opened: Open
) -> None:
    clerk = Clerk(holds=True)
    async with serving(echo, clerk.desk) as (_, port):
        client = await opened(port, request())
        client.writer.write_eof()
        await clerk.has(1)
        clerk.release(to_app=to_app)
        answer = await client.answer()
        rest = await client.rest()

    assert (answer[0], rest) == (200, b"")


async def test_an_upgrade_is_not_made_and_the_event_is_taken(opened: Open) -> None:
    clerk = Clerk()
    upgrade = request(b"plain", "Connection: Upgrade", "Upgrade: h2c")
    async with serving(echo, clerk.desk) as (_, port):
        client = await opened(port, upgrade + request(b"plain 2"))
        answers = await client.answers(2)

    assert [said[-7:] for _, said in answers] == [b"k plain", b"plain 2"]
    assert clerk.taken[0] == b"plain"


async def test_a_request_is_taken_once_although_an_upgrade_follows(opened: Open) -> None:
    clerk = Clerk(holds=True)
    upgrade = request(b"", "Connection: Upgrade", "Upgrade: h2c", line="GET /x HTTP/1.1")
    async with serving(echo, clerk.desk) as (_, port):
        client = await opened(port, request(b"plain 1"))
        await clerk.has(1)
        clerk.release()
        answers = await client.answers(1)
        client.send(upgrade)
        answers += await client.answers(1)
        client.send(request(b"plain 2") + upgrade)
        await clerk.has(1)
        clerk.release()
        answers += await client.answers(2)

    said = [b"desk plain 1", b"app GET /x ", b"desk plain 2", b"app GET /x "]
    assert answers == [(200, one) for one in said]
    assert clerk.taken == [b"plain 1", b"plain 2"]


# Clients that go away, or do not read.


@pytest.mark.parametrize("to_app", [False, True])
async def test_a_client_that_has_gone_is_not_answered(
    to_app: bool, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    clerk = Clerk(holds=True)
    async with serving(echo, clerk.desk, ONE_ROOM) as (_, port):
        gone = await Client.to(port, request(b"plain 1"))
        await clerk.has(1)
        await gone.vanish()
        other = await opened(port, GET)
        assert (await other.answer())[0] == 200  # there is room, so the first one is gone
        clerk.release(to_app=to_app)
        other.send(request(b"plain 3"))
        await clerk.has(1)
        clerk.release()
        answer = await other.answer()

    assert answer[:2] == (200, b"desk plain 3")
    assert clerk.taken == [b"plain 1", b"plain 3"]
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("to_app", [False, True])
async def test_what_a_client_that_has_gone_still_wanted_is_not_taken(
    to_app: bool, opened: Open
) -> None:
    clerk = Clerk(holds=True)
    async with serving(echo, clerk.desk, ONE_ROOM) as (_, port):
        gone = await Client.to(port, request(b"plain 1") + request(b"plain 2") * 100)
        await clerk.has(1)
        await gone.vanish()
        clerk.release(to_app=to_app)
        other = await opened(port, GET)

        assert await other.answers(1) == [(200, b"app GET /x ")]


async def test_a_body_that_ends_too_early_is_not_taken(opened: Open) -> None:
    clerk = Clerk()
    async with serving(echo, clerk.desk) as (_, port):
        client = await opened(port, request(b"plain")[:-1])
        client.writer.write_eof()
        answer = await client.answer()

    assert answer[0] == 400
    assert clerk.taken == []


LARGE: Final = b"x" * 100_000


def talkative(taken: list[bytes]) -> Desk:
    def take(content_type: bytes, body: bytes, answer: Answer) -> bool:
        taken.append(body)
        asyncio.get_running_loop().call_soon(answer, LARGE)
        return True

    return Desk(b"/events", take)


async def talkative_app(scope: Any, receive: Any, send: Any) -> None:
    while (await receive())["more_body"]:
        ...
    length = [(b"content-length", str(len(LARGE)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": LARGE})


async def is_cut(client: socket.socket) -> bool:
    """Whether nobody takes what the client sends."""
    try:
        await asyncio.get_running_loop().sock_sendall(client, request())
    except ConnectionError:
        return True
    return False


async def test_a_client_that_never_reads_is_cut_and_costs_no_more_than_its_buffers() -> None:
    taken: list[bytes] = []
    limits = Limits(write_seconds=0.2, request_seconds=1.0)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        async with serving(talkative_app, talkative(taken), limits) as (_, port):
            loop = asyncio.get_running_loop()
            await loop.sock_connect(client, ("127.0.0.1", port))
            await loop.sock_sendall(client, request() * 400)
            other = await Client.to(port, GET)
            await eventually(lambda: is_cut(client))
            assert (await other.answer())[0] == 200
            await other.close()

    assert 0 < len(taken) < 200


async def test_while_answers_are_left_unread_the_desk_takes_nothing() -> None:
    taken: list[bytes] = []
    asked: list[object] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope)
        await talkative_app(scope, receive, send)

    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        async with serving(app, talkative(taken)) as (_, port):
            loop = asyncio.get_running_loop()
            await loop.sock_connect(client, ("127.0.0.1", port))
            for number in range(1, 300):
                await loop.sock_sendall(client, request())
                await eventually(lambda count=number: len(taken) + len(asked) == count)
                if asked:
                    break

    assert len(asked) == 1


async def test_a_client_that_reads_late_gets_every_answer(opened: Open) -> None:
    taken: list[bytes] = []
    async with serving(talkative_app, talkative(taken)) as (_, port):
        client = await opened(port, request() * 200)
        answers = await client.answers(200)

    assert answers == [(200, LARGE)] * 200


# A stop.


async def stopping(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Ask for a stop, and wait until it has begun."""
    server.stop()
    await eventually(lambda: "answering what has arrived" in caplog.text)


@pytest.mark.parametrize("to_app", [False, True])
async def test_a_stop_waits_for_what_the_desk_has_taken(
    to_app: bool, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clerk = Clerk(holds=True)
    async with serving(echo, clerk.desk) as (server, port):
        client = await opened(port, request())
        await clerk.has(1)
        await stopping(server, caplog)
        clerk.release(to_app=to_app)
        answer = await client.answer()
        rest = await client.rest()

    assert (answer[0], answer[2], rest) == (200, "close", b"")
    assert "cut" not in caplog.text


async def test_a_stop_answers_what_comes_behind_what_the_desk_has_taken(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clerk = Clerk(holds=True)
    async with serving(echo, clerk.desk) as (server, port):
        client = await opened(port, request(b"plain 1"))
        half = await opened(port, request()[:-1])
        await clerk.has(1)
        await stopping(server, caplog)
        client.send(request(b"plain 2") + GET)
        half.send(request()[-1:])
        await clerk.has(2)  # so what was sent before is there, too
        clerk.release()
        clerk.release()
        answers = [await client.answer() for _ in range(3)]
        last = await half.answer()

    assert [(status, kept) for status, _, kept in answers] == [
        (200, "keep"),
        (200, "keep"),
        (200, "close"),
    ]
    assert (last[0], last[2]) == (200, "close")


# Limits.


async def test_a_request_that_the_desk_has_may_take_its_time(opened: Open) -> None:
    clerk = Clerk(holds=True)
    limits = Limits(request_seconds=1.0, first_byte_seconds=4.0, idle_seconds=1.0)
    async with serving(echo, clerk.desk, limits) as (_, port):
        client = await opened(port, request())
        await clerk.has(1)
        silent = await opened(port)
        assert await silent.rest() == b""  # four times as long as a request may take to arrive
        clerk.release()
        answer = await client.answer()
        rest = await client.rest()

    assert (answer[0], rest) == (200, b"")  # and is closed when it has been idle


@pytest.mark.parametrize(
    ("sent", "limits", "status"),
    [
        (request()[:-1], Limits(request_seconds=0.1), 408),
        (request(b"plain" * 100), Limits(body_bytes=100), 413),
        (request(b"plain", *(f"X-{n}: 1" for n in range(100))), Limits(), 431),
        (request(b"plain", f"X: {'x' * 20_000}"), Limits(), 431),
        (request(b"plain", "Host: b"), Limits(), 400),
        (request(b"plain", "Content-Length: 6"), Limits(), 400),
        (request(b"plain", "Transfer-Encoding: chunked"), Limits(), 400),
    ],
)
async def test_what_the_server_refuses_does_not_reach_the_desk(
    sent: bytes, limits: Limits, status: int, opened: Open
) -> None:
    clerk = Clerk()
    async with serving(echo, clerk.desk, limits) as (_, port):
        client = await opened(port, sent)
        answer = await client.answer()
        rest = await client.rest()

    assert (answer[0], answer[2], rest) == (status, "close", b"")
    assert clerk.taken == []


async def test_a_request_after_a_refused_one_is_not_taken(opened: Open) -> None:
    clerk = Clerk()
    async with serving(echo, clerk.desk) as (_, port):
        client = await opened(port, BAD + request())
        answer = await client.answer()
        rest = await client.rest()

    assert (answer[0], rest) == (400, b"")
    assert clerk.taken == []
