"""`bitrix-events dev --offline`: real events on a machine that no portal reaches."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.cli.conftest import environment
from tests.cli.stores import KEY, installed_on, saved, use_store
from tests.serving import PATIENCE, eventually

pytestmark = pytest.mark.process

APP_TEXT = """
from bitrix_events import App
from bitrix_events.events import Deal, OnCrmDealAdd

app = App()


@app.on(OnCrmDealAdd)
async def welcome(deal: Deal) -> None:
    print(f"welcome {deal.id}", flush=True)
"""


@pytest.fixture
async def portal() -> AsyncIterator[FakePortal]:
    async with FakePortal().serve() as portal:
        yield portal


def kept(portal: FakePortal) -> list[tuple[str, str]]:
    return [(b.event, b.connector_id) for b in portal.bindings if b.offline]


async def test_events_are_fetched_while_it_runs_and_kept_no_longer(
    portal: FakePortal, tmp_path: Path
) -> None:
    (tmp_path / "tested_app.py").write_text(APP_TEXT)
    settings = portal.environment(mode="app", secret_key=KEY)
    installation = installed_on(portal, bound_url="https://app.test/events", bound_codes=("ONX",))

    async def keep(store: SqliteStore) -> None:
        assert await store.save_installation(installation)

    await use_store(tmp_path, keep)
    output = tmp_path / "output"
    with output.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bitrix_events", "dev", "tested_app:app"),
            *("--offline", "--port", "0"),
            cwd=tmp_path,
            env=environment(**settings),
            stdout=log,
            stderr=log,
        )
    try:
        await eventually(lambda: "listening on" in output.read_text())
        deal = portal.add("deal")
        await eventually(lambda: f"welcome {deal}" in output.read_text())
        during = kept(portal)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(PATIENCE):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            raise

    text = output.read_text()
    assert during == [("ONCRMDEALADD", "bitrix_events_dev")], text
    assert kept(portal) == []
    assert f"{portal.domain} keeps ONCRMDEALADD" in text
    assert "keeps nothing more for this session" in text
    assert "Traceback" not in text
    assert code == 0
    known = await asyncio.to_thread(saved, tmp_path, portal.member_id)
    assert known is not None
    assert (known.bound_url, known.bound_codes) == ("https://app.test/events", ("ONX",))
