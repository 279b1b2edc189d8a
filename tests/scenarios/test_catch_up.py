"""An app that was away makes up for what it has missed when it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitrix_events import App, Settings
from bitrix_events.events import Deal, OnCrmDealAdd, OnCrmDealDelete
from bitrix_events.store.records import WEBHOOK_PORTAL
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import AppTest, FakePortal
from tests.cli.stores import KEY
from tests.ports import free_port
from tests.serving import eventually, served, settings_for


def app_of(settings: Settings, seen: list[str]) -> App:
    app = App(settings)

    @app.on(OnCrmDealAdd, catch_up=True)
    async def note(deal: Deal) -> None:
        seen.append(deal.title)

    @app.on(OnCrmDealAdd)
    async def does_not_mind(deal: Deal) -> None:
        seen.append(f"{deal.title} too")

    return app


async def has_begun(store: Path) -> bool:
    """Whether the app has noted that it is told of everything from now on."""
    opened = SqliteStore(store, mode="look")
    await opened.open()
    try:
        return await opened.mark(WEBHOOK_PORTAL, "caught up deal") is not None
    finally:
        await opened.close()


async def test_what_was_missed_is_handled_once_after_the_next_start(tmp_path: Path) -> None:
    store, port, seen = tmp_path / "app.db", free_port(), list[str]()
    async with FakePortal().serve() as portal:
        portal.outgoing_webhook(f"http://127.0.0.1:{port}/events", "ONCRMDEALADD")
        settings = settings_for(portal, store, mode="webhook")

        async with served(app_of(settings, seen), store, port=port):
            await eventually(lambda: has_begun(store))
            portal.add("deal", TITLE="heard of")
            await eventually(lambda: len(seen) == 2)
        portal.add("deal", TITLE="missed")
        await portal.settled()
        async with served(app_of(settings, seen), store, port=port):
            await eventually(lambda: len(seen) == 3)
            portal.add("deal", TITLE="later")
            await eventually(lambda: len(seen) == 5)

    assert seen[2] == "missed"
    assert sorted(seen) == ["heard of", "heard of too", "later", "later too", "missed"]


async def test_a_portal_that_has_just_installed_the_app_is_caught_up_with_too(
    tmp_path: Path,
) -> None:
    store, port, seen = tmp_path / "app.db", free_port(), list[str]()
    url = f"http://127.0.0.1:{port}"
    async with FakePortal().serve() as portal:
        settings = settings_for(portal, store, mode="app", public_url=url, secret_key=KEY)
        async with served(app_of(settings, seen), store, port=port):
            await portal.install(f"{url}/install")
            await eventually(lambda: "ONCRMDEALADD" in {b.event for b in portal.bindings})
            portal.add("deal", TITLE="heard of")
            await eventually(lambda: len(seen) == 2)
        portal.add("deal", TITLE="missed")
        await portal.settled()
        async with served(app_of(settings, seen), store, port=port):
            await eventually(lambda: len(seen) == 3)

    assert seen[2] == "missed"


async def test_what_can_never_be_made_up_for_is_told(caplog: pytest.LogCaptureFixture) -> None:
    app = App()

    @app.on(OnCrmDealDelete, catch_up=True)
    async def note() -> None: ...

    async with AppTest(app):
        assert "catch_up=True: ONCRMDEALDELETE leave nothing that could be listed" in caplog.text
