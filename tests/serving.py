"""An app and a fake portal on real sockets, for tests that need both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from bitrix_events import App, Settings
from bitrix_events.settings import PREFIX
from bitrix_events.store.records import DeliveryView, Query
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from bitrix_events.testing.serving import serve_on_socket

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATIENCE: Final = 60.0
"""Seconds that a busy machine may take for what an idle one does at once."""


def settings_for(portal: FakePortal, store: Path, *, mode: str, **options: Any) -> Settings:
    """Settings of an app that works with this portal."""
    assert mode in ("app", "webhook")
    variables = portal.environment(mode="app" if mode == "app" else "webhook")
    connected: dict[str, Any] = {
        name.removeprefix(PREFIX).lower(): value for name, value in variables.items()
    }
    return Settings.load(**{**connected, "store": f"sqlite:///{store}", **options})


@dataclass
class Served:
    """An app that runs, and how to talk to it."""

    url: str
    http: httpx.AsyncClient
    store: Path

    async def post(self, path: str, body: bytes, **headers: str) -> httpx.Response:
        return await self.http.post(path, content=body, headers={**FORM, **headers})

    async def deliveries(self) -> list[DeliveryView]:
        """What is stored, oldest first."""
        store = SqliteStore(self.store, mode="look")
        await store.open()
        try:
            return list(reversed(await store.find(Query(), limit=10_000)))
        finally:
            await store.close()


@asynccontextmanager
async def served(app: App, store: Path, *, port: int = 0) -> AsyncIterator[Served]:
    """Run an app for the length of the block; on a free port, unless one is given."""
    async with serve_on_socket(app, lifespan=True, port=port) as address:
        url = f"http://{address}"
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http:
            yield Served(url, http, store)


async def a_moment() -> None:
    """Let everybody who can go on go on, however long the machine stops meanwhile."""
    for _ in range(50):
        await asyncio.sleep(0.001)


async def eventually(
    condition: Callable[[], Awaitable[bool]] | Callable[[], bool], *, seconds: float = PATIENCE
) -> None:
    """Wait until a condition holds; fail if it does not."""
    async with asyncio.timeout(seconds):
        while True:
            held = condition()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.01)
