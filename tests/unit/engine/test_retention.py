"""What is old and over is deleted; what waits or is dead is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bitrix_events.engine.retention import Retention
from bitrix_events.store.records import NewDelivery, Query, State, Target, Verdict
from bitrix_events.store.sqlite.store import SqliteStore


@pytest.mark.parametrize(("keep", "left"), [(timedelta(0), 2), (timedelta(days=1), 12), (None, 12)])
async def test_settled_deliveries_are_deleted_in_steps(
    keep: timedelta | None, left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.engine.retention._AT_ONCE", 3)
    monkeypatch.setattr("bitrix_events.engine.retention._PAUSE_SECONDS", 0.0)
    store = SqliteStore(tmp_path / "app.db")
    await store.open()
    for number in range(12):
        delivery = NewDelivery("acme", "ONX", {}, f"deal:{number}")
        await store.put(delivery, [Target("handler")] if number else [Target("waits")])
    claims = [
        c for c in await store.claim(limit=20, per_portal=20) if c.delivery.handler != "waits"
    ]
    for claim in claims:
        state = State.DEAD if claim is claims[0] else State.DONE
        await store.settle(claim, Verdict(state))

    await Retention(store, keep).once()

    found = await store.find(Query(), limit=100)
    await store.close()
    assert len(found) == left
