"""REST 3.0: calls, batches, lists, and keys that make a repeat harmless."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from bitrix_events.errors import (
    AccessDenied,
    BatchError,
    IncompleteList,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PortalFault,
    RestError,
)
from bitrix_events.rest.access import Authorization
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import UNLIMITED
from bitrix_events.testing import FakePortal, Fault, Reply
from tests.unit.rest.lists import QUICK, portal_with, reading

TASK = {"title": "x", "creatorId": 1, "responsibleId": 1}
LIST, TAIL = "tasks.task.list", "tasks.task.tail"
Params = dict[str, Any]


class Renewing:
    """Opens a portal with tokens, and counts how often it had to renew them."""

    def __init__(self, portal: FakePortal) -> None:
        self._portal = portal
        self._token = portal.issue_tokens().access_token
        self.renewals = 0

    async def authorize(self) -> Authorization:
        return Authorization(self._portal.rest_url, SecretStr(self._token), self._portal.domain)

    async def renew(self, refused: Authorization) -> Authorization:
        self.renewals += 1
        self._token = self._portal.issue_tokens().access_token
        return await self.authorize()

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        return await self.authorize()


@pytest.mark.parametrize("count", [0, 1, 49, 50, 499, 500, 501, 1000, 1230])
@pytest.mark.parametrize("method", [LIST, TAIL])
async def test_a_list_is_complete(method: str, count: int) -> None:
    ids = list(range(3, 3 + 2 * count, 2))
    portal = portal_with("task", ids)
    async with reading(portal) as client:
        listing = client.v3.list(method, select=["id"])
        found = await listing

    assert [row["id"] for row in found] == ids
    assert listing.last_id == (ids[-1] if ids else None)
    assert portal.requests <= count // 500 + 2


@pytest.mark.parametrize("method", [LIST, TAIL])
async def test_rows_that_come_and_go_cost_no_other_row(method: str) -> None:
    portal = portal_with("task", range(1, 1201))
    async with reading(portal) as client:
        pages = client.v3.list(method).pages()
        found = await anext(pages)
        for gone in (10, 500, 501, 900):
            portal.delete("task", gone)
        portal.fill("task", 10)
        found += [row async for page in pages for row in page]

    ids = [row["id"] for row in found]
    assert ids == sorted(set(ids))
    assert set(range(1, 1201)) - {501, 900} <= set(ids)


@pytest.mark.parametrize("limit", [0, 1, 499, 500, 501, 700])
@pytest.mark.parametrize("method", [LIST, TAIL])
async def test_a_limit_is_kept(method: str, limit: int) -> None:
    async with reading(portal_with("task", range(1, 1001))) as client:
        found = await client.v3.list(method, limit=limit)

    assert [row["id"] for row in found] == list(range(1, limit + 1))


async def test_a_filter_and_a_select_of_the_caller_are_kept() -> None:
    portal = portal_with("task", range(1, 601), TITLE="a")
    portal.fill("task", 600, TITLE="b")
    async with reading(portal) as client:
        for method in (LIST, TAIL):
            rows = await client.v3.list(method, filter=[["title", "b"]], select=["title"])
            assert [row["id"] for row in rows] == list(range(601, 1201))
            assert all(row["title"] == "b" for row in rows)


@pytest.mark.parametrize(
    ("order", "downwards"), [({"id": "ASC"}, False), ({"id": "DESC"}, True)], ids=str
)
async def test_an_order_of_the_caller_is_kept(order: dict[str, str], downwards: bool) -> None:
    async with reading(portal_with("task", range(1, 1231))) as client:
        found = await client.v3.list(LIST, order=order)

    assert [row["id"] for row in found] == sorted(range(1, 1231), reverse=downwards)


async def test_an_item_that_moves_between_pages_is_noticed() -> None:
    portal = portal_with("task", range(1, 1001))
    async with reading(portal) as client:
        pages = client.v3.list(LIST, order={"id": "DESC"}).pages()
        await anext(pages)
        portal.add("task")
        with pytest.raises(IncompleteList, match="came twice"):
            await anext(pages)


async def test_a_tail_begins_at_the_cursor_of_the_caller() -> None:
    async with reading(portal_with("task", range(1, 101))) as client:
        rows = await client.v3.list(TAIL, cursor={"field": "id", "value": 60})
        assert [row["id"] for row in rows] == list(range(61, 101))
        with pytest.raises(ValueError, match="ascending id"):
            await client.v3.list(TAIL, cursor={"field": "changed"})


async def test_a_portal_that_gives_smaller_pages_than_asked_for_loses_nothing() -> None:
    def answer(params: Params) -> Params:
        last = next((value for name, _, value in params["filter"] if name == "id"), 0)
        return {"items": [{"id": i} for i in range(last + 1, min(last + 201, 451))]}

    portal = portal_with("task", [])
    portal.answer(LIST, answer)
    async with reading(portal) as client:
        assert len(await client.v3.list(LIST)) == 450
    assert [call.params["pagination"] for call in portal.calls(LIST)] == [{"limit": 500}] * 4


@pytest.mark.parametrize("size", [7, 30, 110, 499])
@pytest.mark.parametrize("order", [None, {"title": "ASC"}])
async def test_pages_of_any_size_are_followed_to_the_end(
    size: int, order: dict[str, str] | None
) -> None:
    rows: list[dict[str, Any]] = [{"id": i, "title": str(i)} for i in range(1, 451)]

    def answer(params: Params) -> Params:
        after = next((v for name, _, v in params.get("filter", []) if name == "id"), 0)
        first = params["pagination"].get("offset", 0)
        return {"items": [row for row in rows if row["id"] > after][first : first + size]}

    portal = portal_with("task", [])
    portal.answer(LIST, answer)
    async with reading(portal) as client:
        params = {} if order is None else {"order": order}
        assert [row["id"] for row in await client.v3.list(LIST, params)] == list(range(1, 451))


async def test_a_documented_list_without_filter_and_order_is_read_by_position() -> None:
    def answer(params: Params) -> Params:
        first, limit = params["pagination"]["offset"], params["pagination"]["limit"]
        return {"items": [{"id": i} for i in range(first, min(first + limit, 430))]}

    portal = portal_with("task", [])
    portal.answer("mail.message.list", answer)
    async with reading(portal) as client:
        assert len(await client.v3.list("mail.message.list")) == 430
    asked = [call.params for call in portal.calls()]
    assert [params["pagination"]["limit"] for params in asked] == [200, 200, 200]
    assert all(set(params) == {"pagination"} for params in asked)


@pytest.mark.parametrize("fault", [f for f in Fault if "busy" not in f.value])
@pytest.mark.parametrize("method", [LIST, TAIL])
async def test_any_page_may_fail_once(method: str, fault: Fault) -> None:
    for nth in (1, 2, 3):
        portal = portal_with("task", range(1, 1101))
        portal.fail_request(nth, fault)
        async with reading(portal) as client:
            found = await client.v3.list(method, select=["id"])
        assert [row["id"] for row in found] == list(range(1, 1101))


@pytest.mark.parametrize(
    ("method", "params", "kind"),
    [
        ("tasks.task.get", {"id": 7}, NotFound),
        ("tasks.task.get", {}, InvalidRequest),
        (LIST, {"filter": [["nothing", 1]]}, InvalidRequest),
        ("no.such.method", {}, RestError),
    ],
)
async def test_errors_are_of_the_kinds_of_classic_calls(
    method: str, params: dict[str, Any], kind: type[RestError]
) -> None:
    async with reading(portal_with("task", [])) as client:
        with pytest.raises(kind):
            await client.v3.call(method, params)


async def test_an_invalid_field_is_named() -> None:
    async with reading(portal_with("task", [])) as client:
        with pytest.raises(InvalidRequest) as caught:
            await client.v3.call("tasks.task.add", fields={"title": ""})

    assert caught.value.validation[0]["field"] == "title"


# Writing.


async def test_what_may_have_been_written_is_not_repeated() -> None:
    portal = portal_with("task", [])
    portal.fail_request(1, Fault.RESET_AFTER)
    async with reading(portal) as client:
        with pytest.raises(OutcomeUnknown):
            await client.v3.call("tasks.task.add", fields=TASK)

    assert len(portal.records("task")) == 1


@pytest.mark.parametrize(
    "fault", [Fault.RESET_AFTER, Fault.CUT, Fault.ERROR_AFTER, Fault.UNREACHED]
)
async def test_with_a_key_it_is_repeated_and_written_once(fault: Fault) -> None:
    portal = portal_with("task", [])
    portal.fail_request(1, fault)
    async with reading(portal) as client:
        response = await client.v3.call("tasks.task.add", fields=TASK, idempotency_key="k1")

    assert len(portal.records("task")) == 1
    assert response.result["item"]["id"] == 1
    assert response.replayed == fault.executed


async def test_a_key_with_other_content_is_refused() -> None:
    portal = portal_with("task", [])
    async with reading(portal) as client:
        await client.v3.call("tasks.task.add", fields=TASK, idempotency_key="k1")
        with pytest.raises(InvalidRequest, match="IDEMPOTENCYKEYREUSED") as caught:
            await client.v3.call(
                "tasks.task.add", fields={**TASK, "title": "y"}, idempotency_key="k1"
            )

    assert caught.value.status == 422
    assert len(portal.records("task")) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\nb"])
async def test_a_key_that_is_none_is_refused_before_anything_is_sent(key: str) -> None:
    portal = portal_with("task", [])
    async with reading(portal) as client:
        with pytest.raises(ValueError, match="idempotency key"):
            await client.v3.call("tasks.task.add", fields=TASK, idempotency_key=key)
    assert portal.requests == 0


# Batches, and tokens.


async def test_a_batch_refers_to_earlier_results_and_keeps_its_shape() -> None:
    portal = portal_with("task", range(1, 4), TITLE="t")
    async with reading(portal) as client:
        named = await client.v3.batch(
            {
                "all": (LIST, {"select": ["id"]}),
                "one": ("tasks.task.get", {"id": {"$ref": "all.items.1.id"}}),
            }
        )
        listed = await client.v3.batch([("tasks.task.get", {"id": i % 3 + 1}) for i in range(120)])

    assert named["one"]["item"]["id"] == 2
    assert [result["item"]["id"] for result in listed] == [i % 3 + 1 for i in range(120)]


async def test_the_first_error_of_a_batch_is_that_of_the_whole() -> None:
    async with reading(portal_with("task", [1])) as client:
        with pytest.raises(BatchError) as caught:
            await client.v3.batch([("tasks.task.get", {"id": 1}), ("tasks.task.get", {"id": 2})])
    assert [type(error) for error in caught.value.errors.values()] == [NotFound, NotFound]


async def test_a_batch_that_writes_is_not_repeated_after_a_lost_answer() -> None:
    portal = portal_with("task", [1])
    portal.fail_request(1, Fault.CUT)
    async with reading(portal) as client:
        with pytest.raises(BatchError) as caught:
            await client.v3.batch([("tasks.task.add", {"fields": TASK})])
    assert isinstance(caught.value.errors[0], OutcomeUnknown)
    assert len(portal.records("task")) == 2


async def test_an_expired_token_is_renewed_once_for_calls_batches_and_lists() -> None:
    portal = portal_with("task", range(1, 601))
    access = Renewing(portal)
    async with Client(access, portal.transport, options=QUICK, limits=UNLIMITED) as client:
        work: list[Callable[[], Awaitable[Any]]] = [
            lambda: client.v3.call("tasks.task.get", id=1),
            lambda: client.v3.batch([("tasks.task.get", {"id": 1})]),
            lambda: client.v3.list(LIST).all(),
            lambda: client.v3.list(TAIL).all(),
        ]
        for renewals, make in enumerate(work, start=1):
            portal.expire_tokens()
            assert await make()
            assert access.renewals == renewals


async def test_a_token_that_stays_refused_is_renewed_only_once() -> None:
    portal = portal_with("task", [1])
    access = Renewing(portal)
    error = {"code": "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", "message": "no"}
    portal.fail_request(1, Reply(401, {"error": error}), times=9)

    async with Client(access, portal.transport, options=QUICK, limits=UNLIMITED) as client:
        with pytest.raises(AccessDenied):
            await client.v3.call("tasks.task.get", id=1)
    assert access.renewals == 1
    assert portal.requests == 2


async def test_a_batch_that_tells_nothing_of_a_command_is_a_fault() -> None:
    portal = portal_with("task", [])
    portal.answer("batch", [1])
    async with reading(portal) as client:
        with pytest.raises(BatchError) as caught:
            await client.v3.batch([("tasks.task.get", {"id": 1}), ("tasks.task.get", {"id": 2})])
    assert [type(error) for error in caught.value.errors.values()] == [PortalFault] * 2
