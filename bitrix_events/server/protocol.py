"""One HTTP connection: uvicorn's protocol, held to limits of size and time.

Nothing here knows what the app does with a request.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Callable
from typing import Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from bitrix_events import metrics
from bitrix_events.server.limits import Limits
from bitrix_events.server.refusal import (
    CODING,
    INCOMPLETE,
    NO_HOST,
    NO_HTTP,
    NO_TUNNEL,
    TOO_SLOW,
    Refusal,
)

log = logging.getLogger(__name__)

_PIECE: Final = 4096
"""Bytes that are parsed at once: what they hold is taken in whole, however many requests it is."""
_SMALL: Final = 8 * 1024
"""Bytes of a body that are always taken. Nearly all events are smaller."""
_CHECKED: Final = frozenset({b"content-length", b"host", b"expect", b"transfer-encoding"})
_FRAMING: Final = 64 * 1024
"""Bytes beyond twice the body's limit that the framing of chunks may cost."""


class Shared(ServerState):
    """What the connections of a server have in common.

    Attributes:
        draining: whether each connection ends with the answer it owes.
        json_head: how an answer 200 begins.
        reserved: bytes that bodies may come to which are still arriving.
        parked: connections that wait for room, with the bytes they need; the oldest first.
        left: called whenever a connection has gone.
    """

    connections: set[GuardedProtocol]  # type: ignore[assignment]

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits
        self.draining = False
        self.json_head = b""
        self.reserved = 0
        self.left: Callable[[], None] = lambda: None
        self.parked: dict[GuardedProtocol, int] = {}
        self.head_too_large = Refusal(
            431,
            "head_too_large",
            f"a head may have {limits.head_bytes} bytes and {limits.fields} fields",
        )
        self.body_too_large = Refusal(
            413, "body_too_large", f"a body may have {limits.body_bytes} bytes"
        )

    def tell_date(self, date: bytes) -> None:
        """Let answers carry this date."""
        self.default_headers = [(b"date", date)]
        content_type = b"content-type: application/json\r\n"
        self.json_head = b"%sdate: %s\r\n%s" % (STATUS_LINE[200], date, content_type)

    def admit(self, connection: GuardedProtocol, size: int) -> bool:
        """Whether there is room for a body; if not, `unpark` is called once there is."""
        limit = self.limits.unfinished_bytes
        if self.parked or (self.reserved and self.reserved + size > limit):
            self.parked[connection] = size
            return False
        self.reserved += size
        return True

    def release(self, size: int) -> None:
        """Give room back, to those who have waited longest."""
        self.reserved -= size
        while self.parked:
            connection, wanted = next(iter(self.parked.items()))
            if self.reserved + wanted > self.limits.unfinished_bytes and self.reserved:
                return
            del self.parked[connection]
            self.reserved += wanted
            connection.unpark()


class _Flow(FlowControl):
    """Reading that the app cannot resume while it is held."""

    held = False

    def hold(self, held: bool) -> None:
        self.held = held
        if self._transport.is_closing():
            return
        if held:
            self.pause_reading()
        else:
            super().resume_reading()

    def resume_reading(self) -> None:
        if not self.held:
            super().resume_reading()


class GuardedProtocol(HttpToolsProtocol):
    """A connection that cannot cost more than the limits say.

    ``deadline`` is a moment of the loop's clock; `expire` is called some time after it. There is no
    timer for it: one sweep looks at all connections.

    Attributes:
        announced_bytes: length of the body of the request that is being read, as its head says; 0
            if it does not.
    """

    flow: _Flow

    def __init__(
        self, config: Config, shared: Shared, _loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        super().__init__(config, shared, {}, _loop)
        self.shared = shared
        self._limits = shared.limits
        self.idle_since = self.loop.time()
        self.deadline = self.idle_since + self._limits.first_byte_seconds
        self.used = False
        self._running: RequestResponseCycle | None = None
        self._unread = bytearray()
        self._refusal: Refusal | None = None
        self._is_lingering = False
        self._has_eof = False
        # Of the request that is being read:
        self._is_reading = False
        self._in_head = False
        self._has_cycle = False
        self._taken = 0
        self._body_bytes = 0
        self.announced_bytes = 0
        self._reserved = 0

    # What the loop tells.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _Flow(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._running is not None:
            self._running.disconnected = True
            self._running.message_event.set()
        self.pipeline.clear()
        self._forget_request()
        super().connection_lost(exc)
        self.shared.left()

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            return
        if self._unread or len(data) > _PIECE or len(self.pipeline) >= self._limits.pipelined:
            self._unread += data
            self._read_on()
        else:
            self._parse(data)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """The client sends no more. It may still want its answers."""
        self._has_eof = True
        if self._is_lingering:
            return None
        if self._is_reading and not self._unread:
            self._refuse(INCOMPLETE)
        return self._refusal is not None or bool(self._unread) or self._is_answering

    def pause_writing(self) -> None:
        super().pause_writing()
        self.deadline = self.loop.time() + self._limits.write_seconds

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.transport.is_closing():
            return
        if self._is_reading:
            self.deadline = self.loop.time() + self._limits.request_seconds
        elif self._is_answering:
            self.deadline = math.inf
        else:
            self._rest()

    # What the parser finds.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.used = self._is_reading = self._in_head = True
        self._has_cycle = False
        self._taken = self._body_bytes = self.announced_bytes = 0
        if not self.flow.write_paused:
            self.deadline = self.loop.time() + self._limits.request_seconds

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # and not in trailers, which the app must not take for headers
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._check_head()
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise NO_TUNNEL
            return  # see _parse
        before = self.cycle
        self.begin_cycle()
        self._has_cycle = True
        if not self.pipeline:
            self._running = self.cycle
        if self.shared.draining:
            self.cycle.keep_alive = False
            if self.pipeline and not before.response_started:
                before.keep_alive = True  # it is not the last any more

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._limits.body_bytes:
            raise self.shared.body_too_large
        cycle = self.cycle
        if cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        if not self._has_cycle:
            return  # see _parse
        self._is_reading = False
        if self._reserved:
            self._give_back()
        cycle = self.cycle
        if cycle.response_complete:
            self._rest()
            return
        if not self.flow.write_paused:
            self.deadline = math.inf
        cycle.more_body = False
        cycle.message_event.set()

    # What the app does.

    def begin_cycle(self) -> None:
        """Ask the app about a request whose head is in order."""
        super().on_headers_complete()

    def replace_cycle(self, old: RequestResponseCycle, new: RequestResponseCycle) -> None:
        """Let another one answer the request of ``old``."""
        if self.cycle is old:
            self.cycle = new
        if self._running is old:
            self._running = new

    def on_response_complete(self) -> None:
        self.shared.total_requests += 1
        if self.transport.is_closing():
            self.deadline = self.loop.time() + self._limits.write_seconds
        elif self.pipeline:
            self._running, app = self.pipeline.pop()
            self._start_asgi_task(self._running, app)
            if self._unread:
                self._read_on()
        elif self._refusal is not None:
            self._send_refusal(self._refusal)
        else:
            if self._unread:
                self._read_on()
            else:
                self.flow.resume_reading()
            if not (self._is_reading or self._is_answering or self.transport.is_closing()):
                self._rest()

    # What the server wants.

    @property
    def is_idle(self) -> bool:
        """Nothing of a request has arrived, and nothing is owed."""
        return not (self._is_reading or self._unread or self._refusal or self._is_answering)

    def expire(self) -> None:
        """End what has taken too long."""
        if self.transport.is_closing() or self._is_lingering or self.flow.write_paused:
            self.transport.abort()
        elif self._is_reading or self._unread:
            self._refuse(TOO_SLOW)
        elif not self._is_answering:
            self.close()

    def close(self) -> None:
        """Close as soon as what was written is on its way."""
        self.transport.close()
        self.deadline = self.loop.time() + self._limits.linger_seconds

    def drain(self) -> None:
        """Say ``Connection: close`` in the last answer that is owed."""
        if self._is_answering:
            last = self.pipeline[0][0] if self.pipeline else self._running
            assert last is not None
            if not last.response_started:
                last.keep_alive = False

    def unpark(self) -> None:
        """Read on, since there is room for the rest of the body."""
        self.deadline = self.loop.time() + self._limits.request_seconds
        self._hold()

    # How a request is read.

    def _read_on(self) -> None:
        """Parse what was received, as far as the requests that wait allow."""
        unread = self._unread
        while unread and self._refusal is None and len(self.pipeline) < self._limits.pipelined:
            if self.transport.is_closing():
                unread.clear()
                return
            piece = bytes(unread[:_PIECE])
            del unread[:_PIECE]
            self._parse(piece)
        if self._has_eof and not unread and self._is_reading:
            self._refuse(INCOMPLETE)
        elif self._has_eof and not unread and not self._is_answering and self._refusal is None:
            self.close()
        else:
            self._hold()

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._parse_without_upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, Refusal) else NO_HTTP)
            return
        if self._is_reading:
            self._check_growth(len(data))

    def _parse_without_upgrade(self, rest: bytes) -> None:
        """Serve a request as if it had not asked for another protocol."""
        version = self.parser.get_http_version().encode()
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/", version, b"\r\n"]
        for name, value in self.headers:
            if name != b"upgrade":
                head += [name, b": ", value, b"\r\n"]
        self.parser = httptools.HttpRequestParser(self)
        self._parse(b"".join([*head, b"\r\n", rest]))

    def _check_head(self) -> None:
        """Raise a refusal for a head that must not reach the app."""
        headers, limits = self.headers, self._limits
        if len(headers) > limits.fields:
            raise self.shared.head_too_large
        hosts = 0
        for name, value in headers:
            if name not in _CHECKED:
                continue
            if name == b"content-length":
                self.announced_bytes = int(value)
                if self.announced_bytes > limits.body_bytes:
                    raise self.shared.body_too_large
            elif name == b"host":
                hosts += 1
            elif name == b"expect":
                self.expect_100_continue = value.lower() == b"100-continue"
            elif value.lower() != b"chunked" or self.parser.get_http_version() == "1.0":
                raise CODING
        if hosts != 1 and (hosts > 1 or self.parser.get_http_version() != "1.0"):
            raise NO_HOST
        if self._taken:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in headers)
            if size > limits.head_bytes:
                raise self.shared.head_too_large
            self._taken = 0

    def _check_growth(self, count: int) -> None:
        """Judge a request of which ``count`` bytes more have arrived, and which is not complete."""
        self._taken += count
        limits = self._limits
        if self._in_head:
            if self._taken > limits.head_bytes or len(self.headers) > limits.fields:
                self._refuse(self.shared.head_too_large)
            return
        if self._taken > 2 * limits.body_bytes + _FRAMING:
            self._refuse(self.shared.body_too_large)
            return
        if self._body_bytes > _SMALL and not self._reserved:
            self._reserved = self.announced_bytes or limits.body_bytes
            if not self.shared.admit(self, self._reserved):
                self._hold()

    def _hold(self) -> None:
        is_parked = self in self.shared.parked
        self.flow.hold(is_parked or (bool(self._unread) and self._refusal is None))

    def _give_back(self) -> None:
        """Let go of the room for the body, or of the wish for it."""
        reserved, self._reserved = self._reserved, 0
        if self.shared.parked.pop(self, None) is None:
            self.shared.release(reserved)
        else:
            self._hold()

    def _forget_request(self) -> None:
        self._is_reading = self._in_head = False
        self._unread.clear()
        if self._reserved:
            self._give_back()

    def _rest(self) -> None:
        """Wait for another request."""
        if self._has_eof:
            self.close()
            return
        self.idle_since = self.loop.time()
        self.deadline = self.idle_since + self._limits.idle_seconds

    # How a request is refused.

    @property
    def _is_answering(self) -> bool:
        return self._running is not None and not self._running.response_complete

    def _refuse(self, refusal: Refusal) -> None:
        """Answer the request that is being read with a refusal, after all answers before it."""
        if self._refusal is not None:
            return
        self._refusal = refusal
        metrics.refused(refusal.error)
        log.warning(
            "refused a request from %s: %d %s: %s",
            self.client[0] if self.client else "nowhere",
            refusal.status,
            refusal.error,
            refusal.message,
            extra={"action": "refused", "status": refusal.status},
        )
        has_cycle = self._is_reading and self._has_cycle
        self._forget_request()
        self.flow.hold(False)  # from here on everything is thrown away
        self.deadline = math.inf
        if has_cycle and self.pipeline and self.pipeline[0][0] is self.cycle:
            self.pipeline.popleft()
        elif has_cycle and self._is_answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._running = None
            if self.cycle.response_started:
                self.close()
                return
        if not self._is_answering:
            self._send_refusal(refusal)

    def _send_refusal(self, refusal: Refusal) -> None:
        """Answer, and throw away for a while what the client goes on sending.

        To close while bytes are unread would reset the connection, and the client would lose the
        answer.
        """
        body = json.dumps({"error": refusal.error, "message": refusal.message}).encode()
        lines = [STATUS_LINE[refusal.status]]
        for name, value in self.server_state.default_headers:
            lines += [name, b": ", value, b"\r\n"]
        lines += [
            b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body),
            b"connection: close\r\n\r\n",
            body,
        ]
        self.transport.write(b"".join(lines))
        self._is_lingering = True
        if self._has_eof or not self.transport.can_write_eof():
            self.close()
        else:
            self.transport.write_eof()
            self.deadline = self.loop.time() + self._limits.linger_seconds
