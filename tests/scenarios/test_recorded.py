"""What an app has received is recorded, and played again in a test, without any of its secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bitrix_events import App, Event
from bitrix_events.cli.record import Redaction, fixture_of
from bitrix_events.events import OnCrmDealAdd, OnCrmDealUpdate
from bitrix_events.store.records import Delivery
from bitrix_events.testing import AppTest, FakePortal
from bitrix_events.wire.form import decode_form
from tests.ports import free_port
from tests.serving import eventually, served, settings_for

SECRETS = ("access_token", "refresh_token", "application_token", "AUTH_ID", "REFRESH_ID")


def noting(*settings: Any) -> tuple[App, list[Event]]:
    """An app that notes its events."""
    app, seen = App(*settings), list[Event]()

    @app.on(OnCrmDealAdd, OnCrmDealUpdate, "ONIMBOTMESSAGEADD", name="note")
    async def note(event: Event) -> None:
        seen.append(event)

    return app, seen


def secrets_of(portal: FakePortal) -> set[str]:
    """Whatever the portal has sent to the app that opens something."""
    found = {portal.client_secret, portal.application_token, portal.member_id}

    def search(value: Any) -> None:
        if isinstance(value, dict):
            found.update(v for k, v in value.items() if k in SECRETS and isinstance(v, str))
            for inner in value.values():
                search(inner)

    for sent in portal.sent:
        search(decode_form(sent.body))
    return found


async def received(folder: Path) -> tuple[list[Delivery], set[str]]:
    """Install an app on a portal, over sockets, and let things happen; what the app has stored, and
    the secrets that came with it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with FakePortal(scope="crm,user,imbot").serve() as portal:
        app, seen = noting(settings_for(portal, folder / "app.db", mode="app", public_url=url))
        async with served(app, folder / "app.db", port=port) as running:
            await portal.install(f"{url}/install")
            await eventually(lambda: len(portal.bindings) > 1)
            portal.add("deal", ID=7, TITLE="Roof")
            portal.change("deal", 7, STAGE_ID="WON")
            portal.raise_event("ONIMBOTMESSAGEADD", {"PARAMS": {"MESSAGE": "Call Ada"}})
            await eventually(lambda: len(seen) == 3)
            deliveries = [view.delivery for view in await running.deliveries()]
        return deliveries, secrets_of(portal)


def the_file(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


@pytest.fixture
async def fixtures(tmp_path: Path) -> Path:
    """A folder as `bitrix-events record` writes it."""
    deliveries, secrets = await received(tmp_path)
    assert len(secrets) > 5
    folder, redaction = tmp_path / "fixtures", Redaction()
    folder.mkdir()
    for delivery in deliveries:
        for kept in (None, redaction):  # not with `--raw` either
            text = json.dumps(fixture_of(delivery, kept))
            if kept is None:
                secrets.discard(delivery.portal)  # it says which portal it was
            assert [secret for secret in secrets if secret in text] == []
        (folder / f"{delivery.id}-{delivery.code.lower()}.json").write_text(text)
    return folder


async def test_what_an_app_has_received_is_played_again_without_secrets(fixtures: Path) -> None:
    app, seen = noting()
    async with AppTest(app) as test:
        sent = test.replay(fixtures)
        await test.drain()
        assert sorted(event.code for event in seen) == sorted(event.code for event in sent)
        (message,) = [event for event in seen if event.code == "ONIMBOTMESSAGEADD"]
        (changed,) = [event for event in seen if isinstance(event, OnCrmDealUpdate)]

        assert message.data["PARAMS"]["MESSAGE"].startswith("text-")
        assert changed.entity_key == "deal:7"
        one = test.replay(the_file(fixtures, "*-oncrmdealadd.json"))
        assert [event.code for event in one] == ["ONCRMDEALADD"]
        await test.drain()


async def test_what_nobody_would_send_is_not_played(fixtures: Path, tmp_path: Path) -> None:
    (tmp_path / "text.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "nothing").mkdir()

    async with AppTest(noting()[0]) as test:
        with pytest.raises(LookupError, match=r"ONAPPINSTALL comes of portal\.install"):
            test.replay(fixtures / "1-onappinstall.json")
        with pytest.raises(ValueError, match="is not JSON"):
            test.replay(tmp_path / "text.json")
        with pytest.raises(ValueError, match="has no event; bitrix-events record"):
            test.replay(tmp_path / "list.json")
        with pytest.raises(ValueError, match="there are no fixtures"):
            test.replay(tmp_path / "nothing")
