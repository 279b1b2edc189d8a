"""The whole life of a portal with an app, seen from outside: the portal, the log of handlers, the
signals, and the file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bitrix_events import App, Client, Event, Portal, Settings, signals
from bitrix_events.events import (
    Deal,
    OnAppInstall,
    OnAppPayment,
    OnAppUninstall,
    OnAppUpdate,
    OnAppUserReady,
    OnCrmDealAdd,
)
from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.ports import free_port
from tests.serving import Served, eventually, served, settings_for


@dataclass
class Witness:
    """What an app's handlers and signals have told."""

    told: list[str] = field(default_factory=list)

    def saw(self, what: str) -> bool:
        return what in self.told


@pytest.fixture
def witness() -> Iterator[Witness]:
    witness = Witness()

    def renewed(_: object, event: signals.OAuthTokenRenewed) -> None:
        witness.told.append("renewed")

    def moved(_: object, event: signals.PortalDomainChanged) -> None:
        assert event.confirmed
        witness.told.append(f"moved {event.old_domain} {event.new_domain}")

    with ExitStack() as connected:
        connected.enter_context(signals.oauth_token_renewed.connected_to(renewed))
        connected.enter_context(signals.portal_domain_changed.connected_to(moved))
        yield witness


def app_of(settings: Settings, witness: Witness) -> App:
    app = App(settings)

    @app.on(OnAppInstall, OnAppUpdate, OnAppUserReady, OnAppPayment, OnAppUninstall)
    async def live(event: Event, portal: Portal) -> None:
        witness.told.append(event.code)

    @app.on(OnCrmDealAdd)
    async def welcome(deal: Deal, client: Client) -> None:
        await client.call("crm.deal.update", id=deal.id, fields={"COMMENTS": "seen"})
        witness.told.append(f"deal {deal.id}")

    return app


async def installation_in(store: Path, portal: str) -> Installation | None:
    opened = SqliteStore(store, mode="look")
    await opened.open()
    try:
        return await opened.installation(portal)
    finally:
        await opened.close()


async def is_in_state(running: Served, portal: str, state: InstallationState) -> bool:
    installation = await installation_in(running.store, portal)
    return installation is not None and installation.state is state


def hears(portal: FakePortal, code: str) -> bool:
    return any(binding.event == code for binding in portal.bindings)


async def test_the_whole_life_of_a_portal(tmp_path: Path, witness: Witness) -> None:
    store, port = tmp_path / "app.db", free_port()
    url = f"http://127.0.0.1:{port}"
    async with FakePortal().serve() as portal:
        first_domain, moved_domain = portal.domain, portal.domain.replace("127.0.0.1", "localhost")
        settings = settings_for(
            portal,
            store,
            mode="app",
            public_url=url,
            allowed_hosts=(first_domain, moved_domain),
            uninstall_grace_days=0,
        )

        async with served(app_of(settings, witness), store, port=port) as running:
            # It installs the app, which subscribes to what its handlers need.
            await portal.install(f"{url}/install")
            await eventually(lambda: witness.saw("ONAPPINSTALL") and hears(portal, "ONCRMDEALADD"))

            # An event comes, and is handled with the portal's own data.
            first = portal.add("deal", TITLE="Roof")
            await eventually(lambda: witness.saw(f"deal {first}"))
            assert portal.record("deal", first)["COMMENTS"] == "seen"

            # It is renamed while the token has expired.
            portal.expire_tokens()
            portal.move(moved_domain)
            second = portal.add("deal", TITLE="Floor")
            await eventually(lambda: witness.saw(f"deal {second}"))
            assert witness.told.count("renewed") == 1
            assert witness.told.count(f"moved {first_domain} {moved_domain}") == 1
            installation = await installation_in(store, portal.member_id)
            assert installation is not None
            assert installation.domain == moved_domain

            # The app is updated, and its application token changes.
            await portal.update(f"{url}/install", new_token=True)
            third = portal.add("deal", TITLE="Door")
            await eventually(lambda: witness.saw("ONAPPUPDATE") and witness.saw(f"deal {third}"))

            # Nothing is paid any more: its work waits, and goes on when it is.
            await portal.lapse_payment(f"{url}/events")
            await eventually(
                lambda: is_in_state(running, portal.member_id, InstallationState.BLOCKED)
            )
            portal.outgoing_webhook(f"{url}/events", "ONCRMDEALADD", token=portal.application_token)
            fourth = portal.add("deal", TITLE="Window", user_id=0)
            await portal.settled()
            await asyncio.sleep(0.2)
            assert not witness.saw(f"deal {fourth}")
            await portal.renew_payment(f"{url}/events")
            await eventually(lambda: witness.saw(f"deal {fourth}"))
            assert witness.told.count("ONAPPPAYMENT") >= 2

            # The app gets a user of its own.
            system_user = await portal.make_system_user(f"{url}/install")
            await eventually(lambda: witness.saw("ONAPPUSERREADY"))
            installation = await installation_in(store, portal.member_id)
            assert installation is not None
            assert installation.user_id == system_user

            # It is removed, with its data.
            await portal.uninstall(f"{url}/events", clean=True)
            await eventually(lambda: witness.saw("ONAPPUNINSTALL"))
            assert await is_in_state(running, portal.member_id, InstallationState.DELETED)
            assert not hears(portal, "ONAPPUNINSTALL")

        # After the time in which that can be undone, nothing of it is left.
        async with served(app_of(settings, witness), store, port=port) as running:
            await eventually(lambda: _is_forgotten(store, portal.member_id))
            assert await running.deliveries() == []
            assert portal.member_id.encode() not in await asyncio.to_thread(_bytes_of, store)

            # It installs the app again, and all is as at first.
            witness.told.clear()
            await portal.install(f"{url}/install")
            await eventually(lambda: witness.saw("ONAPPINSTALL") and hears(portal, "ONCRMDEALADD"))
            last = portal.add("deal", TITLE="Stairs")
            await eventually(lambda: witness.saw(f"deal {last}"))


async def _is_forgotten(store: Path, portal: str) -> bool:
    return await installation_in(store, portal) is None


def _bytes_of(store: Path) -> bytes:
    return store.read_bytes()


async def test_a_portal_registered_anew_is_another_portal(tmp_path: Path, witness: Witness) -> None:
    store, port = tmp_path / "app.db", free_port()
    url = f"http://127.0.0.1:{port}"
    async with FakePortal().serve() as portal:
        settings = settings_for(portal, store, mode="app", public_url=url)
        async with served(app_of(settings, witness), store, port=port):
            await portal.install(f"{url}/install")
            await eventually(lambda: hears(portal, "ONCRMDEALADD"))
            former = portal.member_id
            portal.reregister()
            witness.told.clear()

            await portal.install(f"{url}/install")
            await eventually(lambda: witness.saw("ONAPPINSTALL"))
            deal = portal.add("deal", TITLE="Roof")
            await eventually(lambda: witness.saw(f"deal {deal}"))

            retired = await installation_in(store, former)
            assert retired is not None
            assert retired.state is InstallationState.DELETED


async def test_work_waits_when_the_user_who_installed_the_app_has_left(
    tmp_path: Path, witness: Witness
) -> None:
    store, port = tmp_path / "app.db", free_port()
    url = f"http://127.0.0.1:{port}"
    async with FakePortal().serve() as portal:
        settings = settings_for(portal, store, mode="app", public_url=url)
        async with served(app_of(settings, witness), store, port=port) as running:
            portal.add("user", ID=9, ADMIN="Y")
            await portal.install(f"{url}/install", user_id=9)
            await eventually(lambda: hears(portal, "ONCRMDEALADD"))
            portal.dismiss(9)
            deal = portal.add("deal", TITLE="Roof")
            await eventually(
                lambda: is_in_state(running, portal.member_id, InstallationState.NEEDS_REAUTH)
            )

            await portal.open_install_page(f"{url}/install", user_id=1)

            await eventually(lambda: witness.saw(f"deal {deal}"))
