"""Serving an ASGI app on a real socket for the length of a block, inside the caller's loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bitrix_events.testing.faults import BREAK_EXTENSION, reset_on_close

_GRACE_SECONDS = 1
_LOOK_SECONDS = 0.002
_TICKS_A_SECOND = 10


@contextlib.asynccontextmanager
async def serve_on_socket(
    app: Any,
    *,
    port: int = 0,
    listener: socket.socket | None = None,
    lifespan: bool = False,
) -> AsyncIterator[str]:
    """Answer on a socket for the length of the block, and yield its ``host:port``.

    Args:
        port: on 127.0.0.1; 0 is any.
        listener: a socket that listens already, instead of one on ``port``.
        lifespan: whether the app has one that must be run.

    Raises:
        RuntimeError: the app refused to start; the log says why.
    """
    with listener or _listen(port) as listening:
        host, bound_port = listening.getsockname()[:2]
        server = _Server(app, lifespan="on" if lifespan else "off")
        running = asyncio.create_task(server.serve(sockets=[listening]))
        await server.is_up.wait()
        try:
            if not server.started:
                raise RuntimeError("the app did not start")
            yield f"{host}:{bound_port}"
        finally:
            server.stop()
            await running


def _listen(port: int) -> socket.socket:
    # asyncio turns off Nagle's algorithm only for sockets that name their protocol; with it, every
    # answer would take 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


class _BreakableProtocol(HttpToolsProtocol):
    """Lets the app break the connection that a request came by."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: Any = self.scope.setdefault("extensions", {})
        extensions[BREAK_EXTENSION] = self._break

    def _break(self, *, reset: bool) -> None:
        if reset:
            reset_on_close(self.transport.get_extra_info("socket"))
            self.transport.abort()
        else:
            self.transport.close()  # once everything written is on its way


class _Server(uvicorn.Server):
    """A server that lives in somebody else's loop: no signal handlers, and says when it is up.

    It stops at once. uvicorn naps two or three tenths of a second on the way, and tests stop
    servers by the hundred.
    """

    def __init__(self, app: Any, *, lifespan: Literal["on", "off"]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_BreakableProtocol,
                lifespan=lifespan,
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
                timeout_keep_alive=75,  # as portals do, and longer than clients keep theirs
            )
        )
        self.is_up = asyncio.Event()
        self._is_stopped = asyncio.Event()

    def stop(self) -> None:
        """Finish what has begun, and end."""
        self.should_exit = True
        self._is_stopped.set()

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += _TICKS_A_SECOND
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._is_stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        busy = self.server_state
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                while busy.connections or busy.tasks:  # noqa: ASYNC110 - uvicorn does not tell
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            for task in busy.tasks:
                task.cancel()
        await self.lifespan.shutdown()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets=sockets)
        finally:
            self.is_up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
