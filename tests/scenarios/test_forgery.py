"""No forged request is taken in, changes anything, calls anybody, or leaves a secret behind."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pydantic import SecretStr

from bitrix_events import App, Client, Event
from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.store.records import Installation
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from bitrix_events.wire.envelope import read_event
from bitrix_events.wire.form import decode_form, encode_form
from bitrix_events.wire.verify import token_digest
from tests.access import never_alive
from tests.scenarios.forgery import (
    PLANTED,
    Forgery,
    Scene,
    event,
    forgeries,
    hostile_urls,
    listening,
    post,
    replays,
)
from tests.serving import Served, eventually, served, settings_for

Row = tuple[Any, ...]


@dataclass
class Stage:
    """A scene with the app that it plays in."""

    scene: Scene
    app: Served
    handled: list[str]
    database: sqlite3.Connection

    def rows(self, table: str) -> list[Row]:
        """What the database has of all portals but the attacker's."""
        query = f"SELECT * FROM {table} WHERE portal != ? ORDER BY 1"
        return self.database.execute(query, [self.scene.attacker.member_id]).fetchall()

    @property
    def calls(self) -> list[int]:
        """How many requests each portal has had."""
        return [portal.requests for portal in (self.scene.victim, self.scene.former)]


def settings_of(portals: Iterable[FakePortal], store: Path) -> Any:
    """Settings of an app that works with several portals, each with an OAuth server."""
    portals = list(portals)
    return settings_for(portals[0], store, mode="app").model_copy(
        update={
            "oauth_urls": tuple(portal.oauth_url for portal in portals),
            "allowed_hosts": tuple(portal.domain for portal in portals),
        }
    )


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The victim has installed the app, and so has the attacker; a third has removed it."""
    async with AsyncExitStack() as stack:
        portals = [
            await stack.enter_async_context(FakePortal(domain=f"{name}.test").serve())
            for name in ("victim", "attacker", "former")
        ]
        victim, attacker, former = portals
        listener = await stack.enter_async_context(listening())
        ordinary_user = victim.add("user", NAME="Boris")
        scene = Scene(
            victim,
            attacker,
            former,
            listener,
            ordinary_user,
            expired=victim.issue_tokens(),
            removed=former.issue_tokens(),
        )
        victim.expire_tokens()

        (tmp_path / "data").mkdir()
        store = tmp_path / "data" / "app.db"
        app = App(settings_of(portals, store))
        handled: list[str] = []

        @app.on("ONCRMDEALADD", "ONAPPTEST")
        async def call_back(event: Event, client: Client) -> None:
            await client.call("profile")
            handled.append(event.code)

        running = await stack.enter_async_context(served(app, store))
        for portal in portals:
            await portal.install(f"{running.url}/install")
        await former.update(f"{running.url}/events", new_token=True)
        await former.renew_subscription(f"{running.url}/events")
        await former.make_system_user(f"{running.url}/events")
        assert {sent.status for portal in portals for sent in portal.sent} == {200}
        await former.uninstall(f"{running.url}/events", clean=True)
        scene.learn_secrets()
        database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
        stack.enter_context(closing(database))
        yield Stage(scene, running, handled, database)


async def test_no_forged_request_is_taken_in(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scene = stage.scene
    forged = list(forgeries(scene))
    scene.secrets.add(PLANTED)
    installations, deliveries = stage.rows("portal"), stage.rows("delivery")
    calls = stage.calls
    answers = b""
    wrong = []

    for forgery in forged:
        status, answer = await post(stage.app.url, forgery)
        answers += answer
        if not (400 <= status < 500 or (status == 200 and forgery.may_be_taken)):
            wrong.append((forgery.name, f"answered {status}"))
        if stage.rows("portal") != installations or stage.rows("delivery") != deliveries:
            wrong.append((forgery.name, "changed something"))
            installations, deliveries = stage.rows("portal"), stage.rows("delivery")

    assert wrong == []
    assert len({forgery.name for forgery in forged}) == len(forged) > 400
    assert (scene.listener.connections, scene.listener.received) == (0, 0)
    assert not stage.handled
    # Pytest turns on the server's log of requests, which is off.
    records = [record for record in caplog.records if record.name != "uvicorn.access"]
    logged = "\n".join(map(caplog.handler.format, records))
    assert "refused a request" in logged
    assert found_secrets(scene, logged.encode()) == []
    assert found_secrets(scene, answers) == []
    for file in stage.app.store.parent.iterdir():
        assert found_secrets(scene, file.read_bytes()) == [], file.name
    # Only the OAuth server was asked, and whether an ordinary user is an administrator.
    assert stage.calls[1] == calls[1]
    assert {call.method for call in scene.victim.calls()} <= {"profile", "event.get", "event.bind"}
    assert await is_taken(stage, scene.victim)


async def test_a_careless_program_would_be_led_to_the_listener() -> None:
    async with listening() as listener, httpx.AsyncClient(timeout=5) as http:
        urls = hostile_urls(listener, FakePortal(domain="127.0.0.1:9"))
        for url in urls.values():
            with suppress(Exception):  # many are no addresses at all
                await http.post(url, content=b"secret")

    assert len(urls) > 26
    assert listener.connections > 10
    assert listener.received > 1000


async def test_a_portal_that_removed_the_app_stays_removed(stage: Stage) -> None:
    """Its application token is still known, so its events are stored; nothing comes of them."""
    scene = stage.scene
    installations, calls = stage.rows("portal"), stage.calls

    statuses = {f.name: (await post(stage.app.url, f))[0] for f in replays(scene)}

    assert set(statuses.values()) <= {200, 403}
    assert {s for name, s in statuses.items() if re.search("INSTALL|UPDATE|READY", name)} == {403}
    assert stage.rows("portal") == installations
    assert stage.handled == []
    assert stage.calls == calls


@pytest.mark.parametrize("field", ["client_endpoint", "server_endpoint", "domain"])
async def test_a_genuine_event_cannot_send_us_anywhere(stage: Stage, field: str) -> None:
    """A hostile administrator knows the application token of his own portal."""
    scene, attacker = stage.scene, stage.scene.attacker
    urls = hostile_urls(scene.listener, scene.victim)
    before = stage.rows("portal")
    asked = len(attacker.calls("profile")), len(scene.victim.calls("profile"))

    for number, url in enumerate(urls.values(), start=1):
        auth = {
            "member_id": attacker.member_id,
            "domain": attacker.domain,
            "client_endpoint": attacker.rest_url,
            "application_token": attacker.application_token,
            field: url,
        }
        data = {"FIELDS": {"ID": number}}
        body = encode_form(event(scene, "ONCRMDEALADD") | {"auth": auth, "data": data})
        status, _ = await post(stage.app.url, Forgery("", "/events", body))
        assert status == 200, url
    await eventually(lambda: len(stage.handled) == len(urls))

    assert (scene.listener.connections, scene.listener.received) == (0, 0)
    assert len(attacker.calls("profile")) == asked[0] + len(urls)
    assert len(scene.victim.calls("profile")) == asked[1]
    assert stage.rows("portal") == before


async def test_an_administrator_of_another_portal_changes_his_own_only(stage: Stage) -> None:
    scene, attacker = stage.scene, stage.scene.attacker
    before = stage.rows("portal")

    await attacker.update(f"{stage.app.url}/events", new_token=PLANTED)
    await attacker.lapse_payment(f"{stage.app.url}/events")
    await attacker.renew_payment(f"{stage.app.url}/events")
    await attacker.make_system_user(f"{stage.app.url}/events")

    assert [sent.status for sent in attacker.sent[-4:]] == [200] * 4
    assert stage.rows("portal") == before
    planted = encode_form(event(scene, "ONAPPUNINSTALL", application_token=PLANTED))
    status, _ = await post(stage.app.url, Forgery("", "/events", planted))
    assert status == 403
    assert await is_taken(stage, scene.victim)


async def test_a_portal_that_takes_the_victims_address_does_not_end_it(stage: Stage) -> None:
    """An on-premise portal tells the OAuth server itself where it is."""
    victim, attacker = stage.scene.victim, stage.scene.attacker
    attacker.reregister()  # as somebody whom the app does not know yet
    attacker.move(victim.domain, redirect=None)

    await attacker.install(f"{stage.app.url}/install")

    states = {row[0]: row[4] for row in stage.rows("portal")}
    assert states[victim.member_id] == "active"


@pytest.mark.parametrize("code", ["ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUSERREADY", "page"])
async def test_an_ordinary_user_who_knows_the_token_cannot_replace_the_installer(
    stage: Stage, code: str
) -> None:
    """A page shows the application token to every user's browser."""
    scene, victim = stage.scene, stage.scene.victim
    before = stage.rows("portal")

    if code == "page":
        answer = await victim.open_install_page(
            f"{stage.app.url}/install", user_id=scene.ordinary_user
        )
        status = answer.status_code
    else:
        pair = scene.tokens(victim, scene.ordinary_user)
        auth = {
            "application_token": victim.application_token,
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "user_id": str(pair.user_id),
        }
        claim = event(scene, code, **auth)
        if code == "ONAPPUSERREADY":
            claim["data"] = claim["data"] | auth | {"client_endpoint": victim.rest_url}
        status, _ = await post(stage.app.url, Forgery(code, "/events", encode_form(claim)))

    assert status == 403
    assert stage.rows("portal") == before


async def test_an_ordinary_user_cannot_replace_the_installer_by_removing_the_app_first(
    stage: Stage,
) -> None:
    """He knows the application token, so a removal is believed; it can be undone for a while."""
    scene, victim = stage.scene, stage.scene.victim
    pair = scene.tokens(victim, scene.ordinary_user)
    token = {"application_token": victim.application_token}
    removal = encode_form(event(scene, "ONAPPUNINSTALL", **token))
    assert (await post(stage.app.url, Forgery("", "/events", removal)))[0] == 200

    auth = {"access_token": pair.access_token, "refresh_token": pair.refresh_token}
    install = encode_form(event(scene, "ONAPPINSTALL", **auth))
    status, _ = await post(stage.app.url, Forgery("", "/install", install))

    assert status == 403


async def test_an_event_of_a_known_portal_is_proven_without_network_and_store(
    tmp_path: Path,
) -> None:
    reads: list[str] = []

    class CountingStore(SqliteStore):
        def _installation(self, query: str, **params: str) -> Installation | None:
            reads.append(query)
            return super()._installation(query, **params)

    portal = FakePortal()
    settings = settings_for(portal, tmp_path / "app.db", mode="app")
    assert settings.client_id
    assert settings.client_secret
    assert settings.secret_key
    store = CountingStore(tmp_path / "app.db", sealer=Sealer(settings.secret_key))
    await store.open()
    try:
        http = Unreachable()
        oauth = OAuthServer(http, settings.oauth_urls, settings.client_id, settings.client_secret)
        portals = AppPortals(
            store=store, oauth=oauth, http=http, allowed_hosts=(), is_alive=never_alive
        )
        await store.save_installation(known(portal))
        auth = {"member_id": portal.member_id, "application_token": portal.application_token}
        envelope = read_event(decode_form(encode_form({"event": "ONCRMDEALADD", "auth": auth})))
        await portals.admit(envelope)
        assert len(reads) == 1

        for _ in range(100):
            assert not (await portals.admit(envelope)).changed

        assert len(reads) == 1
    finally:
        await store.close()


class Unreachable:
    """A network that must not be used."""

    async def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        raise AssertionError(url)

    async def post_json(self, url: str, content: bytes) -> Any:
        raise AssertionError(url)


def known(portal: FakePortal) -> Installation:
    """The installation of a portal, as the store has it."""
    return Installation(
        portal.member_id,
        portal.member_id,
        portal.domain,
        portal.rest_url,
        token_digest=token_digest(SecretStr(portal.application_token)),
        user_id=1,
    )


def found_secrets(scene: Scene, text: bytes) -> list[str]:
    """Which secrets are in a text: as they are, URL-encoded, or in hex."""
    assert len(scene.secrets) > 20
    return [
        secret
        for secret in scene.secrets
        for form in (secret, quote(secret, safe=""), secret.encode().hex())
        if form.encode() in text
    ]


async def is_taken(stage: Stage, portal: FakePortal) -> bool:
    """Whether a genuine event of a portal is taken in."""
    auth = {"member_id": portal.member_id, "application_token": portal.application_token}
    body = encode_form({"event": "ONCRMDEALADD", "auth": auth})
    return (await post(stage.app.url, Forgery("", "/events", body)))[0] == 200
