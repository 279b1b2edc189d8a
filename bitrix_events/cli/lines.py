"""Lines to standard error that nobody has to read for the app to go on.

A pipe whose reader has stopped takes nothing more. Whoever writes to it then is held up, and that
would be the loop that answers portals.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, TextIO

from bitrix_events.decisions import DirectHandler

_AT_ONCE: Final = 4096
"""Bytes that a pipe takes without waiting if it says that it takes anything: `PIPE_BUF`."""
_KEPT_BYTES: Final = 4 * 1024 * 1024
_FLUSH_SECONDS: Final = 1.0
_RUSH_SECONDS: Final = 0.005
_GATHERING_SECONDS: Final = 0.03


class LineFormatter(logging.Formatter, ABC):
    """Makes a line of what it says."""

    @abstractmethod
    def line(
        self, created: float, level: int, name: str, message: str, extra: Mapping[str, object]
    ) -> str:
        """See `DirectHandler.take`."""


class LineHandler(DirectHandler):
    """Writes log lines, and never waits for their reader.

    A line is written at once, unless it comes a few milliseconds after another: each system call
    gives the interpreter's lock away, and in a rush getting it back costs more than the line. Lines
    of a rush are gathered for 30 ms and written by a thread, and so are those that would have to
    wait for their reader, up to 4 MiB, in order. What is more is lost, and how much that was is
    said as soon as somebody reads again.

    Args:
        stream: standard error; None if it is closed: then nothing is written.
    """

    formatter: logging.Formatter | None

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream
        self._file, self._room = _open(stream)
        self._guard = threading.Lock()
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._lost = 0
        self._written_at = 0.0
        self._is_drained = threading.Event()
        self._is_drained.set()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except Exception:
            self.handleError(record)
            return
        self._write(text, record.levelno)

    @property
    def is_direct(self) -> bool:
        return isinstance(self.formatter, LineFormatter)

    def take(
        self, created: float, level: int, name: str, message: str, extra: Mapping[str, object]
    ) -> None:
        assert isinstance(self.formatter, LineFormatter)
        self._write(self.formatter.line(created, level, name, message, extra), level)

    def _write(self, text: str, level: int) -> None:
        if self._room is None:
            self._write_text(text)
            return
        line = text.encode("utf-8", "backslashreplace") + b"\n"
        now = time.monotonic()
        is_rush = now - self._written_at < _RUSH_SECONDS and level < logging.ERROR
        with self._guard:
            if self._is_drained.is_set() and not is_rush and self._takes(line):
                self._written_at = now
                with suppress(OSError):  # its reader has gone, or its disk is full
                    os.write(self._file, line)
            else:
                self._keep(line)

    def flush(self) -> None:
        """Give what was kept a moment to be written."""
        self._is_drained.wait(_FLUSH_SECONDS)

    def close(self) -> None:
        self.flush()
        super().close()

    def _takes(self, line: bytes) -> bool:
        """Whether the line can be written without waiting."""
        return len(line) <= _AT_ONCE and self._room is not None and bool(self._room.poll(0))

    def _write_text(self, text: str) -> None:
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.write(f"{text}\n")
                self._stream.flush()

    def _keep(self, line: bytes) -> None:
        if self._kept_bytes + len(line) > _KEPT_BYTES:
            self._lost += 1
            return
        self._kept.append(line)
        self._kept_bytes += len(line)
        if self._is_drained.is_set():
            self._is_drained.clear()
            threading.Thread(target=self._drain, name="bitrix-events-log", daemon=True).start()

    def _drain(self) -> None:
        time.sleep(_GATHERING_SECONDS)
        while lines := self._take_kept():
            with suppress(OSError):
                while lines:
                    lines = lines[os.write(self._file, lines) :]
            time.sleep(_GATHERING_SECONDS)

    def _take_kept(self) -> bytes:
        """What waits to be written; if nothing does, lines are written at once from now on."""
        with self._guard:
            if self._lost:
                self._kept.append(self._loss())
            lines = b"".join(self._kept)
            self._kept.clear()
            self._kept_bytes = self._lost = 0
            if not lines:
                self._is_drained.set()
            return lines

    def _loss(self) -> bytes:
        text = f"log lines were lost, because nobody read them: {self._lost}"
        record = logging.LogRecord(__name__, logging.WARNING, "", 0, text, None, None)
        return self.format(record).encode() + b"\n"


def _open(stream: TextIO | None) -> tuple[int, select.poll | None]:
    """The system's number of a stream, and what tells whether it takes anything.

    Without the latter, which not every system has, lines go through the stream itself.
    """
    if stream is None or not hasattr(select, "poll"):
        return -1, None
    try:
        file = stream.fileno()
    except (OSError, ValueError):  # it lives in memory only
        return -1, None
    room = select.poll()
    room.register(file, select.POLLOUT)
    return file, room
