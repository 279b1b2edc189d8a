"""One portal by webhooks: whose events are taken, and where the webhook is called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bitrix_events import signals
from bitrix_events.errors import PortalMoved, SettingsError, TokenExpired, VerificationError
from bitrix_events.portals.webhook import WebhookPortal
from bitrix_events.rest.client import Client
from bitrix_events.rest.transport import Transport
from bitrix_events.signals import PortalDomainChanged
from bitrix_events.store.base import Store
from bitrix_events.store.records import WEBHOOK_PORTAL, Installation
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from bitrix_events.wire.envelope import Credentials, Envelope

URL = "https://acme.bitrix24.com/rest/1/codecodecode/"
TOKEN = "webhook-application-token"
OURS = "a" * 32
THEIRS = "b" * 32


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def changes() -> Iterator[list[PortalDomainChanged]]:
    heard: list[PortalDomainChanged] = []

    def listen(_: object, event: PortalDomainChanged) -> None:
        heard.append(event)

    with signals.portal_domain_changed.connected_to(listen):
        yield heard


class CountingStore(SqliteStore):
    """Counts how often an installation was to be saved."""

    saved = 0

    async def save_installation(self, installation: Installation) -> bool:
        self.saved += 1
        return await super().save_installation(installation)


def webhook(
    store: Store, url: str = URL, *, token: str = TOKEN, member_id: str | None = None
) -> WebhookPortal:
    return WebhookPortal(
        SecretStr(url), SecretStr(token), member_id=member_id, store=store, sender="app"
    )


async def started(store: Store, url: str = URL, **options: Any) -> WebhookPortal:
    portal = webhook(store, url, **options)
    await portal.prepare()
    return portal


def event_from(member_id: str = OURS, *, token: str = TOKEN) -> Envelope:
    credentials = Credentials(application_token=SecretStr(token), member_id=member_id)
    return Envelope("ONCRMDEALADD", {}, credentials, sent_at=None, event_handler_id=None)


async def member_id_in(store: Store) -> str:
    installation = await store.installation(WEBHOOK_PORTAL)
    assert installation is not None
    return installation.member_id


# The setting.


@pytest.mark.parametrize(
    "url",
    [
        URL,
        URL.rstrip("/"),
        f"  {URL}\n",
        "https://box.example.com:8443/rest/12/code/",
        "https://box.example.com/b24/rest/1/code/",
        "https://acme.bitrix24.com/rest/api/1/code/",
        "http://192.168.1.10/rest/1/code/",
    ],
)
def test_the_address_of_a_webhook_is_taken(store: Store, url: str) -> None:
    webhook(store, url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme.bitrix24.com/rest/1/secretcode/",
        "https://acme.bitrix24.com/",
        "https://acme.bitrix24.com/rest/secretcode/",
        "https://acme.bitrix24.com/rest/one/secretcode/",
        "https://acme.bitrix24.com/rest/1/",
        "https://user:secretcode@acme.bitrix24.com/rest/1/secretcode/",
        "https://acme.bitrix24.com/rest/1/secretcode/?x=1",
        "https://acme.bitrix24.com/rest/1/secretcode/#x",
        "ftp://acme.bitrix24.com/rest/1/secretcode/",
    ],
)
def test_any_other_address_is_refused_without_repeating_it(store: Store, url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        webhook(store, url)

    assert str(caught.value) == (
        "BITRIX_EVENTS_WEBHOOK_URL: the address is not that of an incoming webhook, such as"
        " https://acme.bitrix24.com/rest/1/<code>/"
    )


# Whose events are taken.


async def test_an_event_with_the_right_token_is_admitted(store: Store) -> None:
    portal = await started(store)

    installation = (await portal.admit(event_from())).installation

    assert (installation.portal, installation.domain) == (WEBHOOK_PORTAL, "acme.bitrix24.com")


@pytest.mark.parametrize("token", ["wrong", "", TOKEN.upper(), TOKEN + " ", "токен"])
async def test_an_event_with_a_wrong_token_is_refused(store: Store, token: str) -> None:
    portal = await started(store)

    with pytest.raises(VerificationError) as caught:
        await portal.admit(event_from(token=token))

    assert str(caught.value) == "the sender could not be verified"
    assert TOKEN not in caught.value.reason


async def test_a_wrong_token_teaches_no_member_id(store: Store) -> None:
    portal = await started(store)

    with pytest.raises(VerificationError):
        await portal.admit(event_from(THEIRS, token="wrong"))

    assert await member_id_in(store) == ""


async def test_the_member_id_of_the_first_event_is_learned(store: Store) -> None:
    portal = await started(store)

    installation = (await portal.admit(event_from(OURS))).installation

    assert installation.member_id == OURS
    assert await member_id_in(store) == OURS


async def test_of_many_first_events_at_once_one_teaches_the_member_id(tmp_path: Path) -> None:
    store = CountingStore(tmp_path / "counting.db")
    await store.open()
    portal = await started(store)
    store.saved = 0

    admissions = await asyncio.gather(*(portal.admit(event_from(OURS)) for _ in range(20)))
    await store.close()

    assert {admission.installation.member_id for admission in admissions} == {OURS}
    assert store.saved == 1


async def test_a_learned_member_id_is_enforced(store: Store) -> None:
    portal = await started(store)
    await portal.admit(event_from(OURS))

    with pytest.raises(VerificationError) as caught:
        await portal.admit(event_from(THEIRS))

    assert "BITRIX_EVENTS_MEMBER_ID" in caught.value.reason
    assert await member_id_in(store) == OURS


async def test_a_configured_member_id_is_enforced_from_the_first_event_on(store: Store) -> None:
    portal = await started(store, member_id=OURS)

    with pytest.raises(VerificationError):
        await portal.admit(event_from(THEIRS))

    assert (await portal.admit(event_from(OURS))).installation.member_id == OURS


async def test_an_event_without_a_member_id_is_admitted_by_its_token(store: Store) -> None:
    portal = await started(store, member_id=OURS)

    installation = (await portal.admit(event_from(""))).installation

    assert installation.member_id == OURS


async def test_an_event_without_a_member_id_teaches_none(store: Store) -> None:
    portal = await started(store)

    await portal.admit(event_from(""))

    assert await member_id_in(store) == ""


async def test_of_two_first_events_one_decides(store: Store) -> None:
    one, other = await started(store), await started(store)
    await one.admit(event_from(OURS))

    with pytest.raises(VerificationError):
        await other.admit(event_from(THEIRS))

    assert await member_id_in(store) == OURS


# Settings that change between starts.


async def test_a_learned_member_id_survives_a_restart(store: Store) -> None:
    await (await started(store)).admit(event_from(OURS))
    restarted = await started(store)

    with pytest.raises(VerificationError):
        await restarted.admit(event_from(THEIRS))


async def test_a_configured_member_id_replaces_a_learned_one(store: Store) -> None:
    await (await started(store)).admit(event_from(OURS))

    portal = await started(store, member_id=THEIRS)

    assert (await portal.admit(event_from(THEIRS))).installation.member_id == THEIRS


async def test_another_portal_in_the_settings_makes_us_forget_the_first(store: Store) -> None:
    await (await started(store)).admit(event_from(OURS))

    portal = await started(store, "https://globex.bitrix24.com/rest/1/code/")

    installation = (await portal.admit(event_from(THEIRS))).installation
    assert (installation.member_id, installation.domain) == (THEIRS, "globex.bitrix24.com")


async def test_a_new_token_in_the_settings_replaces_the_old_one(store: Store) -> None:
    await started(store)

    portal = await started(store, token="new-token")

    await portal.admit(event_from(token="new-token"))
    with pytest.raises(VerificationError):
        await portal.admit(event_from(token=TOKEN))


async def test_a_new_webhook_code_keeps_what_was_learned(store: Store) -> None:
    await (await started(store)).admit(event_from(OURS))

    await started(store, "https://acme.bitrix24.com/rest/7/othercode/")

    assert await member_id_in(store) == OURS


async def test_a_restart_with_the_same_settings_writes_nothing(store: Store) -> None:
    await started(store)
    before = await store.installation(WEBHOOK_PORTAL)

    await started(store)

    assert await store.installation(WEBHOOK_PORTAL) == before


async def test_the_webhook_code_is_not_stored(store: Store) -> None:
    await started(store)

    assert "codecodecode" not in repr(await store.installation(WEBHOOK_PORTAL))


# Where the webhook is called.


@pytest.mark.parametrize(
    ("url", "root"),
    [
        (URL, URL),
        (URL.rstrip("/"), URL),
        ("https://acme.bitrix24.com/rest/api/1/codecodecode/", URL),
        ("https://ACME.bitrix24.com/rest/1/codecodecode", URL),
        ("http://box.lan:8080/b24/rest/1/code", "http://box.lan:8080/b24/rest/1/code/"),
    ],
)
async def test_the_root_is_the_address_of_the_settings(store: Store, url: str, root: str) -> None:
    portal = await started(store, url)

    authorization = await portal.authorize()

    assert (authorization.base_url, authorization.token) == (root, None)


async def test_there_is_no_token_to_renew(store: Store) -> None:
    portal = await started(store)

    with pytest.raises(TokenExpired, match=r"acme\.bitrix24\.com"):
        await portal.renew(await portal.authorize())


async def test_a_move_to_another_cloud_address_is_followed_and_told(
    store: Store, changes: list[PortalDomainChanged]
) -> None:
    portal = await started(store, member_id=OURS)

    moved = await portal.relocate(await portal.authorize(), "https://new.bitrix24.de/rest/x")

    assert moved.base_url == "https://new.bitrix24.de/rest/1/codecodecode/"
    assert changes == [
        PortalDomainChanged(OURS, "acme.bitrix24.com", "new.bitrix24.de", confirmed=False)
    ]


async def test_a_move_is_remembered_over_a_restart(store: Store) -> None:
    portal = await started(store)
    await portal.relocate(await portal.authorize(), "https://new.bitrix24.de/rest/x")

    restarted = await started(store)

    assert (await restarted.authorize()).domain == "new.bitrix24.de"


async def test_a_move_is_forgotten_when_the_settings_name_another_address(store: Store) -> None:
    portal = await started(store)
    await portal.relocate(await portal.authorize(), "https://new.bitrix24.de/rest/x")

    restarted = await started(store, "https://third.bitrix24.com/rest/1/code/")

    assert (await restarted.authorize()).domain == "third.bitrix24.com"


async def test_a_caller_that_is_late_follows_the_move_without_a_second_signal(
    store: Store, changes: list[PortalDomainChanged]
) -> None:
    portal = await started(store)
    before = await portal.authorize()
    await portal.relocate(before, "https://new.bitrix24.de/rest/x")

    moved = await portal.relocate(before, "https://new.bitrix24.de/rest/x")

    assert moved.domain == "new.bitrix24.de"
    assert len(changes) == 1


@pytest.mark.parametrize(
    "location",
    [
        "",
        "/rest/1/code/",
        "https://evil.test/rest/",
        "http://new.bitrix24.de/rest/",
        "https://acme.bitrix24.com/rest/",
        "https://bitrix24.com/",
        "https://www.bitrix24.com/",
        "https://new.bitrix24.de:8443/",
        "https://new.bitrix24.de@evil.test/",
        "https://new.bitrix24.de.evil.test/",
        "https://evil.test/.bitrix24.de/",
        "https://evil.bitrix24.site/",
        "https://oauth.bitrix24.tech/",
    ],
)
async def test_a_redirect_to_anything_else_is_refused(
    store: Store, changes: list[PortalDomainChanged], location: str
) -> None:
    portal = await started(store)

    with pytest.raises(PortalMoved) as caught:
        await portal.relocate(await portal.authorize(), location)

    assert "codecodecode" not in str(caught.value)
    assert (await portal.authorize()).domain == "acme.bitrix24.com"
    assert changes == []


@pytest.mark.parametrize(
    "url", ["https://box.example.com/rest/1/codecodecode/", URL.replace("https", "http")]
)
async def test_the_password_of_a_webhook_does_not_follow_from_elsewhere_to_the_cloud(
    store: Store, changes: list[PortalDomainChanged], url: str
) -> None:
    portal = await started(store, url)
    before = await portal.authorize()

    with pytest.raises(PortalMoved, match="change BITRIX_EVENTS_WEBHOOK_URL"):
        await portal.relocate(before, "https://new.bitrix24.de/rest/x")

    assert await portal.authorize() == before
    assert changes == []


@pytest.fixture
async def connect(store: Store) -> AsyncIterator[Callable[[FakePortal, WebhookPortal], Client]]:
    transports: list[Transport] = []

    def connect(portal: FakePortal, access: WebhookPortal) -> Client:
        transports.append(Transport(portal.transport))
        return Client(access, transports[-1])

    yield connect
    for transport in transports:
        await transport.close()


Connect = Callable[[FakePortal, WebhookPortal], Client]


async def test_a_call_follows_the_portal_to_its_new_address(store: Store, connect: Connect) -> None:
    fake = FakePortal(domain="acme.bitrix24.com")
    client = connect(fake, await started(store, fake.webhook_url))
    deal_id = fake.add("deal", TITLE="moved")
    fake.move("new.bitrix24.de")

    response = await client.call("crm.deal.get", id=deal_id)

    assert (response.result["TITLE"], client.domain) == ("moved", "new.bitrix24.de")


async def test_classic_and_new_methods_are_called_by_either_address(
    store: Store, connect: Connect
) -> None:
    fake = FakePortal()
    deal_id = fake.add("deal", TITLE="Roof")
    for url in (fake.webhook_url, fake.webhook_url.replace("/rest/", "/rest/api/")):
        client = connect(fake, await started(store, url))

        classic = await client.call("crm.deal.get", id=deal_id)
        new = await client.v3.call("tasks.task.list")

        assert (classic.result["TITLE"], new.result) == ("Roof", {"items": []})


async def test_a_call_does_not_follow_to_a_foreign_host(store: Store, connect: Connect) -> None:
    fake = FakePortal(domain="acme.bitrix24.com")
    client = connect(fake, await started(store, fake.webhook_url))
    fake.move("evil.test")

    with pytest.raises(PortalMoved):
        await client.call("profile")

    assert fake.calls() == []


async def test_a_portal_that_was_paused_is_paused_after_a_restart(store: Store) -> None:
    await started(store)
    known = await store.installation(WEBHOOK_PORTAL)
    assert known is not None
    await store.save_installation(replace(known, paused=True))

    await started(store, token="another-token")

    again = await store.installation(WEBHOOK_PORTAL)
    assert again is not None
    assert again.paused
    assert again.token_digest != known.token_digest
