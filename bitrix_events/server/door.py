"""Accepting connections. One that there is no room for waits in the kernel; none is turned away.

asyncio's and uvloop's own accepting does not serve: it can neither pause nor be emptied before it
ends, and when descriptors run out uvloop accepts what waits and closes it.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from typing import Final

from bitrix_events.server.protocol import Shared

log = logging.getLogger(__name__)

_AT_ONCE: Final = 64
"""Connections that are accepted before others get their turn."""
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_QUIET_SECONDS: Final = 10.0
_FIRST_PAUSE_SECONDS: Final = 0.02
_LONGEST_PAUSE_SECONDS: Final = 1.0


class Door:
    """Takes connections from a listening socket as long as there is room.

    Args:
        make: makes what serves a connection.
        room: how many connections there may be.
    """

    def __init__(
        self,
        listening: socket.socket,
        make: Callable[[], asyncio.Protocol],
        shared: Shared,
        room: int,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._listening = listening
        self._make = make
        self._shared = shared
        self._room = room
        self._entering: set[asyncio.Task[None]] = set()
        self._is_open = False
        self._is_waiting = False
        self._is_crowded = False
        self._pause = _FIRST_PAUSE_SECONDS
        self._timer: asyncio.TimerHandle | None = None
        self._quiet_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether connections are still wanted."""
        return self._is_open

    @property
    def is_crowded(self) -> bool:
        """Whether somebody was left waiting outside when it was last looked."""
        return self._is_crowded

    @property
    def is_busy(self) -> bool:
        """Whether connections have been accepted that nobody serves yet."""
        return bool(self._entering)

    def open(self) -> None:
        """Begin."""
        self._is_open = True
        self._loop.add_reader(self._listening.fileno(), self._accept, _AT_ONCE)

    def close(self, *, take_rest: bool) -> bool:
        """Take no more connections.

        Args:
            take_rest: accept first what waits.

        Returns:
            Whether it is done: False if something waits that there is no room for.
        """
        if not self._is_open:
            return True
        if take_rest and (self._is_waiting or not self._accept(self._room)):
            return False
        self._is_open = self._is_waiting = False
        self._loop.remove_reader(self._listening.fileno())
        if self._timer is not None:
            self._timer.cancel()
        return True

    def left(self) -> None:
        """A connection has gone."""
        if self._is_waiting and self._has_room():
            self._resume()

    def _has_room(self) -> bool:
        return len(self._shared.connections) + len(self._entering) < self._room

    def _accept(self, most: int) -> bool:
        """Accept what waits; whether that was all."""
        for _ in range(most):
            if not self._has_room():
                self._say("crowded", f"{self._room} connections are open; further ones wait")
                self._wait(_LONGEST_PAUSE_SECONDS)
                return False
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError):
                self._is_crowded = False
                return True
            except ConnectionError:
                continue
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._say("exhausted", f"connections wait: {error.strerror}")
                    self._wait(self._pause)
                    self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
                    return False
                continue
            self._pause = _FIRST_PAUSE_SECONDS
            connection.setblocking(False)
            task = self._loop.create_task(self._let_in(connection))
            self._entering.add(task)
            task.add_done_callback(self._entering.discard)
        return False

    async def _let_in(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make, connection)
        except OSError as error:
            log.debug("a connection ended before it began: %s", error)
            connection.close()

    def _say(self, action: str, text: str) -> None:
        """Warn, but not each time."""
        now = self._loop.time()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET_SECONDS
            log.warning(text, extra={"action": action})

    def _wait(self, seconds: float) -> None:
        """Stop accepting until a connection has gone, or for some time."""
        self._loop.remove_reader(self._listening.fileno())
        self._is_waiting = self._is_crowded = True
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_waiting:
            self._is_waiting = False
            self.open()
