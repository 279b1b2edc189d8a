"""Tokens are renewed once for everybody, stored before use, and never sent to an unproven host."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bitrix_events import signals
from bitrix_events.errors import (
    InstallationGone,
    PortalMoved,
    PortalUnreachable,
    RestError,
    StoreError,
)
from bitrix_events.portals import tokens as tokens_module
from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.portals.tokens import OAuthAccess, Renewals
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.transport import Transport
from bitrix_events.signals import OAuthTokenRenewed, PortalDomainChanged
from bitrix_events.store.base import Store
from bitrix_events.store.records import Installation, InstallationState, Tokens
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal, OAuthFault, TokenPair
from bitrix_events.wire.verify import token_digest

PORTAL_HOST = "acme.bitrix24.com"
NEW_HOST = "renamed.bitrix24.com"
OAUTH_HOST = "oauth.test"
TOKEN_PATH = "/oauth/token/"
APP_INFO_PATH = "/oauth-server/rest/app.info"

Intervene = Callable[[httpx.Request], Awaitable[httpx.Response | None]]


class Network(httpx.AsyncBaseTransport):
    """Reaches the fake portal whatever host is called; a test may answer in its place."""

    def __init__(self, portal: FakePortal) -> None:
        self.requests: list[httpx.Request] = []
        self.before: Intervene | None = None
        """Called before a request reaches the portal; may answer itself, or raise."""
        self.after: Intervene | None = None
        """Called when the portal has answered, before the answer is passed on."""
        self._portal = portal.transport

    def to(self, path: str) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.path.endswith(path)]

    @property
    def hosts(self) -> list[str]:
        return [request.url.host for request in self.requests]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.before is not None:
            instead = await self.before(request)
            if instead is not None:
                return instead
        answer = await self._portal.handle_async_request(request)
        if self.after is not None:
            instead = await self.after(request)
            if instead is not None:
                return instead
        return answer


def answering(path: str, answer: httpx.Response | Exception) -> Intervene:
    """Answer requests to a path like this."""

    async def intervene(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith(path):
            return None
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return intervene


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(domain=PORTAL_HOST)


@pytest.fixture
def network(portal: FakePortal) -> Network:
    return Network(portal)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    sealer = Sealer(SecretStr("a-secret-key-of-thirty-two-bytes"))
    store = SqliteStore(tmp_path / "store.db", sealer=sealer)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def transport(network: Network) -> AsyncIterator[Transport]:
    transport = Transport(network)
    yield transport
    await transport.close()


@pytest.fixture
def access(portal: FakePortal, store: Store, transport: Transport) -> OAuthAccess:
    return access_by(portal, store, transport, f"https://{OAUTH_HOST}/oauth-server")


@pytest.fixture
def client(access: OAuthAccess, transport: Transport) -> Client:
    return Client(access, transport, options=Options(attempts=1))


@pytest.fixture
async def pair(portal: FakePortal, store: Store) -> TokenPair:
    """The tokens with which the portal is installed."""
    pair = portal.issue_tokens()
    await store.save_installation(installed(portal, pair))
    return pair


@pytest.fixture
def renewals() -> Iterator[list[OAuthTokenRenewed]]:
    heard: list[OAuthTokenRenewed] = []

    def listen(_: object, event: OAuthTokenRenewed) -> None:
        heard.append(event)

    with signals.oauth_token_renewed.connected_to(listen):
        yield heard


@pytest.fixture
def moves() -> Iterator[list[PortalDomainChanged]]:
    heard: list[PortalDomainChanged] = []

    def listen(_: object, event: PortalDomainChanged) -> None:
        heard.append(event)

    with signals.portal_domain_changed.connected_to(listen):
        yield heard


def access_by(
    portal: FakePortal, store: Store, transport: Transport, oauth_url: str
) -> OAuthAccess:
    return OAuthAccess(
        portal.member_id,
        store=store,
        oauth=OAuthServer(
            transport, [oauth_url], portal.client_id, SecretStr(portal.client_secret)
        ),
        allowed_hosts=[portal.domain],
        renewals=Renewals(),
        sender="app",
    )


def installed(portal: FakePortal, pair: TokenPair, **changes: Any) -> Installation:
    installation = Installation(
        portal=portal.member_id,
        member_id=portal.member_id,
        domain=portal.domain,
        client_endpoint=portal.rest_url,
        token_digest=b"digest",
        tokens=Tokens(
            SecretStr(pair.access_token),
            SecretStr(pair.refresh_token),
            datetime.fromtimestamp(pair.expires, UTC),
        ),
        user_id=1,
        scope=("crm",),
        status="L",
    )
    return replace(installation, **changes)


async def stored(store: Store, portal: FakePortal) -> Installation:
    installation = await store.installation(portal.member_id)
    assert installation is not None
    return installation


def tokens_of(installation: Installation) -> tuple[str, str]:
    assert installation.tokens is not None
    tokens = installation.tokens
    return tokens.access.get_secret_value(), tokens.refresh.get_secret_value()


def text_of(token: SecretStr | None) -> str:
    assert token is not None
    return token.get_secret_value()


# Opening the portal.


async def test_the_stored_token_opens_the_stored_address(
    access: OAuthAccess, pair: TokenPair
) -> None:
    authorization = await access.authorize()

    assert text_of(authorization.token) == pair.access_token
    assert authorization.base_url == f"https://{PORTAL_HOST}/rest/"
    assert authorization.domain == PORTAL_HOST


async def test_a_portal_that_never_installed_the_app_is_gone(access: OAuthAccess) -> None:
    with pytest.raises(InstallationGone, match="NOT_INSTALLED"):
        await access.authorize()


@pytest.mark.parametrize("state", [InstallationState.DELETED, InstallationState.NEEDS_REAUTH])
async def test_a_portal_that_does_not_let_us_in_is_gone(
    access: OAuthAccess,
    portal: FakePortal,
    store: Store,
    network: Network,
    pair: TokenPair,
    state: InstallationState,
) -> None:
    await store.save_installation(installed(portal, pair, state=state, version=1))

    with pytest.raises(InstallationGone) as caught:
        await access.authorize()

    assert caught.value.portal == PORTAL_HOST
    assert network.requests == []


# Renewing.


async def test_an_expired_token_is_renewed_stored_and_used(
    client: Client,
    portal: FakePortal,
    store: Store,
    pair: TokenPair,
    renewals: list[OAuthTokenRenewed],
) -> None:
    portal.expire_tokens()

    response = await client.call("profile")

    (renewed,) = renewals
    assert response.result["ID"] == "1"
    assert tokens_of(await stored(store, portal)) == (
        renewed.access_token.get_secret_value(),
        renewed.refresh_token.get_secret_value(),
    )
    assert renewed.access_token.get_secret_value() != pair.access_token
    assert (renewed.member_id, renewed.domain) == (portal.member_id, PORTAL_HOST)


async def test_two_callers_with_an_expired_token_make_one_refresh(
    access: OAuthAccess, network: Network, pair: TokenPair
) -> None:
    refused = await access.authorize()

    one, other = await asyncio.gather(access.renew(refused), access.renew(refused))

    assert text_of(one.token) == text_of(other.token) != pair.access_token
    assert len(network.to(TOKEN_PATH)) == 1


async def test_callers_on_several_event_loops_make_one_refresh(
    tmp_path: Path, store: Store, renewals: list[OAuthTokenRenewed]
) -> None:
    portal = FakePortal()
    async with portal.serve():
        await store.save_installation(installed(portal, portal.issue_tokens()))
        portal.expire_tokens()

        async def call_six_times() -> list[str]:
            transport = Transport()
            client = Client(access_by(portal, store, transport, portal.oauth_url), transport)
            responses = await asyncio.gather(*(client.call("profile") for _ in range(6)))
            await transport.close()
            return [response.result["ID"] for response in responses]

        results = await asyncio.gather(
            *(asyncio.to_thread(lambda: asyncio.run(call_six_times())) for _ in range(4))
        )

    assert results == [["1"] * 6] * 4
    assert len(renewals) == 1
    assert (await stored(store, portal)).version == 2


async def test_a_token_that_somebody_renewed_already_is_taken_over(
    access: OAuthAccess, portal: FakePortal, store: Store, network: Network, pair: TokenPair
) -> None:
    refused = await access.authorize()
    newer = portal.issue_tokens()
    await store.save_installation(installed(portal, newer, version=1))

    present = await access.renew(refused)

    assert text_of(present.token) == newer.access_token
    assert network.requests == []


async def test_the_signal_comes_after_the_commit(
    access: OAuthAccess, portal: FakePortal, store: Store, pair: TokenPair
) -> None:
    at_signal: list[tuple[str, str]] = []

    async def look(_: object, event: OAuthTokenRenewed) -> None:
        at_signal.append(tokens_of(await stored(store, portal)))

    with signals.oauth_token_renewed.connected_to(look):
        authorization = await access.renew(await access.authorize())

    assert [pair[0] for pair in at_signal] == [text_of(authorization.token)]


async def test_a_receiver_that_raises_disturbs_nobody(
    access: OAuthAccess,
    pair: TokenPair,
    renewals: list[OAuthTokenRenewed],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: object, event: OAuthTokenRenewed) -> None:
        raise RuntimeError("the receiver is broken")

    with signals.oauth_token_renewed.connected_to(fail):
        authorization = await access.renew(await access.authorize())

    assert text_of(authorization.token) != pair.access_token
    assert len(renewals) == 1
    assert "the receiver is broken" in caplog.text


async def test_a_caller_that_is_cancelled_does_not_lose_the_new_tokens(
    access: OAuthAccess, portal: FakePortal, store: Store, network: Network, pair: TokenPair
) -> None:
    rotated, may_answer, told = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hold(request: httpx.Request) -> None:
        rotated.set()
        await may_answer.wait()

    def note(_: object, event: OAuthTokenRenewed) -> None:
        told.set()

    network.after = hold
    caller = asyncio.ensure_future(access.renew(await access.authorize()))
    with signals.oauth_token_renewed.connected_to(note):
        await rotated.wait()
        caller.cancel()
        await asyncio.wait([caller])
        may_answer.set()
        async with asyncio.timeout(30):
            await told.wait()

    assert caller.cancelled()
    assert tokens_of(await stored(store, portal))[0] != pair.access_token


async def test_a_caller_that_is_cancelled_leaves_the_others_their_tokens(
    access: OAuthAccess, network: Network, pair: TokenPair
) -> None:
    rotated, may_answer = asyncio.Event(), asyncio.Event()

    async def hold(request: httpx.Request) -> None:
        rotated.set()
        await may_answer.wait()

    network.after = hold
    refused = await access.authorize()
    impatient = asyncio.ensure_future(access.renew(refused))
    await rotated.wait()
    patient = asyncio.ensure_future(access.renew(refused))
    impatient.cancel()
    may_answer.set()

    authorization = await patient

    assert text_of(authorization.token) != pair.access_token
    assert len(network.to(TOKEN_PATH)) == 1


# Refresh tokens that are refused.


async def test_a_refused_refresh_token_asks_for_a_person_and_is_kept(
    access: OAuthAccess, portal: FakePortal, store: Store, network: Network, pair: TokenPair
) -> None:
    network.before = answering(TOKEN_PATH, httpx.Response(400, json={"error": "invalid_grant"}))

    with pytest.raises(InstallationGone, match="must install or open the app again"):
        await access.renew(await access.authorize())

    installation = await stored(store, portal)
    assert installation.state is InstallationState.NEEDS_REAUTH
    assert tokens_of(installation) == (pair.access_token, pair.refresh_token)


async def test_a_refused_portal_is_not_asked_about_again(
    access: OAuthAccess, network: Network, pair: TokenPair
) -> None:
    network.before = answering(TOKEN_PATH, httpx.Response(400, json={"error": "invalid_grant"}))
    refused = await access.authorize()

    for _ in range(3):
        with pytest.raises(InstallationGone):
            await access.renew(refused)

    assert len(network.to(TOKEN_PATH)) == 1


async def test_newer_tokens_of_another_process_win_over_a_refusal(
    access: OAuthAccess, portal: FakePortal, store: Store, network: Network, pair: TokenPair
) -> None:
    newer = portal.issue_tokens()

    async def another_process_was_faster(request: httpx.Request) -> httpx.Response | None:
        await store.save_installation(installed(portal, newer, version=1))
        return httpx.Response(400, json={"error": "invalid_grant"})

    network.before = another_process_was_faster

    authorization = await access.renew(await access.authorize())

    assert text_of(authorization.token) == newer.access_token
    assert (await stored(store, portal)).state is InstallationState.ACTIVE


async def test_a_new_installation_wins_over_a_refresh_that_was_underway(
    access: OAuthAccess, portal: FakePortal, store: Store, network: Network, pair: TokenPair
) -> None:
    newer = portal.issue_tokens()

    async def install(request: httpx.Request) -> None:
        await store.save_installation(installed(portal, newer, version=1))

    network.after = install

    authorization = await access.renew(await access.authorize())

    assert text_of(authorization.token) == newer.access_token
    assert tokens_of(await stored(store, portal)) == (newer.access_token, newer.refresh_token)


async def test_tokens_of_another_portal_are_not_stored(
    access: OAuthAccess, portal: FakePortal, store: Store, network: Network, pair: TokenPair
) -> None:
    network.before = answering(
        TOKEN_PATH,
        httpx.Response(
            200, json={"access_token": "a", "refresh_token": "r", "member_id": "f" * 32}
        ),
    )

    with pytest.raises(InstallationGone, match="WRONG_MEMBER_ID"):
        await access.renew(await access.authorize())

    assert tokens_of(await stored(store, portal)) == (pair.access_token, pair.refresh_token)


OUTAGES: list[httpx.Response | Exception] = [
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("late"),
    httpx.Response(502, html="<html></html>"),
    httpx.Response(200, text=""),
    httpx.Response(200, json=[]),
    httpx.Response(200, json={"access_token": "a"}),
    httpx.Response(302, headers={"Location": "https://evil.test/oauth/token/"}),
    httpx.Response(500, json={"error": "", "error_description": "?"}),
    httpx.Response(500, json={"error": "INTERNAL_SERVER_ERROR", "error_description": "?"}),
    httpx.Response(503, json={"error": "temporarily_unavailable"}),
]


@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_outage_of_the_oauth_server_costs_no_tokens(
    access: OAuthAccess,
    portal: FakePortal,
    store: Store,
    network: Network,
    pair: TokenPair,
    outage: httpx.Response | Exception,
) -> None:
    network.before = answering(TOKEN_PATH, outage)

    with pytest.raises(PortalUnreachable):
        await access.renew(await access.authorize())

    installation = await stored(store, portal)
    assert installation.state is InstallationState.ACTIVE
    assert tokens_of(installation) == (pair.access_token, pair.refresh_token)
    assert "evil.test" not in network.hosts


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("refused"), httpx.Response(402, json={"error": "PAYMENT_REQUIRED"})],
)
async def test_a_failed_refresh_does_not_make_the_next_caller_wait_for_its_lease(
    access: OAuthAccess,
    network: Network,
    pair: TokenPair,
    failure: httpx.Response | Exception,
) -> None:
    network.before = answering(TOKEN_PATH, failure)
    refused = await access.authorize()

    async with asyncio.timeout(30):
        outcomes = await asyncio.gather(
            access.renew(refused), access.renew(refused), return_exceptions=True
        )

    assert all(isinstance(outcome, RestError) for outcome in outcomes)


# Portals that move.


async def test_a_refresh_that_names_a_new_address_moves_the_portal(
    access: OAuthAccess,
    portal: FakePortal,
    store: Store,
    pair: TokenPair,
    moves: list[PortalDomainChanged],
) -> None:
    refused = await access.authorize()
    portal.move(NEW_HOST)

    authorization = await access.renew(refused)

    assert authorization.base_url == f"https://{NEW_HOST}/rest/"
    assert (await stored(store, portal)).domain == NEW_HOST
    assert moves == [PortalDomainChanged(portal.member_id, PORTAL_HOST, NEW_HOST, confirmed=True)]


@pytest.mark.parametrize("endpoint", ["", "http://evil.test/rest/", "https://u@evil.test/rest/"])
async def test_a_refresh_that_names_no_usable_address_keeps_the_old_one(
    access: OAuthAccess,
    portal: FakePortal,
    store: Store,
    network: Network,
    pair: TokenPair,
    endpoint: str,
) -> None:
    network.before = answering(
        TOKEN_PATH,
        httpx.Response(
            200,
            json={
                "access_token": "a",
                "refresh_token": "r",
                "member_id": portal.member_id,
                "client_endpoint": endpoint,
            },
        ),
    )

    authorization = await access.renew(await access.authorize())

    assert authorization.base_url == f"https://{PORTAL_HOST}/rest/"
    assert tokens_of(await stored(store, portal)) == ("a", "r")


async def test_a_redirect_is_followed_once_the_oauth_server_confirms_it(
    client: Client,
    portal: FakePortal,
    store: Store,
    network: Network,
    pair: TokenPair,
    moves: list[PortalDomainChanged],
) -> None:
    deal_id = portal.add("deal", TITLE="moved")
    portal.move(NEW_HOST)

    response = await client.call("crm.deal.get", id=deal_id)

    assert response.result["TITLE"] == "moved"
    assert network.hosts == [PORTAL_HOST, OAUTH_HOST, NEW_HOST]
    assert (await stored(store, portal)).client_endpoint == f"https://{NEW_HOST}/rest/"
    assert [(m.old_domain, m.new_domain, m.confirmed) for m in moves] == [
        (PORTAL_HOST, NEW_HOST, True)
    ]


async def test_the_signal_of_a_move_comes_after_the_commit(
    client: Client, portal: FakePortal, store: Store, pair: TokenPair
) -> None:
    at_signal: list[str] = []

    async def look(_: object, event: PortalDomainChanged) -> None:
        at_signal.append((await stored(store, portal)).domain)

    portal.move(NEW_HOST)
    with signals.portal_domain_changed.connected_to(look):
        await client.call("profile")

    assert at_signal == [NEW_HOST]


async def test_concurrent_callers_of_a_portal_that_moved_are_told_once(
    access: OAuthAccess,
    transport: Transport,
    portal: FakePortal,
    pair: TokenPair,
    moves: list[PortalDomainChanged],
) -> None:
    portal.move(NEW_HOST)
    clients = [Client(access, transport) for _ in range(8)]

    responses = await asyncio.gather(*(client.call("profile") for client in clients))

    assert [response.result["ID"] for response in responses] == ["1"] * 8
    assert len(moves) == 1


async def test_a_portal_that_moved_while_the_token_expired_is_found(
    client: Client,
    portal: FakePortal,
    network: Network,
    pair: TokenPair,
    renewals: list[OAuthTokenRenewed],
    moves: list[PortalDomainChanged],
) -> None:
    portal.expire_tokens()
    portal.move(NEW_HOST)

    response = await client.call("profile")

    assert response.result["ID"] == "1"
    assert (len(renewals), len(moves)) == (1, 1)
    assert network.hosts[-1] == NEW_HOST


@pytest.mark.parametrize(
    "location", ["https://evil.test/rest/profile", "http://127.0.0.1/", "https://new.bitrix24.de/"]
)
async def test_an_unconfirmed_redirect_gets_no_request(
    client: Client,
    portal: FakePortal,
    store: Store,
    network: Network,
    pair: TokenPair,
    moves: list[PortalDomainChanged],
    location: str,
) -> None:
    before = await stored(store, portal)
    network.before = answering("/rest/profile", httpx.Response(302, headers={"Location": location}))

    with pytest.raises(PortalMoved):
        await client.call("profile")

    assert set(network.hosts) == {PORTAL_HOST, OAUTH_HOST}
    assert await stored(store, portal) == before
    assert moves == []


def informing(portal: FakePortal, changes: dict[str, str]) -> Intervene:
    """Change what the OAuth host tells of a token."""

    async def intervene(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith(APP_INFO_PATH):
            return None
        answer = await portal.transport.handle_async_request(request)
        content = json.loads(await answer.aread())
        told = content["result"]
        for name, value in changes.items():
            (told if name in told else told["install"])[name] = value
        return httpx.Response(200, json=content)

    return intervene


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "app.someone.else"},
        {"member_id": "f" * 32},
        {"client_endpoint": "http://evil.test/rest/"},
        {"client_endpoint": ""},
    ],
)
async def test_a_redirect_confirmed_for_another_app_or_portal_is_not_followed(
    client: Client,
    portal: FakePortal,
    store: Store,
    network: Network,
    pair: TokenPair,
    changes: dict[str, str],
) -> None:
    portal.move(NEW_HOST)
    network.before = informing(portal, changes)

    with pytest.raises(PortalMoved):
        await client.call("profile")

    assert set(network.hosts) == {PORTAL_HOST, OAUTH_HOST}
    assert (await stored(store, portal)).domain == PORTAL_HOST


async def test_a_redirect_loop_ends(
    client: Client, portal: FakePortal, network: Network, pair: TokenPair
) -> None:
    portal.move(NEW_HOST)
    network.before = answering(
        "/rest/profile", httpx.Response(302, headers={"Location": f"https://{PORTAL_HOST}/"})
    )

    with pytest.raises(PortalMoved):
        await client.call("profile")

    assert network.hosts == [PORTAL_HOST, OAUTH_HOST, NEW_HOST]


async def test_a_redirect_that_cannot_be_checked_now_may_be_tried_again(
    client: Client, portal: FakePortal, network: Network, pair: TokenPair
) -> None:
    portal.move(NEW_HOST)
    network.before = answering(APP_INFO_PATH, httpx.ConnectError("refused"))

    with pytest.raises(PortalUnreachable) as caught:
        await client.call("profile")

    assert caught.value.maybe_executed is False
    assert caught.value.portal == PORTAL_HOST


# Secrets.


async def test_the_client_secret_goes_to_the_oauth_server_only(
    client: Client, portal: FakePortal, network: Network, pair: TokenPair
) -> None:
    portal.expire_tokens()
    portal.move(NEW_HOST)

    await client.call("profile")

    told = {r.url.host for r in network.requests if portal.client_secret.encode() in r.content}
    assert told == {OAUTH_HOST}
    assert all(portal.client_secret not in str(r.url) for r in network.requests)


TROUBLE: list[httpx.Response | Exception] = [
    httpx.ConnectError("refused"),
    httpx.Response(400, json={"error": "invalid_grant", "error_description": "used"}),
    httpx.Response(401, json={"error": "NOT_INSTALLED"}),
    httpx.Response(200, html="<html></html>"),
]


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_no_error_and_no_log_shows_a_secret(
    client: Client,
    portal: FakePortal,
    network: Network,
    pair: TokenPair,
    caplog: pytest.LogCaptureFixture,
    trouble: httpx.Response | Exception,
) -> None:
    caplog.set_level("DEBUG")
    portal.expire_tokens()
    network.before = answering(TOKEN_PATH, trouble)

    with pytest.raises(RestError) as caught:
        await client.call("profile")

    report = "".join(traceback.format_exception(caught.value))
    for text in (str(caught.value), repr(caught.value), report, caplog.text):
        for secret in (pair.access_token, pair.refresh_token, portal.client_secret):
            assert secret not in text


async def test_a_renewed_token_is_in_no_log_and_in_no_repr(
    client: Client,
    portal: FakePortal,
    pair: TokenPair,
    renewals: list[OAuthTokenRenewed],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    portal.expire_tokens()

    await client.call("profile")

    (renewed,) = renewals
    for secret in (
        renewed.access_token.get_secret_value(),
        renewed.refresh_token.get_secret_value(),
    ):
        assert secret not in caplog.text
        assert secret not in repr(renewed)


async def test_what_others_write_during_a_renewal_does_not_cost_the_tokens(
    portal: FakePortal, network: Network, store: Store, client: Client, pair: TokenPair
) -> None:
    portal.expire_tokens()
    paused: list[Installation] = []

    async def pause(request: httpx.Request) -> None:
        if request.url.path.endswith(TOKEN_PATH) and not paused:
            found = await store.installation(portal.member_id)
            assert found is not None
            paused.append(replace(found, paused=True))
            assert await store.save_installation(paused[0])

    network.after = pause

    await client.call("profile")
    await client.call("profile")

    found = await store.installation(portal.member_id)
    assert found is not None
    assert found.paused
    assert found.tokens is not None
    assert found.tokens.access.get_secret_value() != pair.access_token


async def test_what_others_write_during_a_renewal_starts_no_second_one(
    portal: FakePortal, network: Network, store: Store, client: Client, pair: TokenPair
) -> None:
    portal.expire_tokens()
    others: list[asyncio.Task[Any]] = []

    async def pause(request: httpx.Request) -> None:
        if request.url.path.endswith(TOKEN_PATH) and not others:
            found = await store.installation(portal.member_id)
            assert found is not None
            assert await store.save_installation(replace(found, paused=True))
            others.append(asyncio.ensure_future(client.call("profile")))
            await asyncio.sleep(0.2)

    network.before = pause

    await client.call("profile")
    await asyncio.gather(*others)

    assert portal.refreshes == 1


@pytest.mark.parametrize("fault", [OAuthFault.RESET_AFTER, OAuthFault.ERROR_AFTER])
async def test_a_lost_answer_to_a_renewal_is_survived_where_the_server_allows_it(
    portal: FakePortal, client: Client, pair: TokenPair, fault: OAuthFault
) -> None:
    portal.refresh_grace = 60
    portal.expire_tokens()
    portal.fail_oauth("oauth/token", fault)

    assert (await client.call("profile")).result["ID"] == "1"
    assert portal.refreshes == 2


async def test_a_lost_answer_to_a_renewal_asks_for_a_person_where_the_token_is_used_up(
    portal: FakePortal, client: Client, pair: TokenPair, store: Store
) -> None:
    portal.expire_tokens()
    portal.fail_oauth("oauth/token", OAuthFault.RESET_AFTER)

    with pytest.raises(InstallationGone, match="install or open the app again"):
        await client.call("profile")

    found = await store.installation(portal.member_id)
    assert found is not None
    assert (found.state, found.reason) == (InstallationState.NEEDS_REAUTH, "invalid_grant")
    assert found.tokens is not None


# A storage that fails.


@pytest.fixture
def failures(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[StoreError]:
    """What the next attempts to save an installation raise."""
    planned: list[StoreError] = []
    save = store.save_installation

    async def fail_or_save(installation: Installation) -> bool:
        if planned:
            raise planned.pop()
        return await save(installation)

    monkeypatch.setattr(store, "save_installation", fail_or_save)
    return planned


async def test_a_storage_that_fails_for_a_moment_does_not_cost_the_tokens(
    access: OAuthAccess,
    portal: FakePortal,
    store: Store,
    pair: TokenPair,
    failures: list[StoreError],
) -> None:
    failures += [StoreError("database is locked")] * 3

    authorization = await access.renew(await access.authorize())

    assert portal.refreshes == 1
    assert tokens_of(await stored(store, portal))[0] == text_of(authorization.token)


async def test_tokens_that_could_not_be_saved_are_saved_by_the_next_renewal(
    access: OAuthAccess,
    portal: FakePortal,
    store: Store,
    pair: TokenPair,
    failures: list[StoreError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokens_module, "_SAVE_SECONDS", 0.0)
    failures.append(StoreError("the disk is full"))
    refused = await access.authorize()
    with pytest.raises(StoreError, match="the disk is full"):
        await access.renew(refused)

    authorization = await access.renew(refused)

    assert portal.refreshes == 1
    assert tokens_of(await stored(store, portal))[0] == text_of(authorization.token)


# Whoever renews leaves nothing behind that others wait for.


async def test_an_installation_during_a_renewal_does_not_hold_up_the_next_one(
    access: OAuthAccess, portal: FakePortal, store: Store, network: Network, pair: TokenPair
) -> None:
    async def install(request: httpx.Request) -> None:
        network.after = None
        await store.save_installation(installed(portal, portal.issue_tokens(), version=1))

    network.after = install
    newer = await access.renew(await access.authorize())

    async with asyncio.timeout(30):
        assert (await access.renew(newer)).token != newer.token


async def test_a_claim_that_comes_again_during_a_renewal_does_not_cost_the_tokens(
    access: OAuthAccess, portal: FakePortal, store: Store, network: Network, pair: TokenPair
) -> None:
    async def install_again(request: httpx.Request) -> None:
        found = await stored(store, portal)
        assert found.tokens is not None
        tokens = replace(found.tokens, expires_at=datetime.now(UTC))
        await store.save_installation(replace(found, tokens=tokens))

    network.after = install_again

    authorization = await access.renew(await access.authorize())

    assert text_of(authorization.token) != pair.access_token
    assert tokens_of(await stored(store, portal))[0] == text_of(authorization.token)


# Whether the tokens have come to their end.


@pytest.mark.parametrize(
    ("code", "is_alive"),
    [
        ("invalid_grant", False),
        ("NOT_INSTALLED", False),
        ("invalid_client", True),
        ("PAYMENT_REQUIRED", True),
    ],
)
async def test_only_the_end_of_the_tokens_is_believed_to_be_the_end(
    access: OAuthAccess, network: Network, pair: TokenPair, code: str, is_alive: bool
) -> None:
    network.before = answering(TOKEN_PATH, httpx.Response(401, json={"error": code}))

    assert await access.is_alive() is is_alive
    assert await access.is_alive() is is_alive


# Which token was turned away.


@pytest.mark.parametrize("calls", [1, 3])
async def test_a_refusal_of_the_app_tells_for_which_token_it_was(
    client: Client, portal: FakePortal, pair: TokenPair, calls: int
) -> None:
    portal.dismiss(1)

    outcomes = await asyncio.gather(
        *(client.call("crm.deal.list") for _ in range(calls)), return_exceptions=True
    )

    digest = token_digest(SecretStr(pair.access_token))
    assert [getattr(outcome, "token_digest", None) for outcome in outcomes] == [digest] * calls
