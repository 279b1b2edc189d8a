"""What a client may ask of the server: sizes, times, connections."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that every connection is held to. Times are in seconds, sizes in bytes."""

    request_seconds: float = 10.0
    """From the first byte of a request to its last."""
    first_byte_seconds: float = 10.0
    """From the connection to the first byte of its first request."""
    idle_seconds: float = 75.0
    """From an answer to the next request on the same connection."""
    write_seconds: float = 10.0
    """How long a client may leave an answer unread."""
    linger_seconds: float = 2.0
    """How long bytes that follow a refused request are thrown away, so that the client gets to read
    why it was refused."""
    drain_idle_seconds: float = 1.0
    """During a stop: how long a connection without a request is kept, since one may be on its
    way."""
    stop_seconds: float = 15.0
    """During a stop: after which all connections are cut."""

    head_bytes: int = 16 * 1024
    """Request line and header fields."""
    fields: int = 100
    """Header fields."""
    body_bytes: int = 256 * 1024
    pipelined: int = 64
    """Requests of one connection that wait for their turn, before reading stops. Those of the last
    few kilobytes come on top."""
    unfinished_bytes: int = 4 * 1024 * 1024
    """What bodies that are still arriving may come to, all together; further ones wait for their
    turn, unless they are small."""
    connections: int | None = None
    """Connections before accepting stops; by default what the descriptors of the process allow, at
    most 2,500."""

    @property
    def sweep_seconds(self) -> float:
        """How often deadlines are looked at."""
        return min(1.0, self.request_seconds / 10, self.first_byte_seconds / 10)
