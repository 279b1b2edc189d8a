"""The fake portal's app lives as the protocol says: updates, payments, people who leave, faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from bitrix_events.testing import FakePortal, OAuthFault, TokenPair
from bitrix_events.testing.lifecycle import OTHER_APP
from bitrix_events.wire.form import decode_form
from tests.serving import eventually

PAYLOADS = Path(__file__).parent.parent / "payloads"
HANDLER = "https://app.test/bitrix/events"
OTHER = "https://other.test/events"


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 1790000000.0

    def __call__(self) -> float:
        return self.now


class Inbox:
    """An app that keeps what it is sent."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.bodies.append(dict(decode_form(await Request(scope, receive).body())))
        await PlainTextResponse("ok")(scope, receive, send)


class Api:
    """Calls a portal with a token pair, and its OAuth host."""

    def __init__(self, portal: FakePortal) -> None:
        self.portal = portal
        self.http = httpx.AsyncClient(transport=portal.transport)

    async def call(self, token: TokenPair | str, method: str, **params: Any) -> Any:
        auth = token if isinstance(token, str) else token.access_token
        url = self.portal.rest_url + method
        answer = (await self.http.post(url, json={"auth": auth, **params})).json()
        return answer.get("error", answer.get("result"))

    async def grant(self, **fields: str) -> httpx.Response:
        client = {
            "client_id": self.portal.client_id,
            "client_secret": self.portal.client_secret,
        }
        return await self.http.post(f"{self.portal.oauth_url}/oauth/token/", data=client | fields)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.grant(grant_type="refresh_token", refresh_token=token)

    async def app_info(self, token: str) -> Any:
        url = f"{self.portal.oauth_url}/rest/app.info"
        return (await self.http.post(url, data={"auth": token})).json()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def portal(clock: Clock, inbox: Inbox) -> FakePortal:
    return FakePortal(clock=clock, outbound=httpx.ASGITransport(inbox))


@pytest.fixture
async def api(portal: FakePortal) -> AsyncIterator[Api]:
    api = Api(portal)
    yield api
    await api.http.aclose()


def names_on_the_wire(body: bytes) -> list[str]:
    return [field.partition(b"=")[0].decode() for field in body.split(b"&")]


def captured(payload: str) -> list[str]:
    return names_on_the_wire((PAYLOADS / payload).read_bytes())


# Methods.


async def test_offline_and_online_bindings_are_told_apart(portal: FakePortal, api: Api) -> None:
    admin = portal.issue_tokens()
    offline = {"event": "onCrmDealUpdate", "event_type": "offline"}

    assert await api.call(admin, "event.bind", event="ONCRMDEALADD", handler=HANDLER) is True
    assert await api.call(admin, "event.bind", **offline) is True
    assert await api.call(admin, "event.bind", **offline, auth_connector="mine") is True
    assert await api.call(admin, "event.bind", **offline) == "ERROR_CORE"
    portal.change("deal", portal.add("deal"))
    await portal.settled()

    assert await api.call(admin, "event.get") == [
        {"event": "ONCRMDEALADD", "handler": HANDLER, "auth_type": "0", "offline": 0},
        {"event": "ONCRMDEALUPDATE", "connector_id": "", "offline": 1},
        {"event": "ONCRMDEALUPDATE", "connector_id": "mine", "offline": 1},
    ]
    assert [sent.code for sent in portal.sent] == ["ONCRMDEALADD"]
    assert await api.call(admin, "event.unbind", **offline) == {"count": 1}
    assert len(portal.bindings) == 2


async def test_what_cannot_be_bound_offline_is_refused(portal: FakePortal, api: Api) -> None:
    admin, user = portal.issue_tokens(), portal.issue_tokens(portal.add("user", NAME="Boris"))
    offline = {"event": "ONCRMDEALADD", "event_type": "offline"}
    portal.features["rest_auth_connector"] = "N"

    doorbell = await api.call(admin, "event.bind", event="OnOfflineEvent", event_type="offline")
    assert doorbell == "ERROR_EVENT_NOT_FOUND"
    assert await api.call(user, "event.bind", **offline) == "ACCESS_DENIED"
    assert await api.call(admin, "event.bind", **offline, auth_connector="x") == "WRONG_LICENSE"
    assert portal.bindings == []


async def test_a_user_without_rights_unbinds_only_his_own(portal: FakePortal, api: Api) -> None:
    admin, user_id = portal.issue_tokens(), portal.add("user", NAME="Boris")
    user = portal.issue_tokens(user_id)
    binding = {"event": "ONCRMDEALADD", "handler": HANDLER}
    for token in (admin, user):
        await api.call(token, "event.bind", **binding)

    assert await api.call(user, "event.unbind", **binding, auth_type=1) == "ACCESS_DENIED"
    assert len(await api.call(user, "event.get")) == 1
    assert await api.call(user, "event.unbind", **binding) == {"count": 1}
    assert [left.auth_type for left in portal.bindings] == [0]


async def test_apps_of_one_portal_see_their_own_bindings_only(
    portal: FakePortal, api: Api, inbox: Inbox
) -> None:
    admin, other = portal.issue_tokens(), portal.issue_tokens(client_id=OTHER_APP)
    other_token = portal.bind_other_app(HANDLER, "ONCRMDEALADD", "ONAPPTEST", "ONAPPUNINSTALL")

    assert await api.call(admin, "event.get") == []
    assert await api.call(admin, "event.bind", event="ONCRMDEALADD", handler=HANDLER) is True
    assert len(await api.call(other, "event.get")) == 3
    assert await api.call(admin, "event.unbind", event="ONAPPTEST", handler=HANDLER) == {"count": 0}
    await api.call(admin, "event.test")
    portal.add("deal")
    await portal.settled()

    tokens = {body["auth"]["application_token"] for body in inbox.bodies}
    assert tokens == {other_token, portal.application_token}
    assert (await api.app_info(other.access_token))["result"]["client_id"] == OTHER_APP
    assert (await api.refresh(other.refresh_token)).json()["error"] == "invalid_grant"
    await portal.uninstall()
    assert len(portal.bindings) == 3
    assert len(await api.call(other, "event.get")) == 3


async def test_the_portal_tells_what_it_can_do(portal: FakePortal, api: Api) -> None:
    admin, user = portal.issue_tokens(), portal.issue_tokens(portal.add("user"))

    assert await api.call(admin, "method.get", name="crm.deal.get") == {
        "isExisting": True,
        "isAvailable": True,
    }
    known = await api.call(admin, "method.get", name="department.get")
    assert known == {"isExisting": True, "isAvailable": False}
    unknown = await api.call(admin, "method.get", name="no.such.method")
    assert unknown == {"isExisting": False, "isAvailable": False}
    assert await api.call(admin, "feature.get", CODE="rest_auth_connector") == {"value": "Y"}
    assert await api.call(admin, "feature.get", CODE="rest_no_such") == {"value": "N"}
    assert await api.call(admin, "feature.get") == "CODE_EMPTY"
    assert (await api.call(admin, "method.get", name="batch"))["isAvailable"] is True
    assert await api.call(admin, "user.admin") is True
    assert await api.call(user, "user.admin") is False
    assert set(await api.call(admin, "app.info")) == {
        *("ID", "CODE", "VERSION", "STATUS", "INSTALLED", "PAYMENT_EXPIRED", "DAYS"),
        *("LANGUAGE_ID", "LICENSE", "LICENSE_TYPE", "LICENSE_FAMILY"),
    }


# The life of the app.


async def test_an_update_brings_a_new_application_token_with_tokens(
    portal: FakePortal, api: Api, inbox: Inbox
) -> None:
    await portal.install(HANDLER)
    before = portal.application_token

    await portal.update(HANDLER, version=2, new_token=True)

    assert names_on_the_wire(portal.sent[-1].body) == captured("app_update.txt")
    body = inbox.bodies[-1]
    assert body["data"] == {"VERSION": "2", "PREVIOUS_VERSION": "1", "LANGUAGE_ID": "en"}
    assert body["auth"]["application_token"] == portal.application_token != before
    assert (await api.call(body["auth"]["access_token"], "app.info"))["VERSION"] == 2
    await portal.update(HANDLER, version="2.1.0", new_token="b" * 32)
    assert portal.application_token == "b" * 32
    assert inbox.bodies[-1]["data"]["PREVIOUS_VERSION"] == "2"


async def test_an_event_of_the_apps_life_reaches_each_handler_once(
    portal: FakePortal, api: Api
) -> None:
    admin = portal.issue_tokens()
    for handler in (HANDLER, OTHER):
        await api.call(admin, "event.bind", event="ONAPPUPDATE", handler=handler)

    await portal.update(HANDLER)
    await portal.settled()

    assert sorted(sent.url for sent in portal.sent) == [HANDLER, OTHER]


async def test_an_app_that_is_not_paid_for_hears_and_reaches_nothing(
    portal: FakePortal, api: Api, inbox: Inbox
) -> None:
    await portal.install(HANDLER)
    pair = portal.issue_tokens()
    await api.call(pair, "event.bind", event="ONCRMDEALADD", handler=HANDLER)

    await portal.lapse_payment(HANDLER)
    portal.add("deal")
    await portal.settled()

    assert names_on_the_wire(portal.sent[-1].body) == captured("app_payment.txt")
    assert inbox.bodies[-1]["data"]["PAYMENT_EXPIRED"] == "Y"
    assert await api.call(pair, "crm.deal.list") == "PAYMENT_REQUIRED"
    refused = await api.refresh(pair.refresh_token)
    assert (refused.status_code, refused.json()["error"]) == (401, "PAYMENT_REQUIRED")

    await portal.renew_payment(HANDLER)
    portal.add("deal")
    await portal.settled()

    assert [body["event"] for body in inbox.bodies[1:]] == [
        "ONAPPPAYMENT",
        "ONAPPPAYMENT",
        "ONCRMDEALADD",
    ]
    assert inbox.bodies[2]["data"]["PAYMENT_EXPIRED"] == "N"
    assert (await api.refresh(pair.refresh_token)).status_code == 200


async def test_a_renewed_subscription_brings_tokens(
    portal: FakePortal, api: Api, inbox: Inbox
) -> None:
    await portal.install(HANDLER)
    await portal.lapse_payment(HANDLER)

    await portal.renew_subscription(HANDLER)

    body = inbox.bodies[-1]
    assert (body["event"], "data" in body) == ("ONSUBSCRIPTIONRENEW", False)
    assert (await api.refresh(body["auth"]["refresh_token"])).status_code == 200
    assert await api.call(body["auth"]["access_token"], "user.admin") == "expired_token"


async def test_the_system_user_comes_with_tokens_of_his_own(
    portal: FakePortal, api: Api, inbox: Inbox
) -> None:
    await portal.install(HANDLER)

    system_id = await portal.make_system_user(HANDLER)

    assert names_on_the_wire(portal.sent[-1].body) == captured("app_user_ready.txt")
    body = inbox.bodies[-1]
    assert (body["data"]["user_id"], body["auth"]["user_id"]) == (str(system_id), "1")
    assert body["data"]["client_id"] == portal.client_id
    assert (await api.call(body["data"]["access_token"], "profile"))["ID"] == str(system_id)
    assert (await api.refresh(body["data"]["refresh_token"])).json()["user_id"] == system_id


async def test_a_portal_that_registers_anew_is_another_one(
    portal: FakePortal, api: Api, inbox: Inbox
) -> None:
    await portal.install(HANDLER)
    pair = portal.issue_tokens()
    await api.call(pair, "event.bind", event="ONCRMDEALADD", handler=HANDLER)
    before = (portal.member_id, portal.application_token)

    portal.reregister()
    portal.add("deal")
    await portal.settled()

    auth = inbox.bodies[-1]["auth"]
    assert (auth["member_id"], auth["application_token"]) == (
        portal.member_id,
        portal.application_token,
    )
    assert not {portal.member_id, portal.application_token} & set(before)
    assert await api.call(pair, "profile") == "invalid_token"
    assert (await api.refresh(pair.refresh_token)).json()["error"] == "invalid_grant"
    assert (await api.app_info(auth["access_token"]))["result"]["install"]["member_id"] == (
        portal.member_id
    )


@pytest.mark.parametrize(("clean", "payload"), [(True, "1"), (False, "0")])
async def test_an_app_that_was_removed_can_be_installed_again(
    portal: FakePortal, api: Api, inbox: Inbox, clean: bool, payload: str
) -> None:
    await portal.install(HANDLER)
    token = portal.application_token
    await portal.uninstall(HANDLER, clean=clean)
    assert inbox.bodies[-1]["data"]["CLEAN"] == payload

    await portal.install(HANDLER)

    auth = inbox.bodies[-1]["auth"]
    assert auth["application_token"] == token
    assert await api.call(auth["access_token"], "user.admin") is True
    first = inbox.bodies[0]["auth"]["access_token"]
    assert await api.call(first, "user.admin") == "APPLICATION_NOT_FOUND"


@pytest.mark.parametrize("code", ["authorization_error", "user_access_error"])
async def test_tokens_of_somebody_who_left_are_refused(
    portal: FakePortal, api: Api, code: str
) -> None:
    user_id = portal.add("user", NAME="Boris")
    pair = portal.issue_tokens(user_id)

    portal.dismiss(user_id, code=code)

    assert await api.call(pair, "profile") == code
    assert await api.call(portal.issue_tokens(), "user.admin") is True
    assert (await api.refresh(pair.refresh_token)).status_code == 200


# The OAuth host.


async def test_a_used_refresh_token_is_refused_without_grace(portal: FakePortal, api: Api) -> None:
    pair = portal.issue_tokens()

    first = await api.refresh(pair.refresh_token)
    second = await api.refresh(pair.refresh_token)

    assert (first.status_code, second.json()["error"]) == (200, "invalid_grant")
    assert portal.refreshes == 1
    assert [(call.path, call.grant_type, call.status) for call in portal.oauth_calls] == [
        ("oauth/token", "refresh_token", 200),
        ("oauth/token", "refresh_token", 400),
    ]


async def test_grace_accepts_a_used_refresh_token_once_more_and_not_for_long(
    portal: FakePortal, api: Api, clock: Clock
) -> None:
    portal.refresh_grace = 60.0
    pair, late = portal.issue_tokens(), portal.issue_tokens()

    statuses = [(await api.refresh(pair.refresh_token)).status_code for _ in range(3)]
    await api.refresh(late.refresh_token)
    clock.now += 61
    too_late = await api.refresh(late.refresh_token)

    assert statuses == [200, 200, 400]
    assert too_late.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("fault", [f for f in OAuthFault if "hang" in f or "reset" in f])
async def test_a_refresh_without_an_answer_may_have_been_executed(
    portal: FakePortal, fault: OAuthFault
) -> None:
    async with portal.serve(), httpx.AsyncClient(timeout=30) as http:
        api = Api(portal)
        api.http = http
        pair = portal.issue_tokens()
        portal.fail_oauth("oauth/token", fault)

        asking = asyncio.create_task(api.refresh(pair.refresh_token))
        await eventually(lambda: portal.oauth_calls != [])
        if "hang" in fault:
            answered, _ = await asyncio.wait({asking}, timeout=0.1)
            assert answered == set()
            asking.cancel()
        with pytest.raises((httpx.TransportError, asyncio.CancelledError)):
            await asking

        assert portal.refreshes == (1 if fault.executed else 0)
        again = await api.refresh(pair.refresh_token)
        assert again.status_code == (400 if fault.executed else 200)


@pytest.mark.parametrize("fault", list(OAuthFault))
async def test_faults_work_in_process_too(portal: FakePortal, api: Api, fault: OAuthFault) -> None:
    pair = portal.issue_tokens()
    portal.fail_oauth("oauth/token", fault)

    try:
        answer = await api.refresh(pair.refresh_token)
    except httpx.TransportError:
        pass
    else:
        assert answer.headers["content-type"].startswith("text/html")

    assert portal.refreshes == (1 if fault.executed else 0)


async def test_the_oauth_host_fails_as_it_is_told(portal: FakePortal, api: Api) -> None:
    pair = portal.issue_tokens()
    portal.fail_oauth("oauth/token", "invalid_client")
    portal.fail_oauth("oauth/token", 502)
    portal.fail_oauth("app.info", "NO_AUTH_FOUND", times=2)

    refused, broken, fine = [await api.refresh(pair.refresh_token) for _ in range(3)]

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client")
    assert (broken.status_code, broken.headers["content-type"][:9]) == (502, "text/html")
    assert fine.status_code == 200
    infos = [await api.app_info(fine.json()["access_token"]) for _ in range(3)]
    assert [info.get("error") for info in infos] == ["NO_AUTH_FOUND", "NO_AUTH_FOUND", None]


# Addresses.


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("keeps_path", [True, False])
async def test_a_portal_that_moved_redirects(
    portal: FakePortal, api: Api, status: Any, keeps_path: bool
) -> None:
    old = portal.rest_url
    portal.move("new.bitrix24.test", redirect=status, keeps_path=keeps_path)

    answer = await api.http.post(f"{old}profile?x=1")

    path = "/rest/profile?x=1" if keeps_path else "/"
    assert answer.status_code == status
    assert answer.headers["location"] == f"https://new.bitrix24.test{path}"


async def test_a_move_may_be_known_to_refreshes_only(portal: FakePortal, api: Api) -> None:
    old = portal.rest_url
    portal.move("new.bitrix24.test", redirect=None)
    pair = portal.issue_tokens()

    answer = await api.http.post(f"{old}user.admin", json={"auth": pair.access_token})

    assert answer.json()["result"] is True
    grant = (await api.refresh(pair.refresh_token)).json()
    assert grant["client_endpoint"] == "https://new.bitrix24.test/rest/"


async def test_who_consents_is_sent_back_with_a_code(portal: FakePortal, api: Api) -> None:
    user_id = portal.add("user", NAME="Boris")
    portal.issue_tokens()
    portal.redirect_url, portal.visitor = "https://app.test/oauth/callback?x=1", user_id
    page = f"{portal.base_url}/oauth/authorize/"

    answer = await api.http.get(page, params={"client_id": portal.client_id, "state": "s=1&2"})

    back = httpx.URL(answer.headers["location"])
    assert (answer.status_code, back.host, back.path) == (302, "app.test", "/oauth/callback")
    names = ["x", "code", "state", "domain", "member_id", "scope", "server_domain"]
    assert list(back.params) == names
    assert (back.params["state"], back.params["domain"]) == ("s=1&2", portal.domain)
    grant = await api.grant(grant_type="authorization_code", code=back.params["code"])
    assert grant.json()["user_id"] == user_id


@pytest.mark.parametrize("reason", ["not installed", "another app", "no address", "dismissed"])
async def test_who_cannot_consent_sees_a_page_and_the_app_hears_nothing(
    portal: FakePortal, api: Api, reason: str
) -> None:
    portal.redirect_url = "" if reason == "no address" else "https://app.test/oauth/callback"
    if reason != "not installed":
        portal.issue_tokens()
    if reason == "dismissed":
        portal.dismiss(1)
    client_id = OTHER_APP if reason == "another app" else portal.client_id

    answer = await api.http.get(
        f"{portal.base_url}/oauth/authorize/", params={"client_id": client_id, "state": "s"}
    )

    assert answer.status_code == 200
    assert "location" not in answer.headers
