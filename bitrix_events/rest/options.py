"""How patient a client is: timeouts, retries, delays. Immutable; nothing is global."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

log: Final = logging.getLogger("bitrix_events.rest")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long one HTTP request may take, by phase; seconds.

    Attributes:
        connect: until the connection stands, TLS included.
        read: between two pieces of the answer. A portal may work on a request for 60 s
            (protocol.md 5.3).
        pool: waiting for a free connection.
        total: all of it, from the first step to the last byte.
    """

    connect: float = 5.0
    read: float = 65.0
    pool: float = 65.0
    total: float = 90.0


@dataclass(frozen=True, slots=True)
class Options:
    """How a client behaves. `Client.with_options` makes a client with others.

    Attributes:
        timeouts: of each HTTP request.
        attempts: how often a call is tried in all, if an error is one that may pass.
        delay: upper bound of the first wait before a repeat, in seconds; it doubles each time and
            the wait is a random part of it (full jitter).
        max_delay: upper bound of any such wait, in seconds.
        patience: how long a call may wait for its turn when the portal limits it, in seconds;
            afterwards `RateLimited` or `OperationTimeLimit` is raised. Lists and `apply` wait as
            long as it takes.
        merge: whether calls that would have to wait share requests; None decides by method:
            calls that create or upload something are never merged.
        idempotent: whether a call may be repeated after its answer was lost; None decides by
            method: only what reads may.
        validate: whether calls are held against the documentation before they are sent: unknown
            methods and parameters, required ones that are missing, and values that are not
            allowed raise `MethodNotFound` or `InvalidRequest`.
        auth_connector: name of a queue of offline events, which shall not hear of what the calls
            change; ``""`` for none. Methods that go by the order of their parameters, and REST 3.0,
            do not take it. Source: protocol.md 8.6.
        logger: who is told of repeats and pauses.
    """

    timeouts: Timeouts = Timeouts()
    attempts: int = 5
    delay: float = 1.0
    max_delay: float = 30.0
    patience: float = 600.0
    merge: bool | None = None
    idempotent: bool | None = None
    validate: bool = False
    auth_connector: str = ""
    logger: logging.Logger = log

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts={self.attempts}: a call is tried at least once")
        for name in ("delay", "max_delay", "patience"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}={getattr(self, name)}: seconds cannot be negative")


DEFAULT_OPTIONS: Final = Options()
