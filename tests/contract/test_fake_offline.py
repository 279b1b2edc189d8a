"""The fake portal keeps offline events in queues, and disturbs the delivery of the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from bitrix_events.testing import FakePortal
from bitrix_events.wire.form import decode_form

HANDLER = "https://app.test/events"
PAYLOAD = Path(__file__).parent.parent / "payloads" / "offline_event_no_data.txt"


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 1790000000.0

    def __call__(self) -> float:
        return self.now


class Inbox:
    """An app that keeps what it is sent."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body: Any = decode_form(await Request(scope, receive).body())
        self.ids.append(body.get("data", {}).get("FIELDS", {}).get("ID", body["event"]))
        await PlainTextResponse("ok")(scope, receive, send)


class Api:
    """Calls a portal with a token of its administrator."""

    def __init__(self, portal: FakePortal, user_id: int = 1) -> None:
        token = portal.issue_tokens(user_id).access_token
        self.http = httpx.AsyncClient(
            transport=portal.transport,
            base_url=portal.rest_url,
            headers={"Authorization": f"Bearer {token}"},
        )

    async def __call__(self, method: str, **params: Any) -> Any:
        answer = (await self.http.post(method, json=params)).json()
        return answer.get("error", answer.get("result"))

    async def bind(self, *events: str, connector: str = "") -> None:
        for event in events:
            done = await self(
                "event.bind", event=event, event_type="offline", auth_connector=connector
            )
            assert done is True


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
    client = Api(portal)
    yield client
    await client.http.aclose()


def ids(answer: Any) -> list[int]:
    return [event["EVENT_DATA"]["FIELDS"]["ID"] for event in answer["events"]]


# Offline events.


async def test_an_event_is_read_once_with_its_types_kept(portal: FakePortal, api: Api) -> None:
    await api.bind("ONCRMDEALADD")
    deal = portal.add("deal")
    portal.add("deal", user_id=0)

    answer = await api("event.offline.get")

    first, second = answer["events"]
    assert answer["process_id"] is None
    assert first == {
        "ID": "1",
        "TIMESTAMP_X": "2026-09-21T14:13:20+00:00",
        "EVENT_NAME": "ONCRMDEALADD",
        "EVENT_DATA": {"FIELDS": {"ID": deal}},
        "EVENT_ADDITIONAL": {"user_id": 1},
        "MESSAGE_ID": first["MESSAGE_ID"],
    }
    assert len(first["MESSAGE_ID"]) == 32
    assert second["EVENT_ADDITIONAL"] is False
    assert (await api("event.offline.get"))["events"] == []


async def test_changes_of_a_record_are_one_event_until_it_is_reserved(
    portal: FakePortal, api: Api, clock: Clock
) -> None:
    await api.bind("ONCRMDEALUPDATE")
    deal = portal.add("deal")
    for title in ("Roof", "Door", "Wall"):
        clock.now += 1
        portal.change("deal", deal, TITLE=title)

    reserved = await api("event.offline.get", clear=0)
    portal.change("deal", deal, TITLE="Floor")
    again = await api("event.offline.get", clear=0)

    (event,) = reserved["events"]
    assert event["TIMESTAMP_X"] == "2026-09-21T14:13:23+00:00"
    assert ids(again) == [deal]
    assert again["process_id"] != reserved["process_id"]


async def test_a_reservation_is_read_again_until_it_is_cleared(
    portal: FakePortal, api: Api
) -> None:
    await api.bind("ONCRMDEALADD")
    for _ in range(3):
        portal.add("deal")

    reserved = await api("event.offline.get", clear=0, limit=2)
    process = reserved["process_id"]
    others = await api("event.offline.get", clear=0)
    await api("event.offline.clear", process_id=process, id=[reserved["events"][0]["ID"]])
    rest = await api("event.offline.get", clear=0, process_id=process)
    await api(
        "event.offline.clear", process_id=process, message_id=[rest["events"][0]["MESSAGE_ID"]]
    )
    listed = await api("event.offline.list", filter={"PROCESS_ID": others["process_id"]})
    await api("event.offline.clear", process_id=others["process_id"])

    assert (ids(reserved), ids(others), ids(rest)) == ([1, 2], [3], [2])
    assert portal.kept == 0
    assert [(row["ID"], row["ERROR"]) for row in listed] == [("3", "0")]
    assert await api("event.offline.list") == []


async def test_a_failed_event_waits_apart_from_the_others(portal: FakePortal, api: Api) -> None:
    await api.bind("ONCRMDEALADD")
    for _ in range(2):
        portal.add("deal")
    reserved = await api("event.offline.get", clear=0)
    failed = reserved["events"][0]["MESSAGE_ID"]

    await api("event.offline.error", process_id=reserved["process_id"], message_id=[failed])

    left = await api("event.offline.get", process_id=reserved["process_id"], clear=0)
    assert ids(left) == [2]
    assert (await api("event.offline.get"))["events"] == []
    assert ids(await api("event.offline.get", error=1)) == [1]


async def test_events_are_found_by_filter_and_order(portal: FakePortal, api: Api) -> None:
    await api.bind("ONCRMDEALADD", "ONCRMLEADADD")
    for kind in ("deal", "lead", "deal", "lead"):
        portal.add(kind)

    names = {"EVENT_NAME": "ONCRMDEALADD"}
    deals = await api("event.offline.list", filter=names, order={"ID": "DESC"})
    later = await api("event.offline.list", filter={">ID": 1, "@EVENT_NAME": ["ONCRMDEALADD"]})

    assert [row["ID"] for row in deals] == ["3", "1"]
    assert [row["ID"] for row in later] == ["3"]
    taken = await api("event.offline.get", filter=names)
    assert {event["EVENT_NAME"] for event in taken["events"]} == {"ONCRMDEALADD"}
    assert len(await api("event.offline.list")) == 2


async def test_a_queue_of_a_connector_does_not_hear_of_changes_in_its_name(
    portal: FakePortal, api: Api
) -> None:
    await api.bind("ONCRMDEALADD")
    await api.bind("ONCRMDEALADD", connector="mine")

    await api("crm.deal.add", fields={"TITLE": "own"}, auth_connector="mine")
    await api("crm.deal.add", fields={"TITLE": "other"})

    assert ids(await api("event.offline.get")) == [1, 2]
    assert ids(await api("event.offline.get", auth_connector="mine")) == [2]


async def test_the_doorbell_rings_no_more_often_than_wanted(
    portal: FakePortal, api: Api, clock: Clock
) -> None:
    await api.bind("ONCRMDEALADD")
    await api("event.bind", event="OnOfflineEvent", handler=HANDLER, options={"minTimeout": 5})

    for _ in range(3):
        portal.add("deal")
    clock.now += 5
    portal.add("deal")
    await portal.settled()

    assert [sent.code for sent in portal.sent] == ["ONOFFLINEEVENT", "ONOFFLINEEVENT"]
    assert [field.partition(b"=")[0] for field in portal.sent[0].body.split(b"&")] == [
        field.partition(b"=")[0] for field in PAYLOAD.read_bytes().split(b"&")
    ]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("event.offline.get", {"limit": 0}, "ERROR_ARGUMENT"),
        ("event.offline.get", {"clear": 0}, "WRONG_LICENSE"),
        ("event.offline.clear", {}, "ERROR_ARGUMENT"),
        ("event.offline.clear", {"process_id": "p", "message_id": ["short"]}, "ERROR_ARGUMENT"),
        ("event.offline.clear", {"process_id": "p", "id": ["x"]}, "ERROR_ARGUMENT"),
        ("event.offline.error", {"process_id": "p"}, "ERROR_ARGUMENT"),
    ],
)
async def test_what_a_queue_refuses(
    portal: FakePortal, api: Api, method: str, params: Any, code: str
) -> None:
    portal.features["rest_offline_extended"] = "N"

    assert await api(method, **params) == code


async def test_queues_are_for_administrators_and_go_with_the_app(
    portal: FakePortal, api: Api
) -> None:
    user = Api(portal, portal.add("user", NAME="Boris"))
    assert await user("event.offline.get") == "ACCESS_DENIED"
    await api.bind("ONCRMDEALADD")
    portal.add("deal")

    await portal.uninstall()

    assert await Api(portal)("event.offline.list") == []


# Events that travel badly.


async def test_an_ordered_loss_hits_the_next_posts_of_one_event(
    portal: FakePortal, inbox: Inbox
) -> None:
    portal.outgoing_webhook(HANDLER, "ONCRMDEALADD", "ONCRMLEADADD")
    portal.lose_event("onCrmDealAdd", times=2)

    for kind in ("deal", "lead", "deal", "deal"):
        portal.add(kind)
        await portal.settled()

    assert [sent.code for sent in portal.sent] == ["ONCRMLEADADD", "ONCRMDEALADD"]
    assert inbox.ids == ["1", "3"]


async def test_events_are_lost_and_doubled_by_chance_and_again_the_same(inbox: Inbox) -> None:
    runs = []
    for _ in range(2):
        portal = FakePortal(outbound=httpx.ASGITransport(inbox))
        portal.outgoing_webhook(HANDLER, "ONCRMDEALADD")
        portal.disturb_events(loss=0.3, duplication=0.3, seed=7)
        inbox.ids.clear()
        for _ in range(40):
            portal.add("deal")
            await portal.settled()
        runs.append(list(inbox.ids))

    assert runs[0] == runs[1]
    assert 15 < len(set(runs[0])) < 40
    assert len(runs[0]) > len(set(runs[0]))


async def test_an_event_held_back_is_overtaken_by_the_next(
    portal: FakePortal, inbox: Inbox
) -> None:
    portal.outgoing_webhook(HANDLER, "ONCRMDEALADD", "ONCRMLEADADD")
    portal.disturb_events("ONCRMDEALADD", reordering=1)

    portal.add("deal", ID=7)
    portal.add("lead", ID=8)
    await portal.settled()
    portal.add("deal", ID=9)
    assert inbox.ids == ["8", "7"]
    await portal.settled()

    assert inbox.ids == ["8", "7", "9"]


async def test_a_delayed_event_is_overtaken_and_arrives(portal: FakePortal, inbox: Inbox) -> None:
    portal.outgoing_webhook(HANDLER, "ONCRMDEALADD", "ONCRMLEADADD")
    portal.disturb_events("ONCRMDEALADD", delay=0.02)

    portal.add("deal", ID=7)
    portal.add("lead", ID=8)
    await portal.settled()
    portal.disturb_events()
    portal.add("deal", ID=9)
    await portal.settled()

    assert inbox.ids == ["8", "7", "9"]


def test_what_is_no_probability_is_refused(portal: FakePortal) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        portal.disturb_events(loss=2)
    with pytest.raises(ValueError, match="negative"):
        portal.disturb_events(delay=-1)
