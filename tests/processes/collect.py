"""Fetches the offline events of one portal into a store, once, for tests that kill it meanwhile.

``python -m tests.processes.collect STORE MEMBER_ID REST_URL TOKEN``
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bitrix_events.engine.inbox import Inbox
from bitrix_events.portals.offline import OfflineEvents
from bitrix_events.rest.client import Client
from bitrix_events.store.base import Store
from bitrix_events.store.records import Admission, Installation
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.wire.envelope import Envelope


@dataclass(frozen=True)
class Wants:
    """A handler that wants offline events of deals."""

    name: str = "deals.note"
    codes: tuple[str, ...] = ("ONCRMDEALADD", "ONCRMDEALUPDATE")
    debounce: float = 0.0
    mode: str = "offline"
    portals: None = None


async def collect(store: Store, member_id: str, rest_url: str, token: str) -> int:
    """Fetch what the portal keeps; how many events that were."""
    inbox = Inbox(store, [Wants()], lambda: None)

    async def accept(envelope: Envelope, installation: Installation) -> None:
        await inbox.accept(envelope, Admission(installation), offline=True)

    @asynccontextmanager
    async def open_portal(_: str) -> AsyncIterator[Client]:
        async with Client(rest_url, token=token) as client:
            yield client

    return await OfflineEvents(store, open_portal, accept, seconds=15.0).collect(member_id)


async def main(path: str, *arguments: str) -> None:
    store = SqliteStore(Path(path))
    await store.open()
    try:
        await collect(store, *arguments)
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
