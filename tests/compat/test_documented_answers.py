"""The answers of the fake portal have the keys and types of the documented ones.

Each test names the section of protocol.md whose table or example it compares with.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest

from bitrix_events.testing import FakePortal
from tests.compat.conftest import DEALS, portal_with_deals

NUMBER: Final = (int, float)
TIME: Final[Mapping[str, Any]] = {
    "start": NUMBER,
    "finish": NUMBER,
    "duration": NUMBER,
    "processing": NUMBER,
    "date_start": str,
    "date_finish": str,
    "operating_reset_at": int,
    "operating": NUMBER,
}
TOKENS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(["access_token", "refresh_token", "client_endpoint", "server_endpoint"], str),
    **dict.fromkeys(["domain", "member_id", "scope", "status"], str),
    **dict.fromkeys(["expires", "expires_in", "user_id"], int),
}
APP: Final[Mapping[str, Any]] = {
    "client_id": str,
    "scope": str,
    "expires": str,
    "install": {
        "installed": bool,
        "version": (int, str),
        **dict.fromkeys(["status", "scope", "domain", "uri"], str),
        **dict.fromkeys(["client_endpoint", "member_id", "member_type"], str),
    },
    "user_id": int,
}
STATUSES: Final[Mapping[str, set[int]]] = {
    "QUERY_LIMIT_EXCEEDED": {503},
    "OPERATION_TIME_LIMIT": {429},
    "OVERLOAD_LIMIT": {503, 401},
    "expired_token": {401},
    "invalid_token": {401},
    "NO_AUTH_FOUND": {401},
    "INVALID_CREDENTIALS": {403, 401},
    "insufficient_scope": {403, 401},
    "user_access_error": {403, 401},
    "authorization_error": {401},
    "APPLICATION_NOT_FOUND": {401},
    "PAYMENT_REQUIRED": {401},
    "ACCESS_DENIED": {403, 401},
    "WRONG_LICENSE": {403},
    "WRONG_AUTH_TYPE": {403},
    "CONNECTION_ERROR": {401},
    "METHOD_CONFIRM_WAITING": {401},
    "METHOD_CONFIRM_DENIED": {403},
    "ERROR_METHOD_NOT_FOUND": {404},
    "ERROR_ARGUMENT": {400},
    "INVALID_ARG_VALUE": {400},
    "ERROR_CORE": {400},
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": {404},
    "INVALID_REQUEST": {400},
    "ALLOWED_ONLY_INTRANET_USER": {403},
    "PORTAL_DELETED": {500, 403, 410},
    "INTERNAL_SERVER_ERROR": {500},
    "ERROR_UNEXPECTED_ANSWER": {500},
    "WRONG_ENCODING": {200},
}
"""What documentation and source give for each code; where they differ, either."""


@pytest.fixture
def portal() -> FakePortal:
    return portal_with_deals()


@pytest.fixture
async def http(portal: FakePortal) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.webhook_url) as http:
        yield http


async def post(http: httpx.AsyncClient, method: str, **parameters: Any) -> dict[str, Any]:
    answer = await http.post(method, json=parameters)
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 200, body
    return body


def assert_shape(value: Any, shape: Any) -> None:
    """Compare keys and types; a mapping names the types of its values."""
    if isinstance(shape, Mapping):
        assert isinstance(value, dict)
        assert value.keys() == shape.keys()
        for key, inner in shape.items():
            assert_shape(value[key], inner)
    else:
        assert isinstance(value, shape), value
        assert isinstance(value, bool) is (shape is bool), value


# 4.3: success.


async def test_the_answer_with_one_record(http: httpx.AsyncClient) -> None:
    answer = await post(http, "crm.deal.get", id=7)
    assert_shape(answer, {"result": dict, "time": TIME})
    assert all(isinstance(value, str | None) for value in answer["result"].values())


async def test_the_time_of_an_answer_is_of_one_moment(http: httpx.AsyncClient) -> None:
    time = (await post(http, "crm.deal.get", id=7))["time"]
    for name in ("start", "finish"):
        moment = datetime.fromisoformat(time[f"date_{name}"])
        assert moment.utcoffset() is not None
        assert int(moment.timestamp()) == int(time[name])
    assert time["duration"] == pytest.approx(time["finish"] - time["start"], abs=1e-3)


async def test_the_pages_of_a_list(http: httpx.AsyncClient) -> None:
    first = await post(http, "crm.deal.list")
    assert_shape(first, {"result": list, "next": int, "total": int, "time": TIME})
    assert (first["next"], first["total"], len(first["result"])) == (50, DEALS, 50)
    last = await post(http, "crm.deal.list", start=150)
    assert_shape(last, {"result": list, "total": int, "time": TIME})


async def test_a_list_that_is_not_counted(http: httpx.AsyncClient) -> None:
    answer = await post(http, "crm.deal.list", start=-1)
    assert "next" not in answer
    assert answer.get("total", 0) == 0


async def test_a_list_with_a_wrapper(http: httpx.AsyncClient) -> None:
    answer = await post(http, "crm.item.list", entityTypeId=2)
    assert_shape(answer, {"result": {"items": list}, "next": int, "total": int, "time": TIME})
    assert_shape(answer["result"]["items"][0]["id"], int)


async def test_a_state_comes_back_as_a_signature(http: httpx.AsyncClient) -> None:
    answer = await post(http, "crm.deal.get", id=7, state="mine")
    assert_shape(answer, {"result": dict, "time": TIME, "signature": str})


# 4.4 and 4.5: errors.


async def test_an_error_has_a_code_and_a_text(http: httpx.AsyncClient) -> None:
    answer = await http.post("crm.nothing.get")
    assert answer.status_code == 404
    assert_shape(answer.json(), {"error": str, "error_description": str})
    assert answer.json()["error"] == "ERROR_METHOD_NOT_FOUND"


async def test_old_methods_leave_the_code_empty(http: httpx.AsyncClient) -> None:
    answer = await http.post("crm.deal.get", json={"id": 999})
    assert answer.status_code == 400
    assert answer.json() == {"error": "", "error_description": "Not found"}


@pytest.mark.parametrize(("code", "statuses"), STATUSES.items())
async def test_an_error_has_its_status(
    portal: FakePortal, http: httpx.AsyncClient, code: str, statuses: set[int]
) -> None:
    portal.fail_next("crm.deal.get", code)
    answer = await http.post("crm.deal.get", json={"id": 7})
    assert answer.status_code in statuses
    assert_shape(answer.json(), {"error": str, "error_description": str})


# 4.2: a body that cannot be read counts as none.


async def test_a_token_in_a_body_that_cannot_be_read_is_missing(portal: FakePortal) -> None:
    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.rest_url) as http:
        body = '{"auth": "' + portal.issue_tokens().access_token + '"'
        headers = {"Content-Type": "application/json"}
        answer = await http.post("profile", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "NO_AUTH_FOUND")


# 6: batches.

SECTIONS: Final = ("result", "result_error", "result_total", "result_next", "result_time")


async def test_a_batch_with_names(http: httpx.AsyncClient) -> None:
    commands = {"list": "crm.deal.list", "gone": "crm.deal.get?id=999", "one": "crm.deal.get?id=7"}
    answer = await post(http, "batch", cmd=commands, halt=0)
    assert answer.keys() == {"result", "time"}
    result = answer["result"]
    assert result.keys() == set(SECTIONS)
    assert_shape(result["result"], {"list": list, "one": dict})
    assert result["result_error"] == {"gone": {"error": "", "error_description": "Not found"}}
    assert_shape(result["result_time"], {"list": TIME, "one": TIME})
    assert (result["result_total"], result["result_next"]) == ({"list": DEALS}, {"list": 50})


async def test_a_batch_with_numbers_is_answered_with_lists(http: httpx.AsyncClient) -> None:
    commands = ["crm.deal.get?id=7", "crm.deal.get?id=8"]
    result = (await post(http, "batch", cmd=commands))["result"]
    assert [deal["ID"] for deal in result["result"]] == ["7", "8"]
    assert_shape(result["result_time"][1], TIME)
    assert [result[name] for name in SECTIONS[1:4]] == [[], [], []]


async def test_a_batch_of_nothing_is_answered_with_empty_lists(http: httpx.AsyncClient) -> None:
    result = (await post(http, "batch", cmd={}))["result"]
    assert result == {section: [] for section in SECTIONS}


async def test_a_batch_that_halts_leaves_out_the_rest(http: httpx.AsyncClient) -> None:
    commands = {"a": "crm.deal.get?id=7", "b": "crm.deal.get?id=999", "c": "crm.deal.get?id=8"}
    result = (await post(http, "batch", cmd=commands, halt=1))["result"]
    assert (result["result"].keys(), result["result_error"].keys()) == ({"a"}, {"b"})


async def test_commands_above_fifty_are_refused_one_by_one(http: httpx.AsyncClient) -> None:
    commands = {f"c{number}": f"crm.deal.get?id={number}" for number in range(1, 53)}
    result = (await post(http, "batch", cmd=commands))["result"]
    assert len(result["result"]) == 50
    assert {key: error["error"] for key, error in result["result_error"].items()} == dict.fromkeys(
        ["c51", "c52"], "ERROR_BATCH_LENGTH_EXCEEDED"
    )


async def test_a_batch_in_a_batch_is_refused(http: httpx.AsyncClient) -> None:
    result = (await post(http, "batch", cmd={"a": "batch?cmd[b]=profile"}))["result"]
    assert result["result_error"]["a"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


# 2.3 and 3: the host of OAuth.


async def grant(portal: FakePortal, **parameters: str) -> httpx.Response:
    app = {"client_id": portal.client_id, "client_secret": portal.client_secret}
    async with httpx.AsyncClient(transport=portal.transport) as http:
        return await http.post(f"{portal.oauth_url}/oauth/token/", data={**app, **parameters})


async def test_the_answer_to_a_refresh(portal: FakePortal) -> None:
    pair = portal.issue_tokens()
    answer = await grant(portal, grant_type="refresh_token", refresh_token=pair.refresh_token)
    assert answer.status_code == 200
    tokens = answer.json()
    assert_shape(tokens, TOKENS)
    assert tokens["refresh_token"] != pair.refresh_token
    assert tokens["domain"] == urlsplit(portal.oauth_url).netloc
    assert (tokens["client_endpoint"], tokens["expires_in"]) == (portal.rest_url, 3600)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "none"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "none"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "client_secret": "none"}, "invalid_client"),
    ],
)
async def test_refusals_of_the_oauth_host(
    portal: FakePortal, parameters: dict[str, str], error: str
) -> None:
    portal.issue_tokens()  # the app is installed
    answer = await grant(portal, **parameters)
    assert answer.status_code == 400
    assert_shape(answer.json(), {"error": str, "error_description": str})
    assert answer.json()["error"] == error


async def test_what_the_oauth_host_tells_about_a_token(portal: FakePortal) -> None:
    token = portal.issue_tokens().access_token
    async with httpx.AsyncClient(transport=portal.transport) as http:
        answer = await http.get(f"{portal.oauth_url}/rest/app.info", params={"auth": token})
    assert_shape(answer.json()["result"], APP)
    assert datetime.fromisoformat(answer.json()["result"]["expires"]).utcoffset() is not None


# 8 and 9: events of an app, and what the portal tells about it.


async def test_answers_about_bindings(portal: FakePortal) -> None:
    token = {"Authorization": f"Bearer {portal.issue_tokens().access_token}"}
    binding = {"event": "ONCRMDEALADD", "handler": "https://app.test/events"}
    async with httpx.AsyncClient(
        transport=portal.transport, base_url=portal.rest_url, headers=token
    ) as http:
        assert (await post(http, "event.bind", **binding))["result"] is True
        again = await http.post("event.bind", json=binding)
        assert (again.status_code, again.json()["error"]) == (400, "ERROR_CORE")
        unknown = await http.post("event.bind", json={**binding, "event": "ONNOTHING"})
        assert (unknown.status_code, unknown.json()["error"]) == (400, "ERROR_EVENT_NOT_FOUND")
        (bound,) = (await post(http, "event.get"))["result"]
        assert_shape(bound, {"event": str, "handler": str, "auth_type": str, "offline": int})
        assert (await post(http, "event.unbind", **binding))["result"] == {"count": 1}
        assert (await post(http, "event.unbind", **binding))["result"] == {"count": 0}


async def test_a_webhook_may_not_bind_events(http: httpx.AsyncClient) -> None:
    answer = await http.post("event.bind", json={"event": "ONCRMDEALADD", "handler": "https://a.b"})
    assert (answer.status_code, answer.json()["error"]) == (403, "WRONG_AUTH_TYPE")


async def test_answers_about_the_app_and_its_user(
    portal: FakePortal, http: httpx.AsyncClient
) -> None:
    assert (await post(http, "app.info"))["result"].keys() == {"SCOPE", "LICENSE"}
    keys = {"ID", "ADMIN", "NAME", "LAST_NAME", "PERSONAL_GENDER", "TIME_ZONE"}
    assert keys <= (await post(http, "profile"))["result"].keys()
    token = portal.issue_tokens().access_token
    answer = await http.post(f"{portal.rest_url}app.info", json={"auth": token})
    app = {"ID", "CODE", "VERSION", "STATUS", "INSTALLED", "PAYMENT_EXPIRED", "DAYS"}
    portal_keys = {"LANGUAGE_ID", "LICENSE", "LICENSE_TYPE", "LICENSE_FAMILY"}
    assert app | portal_keys <= answer.json()["result"].keys()


# 4.6: REST 3.0.


async def test_answers_and_errors_of_rest_3(portal: FakePortal) -> None:
    task = portal.add("task", TITLE="Paint", CREATED_BY="1", RESPONSIBLE_ID="1")
    root = portal.webhook_url.replace("/rest/", "/rest/api/")
    async with httpx.AsyncClient(transport=portal.transport, base_url=root) as http:
        answer = await post(http, "tasks.task.get", id=task, select=["id", "title"])
        assert_shape(answer, {"result": {"item": dict}, "time": TIME})
        assert answer["result"]["item"] == {"id": task, "title": "Paint"}
        missing = await http.post("tasks.task.get", json={"id": 999})
        form = await http.post("tasks.task.get", data={"id": str(task)})
    assert (missing.status_code, form.status_code) == (400, 400)
    for refused in (missing, form):
        assert refused.json().keys() == {"error"}
        error = refused.json()["error"]
        assert error.keys() - {"validation"} == {"code", "message"}
        assert error["code"].startswith("BITRIX_REST_V3_EXCEPTION_")
