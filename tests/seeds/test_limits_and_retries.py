"""Rows RATE of the feature table: the pace of calls, repeats, and how long all of it may take."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest

from bitrix_events import (
    ENTERPRISE,
    STANDARD,
    UNLIMITED,
    Client,
    Limits,
    OperationTimeLimit,
    Options,
    OutcomeUnknown,
    PortalBlocked,
    PortalFault,
    PortalUnreachable,
    RateLimited,
    RestError,
    SyncClient,
    Timeouts,
)
from bitrix_events.testing import FakePortal, Fault, Operating, Reply
from bitrix_events.testing import Limits as PortalLimits
from bitrix_events.testing.serving import serve_on_socket
from tests.wires import Wire, always

NOW = Options(delay=0.0)
"""Repeats without a wait."""


def get(deal_id: int) -> tuple[str, dict[str, Any]]:
    return ("crm.deal.get", {"id": deal_id})


# The pace.


async def test_rate_1_calls_wait_instead_of_being_refused() -> None:
    portal = FakePortal(domain="rate1.test.bitrix24.ru", limits=PortalLimits(10, 40))
    limits = Limits(burst=5, per_second=40)
    began = time.monotonic()

    async with Client(portal.webhook_url, portal.transport, limits=limits) as client:
        for n in range(40):
            await client.call("crm.deal.add", fields={"TITLE": f"{n}"})

    took = time.monotonic() - began
    assert (portal.refusals, portal.requests) == (0, 40)
    assert 0.8 <= took < 10  # (40 - 5) / 40


async def test_rate_1_calls_that_would_have_to_wait_share_requests(portal: FakePortal) -> None:
    ids = portal.fill("deal", 300, TITLE="Roof")

    async with Client(portal.webhook_url, portal.transport) as client:
        found = await asyncio.gather(*(client.call(*get(i)).send() for i in ids))

    assert [response.result["ID"] for response in found] == [str(i) for i in ids]
    assert portal.requests <= 10


async def test_rate_2_a_burst_goes_at_once(portal: FakePortal) -> None:
    began = time.monotonic()

    async with Client(portal.webhook_url, portal.transport) as client:
        for n in range(45):
            await client.call("crm.deal.add", fields={"TITLE": f"{n}"})

    assert portal.requests == 45
    assert time.monotonic() - began < 15  # of twenty without a burst


def test_rate_3_each_plan_has_its_limits() -> None:
    assert (STANDARD.burst, STANDARD.per_second) == (50, 2)
    assert (ENTERPRISE.burst, ENTERPRISE.per_second) == (250, 5)
    assert UNLIMITED.per_second > 1e9
    with pytest.raises(ValueError, match="never let a call pass"):
        Limits(per_second=0)


async def test_rate_3_a_bigger_plan_has_a_bigger_burst(portal: FakePortal) -> None:
    began = time.monotonic()

    async with Client(portal.webhook_url, portal.transport, limits=ENTERPRISE) as client:
        for _ in range(200):
            await client.call("profile")

    assert time.monotonic() - began < 20  # of thirty with the smaller burst


async def test_rate_4_a_method_that_used_up_its_time_waits_and_others_go_on() -> None:
    operating = Operating(limit=10, window=6, seconds={"crm.deal.get": 1})
    portal = FakePortal(domain="rate4.bitrix24.test", operating=operating)
    deal = portal.add("deal")
    limits = Limits(burst=1000, per_second=1000, method_seconds=10)
    done: list[str] = []
    used_up = asyncio.Event()

    async def gets(client: Client) -> None:
        for _ in range(14):
            await client.call(*get(deal))
            done.append("deal")
            if len(done) == 10:
                used_up.set()

    async def others(client: Client) -> None:
        await used_up.wait()
        for _ in range(20):
            await client.call("profile")
            done.append("profile")

    async with Client(portal.webhook_url, portal.transport, limits=limits) as client:
        await asyncio.gather(gets(client), others(client))

    assert done == ["deal"] * 10 + ["profile"] * 20 + ["deal"] * 4
    assert len(portal.calls("crm.deal.get")) == 14  # none was refused


async def test_rate_4_who_does_not_want_to_wait_is_told_how_long_it_would_take() -> None:
    operating = Operating(limit=2, window=600, seconds={"crm.deal.get": 1})
    portal = FakePortal(domain="rate4b.bitrix24.test", operating=operating)
    deal = portal.add("deal")
    options, limits = Options(patience=1.0), Limits(method_seconds=2)

    async with Client(
        portal.webhook_url, portal.transport, options=options, limits=limits
    ) as client:
        await client.batch([get(deal)] * 2)
        began = time.process_time()
        with pytest.raises(OperationTimeLimit) as caught:
            await client.call(*get(deal))
        outcomes = await client.outcomes([get(deal)] * 2)
        cpu = time.process_time() - began

    assert 500 < caught.value.retry_after < 700
    assert {type(outcome) for outcome in outcomes} == {OperationTimeLimit}
    assert len(portal.calls("crm.deal.get")) == 2
    assert cpu < 0.3  # it did not wait in a hot loop


async def test_rate_5_the_client_slows_down_for_a_portal_that_takes_less() -> None:
    portal = FakePortal(domain="rate5.bitrix24.test", limits=PortalLimits(5, 10))
    limits = Limits(burst=20, per_second=10)

    async with Client(portal.webhook_url, portal.transport, limits=limits) as client:
        adds = [client.call("crm.deal.add", fields={"TITLE": f"{n}"}) for n in range(12)]
        await asyncio.gather(*(add.send() for add in adds))

    assert sorted(int(record["TITLE"]) for record in portal.records("deal")) == list(range(12))
    assert 0 < portal.refusals < 12
    assert portal.requests == 12 + portal.refusals


async def test_rate_6_a_client_can_be_slowed_down_for_a_while(portal: FakePortal) -> None:
    async with Client(portal.webhook_url, portal.transport, limits=UNLIMITED) as client:
        async with client.slow(20):
            for _ in range(8):
                await client.call("profile")
        slowly = [call.at for call in portal.calls("profile")]
        for _ in range(8):
            await client.call("profile")
    quickly = [call.at for call in portal.calls("profile")[8:]]

    assert slowly[-1] - slowly[0] >= 7 / 20 * 0.95
    assert quickly[-1] - quickly[1] < 7 / 20


def test_rate_6_a_thread_can_slow_its_client_down_too(portal: FakePortal) -> None:
    with (
        SyncClient(portal.webhook_url, portal.transport, limits=UNLIMITED) as sync,
        sync.slow(20),
    ):
        for _ in range(5):
            sync.call("profile")

    at = [call.at for call in portal.calls("profile")]
    assert at[-1] - at[0] >= 4 / 20 * 0.95


async def test_rate_7_all_clients_of_a_portal_share_its_limit() -> None:
    portal = FakePortal(domain="rate7.bitrix24.test", limits=PortalLimits(10, 50))
    limits = Limits(burst=5, per_second=50)

    async def use(number: int) -> None:
        async with Client(portal.webhook_url, portal.transport, limits=limits) as client:
            for n in range(10):
                await client.call("crm.deal.add", fields={"TITLE": f"{number} {n}"})

    await asyncio.gather(*(use(number) for number in range(4)))

    assert (portal.refusals, len(portal.records("deal"))) == (0, 40)


async def test_rate_7_portals_have_nothing_to_do_with_each_others_limits() -> None:
    full = FakePortal(domain="rate7full.bitrix24.test")
    free = FakePortal(domain="rate7free.bitrix24.test")

    async with (
        Client(full.webhook_url, full.transport, limits=Limits(1, 0.1)) as waiting,
        Client(free.webhook_url, free.transport) as other,
    ):
        await waiting.call("profile")
        late = asyncio.create_task(waiting.call("profile").send())
        await asyncio.wait_for(other.call("profile").send(), 8)
        assert not late.done()
        late.cancel()


# Repeats.


@pytest.mark.parametrize("fault", list(Fault))
async def test_rate_8_a_read_is_made_again_whatever_went_wrong(
    portal: FakePortal, fault: Fault
) -> None:
    deal = portal.add("deal", TITLE="Roof")
    portal.fail_request(1, fault)

    async with Client(portal.webhook_url, portal.transport, options=NOW) as client:
        response = await client.call(*get(deal))

    assert response.result["TITLE"] == "Roof"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (503, "QUERY_LIMIT_EXCEEDED"),
        (500, "INTERNAL_SERVER_ERROR"),
        (500, "ERROR_UNEXPECTED_ANSWER"),
        (502, ""),
        (504, ""),
    ],
)
async def test_rate_8_a_passing_trouble_of_the_portal_is_waited_out(status: int, code: str) -> None:
    wire = Wire()
    wire.portal.fail_request(1, Reply(status, {"error": code} if code else b""))

    async with Client(wire.webhook, wire, options=NOW) as client:
        response = await client.call("profile")

    assert (response.result["ID"], len(wire.requests)) == ("1", 2)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (503, "OVERLOAD_LIMIT", PortalBlocked),
        (400, "ERROR_ARGUMENT", RestError),
        (403, "ACCESS_DENIED", RestError),
        (404, "ERROR_METHOD_NOT_FOUND", RestError),
        (401, "PAYMENT_REQUIRED", RestError),
    ],
)
async def test_rate_8_what_does_not_pass_is_not_asked_for_again(
    status: int, code: str, kind: type[RestError]
) -> None:
    wire = always(status, {"error": code, "error_description": "no"})

    async with Client(wire.webhook, wire, options=NOW) as client:
        with pytest.raises(kind):
            await client.call("profile")

    assert len(wire.requests) == 1


async def test_rate_8_after_the_last_attempt_the_error_stands() -> None:
    wire = always(500, {"error": "INTERNAL_SERVER_ERROR"})

    async with Client(wire.webhook, wire, options=Options(attempts=3, delay=0.0)) as client:
        with pytest.raises(PortalFault):
            await client.call("profile")

    assert len(wire.requests) == 3


async def test_rate_9_repeats_wait_a_random_part_of_the_delay(portal: FakePortal) -> None:
    options = Options(delay=0.1)
    deals = portal.fill("deal", 20)

    async with Client(
        portal.webhook_url, portal.transport, options=options, limits=UNLIMITED
    ) as client:
        for deal in deals:
            portal.fail_next("crm.deal.get", "INTERNAL_SERVER_ERROR")
            await client.call(*get(deal))

    waits = []
    for deal in deals:
        at = [call.at for call in portal.calls("crm.deal.get") if call.params["id"] == deal]
        waits += [later - earlier for earlier, later in pairwise(at)]
    assert len(waits) == 20
    waits.sort()
    assert waits[0] < 0.07
    assert waits[15] - waits[0] > 0.02
    assert waits[15] < 0.1 + 0.1  # on a busy machine, which may stop during a few


async def test_rate_9_the_bound_of_the_wait_doubles_up_to_a_greatest_one(
    portal: FakePortal,
) -> None:
    options = Options(delay=0.02, max_delay=0.08, attempts=11)
    portal.fail_next("profile", "INTERNAL_SERVER_ERROR", times=10)
    began = time.monotonic()

    async with Client(portal.webhook_url, portal.transport, options=options) as client:
        await client.call("profile")

    assert time.monotonic() - began < 0.02 + 0.04 + 8 * 0.08 + 5  # of twenty without one
    assert len(portal.calls("profile")) == 11


def test_rate_9_the_numbers_of_the_back_off_are_options() -> None:
    options = Options(attempts=3, delay=2.0, max_delay=5.0)

    assert (options.attempts, options.delay, options.max_delay) == (3, 2.0, 5.0)
    with pytest.raises(ValueError, match="attempts=0"):
        Options(attempts=0)
    with pytest.raises(ValueError, match="delay=-1"):
        Options(delay=-1)


# Calls that change something (section E.1: creates after one 500).


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.executed])
async def test_rate_10_a_create_whose_answer_was_lost_is_made_once_and_says_so(
    portal: FakePortal, fault: Fault
) -> None:
    portal.fail_request(1, fault)

    async with Client(portal.webhook_url, portal.transport, options=NOW) as client:
        with pytest.raises(OutcomeUnknown) as caught:
            await client.call("crm.deal.add", fields={"TITLE": "Roof"})

    assert len(portal.records("deal")) == 1
    assert caught.value.maybe_executed
    assert isinstance(caught.value.__cause__, RestError)


async def test_rate_10_a_create_that_surely_did_not_run_is_made_again(portal: FakePortal) -> None:
    portal.fail_request(1, Fault.UNREACHED)
    portal.fail_next("crm.deal.add", "QUERY_LIMIT_EXCEEDED")

    async with Client(portal.webhook_url, portal.transport, options=NOW) as client:
        await client.call("crm.deal.add", fields={"TITLE": "Roof"})

    assert len(portal.records("deal")) == 1
    assert len(portal.calls("crm.deal.add")) == 2


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.executed])
async def test_rate_10_a_batch_of_creates_whose_answer_was_lost_is_made_once_and_says_so(
    portal: FakePortal, fault: Fault
) -> None:
    portal.fail_request(1, fault)
    creates = [("crm.deal.add", {"fields": {"TITLE": f"{n}"}}) for n in range(50)]

    async with Client(portal.webhook_url, portal.transport, options=NOW) as client:
        outcomes = await client.outcomes(creates)

    assert len(portal.records("deal")) == 50
    assert {type(outcome) for outcome in outcomes} == {OutcomeUnknown}


async def test_rate_10_only_the_caller_may_say_that_a_write_does_no_harm_twice(
    portal: FakePortal,
) -> None:
    deal = portal.add("deal")
    portal.fail_request(1, Fault.RESET_AFTER)

    async with Client(portal.webhook_url, portal.transport, options=NOW) as client:
        safe = client.with_options(idempotent=True)
        await safe.call("crm.deal.update", id=deal, fields={"TITLE": "Roof"})

    assert len(portal.calls("crm.deal.update")) == 2


# Time.


class Hanging:
    """A server that reads requests, and answers nothing or a part."""

    def __init__(self, *, begins: bool) -> None:
        self.begins = begins
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        if self.begins:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b'{"res', "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass


@pytest.mark.parametrize("begins", [False, True])
@pytest.mark.parametrize("timeouts", [Timeouts(read=0.1), Timeouts(total=1.0)])
async def test_rate_11_a_portal_that_hangs_costs_no_more_than_the_timeout(
    begins: bool, timeouts: Timeouts
) -> None:
    server = Hanging(begins=begins)
    options = Options(timeouts=timeouts, attempts=2, delay=0.0)

    async with serve_on_socket(server) as address:
        url = f"http://{address}/rest/1/planted-secret-code/"
        async with Client(url, options=options) as client:
            began = time.monotonic()
            with pytest.raises(PortalUnreachable):
                await client.call("profile")
            took = time.monotonic() - began
            with pytest.raises(OutcomeUnknown):
                await client.call("crm.deal.add", fields={"TITLE": "Roof"})

    assert server.asked == 2 + 1
    assert 0.2 <= took < 20


async def test_rate_11_a_call_waits_for_its_turn_no_longer_than_its_patience() -> None:
    portal = FakePortal(domain="rate11.bitrix24.test")
    options, limits = Options(patience=0.2), Limits(burst=1, per_second=0.05)

    async with Client(
        portal.webhook_url, portal.transport, options=options, limits=limits
    ) as client:
        await client.call("profile")
        began = time.monotonic()
        with pytest.raises(RateLimited) as caught:
            await client.call("profile")

    assert time.monotonic() - began < 15  # of the twenty until its turn
    assert caught.value.retry_after > 0
    assert portal.requests == 1


def test_rate_11_every_phase_has_a_timeout_of_its_own() -> None:
    timeouts = Options().timeouts

    assert 0 < timeouts.connect <= 10
    assert 0 < timeouts.read < timeouts.total < 120
