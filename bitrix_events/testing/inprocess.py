"""`InProcess`: httpx's interface to an ASGI application in this process, also across threads."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.types import ASGIApp, Message


class InProcess(httpx.AsyncBaseTransport):
    """Reaches an ASGI application in process, on the event loop that this was made on.

    httpx's own transport looks for a module that nobody has at every request, which takes as long
    as the request. Requests from other event loops cross over together, as do their answers: to
    wake a loop takes as long, too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._home = asyncio.get_running_loop()
        self._there = _Landing(self._home)
        self._here: dict[asyncio.AbstractEventLoop, _Landing] = {}
        self._underway: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        here = asyncio.get_running_loop()
        if here is self._home:
            return await self._answer(request, body)
        back = self._here.get(here) or self._here.setdefault(here, _Landing(here))
        crossing = _Crossing(request, body, back, here.create_future())
        self._there.put(self._start, crossing)
        try:
            return await crossing.answered
        except asyncio.CancelledError:
            self._there.put(_Crossing.give_up, crossing)
            raise

    def _start(self, crossing: _Crossing) -> None:
        task = crossing.task = self._home.create_task(self._serve(crossing))
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def _serve(self, crossing: _Crossing) -> None:
        try:
            crossing.answer = await self._answer(crossing.request, crossing.body)
        except Exception as error:
            crossing.answer = error
        crossing.back.put(_Crossing.arrive, crossing)

    async def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        url = request.url
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 123),
            "root_path": "",
        }
        received = iter([{"type": "http.request", "body": body, "more_body": False}])
        started: dict[str, Any] = {}
        parts: list[bytes] = []

        async def receive() -> Message:
            return next(received, None) or {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, send)
        content = httpx.ByteStream(b"".join(parts))
        return httpx.Response(started["status"], headers=started.get("headers", []), stream=content)


@dataclass(slots=True, eq=False)
class _Crossing:
    """A request from another event loop.

    Attributes:
        back: where the answer is expected.
    """

    request: httpx.Request
    body: bytes
    back: _Landing
    answered: asyncio.Future[httpx.Response]
    task: asyncio.Task[None] | None = None
    answer: httpx.Response | Exception | None = field(default=None)

    def arrive(self) -> None:
        """Called on the loop that the request came from."""
        if self.answered.done():
            return
        if isinstance(self.answer, httpx.Response):
            self.answered.set_result(self.answer)
        elif self.answer is not None:
            self.answered.set_exception(self.answer)

    def give_up(self) -> None:
        """Called on the loop of the application."""
        if self.task is not None:
            self.task.cancel()


class _Landing:
    """Where an event loop takes what other threads have for it; it is woken once for many."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._arrived: deque[tuple[Any, _Crossing]] = deque()
        self._is_called = False

    def put(self, function: Any, crossing: _Crossing) -> None:
        """Let the loop call a function with the crossing, in the order of the calls of this."""
        self._arrived.append((function, crossing))
        if not self._is_called:
            self._is_called = True
            with suppress(RuntimeError):  # the loop is closed, and nobody waits
                self._loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        self._is_called = False  # from here on, whoever comes calls again
        while self._arrived:
            function, crossing = self._arrived.popleft()
            function(crossing)
