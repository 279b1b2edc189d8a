"""A store with a delivery of every fate, for tests of the commands that look into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bitrix_events.store.records import (
    InstallationState,
    NewDelivery,
    State,
    Target,
    Verdict,
)
from bitrix_events.store.sqlite.store import SqliteStore
from tests.cli.stores import in_store, installed

ACME, BETA = "a1" * 16, "b2" * 16


def fill(folder: Path) -> None:
    """Deliveries 1 to 8, of two portals: see `_fill`."""
    in_store(folder, _fill)


async def put(
    store: SqliteStore, portal: str, code: str, entity: str | None, *handlers: str, **more: Any
) -> None:
    """Store a delivery for these handlers."""
    number = entity.rpartition(":")[2] if entity else ""
    data = more.pop("data", {"FIELDS": {"ID": number}})
    targets = [Target(handler) for handler in handlers]
    await store.put(NewDelivery(portal, code, data, entity, **more), targets)


async def run(store: SqliteStore, **verdicts: Verdict) -> None:
    """Run everything that is due; what has no verdict is done."""
    for claim in await store.claim(limit=100, per_portal=100):
        name = claim.delivery.handler.rpartition(".")[2]
        assert await store.settle(claim, verdicts.get(name, Verdict(State.DONE)))


async def _fill(store: SqliteStore) -> None:
    await store.save_installation(installed(ACME, "acme.bitrix24.com"))
    await store.save_installation(
        installed(
            BETA,
            "beta.bitrix24.de",
            state=InstallationState.BLOCKED,
            reason="PAYMENT_REQUIRED",
            paused=True,
        )
    )
    # 1: one handler is done, the other one tries again in an hour.
    await put(
        store, ACME, "ONCRMDEALADD", "deal:7", "app.welcome", "app.flaky", identity="deal 7 added"
    )
    await run(store, flaky=Verdict(State.WAITING, "ValueError: [red]odd[/red]", 3600))
    # 2: tells the same.
    await put(
        store, ACME, "ONCRMDEALADD", "deal:7", "app.welcome", "app.flaky", identity="deal 7 added"
    )
    # 3 is merged into 4, which was dropped by its handler.
    await put(store, ACME, "ONCRMDEALUPDATE", "deal:7", "app.invoice", merges=True)
    await put(store, ACME, "ONCRMDEALUPDATE", "deal:7", "app.invoice", merges=True)
    await run(store, invoice=Verdict(State.SKIPPED, "not won yet"))
    # 5 waits for its portal, 6 for a handler.
    await put(store, BETA, "ONIMCONNECTORMESSAGEADD", None, "app.message")
    await put(store, ACME, "ONCRMLEADADD", "lead:9")
    # 7 is dead. 8 stands behind 1.
    await put(store, ACME, "ONCRMCONTACTADD", "contact:3", "app.dies")
    await run(store, dies=Verdict(State.DEAD, "GiveUp: without a name"))
    await put(store, ACME, "ONCRMDEALDELETE", "deal:7", "app.flaky")
