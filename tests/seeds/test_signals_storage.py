"""Rows SIG, STO, LOG, CFG and INS of the feature table: who is told, where tokens are, what is
logged, what can be set, and how a portal installs the app, keeps it and removes it."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bitrix_events import (
    App,
    Client,
    Event,
    OAuthTokenRenewed,
    Options,
    PortalDomainChanged,
    RestError,
    Settings,
    SettingsError,
    Timeouts,
    signals,
)
from bitrix_events.events import Deal, OnAppInstall, OnAppUninstall, OnAppUpdate, OnCrmDealAdd
from bitrix_events.portals.oauth_app import OAuthApp
from bitrix_events.store.base import Installations
from bitrix_events.store.memory import MemoryInstallations
from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.ports import free_port
from tests.serving import eventually, served, settings_for
from tests.wires import always

DOMAIN = "seed-storage.bitrix24.com"
KEY = SecretStr("a-secret-key-of-thirty-two-bytes")


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(domain=DOMAIN)


@pytest.fixture
async def oauth_app(portal: FakePortal) -> AsyncIterator[OAuthApp]:
    async with app_of(portal) as oauth_app:
        await oauth_app.exchange(portal.issue_code())
        yield oauth_app


def app_of(portal: FakePortal, installations: Installations | None = None) -> OAuthApp:
    return OAuthApp(
        portal.client_id,
        portal.client_secret,
        installations,
        oauth_urls=[portal.oauth_url],
        transport=portal.transport,
    )


# Signals.


async def test_sig_1_observers_hear_of_renewed_tokens_once_they_are_stored(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    heard: list[tuple[OAuthTokenRenewed, Installation | None]] = []

    async def listen(sender: OAuthApp, event: OAuthTokenRenewed) -> None:
        heard.append((event, await sender.installations.installation(event.member_id)))

    portal.expire_tokens()
    with signals.oauth_token_renewed.connected_to(listen):
        await oauth_app.client(DOMAIN).call("profile")

    ((event, stored),) = heard
    assert stored is not None
    assert stored.tokens is not None
    assert stored.tokens.access == event.access_token
    assert (event.domain, event.user_id, event.client_endpoint) == (DOMAIN, 1, portal.rest_url)
    assert event.access_token.get_secret_value() not in repr(event)


async def test_sig_2_observers_hear_of_a_new_address(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    heard: list[PortalDomainChanged] = []

    def listen(_: object, event: PortalDomainChanged) -> None:
        heard.append(event)

    portal.move("seed-elsewhere.bitrix24.com")
    with signals.portal_domain_changed.connected_to(listen):
        await oauth_app.client(DOMAIN).call("profile")

    assert heard == [
        PortalDomainChanged(portal.member_id, DOMAIN, "seed-elsewhere.bitrix24.com", confirmed=True)
    ]


async def test_sig_3_a_receiver_hears_all_portals_or_those_of_one_app(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    heard: list[str] = []

    def of_all(_: object, event: OAuthTokenRenewed) -> None:
        heard.append("all")

    def of_this(_: object, event: OAuthTokenRenewed) -> None:
        heard.append("this")

    def of_another(_: object, event: OAuthTokenRenewed) -> None:
        heard.append("another")

    renewed = signals.oauth_token_renewed
    with (
        renewed.connected_to(of_all),
        renewed.connected_to(of_this, sender=oauth_app),
        renewed.connected_to(of_another, sender=object()),
    ):
        await oauth_app.renew(DOMAIN)

    assert sorted(heard) == ["all", "this"]


async def test_sig_3_a_receiver_that_fails_costs_no_token(
    portal: FakePortal, oauth_app: OAuthApp
) -> None:
    def fail(_: object, event: OAuthTokenRenewed) -> None:
        raise RuntimeError("the receiver is broken")

    portal.expire_tokens()
    with signals.oauth_token_renewed.connected_to(fail):
        assert (await oauth_app.client(DOMAIN).call("profile")).result["ID"] == "1"

    assert (await oauth_app.client(DOMAIN).call("profile")).result["ID"] == "1"
    assert portal.refreshes == 1


@pytest.mark.parametrize("event", [OAuthTokenRenewed, PortalDomainChanged])
def test_sig_4_what_a_signal_brings_is_an_immutable_value(event: type[Any]) -> None:
    names = {f.name for f in dataclasses.fields(event)}

    assert event.__dataclass_params__.frozen
    assert "member_id" in names


# Storage.


class OwnModel:
    """The least that a model of one's own is: a dictionary here, a table in examples/."""

    def __init__(self) -> None:
        self.rows: dict[str, Installation] = {}

    async def installation(self, portal: str) -> Installation | None:
        return self.rows.get(portal)

    async def installation_at(self, domain: str) -> Installation | None:
        return next((row for row in self.rows.values() if row.domain == domain), None)

    async def installations(self) -> list[Installation]:
        return [self.rows[portal] for portal in sorted(self.rows)]

    async def save_installation(self, installation: Installation) -> bool:
        old = self.rows.get(installation.portal)
        if installation.version != (old.version if old else 0):
            return False
        saved = dataclasses.replace(installation, version=installation.version + 1)
        self.rows[installation.portal] = saved
        return True

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        return self.rows[portal].version == version  # one task at a time uses it

    async def end_refresh(self, portal: str) -> None: ...

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        return self.rows.pop(portal, None) is not None


async def test_sto_1_a_model_of_ones_own_keeps_the_tokens(portal: FakePortal) -> None:
    model = OwnModel()

    async with app_of(portal, model) as oauth_app:
        await oauth_app.exchange(portal.issue_code())
        portal.expire_tokens()
        await oauth_app.client(DOMAIN).call("profile")

    row = model.rows[portal.member_id]
    assert (row.version, row.domain, row.scope) == (2, DOMAIN, ("crm", "user", "task"))


async def test_sto_1_a_new_process_goes_on_with_what_the_model_holds(portal: FakePortal) -> None:
    model = OwnModel()
    async with app_of(portal, model) as first:
        await first.exchange(portal.issue_code())

    async with app_of(portal, model) as second:
        assert (await second.client(DOMAIN).call("profile")).result["ID"] == "1"


@pytest.mark.parametrize("ready", ["memory", "sqlite"])
async def test_sto_2_two_storages_are_ready(portal: FakePortal, ready: str, tmp_path: Path) -> None:
    sqlite = SqliteStore(tmp_path / "tokens.db", sealer=Sealer(KEY))
    await sqlite.open()
    storage: Installations = MemoryInstallations() if ready == "memory" else sqlite

    async with app_of(portal, storage) as oauth_app:
        await oauth_app.exchange(portal.issue_code())
        assert (await oauth_app.client(DOMAIN).call("profile")).result["ID"] == "1"

    assert [found.domain for found in await storage.installations()] == [DOMAIN]
    await sqlite.close()


async def test_sto_3_tokens_are_sealed_on_the_disk(portal: FakePortal, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "tokens.db", sealer=Sealer(KEY))
    await store.open()
    async with app_of(portal, store) as oauth_app:
        installation = await oauth_app.exchange(portal.issue_code())
    at_rest = everything_in(tmp_path)
    await store.close()

    assert installation.tokens is not None
    assert DOMAIN.encode() in at_rest
    for secret in (installation.tokens.access, installation.tokens.refresh, KEY):
        assert secret.get_secret_value().encode() not in at_rest


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


# Logging.


async def test_log_1_logging_is_that_of_the_standard_library(
    portal: FakePortal, oauth_app: OAuthApp, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="bitrix_events"):
        await oauth_app.renew(DOMAIN)

    assert f"renewed the tokens of {DOMAIN}" in caplog.text
    assert {record.name.partition(".")[0] for record in caplog.records} == {"bitrix_events"}


async def test_log_1_a_client_may_have_a_logger_of_its_own(
    portal: FakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    portal.fail_next("profile", "INTERNAL_SERVER_ERROR")
    options = Options(logger=logging.getLogger("billing"), delay=0, max_delay=0)

    with caplog.at_level(logging.DEBUG):
        async with Client(portal.webhook_url, portal.transport, options=options) as client:
            await client.call("profile")

    assert "billing" in {record.name for record in caplog.records}


async def test_log_2_no_secret_is_in_any_line_or_error(
    portal: FakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with app_of(portal) as oauth_app:
        installation = await oauth_app.exchange(portal.issue_code())
        portal.expire_tokens()
        await oauth_app.client(DOMAIN).call("profile")
        now = await oauth_app.installations.installation(portal.member_id)
        await portal.uninstall()
        with pytest.raises(RestError) as caught:
            await oauth_app.client(DOMAIN).call("profile")

    text = caplog.text + repr(caught.value) + str(caught.value)
    assert now is not None
    for pair in (installation.tokens, now.tokens):
        assert pair is not None
        assert pair.access.get_secret_value() not in text
        assert pair.refresh.get_secret_value() not in text
    assert portal.client_secret not in text


async def test_log_2_a_webhooks_code_is_in_no_line_or_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    url = "https://secretive.bitrix24.com/rest/1/planted-secret-code/"

    async with Client(url, always(500, b"oops"), options=Options(attempts=2, delay=0)) as client:
        with pytest.raises(RestError) as caught:
            await client.call("profile")

    assert "planted-secret-code" not in caplog.text + repr(caught.value) + repr(client.__dict__)


# Configuration.


def test_cfg_1_options_belong_to_a_client_and_to_no_thread() -> None:
    patient = Options(attempts=9, delay=2.0, timeouts=Timeouts(connect=1.0, read=20.0))
    client = Client("https://acme.bitrix24.com/rest/1/code/", options=patient)
    seen: list[Options] = []

    thread = threading.Thread(target=lambda: seen.append(client.options))
    thread.start()
    thread.join()

    assert seen == [patient]
    assert client.with_options(attempts=1).options == dataclasses.replace(patient, attempts=1)
    assert client.options.attempts == 9, "nothing is changed for anybody else"
    asyncio.run(client.close())


def test_cfg_1_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="attempts"):
        Options(attempts=0)
    with pytest.raises(SettingsError, match="BITRIX_EVENTS_WORKERS"):
        Settings.load(complete=False, workers=0)


async def test_cfg_2_moments_know_their_time_zone(portal: FakePortal) -> None:
    portal.add("deal", TITLE="Roof")
    before = datetime.now(UTC)
    async with Client(portal.webhook_url, portal.transport) as client:
        response = await client.call("profile")
        deal = await client.get(Deal, 1)

    assert abs(datetime.fromtimestamp(response.time.start, UTC) - before).total_seconds() < 60
    assert deal.created_time is not None
    assert deal.created_time.tzinfo is not None, "of the portal; astimezone() makes it local"


# Installing, living, leaving.


@dataclass
class Life:
    """An app that runs, with what it has told."""

    url: str
    installations: MemoryInstallations
    told: list[str] = field(default_factory=list)

    async def state_of(self, portal: FakePortal) -> InstallationState | None:
        found = await self.installations.installation(portal.member_id)
        return None if found is None else found.state


@asynccontextmanager
async def living(
    portal: FakePortal, folder: Path, installations: MemoryInstallations, **options: Any
) -> AsyncIterator[Life]:
    store, port = folder / "app.db", free_port()
    life = Life(f"http://127.0.0.1:{port}", installations)
    settings = settings_for(portal, store, mode="app", public_url=life.url, **options)
    app = App(settings, installations=installations)

    @app.on(OnAppInstall, OnAppUpdate, OnAppUninstall)
    async def live(event: Event) -> None:
        life.told.append(event.code)

    @app.on(OnCrmDealAdd)
    async def deal(event: OnCrmDealAdd, client: Client) -> None:
        await client.call("crm.deal.get", id=event.entity_id)
        life.told.append(f"deal {event.entity_id}")

    async with served(app, store, port=port):
        yield life


def hears_of_deals(portal: FakePortal) -> bool:
    return any(binding.event == "ONCRMDEALADD" for binding in portal.bindings)


@pytest.mark.parametrize("door", ["event", "page"])
async def test_ins_1_a_portal_installs_the_app_by_event_or_by_page(
    tmp_path: Path, door: str
) -> None:
    async with (
        FakePortal().serve() as portal,
        living(portal, tmp_path, MemoryInstallations()) as life,
    ):
        install = portal.install if door == "event" else portal.open_install_page
        answer = await install(f"{life.url}/install")
        await eventually(lambda: "ONAPPINSTALL" in life.told and hears_of_deals(portal))
        state = await life.state_of(portal)

    assert answer.status_code == 200
    assert state is InstallationState.ACTIVE


async def test_ins_2_an_installation_has_states_that_work_waits_for(tmp_path: Path) -> None:
    async with (
        FakePortal().serve() as portal,
        living(portal, tmp_path, MemoryInstallations()) as life,
    ):
        states: list[InstallationState | None] = []
        await portal.install(f"{life.url}/install")
        await eventually(lambda: hears_of_deals(portal))
        states.append(await life.state_of(portal))
        await portal.lapse_payment(f"{life.url}/events")
        states.append(await life.state_of(portal))
        portal.outgoing_webhook(
            f"{life.url}/events", "ONCRMDEALADD", token=portal.application_token
        )
        deal = portal.add("deal", TITLE="Roof", user_id=0)
        await portal.settled()
        await asyncio.sleep(0.2)
        while_blocked = list(life.told)
        await portal.renew_payment(f"{life.url}/events")
        await eventually(lambda: f"deal {deal}" in life.told)
        states.append(await life.state_of(portal))
        await portal.uninstall(f"{life.url}/events")
        states.append(await life.state_of(portal))

    assert f"deal {deal}" not in while_blocked
    assert states == [
        InstallationState.ACTIVE,
        InstallationState.BLOCKED,
        InstallationState.ACTIVE,
        InstallationState.DELETED,
    ]


async def test_ins_3_a_removal_with_its_data_deletes_all_of_it_when_it_cannot_be_undone_any_more(
    tmp_path: Path,
) -> None:
    installations = MemoryInstallations()
    async with FakePortal().serve() as portal:
        async with living(portal, tmp_path, installations, uninstall_grace_days=0) as life:
            await portal.install(f"{life.url}/install")
            await eventually(lambda: hears_of_deals(portal))
            await portal.uninstall(f"{life.url}/events", clean=True)
            await eventually(lambda: "ONAPPUNINSTALL" in life.told)
            removed = await installations.installation(portal.member_id)
        async with living(portal, tmp_path, installations, uninstall_grace_days=0):
            await eventually(lambda: _is_forgotten(installations, portal))

    assert removed is not None
    assert removed.purge_at is not None
    assert portal.member_id.encode() not in everything_in(tmp_path)


async def _is_forgotten(installations: Installations, portal: FakePortal) -> bool:
    return await installations.installation(portal.member_id) is None


async def test_ins_4_subscriptions_that_were_lost_in_an_update_are_made_again(
    tmp_path: Path,
) -> None:
    async with (
        FakePortal().serve() as portal,
        living(portal, tmp_path, MemoryInstallations()) as life,
    ):
        await portal.install(f"{life.url}/install")
        await eventually(lambda: hears_of_deals(portal))
        async with Client(portal.rest_url, token=portal.issue_tokens().access_token) as somebody:
            handler = f"{life.url}/events"
            await somebody.call("event.unbind", event="ONCRMDEALADD", handler=handler)
        assert not hears_of_deals(portal)

        await portal.update(f"{life.url}/install", new_token=True)
        await eventually(lambda: hears_of_deals(portal))
        deal = portal.add("deal", TITLE="Roof")
        await eventually(lambda: f"deal {deal}" in life.told)
