"""Watchdog: names the handler that blocks the event loop of all the others."""

from __future__ import annotations

import asyncio
import logging
import sys
import sysconfig
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Final, Self

log = logging.getLogger(__name__)

_PACKAGE: Final = str(Path(__file__).parents[1])
_PATHS: Final = sysconfig.get_paths()
_STANDARD: Final = (_PATHS["stdlib"], _PATHS["platstdlib"], _PACKAGE, "<frozen")
_INSTALLED: Final = (_PATHS["purelib"], _PATHS["platlib"])


class Watchdog:
    """Asks an event loop from a thread whether it still turns, and says so when it does not.

    Used as ``with`` on the loop's own thread.

    Args:
        seconds: how long a loop may stand still.
        every: seconds between two looks.
    """

    def __init__(self, *, seconds: float = 1.0, every: float = 0.5) -> None:
        self._seconds = seconds
        self._every = every
        self._loop = asyncio.get_running_loop()
        self._watched = threading.get_ident()
        self._ended = threading.Event()
        self._asked_at = 0.0
        self._has_answered = True
        self._has_barked = False
        self._thread = threading.Thread(
            target=self._watch, name="bitrix-events-watchdog", daemon=True
        )

    @property
    def trouble(self) -> str:
        """What keeps the loop from turning, in one line; ``""`` if nothing does."""
        if not self._has_barked:
            return ""
        return self._culprit(time.monotonic() - self._asked_at)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _watch(self) -> None:
        while True:
            began = time.monotonic()
            if self._ended.wait(self._every):
                return
            now = time.monotonic()
            if now - began < self._every + self._seconds:  # else nothing ran, not even this
                self._look(now)

    def _look(self, now: float) -> None:
        stood_still = now - self._asked_at
        if self._has_answered:
            if self._has_barked:
                self._has_barked = False
                log.warning("the event loop of the handlers turns again")
            self._has_answered, self._asked_at = False, now
            try:
                self._loop.call_soon_threadsafe(self._answer)
            except RuntimeError:  # it was closed meanwhile
                self._ended.set()
        elif stood_still >= self._seconds and not self._has_barked:
            self._has_barked = True
            log.error(
                "%s: all other async handlers wait; run what blocks in a `def` handler or in"
                " asyncio.to_thread",
                self._culprit(stood_still),
                extra={"action": "blocked", "handler": self._handler()},
            )

    def _answer(self) -> None:
        self._has_answered = True

    def _culprit(self, seconds: float) -> str:
        frame = sys._current_frames().get(self._watched)
        where = f" at {_place(frame)}" if frame is not None else ""
        return f"{self._handler()} blocks the event loop for {seconds:.1f} s{where}"

    def _handler(self) -> str:
        """The name of the task that runs now, which is that of its handler."""
        task = asyncio.current_task(self._loop)
        return task.get_name() if task is not None else "something"


def _place(frame: FrameType) -> str:
    """File and line of the user's code that runs, and of the library that it has called."""
    own = _innermost(frame, _STANDARD + _INSTALLED) or _innermost(frame, _STANDARD)
    if own is None or own is frame:
        return _line(frame)
    return f"{_line(own)} (in {_line(frame)})"


def _innermost(frame: FrameType, others: tuple[str, ...]) -> FrameType | None:
    found: FrameType | None = frame
    while found is not None and found.f_code.co_filename.startswith(others):
        found = found.f_back
    return found


def _line(frame: FrameType) -> str:
    code = frame.f_code
    return f"{code.co_filename}:{frame.f_lineno} in {code.co_name}"
