"""Calls, batches and records through the client, against a portal that keeps to the protocol."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bitrix_events.errors import (
    AccessDenied,
    BatchError,
    NotFound,
    OutcomeUnknown,
    PortalMoved,
    PortalUnreachable,
    RateLimited,
    RestError,
    TokenExpired,
)
from bitrix_events.events import Contact, Deal
from bitrix_events.rest.access import Access
from bitrix_events.rest.batch import Command
from bitrix_events.rest.client import AnyCommand, Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import UNLIMITED
from bitrix_events.rest.responses import Response
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal, Fault, Reply
from tests.access import FixedAccess, TokenAccess
from tests.wires import Wire

DOMAIN = "acme.bitrix24.test"
QUICK = Options(attempts=3, delay=0.001)
pytestmark = pytest.mark.usefixtures("short_pauses")


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(domain=DOMAIN)


@pytest.fixture
def access(portal: FakePortal) -> TokenAccess:
    return TokenAccess(portal)


@pytest.fixture
async def make_client() -> AsyncIterator[Callable[[Access, httpx.AsyncBaseTransport], Client]]:
    transports: list[Transport] = []

    def make(access: Access, wire: httpx.AsyncBaseTransport) -> Client:
        transports.append(Transport(wire))
        return Client(access, transports[-1], options=QUICK, limits=UNLIMITED)

    yield make
    for transport in transports:
        await transport.close()


MakeClient = Callable[[Access, httpx.AsyncBaseTransport], Client]


@pytest.fixture
def client(make_client: MakeClient, access: TokenAccess, portal: FakePortal) -> Client:
    return make_client(access, portal.transport)


@pytest.fixture
def webhook_client(make_client: MakeClient, portal: FakePortal) -> Client:
    return make_client(FixedAccess(portal), portal.transport)


# Calls.


async def test_a_call_returns_the_result(portal: FakePortal, client: Client) -> None:
    deal_id = portal.add("deal", TITLE="Ёлка")

    response = await client.call("crm.deal.get", {"id": deal_id})

    assert response.result["TITLE"] == "Ёлка"


async def test_keywords_are_added_to_the_parameters(portal: FakePortal, client: Client) -> None:
    await client.call("crm.deal.list", {"filter": {"ID": 1}, "start": 0}, start=-1, select=["ID"])

    (call,) = portal.calls("crm.deal.list")
    assert call.params == {"filter": {"ID": 1}, "start": -1, "select": ["ID"]}


async def test_a_parameter_may_be_called_method_or_params(
    portal: FakePortal, client: Client
) -> None:
    await client.call("profile", method="x", params="y")

    (call,) = portal.calls("profile")
    assert call.params == {"method": "x", "params": "y"}


async def test_the_parameters_of_the_caller_stay_without_a_token(
    portal: FakePortal, client: Client
) -> None:
    params = {"id": portal.add("deal")}

    await client.call("crm.deal.get", params)

    assert set(params) == {"id"}


async def test_the_client_knows_its_portal_after_the_first_call(client: Client) -> None:
    before = client.domain
    await client.call("profile")

    assert (before, client.domain) == ("", DOMAIN)


@pytest.mark.parametrize(
    "method",
    ["", "crm deal", "crm/deal", "../x", "crm.deal.get?id=1", "a#b", "ü", "x\n", "a" * 101],
)
async def test_a_name_that_is_no_method_is_refused_before_anything_is_sent(
    portal: FakePortal, client: Client, method: str
) -> None:
    with pytest.raises(ValueError, match="is not the name of a REST method"):
        await client.call(method)

    assert portal.calls() == []


async def test_times_and_decimals_are_sent_as_text(portal: FakePortal, client: Client) -> None:
    await client.call(
        "profile",
        at=datetime(2026, 9, 21, 13, 33, 20, tzinfo=UTC),
        day=date(2026, 9, 21),
        price=Decimal("10.50"),
    )

    (call,) = portal.calls("profile")
    assert call.params == {
        "at": "2026-09-21T13:33:20+00:00",
        "day": "2026-09-21",
        "price": "10.50",
    }


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
async def test_a_number_that_is_no_json_is_refused(
    portal: FakePortal, client: Client, value: float
) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        await client.call("profile", value=value)

    assert portal.calls() == []


async def test_an_unknown_method_is_an_error_with_all_its_parts(client: Client) -> None:
    with pytest.raises(RestError) as caught:
        await client.call("crm.nonsense.get")

    error = caught.value
    assert (error.method, error.code, error.portal, error.status) == (
        "crm.nonsense.get",
        "ERROR_METHOD_NOT_FOUND",
        DOMAIN,
        404,
    )


async def test_a_call_that_was_refused_for_now_is_made_again(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_next("crm.deal.add", "QUERY_LIMIT_EXCEEDED")

    await client.call("crm.deal.add", fields={"TITLE": "once"})

    assert len(portal.calls("crm.deal.add")) == 2
    assert len(portal.records("deal")) == 1


async def test_one_call_may_be_less_patient_than_the_others(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_next("profile", "QUERY_LIMIT_EXCEEDED")

    with pytest.raises(RateLimited) as caught:
        await client.with_options(patience=0).call("profile")

    assert caught.value.retry_after > 0
    assert len(portal.calls("profile")) == 1


# Tokens.


async def test_an_expired_token_is_renewed_once_and_the_call_repeated_once(
    portal: FakePortal, client: Client, access: TokenAccess
) -> None:
    old = access.token
    portal.expire_tokens()

    await client.call("crm.deal.add", fields={"TITLE": "one"})

    assert [r.token.get_secret_value() for r in access.refused if r.token] == [old]
    assert len(portal.calls("crm.deal.add")) == 2
    assert len(portal.records("deal")) == 1


async def test_a_second_refusal_is_the_end(
    portal: FakePortal, client: Client, access: TokenAccess
) -> None:
    portal.fail_next("profile", "expired_token", times=3)

    with pytest.raises(TokenExpired):
        await client.call("profile")

    assert len(portal.calls("profile")) == 2
    assert len(access.refused) == 1


async def test_a_webhook_that_is_told_its_token_expired_renews_nothing(
    portal: FakePortal, webhook_client: Client
) -> None:
    portal.fail_next("profile", "expired_token")

    with pytest.raises(TokenExpired):
        await webhook_client.call("profile")

    assert len(portal.calls("profile")) == 1


async def test_a_webhook_sends_no_token(portal: FakePortal, make_client: MakeClient) -> None:
    wire = Wire(portal)
    client = make_client(FixedAccess(portal), wire)

    await client.call("profile")

    assert json.loads(wire.requests[0].content) == {}


async def test_a_token_is_sent_in_the_body_and_not_in_the_address(
    portal: FakePortal, make_client: MakeClient, access: TokenAccess
) -> None:
    wire = Wire(portal)
    client = make_client(access, wire)

    await client.call("profile")

    (request,) = wire.requests
    assert str(request.url) == f"https://{DOMAIN}/rest/profile"
    assert json.loads(request.content) == {"auth": access.token}


# Redirects.


async def test_a_call_is_repeated_at_the_new_address(
    portal: FakePortal, client: Client, access: TokenAccess
) -> None:
    deal_id = portal.add("deal", TITLE="moved")
    portal.move("new.bitrix24.test")

    response = await client.call("crm.deal.get", id=deal_id)

    assert response.result["TITLE"] == "moved"
    assert access.redirects == ["https://new.bitrix24.test/"]
    assert client.domain == "new.bitrix24.test"


async def test_a_token_that_expired_during_the_move_is_renewed(
    portal: FakePortal, client: Client, access: TokenAccess
) -> None:
    portal.expire_tokens()
    portal.move("new.bitrix24.test")

    await client.call("profile")

    assert (len(access.redirects), len(access.refused)) == (1, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_loop_ends(
    portal: FakePortal, make_client: MakeClient, access: TokenAccess, status: int
) -> None:
    wire = Wire(portal)
    redirect = Reply(status, headers={"Location": "https://other.test/rest/profile"})
    portal.fail_request(1, redirect, times=9)
    client = make_client(access, wire)

    with pytest.raises(PortalMoved) as caught:
        await client.call("profile")

    assert len(wire.requests) == 2
    assert {request.url.host for request in wire.requests} == {DOMAIN}
    assert (caught.value.portal, caught.value.status) == (DOMAIN, status)


# Answers that are none.


@pytest.mark.parametrize(
    ("fault", "kind", "tries"),
    [
        (Fault.UNREACHED, PortalUnreachable, 3),
        (Fault.STALLED, OutcomeUnknown, 1),
        (Fault.CUT, OutcomeUnknown, 1),
    ],
)
async def test_a_change_is_repeated_only_if_it_surely_was_not_made(
    portal: FakePortal,
    make_client: MakeClient,
    access: TokenAccess,
    fault: Fault,
    kind: type[RestError],
    tries: int,
) -> None:
    wire = Wire(portal)
    portal.fail_request(1, fault, times=9)
    client = make_client(access, wire)

    with pytest.raises(kind) as caught:
        await client.call("crm.deal.add")

    assert len(wire.requests) == tries
    assert caught.value.maybe_executed is (kind is OutcomeUnknown)
    assert (caught.value.method, caught.value.portal) == ("crm.deal.add", DOMAIN)


async def test_what_reads_is_asked_again_and_again(portal: FakePortal, client: Client) -> None:
    portal.fail_request(1, Fault.CUT, times=9)

    with pytest.raises(PortalUnreachable):
        await client.call("crm.deal.get", id=7)

    assert portal.requests == 3


# Batches.


def gets(ids: list[int]) -> dict[str, Command]:
    return {f"deal {n}": ("crm.deal.get", {"id": n}) for n in ids}


async def test_an_empty_batch_sends_nothing(portal: FakePortal, client: Client) -> None:
    responses: dict[str, Response] = await client.batch({})

    assert responses == {}
    assert portal.calls() == []


@pytest.mark.parametrize(("count", "requests"), [(1, 1), (50, 1), (51, 2), (120, 3)])
async def test_a_batch_is_cut_into_fifties(
    portal: FakePortal, client: Client, count: int, requests: int
) -> None:
    ids = [portal.add("deal", TITLE=f"Deal {n}") for n in range(count)]

    responses = await client.batch(gets(ids))

    assert [r.result["ID"] for r in responses.values()] == [str(n) for n in ids]
    assert list(responses) == [f"deal {n}" for n in ids]
    assert len(portal.calls("batch")) == requests


async def test_commands_of_a_halting_batch_run_in_their_order(
    portal: FakePortal, client: Client
) -> None:
    await client.batch(
        {
            "z": ("crm.deal.add", {"fields": {"TITLE": "first"}}),
            "reference": ("crm.deal.add", {"fields": {"TITLE": "$result[z]"}}),
            "a": ("crm.deal.add", {"fields": {"TITLE": "third"}}),
        },
        halt=True,
    )

    assert [deal["TITLE"] for deal in portal.records("deal")] == ["first", "$result[z]", "third"]


async def test_errors_of_a_batch_come_with_the_good_results(
    portal: FakePortal, client: Client
) -> None:
    deal_id = portal.add("deal", TITLE="here")

    with pytest.raises(BatchError) as caught:
        await client.batch(gets([deal_id, 404, 405]))

    error = caught.value
    assert {name: r.result["TITLE"] for name, r in error.results.items()} == {"deal 1": "here"}
    assert list(error.errors) == ["deal 404", "deal 405"]
    assert all(isinstance(e, NotFound) and e.portal == DOMAIN for e in error.errors.values())
    assert error.portal == DOMAIN
    assert "2 of 3 commands failed" in str(error)


async def test_an_error_in_the_first_fifty_does_not_stop_the_rest(
    portal: FakePortal, client: Client
) -> None:
    ids = [404, *(portal.add("deal") for _ in range(60))]

    with pytest.raises(BatchError) as caught:
        await client.batch(gets(ids))

    assert (len(caught.value.results), len(caught.value.errors)) == (60, 1)


async def test_text_that_looks_like_a_reference_is_stored_as_it_is(
    portal: FakePortal, client: Client
) -> None:
    text = "pay $result[c0][ID] now"

    await client.batch(
        {
            "first": ("crm.deal.add", {"fields": {"TITLE": "secret"}}),
            "second": ("crm.deal.add", {"fields": {"TITLE": text}}),
        }
    )

    assert [deal["TITLE"] for deal in portal.records("deal")] == ["secret", text]
    assert [call.batched for call in portal.calls("crm.deal.add")] == [True, False]


async def test_a_command_sent_by_itself_may_fail_like_any_other(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_next("crm.deal.add", "ACCESS_DENIED")

    with pytest.raises(BatchError) as caught:
        await client.batch(
            {
                "alone": ("crm.deal.add", {"fields": {"TITLE": "$result[x]"}}),
                "other": ("profile", {}),
            }
        )

    assert isinstance(caught.value.errors["alone"], AccessDenied)
    assert list(caught.value.results) == ["other"]


async def test_none_clears_a_field_in_a_batch(portal: FakePortal, client: Client) -> None:
    deal_id = portal.add("deal", COMMENTS="old")

    await client.batch(
        {"clear": ("crm.deal.update", {"id": deal_id, "fields": {"COMMENTS": None}})}
    )

    (call,) = portal.calls("crm.deal.update")
    assert (call.params["fields"], call.batched) == ({"COMMENTS": ""}, True)


async def test_an_empty_list_arrives_as_an_empty_list(portal: FakePortal, client: Client) -> None:
    deal_id = portal.add("deal")

    await client.batch(
        {"clear": ("crm.deal.update", {"id": deal_id, "fields": {"UF_CRM_LIST": []}})}
    )

    (call,) = portal.calls("crm.deal.update")
    assert (call.params["fields"], call.batched) == ({"UF_CRM_LIST": []}, False)


@pytest.mark.parametrize(
    "value",
    [datetime(2026, 9, 21, 13, 33, 20, tzinfo=UTC), date(2026, 9, 21), Decimal("10.50"), "a&b=#+%"],
)
async def test_a_value_arrives_in_a_batch_as_in_a_single_call(
    portal: FakePortal, client: Client, value: Any
) -> None:
    await client.call("profile", value=value)
    await client.batch({"again": ("profile", {"value": value})})

    single, batched = portal.calls("profile")
    assert batched.params == single.params


@pytest.mark.parametrize("value", [float("nan"), object(), b"bytes", {1, 2}])
async def test_a_value_that_no_call_takes_is_refused_in_a_batch_too(
    portal: FakePortal, client: Client, value: Any
) -> None:
    with pytest.raises((ValueError, TypeError)):
        await client.batch({"odd": ("profile", {"value": value})})

    assert portal.calls() == []


@pytest.mark.parametrize("method", ["", "crm deal", "crm.deal.get?id=1&x", "a#b", "batch?cmd[0]=x"])
async def test_a_name_that_is_no_method_is_refused_in_a_batch_too(
    portal: FakePortal, client: Client, method: str
) -> None:
    with pytest.raises(ValueError, match="is not the name of a REST method"):
        await client.batch({"odd": (method, {})})

    assert portal.calls() == []


async def test_a_batch_with_an_expired_token_is_repeated_as_a_whole(
    portal: FakePortal, client: Client
) -> None:
    portal.expire_tokens()

    await client.batch({"add": ("crm.deal.add", {"fields": {"TITLE": "once"}})})

    assert len(portal.records("deal")) == 1


async def test_a_refused_batch_is_the_error_of_each_command(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_next("batch", "ACCESS_DENIED")

    with pytest.raises(BatchError) as caught:
        await client.batch({"me": ("profile", {}), "deal": ("crm.deal.get", {"id": 7})})

    errors = caught.value.errors
    assert {name: type(error) for name, error in errors.items()} == {
        "me": AccessDenied,
        "deal": AccessDenied,
    }
    assert [error.method for error in errors.values()] == ["profile", "crm.deal.get"]


@pytest.mark.parametrize("commands", [7, "profile", b"profile", {"a": 7}, ["profile", ("a", 1)]])
async def test_what_is_no_batch_is_refused_before_anything_is_sent(
    portal: FakePortal, client: Client, commands: Any
) -> None:
    with pytest.raises(TypeError):
        await client.batch(commands)

    assert portal.calls() == []


async def test_a_batch_takes_calls_names_and_pairs_and_keeps_its_shape(
    portal: FakePortal, client: Client
) -> None:
    portal.add("deal", TITLE="Big")
    commands: list[AnyCommand] = [
        client.call("crm.deal.get", id=1),
        "profile",
        ("profile",),
        ("profile", {"a": 1}),
    ]

    responses = await client.batch(commands)

    assert responses[0].result["TITLE"] == "Big"
    assert [response.result["ID"] for response in responses[1:]] == ["1", "1", "1"]
    assert await client.batch([]) == []
    assert await client.outcomes({}) == {}


# One method for many items.


async def test_one_method_is_applied_to_many_items(portal: FakePortal, client: Client) -> None:
    ids = portal.fill("deal", 120, TITLE="old")
    seen: list[tuple[int, int | None]] = []

    responses = await client.apply(
        "crm.deal.update",
        ({"id": n, "fields": {"TITLE": f"new {n}"}} for n in ids),
        progress=lambda done, total: seen.append((done, total)),
    )

    assert len(responses) == 120
    assert [deal["TITLE"] for deal in portal.records("deal")] == [f"new {n}" for n in ids]
    assert portal.requests == 3
    assert seen[-1] == (120, 120)


async def test_items_that_failed_are_named_by_their_position(
    portal: FakePortal, client: Client
) -> None:
    ids = [*portal.fill("deal", 60), 404]

    with pytest.raises(BatchError) as caught:
        await client.apply("crm.deal.update", [{"id": n, "fields": {}} for n in reversed(ids)])

    assert list(caught.value.errors) == [0]
    assert list(caught.value.results) == list(range(1, 61))


# Records.


async def test_a_record_is_read_into_its_model(portal: FakePortal, client: Client) -> None:
    deal_id = portal.add("deal", TITLE="Big", OPPORTUNITY="1500.50", STAGE_ID="WON", UF_CRM_X="u")

    deal = await client.get(Deal, deal_id)

    assert (deal.id, deal.title, deal.opportunity) == (deal_id, "Big", 1500.5)
    assert (deal.stage_id, deal.closed, deal["UF_CRM_X"]) == ("WON", True, "u")


async def test_a_missing_record_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound) as caught:
        await client.get(Deal, 404)

    assert (caught.value.method, caught.value.portal) == ("crm.item.get", DOMAIN)


async def test_an_empty_answer_tells_of_no_record(portal: FakePortal, client: Client) -> None:
    portal.answer("crm.item.get", [])

    with pytest.raises(NotFound) as caught:
        await client.get(Deal, 7)

    assert caught.value.portal == DOMAIN


@pytest.mark.parametrize("result", [None, True, "text", {"items": []}, 7])
async def test_an_answer_without_a_record_is_an_error(
    portal: FakePortal, client: Client, result: Any
) -> None:
    portal.answer("crm.item.get", result)

    with pytest.raises(RestError) as caught:
        await client.get(Deal, 7)

    assert (caught.value.code, caught.value.portal) == ("BAD_RESULT", DOMAIN)


@pytest.mark.parametrize(
    "item", [{"id": "x", "title": "private text"}, {"title": "private text"}, None, "private text"]
)
async def test_a_record_that_does_not_fit_is_an_error_without_its_values(
    portal: FakePortal, client: Client, item: Any
) -> None:
    portal.answer("crm.item.get", {"item": item})

    with pytest.raises(RestError) as caught:
        await client.get(Contact, 7)

    assert caught.value.code == "BAD_RESULT"
    assert "Contact 7" in str(caught.value)
    assert "private text" not in str(caught.value)
