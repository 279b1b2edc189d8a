"""REST 3.0 of the fake portal: its envelopes, queries, batches, and keys against repetition."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bitrix_events.testing import FakePortal, Fault, Latency, Limits, Operating

PREFIX = "BITRIX_REST_V3_EXCEPTION_"


class Clock:
    def __init__(self) -> None:
        self.now = 1790000000.0

    def __call__(self) -> float:
        return self.now


class V3:
    """Calls of REST 3.0 through the incoming webhook."""

    def __init__(self, portal: FakePortal) -> None:
        root = portal.webhook_url.replace("/rest/", "/rest/api/")
        self.http = httpx.AsyncClient(transport=portal.transport, base_url=root)

    async def __call__(
        self, method: str, body: Any = None, **params: Any
    ) -> tuple[int, dict[str, Any]]:
        answer = await self.http.post(method, json=params if body is None else body)
        return answer.status_code, answer.json()

    async def result(self, method: str, body: Any = None, **params: Any) -> Any:
        status, answer = await self(method, body, **params)
        assert status == 200, answer
        return answer["result"]

    async def ids(self, method: str = "tasks.task.list", **params: Any) -> list[int]:
        rows = (await self.result(method, select=["id"], **params))["items"]
        return [row["id"] for row in rows]

    async def error(self, method: str, body: Any = None, **params: Any) -> tuple[int, str]:
        status, answer = await self(method, body, **params)
        assert set(answer) == {"error"}
        return status, answer["error"]["code"].removeprefix(PREFIX).removesuffix("EXCEPTION")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(clock: Clock) -> FakePortal:
    return FakePortal(clock=clock)


@pytest.fixture
async def v3(portal: FakePortal) -> AsyncIterator[V3]:
    client = V3(portal)
    yield client
    await client.http.aclose()


NEW: dict[str, Any] = {"title": "Roof", "creatorId": 1, "responsibleId": 1}


# Records.


async def test_a_task_is_added_read_changed_and_deleted(portal: FakePortal, v3: V3) -> None:
    added = await v3.result("tasks.task.add", fields={**NEW, "priority": "high"})
    read = await v3.result(
        "tasks.task.get", id=1, select=["id", "status", "priority", "no", "responsible.name"]
    )
    changed = await v3.result("tasks.task.update", id=1, fields={"status": "completed"})
    stored = portal.record("task", 1)
    deleted = await v3.result("tasks.task.delete", id=1)

    assert (added["item"]["id"], added["item"]["title"]) == (1, "Roof")
    assert read["item"] == {
        "id": 1,
        "status": "pending",
        "priority": "high",
        "responsible": {"name": "Ada"},
    }
    assert changed == deleted == {"result": True}
    assert (stored["STATUS"], stored["TITLE"]) == ("5", "Roof")
    assert portal.records("task") == []


async def test_an_envelope_has_result_and_time_and_nothing_else(v3: V3) -> None:
    _, answer = await v3("tasks.task.list")

    assert set(answer) == {"result", "time"}
    assert answer["result"] == {"items": []}
    assert answer["time"]["operating"] == 0


@pytest.mark.parametrize(
    ("method", "params", "status", "code", "field"),
    [
        ("tasks.task.get", {}, 400, "VALIDATION_REQUESTVALIDATION", "id"),
        ("tasks.task.get", {"id": "x"}, 400, "VALIDATION_REQUESTVALIDATION", "id"),
        ("tasks.task.get", {"id": 9}, 400, "ENTITYNOTFOUND", None),
        ("tasks.task.add", {}, 400, "VALIDATION_REQUESTVALIDATION", "fields"),
        ("tasks.task.add", {"fields": {}}, 400, "VALIDATION_REQUESTVALIDATION", "title"),
        ("tasks.task.add", {"fields": {**NEW, "no": 1}}, 400, "UNKNOWNDTOPROPERTY", None),
        ("tasks.task.get", {"id": 1, "select": ["creator.no"]}, 400, "UNKNOWNDTOPROPERTY", None),
        ("tasks.task.list", {"filter": {"id": 1}}, 400, "INVALIDFILTER", None),
        ("tasks.task.list", {"filter": [["no", 1]]}, 400, "UNKNOWNDTOPROPERTY", None),
        ("tasks.task.list", {"filter": [["id", "~", 1]]}, 400, "UNKNOWNFILTEROPERATOR", None),
        ("tasks.task.list", {"filter": [["id", ">", "x"]]}, 400, "VALIDATION_REQUEST", "id"),
        ("tasks.task.list", {"order": {"no": "ASC"}}, 400, "INVALIDORDER", None),
        ("tasks.task.list", {"select": "id"}, 400, "INVALIDSELECT", None),
        ("tasks.task.list", {"pagination": {"limit": 1001}}, 400, "INVALIDPAGINATION", None),
        ("tasks.task.list", {"pagination": {"page": 0}}, 400, "INVALIDPAGINATION", None),
        ("tasks.task.nothing", {}, 404, "METHODNOTFOUND", None),
    ],
)
async def test_what_is_wrong_is_said_in_an_object(
    portal: FakePortal, v3: V3, method: str, params: Any, status: int, code: str, field: str | None
) -> None:
    portal.add("task")

    answer = await v3.http.post(method, json=params)

    error = answer.json()["error"]
    assert answer.status_code == status
    assert error["code"].startswith(PREFIX + code)
    assert error["message"]
    assert [part["field"] for part in error.get("validation", [])] == ([field] if field else [])


async def test_what_is_not_simulated_is_logged(v3: V3, caplog: pytest.LogCaptureFixture) -> None:
    await v3.http.post("note.collection.list", json={})

    assert "does not simulate the method 'note.collection.list'" in caplog.text


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/x-www-form-urlencoded", b"id=1"),
        ("application/json", b'{"id": 1,}'),
        ("application/json", b"1"),
        ("application/json", b"[]"),
    ],
)
async def test_the_body_must_be_a_json_object(
    portal: FakePortal, v3: V3, content_type: str, content: bytes
) -> None:
    portal.add("task")

    answer = await v3.http.post(
        "tasks.task.get?id=1", content=content, headers={"Content-Type": content_type}
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == PREFIX + "INVALIDJSONEXCEPTION"


# Who calls.


async def test_a_token_is_taken_from_the_body_or_the_header_and_refused_without_a_reason(
    portal: FakePortal,
) -> None:
    token = portal.issue_tokens().access_token
    root = portal.rest_url + "api/"
    async with httpx.AsyncClient(transport=portal.transport, base_url=root) as http:

        async def status(body: Any, bearer: str | None = None) -> tuple[int, str]:
            headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
            answer = await http.post("tasks.task.list", json=body, headers=headers)
            return answer.status_code, answer.json().get("error", {}).get("code", "")

        good = [await status({"auth": token}), await status({}, token)]
        bad = [await status({}), await status({"auth": "0" * 70})]
        portal.expire_tokens()
        bad.append(await status({"auth": token}))

    denied = PREFIX + "ACCESSDENIEDEXCEPTION"
    assert good == [(200, "")] * 2
    assert bad == [(401, denied)] * 3
    assert all("auth" not in call.params for call in portal.calls())


async def test_a_wrong_webhook_and_a_missing_scope_are_403(portal: FakePortal, v3: V3) -> None:
    narrow = V3(FakePortal(scope="crm"))

    wrong = await v3.http.post(str(v3.http.base_url) + "../wrong/tasks.task.list", json={})
    missing = await narrow.error("tasks.task.list")

    assert wrong.status_code == 403
    assert wrong.json()["error"]["code"] == PREFIX + "ACCESSDENIEDEXCEPTION"
    assert missing == (403, "INSUFFICIENTSCOPE")


# Lists.


@pytest.mark.parametrize(
    ("conditions", "ids"),
    [
        ([["id", 2]], [2]),
        ([["id", [1, 3]]], [1, 3]),
        ([["id", "in", [1, 3]], ["title", "!=", "roof"]], [3]),
        ([["id", ">", 1], ["id", "<=", 3]], [2, 3]),
        ([["id", ">", 1], ["id", ">", 2]], [3, 4]),
        ([["id", "between", [2, 3]]], [2, 3]),
        ([["status", "completed"]], [4]),
        ([["title", "=", "wall"], {"logic": "or", "conditions": [["id", 2], ["id", 4]]}], [2]),
        (
            [
                {
                    "logic": "or",
                    "conditions": [
                        ["id", 1],
                        {"logic": "and", "conditions": [["title", "wall"], ["id", ">", 2]]},
                    ],
                }
            ],
            [1, 3],
        ),
    ],
)
async def test_filters(portal: FakePortal, v3: V3, conditions: Any, ids: list[int]) -> None:
    for title, status in [("roof", 2), ("wall", 2), ("wall", 2), ("door", 5)]:
        portal.add("task", TITLE=title, STATUS=status)

    assert await v3.ids(filter=conditions) == ids


async def test_pages_are_cut_by_limit_page_and_offset(portal: FakePortal, v3: V3) -> None:
    portal.fill("task", 120)

    assert len(await v3.ids()) == 50
    assert len(await v3.ids(pagination={"limit": 1000})) == 120
    assert await v3.ids(pagination={"limit": 2, "page": 3}) == [5, 6]
    assert await v3.ids(pagination={"limit": 2, "offset": 3}, order={"id": "DESC"}) == [117, 116]


async def test_a_tail_goes_on_after_its_cursor(portal: FakePortal, v3: V3) -> None:
    portal.fill("task", 120)
    seen: list[int] = []
    while True:
        cursor = {"field": "id", "order": "ASC", "value": seen[-1] if seen else 0, "limit": 50}
        rows = await v3.ids("tasks.task.tail", cursor=cursor, filter=[["creatorId", 1]])
        if not rows:
            break
        seen += rows

    assert seen == list(range(1, 121))
    backwards = {"field": "id", "order": "DESC", "value": 4}
    assert await v3.ids("tasks.task.tail", cursor=backwards) == [3, 2, 1]
    assert await v3.error(
        "tasks.task.tail", cursor={"field": "id", "value": 0}, filter=[["id", ">", 5]]
    ) == (400, "INVALIDFILTER")


# Batches.


async def test_a_batch_answers_in_order_or_by_alias_and_refers_to_earlier_results(
    portal: FakePortal, v3: V3
) -> None:
    portal.fill("task", 3, TITLE="Roof")
    get: dict[str, Any] = {"method": "tasks.task.get", "query": {"id": 2, "select": ["id"]}}
    all_ids = {"method": "tasks.task.list", "query": {"select": ["id"]}, "as": "all"}
    again = {
        "method": "tasks.task.list",
        "query": {"select": ["id"], "filter": [["id", "in", {"$refArray": "all.items.id"}]]},
        "as": "again",
        "parallel": True,
    }
    first = {
        "method": "tasks.task.get",
        "query": {"id": {"$ref": "all.items.0.id"}, "select": ["id"]},
        "as": "first",
    }

    plain = await v3.result("batch", [get, get])
    named = await v3.result("batch", [all_ids, again, first])

    assert plain == [{"item": {"id": 2}}, {"item": {"id": 2}}]
    assert list(named) == ["all", "again", "first"]
    assert named["again"] == named["all"] == {"items": [{"id": 1}, {"id": 2}, {"id": 3}]}
    assert named["first"] == {"item": {"id": 1}}
    assert [call.batched for call in portal.calls("tasks.task.get")] == [True] * 3


async def test_the_first_error_of_a_batch_is_all_its_answer(portal: FakePortal, v3: V3) -> None:
    add = {"method": "tasks.task.add", "query": {"fields": NEW}}
    missing = {"method": "tasks.task.get", "query": {"id": 99}}

    assert await v3.error("batch", [add, missing, add]) == (400, "ENTITYNOTFOUND")
    assert len(portal.records("task")) == 1
    assert await v3.error("batch", {"cmd": ["tasks.task.list"]}) == (400, "INVALIDSELECT")
    dangling = {"method": "tasks.task.get", "query": {"id": {"$ref": "no.item.id"}}}
    assert await v3.error("batch", [dangling]) == (400, "INVALIDFILTER")


# Keys against repetition.


async def add(v3: V3, key: str, method: str = "tasks.task.add", **params: Any) -> httpx.Response:
    return await v3.http.post(
        method, json=params or {"fields": NEW}, headers={"Idempotency-Key": key}
    )


async def test_a_repeated_key_brings_the_first_answer_for_a_day(
    portal: FakePortal, v3: V3, clock: Clock
) -> None:
    first = await add(v3, "k1")
    clock.now += 24 * 3600 - 1
    replayed = await add(v3, "k1")
    other_key = await add(v3, "k2")
    clock.now += 1
    forgotten = await add(v3, "k1")

    assert first.headers["idempotency-key"] == replayed.headers["idempotency-key"] == "k1"
    assert "idempotent-replayed" not in first.headers
    assert replayed.headers["idempotent-replayed"] == "true"
    assert replayed.json() == first.json()
    ids = [answer.json()["result"]["item"]["id"] for answer in (first, other_key, forgotten)]
    assert ids == [1, 2, 3]


async def test_a_key_is_refused_with_another_body_or_if_it_is_none(v3: V3) -> None:
    await add(v3, "k1")

    reused = await add(v3, "k1", fields={**NEW, "title": "Wall"})
    elsewhere = await add(v3, "k1", "tasks.task.update", id=1, fields={"title": "Wall"})
    bad = await add(v3, "x" * 256)

    assert (reused.status_code, reused.json()["error"]["code"]) == (
        422,
        PREFIX + "IDEMPOTENCYKEYREUSEDEXCEPTION",
    )
    assert elsewhere.status_code == 200
    assert (bad.status_code, bad.json()["error"]["code"]) == (
        400,
        PREFIX + "INVALIDIDEMPOTENCYKEYEXCEPTION",
    )


async def test_only_successes_are_kept_and_a_lost_answer_is_one(portal: FakePortal, v3: V3) -> None:
    portal.fail_next("tasks.task.add", "INTERNAL_SERVER_ERROR")
    failed = await add(v3, "k1")
    portal.fail_request(1, Fault.BUSY_AFTER)
    lost = await add(v3, "k1")
    repeated = await add(v3, "k1")

    assert [failed.status_code, lost.status_code, repeated.status_code] == [500, 503, 200]
    assert repeated.headers["idempotent-replayed"] == "true"
    assert len(portal.records("task")) == 1


async def test_a_key_goes_on_counting_after_the_token_was_renewed(portal: FakePortal) -> None:
    root = portal.rest_url + "api/"
    headers = {"Idempotency-Key": "k1"}
    async with httpx.AsyncClient(transport=portal.transport, base_url=root) as http:
        answers = [
            await http.post(
                "tasks.task.add",
                json={"fields": NEW, "auth": portal.issue_tokens().access_token},
                headers=headers,
            )
            for _ in range(2)
        ]

    assert [a.headers.get("idempotent-replayed") for a in answers] == [None, "true"]


# Limits and failures are those of the classic REST.


async def test_limits_and_failures_count_here_too(clock: Clock) -> None:
    portal = FakePortal(
        clock=clock,
        limits=Limits(burst=4, per_second=1.0),
        operating=Operating(limit=1.0, seconds={"tasks.task.get": 1.0}),
        latency=Latency(command=0.001),
    )
    portal.add("task")
    v3 = V3(portal)

    await v3.result("tasks.task.get", id=1)
    used_up = await v3.error("tasks.task.get", id=1)
    portal.fail_command(2, "INTERNAL_SERVER_ERROR")
    in_batch = await v3("batch", [{"method": "tasks.task.list"}] * 2)
    portal.fail_request(1, Fault.RESET_BEFORE)
    with pytest.raises(httpx.ReadError):
        await v3("tasks.task.list")
    refused = await v3.http.post("tasks.task.list", json={})

    assert used_up == (429, "RATELIMIT")
    assert in_batch[0] == 500
    assert in_batch[1]["error"]["code"] == "INTERNAL_SERVER_ERROR"
    assert (refused.status_code, refused.json()["error"]) == (503, "QUERY_LIMIT_EXCEEDED")
    assert (portal.requests, portal.refusals) == (5, 1)
