"""Rows AUTH of the feature table: what opens a portal, where it comes from, how it stays fresh."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from bitrix_events import (
    Client,
    InstallationGone,
    Options,
    PortalDomainChanged,
    PortalMoved,
    PortalUnreachable,
    SettingsError,
    SyncClient,
    TokenExpired,
    signals,
)
from bitrix_events.errors import OAuthError, VerificationError
from bitrix_events.portals.oauth import AppStatus
from bitrix_events.portals.oauth_app import OAUTH_URLS, OAuthApp
from bitrix_events.store.records import Installation, Tokens
from bitrix_events.testing import FakePortal
from bitrix_events.wire.form import encode_form
from tests.wires import Wire, always, body_of

DOMAIN = "seed-app.bitrix24.com"


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(domain=DOMAIN)


@pytest.fixture
async def oauth_app(portal: FakePortal) -> AsyncIterator[OAuthApp]:
    async with app_of(portal) as oauth_app:
        yield oauth_app


def app_of(portal: FakePortal, **given: Any) -> OAuthApp:
    given = {"oauth_urls": [portal.oauth_url], "transport": portal.transport, **given}
    return OAuthApp(portal.client_id, portal.client_secret, **given)


def tokens_of(installation: Installation) -> Tokens:
    assert installation.tokens is not None
    return installation.tokens


def callback(portal: FakePortal, **changes: str) -> dict[str, Any]:
    """What ONAPPINSTALL, a robot or an activity brings: a pair of tokens."""
    pair = portal.issue_tokens()
    auth = {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "expires_in": "3600",
        "client_endpoint": portal.rest_url,
        "server_endpoint": f"{portal.oauth_url}/rest/",
        "member_id": portal.member_id,
        "application_token": portal.application_token,
    }
    return {"event_token": "55f6f0f9", "workflow_id": "w1", "auth": {**auth, **changes}}


async def test_auth_1_the_address_of_an_incoming_webhook_is_all_it_takes(
    portal: FakePortal,
) -> None:
    async with Client(portal.webhook_url, portal.transport) as client:
        assert (await client.call("profile")).result["ID"] == "1"
    with SyncClient(portal.webhook_url, portal.transport) as sync:
        assert sync.call("profile").result["ID"] == "1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme.bitrix24.com",
        "https://acme.bitrix24.com/rest/",
        "https://acme.bitrix24.com/rest/one/code/",
        "https://acme.bitrix24.com/rest/1/",
    ],
)
def test_auth_1_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(SettingsError, match="incoming webhook"):
        Client(url)


async def test_auth_2_a_bare_access_token_opens_the_portal(portal: FakePortal) -> None:
    token = portal.issue_tokens().access_token

    async with Client(portal.rest_url, portal.transport, token=token) as client:
        assert (await client.call("profile")).result["ID"] == "1"


async def test_auth_2_a_bare_token_is_in_no_address(portal: FakePortal) -> None:
    wire, token = Wire(portal), portal.issue_tokens().access_token

    async with Client(portal.rest_url, wire, token=token) as client:
        await client.call("profile")

    assert token not in str(wire.requests[0].url)
    assert body_of(wire.requests[0])["auth"] == token


async def test_auth_2_a_bare_token_that_has_ended_is_an_error_of_its_own(
    portal: FakePortal,
) -> None:
    token = portal.issue_tokens().access_token
    portal.expire_tokens()

    async with Client(portal.rest_url, portal.transport, token=token) as client:
        with pytest.raises(TokenExpired):
            await client.call("profile")


async def test_auth_3_an_apps_credentials_serve_all_its_portals() -> None:
    one, two = FakePortal(domain="one.bitrix24.com"), FakePortal(domain="two.bitrix24.com")
    by_host = {"one.bitrix24.com": one.transport, "two.bitrix24.com": two.transport}
    oauth = iter([one.transport, one.transport, two.transport, two.transport])

    class Both(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answering = by_host.get(request.url.host) or next(oauth)
            return await answering.handle_async_request(request)

    app = app_of(one, transport=Both(), oauth_urls=["https://oauth.test/oauth-server"])
    async with app as oauth_app:
        await oauth_app.exchange(one.issue_code())
        await oauth_app.exchange(two.issue_code())
        for portal in (one, two):
            client = oauth_app.client(portal.domain)
            assert (await client.call("profile")).result["ID"] == "1"
            assert client.domain == portal.domain


async def test_auth_4_a_code_is_exchanged_for_tokens(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    url = oauth_app.authorize_url(DOMAIN, state="of-this-session")
    assert urlsplit(url).netloc == DOMAIN
    assert parse_qs(urlsplit(url).query)["state"] == ["of-this-session"]

    installation = await oauth_app.exchange(portal.issue_code())

    assert installation.member_id == portal.member_id
    assert tokens_of(installation).expires_at > datetime.now(UTC) + timedelta(minutes=50)
    deals = oauth_app.client(installation.member_id).list("crm.deal.list")
    assert await deals == []


async def test_auth_4_a_code_works_once(portal: FakePortal, oauth_app: OAuthApp) -> None:
    code = portal.issue_code()
    await oauth_app.exchange(code)

    with pytest.raises(OAuthError) as caught:
        await oauth_app.exchange(code)

    assert caught.value.code == "invalid_grant"


async def test_auth_5_tokens_are_renewed_on_demand_and_saved(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    before = await oauth_app.exchange(portal.issue_code())

    after = await oauth_app.renew(portal.member_id)

    assert tokens_of(after).refresh != tokens_of(before).refresh
    assert await oauth_app.installations.installation(portal.member_id) == after


async def test_auth_5_no_secret_of_a_renewal_is_in_an_address(portal: FakePortal) -> None:
    urls: list[str] = []

    class Noting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            urls.append(str(request.url))
            assert request.method == "POST"
            return await portal.transport.handle_async_request(request)

    async with app_of(portal, transport=Noting()) as oauth_app:
        installation = await oauth_app.exchange(portal.issue_code())
        await oauth_app.renew(portal.member_id)

    tokens = tokens_of(installation)
    for secret in (
        portal.client_secret,
        *(t.get_secret_value() for t in dataclasses.astuple(tokens)[:2]),
    ):
        assert not any(secret in url for url in urls)


async def test_auth_6_an_expired_token_is_renewed_and_the_call_repeated(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    await oauth_app.exchange(portal.issue_code())
    portal.expire_tokens()

    answer = await oauth_app.client(DOMAIN).call("profile")

    assert answer.result["ID"] == "1"
    assert portal.refreshes == 1


async def test_auth_6_a_renewal_that_is_refused_is_tried_once_and_not_for_ever(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    await oauth_app.exchange(portal.issue_code())
    client = oauth_app.client(DOMAIN)
    asked = len(portal.oauth_calls)
    await portal.uninstall()

    for _ in range(3):
        with pytest.raises(InstallationGone):
            await client.call("profile")

    assert len(portal.oauth_calls) - asked <= 1


async def test_auth_7_eight_calls_with_an_expired_token_make_one_renewal(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    await oauth_app.exchange(portal.issue_code())
    portal.expire_tokens()
    client = oauth_app.client(DOMAIN)

    answers = await asyncio.gather(*(client.call("profile").send() for _ in range(8)))

    assert [answer.result["ID"] for answer in answers] == ["1"] * 8
    assert portal.refreshes == 1


async def test_auth_8_the_secret_goes_to_the_configured_servers_only(portal: FakePortal) -> None:
    hosts: list[str] = []

    class Noting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            body = request.content.decode()
            if portal.client_secret in body:
                hosts.append(request.url.host)
            if request.url.host == "down.test":
                raise httpx.ConnectError("refused")
            return await portal.transport.handle_async_request(request)

    urls = ["https://down.test", "https://oauth.test/oauth-server"]
    async with app_of(portal, transport=Noting(), oauth_urls=urls) as oauth_app:
        await oauth_app.exchange(portal.issue_code())
        evil = callback(portal, server_endpoint="https://evil.test/rest/")
        await oauth_app.adopt(evil)
        await oauth_app.renew(DOMAIN)

    assert OAUTH_URLS == ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")
    assert set(hosts) <= {"down.test", "oauth.test"}


async def test_auth_9_the_oauth_server_tells_whose_a_token_is(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    user = portal.add("user", NAME="Grace")

    info = await oauth_app.app_info(portal.issue_tokens(user).access_token)

    assert (info.client_id, info.member_id) == (portal.client_id, portal.member_id)
    assert (info.user_id, info.client_endpoint) == (user, portal.rest_url)
    assert info.scope == ("crm", "user", "task")
    assert info.is_installed
    assert info.version == 1
    assert info.expires_at is not None
    assert info.expires_at > datetime.now(UTC)
    with pytest.raises(OAuthError):
        await oauth_app.app_info("made-up")


def test_auth_10_tokens_are_a_value_that_shows_no_secret() -> None:
    tokens = Tokens(SecretStr("planted-a"), SecretStr("planted-r"), datetime.now(UTC))

    assert "planted" not in repr(tokens) + str(tokens)
    assert tokens.access.get_secret_value() == "planted-a"
    assert tokens == dataclasses.replace(tokens)
    with pytest.raises(dataclasses.FrozenInstanceError):
        tokens.access = SecretStr("other")  # type: ignore[misc]


async def test_auth_10_the_token_of_an_event_opens_the_portal_for_its_hour(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    token = portal.issue_tokens(portal.add("user", NAME="Grace")).access_token

    info = await oauth_app.app_info(token)
    async with Client(info.client_endpoint, portal.transport, token=token) as client:
        assert (await client.call("profile")).result["ID"] == str(info.user_id)

    assert await oauth_app.installations.installations() == []


async def test_auth_11_tokens_are_taken_from_events_pages_and_robots(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    pair = portal.issue_tokens()
    robot = callback(portal)
    event = {**callback(portal), "event": "ONAPPINSTALL"}
    page = {
        "AUTH_ID": pair.access_token,
        "REFRESH_ID": pair.refresh_token,
        "member_id": portal.member_id,
        "PLACEMENT": "CRM_DEAL_DETAIL_TAB",
    }

    for number, form in enumerate((robot, event, page), 1):
        installation = await oauth_app.adopt(encode_form(form))
        assert installation.version == number
        assert (await oauth_app.client(DOMAIN).call("profile")).result["ID"] == "1"


async def test_auth_11_an_event_that_brings_no_refresh_token_replaces_nothing(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    before = await oauth_app.exchange(portal.issue_code())

    with pytest.raises(VerificationError):
        await oauth_app.adopt(callback(portal, refresh_token=""))

    assert await oauth_app.installations.installation(portal.member_id) == before


async def test_auth_12_a_portal_that_moved_is_followed_once_it_is_proven(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    heard: list[PortalDomainChanged] = []
    await oauth_app.exchange(portal.issue_code())
    portal.move("seed-renamed.bitrix24.com")
    portal.expire_tokens()  # and its token has ended meanwhile

    def listen(_: object, event: PortalDomainChanged) -> None:
        heard.append(event)

    with signals.portal_domain_changed.connected_to(listen):
        answer = await oauth_app.client(DOMAIN).call("profile")

    assert answer.result["ID"] == "1"
    assert [(e.old_domain, e.new_domain, e.confirmed) for e in heard] == [
        (DOMAIN, "seed-renamed.bitrix24.com", True)
    ]
    assert await oauth_app.installations.installation_at("seed-renamed.bitrix24.com")


async def test_auth_12_no_token_goes_where_a_redirect_points() -> None:
    wire = always(302, Location="https://evil.example.org/rest/")
    async with Client("https://moved.bitrix24.com/rest/", wire, token="t") as client:
        with pytest.raises(PortalMoved):
            await client.call("profile")

    assert {request.url.host for request in wire.requests} == {"moved.bitrix24.com"}


@pytest.mark.parametrize(
    "root",
    [
        "http://box.local/rest/",
        "https://box.local:8443/rest/",
        "https://intranet.example.org/portal/rest/",
    ],
)
async def test_auth_13_portals_of_ones_own_are_reached_at_any_address(root: str) -> None:
    def lost(request: httpx.Request) -> None:
        raise httpx.ReadError("nobody is there")

    wire = Wire(before=lost)

    for url, token in ((f"{root}1/code/", None), (root, "t")):
        async with Client(url, wire, token=token, options=Options(attempts=1)) as client:
            with pytest.raises(PortalUnreachable):
                await client.call("profile")

    assert [str(r.url).removesuffix(".json") for r in wire.requests] == [
        f"{root}1/code/profile",
        f"{root}profile",
    ]


async def test_auth_13_an_app_on_a_portal_with_plain_http_is_named(portal: FakePortal) -> None:
    async with FakePortal().serve() as box:
        async with app_of(box, transport=None) as oauth_app:
            with pytest.raises(VerificationError):
                await oauth_app.exchange(box.issue_code())
        async with app_of(box, transport=None, allowed_hosts=[box.domain]) as oauth_app:
            assert (await oauth_app.exchange(box.issue_code())).domain == box.domain
            assert (await oauth_app.client(box.domain).call("profile")).result["ID"] == "1"


async def test_auth_14_how_the_portal_has_the_app(portal: FakePortal, oauth_app: OAuthApp) -> None:
    installation = await oauth_app.exchange(portal.issue_code())
    unknown = dataclasses.replace(installation, status="X")

    assert installation.status == AppStatus.LOCAL
    assert "".join(AppStatus) == "FDTPLS"
    assert unknown.status not in list(AppStatus), "a new letter breaks nothing"


@pytest.mark.parametrize(
    "lie",
    [
        {"member_id": "f" * 32},
        {"client_endpoint": "https://evil.test/rest/"},
        {"access_token": "made-up"},
    ],
)
async def test_auth_15_a_payload_counts_only_if_the_oauth_server_says_the_same(
    portal: FakePortal, oauth_app: OAuthApp, lie: dict[str, str]
) -> None:
    with pytest.raises(VerificationError):
        await oauth_app.adopt(callback(portal, **lie))

    assert await oauth_app.installations.installations() == []


async def test_auth_15_the_token_of_another_app_proves_nothing(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    others = portal.issue_tokens(client_id="local.000000000000b2.00000002")
    forged = callback(portal, access_token=others.access_token, refresh_token=others.refresh_token)

    with pytest.raises(VerificationError):
        await oauth_app.adopt(forged)


async def test_auth_15_the_user_is_whom_the_oauth_server_names(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    installation = await oauth_app.adopt(callback(portal, user_id="99"))

    assert installation.user_id == 1
