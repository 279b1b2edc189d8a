"""Ports for servers whose address has to be known before they run."""

from __future__ import annotations

import os
import random
import socket
from itertools import cycle
from typing import Final

_FIRST, _AFTER_LAST = 10_240, 32_768
"""Below those that systems give to whoever asks for any port. One of those may become the local
end of anybody's connection before the server listens on it, or while the server starts anew."""


def _mine() -> list[int]:
    """Ports of this process only, of those that run the tests together; in an order that another
    run of the tests hardly shares."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    which = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = list(range(_FIRST + which, _AFTER_LAST, processes))
    start = random.SystemRandom().randrange(len(ports))
    return ports[start:] + ports[:start]


_PORTS: Final = cycle(_mine())


def free_port() -> int:
    """A port where nobody listens, and that nobody else gets."""
    for port in _PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError
