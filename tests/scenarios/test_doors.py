"""The doors through which portals install an app, opened as a browser does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount

from bitrix_events import App, Client, Portal
from bitrix_events.events import Deal, OnAppInstall, OnCrmDealAdd
from bitrix_events.store.records import Installation
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from bitrix_events.testing.serving import serve_on_socket
from tests.ports import free_port
from tests.serving import eventually, served, settings_for


@dataclass
class Outside:
    """An app that runs outside of its portal, and what its handlers have seen."""

    app: App
    portal: FakePortal
    url: str
    store: Path
    seen: list[str]

    async def installation(self) -> Installation | None:
        opened = SqliteStore(self.store, mode="look")
        await opened.open()
        try:
            return await opened.installation(self.portal.member_id)
        finally:
            await opened.close()

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=20, trust_env=False)

    @property
    def start_url(self) -> str:
        return f"{self.url}/oauth/start?portal=http://{self.portal.domain}"


@asynccontextmanager
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    store, port, seen = tmp_path / "app.db", free_port(), list[str]()
    url = f"http://127.0.0.1:{port}"
    async with FakePortal().serve() as portal:
        portal.redirect_url = f"{url}/oauth/callback"
        portal.issue_tokens()  # a portal lets only those authorise whose app it has installed
        app = App(settings_for(portal, store, mode="app", public_url=url))

        @app.on(OnAppInstall)
        async def installed(portal: Portal) -> None:
            seen.append(f"installed {portal.domain}")

        @app.on(OnCrmDealAdd)
        async def look(deal: Deal, client: Client) -> None:
            seen.append(f"deal {deal.id}")

        async with served(app, store, port=port):
            yield Outside(app, portal, url, store, seen)


async def test_an_administrator_authorises_the_app_from_outside_and_events_come(
    tmp_path: Path,
) -> None:
    async with outside(tmp_path) as app, app.browser() as browser:
        answer = await browser.get(app.start_url, follow_redirects=True)

        assert (answer.status_code, answer.url.path) == (200, "/oauth/callback")
        assert app.portal.domain in answer.text
        await eventually(lambda: f"installed {app.portal.domain}" in app.seen)
        await eventually(lambda: _knows_token(app))
        deal = app.portal.add("deal", TITLE="Roof")
        await eventually(lambda: f"deal {deal}" in app.seen)


async def _knows_token(app: Outside) -> bool:
    installation = await app.installation()
    return installation is not None and installation.token_digest is not None


async def test_a_state_works_once_and_in_its_own_browser_only(tmp_path: Path) -> None:
    async with outside(tmp_path) as app, app.browser() as browser, app.browser() as thief:
        sent = await browser.get(app.start_url)
        back = (await browser.get(sent.headers["location"])).headers["location"]

        assert (await thief.get(back)).status_code == 403
        assert await app.installation() is None

        assert (await browser.get(back)).status_code == 200
        browser.cookies.set("bitrix_events_state", parse_qs(urlsplit(back).query)["state"][0])
        assert (await browser.get(back)).status_code == 403


async def test_a_state_is_good_for_ten_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with outside(tmp_path) as app, app.browser() as browser:
        sent = await browser.get(app.start_url)
        back = (await browser.get(sent.headers["location"])).headers["location"]
        now = time.time()
        monkeypatch.setattr("bitrix_events.web.oauth.time.time", lambda: now + 601)

        assert (await browser.get(back)).status_code == 403
        assert await app.installation() is None


async def test_an_app_that_is_mounted_below_a_path_is_authorised_too(tmp_path: Path) -> None:
    store, port = tmp_path / "app.db", free_port()
    url = f"http://127.0.0.1:{port}/bitrix"
    async with FakePortal().serve() as portal, httpx.AsyncClient(timeout=20) as browser:
        portal.redirect_url = f"{url}/oauth/callback"
        portal.issue_tokens()
        app = App(settings_for(portal, store, mode="app", public_url=url))
        whole = Starlette(routes=[Mount("/bitrix", app)], lifespan=app.lifespan)
        async with serve_on_socket(whole, lifespan=True, port=port):
            answer = await browser.get(
                f"{url}/oauth/start?portal=http://{portal.domain}", follow_redirects=True
            )

    assert (answer.status_code, answer.url.path) == (200, "/bitrix/oauth/callback")


@pytest.mark.parametrize(
    "change",
    [
        {"code": "planted"},
        {"member_id": "f" * 32},
        {"state": "guessed"},
        {"state": ""},
        {"code": ""},
    ],
)
async def test_what_the_address_says_proves_nothing(tmp_path: Path, change: dict[str, str]) -> None:
    async with outside(tmp_path) as app, app.browser() as browser:
        sent = await browser.get(app.start_url)
        back = urlsplit((await browser.get(sent.headers["location"])).headers["location"])
        query = {name: values[0] for name, values in parse_qs(back.query).items()} | change

        answer = await browser.get(f"{app.url}/oauth/callback", params=query)

        assert answer.status_code in (400, 403)
        assert "/oauth/start" in answer.text or "proves no installation" in answer.text
        assert await app.installation() is None


async def test_the_host_named_by_the_address_gets_nothing(tmp_path: Path) -> None:
    """``server_domain`` and ``domain`` come with the browser, and from whoever sent it."""
    received: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    evil = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, outside(tmp_path) as app, app.browser() as browser:
        sent = await browser.get(app.start_url)
        back = urlsplit((await browser.get(sent.headers["location"])).headers["location"])
        query = {name: values[0] for name, values in parse_qs(back.query).items()}
        query |= {"server_domain": evil, "domain": evil}

        answer = await browser.get(f"{app.url}/oauth/callback", params=query)

        assert answer.status_code == 200
        installation = await app.installation()
        assert installation is not None
        assert installation.domain == app.portal.domain
    assert received == []


@pytest.mark.parametrize(
    "portal",
    [
        "",
        "evil.test",
        "acme.bitrix24.com.evil.test",
        "acme.bitrix24.evil",
        "www.bitrix24.com",
        "user@acme.bitrix24.com",
        "http://acme.bitrix24.com@evil.test/",
        "https:\\\\evil.test",
        "javascript:alert(1)",
        "//evil.test",
        "127.0.0.1:1",
    ],
)
async def test_browsers_are_sent_to_portals_only(tmp_path: Path, portal: str) -> None:
    async with outside(tmp_path) as app, app.browser() as browser:
        answer = await browser.get(f"{app.url}/oauth/start", params={"portal": portal})

        assert answer.status_code == 400
        assert "/oauth/start?portal=acme.bitrix24.com" in answer.text
        assert "location" not in answer.headers


async def test_a_portal_of_the_cloud_is_reached_by_https(tmp_path: Path) -> None:
    async with outside(tmp_path) as app, app.browser() as browser:
        answer = await browser.get(
            f"{app.url}/oauth/start", params={"portal": "http://Acme.bitrix24.de/crm/"}
        )

        target = urlsplit(answer.headers["location"])
        assert (target.scheme, target.netloc) == ("https", "acme.bitrix24.de")
        assert target.path == "/oauth/authorize/"
        assert parse_qs(target.query)["client_id"] == [app.portal.client_id]
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie


async def test_a_page_of_the_users_own_ends_the_installation(tmp_path: Path) -> None:
    store = tmp_path / "app.db"
    async with FakePortal().serve() as portal:
        app = App(settings_for(portal, store, mode="app", public_url="http://unused"))

        @app.install_page
        async def page(request: Request, portal: Portal) -> Response:
            return HTMLResponse(f"<p>Welcome, {portal.domain}</p><script>installFinish()</script>")

        async with served(app, store) as running:
            answer = await portal.open_install_page(f"{running.url}/install")

    assert f"Welcome, {portal_domain(answer)}" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy == f"frame-ancestors http://{portal_domain(answer)}"
    assert answer.headers["cache-control"] == "no-store"


def portal_domain(answer: httpx.Response) -> str:
    return parse_qs(urlsplit(str(answer.request.url)).query)["DOMAIN"][0]
