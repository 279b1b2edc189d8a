"""Rows CALL of the feature table: calls and batches, as users of either seed look for them."""

from __future__ import annotations

import asyncio
import base64
import inspect
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from bitrix_events import (
    BatchError,
    Client,
    File,
    InvalidRequest,
    NotExecuted,
    NotFound,
    Options,
    PortalUnreachable,
    Ref,
    Response,
    RestError,
    SyncClient,
    Timeouts,
)
from bitrix_events.testing import FakePortal, Fault, Latency, Operating
from bitrix_events.testing.serving import serve_on_socket
from tests.wires import Wire, always, body_of


def gets(ids: Sequence[int]) -> list[tuple[str, dict[str, Any]]]:
    return [("crm.deal.get", {"id": deal_id}) for deal_id in ids]


def titles(responses: Sequence[Response]) -> list[str]:
    return [response.result["TITLE"] for response in responses]


def add_deals(portal: FakePortal, count: int) -> list[int]:
    return [portal.add("deal", TITLE=f"Deal {n}") for n in range(count)]


# Calls.


async def test_call_1_a_call_returns_the_whole_payload(portal: FakePortal, client: Client) -> None:
    portal.fill("deal", 120, TITLE="Roof")

    payload = await client.call("crm.deal.list", {"select": ["TITLE"]}, start=50)

    assert [row["TITLE"] for row in payload.result] == ["Roof"] * 50
    assert (payload.total, payload.next) == (120, 100)
    assert payload.time.finish >= payload.time.start > 0


async def test_call_1_a_call_is_a_post_of_json_and_its_address_holds_no_data() -> None:
    wire = Wire()
    wire.portal.fill("deal", ids=[7])

    async with Client(wire.webhook, wire) as client:
        await client.call("crm.deal.update", {"id": 7}, fields={"TITLE": "Ёлка & Co"})

    (request,) = wire.requests
    assert request.method == "POST"
    assert request.url.path.endswith("/crm.deal.update")
    assert request.url.query == b""
    assert body_of(request) == {"id": 7, "fields": {"TITLE": "Ёлка & Co"}}


async def test_call_1_a_method_that_nobody_documents_can_be_called(
    portal: FakePortal, client: Client
) -> None:
    portal.answer("partner.odd.do", lambda params: {"odd": params["x"]})

    assert (await client.call("partner.odd.do", x=1)).result == {"odd": 1}


def test_call_2_a_request_is_made_when_its_result_is_asked_for_and_then_remembered(
    portal: FakePortal, sync: SyncClient
) -> None:
    deal_id = portal.add("deal", TITLE="Roof")

    request = sync.request("crm.deal.get", id=deal_id)
    before = portal.requests
    results = [request.result["TITLE"], request.response.result["TITLE"]]

    assert before == 0
    assert results == ["Roof", "Roof"]
    assert request.time is request.response.time
    assert portal.requests == 1


def test_call_2_a_request_can_be_made_again(portal: FakePortal, sync: SyncClient) -> None:
    deal_id = portal.add("deal", TITLE="Roof")
    request = sync.request("crm.deal.get", id=deal_id)
    first = request.result["TITLE"]

    portal.change("deal", deal_id, TITLE="Wall")

    assert (first, request.result["TITLE"]) == ("Roof", "Roof")
    assert request.call().result["TITLE"] == request.result["TITLE"] == "Wall"


async def test_call_2_an_async_call_is_made_when_it_is_awaited_not_before(
    portal: FakePortal, client: Client
) -> None:
    request = client.call("profile")
    await asyncio.sleep(0.01)
    before = portal.requests

    await request

    assert (before, portal.requests) == (0, 1)


async def test_call_2_a_request_that_is_forgotten_is_told_of(client: Client) -> None:
    with pytest.warns(RuntimeWarning, match="was never awaited"):
        client.call("profile")


async def test_call_3_a_response_has_result_total_next_and_times_as_numbers() -> None:
    portal = FakePortal(
        domain="call3.bitrix24.test", operating=Operating(seconds={"crm.deal.list": 1.5})
    )
    portal.fill("deal", 70)

    async with Client(portal.webhook_url, portal.transport) as client:
        response = await client.call("crm.deal.list")

    assert (len(response.result), response.total, response.next) == (50, 70, 50)
    time = response.time
    assert time.operating == 1.5
    assert time.operating_reset_at is not None
    assert time.operating_reset_at > time.finish
    assert time.duration == pytest.approx(time.finish - time.start, abs=1e-6)


async def test_call_3_commands_of_a_batch_have_their_own_totals_and_times(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 70)

    listed, me = await client.batch([client.call("crm.deal.list"), client.call("profile")])

    assert (listed.total, listed.next, me.total, me.next) == (70, 50, None, None)
    assert listed.time.finish > 0


# Batches.


def test_call_4_one_batch_of_up_to_fifty(portal: FakePortal, sync: SyncClient) -> None:
    ids = add_deals(portal, 50)

    responses = sync.call_batch([sync.request("crm.deal.get", id=deal_id) for deal_id in ids])

    assert titles(responses) == [f"Deal {n}" for n in range(50)]
    assert portal.requests == 1


def test_call_4_one_batch_refuses_the_fifty_first_command_before_anything_is_sent(
    portal: FakePortal, sync: SyncClient
) -> None:
    with pytest.raises(ValueError, match="51 commands"):
        sync.call_batch(gets(range(51)))

    assert portal.requests == 0


async def test_call_5_a_batch_of_any_length_is_sent_in_fifties(
    portal: FakePortal, client: Client
) -> None:
    ids = add_deals(portal, 120)

    responses = await client.batch(gets(ids))

    assert titles(responses) == [f"Deal {n}" for n in range(120)]
    assert portal.requests == 3


def test_call_5_call_batches_takes_any_length(portal: FakePortal, sync: SyncClient) -> None:
    ids = add_deals(portal, 51)

    assert len(sync.call_batches(gets(ids))) == 51
    assert portal.requests == 2


@pytest.mark.parametrize("count", [0, 3, 50, 51, 120])
async def test_call_6_the_result_has_the_shape_of_the_commands(
    portal: FakePortal, client: Client, count: int
) -> None:
    ids = add_deals(portal, count)

    in_order = await client.batch(gets(ids))
    named = await client.batch({f"deal {i}": ("crm.deal.get", {"id": i}) for i in ids})

    assert isinstance(in_order, list)
    assert titles(in_order) == [f"Deal {n}" for n in range(count)]
    assert list(named) == [f"deal {i}" for i in ids]
    assert titles(list(named.values())) == titles(in_order)


async def test_call_7_a_command_refers_to_the_result_of_an_earlier_one(
    portal: FakePortal, client: Client
) -> None:
    company = portal.add("company", TITLE="Acme")
    deal = portal.add("deal", TITLE="Roof", COMPANY_ID=company)

    found = await client.batch(
        {
            "deal": client.call("crm.deal.get", id=deal),
            "company": client.call("crm.company.get", id=Ref("deal")["COMPANY_ID"]),
        }
    )

    assert found["company"].result["TITLE"] == "Acme"
    assert portal.requests == 1


async def test_call_7_a_reference_reaches_over_the_border_of_a_request(
    portal: FakePortal, client: Client
) -> None:
    company = portal.add("company", TITLE="Acme")
    deal = portal.add("deal", COMPANY_ID=company)
    commands = gets([deal] * 55)

    *_, last = await client.batch([*commands, ("crm.company.get", {"id": Ref(3)["COMPANY_ID"]})])

    assert last.result["TITLE"] == "Acme"
    assert portal.requests == 2


async def test_call_7_a_reference_that_leads_nowhere_is_an_error_and_not_another_record(
    portal: FakePortal, client: Client
) -> None:
    portal.add("company", TITLE="Acme")
    deal = portal.add("deal", TITLE="Roof")

    outcomes = await client.outcomes(
        [
            *gets([deal]),
            ("profile", {"x": Ref(0)["NO_SUCH_FIELD"]}),
            ("crm.company.get", {"id": Ref(0)["NO_SUCH_FIELD"]}),
        ]
    )

    assert isinstance(outcomes[0], Response)
    assert isinstance(outcomes[1], InvalidRequest)
    assert isinstance(outcomes[2], RestError)


@pytest.mark.parametrize("failing", [1, 60])
async def test_call_8_halt_stops_at_the_first_failure_in_whatever_request(
    portal: FakePortal, client: Client, failing: int
) -> None:
    portal.fail_command(failing + 1, "ACCESS_DENIED")
    commands = [("crm.deal.add", {"fields": {"TITLE": f"{n}"}}) for n in range(120)]

    with pytest.raises(BatchError) as caught:
        await client.batch(commands, halt=True)

    assert [record["TITLE"] for record in portal.records("deal")] == [
        str(n) for n in range(failing)
    ]
    assert list(caught.value.results) == list(range(failing))
    assert caught.value.errors[failing].code == "ACCESS_DENIED"
    later = [caught.value.errors[n] for n in range(failing + 1, 120)]
    assert {type(error) for error in later} == {NotExecuted}


async def test_call_8_without_halt_the_commands_after_a_failure_are_run(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_command(2, "ACCESS_DENIED")

    outcomes = await client.outcomes(
        [("crm.deal.add", {"fields": {"TITLE": f"{n}"}}) for n in range(4)]
    )

    assert [isinstance(outcome, Response) for outcome in outcomes] == [True, False, True, True]
    assert len(portal.records("deal")) == 3


@pytest.mark.parametrize("bad", [0, 7, 49, 50, 59])
async def test_call_9_a_failed_command_takes_no_good_result_with_it(
    portal: FakePortal, client: Client, bad: int
) -> None:
    ids = add_deals(portal, 60)
    ids[bad] = 9999

    with pytest.raises(BatchError) as caught:
        await client.batch(gets(ids))

    assert sorted(caught.value.results) == [n for n in range(60) if n != bad]
    assert {k: type(e) for k, e in caught.value.errors.items()} == {bad: NotFound}
    assert "Not found" in str(caught.value)
    assert "1 of 60" in str(caught.value)


async def test_call_9_failures_can_be_had_as_values(portal: FakePortal, client: Client) -> None:
    deal = portal.add("deal", TITLE="Roof")

    outcomes = await client.outcomes({"good": gets([deal])[0], "bad": gets([9999])[0]})

    assert isinstance(outcomes["good"], Response)
    assert isinstance(outcomes["bad"], NotFound)


async def test_call_9_except_star_sees_each_error(client: Client) -> None:
    seen: list[str] = []
    try:
        await client.batch([*gets([9999]), ("no.such.method", {})])
    except* NotFound as group:
        seen += [type(error).__name__ for error in group.exceptions]
    except* RestError as group:
        seen += [type(error).__name__ for error in group.exceptions]

    assert sorted(seen) == ["MethodNotFound", "NotFound"]


# One method, many items.


async def test_call_10_one_method_is_applied_to_many_items_in_their_order(
    portal: FakePortal, client: Client
) -> None:
    told: list[tuple[int, int | None]] = []

    responses = await client.apply(
        "crm.deal.add",
        ({"fields": {"TITLE": f"Deal {n}"}} for n in range(120)),
        progress=lambda done, total: told.append((done, total)),
    )

    found = {int(record["ID"]): record["TITLE"] for record in portal.records("deal")}
    assert [found[response.result] for response in responses] == [f"Deal {n}" for n in range(120)]
    assert portal.requests == 3
    assert told[-1] == (120, 120)


async def test_call_10_an_item_that_fails_is_named_by_its_position(
    portal: FakePortal, client: Client
) -> None:
    ids = add_deals(portal, 60)
    items = [{"id": deal_id, "fields": {"TITLE": "new"}} for deal_id in ids]
    items[55]["id"] = 9999

    with pytest.raises(BatchError) as caught:
        await client.apply("crm.deal.update", items)

    assert list(caught.value.errors) == [55]
    assert sorted(caught.value.results) == [n for n in range(60) if n != 55]


async def test_call_10_records_by_their_ids_are_a_batch_named_by_id(
    portal: FakePortal, client: Client
) -> None:
    ids = add_deals(portal, 60)

    found = await client.batch({deal_id: ("crm.deal.get", {"id": deal_id}) for deal_id in ids})

    assert {deal_id: response.result["ID"] for deal_id, response in found.items()} == {
        deal_id: str(deal_id) for deal_id in ids
    }


# Parameters.


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a&b=c#d%e+f [x]", "a&b=c#d%e+f [x]"),
        ("Ёлка €", "Ёлка €"),
        (True, "1"),
        (7, "7"),
        (2.5, "2.5"),
        (datetime(2026, 9, 21, 13, 33, 20, tzinfo=UTC), "2026-09-21T13:33:20+00:00"),
    ],
)
async def test_call_11_a_value_means_the_same_in_a_batch_as_in_a_call(
    portal: FakePortal, client: Client, value: object, kept: str
) -> None:
    await client.call("profile", deep={"list": [value, {"x": value}]})
    await client.batch([("profile", {"deep": {"list": [value, {"x": value}]}})] * 2)

    alone, batched, _ = portal.calls("profile")
    assert batched.params == {"deep": {"list": [kept, {"x": kept}]}}
    first, second = alone.params["deep"]["list"]
    assert second == {"x": first}
    assert str(int(first) if isinstance(first, bool) else first) == kept


async def test_call_11_none_clears_a_field_in_a_batch_as_in_a_call(
    portal: FakePortal, client: Client
) -> None:
    one, two = (portal.add("deal", COMMENTS="old") for _ in range(2))

    await client.call("crm.deal.update", id=one, fields={"COMMENTS": None})
    await client.batch([("crm.deal.update", {"id": two, "fields": {"COMMENTS": None}})] * 2)

    assert not portal.record("deal", one)["COMMENTS"]
    assert portal.record("deal", two)["COMMENTS"] == portal.record("deal", one)["COMMENTS"]


async def test_call_11_an_empty_list_stays_one_in_a_batch(
    portal: FakePortal, client: Client
) -> None:
    await client.batch([("profile", {"files": []}), ("profile", {"files": [1]})])

    assert sorted(len(call.params["files"]) for call in portal.calls("profile")) == [0, 1]


# REST 3.0.


async def test_call_12_rest_3_is_called_under_its_own_address(
    portal: FakePortal, client: Client
) -> None:
    task = portal.add("task", TITLE="Sweep")

    response = await client.v3.call("tasks.task.get", id=task, select=["id", "title"])

    assert response.result["item"] == {"id": task, "title": "Sweep"}


@pytest.mark.parametrize("method", ["tasks.task.list", "tasks.task.tail"])
async def test_call_12_rest_3_lists_are_read_to_their_end(
    portal: FakePortal, client: Client, method: str
) -> None:
    ids = portal.fill("task", 1200, TITLE="Sweep")

    found = [row["id"] async for row in client.v3.list(method, select=["title"])]

    assert found == list(ids)


def test_call_12_rest_3_has_batches_of_its_own_with_references(
    portal: FakePortal, sync: SyncClient
) -> None:
    task = portal.add("task", TITLE="Sweep")

    found = sync.v3.batch(
        {
            "first": ("tasks.task.get", {"id": task}),
            "again": ("tasks.task.get", {"id": {"$ref": "first.item.id"}}),
        }
    )

    assert found["again"]["item"]["title"] == "Sweep"


async def test_call_13_a_key_makes_a_create_safe_to_repeat(
    portal: FakePortal, client: Client
) -> None:
    fields = {"title": "Sweep", "creatorId": 1, "responsibleId": 1}
    portal.fail_request(1, Fault.RESET_AFTER)
    patient = client.with_options(delay=0.0)

    response = await patient.v3.call("tasks.task.add", fields=fields, idempotency_key="order-7")

    assert response.replayed
    assert len(portal.records("task")) == 1
    assert portal.requests == 2


# Sync and async, connections, options.


async def test_call_14_every_verb_exists_for_async_code_and_for_threads(
    portal: FakePortal, client: Client
) -> None:
    deal = portal.add("deal", TITLE="Roof")

    def in_a_thread() -> list[str]:
        with SyncClient(portal.webhook_url, portal.transport) as sync:
            return [
                sync.call("crm.deal.get", id=deal).result["TITLE"],
                sync.batch(gets([deal]))[0].result["TITLE"],
                sync.list("crm.deal.list").as_list()[0]["TITLE"],
                sync.apply("crm.deal.get", [{"id": deal}])[0].result["TITLE"],
            ]

    found = await asyncio.to_thread(in_a_thread)

    assert found == ["Roof"] * 4
    assert (await client.call("crm.deal.get", id=deal)).result["TITLE"] == "Roof"


@pytest.mark.parametrize(
    "verb", ["call", "list", "batch", "outcomes", "apply", "get", "slow", "with_options"]
)
def test_call_14_both_clients_have_the_verb(verb: str) -> None:
    theirs = set(inspect.signature(getattr(Client, verb)).parameters)
    ours = inspect.signature(getattr(SyncClient, verb)).parameters

    passes_on = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in ours.values())
    assert passes_on or set(ours) == theirs


def test_call_14_a_sync_client_ends_the_thread_that_it_began(portal: FakePortal) -> None:
    before = threading.active_count()
    with SyncClient(portal.webhook_url, portal.transport) as client:
        client.call("profile")
        during = threading.active_count()

    assert (during, threading.active_count()) == (before + 1, before)


class Connections:
    """Passes requests on to a portal, and remembers the connections that they came by."""

    def __init__(self, portal: FakePortal) -> None:
        self.seen: set[object] = set()
        self._portal = portal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.add(tuple(scope["client"]))
        await self._portal(scope, receive, send)


@pytest.mark.parametrize(("together", "most"), [(False, 1), (True, 4)])
async def test_call_15_forty_calls_share_few_connections(
    portal: FakePortal, together: bool, most: int
) -> None:
    connections = Connections(portal)
    path = portal.webhook_url.partition(portal.domain)[2]

    async with serve_on_socket(connections) as address, Client(f"http://{address}{path}") as client:
        if together:
            await asyncio.gather(*(client.call("profile").send() for _ in range(40)))
        else:
            for _ in range(40):
                await client.call("profile")

    assert len(portal.calls("profile")) == 40
    assert 1 <= len(connections.seen) <= most


async def test_call_16_how_requests_are_carried_is_the_choice_of_the_caller() -> None:
    wire = Wire()
    options = Options(timeouts=Timeouts(connect=3.05, read=10.0))

    async with Client(wire.webhook, wire, options=options) as client:
        await client.call("profile")

    (request,) = wire.requests
    timeout = request.extensions["timeout"]
    assert (timeout["connect"], timeout["read"]) == (3.05, 10.0)


async def test_call_16_options_change_for_a_client_or_for_one_call() -> None:
    wire = always(500, {"error": "INTERNAL_SERVER_ERROR", "error_description": "odd"})

    async with Client(wire.webhook, wire, options=Options(attempts=2, delay=0.0)) as client:
        with pytest.raises(RestError):
            await client.call("profile")
        with pytest.raises(RestError):
            await client.with_options(attempts=4).call("profile")

    assert len(wire.requests) == 2 + 4


def test_call_16_zero_is_a_value_and_not_a_default() -> None:
    wire = Wire()
    client = Client(wire.webhook, wire).with_options(delay=0.0, patience=0.0)

    assert (client.options.delay, client.options.patience) == (0.0, 0.0)


async def test_call_17_every_request_has_an_id_that_an_error_names() -> None:
    wire = always(400, {"error": "ERROR_ARGUMENT", "error_description": "odd"})

    async with Client(wire.webhook, wire) as client:
        errors = []
        for _ in range(2):
            with pytest.raises(InvalidRequest) as caught:
                await client.call("profile")
            errors.append(caught.value)

    sent = [request.headers["x-request-id"] for request in wire.requests]
    assert [error.request_id for error in errors] == sent
    assert len({*sent, ""}) == 3


async def test_call_18_the_client_says_who_it_is() -> None:
    wire = Wire()

    async with Client(wire.webhook, wire) as client:
        await client.call("profile")

    assert wire.requests[0].headers["user-agent"].startswith("bitrix-events/")


async def test_call_19_a_file_goes_as_its_name_and_base64() -> None:
    wire = Wire()
    wire.portal.answer("disk.folder.uploadfile", {"ID": 1})
    wire.portal.answer("crm.deal.update", True)
    content = bytes(range(256))

    async with Client(wire.webhook, wire) as client:
        await client.call("disk.folder.uploadfile", id=7, fileContent=File("a.pdf", content))
        await client.batch([("crm.deal.update", {"fields": {"UF_FILE": File("b.pdf", content)}})])

    encoded = base64.b64encode(content).decode()
    alone, in_batch = (body_of(request) for request in wire.requests)
    assert alone["fileContent"] == ["a.pdf", encoded]
    assert in_batch["fields"]["UF_FILE"] == ["b.pdf", encoded]


async def test_call_20_the_documented_methods_are_listed_and_those_of_the_portal_too(
    portal: FakePortal, client: Client
) -> None:
    documented = Client.documented_methods()
    offered = (await client.call("methods")).result

    assert {"crm.deal.list", "user.get", "tasks.task.add", "batch"} <= set(documented)
    assert len(documented) > 1300
    assert "crm.deal.list" in offered


def test_call_20_threads_find_the_documented_methods_too() -> None:
    assert SyncClient.documented_methods() == Client.documented_methods()


# Numbers of the seeds, and ours (section E.1).


async def test_call_15_a_burst_of_six_calls_takes_less_than_a_fifth_of_a_second(
    portal: FakePortal,
) -> None:
    ids = add_deals(portal, 6)
    times: list[float] = []
    async with portal.serve(), Client(portal.webhook_url) as client:
        await client.call("profile")
        for _ in range(5):
            began = asyncio.get_running_loop().time()
            found = await asyncio.gather(*(client.call("crm.deal.get", id=i).send() for i in ids))
            times.append(asyncio.get_running_loop().time() - began)
            assert titles(found) == [f"Deal {n}" for n in range(6)]

    assert min(times) < 0.2


async def test_call_16_a_portal_that_never_answers_ends_in_an_error() -> None:
    wire = Wire()
    wire.portal.latency = Latency(request=1000)
    options = Options(attempts=1, timeouts=Timeouts(total=0.05))

    async with Client(wire.webhook, wire, options=options) as client:
        with pytest.raises(PortalUnreachable, match="no answer in time"):
            await client.call("profile")
