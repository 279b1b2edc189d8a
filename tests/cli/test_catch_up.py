"""`bitrix-events catch-up`: what was missed becomes deliveries, beside an app that may run."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bitrix_events.store.records import DeliveryView, Query
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.cli.conftest import Command
from tests.cli.stores import KEY, installed_on, save, use_store
from tests.cli.test_cli import error_of

APP_TEXT = """
from bitrix_events import App
from bitrix_events.events import Deal, OnCrmDealAdd, OnCrmDealDelete, OnCrmLeadAdd

app = App()


@app.on(OnCrmDealAdd, OnCrmDealDelete, catch_up=True)
async def welcome(deal_id: object = None) -> None: ...


@app.on(OnCrmLeadAdd)
async def call_back() -> None: ...
"""

Run = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


@pytest.fixture
async def portal() -> AsyncIterator[FakePortal]:
    async with FakePortal().serve() as portal:
        yield portal


@pytest.fixture
async def catch_up(command: Command, tmp_path: Path, portal: FakePortal) -> Run:
    """`bitrix-events catch-up tested:app`, where the portal has installed the app."""
    (tmp_path / "tested.py").write_text(APP_TEXT)
    settings = portal.environment(mode="app", secret_key=KEY)
    await asyncio.to_thread(save, tmp_path, installed_on(portal))

    def run(*options: str, **more: str) -> Awaitable[subprocess.CompletedProcess[str]]:
        arguments = ("catch-up", "tested:app", *options)
        return asyncio.to_thread(command, *arguments, folder=tmp_path, **settings | more)

    return run


async def stored(folder: Path) -> list[str]:
    async def look(store: SqliteStore) -> list[DeliveryView]:
        return await store.find(Query(), limit=100)

    return [
        f"{view.delivery.code} {view.delivery.entity} {view.executions[0].handler}"
        for view in await use_store(folder, look)
    ]


async def test_what_was_missed_is_delivered_once(
    portal: FakePortal, catch_up: Run, tmp_path: Path
) -> None:
    deal = portal.add("deal")

    first = await catch_up("--since", "1h")
    again = await catch_up("--since", "1h")

    assert "left out, as it cannot be listed: ONCRMDEALDELETE" in first.stdout
    assert f"{portal.domain}\n  deal: 1 changed since " in first.stdout
    assert "deliveries made: 1\n" in first.stdout
    assert "The app is not running: they run after its next start." in first.stdout
    assert "deliveries made: 0\n" in again.stdout
    assert await stored(tmp_path) == [f"ONCRMDEALADD deal:{deal} app.welcome"]


async def test_what_is_forgotten_and_may_come_again_is_said(catch_up: Run) -> None:
    assert "forgotten" not in (await catch_up("--since", "13d")).stdout

    result = await catch_up("--since", "1900-01-01")

    assert "What was handled more than 14 days ago (BITRIX_EVENTS_RETENTION_DAYS)" in result.stdout
    assert (result.returncode, result.stderr) == (0, "")


async def test_without_a_beginning_it_is_said_what_to_give(catch_up: Run) -> None:
    first = await catch_up()
    again = await catch_up()

    assert "deal: nothing to go on from; say --since" in first.stdout
    assert "deal: 0 changed since" in again.stdout


async def test_a_handler_can_be_named(portal: FakePortal, catch_up: Run, tmp_path: Path) -> None:
    lead = portal.add("lead")

    done = await catch_up("--since", "1h", "--handler", "app.call_back", "--portal", portal.domain)

    assert done.returncode == 0
    assert await stored(tmp_path) == [f"ONCRMLEADADD lead:{lead} app.call_back"]


async def test_a_handler_that_is_named_takes_nothing_from_the_others(
    portal: FakePortal, catch_up: Run
) -> None:
    named = await catch_up("--handler", "app.welcome")
    others = await catch_up()

    assert "deal: nothing to go on from; say --since\n" in named.stdout
    assert "deal: nothing to go on from; say --since" in others.stdout


async def test_a_slip_in_the_name_of_a_handler_is_answered(catch_up: Run) -> None:
    failed = await catch_up("--handler", "app.call_bak")

    assert "there is no handler app.call_bak; did you mean app.call_back?" in error_of(failed)


async def test_one_portal_that_fails_does_not_keep_the_others_waiting(
    portal: FakePortal, catch_up: Run, tmp_path: Path
) -> None:
    portal.add("deal")
    async with FakePortal(domain="beta.bitrix24.test").serve() as beta:
        await asyncio.to_thread(save, tmp_path, installed_on(beta))
        beta.fail_next("server.time", "ACCESS_DENIED", times=9)

        hosts = f"{portal.domain},{beta.domain}"
        done = await catch_up("--since", "1h", BITRIX_EVENTS_ALLOWED_HOSTS=hosts)

    assert done.returncode == 1
    assert "failed" in done.stdout
    assert "deliveries made: 1" in done.stdout
