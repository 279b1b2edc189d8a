"""Log lines: text for people, JSON for machines. Used by the command line only."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

_COLOURS = {"WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[31;1m"}
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), 127)}
"""What senders put into a log line must not move the cursor. Tracebacks keep their lines."""
_PLAIN = "\x1b[0m"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class TextFormatter(logging.Formatter):
    """``12:00:01 message``; warnings and errors say so, in colour on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        text = super().format(record).translate(_CONTROLS)
        if record.levelno < logging.WARNING:
            return f"{moment} {text}"
        level = record.levelname.lower()
        if sys.stderr.isatty():
            level = f"{_COLOURS.get(record.levelname, '')}{level}{_PLAIN}"
        return f"{moment} {level}: {text}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with everything that was passed as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        content: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        content |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            content["exception"] = self.formatException(record.exc_info)
        return json.dumps(content, ensure_ascii=False, default=str)


def log_config(level: str, style: Literal["text", "json"] | None) -> dict[str, Any]:
    """A configuration for `logging.config.dictConfig`.

    Args:
        style: None chooses text on a terminal, else JSON.
    """
    chosen = style or ("text" if sys.stderr.isatty() else "json")
    formatter = TextFormatter if chosen == "text" else JsonFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": f"{formatter.__module__}.{formatter.__name__}"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
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
