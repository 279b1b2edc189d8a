"""What has to be done for installations from time to time, without any event.

Source: protocol.md 3.3.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bitrix_events.errors import BitrixEventsError
from bitrix_events.portals.tokens import OAuthAccess
from bitrix_events.store.base import Store
from bitrix_events.store.records import Installation, InstallationState

log = logging.getLogger(__name__)

_SIDE_BY_SIDE: Final = 8
EVERY_SECONDS: Final = 3600.0
_ASK_BLOCKED: Final = timedelta(days=1)
_IDLE: Final = timedelta(days=60)
_IDLE_JITTER: Final = timedelta(days=30)


class Upkeep:
    """Subscribes portals to what the handlers need by now, deletes what is to be forgotten, asks
    blocked portals whether they work for us again, and keeps the tokens of portals alive that have
    been silent for months.

    Args:
        access: opens a portal.
        subscribe: brings the subscriptions of an active installation up to date.
        keep: how long tokens are kept after the app was removed.
    """

    def __init__(
        self,
        store: Store,
        access: Callable[[str], OAuthAccess],
        subscribe: Callable[[Installation], Awaitable[None]],
        *,
        keep: timedelta,
    ) -> None:
        self._store = store
        self._access = access
        self._subscribe = subscribe
        self._keep = keep
        self._asked: dict[str, datetime] = {}

    async def once(self) -> None:
        """Look after every installation."""
        now = datetime.now(UTC)
        try:
            installations: Collection[Installation] = await self._store.installations()
        except BitrixEventsError as error:
            log.error("cannot look after the portals: %s", error)
            return
        except Exception:  # the next round may do better
            log.exception("cannot look after the portals")
            return
        waiting = iter(installations)

        async def work() -> None:
            for installation in waiting:
                try:
                    await self._look_after(installation, now)
                except BitrixEventsError as error:
                    log.warning("cannot look after %s: %s", installation.domain, error)
                except Exception:  # the others need it all the same
                    log.exception("cannot look after %s", installation.domain)

        async with asyncio.TaskGroup() as group:
            for _ in range(_SIDE_BY_SIDE):
                group.create_task(work())

    async def _look_after(self, installation: Installation, now: datetime) -> None:
        portal, state = installation.portal, installation.state
        if installation.purge_at is not None and installation.purge_at <= now:
            # Unless it was installed again since we have read it.
            if await self._store.forget(portal, version=installation.version):
                log.info("all that was stored about %s is deleted", installation.domain)
        elif state is InstallationState.DELETED:
            since = installation.since or now
            if installation.tokens is not None and since + self._keep <= now:
                await self._store.save_installation(replace(installation, tokens=None))
        elif state is InstallationState.BLOCKED:
            if self._asked.get(portal, installation.since or now) + _ASK_BLOCKED <= now:
                self._asked[portal] = now
                await self._access(portal).revive()
        elif state is InstallationState.ACTIVE:
            if _is_idle(installation, now):
                access = self._access(portal)
                await access.renew(await access.authorize())
            if not installation.paused:
                await self._subscribe(installation)


def _is_idle(installation: Installation, now: datetime) -> bool:
    """Whether the tokens are so old that they should be renewed, lest they end. Portals that were
    installed on the same day do not come on the same day."""
    if installation.tokens is None:
        return False
    jitter = _IDLE_JITTER * (zlib.crc32(installation.portal.encode()) / 2**32)
    return installation.tokens.expires_at + _IDLE + jitter <= now
