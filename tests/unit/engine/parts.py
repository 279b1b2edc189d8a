"""What tests of the engine share: an app without a server, and attempts without a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bitrix_events import App, RetryPolicy, Settings
from bitrix_events.engine.attempt import Attempts
from bitrix_events.engine.verdicts import Outcome
from bitrix_events.engine.weather import Weather
from bitrix_events.errors import InstallationGone, StoreError
from bitrix_events.occasion import Occasions
from bitrix_events.store.memory import MemoryInstallations
from bitrix_events.store.records import Claim, Delivery, Installation

INSTALLATION = Installation("acme", "acme", "acme.bitrix24.com")


def app_of(*, retry: RetryPolicy | None = None, timeout: float = 30.0, **options: Any) -> App:
    """An app of one portal that nobody is going to call."""
    webhook = {
        "webhook_url": "https://acme.bitrix24.com/rest/1/code/",
        "application_token": "application-token",
    }
    return App(Settings.load(**{**webhook, **options}), retry=retry, timeout=timeout)


def claim_of(
    handler: str,
    *,
    code: str = "ONCRMDEALADD",
    data: object = None,
    attempt: int = 1,
    portal: str = "acme",
    age: timedelta = timedelta(0),
    **changes: Any,
) -> Claim:
    """A claim as the store gives it."""
    now = datetime.now(UTC)
    delivery = Delivery(
        7,
        portal,
        code,
        {"FIELDS": {"ID": "7"}} if data is None else data,
        "deal:7",
        now,
        now,
        1,
        1,
        handler=handler,
        attempt=attempt,
    )
    return replace(Claim(delivery, 70, 700, 1, age.total_seconds()), **changes)


class Known(MemoryInstallations):
    """Stands for a store that knows one portal, unless it fails."""

    error: StoreError | None = None

    async def installation(self, portal: str) -> Installation | None:
        if self.error is not None:
            raise self.error
        return INSTALLATION if portal == "acme" else None


class Runner:
    """Runs attempts, and holds them.

    Attributes:
        left: outcomes of attempts whose handlers went on.
        has_gone: what is answered to whether a portal's work has to wait now.
    """

    is_stopping = False

    def __init__(self) -> None:
        self.left: list[Outcome] = []
        self.has_gone = False
        self.weather = Weather()
        self.store = Known()
        self.attempts: Attempts

    def leave(self, outcome: Outcome) -> None:
        self.left.append(outcome)

    async def gone(self, portal: str, error: InstallationGone) -> bool:
        return self.has_gone

    async def run(self, claim: Claim) -> Outcome:
        return await self.attempts.run(claim, self)


@asynccontextmanager
async def running(app: App, *, sync_threads: int = 4) -> AsyncIterator[Runner]:
    """Attempts at the handlers of an app."""
    runner = Runner()
    async with app._connections(runner.store) as connections:
        handlers: Mapping[str, Any] = {h.name: app._surrounded(h) for h in app.handlers}
        runner.attempts = Attempts(
            handlers,
            app._providers,
            sync_threads=sync_threads,
            occasion_of=Occasions(runner.store, connections).of,
            gone=runner.gone,
            weather=runner.weather,
        )
        yield runner
