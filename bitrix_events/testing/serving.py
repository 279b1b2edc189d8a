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
            server.should_exit = True
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
    """A server that lives in somebody else's loop: no signal handlers, and says when it is up."""

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
                timeout_graceful_shutdown=1,
                timeout_keep_alive=75,  # as portals do, and longer than clients keep theirs
            )
        )
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets=sockets)
        finally:
            self.is_up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
