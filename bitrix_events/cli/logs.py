"""Log lines: text for people, JSON for machines. Used by the command line only."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

import orjson

from bitrix_events.cli.lines import LineFormatter

_COLOURS: Final = {"WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[31;1m"}
_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), 127)}
"""What senders put into a log line must not move the cursor. Tracebacks keep their lines."""
_PLAIN: Final = "\x1b[0m"
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "color_message",
    "taskName",
}


class TextFormatter(LineFormatter):
    """``12:00:01 message``; warnings and errors say so, in colour on a terminal.

    Args:
        process: the name of this process, which stands in each line.
    """

    def __init__(self, process: str = "") -> None:
        super().__init__()
        self._process = f" {process}" if process else ""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return self.line(record.created, record.levelno, record.name, text, {})

    def line(
        self, created: float, level: int, name: str, message: str, extra: Mapping[str, object]
    ) -> str:
        moment = f"{_local_second(int(created))}{self._process}"
        if not message.isprintable():
            message = message.translate(_CONTROLS)
        if level < logging.WARNING:
            return f"{moment} {message}"
        word = logging.getLevelName(level)
        shown = word.lower()
        if sys.stderr.isatty():
            shown = f"{_COLOURS.get(word, '')}{shown}{_PLAIN}"
        return f"{moment} {shown}: {message}"


class JsonFormatter(LineFormatter):
    """One JSON object a line, with everything that was passed as ``extra``.

    Args:
        process: the name of this process, which stands in each line.
    """

    def __init__(self, process: str = "") -> None:
        super().__init__()
        self._process = {"process": process} if process else {}

    def format(self, record: logging.LogRecord) -> str:
        extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            extra["exception"] = self.formatException(record.exc_info)
        return self.line(record.created, record.levelno, record.name, record.getMessage(), extra)

    def line(
        self, created: float, level: int, name: str, message: str, extra: Mapping[str, object]
    ) -> str:
        second = int(created)
        content = {
            "time": f"{_utc_second(second)}.{int((created - second) * 1000):03d}Z",
            "level": logging.getLevelName(level).lower(),
            "logger": name,
            "message": message,
            **self._process,
            **extra,
        }
        try:
            return orjson.dumps(content, default=str).decode()
        except TypeError:  # half a character, or an integer of more than 64 bits
            return json.dumps(content, ensure_ascii=False, default=str)


@lru_cache(8)
def _local_second(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(second))


@lru_cache(8)
def _utc_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def log_config(
    level: str, style: Literal["text", "json"] | None, process: str = ""
) -> dict[str, Any]:
    """A configuration for `logging.config.dictConfig`.

    Args:
        process: the name of this process, if its lines are to tell it.
        style: None chooses text on a terminal, else JSON.
    """
    is_text = style == "text" or (style is None and sys.stderr is not None and sys.stderr.isatty())
    formatter = TextFormatter if is_text else JsonFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": formatter, "process": process}},
        "handlers": {
            "stderr": {
                "()": "bitrix_events.cli.lines.LineHandler",
                "stream": "ext://sys.stderr",
                "formatter": "lines",
            }
        },
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "bitrix_events": {"level": level.upper()},
            "uvicorn": {"level": "WARNING"},
        },
    }
