"""b24pysdk reads what the fake portal posts to an app: events and pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx
import pytest
from b24pysdk.credentials import OAuthEventData, OAuthPlacementData
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bitrix_events.testing import FakePortal

URL = "https://app.test/events"


class Listener:
    """An app that keeps what it is told: the query and the form of each request, as one."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        self.app = Starlette(routes=[Route("/events", self._listen, methods=["POST"])])

    async def _listen(self, request: Request) -> Response:
        body = (await request.body()).decode()
        self.heard.append({**request.query_params, **dict(parse_qsl(body))})
        return HTMLResponse("<script>BX24.installFinish()</script>")

    def last_event(self) -> OAuthEventData:
        return OAuthEventData.from_dict(self.heard[-1])


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def portal(listener: Listener) -> FakePortal:
    return FakePortal(outbound=httpx.ASGITransport(listener.app))


async def test_an_event_by_a_user(portal: FakePortal, listener: Listener) -> None:
    await portal.install(URL)
    await _bind(portal)
    deal = portal.add("deal", TITLE="Roof")
    await portal.settled()
    event = listener.last_event()
    assert (event.event, event.data) == ("ONCRMDEALADD", {"FIELDS": {"ID": str(deal)}})
    assert (event.is_system, event.auth.user_id) == (False, 1)
    assert event.auth.oauth_token.refresh_token is None
    assert event.auth.portal_domain == portal.domain
    assert event.auth.scope == ["crm", "user", "task"]
    assert abs(event.ts - datetime.now(UTC)) < timedelta(minutes=1)
    assert await _user_of(portal, event.auth.oauth_token.access_token) == "1"


async def test_it_misses_what_some_events_do_not_have(
    portal: FakePortal, listener: Listener
) -> None:
    """As protocol.md 10 says of it: what installs an app has no handler's id, and what nobody
    caused has no endpoints."""
    await portal.install(URL)
    with pytest.raises(OAuthEventData.ValidationError, match=r"Missing .*: event_handler_id"):
        listener.last_event()
    await _bind(portal)
    portal.add("deal", user_id=0, TITLE="Roof")
    await portal.settled()
    with pytest.raises(OAuthEventData.ValidationError, match=r"Missing .*: client_endpoint"):
        listener.last_event()


async def test_an_event_of_an_outgoing_webhook(portal: FakePortal, listener: Listener) -> None:
    token = portal.outgoing_webhook(URL, "ONCRMDEALADD")
    portal.add("deal", TITLE="Roof")
    await portal.settled()
    event = listener.last_event()
    assert (event.is_system, event.auth.application_token) == (True, token)


async def test_a_page(portal: FakePortal, listener: Listener) -> None:
    await portal.open_install_page(URL)
    page = OAuthPlacementData.from_dict(listener.heard[0])
    assert (page.domain, page.member_id) == (portal.domain, portal.member_id)
    assert await _user_of(portal, page.oauth_token.access_token) == "1"


async def _bind(portal: FakePortal) -> None:
    binding = {"event": "ONCRMDEALADD", "handler": URL}
    token = portal.issue_tokens().access_token
    async with httpx.AsyncClient(transport=portal.transport) as http:
        answer = await http.post(f"{portal.rest_url}event.bind", json={**binding, "auth": token})
    assert answer.json()["result"] is True


async def _user_of(portal: FakePortal, token: str) -> str:
    """Who a token belongs to, as the portal says."""
    async with httpx.AsyncClient(transport=portal.transport) as http:
        answer = await http.post(f"{portal.rest_url}profile", json={"auth": token})
    user_id: str = answer.json()["result"]["ID"]
    return user_id
