"""What binds a server to its supervisor: a pair of sockets, whose end tells each of the other's.

The server says ``started`` once; the supervisor says ``stop`` or ``restart``.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from bitrix_events.server.sockets import keep_to_this_process


class Lifeline:
    """The server's end.

    Args:
        descriptor: of a socket that this process was started with.
    """

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)
        keep_to_this_process(self._socket)

    def started(self, stop_seconds: float, log_format: str) -> None:
        """Say that requests are being answered.

        Args:
            stop_seconds: how long a stop may take before it has failed.
            log_format: how the supervisor is to write its own lines: ``text`` or ``json``.
        """
        with suppress(OSError):  # it is gone, which `watch` finds out
            self._socket.sendall(f"started {stop_seconds:g} {log_format}\n".encode())

    def watch(self, told: Callable[[], None]) -> None:
        """Call ``told`` when there is something to `hear`."""
        asyncio.get_running_loop().add_reader(self._socket.fileno(), told)

    def hear(self) -> str | None:
        """The last thing it said: ``stop``, ``restart``, or nothing; None if it has died."""
        try:
            words = self._socket.recv(1024).decode().split()
        except BlockingIOError:
            return ""
        except OSError:
            return None
        return words[-1] if words else None
