"""How much of a list one request asks for, and how much of it may be in memory at a time.

A portal ends a request after 60 s, and an answer may have 16 MiB (protocol.md 5.3). How long a page
takes and how large it is are learned from those that came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bitrix_events.errors import AnswerTooLarge, RestError
from bitrix_events.rest.batch import BATCH_SECONDS, BATCH_SIZE
from bitrix_events.rest.codec import dump_json
from bitrix_events.rest.pace import MethodTimes
from bitrix_events.rest.rows import Row

_REQUEST_BYTES: Final = 8 * 1024 * 1024
_BYTES_AHEAD: Final = 8 * 1024 * 1024
_MEMORY_AHEAD: Final = 3 * 1024 * 1024
_ROW_MEMORY: Final = 200
_BYTE_MEMORY: Final = 4
"""Memory that a row takes, and each byte of its JSON: a row of a few numbers is mostly overhead."""
_REQUESTS_AHEAD: Final = 2
"""At least: so that a portal may take a second for each and still be asked twice a second."""
_PAGES_AHEAD: Final = 30 * BATCH_SIZE


class Budget:
    """What the reading of one list may ask for.

    Args:
        batches: whether a request can hold more than one page.
    """

    def __init__(self, times: MethodTimes, method: str, *, batches: bool) -> None:
        self._times = times
        self._method = method.lower()
        self._ceiling = self._most = BATCH_SIZE if batches else 1
        self._page_bytes = 0.0
        self._page_rows = 0

    @property
    def request_pages(self) -> int:
        """How many pages one request may ask for."""
        seconds = self._times.typical_seconds(self._method)
        by_time = int(BATCH_SECONDS / seconds) if seconds else BATCH_SIZE
        by_size = int(_REQUEST_BYTES / self._page_bytes) if self._page_bytes else BATCH_SIZE
        return max(min(self._most, by_time, by_size), 1)

    @property
    def pages_ahead(self) -> int:
        """How many pages may be under way or wait for the one who reads."""
        by_size = int(_BYTES_AHEAD / self._page_bytes) if self._page_bytes else _PAGES_AHEAD
        return max(min(_PAGES_AHEAD, by_size), _REQUESTS_AHEAD * self.request_pages)

    @property
    def decoded_pages(self) -> int:
        """How many of those may be decoded; the others stay the bytes that came."""
        memory = self._page_bytes * _BYTE_MEMORY + self._page_rows * _ROW_MEMORY
        by_size = int(_MEMORY_AHEAD / memory) if memory else _PAGES_AHEAD
        return max(by_size, self.request_pages)

    def learn(self, page: Sequence[Row]) -> None:
        """Learn from a page how large they are. The first one is measured, of others one row."""
        if not page:
            return
        self._page_rows = max(self._page_rows, len(page))
        if not self._page_bytes:
            self._page_bytes = float(len(dump_json(list(page))))
        else:
            size = len(dump_json(page[0])) * len(page)
            self._page_bytes += (size - self._page_bytes) * 0.1

    def failed(self, error: RestError, pages: int) -> None:
        """Learn that a request for so many pages failed: perhaps half of them are not too much.

        Requests that were under way together and fail together teach that once.
        """
        half = max(pages // 2, 1)
        if isinstance(error, AnswerTooLarge):
            self._ceiling = min(self._ceiling, half)
        if isinstance(error, AnswerTooLarge) or error.maybe_executed:
            self._most = min(self._most, half)

    def succeeded(self, pages: int) -> None:
        """Learn that a request for so many pages was answered: more may do."""
        if pages >= self._most:
            self._most = min(self._most * 2, self._ceiling)
