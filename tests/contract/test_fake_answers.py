"""Answers that a test has ordered, and what the fake's quick ways must not change."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bitrix_events.testing import FakePortal
from bitrix_events.testing.fields import TEXTS
from bitrix_events.testing.kinds import KINDS
from bitrix_events.testing.world import World


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(clock=lambda: 1790000000.25)


async def called(portal: FakePortal, method: str, **params: Any) -> Any:
    """The answer to a call by the webhook; ``api/METHOD`` is one of REST 3.0."""
    webhook = portal.webhook_url.removeprefix(portal.rest_url)
    path = f"api/{webhook}{method[4:]}" if method.startswith("api/") else f"{webhook}{method}"
    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.rest_url) as http:
        answer: Any = (await http.post(path, json=params)).json()
    return answer


async def test_a_method_answers_what_the_test_has_ordered(portal: FakePortal) -> None:
    portal.answer("calendar.event.get", [{"ID": "3"}])
    portal.answer("crm.deal.add", lambda params: len(params["fields"]["TITLE"]))
    portal.answer("main.some.method", {})

    assert (await called(portal, "Calendar.Event.Get", type="user"))["result"] == [{"ID": "3"}]
    assert (await called(portal, "crm.deal.add", fields={"TITLE": "Roof"}))["result"] == 4
    assert (await called(portal, "api/main.some.method"))["result"] == []
    commands = {"a": "calendar.event.get?type=user", "b": "crm.deal.add?fields[TITLE]=x"}
    batch = await called(portal, "batch", cmd=commands)

    assert batch["result"]["result"] == {"a": [{"ID": "3"}], "b": 1}
    assert [call.params for call in portal.calls("calendar.event.get")] == [{"type": "user"}] * 2
    assert portal.records("deal") == []


async def test_an_ordered_failure_comes_before_an_ordered_answer(portal: FakePortal) -> None:
    portal.answer("calendar.event.get", [])
    portal.fail_next("calendar.event.get", "ACCESS_DENIED")

    first, second = [await called(portal, "calendar.event.get") for _ in range(2)]

    assert (first["error"], second["result"]) == ("ACCESS_DENIED", [])


async def test_a_command_of_a_batch_may_be_as_large_as_a_request(portal: FakePortal) -> None:
    text = "x" * 1_000_000

    await called(portal, "batch", cmd=[f"crm.deal.add?fields[COMMENTS]={text}"])

    (deal,) = portal.records("deal")
    assert deal["COMMENTS"] == text


async def test_numbers_that_are_larger_than_any_column_are_answered_too(portal: FakePortal) -> None:
    portal.answer("crm.some.method", {1: 2**70})

    assert (await called(portal, "crm.some.method"))["result"] == {"1": 2**70}


@pytest.mark.parametrize("verb", ["PUT", "DELETE"])
async def test_only_get_and_post_are_calls(portal: FakePortal, verb: str) -> None:
    async with httpx.AsyncClient(transport=portal.transport) as http:
        answer = await http.request(verb, f"{portal.webhook_url}profile")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert portal.calls() == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_fields_that_are_text_hold_text_or_nothing(kind: Any) -> None:
    """So they are answered as they are."""
    world = World(lambda: 1790000000.25)
    given = {
        name: "2026-11-22" if type_ in ("date", "datetime") else 7
        for name, type_ in kind.fields.items()
        if name != "ID"
    }

    change = world.add(kind, given, user_id=1)
    record = world.change(kind, change.id, {}, user_id=1).record

    texts = [record[name] for name, type_ in kind.fields.items() if type_ in TEXTS]
    assert {type(value) for value in texts} <= {str, type(None)}


async def test_a_form_may_come_in_parts(portal: FakePortal) -> None:
    """As curl's ``-F`` and PHP's ``CURLOPT_POSTFIELDS`` with an array send it."""
    parts = {
        "fields[TITLE]": "Dach & Söhne",
        "fields[COMMENTS]": "one\r\ntwo +",
        "fields[UF_X][]": "5",
    }
    files: dict[str, tuple[str | None, str | bytes]] = {
        **{name: (None, value) for name, value in parts.items()},
        "fields[FILE]": ("roof.png", b"\x89PNG"),
    }
    async with httpx.AsyncClient(transport=portal.transport) as http:
        answer = await http.post(portal.webhook_url + "crm.deal.add", files=files)

    (call,) = portal.calls()
    wanted = {"TITLE": "Dach & Söhne", "COMMENTS": "one\r\ntwo +", "UF_X": ["5"]}
    assert (answer.json()["result"], call.params) == (1, {"fields": wanted})


@pytest.mark.parametrize("name", ["profile", "profile/", "profile.json", "profile.json/"])
async def test_an_address_may_end_in_a_slash(portal: FakePortal, name: str) -> None:
    token = portal.issue_tokens().access_token
    async with httpx.AsyncClient(transport=portal.transport) as http:
        for url in (portal.rest_url + f"{name}?auth={token}", portal.webhook_url + name):
            assert (await http.post(url)).json()["result"]["ID"] == "1"
