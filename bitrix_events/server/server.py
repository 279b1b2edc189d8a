"""Serving an ASGI app on one listening socket, until somebody asks for a stop; then draining."""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, Final

import uvicorn

from bitrix_events.server.desk import Desk, DeskProtocol
from bitrix_events.server.door import Door
from bitrix_events.server.limits import Limits
from bitrix_events.server.protocol import GuardedProtocol, Shared
from bitrix_events.server.sockets import has_bytes, most_connections, refuse_beginnings

log = logging.getLogger(__name__)

_CROWDED_IDLE_SECONDS: Final = 1.0
"""How long connections without a request are kept while others wait to be accepted."""
_RECEIVE_BYTES: Final = 32 * 1024
"""What the kernel may keep of one connection before we read it, and so what one read may bring."""
_HANDSHAKE_SECONDS: Final = 0.2
"""How long connections that have begun before a stop may take to be established."""
_LOOK_SECONDS: Final = 0.01


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the fastest event loop that is installed."""
    return uvicorn.Config("", log_config=None).get_loop_factory()


class Server:
    """An HTTP server for one app.

    Args:
        app: an ASGI callable; its lifespan is the caller's business.
        listening: a listening socket; closed in the end.
        desk: takes some requests before the app does.
        is_kept: somebody else holds the socket and listens on: a stop leaves to him the
            connections that nobody has accepted yet.
    """

    def __init__(
        self,
        app: Any,
        listening: socket.socket,
        limits: Limits,
        *,
        desk: Desk | None = None,
        is_kept: bool = False,
    ) -> None:
        self._config = uvicorn.Config(
            app,
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
        )
        self._config.load()
        listening.setblocking(False)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        self._listening = listening
        self._limits = limits
        self._desk = desk
        self._is_kept = is_kept
        self._shared = Shared(limits)
        self._stopping = asyncio.Event()
        self._is_forced = False

    @property
    def is_stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._stopping.is_set()

    def stop(self, *, is_kept: bool | None = None, force: bool = False) -> None:
        """Answer what has been received, and end.

        Args:
            is_kept: whether the socket goes on listening elsewhere, if that is known better now.
            force: cut all connections instead.
        """
        if is_kept is not None:
            self._is_kept = is_kept
        self._is_forced = self._is_forced or force
        self._stopping.set()

    async def serve(self, started: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`.

        Args:
            started: called once connections are being accepted.
        """
        loop = asyncio.get_running_loop()
        room = self._limits.connections or most_connections()
        door = Door(self._listening, lambda: self._make(loop), self._shared, room)
        self._shared.left = door.left
        self._tell_the_time()
        door.open()
        sweeping = asyncio.create_task(self._sweep_for_ever(door))
        try:
            started()
            await self._stopping.wait()
            await self._drain(door)
        finally:
            sweeping.cancel()
            door.close(take_rest=False)
            self._listening.close()

    def _make(self, loop: asyncio.AbstractEventLoop) -> GuardedProtocol:
        if self._desk is None:
            return GuardedProtocol(self._config, self._shared, loop)
        return DeskProtocol(self._config, self._shared, loop, self._desk)

    def _tell_the_time(self) -> None:
        self._shared.tell_date(formatdate(time.time(), usegmt=True).encode())

    async def _sweep_for_ever(self, door: Door) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._limits.sweep_seconds)
            self._tell_the_time()
            try:
                self._sweep(loop.time(), is_crowded=door.is_crowded)
            except Exception:
                log.exception("looking after the connections failed")

    def _sweep(self, now: float, *, is_crowded: bool) -> None:
        """End what has taken too long."""
        for connection in list(self._shared.connections):
            if connection.deadline <= now:
                connection.expire()
            elif connection.deadline == math.inf:
                if connection.transport.is_closing():
                    connection.deadline = now + self._limits.write_seconds
            elif (
                is_crowded
                and connection.is_idle
                and now - connection.idle_since > _CROWDED_IDLE_SECONDS
                and not connection.transport.is_closing()
            ):
                connection.close()

    async def _drain(self, door: Door) -> None:
        """Answer everything that has been received, and what waits to be accepted."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        shared, limits = self._shared, self._limits
        shared.draining = True
        log.info(
            "answering what has arrived; open connections: %d",
            len(shared.connections),
            extra={"action": "draining"},
        )
        for connection in list(shared.connections):
            connection.drain()
        if self._is_kept:
            door.close(take_rest=False)
        open_until: float | None = None
        while True:
            now = loop.time()
            if self._is_forced or now - begun > limits.stop_seconds:
                break
            if not self._is_kept and open_until is None:  # nobody else takes what waits
                door.open()
                open_until = now + _HANDSHAKE_SECONDS * refuse_beginnings(self._listening)
            if open_until is not None and now >= open_until and door.close(take_rest=True):
                self._listening.close()
            if not (door.is_open or door.is_busy or shared.connections or shared.tasks):
                break
            self._close_idle(now, begun)
            await asyncio.sleep(_LOOK_SECONDS)
        self._cut()

    def _close_idle(self, now: float, begun: float) -> None:
        """Close connections on which no request has come for a while, and none is to be read."""
        until = now - self._limits.drain_idle_seconds
        if begun > until:
            return
        for connection in list(self._shared.connections):
            if (
                connection.idle_since <= until
                and connection.is_idle
                and not connection.transport.is_closing()
                and not has_bytes(connection.transport.get_extra_info("socket").fileno())
            ):
                connection.close()

    def _cut(self) -> None:
        """End what is still there."""
        if not (self._shared.connections or self._shared.tasks):
            return
        log.warning(
            "%d connections are cut, since the stop takes too long",
            len(self._shared.connections),
            extra={"action": "cut"},
        )
        for task in list(self._shared.tasks):
            task.cancel()
        for connection in list(self._shared.connections):
            connection.transport.abort()
