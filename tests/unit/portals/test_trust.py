"""Who is believed: events by their token, installations only by the OAuth server's word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bitrix_events.errors import InstallationGone, TransportError, VerificationError
from bitrix_events.portals import questions
from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.rest.transport import Transport
from bitrix_events.store.base import Store
from bitrix_events.store.records import Admission, Installation, InstallationState
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal, TokenPair
from bitrix_events.wire.envelope import NO_SECRET, Credentials, Envelope
from bitrix_events.wire.form import FormDict
from bitrix_events.wire.verify import token_digest
from tests.access import never_alive

PORTAL_HOST = "acme.bitrix24.com"
OAUTH_HOST = "oauth.test"
EVIL = "https://evil.test/rest/"


class Network(httpx.AsyncBaseTransport):
    """Reaches the fake portal whatever host is called, and writes down who was called."""

    def __init__(self, portal: FakePortal) -> None:
        self.urls: list[httpx.URL] = []
        self.is_down = False
        self.edit: Callable[[dict[str, Any]], object] = lambda answer: None
        """Changes what `app.info` of the OAuth server says."""
        self._portal = portal.transport

    @property
    def hosts(self) -> list[str]:
        return [url.host for url in self.urls]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.urls.append(request.url)
        if self.is_down:
            raise httpx.ConnectError("refused")
        answer = await self._portal.handle_async_request(request)
        if answer.status_code >= 500 or not request.url.path.endswith("/rest/app.info"):
            return answer
        content = json.loads(await answer.aread())
        if "result" in content:
            self.edit(content["result"])
        return httpx.Response(answer.status_code, json=content)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "_PAUSES", (0.01, 0.01, 0.01))


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
async def app(portal: FakePortal, network: Network, store: Store) -> AsyncIterator[Door]:
    transport = Transport(network)
    yield app_with(portal, transport, store)
    await transport.close()


class Door:
    """Proves senders, and stores what they change, as the inbox does with the delivery."""

    def __init__(self, portals: AppPortals, store: Store) -> None:
        self._portals = portals
        self._store = store

    async def gone(self, portal: str, error: InstallationGone) -> bool:
        return await self._portals.gone(portal, error)

    async def install(self, claim: Credentials) -> Installation:
        return await self._store_change(await self._portals.install(claim))

    async def admit(
        self,
        code: str,
        credentials: Credentials,
        data: FormDict | None = None,
        *,
        offered: Credentials | None = None,
    ) -> Installation:
        envelope = Envelope(code, data or {}, credentials, None, None, offered)
        return await self._store_change(await self._portals.admit(envelope))

    async def _store_change(self, admission: Admission) -> Installation:
        if not admission.changed:
            return admission.installation
        assert await self._store.save_installation(admission.installation)
        stored = await self._store.installation(admission.installation.portal)
        assert stored is not None
        return stored


def app_with(
    portal: FakePortal,
    transport: Transport,
    store: Store,
    *,
    allowed_hosts: tuple[str, ...] = (),
    is_alive: Callable[[str], Awaitable[bool]] = never_alive,
) -> Door:
    oauth = OAuthServer(
        transport,
        [f"https://{OAUTH_HOST}/oauth-server"],
        portal.client_id,
        SecretStr(portal.client_secret),
    )
    portals = AppPortals(
        store=store, oauth=oauth, http=transport, allowed_hosts=allowed_hosts, is_alive=is_alive
    )
    return Door(portals, store)


def claim(portal: FakePortal, pair: TokenPair | None = None, **changes: Any) -> Credentials:
    """What a genuine ONAPPINSTALL says, but for the changes."""
    pair = pair or portal.issue_tokens()
    genuine = Credentials(
        application_token=SecretStr(portal.application_token),
        member_id=portal.member_id,
        domain=PORTAL_HOST,
        client_endpoint=f"https://{PORTAL_HOST}/rest/",
        server_endpoint=f"https://{OAUTH_HOST}/rest/",
        access_token=SecretStr(pair.access_token),
        refresh_token=SecretStr(pair.refresh_token),
        user_id=pair.user_id,
        scope=("crm",),
        status="L",
    )
    return replace(genuine, **changes)


def event_of(portal: FakePortal, **changes: Any) -> Credentials:
    """The auth of an ordinary event."""
    token = SecretStr(portal.application_token)
    return replace(Credentials(token, portal.member_id, PORTAL_HOST), **changes)


async def stored(store: Store, portal: FakePortal) -> Installation:
    installation = await store.installation(portal.member_id)
    assert installation is not None
    return installation


def access_token(installation: Installation) -> str:
    assert installation.tokens is not None
    return installation.tokens.access.get_secret_value()


# Installations.


async def test_a_proven_installation_is_stored(app: Door, portal: FakePortal, store: Store) -> None:
    pair = portal.issue_tokens()

    installation = await app.install(claim(portal, pair))

    assert await stored(store, portal) == installation
    assert (installation.portal, installation.domain) == (portal.member_id, PORTAL_HOST)
    assert installation.client_endpoint == f"https://{PORTAL_HOST}/rest/"
    assert (installation.user_id, installation.state) == (1, InstallationState.ACTIVE)
    assert installation.scope == ("crm", "user", "task")
    assert access_token(installation) == pair.access_token


async def test_the_application_token_is_stored_as_a_digest_only(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))

    installation = await stored(store, portal)
    assert installation.token_digest is not None
    assert portal.application_token.encode() not in installation.token_digest


async def test_a_new_portal_is_called_only_where_the_oauth_server_says_that_it_is(
    app: Door, portal: FakePortal, network: Network
) -> None:
    await app.install(claim(portal))

    assert network.hosts == [OAUTH_HOST, PORTAL_HOST]


async def refused(app: Door, credentials: Credentials) -> str:
    with pytest.raises(VerificationError) as caught:
        await app.install(credentials)
    assert str(caught.value) == "the sender could not be verified"
    for token in (credentials.access_token, credentials.refresh_token):
        if token.get_secret_value():
            assert token.get_secret_value() not in caught.value.reason
    return caught.value.reason


async def test_a_token_of_another_app_is_refused(
    app: Door, portal: FakePortal, network: Network, store: Store
) -> None:
    network.edit = lambda answer: answer.update(client_id="app.someone.else")

    reason = await refused(app, claim(portal))

    assert "another app" in reason
    assert await store.installation(portal.member_id) is None


async def test_a_token_of_another_portal_is_refused(
    app: Door, portal: FakePortal, store: Store
) -> None:
    reason = await refused(app, claim(portal, member_id="f" * 32))

    assert "does not belong to portal" in reason
    assert await store.installation("f" * 32) is None
    assert await store.installation(portal.member_id) is None


@pytest.mark.parametrize("member_id", ["", None])
async def test_a_portal_that_the_oauth_server_does_not_name_is_refused(
    app: Door, portal: FakePortal, network: Network, store: Store, member_id: str | None
) -> None:
    network.edit = lambda answer: answer["install"].update(member_id=member_id)

    await refused(app, claim(portal, member_id=member_id or ""))

    assert await store.installation("") is None


@pytest.mark.parametrize("missing", ["access_token", "refresh_token"])
async def test_an_installation_without_tokens_is_refused_unasked(
    app: Door, portal: FakePortal, network: Network, missing: str
) -> None:
    incomplete: dict[str, Any] = {missing: NO_SECRET}

    await refused(app, claim(portal, **incomplete))

    assert network.urls == []


async def test_an_endpoint_that_the_oauth_server_does_not_confirm_is_refused(
    app: Door, portal: FakePortal, store: Store
) -> None:
    reason = await refused(app, claim(portal, client_endpoint=EVIL))

    assert "evil.test" in reason
    assert await store.installation(portal.member_id) is None


async def test_a_claim_without_an_endpoint_gets_the_proven_one(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal, client_endpoint="", domain="evil.test"))

    assert (await stored(store, portal)).client_endpoint == f"https://{PORTAL_HOST}/rest/"


async def test_a_portal_on_plain_http_is_refused_with_the_remedy(
    app: Door, portal: FakePortal, network: Network, store: Store
) -> None:
    network.edit = lambda answer: answer["install"].update(client_endpoint="http://box.lan/rest/")

    reason = await refused(app, claim(portal, client_endpoint="http://box.lan/rest/"))

    assert "BITRIX_EVENTS_ALLOWED_HOSTS" in reason
    assert await store.installation(portal.member_id) is None


async def test_an_allowed_portal_on_plain_http_is_stored(
    portal: FakePortal, network: Network, store: Store
) -> None:
    network.edit = lambda answer: answer["install"].update(client_endpoint="http://box.lan/rest/")
    transport = Transport(network)
    app = app_with(portal, transport, store, allowed_hosts=("box.lan",))

    await app.install(claim(portal, client_endpoint="http://box.lan/rest/"))

    await transport.close()
    assert (await stored(store, portal)).domain == "box.lan"


@pytest.mark.parametrize("token", ["never-issued", "x" * 5000, "токен", "a&b=c"])
async def test_a_token_that_nobody_issued_is_refused(
    app: Door, portal: FakePortal, store: Store, token: str
) -> None:
    await refused(app, claim(portal, access_token=SecretStr(token)))

    assert await store.installation(portal.member_id) is None


async def test_an_expired_token_is_refused(app: Door, portal: FakePortal) -> None:
    pair = portal.issue_tokens()
    portal.expire_tokens()

    await refused(app, claim(portal, pair))


async def test_an_oauth_server_that_is_down_leaves_everything_as_it_was(
    app: Door, portal: FakePortal, network: Network, store: Store
) -> None:
    network.is_down = True

    with pytest.raises(TransportError):
        await app.install(claim(portal))

    assert await store.installation(portal.member_id) is None


# Installing again.


async def test_the_same_user_may_install_again(
    app: Door, portal: FakePortal, network: Network, store: Store
) -> None:
    await app.install(claim(portal))
    second = portal.issue_tokens()

    await app.install(claim(portal, second))

    assert access_token(await stored(store, portal)) == second.access_token
    assert network.hosts == [OAUTH_HOST, PORTAL_HOST, OAUTH_HOST]


async def test_a_first_installation_by_somebody_who_is_no_admin_is_refused(
    app: Door, portal: FakePortal
) -> None:
    bob = portal.add("user", NAME="Bob", ADMIN="N")

    assert "no administrator" in await refused(app, claim(portal, portal.issue_tokens(bob)))


async def test_somebody_who_is_no_admin_does_not_install_a_removed_app_again(
    app: Door, portal: FakePortal
) -> None:
    await app.install(claim(portal))
    await app.admit("ONAPPUNINSTALL", event_of(portal))
    bob = portal.add("user", NAME="Bob", ADMIN="N")

    assert "no administrator" in await refused(app, claim(portal, portal.issue_tokens(bob)))


async def test_another_user_who_is_no_admin_does_not_replace_the_tokens(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    before = await stored(store, portal)
    bob = portal.add("user", NAME="Bob", ADMIN="N")

    reason = await refused(app, claim(portal, portal.issue_tokens(bob)))

    assert "no administrator" in reason
    assert await stored(store, portal) == before


async def test_another_administrator_may_install_again(
    app: Door, portal: FakePortal, network: Network, store: Store
) -> None:
    await app.install(claim(portal))
    eve = portal.add("user", NAME="Eve", ADMIN="Y")
    pair = portal.issue_tokens(eve)

    await app.install(claim(portal, pair))

    installation = await stored(store, portal)
    assert (installation.user_id, access_token(installation)) == (eve, pair.access_token)
    assert network.hosts[-1] == PORTAL_HOST


async def test_a_portal_that_does_not_say_who_is_admin_keeps_its_tokens(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    before = await stored(store, portal)
    eve = portal.add("user", NAME="Eve", ADMIN="Y")
    portal.fail_next("profile", "INTERNAL_SERVER_ERROR", times=9)

    with pytest.raises(TransportError):
        await app.install(claim(portal, portal.issue_tokens(eve)))

    assert await stored(store, portal) == before


@pytest.mark.parametrize("code", ["QUERY_LIMIT_EXCEEDED", "INTERNAL_SERVER_ERROR"])
async def test_a_portal_that_is_busy_for_a_moment_is_asked_again(
    app: Door, portal: FakePortal, code: str
) -> None:
    portal.fail_next("profile", code)

    assert (await app.install(claim(portal))).state is InstallationState.ACTIVE


async def test_an_update_during_a_short_outage_of_the_oauth_server_is_not_missed(
    app: Door, portal: FakePortal
) -> None:
    await app.install(claim(portal))
    portal.fail_oauth("app.info", 500, times=2)

    await app.admit("ONAPPUPDATE", claim(portal, application_token=SecretStr("new")))

    with_new = event_of(portal, application_token=SecretStr("new"))
    assert (await app.admit("ONCRMDEALADD", with_new)).portal == portal.member_id


async def test_a_claim_that_comes_again_keeps_the_tokens_as_they_are(
    app: Door, portal: FakePortal, store: Store
) -> None:
    same = claim(portal)
    first = await app.install(same)

    again = await app.install(same)

    assert again.tokens == first.tokens


async def test_a_former_administrator_does_not_install_a_removed_app_again(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    await app.admit("ONAPPUNINSTALL", event_of(portal))
    portal.change("user", 1, ADMIN="N")

    assert "no administrator" in await refused(app, claim(portal))
    assert (await stored(store, portal)).state is InstallationState.DELETED


async def test_an_unknown_user_is_not_the_one_who_was_unknown_before(
    app: Door, portal: FakePortal, network: Network
) -> None:
    network.edit = lambda answer: answer.update(user_id=0)
    await app.install(claim(portal))
    bob = portal.add("user", NAME="Bob", ADMIN="N")

    assert "no administrator" in await refused(app, claim(portal, portal.issue_tokens(bob)))


# Strangers who ask often.


async def test_a_token_that_was_refused_is_not_asked_about_again(
    app: Door, portal: FakePortal, network: Network
) -> None:
    forged = claim(portal, access_token=SecretStr("forged"))

    await asyncio.gather(*(refused(app, forged) for _ in range(50)))

    assert len(network.urls) <= 8


async def test_what_is_remembered_of_refused_tokens_is_bounded(
    app: Door, portal: FakePortal, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "_REFUSED_TOKENS", 2)

    for token in ("one", "two", "three", "three", "one"):
        await refused(app, claim(portal, access_token=SecretStr(token)))

    assert len(network.urls) == 4


async def test_strangers_have_a_few_places_and_do_not_take_those_of_known_portals(
    app: Door, portal: FakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "_WAIT_SECONDS", 0.05)
    await app.install(claim(portal))
    portal.oauth_latency = 0.5
    strangers = [
        asyncio.ensure_future(
            app.install(claim(portal, access_token=SecretStr(f"forged {n}"), member_id="f" * 32))
        )
        for n in range(20)
    ]
    await asyncio.sleep(0)

    await app.install(claim(portal))

    outcomes = await asyncio.gather(*strangers, return_exceptions=True)
    assert sum(isinstance(outcome, VerificationError) for outcome in outcomes) == 8
    assert sum(isinstance(outcome, TransportError) for outcome in outcomes) == 12


# Calls that are turned away.


def turned_away(token: str) -> InstallationGone:
    error = InstallationGone("profile", "authorization_error", "he has left", portal=PORTAL_HOST)
    error.token_digest = token_digest(SecretStr(token))
    return error


async def test_the_token_of_a_user_who_has_left_does_not_end_the_installation(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))

    assert not await app.gone(portal.member_id, turned_away(portal.issue_tokens(7).access_token))
    assert (await stored(store, portal)).state is InstallationState.ACTIVE


async def test_the_refusal_of_the_installations_own_token_makes_its_work_wait(
    app: Door, portal: FakePortal, store: Store
) -> None:
    installation = await app.install(claim(portal))

    assert await app.gone(portal.member_id, turned_away(access_token(installation)))
    assert (await stored(store, portal)).state is InstallationState.NEEDS_REAUTH


async def test_a_forged_claim_does_not_change_a_known_portal(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    before = await stored(store, portal)

    await refused(
        app,
        claim(
            portal,
            access_token=SecretStr("forged"),
            application_token=SecretStr("planted"),
        ),
    )

    assert await stored(store, portal) == before
    with pytest.raises(VerificationError):
        await app.admit("ONCRMDEALADD", event_of(portal, application_token=SecretStr("planted")))


async def test_an_installation_page_without_a_token_keeps_the_known_one(
    app: Door, portal: FakePortal
) -> None:
    await app.install(claim(portal))

    await app.install(claim(portal, application_token=NO_SECRET))

    installation = await app.admit("ONCRMDEALADD", event_of(portal))
    assert installation.portal == portal.member_id


async def test_a_proven_installation_may_bring_a_new_application_token(
    app: Door, portal: FakePortal
) -> None:
    await app.install(claim(portal))

    await app.admit("ONAPPUPDATE", claim(portal, application_token=SecretStr("new")))

    with_new = event_of(portal, application_token=SecretStr("new"))
    assert (await app.admit("ONCRMDEALADD", with_new)).portal == portal.member_id


async def test_the_application_token_before_an_update_counts_for_a_day(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    await app.admit("ONAPPUPDATE", claim(portal, application_token=SecretStr("new")))

    assert (await app.admit("ONCRMDEALADD", event_of(portal))).portal == portal.member_id

    installation = await stored(store, portal)
    assert installation.old_until is not None
    assert await store.save_installation(replace(installation, old_until=datetime.now(UTC)))
    with pytest.raises(VerificationError):
        await app.admit("ONCRMDEALADD", event_of(portal))


async def test_an_installation_underway_since_before_an_update_brings_no_old_token_back(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    await app.admit("ONAPPUPDATE", claim(portal, application_token=SecretStr("new")))
    after_update = await stored(store, portal)

    await app.admit("ONAPPINSTALL", claim(portal))

    late = await stored(store, portal)
    assert (late.token_digest, late.old_until) == (
        after_update.token_digest,
        after_update.old_until,
    )


async def test_the_application_token_of_a_removed_installation_does_not_survive_the_next_one(
    app: Door, portal: FakePortal
) -> None:
    await app.install(claim(portal))
    await app.admit("ONAPPUNINSTALL", event_of(portal))

    await app.install(claim(portal, application_token=SecretStr("new")))

    with pytest.raises(VerificationError):
        await app.admit("ONCRMDEALADD", event_of(portal))


# A user of the app's own.


def offered_by(portal: FakePortal, pair: TokenPair, **changes: Any) -> Credentials:
    return claim(portal, pair, **changes)


async def admit_user(app: Door, portal: FakePortal, offered: Credentials | None) -> Installation:
    return await app.admit("ONAPPUSERREADY", claim(portal), offered=offered)


async def test_the_app_works_with_its_own_user_once_it_has_one(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    portal.add("user", ID=301, ADMIN="Y")
    pair = portal.issue_tokens(301)

    await admit_user(app, portal, offered_by(portal, pair))

    installation = await stored(store, portal)
    assert installation.user_id == 301
    assert access_token(installation) == pair.access_token


async def test_a_user_that_is_ready_before_the_installation_installs_the_app(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await admit_user(app, portal, offered_by(portal, portal.issue_tokens(301)))

    assert (await stored(store, portal)).user_id == 301
    assert (await app.admit("ONCRMDEALADD", event_of(portal))).portal == portal.member_id


async def test_a_user_without_rights_cannot_offer_himself(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    before = await stored(store, portal)
    portal.add("user", ID=7)
    his = portal.issue_tokens(7)

    with pytest.raises(VerificationError):
        await app.admit("ONAPPUSERREADY", claim(portal, his), offered=offered_by(portal, his))

    assert await stored(store, portal) == before


@pytest.mark.parametrize("voucher", [{"client_id": "local.another.app"}, None])
async def test_an_administrator_vouches_only_with_a_token_of_this_app(
    app: Door, portal: FakePortal, store: Store, voucher: dict[str, str] | None
) -> None:
    await app.install(claim(portal))
    before = await stored(store, portal)
    portal.add("user", ID=7)
    portal.add("user", ID=9, ADMIN="Y")
    his = portal.issue_tokens(7)
    vouching = his if voucher is None else portal.issue_tokens(9, **voucher)

    with pytest.raises(VerificationError):
        await app.admit("ONAPPUSERREADY", claim(portal, vouching), offered=offered_by(portal, his))

    assert await stored(store, portal) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"user_id": 7},
        {"member_id": "f" * 32},
        {"access_token": SecretStr("planted")},
        {"client_endpoint": "https://evil.test/rest/"},
    ],
)
async def test_tokens_of_a_user_that_are_not_proven_are_refused(
    app: Door, portal: FakePortal, store: Store, changes: dict[str, Any]
) -> None:
    await app.install(claim(portal))
    before = await stored(store, portal)

    with pytest.raises(VerificationError):
        await admit_user(app, portal, offered_by(portal, portal.issue_tokens(301), **changes))

    assert await stored(store, portal) == before


async def test_tokens_of_a_user_with_a_wrong_application_token_are_refused(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    before = await stored(store, portal)
    forged = event_of(portal, application_token=SecretStr("wrong"))
    offered = offered_by(portal, portal.issue_tokens(301))

    with pytest.raises(VerificationError):
        await app.admit("ONAPPUSERREADY", forged, offered=offered)

    assert await stored(store, portal) == before


async def test_a_user_without_tokens_is_refused(app: Door, portal: FakePortal) -> None:
    await app.install(claim(portal))

    with pytest.raises(VerificationError):
        await admit_user(app, portal, None)


# Payment.


async def test_a_portal_that_has_not_paid_is_blocked_until_it_has(
    app: Door, portal: FakePortal
) -> None:
    await app.install(claim(portal))

    lapsed = await app.admit("ONAPPPAYMENT", event_of(portal), {"PAYMENT_EXPIRED": "Y"})
    paid = await app.admit("ONAPPPAYMENT", event_of(portal), {"PAYMENT_EXPIRED": "N"})

    assert (lapsed.state, lapsed.reason) == (InstallationState.BLOCKED, "PAYMENT_REQUIRED")
    assert lapsed.since is not None
    assert (paid.state, paid.reason) == (InstallationState.ACTIVE, "")


async def test_a_portal_whose_tokens_are_renewed_is_not_blocked_for_what_an_event_says(
    portal: FakePortal, network: Network, store: Store
) -> None:
    async def renew(key: str) -> bool:
        present = await store.installation(key)
        assert present is not None
        assert present.tokens is not None
        tokens = replace(present.tokens, refresh=SecretStr("renewed"))
        return await store.save_installation(replace(present, tokens=tokens))

    transport = Transport(network)
    app = app_with(portal, transport, store, is_alive=renew)
    await app.install(claim(portal))

    said = await app.admit("ONAPPPAYMENT", event_of(portal), {"PAYMENT_EXPIRED": "Y"})

    await transport.close()
    assert said.state is InstallationState.ACTIVE
    assert said.tokens is not None
    assert said.tokens.refresh.get_secret_value() == "renewed"


async def test_a_renewed_subscription_ends_a_block(app: Door, portal: FakePortal) -> None:
    await app.install(claim(portal))
    await app.admit("ONAPPPAYMENT", event_of(portal), {"PAYMENT_EXPIRED": "Y"})

    renewed = await app.admit("ONSUBSCRIPTIONRENEW", event_of(portal))

    assert renewed.state is InstallationState.ACTIVE


async def test_a_payment_brings_no_removed_installation_back(app: Door, portal: FakePortal) -> None:
    await app.install(claim(portal))
    await app.admit("ONAPPUNINSTALL", event_of(portal))

    paid = await app.admit("ONAPPPAYMENT", event_of(portal), {"PAYMENT_EXPIRED": "N"})

    assert paid.state is InstallationState.DELETED


# An application token that is not known yet: authorised by a code.


async def authorised(app: Door, portal: FakePortal) -> Installation:
    return await app.install(claim(portal, application_token=SecretStr("")))


async def test_the_application_token_is_learned_from_the_user_who_has_authorised(
    app: Door, portal: FakePortal
) -> None:
    await authorised(app, portal)
    pair = portal.issue_tokens()

    await app.admit("ONAPPTEST", claim(portal, pair))

    assert (await app.admit("ONCRMDEALADD", event_of(portal))).portal == portal.member_id


@pytest.mark.parametrize("user_id", [7, None])
async def test_nobody_else_can_plant_an_application_token(
    app: Door, portal: FakePortal, store: Store, user_id: int | None
) -> None:
    await authorised(app, portal)
    before = await stored(store, portal)
    forged = event_of(portal) if user_id is None else claim(portal, portal.issue_tokens(user_id))

    with pytest.raises(VerificationError):
        await app.admit("ONAPPTEST", forged)

    assert await stored(store, portal) == before


async def test_an_application_token_that_was_missed_is_learned_from_the_user_we_work_for(
    app: Door, portal: FakePortal
) -> None:
    await app.install(claim(portal))
    new = SecretStr("new")

    await app.admit("ONCRMDEALADD", claim(portal, application_token=new))

    with_new = event_of(portal, application_token=new)
    assert (await app.admit("ONCRMDEALADD", with_new)).portal == portal.member_id


@pytest.mark.parametrize("is_removed", [False, True])
async def test_a_wrong_application_token_stays_wrong_with_the_token_of_somebody_else(
    app: Door, portal: FakePortal, store: Store, is_removed: bool
) -> None:
    await app.install(claim(portal))
    if is_removed:
        await app.admit("ONAPPUNINSTALL", event_of(portal))
    before = await stored(store, portal)
    pair = portal.issue_tokens(1 if is_removed else 7)

    with pytest.raises(VerificationError):
        await app.admit("ONCRMDEALADD", claim(portal, pair, application_token=SecretStr("new")))

    assert await stored(store, portal) == before


# A portal that was registered anew.


async def test_a_portal_registered_anew_retires_what_it_was_before(
    app: Door, portal: FakePortal, store: Store
) -> None:
    former = Installation("f" * 32, "f" * 32, PORTAL_HOST, f"https://{PORTAL_HOST}/rest/")
    await store.save_installation(former)

    await app.install(claim(portal))

    retired = await store.installation(former.portal)
    assert retired is not None
    assert (retired.state, retired.purge_at) == (InstallationState.DELETED, None)
    assert (await stored(store, portal)).state is InstallationState.ACTIVE


# Events.


async def test_an_event_with_the_right_token_is_admitted(app: Door, portal: FakePortal) -> None:
    await app.install(claim(portal))

    installation = await app.admit("ONCRMDEALADD", event_of(portal))

    assert installation.portal == portal.member_id


async def test_an_event_of_an_unknown_portal_is_refused(app: Door, portal: FakePortal) -> None:
    with pytest.raises(VerificationError) as caught:
        await app.admit("ONCRMDEALADD", event_of(portal))

    assert "has not installed the app" in caught.value.reason


@pytest.mark.parametrize("token", ["", "wrong", "токен", "\x00", "x" * 10_000])
async def test_an_event_with_a_wrong_token_is_refused(
    app: Door, portal: FakePortal, token: str
) -> None:
    await app.install(claim(portal))

    with pytest.raises(VerificationError) as caught:
        await app.admit("ONCRMDEALADD", event_of(portal, application_token=SecretStr(token)))

    assert "token is wrong" in caught.value.reason
    assert portal.application_token not in caught.value.reason


async def test_no_token_opens_a_portal_that_never_sent_one(app: Door, portal: FakePortal) -> None:
    await app.install(claim(portal, application_token=NO_SECRET))

    for token in ("", "\x00" * 32, "None"):
        with pytest.raises(VerificationError):
            await app.admit("ONCRMDEALADD", event_of(portal, application_token=SecretStr(token)))


async def test_the_token_of_one_portal_does_not_open_another(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    other = replace(await stored(store, portal), portal="f" * 32, member_id="f" * 32, version=0)
    await store.save_installation(replace(other, token_digest=b"another digest", tokens=None))

    with pytest.raises(VerificationError):
        await app.admit("ONCRMDEALADD", event_of(portal, member_id="f" * 32))


async def test_an_event_without_a_member_id_is_matched_by_its_address(
    app: Door, portal: FakePortal
) -> None:
    await app.install(claim(portal))

    installation = await app.admit("ONIMBOTV2MESSAGEADD", event_of(portal, member_id=""))

    assert installation.member_id == portal.member_id


@pytest.mark.parametrize("change", [{"domain": "evil.test"}, {"domain": ""}])
async def test_an_event_without_a_member_id_from_an_unknown_address_is_refused(
    app: Door, portal: FakePortal, change: dict[str, str]
) -> None:
    await app.install(claim(portal))

    with pytest.raises(VerificationError):
        await app.admit("ONIMBOTV2MESSAGEADD", event_of(portal, member_id="", **change))


async def test_an_event_without_a_member_id_needs_the_token_too(
    app: Door, portal: FakePortal
) -> None:
    await app.install(claim(portal))

    with pytest.raises(VerificationError):
        await app.admit(
            "ONIMBOTV2MESSAGEADD",
            event_of(portal, member_id="", application_token=SecretStr("wrong")),
        )


async def test_an_ordinary_event_changes_neither_tokens_nor_address(
    app: Door, portal: FakePortal, network: Network, store: Store
) -> None:
    await app.install(claim(portal))
    before = await stored(store, portal)
    network.urls.clear()

    await app.admit("ONCRMDEALADD", claim(portal, client_endpoint=EVIL, domain="evil.test"))

    assert await stored(store, portal) == before
    assert network.urls == []


# Uninstalling.


async def test_an_uninstall_marks_the_portal_and_keeps_its_tokens(
    app: Door, portal: FakePortal, store: Store
) -> None:
    pair = portal.issue_tokens()
    await app.install(claim(portal, pair))

    await app.admit("ONAPPUNINSTALL", event_of(portal))

    installation = await stored(store, portal)
    assert installation.state is InstallationState.DELETED
    assert access_token(installation) == pair.access_token


async def test_an_uninstall_that_comes_twice_is_admitted_twice(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))

    await app.admit("ONAPPUNINSTALL", event_of(portal))
    await app.admit("ONAPPUNINSTALL", event_of(portal))

    assert (await stored(store, portal)).state is InstallationState.DELETED


async def test_a_forged_uninstall_changes_nothing(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))

    with pytest.raises(VerificationError):
        await app.admit("ONAPPUNINSTALL", event_of(portal, application_token=SecretStr("wrong")))

    assert (await stored(store, portal)).state is InstallationState.ACTIVE


async def test_a_portal_that_removed_the_app_may_install_it_again(
    app: Door, portal: FakePortal, store: Store
) -> None:
    await app.install(claim(portal))
    await app.admit("ONAPPUNINSTALL", event_of(portal))

    await app.install(claim(portal))

    assert (await stored(store, portal)).state is InstallationState.ACTIVE


# Forged addresses.

FORGED = [
    "https://evil.test/rest/",
    "http://127.0.0.1/rest/",
    "http://169.254.169.254/latest/meta-data/",
    f"https://{OAUTH_HOST}@evil.test/rest/",
    f"https://{OAUTH_HOST}.evil.test/rest/",
    f"https://evil.test/{OAUTH_HOST}/",
    f"https://evil.test\\@{OAUTH_HOST}/",
    f"https://evil.test#{OAUTH_HOST}",
    "//evil.test/rest/",
    "https://[::ffff:127.0.0.1]/",
    "file:///etc/passwd",
    "not an address",
]


@pytest.mark.parametrize("field", ["client_endpoint", "server_endpoint", "domain"])
@pytest.mark.parametrize("address", FORGED)
@pytest.mark.parametrize("is_known", [False, True])
async def test_no_forged_field_makes_us_call_another_host(
    app: Door,
    portal: FakePortal,
    network: Network,
    store: Store,
    field: str,
    address: str,
    is_known: bool,
) -> None:
    forged: dict[str, Any] = {field: address}
    if is_known:
        await app.install(claim(portal))

    for code in ("ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUNINSTALL", "ONCRMDEALADD"):
        try:
            await app.admit(code, claim(portal, **forged))
        except VerificationError:
            continue

    assert set(network.hosts) <= {OAUTH_HOST, PORTAL_HOST}
    installation = await store.installation(portal.member_id)
    assert installation is None or installation.client_endpoint == f"https://{PORTAL_HOST}/rest/"


async def test_the_named_oauth_server_is_only_picked_from_the_configured_ones(
    portal: FakePortal, network: Network, store: Store
) -> None:
    transport = Transport(network)
    oauth = OAuthServer(
        transport,
        ["https://one.test/oauth-server", "https://two.test/oauth-server"],
        portal.client_id,
        SecretStr(portal.client_secret),
    )
    app = AppPortals(
        store=store, oauth=oauth, http=transport, allowed_hosts=(), is_alive=never_alive
    )

    for server in ("https://two.test/rest/", "https://evil.test/rest/"):
        await app.install(claim(portal, server_endpoint=server))

    await transport.close()
    assert [host for host in network.hosts if host != PORTAL_HOST] == ["two.test", "one.test"]
