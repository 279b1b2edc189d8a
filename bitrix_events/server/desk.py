"""Plain requests that are answered without ASGI, which would cost more than what is done for them.

The desk takes small POSTs to one path. What it does not take, or cannot bring to a good end, is
the app's, as any other request is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from bitrix_events.server.protocol import GuardedProtocol, Shared

log = logging.getLogger(__name__)

Answer: TypeAlias = Callable[[bytes | None], None]
"""Called once, on the loop of the server: with the JSON of an answer 200, or with None if the app
has to answer."""

_LARGEST: Final = 8 * 1024
"""Bytes of a body. Nearly all events are smaller."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who takes plain requests.

    Attributes:
        path: of the requests, without a query.
        take: called with the content type and the body; whether the request is taken, and its
            `Answer` will be called.
    """

    path: bytes
    take: Callable[[bytes, bytes, Answer], bool]


class _Nobody:
    """Waits for no message, as an app would."""

    def set(self) -> None: ...


_NOBODY: Final = cast(asyncio.Event, _Nobody())


class Errand(RequestResponseCycle):
    """A request that no app is asked about, as long as the desk takes it."""

    def __init__(self, scope: Any, *, keep_alive: bool) -> None:
        self.scope = scope
        self.keep_alive = keep_alive
        self.message_event = _NOBODY
        self.body = bytearray()
        self.more_body = True
        self.disconnected = self.response_started = self.response_complete = False
        self.is_brought = False


class DeskProtocol(GuardedProtocol):
    """A connection to a server with a desk."""

    def __init__(
        self, config: Config, shared: Shared, loop: asyncio.AbstractEventLoop, desk: Desk
    ) -> None:
        super().__init__(config, shared, loop)
        self._desk = desk

    def on_message_complete(self) -> None:
        super().on_message_complete()
        errand = self.cycle
        if isinstance(errand, Errand) and not (errand.more_body or errand.is_brought):
            errand.is_brought = True
            self._bring(errand)

    def begin_cycle(self) -> None:
        if self._is_plain():
            self.cycle = Errand(self.scope, keep_alive=self.parser.should_keep_alive())
        else:
            super().begin_cycle()

    def _is_plain(self) -> bool:
        """Whether it is a small POST, not in chunks, and all before it is answered."""
        return (
            self.url == self._desk.path
            and 0 < self.announced_bytes <= _LARGEST
            and not self.expect_100_continue
            and not self.flow.write_paused
            and not self._is_answering
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
        )

    def _bring(self, errand: Errand) -> None:
        def answer(body: bytes | None) -> None:
            if body is None:
                self._hand_over(errand)
            elif not errand.disconnected:
                self._send(errand, body)

        headers: list[tuple[bytes, bytes]] = errand.scope["headers"]  # type: ignore[assignment]
        types = (value for name, value in reversed(headers) if name == b"content-type")
        try:
            is_taken = self._desk.take(next(types, b""), bytes(errand.body), answer)
        except Exception:
            log.exception("a plain request could not be taken; the app is asked")
            is_taken = False
        if not is_taken:
            self._hand_over(errand)

    def _send(self, errand: Errand, body: bytes) -> None:
        errand.response_started = errand.response_complete = True
        close = b"" if errand.keep_alive else b"connection: close\r\n"
        begin = self.shared.json_head
        self.transport.write(b"%scontent-length: %d\r\n%s\r\n%s" % (begin, len(body), close, body))
        if not errand.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _hand_over(self, errand: Errand) -> None:
        """Let the app answer a request that has come in whole."""
        scope, path = errand.scope, self._desk.path
        scope["method"], scope["query_string"] = "POST", b""
        scope["path"], scope["raw_path"] = path.decode(), path
        cycle = RequestResponseCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.shared.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=errand.keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.body, cycle.more_body = errand.body, False
        cycle.disconnected = errand.disconnected
        cycle.message_event.set()
        self.replace_cycle(errand, cycle)
        self._start_asgi_task(cycle, self.app)
