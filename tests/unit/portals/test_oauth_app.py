"""OAuthApp: tokens from codes and callbacks, and clients that keep them fresh, without a server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from pydantic import SecretStr

from bitrix_events import signals
from bitrix_events.errors import (
    EnvelopeError,
    InstallationGone,
    OAuthError,
    SettingsError,
    TransportError,
    VerificationError,
)
from bitrix_events.portals.oauth_app import OAUTH_URLS, OAuthApp
from bitrix_events.rest.options import Options
from bitrix_events.signals import OAuthTokenRenewed, PortalDomainChanged
from bitrix_events.store.memory import MemoryInstallations
from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.testing import FakePortal
from bitrix_events.wire.form import encode_form

PORTAL_HOST = "acme.bitrix24.com"
OAUTH_URL = "https://oauth.test/oauth-server"


class Network(httpx.AsyncBaseTransport):
    """Reaches the fake portal whatever host is called, and writes down what was sent where."""

    def __init__(self, portal: FakePortal) -> None:
        self.requests: list[httpx.Request] = []
        self.is_down = False
        self._portal = portal.transport

    def to(self, path: str) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.path.endswith(path)]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.is_down:
            raise httpx.ConnectError("refused")
        return await self._portal.handle_async_request(request)


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(domain=PORTAL_HOST)


@pytest.fixture
def network(portal: FakePortal) -> Network:
    return Network(portal)


@pytest.fixture
async def oauth_app(portal: FakePortal, network: Network) -> AsyncIterator[OAuthApp]:
    async with app_of(portal, network) as oauth_app:
        yield oauth_app


def app_of(portal: FakePortal, network: httpx.AsyncBaseTransport, **given: Any) -> OAuthApp:
    given = {"oauth_urls": [OAUTH_URL], "options": Options(attempts=1), **given}
    return OAuthApp(portal.client_id, portal.client_secret, transport=network, **given)


def page(portal: FakePortal, user_id: int = 1, **changes: str) -> dict[str, str]:
    """The form of a page that a user opens."""
    pair = portal.issue_tokens(user_id)
    form = {
        "AUTH_ID": pair.access_token,
        "REFRESH_ID": pair.refresh_token,
        "AUTH_EXPIRES": "3600",
        "member_id": portal.member_id,
        "PLACEMENT": "DEFAULT",
    }
    return {**form, **changes}


def robot(portal: FakePortal, **changes: str) -> dict[str, Any]:
    """What a robot sends, as far as it matters here."""
    pair = portal.issue_tokens()
    auth = {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "client_endpoint": portal.rest_url,
        "member_id": portal.member_id,
        "application_token": portal.application_token,
    }
    return {"event_token": "t", "workflow_id": "w", "auth": {**auth, **changes}}


def access_token_of(installation: Installation | None) -> str:
    assert installation is not None
    assert installation.tokens is not None
    return installation.tokens.access.get_secret_value()


# Codes.


async def test_a_code_becomes_an_installation_that_can_be_called(
    oauth_app: OAuthApp, portal: FakePortal, network: Network
) -> None:
    installation = await oauth_app.exchange(portal.issue_code())

    assert installation == await oauth_app.installations.installation(portal.member_id)
    assert (installation.domain, installation.user_id) == (PORTAL_HOST, 1)
    assert installation.version == 1
    assert (await oauth_app.client(PORTAL_HOST).call("profile")).result["ID"] == "1"
    (exchange,) = network.to("/oauth/token/")
    assert exchange.url.host == "oauth.test"
    assert exchange.url.query == b"", "no secret is in an address"


async def test_a_used_code_is_refused_and_nothing_is_stored(
    oauth_app: OAuthApp, portal: FakePortal
) -> None:
    code = portal.issue_code()
    await oauth_app.exchange(code)
    await oauth_app.installations.forget(portal.member_id)

    with pytest.raises(OAuthError, match="invalid_grant"):
        await oauth_app.exchange(code)

    assert await oauth_app.installations.installations() == []


async def test_a_code_of_somebody_who_is_no_administrator_replaces_no_tokens(
    oauth_app: OAuthApp, portal: FakePortal
) -> None:
    installation = await oauth_app.exchange(portal.issue_code())
    other = portal.add("user", NAME="Eve")

    with pytest.raises(VerificationError):
        await oauth_app.exchange(portal.issue_code(other))

    assert await oauth_app.installations.installation(portal.member_id) == installation


async def test_an_unreachable_server_is_no_refusal(oauth_app: OAuthApp, network: Network) -> None:
    network.is_down = True

    with pytest.raises(TransportError):
        await oauth_app.exchange("code")


async def test_a_second_code_counts_the_version_up(oauth_app: OAuthApp, portal: FakePortal) -> None:
    await oauth_app.exchange(portal.issue_code())
    before = oauth_app.client(PORTAL_HOST)

    again = await oauth_app.exchange(portal.issue_code())

    assert again.version == 2
    assert (await before.call("profile")).result["ID"] == "1"


async def test_a_code_from_a_portal_that_has_moved_is_a_signal(
    oauth_app: OAuthApp, portal: FakePortal
) -> None:
    await oauth_app.exchange(portal.issue_code())
    portal.move("renamed.bitrix24.com")
    heard: list[PortalDomainChanged] = []

    def listen(sender: object, event: PortalDomainChanged) -> None:
        heard.append(event)

    with signals.portal_domain_changed.connected_to(listen, sender=oauth_app):
        await oauth_app.exchange(portal.issue_code())

    assert [(e.old_domain, e.new_domain) for e in heard] == [(PORTAL_HOST, "renamed.bitrix24.com")]


# Callbacks.


async def test_a_page_is_adopted_from_its_fields_or_its_body(
    oauth_app: OAuthApp, portal: FakePortal
) -> None:
    by_fields = await oauth_app.adopt(page(portal))
    by_body = await oauth_app.adopt(encode_form(page(portal)))

    assert (by_fields.domain, by_body.domain) == (PORTAL_HOST, PORTAL_HOST)
    assert (by_fields.version, by_body.version) == (1, 2)


async def test_a_robots_tokens_are_adopted_nested_or_flat(
    oauth_app: OAuthApp, portal: FakePortal
) -> None:
    nested = await oauth_app.adopt(robot(portal))
    flat = {f"auth[{name}]": text for name, text in robot(portal)["auth"].items()}

    adopted = await oauth_app.adopt(flat)

    assert nested.token_digest == adopted.token_digest is not None
    assert adopted.version == 2


@pytest.mark.parametrize(
    "lie",
    [
        {"member_id": "f" * 32},
        {"client_endpoint": "https://evil.test/rest/"},
        {"access_token": "made-up"},
        {"refresh_token": ""},
    ],
)
async def test_a_callback_that_lies_is_refused(
    oauth_app: OAuthApp, portal: FakePortal, network: Network, lie: dict[str, str]
) -> None:
    with pytest.raises(VerificationError):
        await oauth_app.adopt(robot(portal, **lie))

    assert await oauth_app.installations.installations() == []
    assert {request.url.host for request in network.requests} <= {"oauth.test"}


@pytest.mark.parametrize("body", [b"", b"event=ONCRMDEALADD", b"auth=text"])
async def test_what_is_no_callback_is_refused(oauth_app: OAuthApp, body: bytes) -> None:
    with pytest.raises(EnvelopeError):
        await oauth_app.adopt(body)


async def test_who_was_slower_looks_again(portal: FakePortal, network: Network) -> None:
    class Contested(MemoryInstallations):
        async def save_installation(self, installation: Installation) -> bool:
            if not self._found:
                await super().save_installation(installation)  # by somebody else
            return await super().save_installation(installation)

    async with app_of(portal, network, installations=Contested()) as oauth_app:
        installation = await oauth_app.exchange(portal.issue_code())

        assert installation.version == 2
        assert installation == await oauth_app.installations.installation(portal.member_id)


# Clients.


async def test_one_portal_has_one_client(oauth_app: OAuthApp, portal: FakePortal) -> None:
    assert oauth_app.client(portal.member_id) is oauth_app.client(portal.member_id)


async def test_a_portal_that_installs_the_app_later_is_found_then(
    oauth_app: OAuthApp, portal: FakePortal
) -> None:
    client = oauth_app.client("ACME.bitrix24.com")
    with pytest.raises(InstallationGone, match="NOT_INSTALLED"):
        await client.call("profile")

    await oauth_app.exchange(portal.issue_code())

    assert (await client.call("profile")).result["ID"] == "1"


async def test_a_client_follows_its_portal_to_a_new_address(
    oauth_app: OAuthApp, portal: FakePortal
) -> None:
    await oauth_app.exchange(portal.issue_code())
    client = oauth_app.client(PORTAL_HOST)
    await client.call("profile")
    portal.move("renamed.bitrix24.com")

    for _ in range(2):
        assert (await client.call("profile")).result["ID"] == "1"

    assert await oauth_app.installations.installation_at("renamed.bitrix24.com") is not None


async def test_another_portal_at_the_same_address_is_called_from_then_on(
    oauth_app: OAuthApp, portal: FakePortal
) -> None:
    former = await oauth_app.exchange(portal.issue_code())
    client = oauth_app.client(PORTAL_HOST)
    await client.call("profile")
    portal.reregister()
    present = await oauth_app.exchange(portal.issue_code())

    answer = await client.call("profile")

    assert answer.result["ID"] == "1"
    assert present.member_id != former.member_id


async def test_eight_tasks_with_an_expired_token_make_one_refresh(
    oauth_app: OAuthApp, portal: FakePortal, network: Network
) -> None:
    await oauth_app.exchange(portal.issue_code())
    portal.expire_tokens()
    heard: list[object] = []

    def listen(sender: object, event: OAuthTokenRenewed) -> None:
        heard.append(sender)

    with signals.oauth_token_renewed.connected_to(listen):
        clients = [oauth_app.client(key) for key in (portal.member_id, PORTAL_HOST)] * 4
        answers = await asyncio.gather(*(client.call("profile") for client in clients))

    assert [answer.result["ID"] for answer in answers] == ["1"] * 8
    assert len(network.to("/oauth/token/")) == 2, "the exchange and one refresh"
    assert heard == [oauth_app]


async def test_tokens_are_renewed_when_that_is_asked_for(
    oauth_app: OAuthApp, portal: FakePortal
) -> None:
    before = await oauth_app.exchange(portal.issue_code())

    after = await oauth_app.renew(PORTAL_HOST)

    assert access_token_of(after) != access_token_of(before)
    assert after == await oauth_app.installations.installation(portal.member_id)


async def test_a_lost_portal_says_so_and_comes_back_with_a_new_code(
    oauth_app: OAuthApp, portal: FakePortal
) -> None:
    await oauth_app.exchange(portal.issue_code())
    client = oauth_app.client(PORTAL_HOST)
    await portal.uninstall()
    with pytest.raises(InstallationGone):
        await client.call("profile")
    lost = await oauth_app.installations.installation(portal.member_id)

    found = await oauth_app.exchange(portal.issue_code())

    assert lost is not None
    assert found.state is InstallationState.ACTIVE
    assert (await client.call("profile")).result["ID"] == "1"


async def test_a_thread_calls_while_the_loop_runs(oauth_app: OAuthApp, portal: FakePortal) -> None:
    await oauth_app.exchange(portal.issue_code())
    sync = oauth_app.sync_client(PORTAL_HOST)

    user = await asyncio.to_thread(lambda: sync.call("profile").result["ID"])

    assert user == "1"


def test_a_program_without_a_loop_runs_it_in_a_thread(portal: FakePortal) -> None:
    with (
        start_blocking_portal() as loop,
        loop.wrap_async_context_manager(app_of(portal, Network(portal))) as oauth_app,
    ):
        loop.call(oauth_app.exchange, portal.issue_code())

        assert oauth_app.sync_client(PORTAL_HOST).call("profile").result["ID"] == "1"
    assert threading.active_count() < 50


def test_threads_have_no_client_before_it_is_entered(portal: FakePortal) -> None:
    with pytest.raises(RuntimeError, match="async with"):
        app_of(portal, Network(portal)).sync_client(PORTAL_HOST)


# Where users are sent.


def test_users_are_sent_to_their_portal(portal: FakePortal) -> None:
    oauth_app = app_of(portal, portal.transport, allowed_hosts=["Box.local:8080"])
    query = f"?client_id={portal.client_id}&state=a+b%26c"

    for typed in (PORTAL_HOST, "ACME.Bitrix24.com", f"https://{PORTAL_HOST}/crm/deal/?x=1"):
        url = oauth_app.authorize_url(typed, "a b&c")
        assert url == f"https://{PORTAL_HOST}/oauth/authorize/{query}"
    assert oauth_app.authorize_url(f"http://{PORTAL_HOST}", "s").startswith("https://")
    assert oauth_app.authorize_url("box.local:8080", "s").startswith("https://box.local:8080/")
    assert oauth_app.authorize_url("http://box.local:8080", "s").startswith("http://box.local:8080")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "evil.test",
        "bitrix24.com",
        "www.bitrix24.com",
        "acme.bitrix24.com.evil.test",
        "acme.bitrix24.com@evil.test",
        "https://evil.test/acme.bitrix24.com",
        "https://evil.test#.bitrix24.com",
        "evil.test\\.bitrix24.com",
        "javascript://acme.bitrix24.com/%0aalert(1)",
        "x.y.bitrix24.com.",
    ],
)
def test_nobody_is_sent_elsewhere(portal: FakePortal, typed: str) -> None:
    with pytest.raises(ValueError, match="is no portal"):
        app_of(portal, portal.transport).authorize_url(typed, "state")


def test_a_state_is_demanded(portal: FakePortal) -> None:
    with pytest.raises(ValueError, match="state"):
        app_of(portal, portal.transport).authorize_url(PORTAL_HOST, "")


# Credentials.


def test_the_servers_are_bitrix24s_unless_others_are_named() -> None:
    assert OAUTH_URLS == ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")


@pytest.mark.parametrize(
    ("client_id", "secret", "urls"),
    [("", "s", OAUTH_URLS), ("c", "", OAUTH_URLS), ("c", "s", []), ("c", "s", ["oauth.test"])],
)
def test_incomplete_credentials_are_refused(client_id: str, secret: str, urls: list[str]) -> None:
    with pytest.raises(SettingsError):
        OAuthApp(client_id, SecretStr(secret), oauth_urls=urls)


async def test_no_secret_is_shown(oauth_app: OAuthApp, portal: FakePortal) -> None:
    with pytest.raises(OAuthError) as caught:
        await oauth_app.exchange("planted-code")

    assert "planted-code" not in str(caught.value)
    assert portal.client_secret not in repr(vars(oauth_app)) + repr(vars(oauth_app._oauth))
