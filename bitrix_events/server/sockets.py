"""Listening sockets: made here, or handed over by whoever started the process."""

from __future__ import annotations

import array
import ctypes
import os
import socket
import struct
import sys
from typing import Final

if sys.platform != "win32":
    import fcntl
    import resource
    import termios

_FIRST_HANDED_OVER: Final = 3
_BACKLOG: Final = 4096
_MOST_CONNECTIONS: Final = 2500
"""At 5 KiB each, whatever they are up to."""
_SO_ATTACH_FILTER: Final = 26
_NO_SYN: Final = (
    (0x30, 0, 0, 13),  # load the byte of the TCP header that holds the flags
    (0x45, 0, 1, 0x02),  # SYN?
    (0x06, 0, 0, 0),  # drop the packet
    (0x06, 0, 0, 0xFFFFFFFF),  # else keep it
)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        OSError: the port is taken, or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off Nagle's algorithm only for sockets that name their protocol.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def handed_over() -> socket.socket | None:
    """The socket that systemd listens on for this process, if it does.

    Source: sd_listen_fds(3). A process that systemd did not start does not see the variables as
    its own, since they name the process.

    Raises:
        OSError: it is no listening socket, or one of several.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    count = os.environ.get("LISTEN_FDS", "")
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)
    if count != "1":
        raise OSError(f"systemd hands over {count or 'no'} sockets instead of one")
    return inherited(_FIRST_HANDED_OVER)


def inherited(descriptor: int) -> socket.socket:
    """A listening socket that this process was started with.

    Raises:
        OSError: the descriptor is none.
    """
    sock = socket.socket(fileno=descriptor)
    if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        sock.close()
        raise OSError(f"descriptor {descriptor} is no listening socket")
    return sock


def keep_to_this_process(sock: socket.socket) -> None:
    """Keep a socket from the processes that handlers start."""
    sock.set_inheritable(False)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=sock.close)


def refuse_beginnings(listening: socket.socket) -> bool:
    """Let no further connection begin, while those that have begun can still be accepted.

    To close a socket resets the connections that wait in it. Clients that come later repeat their
    first packet after a second, and find whoever listens then, or nobody.

    Returns:
        Whether the system can do that. Linux can.

    Source: Linux, Documentation/networking/filter.rst.
    """
    if sys.platform != "linux":
        return False
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *op) for op in _NO_SYN))
    described = struct.pack("@HP", len(_NO_SYN), ctypes.addressof(program))
    try:
        listening.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
    except OSError:
        return False
    return True


def has_bytes(descriptor: int) -> bool:
    """Whether a socket has received something that nobody has read."""
    if sys.platform == "win32":
        return False
    waiting = array.array("i", [0])
    try:
        fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
    except OSError:
        return False
    return waiting[0] > 0


def raise_descriptor_limit() -> None:
    """Let this process open as many files as it may allow itself."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS * 2
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """How many connections leave enough descriptors for the store and for calls to portals."""
    if sys.platform == "win32":
        return 500
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(1, min(_MOST_CONNECTIONS, soft - min(soft // 2, 256)))
