"""Log lines about decisions: one for every delivery that is stored, one for every attempt.

They are as many as the events, and `logging` would spend more on them than the store does. So where
nobody but a `DirectHandler` would get such a line, it is given without a ``LogRecord``.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import FunctionType
from typing import Final


def _as_shipped(name: str) -> object:
    """A method of all loggers, or None if somebody has put another in its place."""
    method = getattr(logging.Logger, name)
    is_own = type(method) is FunctionType and method.__code__.co_filename == _LOGGING_FILE
    return method if is_own else None


_LOGGING_FILE: Final = logging.getLogger.__code__.co_filename
_MAKE, _HANDLE, _CALL = map(_as_shipped, ("makeRecord", "handle", "callHandlers"))


class DirectHandler(logging.Handler, ABC):
    """A handler that takes lines without a record, too."""

    @property
    @abstractmethod
    def is_direct(self) -> bool:
        """Whether it does so at present."""

    @abstractmethod
    def take(
        self, created: float, level: int, name: str, message: str, extra: Mapping[str, object]
    ) -> None:
        """Write a line.

        Args:
            created: seconds since 1970.
            name: of the logger.
        """


def log_decision(
    log: logging.Logger, level: int, message: str, extra: Mapping[str, object]
) -> None:
    """``log.log(level, message, extra=extra)``. The caller has asked ``isEnabledFor``."""
    handler = _only_handler(log)
    if handler is None:
        log.log(level, "%s", message, extra=extra)
    elif level >= handler.level:
        handler.take(time.time(), level, log.name, message, extra)


def _only_handler(log: logging.Logger) -> DirectHandler | None:
    """The direct handler of a logger, if no other handler and no filter wants its records."""
    if log.filters or _is_watched(log):
        return None
    found = None
    logger: logging.Logger | None = log
    while logger is not None:
        for handler in logger.handlers:
            if found is not None or not isinstance(handler, DirectHandler) or handler.filters:
                return None
            if not handler.is_direct:
                return None
            found = handler
        logger = logger.parent if logger.propagate else None
    return found


def _is_watched(log: logging.Logger) -> bool:
    """Whether somebody has put himself between loggers and handlers, as error trackers do."""
    loggers = logging.Logger
    return (
        loggers.callHandlers is not _CALL
        or loggers.handle is not _HANDLE
        or loggers.makeRecord is not _MAKE
        or type(log) is not loggers
        or logging.getLogRecordFactory() is not logging.LogRecord
    )
