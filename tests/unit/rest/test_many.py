"""Many commands in few requests: what is repeated, what refers to what, and what is run at all."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from bitrix_events.errors import (
    AccessDenied,
    AnswerTooLarge,
    BatchError,
    InvalidRequest,
    NotExecuted,
    NotFound,
    OperationTimeLimit,
    OutcomeUnknown,
    PortalFault,
    PortalUnreachable,
    RestError,
)
from bitrix_events.rest.batch import Command, Ref
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import UNLIMITED
from bitrix_events.rest.parameters import File
from bitrix_events.rest.responses import Response
from bitrix_events.testing import FakePortal
from bitrix_events.testing.faults import Fault
from bitrix_events.testing.limits import Latency
from tests.serving import eventually

QUICK = Options(attempts=4, delay=0.001)
pytestmark = pytest.mark.usefixtures("short_pauses")


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    async with client_of(portal.webhook_url, portal.transport) as client:
        yield client


@asynccontextmanager
async def client_of(url: str, transport: httpx.AsyncBaseTransport) -> AsyncIterator[Client]:
    async with Client(url, transport, options=QUICK, limits=UNLIMITED) as client:
        yield client


def gets(count: int) -> list[Command]:
    return [("crm.deal.get", {"id": n + 1}) for n in range(count)]


def adds(count: int) -> list[Command]:
    return [("crm.deal.add", {"fields": {"TITLE": f"deal {n}"}}) for n in range(count)]


def updates(count: int) -> list[Command]:
    return [("crm.deal.update", {"id": n + 1, "fields": {"TITLE": "x"}}) for n in range(count)]


def kinds(outcomes: Any) -> list[type[Any]]:
    return [type(outcome) for outcome in outcomes]


def titles(portal: FakePortal) -> list[str]:
    return [deal["TITLE"] for deal in portal.records("deal")]


# Shapes.


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 120, 500])
@pytest.mark.parametrize("named", [False, True])
async def test_results_have_the_shape_of_the_commands(
    portal: FakePortal, client: Client, count: int, named: bool
) -> None:
    portal.fill("deal", count)
    ids = [str(n + 1) for n in range(count)]
    if named:
        by_name = await client.batch({f"deal #{n} ?&": c for n, c in enumerate(gets(count))})
        assert list(by_name) == [f"deal #{n} ?&" for n in range(count)]
        assert [response.result["ID"] for response in by_name.values()] == ids
    else:
        assert [response.result["ID"] for response in await client.batch(gets(count))] == ids
    assert portal.requests == (1 if count == 1 else -(-count // 50))


async def test_names_may_be_anything(portal: FakePortal, client: Client) -> None:
    portal.fill("deal", 6)
    names = ["", "0", 0, "c0", "[x]", "$result[c0]"]
    commands = dict(zip(names, gets(6), strict=True))

    assert list(await client.batch(commands)) == names  # type: ignore[type-var]
    assert [o.result["ID"] for o in (await client.batch(commands)).values()] == list("123456")  # type: ignore[type-var]


async def test_the_same_command_may_come_twice(portal: FakePortal, client: Client) -> None:
    portal.fill("deal", 1)

    responses = await client.batch(gets(1) * 120)

    assert [response.result["ID"] for response in responses] == ["1"] * 120


async def test_what_cannot_share_goes_by_itself_and_comes_back_in_its_place(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 3)
    alone: Command = ("crm.deal.update", {"id": 2, "fields": {"UF_CRM_X": []}})
    file: Command = ("crm.deal.update", {"id": 3, "fields": {"UF_CRM_F": File("a", b"a")}})

    outcomes = await client.outcomes([gets(1)[0], alone, file, ("crm.deal.get", {"id": 404})])

    assert kinds(outcomes) == [Response, Response, Response, NotFound]
    assert [call.batched for call in portal.calls("crm.deal.update")] == [False, False]


@pytest.mark.parametrize("halt", [False, True])
async def test_a_value_without_a_form_is_refused_before_anything_is_sent(
    portal: FakePortal, client: Client, halt: bool
) -> None:
    for odd in ({"id": object()}, {"id": [], "more": object()}, {"id": float("nan")}):
        with pytest.raises(ValueError, match="cannot be sent"):
            await client.batch([*adds(60), ("crm.deal.get", odd)], halt=halt)

    assert portal.requests == 0


# Side by side.


async def test_requests_of_one_batch_are_under_way_together() -> None:
    portal = FakePortal(latency=Latency(request=1.0))
    portal.fill("deal", 400)
    began = time.monotonic()
    async with client_of(portal.webhook_url, portal.transport) as client:
        await client.batch(gets(400))

    assert portal.requests == 8
    assert time.monotonic() - began < 7  # of the eight that they take one after the other


@pytest.mark.parametrize("nth", [1, 25, 50, 51, 100])
async def test_a_failing_read_is_repeated_by_itself(
    portal: FakePortal, client: Client, nth: int
) -> None:
    portal.fill("deal", 100)
    portal.fail_command(nth)

    responses = await client.batch(gets(100))

    assert [response.result["ID"] for response in responses] == [str(n + 1) for n in range(100)]
    assert len(portal.calls("crm.deal.get")) == 101


async def test_a_failing_change_has_an_unknown_outcome_and_is_not_repeated(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_command(3)

    outcomes = await client.outcomes(adds(5))

    assert kinds(outcomes) == [Response, Response, OutcomeUnknown, Response, Response]
    assert titles(portal) == ["deal 0", "deal 1", "deal 3", "deal 4"]


async def test_a_refusal_is_reported_at_once(portal: FakePortal, client: Client) -> None:
    portal.fail_command(2, "ACCESS_DENIED")
    portal.fill("deal", 3)

    assert kinds(await client.outcomes(gets(3))) == [Response, AccessDenied, Response]
    assert portal.requests == 1


async def test_a_read_that_keeps_failing_is_given_up(portal: FakePortal, client: Client) -> None:
    portal.fill("deal", 60)
    portal.fail_next("crm.deal.get", "INTERNAL_SERVER_ERROR", times=999)

    outcomes = await client.outcomes(gets(60))

    assert kinds(outcomes) == [PortalFault] * 60
    assert portal.requests == 2 * QUICK.attempts


@pytest.mark.parametrize("fault", [f for f in Fault if f is not Fault.UNREACHED])
async def test_after_a_lost_answer_the_outcome_of_each_change_is_unknown(
    portal: FakePortal, client: Client, fault: Fault
) -> None:
    portal.fill("deal", 60)
    portal.fail_request(1, fault)

    outcomes = await client.outcomes([*updates(20), *gets(60)[20:]])

    assert kinds(outcomes[:20]) == [OutcomeUnknown] * 20
    assert [o.result["ID"] for o in outcomes[20:]] == [str(n) for n in range(21, 61)]  # type: ignore[union-attr]
    assert all(o.__cause__ is not None for o in outcomes[:20])  # type: ignore[union-attr]
    assert len(portal.calls("crm.deal.update")) == (20 if fault.executed else 0)


async def test_a_request_that_did_not_arrive_is_repeated(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_request(1, Fault.UNREACHED)
    portal.fail_request(3, Fault.UNREACHED)

    outcomes = await client.outcomes(adds(120))

    assert kinds(outcomes) == [Response] * 120
    assert sorted(titles(portal)) == sorted(f"deal {n}" for n in range(120))


class Limited(httpx.AsyncBaseTransport):
    """A portal whose answers get too large, or too slow, above so many commands."""

    def __init__(self, portal: FakePortal, most: int, problem: str) -> None:
        self.inner = portal.transport
        self.most = most
        self.problem = problem
        self.sizes: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = b"".join([part async for part in request.stream])  # type: ignore[union-attr]
        commands = len(json.loads(body)["cmd"])
        self.sizes.append(commands)
        if commands > self.most:
            if self.problem == "large":
                return httpx.Response(200, content=b" " * (16 * 1024 * 1024 + 1))
            raise httpx.ReadTimeout("late")
        again = httpx.Request("POST", request.url, headers=request.headers, content=body)
        return await self.inner.handle_async_request(again)


@pytest.mark.parametrize("problem", ["large", "late"])
async def test_reads_whose_answer_is_too_much_are_asked_for_in_parts(
    portal: FakePortal, problem: str
) -> None:
    portal.fill("deal", 50)
    transport = Limited(portal, 13, problem)
    async with client_of(portal.webhook_url, transport) as client:
        responses = await client.batch(gets(50))

    assert [response.result["ID"] for response in responses] == [str(n + 1) for n in range(50)]
    assert transport.sizes == [50, 25, 13, 13, 13, 11]


async def test_one_answer_that_is_too_large_by_itself_is_reported(portal: FakePortal) -> None:
    portal.fill("deal", 50)
    transport = Limited(portal, 0, "large")
    async with client_of(portal.webhook_url, transport) as client:
        outcomes = await client.outcomes(gets(8))

    assert kinds(outcomes) == [AnswerTooLarge] * 8
    assert transport.sizes == [8, 4, 2, *[1] * 8]


async def test_changes_whose_answer_is_too_large_are_not_made_again(portal: FakePortal) -> None:
    transport = Limited(portal, 5, "large")
    async with client_of(portal.webhook_url, transport) as client:
        outcomes = await client.outcomes(adds(8))

    assert kinds(outcomes) == [OutcomeUnknown] * 8
    assert transport.sizes == [8]


async def test_a_method_without_time_does_not_hold_up_the_others(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 5)
    portal.fail_next("crm.deal.list", "OPERATION_TIME_LIMIT", times=99)
    hasty = client.with_options(patience=1)

    for _ in range(2):  # the second time the pause is known before anything is sent
        found = await hasty.outcomes([("crm.deal.list", {}), *gets(5), ("CRM.deal.list", {})])
        assert kinds(found) == [OperationTimeLimit, *[Response] * 5, OperationTimeLimit]
        assert all(50 < o.retry_after <= 60 for o in (found[0], found[-1]))  # type: ignore[union-attr]
    assert len(portal.calls("crm.deal.list")) == 2


async def test_a_portal_that_says_nothing_about_a_command_is_asked_again(
    portal: FakePortal, client: Client
) -> None:
    left = [{"c0": 1}, {}, {}, {"c0": 3}]
    portal.answer("batch", lambda _: {"result": left.pop(0), "result_error": {}})

    outcomes = await client.outcomes([("profile", {}), ("crm.deal.get", {"id": 1})])

    assert [o.result for o in outcomes] == [1, 3]  # type: ignore[union-attr]


async def test_a_cancelled_batch_ends_what_is_under_way() -> None:
    portal = FakePortal(latency=Latency(request=3600))
    portal.fill("deal", 1000)
    async with client_of(portal.webhook_url, portal.transport) as client:
        task = asyncio.ensure_future(client.outcomes(gets(1000)))
        await eventually(lambda: portal.requests == 8)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0.1)

        assert portal.requests == 8
        turns = client._dispatcher._exchange.turns
        assert turns is not None
        assert turns._under_way == 0


# References.


async def test_a_command_uses_the_result_of_an_earlier_one(
    portal: FakePortal, client: Client
) -> None:
    contact = portal.add("contact", NAME="Ada")
    deal = portal.add("deal", CONTACT_ID=str(contact))

    responses = await client.batch(
        {
            "deal": ("crm.deal.get", {"id": deal}),
            "contact": ("crm.contact.get", {"id": Ref("deal")["CONTACT_ID"]}),
        }
    )

    assert responses["contact"].result["NAME"] == "Ada"
    assert portal.requests == 1


async def test_commands_of_a_sequence_are_referred_to_by_position(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 3)
    commands: list[Any] = [
        ("crm.deal.list", {"select": ["ID"], "order": {"ID": "DESC"}}),
        ("crm.deal.get", {"id": Ref(0)[0]["ID"]}),
    ]

    assert (await client.batch(commands))[1].result["ID"] == "3"


@pytest.mark.parametrize("distance", [1, 49, 50, 51, 200])
async def test_a_reference_reaches_across_requests(
    portal: FakePortal, client: Client, distance: int
) -> None:
    portal.fill("deal", 300)
    commands = dict(enumerate(gets(distance)))
    commands[distance] = ("crm.deal.get", {"id": Ref(0)["ID"]})

    outcomes = await client.batch(commands)

    assert outcomes[distance].result["ID"] == "1"
    assert len(outcomes) == distance + 1


async def test_a_chain_of_references_is_as_long_as_one_likes(
    portal: FakePortal, client: Client
) -> None:
    commands: list[Any] = [("crm.deal.add", {"fields": {"TITLE": "0"}})]
    commands += [("crm.deal.add", {"fields": {"TITLE": Ref(n)}}) for n in range(119)]

    responses = await client.batch(commands)

    assert [response.result for response in responses] == list(range(1, 121))
    assert titles(portal) == ["0", *map(str, range(1, 120))]


async def test_a_value_from_an_earlier_request_that_does_not_fit_goes_by_itself(
    portal: FakePortal, client: Client
) -> None:
    """The text of one record looks like a reference: put in as it is, it would be replaced."""
    portal.add("deal", TITLE="$result[c0][ID]")
    commands: list[Any] = [*gets(1) * 50, ("crm.deal.add", {"fields": {"TITLE": Ref(0)["TITLE"]}})]

    await client.batch(commands)

    assert titles(portal)[-1] == "$result[c0][ID]"


async def test_what_refers_to_a_failed_command_is_not_run(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 1)

    outcomes = await client.outcomes(
        {
            "gone": ("crm.deal.get", {"id": 404}),
            "copy": ("crm.deal.add", {"fields": {"TITLE": Ref("gone")["TITLE"]}}),
            "copy of the copy": ("crm.deal.update", {"id": Ref("copy"), "fields": {"TITLE": "x"}}),
            "other": ("crm.deal.get", {"id": 1}),
        }
    )

    assert kinds(outcomes.values()) == [NotFound, NotExecuted, NotExecuted, Response]
    assert portal.calls("crm.deal.add") == []
    assert portal.calls("crm.deal.update") == []
    assert "gone" in str(outcomes["copy"])


@pytest.mark.parametrize("distance", [1, 60])
@pytest.mark.parametrize("path", [["NO_SUCH_FIELD"], ["TITLE", "x"], [0]])
async def test_a_reference_that_names_nothing_is_an_error(
    portal: FakePortal, client: Client, path: list[str | int], distance: int
) -> None:
    portal.add("deal", TITLE="a")
    ref = Ref(0)
    for part in path:
        ref = ref[part]
    commands: list[Any] = [*gets(1) * distance, ("crm.deal.get", {"id": ref})]

    outcomes = await client.outcomes(commands)

    assert kinds(outcomes) == [*[Response] * distance, InvalidRequest]
    assert outcomes[-1].maybe_executed is (distance == 1)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "commands",
    [
        {"a": ("crm.deal.get", {"id": Ref("b")})},
        {"a": ("crm.deal.get", {"id": Ref("a")})},
        {"a": ("crm.deal.get", {"id": Ref("b")}), "b": ("profile", {})},
        {"0": ("profile", {}), "a": ("crm.deal.get", {"id": [{"x": Ref(0)}]})},
    ],
)
async def test_a_reference_to_no_earlier_command_is_refused_before_anything_is_sent(
    portal: FakePortal, client: Client, commands: Any
) -> None:
    with pytest.raises(ValueError, match="no earlier command"):
        await client.batch(commands)

    assert portal.requests == 0


async def test_a_reference_in_a_single_call_is_refused(portal: FakePortal, client: Client) -> None:
    with pytest.raises(ValueError, match="a Ref cannot be sent"):
        await client.call("crm.deal.get", id=Ref("a"))


async def test_commands_after_a_failure_are_run_once(portal: FakePortal, client: Client) -> None:
    """The portal stops there, and what it did not run is sent again."""
    commands: list[Any] = [*adds(3), ("crm.deal.get", {"id": 404}), *adds(3)]
    commands.append(("crm.deal.get", {"id": Ref(0)}))

    outcomes = await client.outcomes(commands)

    assert kinds(outcomes) == [*[Response] * 3, NotFound, *[Response] * 4]
    assert len(portal.records("deal")) == 6


async def test_in_a_batch_with_references_a_failing_read_is_repeated_too(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 1)
    commands: list[Any] = [*adds(2), *gets(1), ("crm.deal.get", {"id": Ref(0)}), *adds(1)]
    portal.fail_command(3)

    outcomes = await client.outcomes(commands)

    assert kinds(outcomes) == [Response] * 5
    assert len(portal.calls("crm.deal.add")) == 3


async def test_in_a_batch_with_references_a_failing_change_is_not_repeated(
    portal: FakePortal, client: Client
) -> None:
    commands: list[Any] = [*adds(2), ("crm.deal.get", {"id": Ref(1)}), *adds(1)]
    portal.fail_command(2)

    outcomes = await client.outcomes(commands)

    assert kinds(outcomes) == [Response, OutcomeUnknown, NotExecuted, Response]
    assert len(portal.calls("crm.deal.add")) == 3


@pytest.mark.parametrize("fault", [f for f in Fault if f is not Fault.UNREACHED])
async def test_a_batch_with_changes_and_references_is_not_repeated_after_a_lost_answer(
    portal: FakePortal, client: Client, fault: Fault
) -> None:
    commands: list[Any] = [("crm.deal.list", {}), *adds(2), ("crm.deal.get", {"id": Ref(1)})]
    portal.fail_request(1, fault)

    outcomes = await client.outcomes(commands)

    assert all(isinstance(outcome, RestError) for outcome in outcomes)
    assert kinds(outcomes)[1:3] == [OutcomeUnknown] * 2
    assert len(portal.records("deal")) == (2 if fault.executed else 0)


@pytest.mark.parametrize("fault", Fault)
async def test_a_batch_that_only_reads_is_repeated_with_its_references(
    portal: FakePortal, client: Client, fault: Fault
) -> None:
    portal.fill("deal", 2)
    commands: list[Any] = [("crm.deal.list", {}), ("crm.deal.get", {"id": Ref(0)[1]["ID"]})]
    portal.fail_request(1, fault)

    assert (await client.batch(commands))[1].result["ID"] == "2"


async def test_a_portal_that_answers_in_riddles_is_not_sent_a_change_twice(
    portal: FakePortal, client: Client
) -> None:
    """It says nothing about a read, but did the change after it."""
    portal.answer("batch", {"result": {"c1": 7, "c2": 8}})

    outcomes = await client.outcomes([("profile", {}), *adds(1), ("crm.deal.get", {"id": Ref(1)})])

    assert portal.requests == 1
    assert kinds(outcomes) == [PortalFault, Response, Response]


# Stopping at the first failure.


@pytest.mark.parametrize("nth", [1, 2, 50, 51, 119, 120])
async def test_after_the_first_failure_nothing_is_run_if_asked_for(
    portal: FakePortal, client: Client, nth: int
) -> None:
    portal.fail_command(nth, "ACCESS_DENIED")

    with pytest.raises(BatchError) as caught:
        await client.batch(adds(120), halt=True)

    assert titles(portal) == [f"deal {n}" for n in range(nth - 1)]
    assert list(caught.value.results) == list(range(nth - 1))
    assert kinds(caught.value.errors.values()) == [AccessDenied, *[NotExecuted] * (120 - nth)]


async def test_a_batch_that_may_halt_runs_in_order(portal: FakePortal, client: Client) -> None:
    await client.batch(adds(120), halt=True)

    assert titles(portal) == [f"deal {n}" for n in range(120)]


async def test_it_halts_at_a_call_that_goes_by_itself_too(
    portal: FakePortal, client: Client
) -> None:
    commands = [
        *adds(2),
        ("crm.deal.update", {"id": 404, "fields": {"UF_CRM_X": []}}),
        *adds(2),
    ]

    outcomes = await client.outcomes(commands, halt=True)

    assert kinds(outcomes) == [Response, Response, NotFound, NotExecuted, NotExecuted]
    assert len(portal.records("deal")) == 2


async def test_it_halts_at_a_reference_that_names_nothing(
    portal: FakePortal, client: Client
) -> None:
    commands: list[Any] = [*gets(1) * 50, *adds(1), ("crm.deal.get", {"id": Ref(0)["X"]}), *adds(3)]
    portal.fill("deal", 1)

    outcomes = await client.outcomes(commands, halt=True)

    assert kinds(outcomes[50:]) == [Response, InvalidRequest, *[NotExecuted] * 3]
    assert len(portal.calls("crm.deal.add")) == 1


async def test_a_failure_that_passes_is_no_reason_to_halt(
    portal: FakePortal, client: Client
) -> None:
    portal.fill("deal", 60)
    portal.fail_command(7)

    responses = await client.batch(gets(60), halt=True)

    assert [response.result["ID"] for response in responses] == [str(n + 1) for n in range(60)]


async def test_it_halts_when_a_request_is_lost(portal: FakePortal, client: Client) -> None:
    portal.fail_request(2, Fault.RESET_AFTER)

    outcomes = await client.outcomes(adds(120), halt=True)

    assert kinds(outcomes) == [
        *[Response] * 50,
        *[OutcomeUnknown] * 50,
        *[NotExecuted] * 20,
    ]
    assert len(portal.records("deal")) == 100


async def test_a_portal_out_of_reach_has_run_nothing(portal: FakePortal, client: Client) -> None:
    portal.disturb({Fault.UNREACHED: 1})

    for halt in (False, True):
        outcomes = await client.outcomes(adds(3), halt=halt)
        assert kinds(outcomes)[0] is PortalUnreachable
        assert not any(o.maybe_executed for o in outcomes)  # type: ignore[union-attr]
