"""`bitrix-events dev --offline`: what it needs, and what it leaves behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bitrix_events import App, Client
from bitrix_events.cli.dev import begin, end
from bitrix_events.events import Deal, OnCrmDealAdd
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.cli.conftest import Command
from tests.cli.stores import installed_on
from tests.cli.test_cli import GOOD_APP, WEBHOOKS, error_of
from tests.serving import settings_for

URL = "https://app.test/events"


@pytest.fixture
async def portal() -> AsyncIterator[FakePortal]:
    async with FakePortal().serve() as portal:
        yield portal


def developed(portal: FakePortal, folder: Path) -> App:
    app = App(settings_for(portal, folder / "app.db", mode="app"))

    @app.on(OnCrmDealAdd)
    async def welcome(deal: Deal) -> None: ...

    app.develop_offline()
    return app


async def keep(app: App, portal: FakePortal, **known: Any) -> None:
    """The portal has installed the app."""
    store = app._chosen_store("all")
    assert isinstance(store, SqliteStore)
    await store.open()
    assert await store.save_installation(installed_on(portal, **known))
    await store.close()


async def remembered(app: App, portal: FakePortal) -> tuple[str, tuple[str, ...]]:
    async with app.installations() as store:
        known = await store.installation(portal.member_id)
    assert known is not None
    return known.bound_url, known.bound_codes


async def bind_unnamed(portal: FakePortal, code: str) -> None:
    async with Client(portal.rest_url, token=portal.issue_tokens().access_token) as client:
        await client.call("event.bind", event=code, event_type="offline")


def kept(portal: FakePortal) -> list[tuple[str, str]]:
    return sorted((b.event, b.connector_id) for b in portal.bindings if b.offline)


async def test_a_session_has_a_queue_of_its_own_and_leaves_everything_else(
    portal: FakePortal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = developed(portal, tmp_path)
    await keep(app, portal, bound_url=URL, bound_codes=("ONCRMLEADADD", "ONTASKADD@bitrix_events"))

    before = await begin(app, 8000)
    during = kept(portal)
    await end(app, before)

    assert during == [("ONCRMDEALADD", "bitrix_events_dev")]
    assert kept(portal) == []
    assert await remembered(app, portal) == (URL, ("ONCRMLEADADD", "ONTASKADD@bitrix_events"))
    assert f"{portal.domain} keeps ONCRMDEALADD" in capsys.readouterr().err


async def test_what_a_killed_session_has_left_ends_with_the_next(
    portal: FakePortal, tmp_path: Path
) -> None:
    app = developed(portal, tmp_path)
    await keep(app, portal)
    await begin(app, 8000)

    await end(app, await begin(app, 8000))

    assert kept(portal) == []
    assert (await remembered(app, portal))[1] == ()


async def test_without_names_what_the_app_itself_needs_stays(
    portal: FakePortal, tmp_path: Path
) -> None:
    app = developed(portal, tmp_path)
    portal.features["rest_auth_connector"] = "N"
    await bind_unnamed(portal, "ONTASKADD")
    await keep(app, portal, bound_codes=("ONTASKADD@",))

    before = await begin(app, 8000)
    during = kept(portal)
    await end(app, before)

    assert during == [("ONCRMDEALADD", ""), ("ONTASKADD", "")]
    assert kept(portal) == [("ONTASKADD", "")]


async def test_a_plan_without_offline_events_is_said(
    portal: FakePortal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = developed(portal, tmp_path)
    portal.features["rest_offline_extended"] = "N"
    await keep(app, portal)

    await begin(app, 8000)

    assert "its plan has no offline events; nothing will come" in capsys.readouterr().err


async def test_without_a_portal_it_says_how_to_get_one(
    portal: FakePortal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = developed(portal, tmp_path)

    assert await begin(app, 8123) == {}
    await end(app, {})

    assert "http://localhost:8123/oauth/start?portal=" in capsys.readouterr().err.replace("\n", "")


def test_a_portal_that_is_reached_by_webhooks_cannot_keep_events(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "good.py").write_text(GOOD_APP)

    failed = command("dev", "good:app", "--offline", folder=tmp_path, **WEBHOOKS)

    assert "--offline needs an app that portals install" in error_of(failed)
