"""The fake portal keeps to the protocol: what it answers, what it sends, and in which form."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from bitrix_events.testing import FakePortal
from bitrix_events.testing.batch import resolve_references
from bitrix_events.testing.serving import serve_on_socket
from bitrix_events.wire.form import decode_form
from tests.serving import PATIENCE

PAYLOADS = Path(__file__).parent.parent / "payloads"
HANDLER = "https://app.test/bitrix/events"
FINISH_PAGE = "<script>BX24.installFinish()</script>"


class Listener:
    """An app that keeps what it is sent."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.urls: list[str] = []
        self.page = "ok"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        self.urls.append(str(request.url))
        self.bodies.append(dict(decode_form(await request.body())))
        await PlainTextResponse(self.page)(scope, receive, send)


class Rest:
    """A client with one access token, or none for a webhook."""

    def __init__(self, portal: FakePortal, *, user_id: int = 1, root: str | None = None) -> None:
        token = None if root else portal.issue_tokens(user_id).access_token
        self.http = httpx.AsyncClient(
            transport=portal.transport,
            base_url=root or portal.rest_url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    async def __call__(self, method: str, **params: Any) -> Any:
        return (await self.http.post(method, json=params)).json()

    async def result(self, method: str, **params: Any) -> Any:
        answer = await self(method, **params)
        assert "error" not in answer, answer
        return answer["result"]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def portal(listener: Listener) -> FakePortal:
    return FakePortal(clock=lambda: 1790000000.0, outbound=httpx.ASGITransport(listener))


@pytest.fixture
def rest(portal: FakePortal) -> Rest:
    return Rest(portal)


def names_on_the_wire(body: bytes) -> list[str]:
    return [field.partition(b"=")[0].decode() for field in body.split(b"&")]


def captured(payload: str) -> list[str]:
    return names_on_the_wire((PAYLOADS / payload).read_bytes())


# What is sent.


@pytest.mark.parametrize(
    ("event", "kind", "fields", "payload"),
    [
        ("ONCRMCONTACTADD", "contact", {"NAME": "Anna"}, "app_contact_add.txt"),
        (
            "ONCRMTIMELINECOMMENTADD",
            "timeline_comment",
            {"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": "hi"},
            "app_timeline_comment_add.txt",
        ),
        ("ONCRMDEALADD", "deal", {"user_id": 0}, "app_deal_add_no_user.txt"),
        ("ONUSERADD", "user", {"UF_DEPARTMENT": [1, 17]}, "user_add_cyrillic.txt"),
    ],
)
async def test_an_event_of_the_app_has_the_captured_fields_in_the_captured_order(
    portal: FakePortal, rest: Rest, event: str, kind: str, fields: Any, payload: str
) -> None:
    await rest.result("event.bind", event=event, handler=HANDLER)

    portal.add(kind, **fields)
    await portal.settled()

    (sent,) = portal.sent
    assert names_on_the_wire(sent.body) == captured(payload)
    assert (sent.code, sent.url, sent.status) == (event, HANDLER, 200)


async def test_an_outgoing_webhook_has_five_keys_of_auth_and_its_own_token(
    portal: FakePortal, listener: Listener
) -> None:
    token = portal.outgoing_webhook(HANDLER, "ONCRMDEALADD", "ONCRMDEALUPDATE")

    deal = portal.add("deal", TITLE="Roof")
    await portal.settled()

    (sent,) = portal.sent
    assert names_on_the_wire(sent.body) == captured("webhook_deal_add.txt")
    (body,) = listener.bodies
    assert body["data"] == {"FIELDS": {"ID": str(deal)}}
    assert body["auth"]["application_token"] == token != portal.application_token
    assert re.fullmatch("[a-z0-9]{32}", token)


async def test_install_brings_tokens_that_work_and_the_application_token(
    portal: FakePortal, listener: Listener
) -> None:
    answer = await portal.install(HANDLER)

    assert answer.status_code == 200
    assert names_on_the_wire(portal.sent[0].body) == captured("app_install_script_only.txt")
    auth = listener.bodies[0]["auth"]
    assert auth["application_token"] == portal.application_token
    async with httpx.AsyncClient(transport=portal.transport) as http:
        info = await http.get(
            f"{portal.oauth_url}/rest/app.info", params={"auth": auth["access_token"]}
        )
    assert info.json()["result"]["client_id"] == portal.client_id
    assert info.json()["result"]["install"]["member_id"] == portal.member_id
    assert info.json()["result"]["install"]["client_endpoint"] == auth["client_endpoint"]


async def test_the_install_page_is_posted_as_a_browser_does(
    portal: FakePortal, listener: Listener
) -> None:
    await portal.open_install_page(HANDLER + "?x=1")

    wire_names = captured("install_page.txt")
    assert names_on_the_wire(portal.sent[0].body) == wire_names[:-1]  # no PLACEMENT_OPTIONS
    query = httpx.URL(listener.urls[0]).params
    assert list(query) == ["x", "DOMAIN", "PROTOCOL", "LANG", "APP_SID"]
    assert (query["DOMAIN"], query["PROTOCOL"]) == (portal.domain, "1")


async def test_the_app_hears_nothing_before_its_page_finished_the_installation(
    portal: FakePortal, listener: Listener
) -> None:
    await portal.open_install_page(HANDLER)
    auth = listener.bodies[0]["AUTH_ID"]
    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.rest_url) as http:
        for event in ("OnAppInstall", "OnCrmDealAdd"):
            await http.post("event.bind", data={"auth": auth, "event": event, "handler": HANDLER})
    portal.add("deal")
    await portal.settled()
    assert len(portal.sent) == 1

    listener.page = FINISH_PAGE
    await portal.open_install_page(HANDLER)
    portal.add("deal")
    await portal.settled()

    assert [sent.code for sent in portal.sent[2:]] == ["ONAPPINSTALL", "ONCRMDEALADD"]


async def test_event_test_echoes_its_parameters_with_a_refresh_token(
    portal: FakePortal, rest: Rest, listener: Listener
) -> None:
    await rest.result("event.bind", event="OnAppTest", handler=HANDLER)

    answer = await rest.result("event.test", probe=1, nested={"a": "x", "list": [1, 2]})
    await portal.settled()

    assert answer == 1
    assert names_on_the_wire(portal.sent[0].body) == captured("app_test_event.txt")


async def test_uninstall_tells_the_handlers_and_closes_the_api(
    portal: FakePortal, rest: Rest, listener: Listener
) -> None:
    await rest.result("event.bind", event="ONAPPUNINSTALL", handler=HANDLER)

    await portal.uninstall("https://app.test/install", clean=True)

    handler_id = ["event_handler_id"]
    names = captured("app_uninstall_clean.txt")
    assert sorted((s.url, names_on_the_wire(s.body)) for s in portal.sent) == [
        (HANDLER, [*names[:1], *handler_id, *names[1:]]),
        ("https://app.test/install", names),
    ]
    assert listener.bodies[0]["data"]["CLEAN"] == "1"
    assert (await rest("profile"))["error"] == "APPLICATION_NOT_FOUND"
    assert portal.bindings == []


async def test_an_event_that_fails_is_noted_and_never_sent_again() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "down.test":
            raise httpx.ConnectError("nobody there")
        return httpx.Response(500)

    portal = FakePortal(outbound=httpx.MockTransport(answer))
    portal.outgoing_webhook("https://down.test", "ONCRMDEALADD")
    portal.outgoing_webhook(HANDLER, "ONCRMDEALADD")

    portal.add("deal")
    await portal.settled()

    outcomes = {sent.url: (sent.status, sent.error) for sent in portal.sent}
    assert len(portal.sent) == 2
    assert outcomes == {
        "https://down.test": (None, "ConnectError('nobody there')"),
        HANDLER: (500, None),
    }


async def test_changes_made_over_rest_raise_events_of_the_caller(
    portal: FakePortal, rest: Rest, listener: Listener
) -> None:
    portal.outgoing_webhook(HANDLER, "ONCRMDEALADD", "ONCRMDEALMOVETOCATEGORY", "ONCRMDEALDELETE")
    await rest.result("event.bind", event="ONCRMDEALUPDATE", handler=HANDLER)

    deal = await rest.result("crm.deal.add", fields={"TITLE": "Roof"})
    fields = {"categoryId": 3, "stageId": "C3:NEW"}
    await rest.result("crm.item.update", entityTypeId=2, id=deal, fields=fields)
    await rest.result("crm.deal.delete", id=deal)
    await portal.settled()

    assert {body["event"]: body["data"]["FIELDS"] for body in listener.bodies} == {
        "ONCRMDEALADD": {"ID": "1"},
        "ONCRMDEALUPDATE": {"ID": "1"},
        "ONCRMDEALMOVETOCATEGORY": {"ID": "1", "CATEGORY_ID": "3", "STAGE_ID": "C3:NEW"},
        "ONCRMDEALDELETE": {"ID": "1"},
    }


# Bindings.


async def test_binding_twice_is_refused_in_the_portals_own_words(
    portal: FakePortal, rest: Rest
) -> None:
    await rest.result("event.bind", EVENT="onCrmDealAdd", HANDLER=HANDLER)

    again = await rest("event.bind", event="ONCRMDEALADD", handler=HANDLER)

    assert again["error"] == "ERROR_CORE"
    assert "already binded" in again["error_description"]
    assert await rest.result("event.get") == [
        {"event": "ONCRMDEALADD", "handler": HANDLER, "auth_type": "0", "offline": 0}
    ]
    assert await rest.result("event.unbind", event="OnCrmDealAdd", handler=HANDLER) == {"count": 1}
    assert await rest.result("event.unbind", event="OnCrmDealAdd", handler=HANDLER) == {"count": 0}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"event": "ONNOSUCHTHING", "handler": HANDLER}, "ERROR_EVENT_NOT_FOUND"),
        ({"event": "ONSALEORDERSAVED", "handler": HANDLER}, "ERROR_EVENT_NOT_FOUND"),
        ({"event": "ONCRMDEALADD", "handler": "ftp://app.test"}, "ERROR_UNSUPPORTED_PROTOCOL"),
        ({"event": "ONCRMDEALADD", "handler": "https:///x"}, "ERROR_WRONG_HANDLER_URL"),
        ({"event": "ONCRMDEALADD"}, "ERROR_ARGUMENT"),
    ],
)
async def test_what_cannot_be_bound_is_refused(rest: Rest, params: Any, code: str) -> None:
    assert (await rest("event.bind", **params))["error"] == code


async def test_a_user_without_rights_binds_only_for_himself(portal: FakePortal) -> None:
    user = portal.add("user", NAME="Boris")
    rest = Rest(portal, user_id=user)

    refused = await rest("event.bind", event="ONCRMDEALADD", handler=HANDLER, auth_type=1)
    await rest.result("event.bind", event="ONCRMDEALADD", handler=HANDLER)

    assert refused["error"] == "ACCESS_DENIED"
    assert [binding.auth_type for binding in portal.bindings] == [user]


# Calling REST.


@pytest.mark.parametrize("place", ["bearer", "auth in form", "auth in query", "access_token"])
async def test_a_token_is_found_in_each_of_its_places_and_not_passed_on(
    portal: FakePortal, place: str
) -> None:
    token = portal.issue_tokens().access_token
    params: dict[str, Any] = {"id": "7"}
    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.rest_url) as http:
        match place:
            case "bearer":
                headers = {"Authorization": f"Bearer {token}"}
                answer = await http.post("Profile.json", data=params, headers=headers)
            case "auth in query":
                answer = await http.get("Profile.json", params={"auth": token, **params})
            case _:
                name = place.split(" ")[0]
                answer = await http.post("Profile.json", data={name: token, **params})

    assert answer.json()["result"]["ID"] == "1"
    (call,) = portal.calls("profile")
    assert (call.method, call.params, call.user_id, call.batched) == ("Profile", params, 1, False)


async def test_json_that_does_not_parse_is_as_good_as_no_body(portal: FakePortal) -> None:
    token = portal.issue_tokens().access_token
    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.rest_url) as http:
        answer = await http.post(
            "profile",
            content=f'{{"auth": "{token}",}}',
            headers={"Content-Type": "application/json"},
        )

    assert (answer.status_code, answer.json()["error"]) == (401, "NO_AUTH_FOUND")


async def test_every_refusal_has_its_code_and_status(
    portal: FakePortal, rest: Rest, caplog: pytest.LogCaptureFixture
) -> None:
    webhook = Rest(portal, root=portal.webhook_url)
    stranger = Rest(portal, root=portal.rest_url + "1/wrongcode/")
    seen = {}
    for name, client, method in [
        ("unknown", rest, "crm.requisite.get"),
        ("app only", webhook, "event.get"),
        ("stranger", stranger, "profile"),
        ("missing deal", rest, "crm.deal.get?id=99"),
        ("missing item", rest, "crm.item.get?id=99&entityTypeId=2"),
    ]:
        answer = await client.http.get(method)
        seen[name] = (answer.status_code, answer.json()["error"])
    portal.expire_tokens()
    answer = await rest.http.get("profile")
    seen["expired"] = (answer.status_code, answer.json()["error"])

    assert seen == {
        "unknown": (404, "ERROR_METHOD_NOT_FOUND"),
        "app only": (403, "WRONG_AUTH_TYPE"),
        "stranger": (401, "INVALID_CREDENTIALS"),
        "missing deal": (400, ""),
        "missing item": (400, "NOT_FOUND"),
        "expired": (401, "expired_token"),
    }
    assert "does not simulate the method 'crm.requisite.get'" in caplog.text


async def test_a_method_outside_the_scopes_of_the_app_is_refused() -> None:
    portal = FakePortal(scope="user")

    refused = await Rest(portal)("crm.deal.list")

    assert refused["error"] == "insufficient_scope"


async def test_an_ordered_failure_hits_the_next_calls_only(portal: FakePortal, rest: Rest) -> None:
    portal.fail_next("profile", "QUERY_LIMIT_EXCEEDED", times=2)

    statuses = [(await rest.http.get("profile")).status_code for _ in range(3)]

    assert statuses == [503, 503, 200]
    assert len(portal.calls("profile")) == 3


async def test_an_envelope_says_when_the_call_was_made(rest: Rest) -> None:
    answer = await rest("server.time")

    assert answer["result"] == "2026-09-21T14:13:20+00:00"
    assert set(answer["time"]) == {
        *("start", "finish", "duration", "processing", "date_start", "date_finish"),
        *("operating", "operating_reset_at"),
    }


# Records in both dialects.


async def test_a_deal_is_text_in_the_classic_form_and_typed_as_an_item(
    portal: FakePortal, rest: Rest
) -> None:
    deal = portal.add(
        "deal", STAGE_ID="C3:WON", CATEGORY_ID=3, OPPORTUNITY=900, UF_CRM_AREA=12.5, UF_CRM_A1="x"
    )

    classic = await rest.result("crm.deal.get", id=deal)
    item = (await rest.result("crm.item.get", entityTypeId=2, id=deal))["item"]
    original = await rest.result(
        "crm.item.get", entityTypeId="2", id=str(deal), useOriginalUfNames="Y"
    )

    assert classic == portal.record("deal", deal)
    assert (classic["ID"], classic["OPPORTUNITY"], classic["CLOSED"]) == ("1", "900.00", "Y")
    assert (classic["ASSIGNED_BY_ID"], classic["UF_CRM_AREA"]) == ("1", "12.5")
    assert (item["id"], item["stageId"], item["categoryId"]) == (1, "C3:WON", 3)
    assert (item["opportunity"], item["ufCrmArea"], item["ufCrm_A1"]) == (900.0, 12.5, "x")
    assert item["createdTime"] == "2026-09-21T14:13:20+00:00"
    assert original["item"]["UF_CRM_AREA"] == 12.5


async def test_a_lead_has_a_status_in_the_classic_form_and_a_stage_as_an_item(
    portal: FakePortal, rest: Rest
) -> None:
    fields = {"title": "Roof", "stageId": "IN_PROCESS", "ufCrm_17_X": "a", "ufCrmRoofArea": 3}

    added = await rest.result("crm.item.add", entityTypeId=1, fields=fields)

    lead = portal.record("lead", added["item"]["id"])
    assert (lead["STATUS_ID"], lead["UF_CRM_17_X"], lead["UF_CRM_ROOF_AREA"]) == (
        "IN_PROCESS",
        "a",
        "3",
    )


async def test_update_and_delete_answer_as_their_dialect_does(
    portal: FakePortal, rest: Rest
) -> None:
    first, second = portal.add("company", TITLE="A"), portal.add("company", TITLE="B")

    assert await rest.result("crm.company.update", id=first, fields={"TITLE": "C"}) is True
    assert await rest.result("crm.company.delete", id=first) is True
    assert await rest.result("crm.item.delete", entityTypeId=4, id=second) == []
    assert portal.records("company") == []
    assert portal.add("company") == 3


async def test_timeline_comments_are_listed_by_owner_only(portal: FakePortal, rest: Rest) -> None:
    fields = {"ENTITY_ID": 7, "ENTITY_TYPE": "deal", "COMMENT": "first"}
    comment = await rest.result("crm.timeline.comment.add", fields=fields)
    portal.add("timeline_comment", ENTITY_ID=8, ENTITY_TYPE="deal", COMMENT="other")

    owner = {"ENTITY_ID": 7, "ENTITY_TYPE": "deal"}
    rows = await rest.result("crm.timeline.comment.list", filter=owner, select=["ID", "COMMENT"])

    assert rows == [{"ID": str(comment), "COMMENT": "first"}]
    assert "error" in await rest("crm.timeline.comment.list", filter={"ENTITY_ID": 7})


async def test_users_are_found_by_filter(portal: FakePortal, rest: Rest) -> None:
    portal.add("user", NAME="Boris")
    portal.add("user", NAME="Anna", ACTIVE=False)

    rows = await rest.result("user.get", FILTER={"!NAME": "Boris"}, sort="NAME", order="desc")

    assert [row["NAME"] for row in rows] == ["Anna", "Ada"]
    assert [row["ACTIVE"] for row in rows] == [False, True]
    assert (await rest.result("user.current"))["ID"] == "1"
    assert (await rest.result("profile"))["ADMIN"] is True


# Lists.


async def test_120_records_are_three_pages(portal: FakePortal, rest: Rest) -> None:
    for number in range(120):
        portal.add("deal", TITLE=f"Deal {number}")

    pages = [await rest("crm.deal.list", start=start, select=["ID"]) for start in (0, 50, 100)]

    assert [len(page["result"]) for page in pages] == [50, 50, 20]
    assert [page.get("next") for page in pages] == [50, 100, None]
    assert {page["total"] for page in pages} == {120}
    assert pages[1]["result"][0] == {"ID": "51"}
    rounded = await rest("crm.item.list", entityTypeId=2, start=99, select=["id"])
    assert rounded["result"]["items"][0] == {"id": 51}


async def test_keyset_paging_counts_nothing(portal: FakePortal, rest: Rest) -> None:
    portal.page_size = 2
    for _ in range(5):
        portal.add("contact")

    seen: list[int] = []
    while True:
        query = {"filter": {">id": seen[-1] if seen else 0}, "order": {"id": "ASC"}, "start": -1}
        answer = await rest("crm.item.list", entityTypeId=3, **query)
        assert not {"total", "next"} & set(answer)
        rows = answer["result"]["items"]
        seen += [row["id"] for row in rows]
        if len(rows) < 2:
            break

    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("conditions", "ids"),
    [
        ({"ID": 2}, ["2"]),
        ({"=ID": ["1", "3"]}, ["1", "3"]),
        ({"@ID": [1, 3]}, ["1", "3"]),
        ({"!@ID": [1, 3]}, ["2", "4"]),
        ({"!ID": 1, "!=TITLE": "wall"}, ["3", "4"]),
        ({">ID": 2}, ["3", "4"]),
        ({">=ID": "2", "<ID": 4}, ["2", "3"]),
        ({"<=OPPORTUNITY": "9"}, ["1", "4"]),
        ({">OPPORTUNITY": 10}, ["2"]),
        ({"%TITLE": "OO"}, ["1", "3"]),
        ({"TITLE": ""}, ["4"]),
        ({"!UF_CRM_X": ""}, ["2"]),
        ({">=DATE_CREATE": "2026-09-21T17:13:20+03:00"}, ["1", "2", "3", "4"]),
        ({">DATE_CREATE": "2026-09-21T17:13:20+03:00"}, []),
    ],
)
async def test_filters(portal: FakePortal, rest: Rest, conditions: Any, ids: list[str]) -> None:
    portal.add("deal", TITLE="roof", OPPORTUNITY=9)
    portal.add("deal", TITLE="wall", OPPORTUNITY=100, UF_CRM_X="x")
    portal.add("deal", TITLE="Door", OPPORTUNITY=10)
    portal.add("deal")

    rows = await rest.result("crm.deal.list", filter=conditions, select=["ID"])

    assert [row["ID"] for row in rows] == ids


async def test_select_and_order_decide_what_a_row_is_and_where(
    portal: FakePortal, rest: Rest
) -> None:
    portal.add("deal", TITLE="b", UF_CRM_X="x")
    portal.add("deal", TITLE="a", UF_CRM_X="y")

    plain = await rest.result("crm.deal.list", order={"TITLE": "ASC"})
    chosen = await rest.result(
        "crm.deal.list", select=["TITLE", "UF_*"], order={"UF_CRM_X": "DESC"}
    )

    assert [row["ID"] for row in plain] == ["2", "1"]
    assert "UF_CRM_X" not in plain[0]
    assert chosen[0] == {"ID": "2", "TITLE": "a", "UF_CRM_X": "y"}


# Batches.


async def test_a_batch_collects_results_and_errors_by_key(portal: FakePortal, rest: Rest) -> None:
    portal.add("deal", TITLE="Roof & wall")
    title = quote("Roof & wall")

    result = await rest.result(
        "batch",
        cmd={
            "found": f"crm.deal.list?filter[TITLE]={title}&select[]=TITLE",
            "missing": "crm.deal.get?id=99",
            "nested": "batch?cmd[0]=profile",
        },
    )

    assert result["result"] == {"found": [{"ID": "1", "TITLE": "Roof & wall"}]}
    assert result["result_total"] == {"found": 1}
    assert result["result_next"] == []
    assert set(result["result_time"]) == {"found"}
    assert result["result_error"]["missing"] == {"error": "", "error_description": "Not found"}
    assert result["result_error"]["nested"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"
    assert [call.batched for call in portal.calls("crm.deal.get")] == [True]


async def test_a_batch_of_a_list_answers_lists_and_halts_at_the_first_error(rest: Rest) -> None:
    commands = ["server.time", "crm.deal.get?id=99", "server.time"]

    going_on = await rest.result("batch", cmd=commands, halt=0)
    halted = await rest.result("batch", cmd=commands, halt=1)

    assert list(going_on["result"]) == ["0", "2"]
    assert len(halted["result"]) == 1
    assert isinstance(halted["result"], list)
    assert list(halted["result_error"]) == ["1"]


async def test_references_keep_the_type_of_a_whole_value_and_fill_in_text(
    portal: FakePortal, rest: Rest
) -> None:
    portal.add("contact", NAME="Anna")
    portal.add("contact", NAME="Boris")

    result = await rest.result(
        "batch",
        cmd={
            "all": "crm.item.list?entityTypeId=3&select[]=id",
            "one": "crm.contact.list?filter[@ID]=$result[all][items][1]&select[]=NAME",
            "page": "crm.item.add?entityTypeId=2&fields[UF_CRM_IDS]=$result[all][items]",
            "text": "crm.deal.add?fields[TITLE]=n$total[all] id$result[all][items][0][id]!",
            "list": "crm.deal.add?fields[TITLE]=$result[all][items] stays",
        },
    )

    deals = portal.records("deal")
    assert deals[0]["UF_CRM_IDS"] == [{"id": "1"}, {"id": "2"}]
    assert deals[1]["TITLE"] == "n2 id1!"
    assert deals[2]["TITLE"] == "$result[all][items] stays"
    assert result["result_error"] == []


KEYS = st.text("abcXYZ019_", min_size=1, max_size=4)
VALUES = st.recursive(
    st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=3), st.data())
def test_a_whole_reference_is_the_very_value_at_the_end_of_its_path(
    results: dict[str, Any], data: st.DataObject
) -> None:
    value: Any = results
    reference = "$result"
    while (
        isinstance(value, dict | list) and value and (not reference[7:] or data.draw(st.booleans()))
    ):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = data.draw(st.sampled_from(keys))
        value = value[key]
        reference += f"[{key}]"

    resolved = resolve_references(
        {"a": [reference, reference + "[no-such-key]"]}, {"result": results}
    )

    assert resolved == {"a": [value, value]}


async def test_a_reference_that_leads_nowhere_gives_the_deepest_value_reached(
    portal: FakePortal, rest: Rest
) -> None:
    portal.add("contact", NAME="Anna")

    await rest.result(
        "batch",
        cmd=[
            "crm.item.list?entityTypeId=3&select[]=id",
            "crm.item.list?entityTypeId=3&filter[>id]=$result[0][items][49][id]",
        ],
    )

    assert portal.calls("crm.item.list")[1].params["filter"] == {">id": [{"id": 1}]}


async def test_the_51st_command_of_a_batch_is_refused(portal: FakePortal, rest: Rest) -> None:
    result = await rest.result("batch", cmd=["server.time"] * 52)

    assert len(portal.calls("server.time")) == 50
    assert [error["error"] for error in result["result_error"].values()] == [
        "ERROR_BATCH_LENGTH_EXCEEDED"
    ] * 2


async def test_a_failure_can_be_ordered_inside_a_batch(portal: FakePortal, rest: Rest) -> None:
    portal.fail_next("server.time", "OPERATION_TIME_LIMIT")

    result = await rest.result("batch", cmd={"a": "server.time", "b": "server.time"})

    assert result["result_error"]["a"]["error"] == "OPERATION_TIME_LIMIT"
    assert list(result["result"]) == ["b"]


# OAuth.


async def refresh(portal: FakePortal, refresh_token: str, **changed: str) -> httpx.Response:
    form = {
        "grant_type": "refresh_token",
        "client_id": portal.client_id,
        "client_secret": portal.client_secret,
        "refresh_token": refresh_token,
    }
    async with httpx.AsyncClient(transport=portal.transport) as http:
        return await http.post(f"{portal.oauth_url}/oauth/token/", data=form | changed)


async def test_a_refresh_token_works_once_and_takes_its_access_token_with_it(
    portal: FakePortal,
) -> None:
    rest = Rest(portal)
    pair = portal.issue_tokens()
    rest.http.headers["Authorization"] = f"Bearer {pair.access_token}"

    answer = await refresh(portal, pair.refresh_token)
    again = await refresh(portal, pair.refresh_token)

    assert list(answer.json()) == [
        *("access_token", "refresh_token", "expires", "expires_in", "client_endpoint"),
        *("server_endpoint", "domain", "member_id", "scope", "status", "user_id"),
    ]
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await rest("profile"))["error"] == "expired_token"
    rest.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    assert (await rest.result("profile"))["ID"] == "1"
    assert (await refresh(portal, answer.json()["refresh_token"])).status_code == 200


async def test_a_wrong_secret_is_refused_and_costs_no_token(portal: FakePortal) -> None:
    pair = portal.issue_tokens()

    wrong = await refresh(portal, pair.refresh_token, client_secret="wrong")
    right = await refresh(portal, pair.refresh_token)

    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")
    assert right.status_code == 200


async def test_an_authorisation_code_is_exchanged_once(portal: FakePortal) -> None:
    query = {
        "grant_type": "authorization_code",
        "client_id": portal.client_id,
        "client_secret": portal.client_secret,
        "code": portal.issue_code(),
    }
    async with httpx.AsyncClient(transport=portal.transport) as http:
        first = await http.get(f"{portal.oauth_url}/oauth/token/", params=query)
        second = await http.get(f"{portal.oauth_url}/oauth/token/", params=query)

    assert first.json()["user_id"] == 1
    assert second.json()["error"] == "invalid_grant"


async def test_a_token_is_over_after_its_hour() -> None:
    now = [1790000000.0]
    portal = FakePortal(clock=lambda: now[0])
    rest = Rest(portal)

    now[0] += 3599
    assert "error" not in await rest("profile")
    now[0] += 1
    assert (await rest("profile"))["error"] == "expired_token"


async def test_app_info_refuses_what_is_no_token(portal: FakePortal) -> None:
    async with httpx.AsyncClient(transport=portal.transport) as http:
        answer = await http.get(f"{portal.oauth_url}/rest/app.info", params={"auth": "0" * 70})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


# Addresses.


async def test_a_portal_that_moved_redirects_rest_but_not_oauth(portal: FakePortal) -> None:
    rest = Rest(portal)
    pair = portal.issue_tokens()
    old_oauth = portal.oauth_url

    portal.move("newname.bitrix24.test")
    answer = await rest.http.post("crm.deal.get?id=7", json={})
    refreshed = await refresh(portal, pair.refresh_token)

    assert answer.status_code == 302
    assert answer.headers["location"] == "https://newname.bitrix24.test/rest/crm.deal.get?id=7"
    assert portal.oauth_url == old_oauth
    assert refreshed.json()["client_endpoint"] == portal.rest_url
    assert portal.rest_url == "https://newname.bitrix24.test/rest/"
    rest.http.base_url = httpx.URL(portal.rest_url)
    assert (await rest.result("profile"))["ID"] == "1"


async def test_two_portals_share_nothing() -> None:
    first = FakePortal(domain="one.bitrix24.test")
    second = FakePortal(domain="two.bitrix24.test")

    assert first.member_id != second.member_id
    assert first.application_token != second.application_token
    assert first.issue_tokens().access_token != second.issue_tokens().access_token


@pytest.fixture
async def served_listener(listener: Listener) -> AsyncIterator[tuple[Listener, str]]:
    """The listening app on a socket of its own, with its URL."""
    async with serve_on_socket(listener, port=0) as address:
        yield listener, f"http://{address}/events"


async def test_over_real_sockets_an_app_is_installed_calls_and_is_called(
    served_listener: tuple[Listener, str],
) -> None:
    listener, url = served_listener
    portal = FakePortal()

    async with portal.serve():
        assert re.fullmatch(r"127\.0\.0\.1:\d+", portal.domain)
        assert portal.rest_url == f"http://{portal.domain}/rest/"
        await portal.install(url)
        auth = listener.bodies[0]["auth"]
        async with httpx.AsyncClient(
            base_url=auth["client_endpoint"], trust_env=False, timeout=PATIENCE
        ) as http:
            bound = await http.post(
                "event.bind",
                json={"auth": auth["access_token"], "event": "OnCrmDealAdd", "handler": url},
            )
            deal = await http.post(
                "crm.deal.add", data={"auth": auth["access_token"], "fields[TITLE]": "Dach"}
            )
        await portal.settled()

    assert bound.json()["result"] is True
    assert listener.bodies[1]["data"]["FIELDS"]["ID"] == str(deal.json()["result"])
    assert portal.record("deal", 1)["TITLE"] == "Dach"
    assert portal.base_url == "https://acme.bitrix24.test"


async def test_a_served_portal_redirects_to_its_new_address_on_the_same_socket() -> None:
    portal = FakePortal()

    async with portal.serve(), httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        old, port = portal.webhook_url, portal.domain.partition(":")[2]
        portal.move(f"localhost:{port}")
        answer = await http.get(old + "profile")
        followed = await http.get(
            answer.headers["location"].replace("localhost", "127.0.0.1"),
            headers={"Host": portal.domain},
        )

    assert answer.status_code == 302
    assert followed.json()["result"]["ID"] == "1"


async def test_the_environment_names_what_an_app_needs(portal: FakePortal) -> None:
    app = portal.environment(public_url="https://app.test")
    webhook = portal.environment(mode="webhook")

    assert app == {
        "BITRIX_EVENTS_CLIENT_ID": portal.client_id,
        "BITRIX_EVENTS_CLIENT_SECRET": portal.client_secret,
        "BITRIX_EVENTS_OAUTH_URLS": portal.oauth_url,
        "BITRIX_EVENTS_ALLOWED_HOSTS": "acme.bitrix24.test",
        "BITRIX_EVENTS_SECRET_KEY": app["BITRIX_EVENTS_SECRET_KEY"],
        "BITRIX_EVENTS_PUBLIC_URL": "https://app.test",
    }
    assert len(app["BITRIX_EVENTS_SECRET_KEY"]) == 43
    assert webhook["BITRIX_EVENTS_WEBHOOK_URL"] == portal.webhook_url
    assert webhook["BITRIX_EVENTS_APPLICATION_TOKEN"] == portal.outgoing_webhook(HANDLER)
