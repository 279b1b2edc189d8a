"""Who only waits for a portal, and with whom it shares a request, stands aside: it takes no place.

Whoever makes a call tells this to the one for whom the call is made, whom it does not know: the
execution of a handler, by a context variable. A call for nobody tells nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Protocol


class Waits(Protocol):
    """For whom calls are made."""

    def steps_aside(self) -> None:
        """It waits for company. Of several calls that are made at once each says so."""

    def steps_back(self) -> None:
        """One of the calls that waited for company has its answer."""

    def goes_alone(self) -> None:
        """It makes a call that shares no request, whoever else waits."""

    def has_followers(self) -> bool:
        """Whether others like it are about to begin."""


CALLER: Final[ContextVar[Waits | None]] = ContextVar("CALLER", default=None)
"""For whom the calls of this context are made."""


@contextmanager
def aside() -> Iterator[None]:
    """For the length of the block the caller stands aside."""
    caller = CALLER.get()
    if caller is None:
        yield
        return
    caller.steps_aside()
    try:
        yield
    finally:
        caller.steps_back()


def alone() -> None:
    """Say that the caller makes a call that shares no request."""
    caller = CALLER.get()
    if caller is not None:
        caller.goes_alone()


def has_followers() -> bool:
    """Whether others like the caller are about to make such calls."""
    caller = CALLER.get()
    return caller is not None and caller.has_followers()
