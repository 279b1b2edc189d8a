"""Troubles of a test's own making: answers of others, silence, tokens that end within a batch."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from bitrix_events.testing import Answer, Call, FakePortal, Latency, Reply


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(clock=lambda: 1790000000.0)


async def post(portal: FakePortal, url: str, **params: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=portal.transport) as http:
        return await http.post(url, json=params)


async def test_somebody_in_front_of_the_portal_answers_so_many_requests(portal: FakePortal) -> None:
    portal.fail_request(2, Reply(502, b"<html>", {"Retry-After": "7"}), times=2)
    url = f"{portal.webhook_url}crm.deal.add"

    answers = [await post(portal, url, fields={}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 502, 502, 200]
    assert (answers[1].content, answers[1].headers["retry-after"]) == (b"<html>", "7")
    assert len(portal.records("deal")) == 2
    assert portal.requests == 4


async def test_a_reply_may_repeat_what_was_sent(portal: FakePortal) -> None:
    portal.fail_request(1, Reply(403, lambda sent: {"error": "ODD", "error_description": sent}))

    answer = await post(portal, f"{portal.webhook_url}profile", TITLE="Roof")

    assert answer.json()["error"] == "ODD"
    for part in (portal.webhook_url, "application/json", "Roof"):
        assert part in answer.json()["error_description"]


async def test_somebody_answers_in_place_of_the_oauth_host(portal: FakePortal) -> None:
    portal.fail_oauth("oauth/token", Reply(418, {"error": "odd"}))

    answer = await post(portal, f"{portal.oauth_url}/oauth/token/")

    assert (answer.status_code, answer.json()) == (418, {"error": "odd"})
    assert portal.refreshes == 0


async def test_an_ordered_answer_has_totals_and_sees_where_a_page_begins(
    portal: FakePortal,
) -> None:
    portal.answer("some.list", lambda params: Answer([params["start"]], total=7, next=5))
    portal.answer("batch", {"result": []})

    answer = (await post(portal, f"{portal.webhook_url}some.list", start=3)).json()
    batch = (await post(portal, f"{portal.webhook_url}batch", cmd=["profile"])).json()

    assert (answer["result"], answer["total"], answer["next"]) == ([3], 7, 5)
    assert batch["result"] == {"result": []}
    assert portal.calls("profile") == []


async def test_a_portal_falls_silent(portal: FakePortal) -> None:
    first = await post(portal, f"{portal.webhook_url}profile")
    portal.latency = Latency(request=1000)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await post(portal, f"{portal.webhook_url}profile")

    assert first.status_code == 200
    assert (portal.requests, len(portal.calls("profile"))) == (2, 1)


async def test_commands_after_the_end_of_the_token_are_refused(portal: FakePortal) -> None:
    token = portal.issue_tokens().access_token

    def expire(call: Call) -> None:
        if call.method == "user.admin":
            portal.expire_tokens()

    portal.on_call = expire
    commands = ["profile", "user.admin", "profile"]

    answer = await post(portal, f"{portal.rest_url}batch", auth=token, cmd=commands)

    result = answer.json()["result"]
    assert len(result["result"]) == 1
    assert [e["error"] for e in result["result_error"].values()] == ["expired_token"] * 2
