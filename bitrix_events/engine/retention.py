"""Retention: what is over and old is deleted, a little at a time."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from bitrix_events.store.base import Store

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 3600.0
FIRST_SECONDS: Final = 30.0
"""Not at once, when there is other work to do."""
_AT_ONCE: Final = 200
_PAUSE_SECONDS: Final = 0.1


class Retention:
    """Deletes deliveries that nothing waits for, and what else has outlived its use.

    Args:
        keep: how long deliveries are kept; None for ever.
    """

    def __init__(self, store: Store, keep: timedelta | None) -> None:
        self._store = store
        self._keep = keep

    async def once(self) -> int:
        """Delete what is old by now; how many deliveries that was."""
        await self._store.tidy()
        if self._keep is None:
            return 0
        before = datetime.now(UTC) - self._keep
        deleted = 0
        while True:
            step = await self._store.prune(before, limit=_AT_ONCE)
            deleted += step
            if step < _AT_ONCE:
                break
            await asyncio.sleep(_PAUSE_SECONDS)  # others want to write, too
        if deleted:
            log.info(
                "%d deliveries of before %s are deleted",
                deleted,
                f"{before:%Y-%m-%d %H:%M}",
                extra={"action": "pruned"},
            )
        return deleted
