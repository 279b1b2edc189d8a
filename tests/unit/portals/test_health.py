"""Whatever stands between a portal and the handlers has a finding of its own, with advice."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bitrix_events.portals.health import Finding, Level, examine_installation, examine_portal
from bitrix_events.portals.subscriptions import Wanted
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.transport import Transport
from bitrix_events.store.records import WEBHOOK_PORTAL, Installation, InstallationState, Tokens
from bitrix_events.testing import FakePortal
from bitrix_events.testing.faults import Fault
from tests.access import FixedAccess
from tests.serving import PATIENCE

URL = "https://app.test/events"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    transport = Transport(portal.transport)
    access = FixedAccess(portal, portal.issue_tokens().access_token)
    yield Client(access, transport, options=Options(attempts=1))
    await transport.close()


def installed(*, renewed: timedelta = timedelta(), **known: Any) -> Installation:
    """An installation whose tokens were renewed so long ago."""
    expires_at = NOW - renewed + timedelta(hours=1)
    tokens = Tokens(SecretStr("secret-access"), SecretStr("secret-refresh"), expires_at)
    fresh = Installation("a" * 32, "a" * 32, "acme.bitrix24.test", tokens=tokens)
    return replace(fresh, **known)


def worst(findings: list[Finding]) -> Finding:
    """The only finding that is not fine."""
    (finding,) = [f for f in findings if f.level is not Level.OK]
    return finding


def wanted(*codes: str) -> Wanted:
    return Wanted(URL, frozenset(codes))


async def bind(client: Client, *codes: str, url: str = URL) -> None:
    await client.batch([("event.bind", {"event": code, "handler": url}) for code in codes])


# What is stored.


def test_an_active_portal_with_fresh_tokens_is_fine() -> None:
    findings = list(examine_installation(installed(renewed=timedelta(hours=5)), NOW))

    assert {f.level for f in findings} == {Level.OK}
    assert "were last renewed 5 h ago" in findings[1].text


@pytest.mark.parametrize(
    ("known", "level", "text"),
    [
        ({"paused": True}, Level.WARNING, "portals resume acme.bitrix24.test"),
        (
            {"state": InstallationState.BLOCKED, "reason": "PAYMENT_REQUIRED"},
            Level.WARNING,
            "is blocked (PAYMENT_REQUIRED)",
        ),
        (
            {"state": InstallationState.NEEDS_REAUTH, "reason": "invalid_grant"},
            Level.WARNING,
            "opens or installs the app again",
        ),
        ({"tokens": None}, Level.ERROR, "there are none"),
    ],
)
def test_what_the_store_says_is_wrong_is_told(
    known: dict[str, Any], level: Level, text: str
) -> None:
    finding = worst(list(examine_installation(installed(**known), NOW)))

    assert finding.level is level
    assert text in finding.text


@pytest.mark.parametrize(
    ("days", "level"), [(119, Level.OK), (130, Level.WARNING), (181, Level.ERROR)]
)
def test_tokens_that_are_about_to_end_are_told(days: int, level: Level) -> None:
    findings = list(examine_installation(installed(renewed=timedelta(days=days)), NOW))

    assert findings[-1].level is level
    assert f"{days} days ago" in findings[-1].text


def test_a_portal_that_removed_the_app_and_a_webhook_have_no_tokens_to_look_at() -> None:
    gone = installed(state=InstallationState.DELETED, tokens=None)
    webhook = installed(portal=WEBHOOK_PORTAL, tokens=None)

    assert [f.level for f in examine_installation(gone, NOW)] == [Level.OK]
    assert [f.level for f in examine_installation(webhook, NOW)] == [Level.OK]


# What the portal answers.


async def test_a_portal_that_sends_what_is_wanted_is_fine(client: Client) -> None:
    await bind(client, "ONCRMDEALADD")

    findings = await examine_portal(client, installed(), wanted("ONCRMDEALADD", "ONAPPINSTALL"))

    assert {f.level for f in findings} == {Level.OK}
    assert [f.about.partition(" ")[2] or f.about for f in findings] == [
        "app",
        "clock",
        "scope",
        "events",
        "plan",
    ]
    assert not any("secret" in f.text for f in findings)


async def test_without_handlers_neither_scope_nor_subscriptions_are_looked_at(
    client: Client, portal: FakePortal
) -> None:
    findings = await examine_portal(client, installed(), None)

    assert {f.about for f in findings} == {
        "acme.bitrix24.test app",
        "clock",
        "acme.bitrix24.test plan",
    }
    assert not portal.calls("event.get")


async def test_a_webhook_is_asked_for_what_it_may_know(portal: FakePortal) -> None:
    transport = Transport(portal.transport)
    webhook = Client(FixedAccess(portal), transport)

    findings = await examine_portal(
        webhook, installed(portal=WEBHOOK_PORTAL), wanted("ONCRMDEALADD")
    )

    assert {f.level for f in findings} == {Level.OK}
    await transport.close()


async def test_events_that_are_not_subscribed_are_named(client: Client) -> None:
    await bind(client, "ONCRMDEALADD")

    findings = await examine_portal(
        client, installed(), wanted("ONCRMDEALADD", "ONCRMLEADADD", "ONTASKADD")
    )

    assert worst(findings).level is Level.ERROR
    assert "ONCRMLEADADD, ONTASKADD are not sent to https://app.test/events" in worst(findings).text
    assert "bitrix-events sync" in worst(findings).text


async def test_events_that_not_every_portal_offers_are_not_missed(client: Client) -> None:
    needs = replace(wanted("ONCRMDEALADD"), optional=frozenset({"ONAPPPAYMENT"}))
    unbound = await examine_portal(client, installed(), needs)
    await bind(client, "ONCRMDEALADD")
    bound = await examine_portal(client, installed(), needs)

    assert "ONAPPPAYMENT" not in worst(unbound).text
    assert {f.level for f in bound} == {Level.OK}


async def test_subscriptions_that_nobody_wants_any_more_are_a_warning(client: Client) -> None:
    await bind(client, "ONCRMDEALADD")
    await bind(client, "ONTASKADD", url="https://old.test/events")

    findings = await examine_portal(
        client, installed(bound_url="https://old.test/events"), wanted("ONCRMDEALADD")
    )

    assert worst(findings).level is Level.WARNING
    assert "nobody wants ONTASKADD at https://old.test/events" in worst(findings).text


async def test_a_missing_scope_is_told_apart_from_an_unknown_code(client: Client) -> None:
    findings = await examine_portal(
        client, installed(), wanted("ONTELEPATHY", "ONCALENDARENTRYADD", "ONCRMDYNAMICITEMADD_147")
    )

    texts = [f.text for f in findings if f.about == "acme.bitrix24.test scope"]
    assert texts[0].startswith("does not cover ONCALENDARENTRYADD: add the scope")
    assert texts[1].startswith("the portal knows no event ONTELEPATHY: is the code spelled")
    assert len(texts) == 2


@pytest.mark.parametrize(
    ("offset", "text"), [(-300.0, "ahead of that of"), (300.0, "behind that of")]
)
async def test_a_clock_that_goes_wrong_is_told(offset: float, text: str) -> None:
    portal = FakePortal(clock=lambda: time.time() + offset)
    transport = Transport(portal.transport)
    client = Client(FixedAccess(portal, portal.issue_tokens().access_token), transport)

    finding = worst(await examine_portal(client, installed(), None))

    assert finding.about == "clock"
    assert finding.level is Level.ERROR
    told = re.match(rf"is (\d+) s {text} ", finding.text)
    assert told is not None
    assert abs(int(told[1]) - 300) < PATIENCE
    await transport.close()


async def test_a_clock_within_the_tolerance_is_fine() -> None:
    portal = FakePortal(clock=lambda: time.time() + 15)
    transport = Transport(portal.transport)
    client = Client(FixedAccess(portal, portal.issue_tokens().access_token), transport)

    findings = await examine_portal(client, installed(), None)

    assert {f.level for f in findings} == {Level.OK}
    await transport.close()


async def test_an_installation_that_was_not_finished_is_told(
    client: Client, portal: FakePortal
) -> None:
    portal._state.oauth.installed = False

    finding = worst(await examine_portal(client, installed(), None))

    assert finding.level is Level.ERROR
    assert "BX24.installFinish()" in finding.text


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("PAYMENT_REQUIRED", "has to be paid"),
        ("APPLICATION_NOT_FOUND", "install the app again"),
        ("INVALID_CREDENTIALS", "set BITRIX_EVENTS_WEBHOOK_URL"),
        ("OVERLOAD_LIMIT", "write to their support"),
        ("ACCESS_DENIED", "try again later"),
    ],
)
async def test_a_portal_that_does_not_let_us_in_is_one_error_with_advice(
    code: str, advice: str, client: Client, portal: FakePortal
) -> None:
    portal.fail_next("app.info", code)

    (finding,) = await examine_portal(client, installed(), wanted("ONCRMDEALADD"))

    assert finding.level is Level.ERROR
    assert code in finding.text
    assert advice in finding.text


async def test_a_portal_that_cannot_be_reached_is_one_error(
    client: Client, portal: FakePortal
) -> None:
    portal.fail_request(1, Fault.UNREACHED)

    (finding,) = await examine_portal(client, installed(), wanted("ONCRMDEALADD"))

    assert finding.level is Level.ERROR
    assert "check DNS, firewall and proxy" in finding.text


async def test_what_cannot_be_asked_for_is_a_warning_and_the_rest_is_told(
    client: Client, portal: FakePortal
) -> None:
    portal.fail_next("events", "ACCESS_DENIED")
    portal.fail_next("feature.get", "ERROR_METHOD_NOT_FOUND")
    portal.fail_next("server.time", "ERROR_METHOD_NOT_FOUND")
    await bind(client, "ONCRMDEALADD")

    findings = await examine_portal(client, installed(), wanted("ONCRMDEALADD"))

    assert [f.level for f in findings if "scope" in f.about] == [Level.WARNING]
    assert [f.level for f in findings if "plan" in f.about] == [Level.WARNING, Level.OK]
    assert [f.level for f in findings if "events" in f.about] == [Level.OK]


async def test_a_portal_that_does_not_tell_what_it_sends_is_an_error(
    client: Client, portal: FakePortal
) -> None:
    portal.fail_next("event.get", "ACCESS_DENIED")

    finding = worst(await examine_portal(client, installed(), wanted("ONCRMDEALADD")))

    assert finding.level is Level.ERROR
    assert "does not tell what it sends" in finding.text


async def test_offline_events_that_are_not_kept_are_named(client: Client) -> None:
    await bind(client, "ONCRMDEALADD")
    needs = replace(wanted("ONCRMDEALADD"), offline=frozenset({"ONTASKADD"}))

    findings = await examine_portal(client, installed(), needs)

    assert worst(findings).level is Level.ERROR
    assert "ONTASKADD are not kept for us: run bitrix-events sync" in worst(findings).text


@pytest.mark.parametrize(
    ("feature", "text"),
    [
        ("rest_offline_extended", "handlers with mode='offline' hear nothing from there"),
        ("rest_auth_connector", "what the app writes there may come back"),
    ],
)
async def test_a_plan_that_lacks_what_handlers_need_is_a_warning(
    portal: FakePortal, client: Client, feature: str, text: str
) -> None:
    await bind(client, "ONCRMDEALADD")
    portal.features[feature] = "N"
    needs = replace(wanted("ONCRMDEALADD"), offline=frozenset({"ONTASKADD"}))

    with_offline = await examine_portal(client, installed(), needs)
    without = await examine_portal(client, installed(), wanted("ONCRMDEALADD"))

    (told,) = [f.text for f in with_offline if f.about.endswith("plan") and f.level is not Level.OK]
    assert feature in told
    assert text in told
    assert {f.level for f in without} == {Level.OK}
