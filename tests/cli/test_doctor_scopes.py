"""`bitrix-events doctor`: which scope is missing, and where to tick it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from bitrix_events.portals.health import Finding, Level, examine_portal
from bitrix_events.portals.subscriptions import Wanted
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.transport import Transport
from bitrix_events.store.records import WEBHOOK_PORTAL, Installation
from bitrix_events.testing import FakePortal
from tests.access import FixedAccess
from tests.cli.conftest import Command

URL: Final = "https://app.test/events"
DOMAIN: Final = "acme.bitrix24.test"
APP: Final = Installation("a" * 32, "a" * 32, DOMAIN)
WEBHOOK: Final = Installation(WEBHOOK_PORTAL, "", DOMAIN)
CALENDAR_APP: Final = """
from bitrix_events import App
app = App()

@app.on("ONCALENDARENTRYADD")
async def note() -> None: ...
"""


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(domain=DOMAIN)


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    transport = Transport(portal.transport)
    access = FixedAccess(portal, portal.issue_tokens().access_token)
    yield Client(access, transport, options=Options(attempts=1))
    await transport.close()


async def scope_of(client: Client, installation: Installation, *codes: str) -> Finding:
    """What is found about the scope for handlers of these events."""
    wanted = Wanted(URL, frozenset(codes)) if installation is APP else None
    findings = await examine_portal(client, installation, wanted, codes)
    (finding,) = [finding for finding in findings if finding.about == f"{DOMAIN} scope"]
    return finding


async def test_an_app_is_told_which_scope_its_card_lacks(client: Client) -> None:
    granted = (await client.call("scope")).result

    found = await scope_of(client, APP, "ONCALENDARENTRYADD", "ONCRMDEALADD")

    assert found.level is Level.ERROR
    assert found.text == (
        "does not cover ONCALENDARENTRYADD: add the scope calendar to the app's card and install it"
        f" again; it has {', '.join(sorted(granted))}"
    )


async def test_events_of_the_app_itself_need_no_scope(client: Client) -> None:
    found = await scope_of(client, WEBHOOK, "ONAPPUNINSTALL", "ONAPPTEST")

    assert found.level is Level.OK


async def test_a_webhook_is_told_which_scope_it_lacks(client: Client) -> None:
    found = await scope_of(client, WEBHOOK, "ONCALENDARENTRYADD", "ONTASKADD", "ONCRMDEALADD")

    assert found.level is Level.WARNING
    assert found.text.startswith(
        "the incoming webhook cannot read what ONCALENDARENTRYADD are about: tick calendar in its"
        " settings; it has "
    )


async def test_a_webhook_that_covers_the_handlers_is_fine(client: Client) -> None:
    found = await scope_of(client, WEBHOOK, "ONCRMDEALADD")

    assert found.level is Level.OK
    assert "covers the handlers" in found.text


async def test_a_portal_that_does_not_tell_its_scope_is_a_warning(
    client: Client, portal: FakePortal
) -> None:
    portal.fail_next("scope", "ACCESS_DENIED")

    found = await scope_of(client, WEBHOOK, "ONCRMDEALADD")

    assert found.level is Level.WARNING
    assert "does not tell what the webhook may do" in found.text


async def test_the_command_explains_a_missing_scope(command: Command, tmp_path: Path) -> None:
    (tmp_path / "diary.py").write_text(CALENDAR_APP)
    async with FakePortal().serve() as portal:
        settings = portal.environment(mode="webhook")
        result = await asyncio.to_thread(
            command, "doctor", "diary:app", folder=tmp_path, **settings
        )

    assert result.returncode == 0, result.stdout
    assert "tick calendar in its settings" in result.stdout
