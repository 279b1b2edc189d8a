"""Portals of the cloud share one OAuth host, and nothing else; and small habits of answers."""

from __future__ import annotations

from typing import Any

import httpx

from bitrix_events.testing import FakePortal


async def grant(host: FakePortal, **fields: str) -> Any:
    client = {"client_id": host.client_id, "client_secret": host.client_secret}
    async with httpx.AsyncClient(transport=host.transport) as http:
        answer = await http.post(f"{host.oauth_url}/oauth/token/", data=client | fields)
    return answer.json()


async def info(host: FakePortal, token: str) -> Any:
    async with httpx.AsyncClient(transport=host.transport) as http:
        answer = await http.post(f"{host.oauth_url}/rest/app.info", data={"auth": token})
    return answer.json()


async def test_the_host_refreshes_the_tokens_of_each_portal_for_that_portal() -> None:
    first = FakePortal(domain="first.bitrix24.test")
    second = FakePortal(domain="second.bitrix24.test", oauth_of=first)

    members = []
    for portal in (first, second):
        old = portal.issue_tokens()
        answer = await grant(first, grant_type="refresh_token", refresh_token=old.refresh_token)
        members.append(answer["member_id"])
        again = await grant(first, grant_type="refresh_token", refresh_token=old.refresh_token)
        assert again["error"] == "invalid_grant"
        known = await info(first, answer["access_token"])
        assert "error" not in known

    assert members == [first.member_id, second.member_id]
    assert (first.refreshes, second.refreshes) == (1, 1)
    assert second.oauth_url == first.oauth_url != FakePortal(domain="third.test").oauth_url


async def test_a_code_is_exchanged_for_the_portal_that_issued_it() -> None:
    first = FakePortal(domain="first.bitrix24.test")
    second = FakePortal(domain="second.bitrix24.test", oauth_of=first)

    first.issue_tokens()

    answer = await grant(first, grant_type="authorization_code", code=second.issue_code())

    assert answer["member_id"] == second.member_id
    assert answer["client_endpoint"] == second.rest_url
    unknown = await grant(first, grant_type="refresh_token", refresh_token="nobody's")
    assert unknown["error"] == "invalid_grant"


async def test_a_token_of_one_portal_opens_no_other() -> None:
    first = FakePortal(domain="first.bitrix24.test")
    second = FakePortal(domain="second.bitrix24.test", oauth_of=first)
    token = second.issue_tokens().access_token

    statuses = []
    for portal in (first, second):
        async with httpx.AsyncClient(transport=portal.transport) as http:
            answer = await http.get(f"{portal.rest_url}profile", params={"auth": token})
        statuses.append(answer.status_code)

    assert statuses == [401, 200]


async def test_a_served_host_is_where_the_other_portals_look_for_it() -> None:
    first = FakePortal(domain="first.bitrix24.test")
    second = FakePortal(domain="second.bitrix24.test", oauth_of=first)

    async with first.serve(), second.serve():
        assert second.oauth_url == first.oauth_url
        assert first.domain in second.oauth_url
        assert second.environment()["BITRIX_EVENTS_OAUTH_URLS"] == first.oauth_url


async def test_the_host_answers_with_and_without_a_slash_and_says_when() -> None:
    portal = FakePortal(clock=lambda: 1790000000.0)
    token = portal.issue_tokens().access_token

    async with httpx.AsyncClient(transport=portal.transport) as http:
        answers = [
            (await http.post(f"{portal.oauth_url}/rest/{path}", data={"auth": token})).json()
            for path in ("app.info", "app.info/")
        ]

    assert answers[0] == answers[1]
    assert answers[0]["time"]["start"] == 1790000000.0
    assert answers[0]["time"]["date_finish"] == "2026-09-21T14:13:20+00:00"


async def test_a_call_with_a_state_is_answered_with_a_signature() -> None:
    portal = FakePortal()

    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.webhook_url) as http:
        signed = (await http.post("profile", json={"state": "x"})).json()
        plain = (await http.post("profile", json={})).json()

    assert len(signed["signature"]) == 32
    assert "signature" not in plain


async def test_an_error_may_come_with_the_status_of_success() -> None:
    portal = FakePortal()
    portal.fail_next("profile", "WRONG_ENCODING")

    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.webhook_url) as http:
        answer = await http.post("profile")

    assert (answer.status_code, answer.json()["error"]) == (200, "WRONG_ENCODING")
