"""The road of calls to a portal: alone or merged, through tokens that expire and portals that move,
against a portal that counts."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from bitrix_events.errors import (
    AccessDenied,
    AnswerTooLarge,
    InstallationGone,
    NotFound,
    OperationTimeLimit,
    OutcomeUnknown,
    PortalFault,
    PortalUnreachable,
    RateLimited,
    RestError,
    StoreError,
    TokenExpired,
)
from bitrix_events.rest.access import Access, Authorization
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import UNLIMITED, Limits
from bitrix_events.rest.parameters import File
from bitrix_events.rest.responses import Response
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal, Fault, Reply
from bitrix_events.testing.limits import Latency, Operating
from bitrix_events.testing.limits import Limits as PortalLimits
from tests.access import FixedAccess, TokenAccess
from tests.wires import Wire

QUICK = Options(attempts=4, delay=0.001)
WIDE = Limits(burst=10_000, per_second=10_000)
"""Room for everything, but three requests alone."""
pytestmark = pytest.mark.usefixtures("short_pauses")


@asynccontextmanager
async def client_of(
    portal: FakePortal,
    access: Access | None = None,
    *,
    limits: Limits | None = WIDE,
    options: Options = QUICK,
) -> AsyncIterator[Client]:
    client = Client(access or FixedAccess(portal), portal.transport, options=options, limits=limits)
    async with client:
        yield client
        assert_idle(client)


def assert_idle(client: Client) -> None:
    """No place is lost."""
    turns = client._dispatcher._exchange.turns
    assert turns is not None
    assert (turns._under_way, turns._not_full) == (0, 0)
    assert all(w.turn.done() for line in (*turns._sharing, *turns._single) for w in line)


def slow_portal() -> FakePortal:
    return FakePortal(latency=Latency(request=0.01))


def alone(portal: FakePortal, method: str) -> int:
    return sum(not call.batched for call in portal.calls(method))


async def gather(*calls: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*calls, return_exceptions=True)


# Alone or together.


async def test_a_single_call_goes_alone() -> None:
    portal = FakePortal()
    async with client_of(portal) as client:
        for _ in range(5):
            await client.call("profile")

    assert (portal.requests, alone(portal, "profile")) == (5, 5)


@pytest.mark.parametrize(("count", "requests"), [(3, 3), (4, 4), (5, 4), (53, 4), (103, 5)])
async def test_what_has_to_wait_shares_a_request(count: int, requests: int) -> None:
    portal = slow_portal()
    portal.fill("deal", count)
    async with client_of(portal) as client:
        found = await gather(*(client.call("crm.deal.get", id=n + 1) for n in range(count)))

    assert [response.result["ID"] for response in found] == [str(n + 1) for n in range(count)]
    assert portal.requests == requests


async def test_a_storm_of_calls_costs_few_requests_and_is_never_refused() -> None:
    portal = FakePortal(limits=PortalLimits(), latency=Latency(0.01, 0.0001))
    portal.fill("deal", 2000)
    began = time.monotonic()
    async with client_of(portal, limits=None) as client:
        found = await gather(*(client.call("crm.deal.get", id=n + 1) for n in range(2000)))

    assert [response.result["ID"] for response in found] == [str(n + 1) for n in range(2000)]
    assert portal.requests <= 44
    assert portal.refusals == 0
    assert time.monotonic() - began < 15  # of a thousand seconds, one by one


async def test_calls_that_come_one_by_one_share_requests_too() -> None:
    portal = slow_portal()
    portal.fill("deal", 200)

    async with client_of(portal) as client:

        async def late(n: int) -> Any:
            await asyncio.sleep(n * 0.0005)
            return (await client.call("crm.deal.get", id=n + 1)).result["ID"]

        found = await asyncio.gather(*(late(n) for n in range(200)))

    assert found == [str(n + 1) for n in range(200)]
    assert portal.requests < 60


async def test_each_merged_call_has_its_own_result_or_error() -> None:
    portal = slow_portal()
    portal.fill("deal", 10)
    async with client_of(portal) as client:
        found = await gather(
            *(client.call("crm.deal.get", id=n) for n in range(1, 11)),
            client.call("crm.deal.get", id=404),
            client.call("crm.nonsense.get"),
            client.call("profile"),
        )

    assert [response.result["ID"] for response in found[:10]] == [str(n) for n in range(1, 11)]
    assert isinstance(found[10], NotFound)
    assert [error.method for error in found[10:12]] == ["crm.deal.get", "crm.nonsense.get"]
    assert isinstance(found[12], Response)
    assert portal.requests == 4


async def test_a_merged_call_gets_the_time_of_its_own_method() -> None:
    portal = FakePortal(
        latency=Latency(request=0.01), operating=Operating(seconds={"crm.deal.get": 1.5})
    )
    portal.fill("deal", 10)
    async with client_of(portal) as client:
        found = await gather(*(client.call("crm.deal.get", id=n) for n in range(1, 11)))

    assert sorted(response.time.operating for response in found)[-1] == 15


OCCUPIED = 3


async def with_others_under_way(
    portal: FakePortal, client: Client, *calls: Awaitable[Any]
) -> list[Any]:
    """Make calls while as many requests are under way as may go alone."""
    found = await gather(*(client.call("profile", n=n) for n in range(OCCUPIED)), *calls)
    return found[OCCUPIED:]


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("crm.deal.add", {"fields": {"TITLE": "x"}}),
        ("crm.deal.get", {"id": 1, "text": "$result[c0][ID]"}),
        ("crm.deal.update", {"id": 1, "fields": {"UF_CRM_LIST": []}}),
        ("crm.deal.update", {"id": 1, "fields": {"UF_CRM_FILE": File("a.txt", b"a")}}),
        ("crm.deal.update", {"id": 1, "fields": {"TITLE": "\ud83d"}}),
        ("crm.deal.list", {"filter": {"@ID": list(range(1, 1200))}}),
        ("task.elapseditem.getlist", {"id": 1}),
        ("disk.folder.uploadfile", {"id": 1, "data": {"NAME": "x"}}),
        ("my.own.action", {"id": 1}),
    ],
)
async def test_some_calls_never_share_a_request(method: str, parameters: dict[str, Any]) -> None:
    portal = slow_portal()
    portal.fill("deal", 1)
    async with client_of(portal) as client:
        calls = [client.call(method, parameters) for _ in range(5)]
        await with_others_under_way(portal, client, *calls)

    assert alone(portal, method) == 5
    assert portal.calls("batch") == []


@pytest.mark.parametrize(
    ("method", "merge", "requests"),
    [
        ("crm.deal.add", None, OCCUPIED + 5),
        ("crm.deal.add", True, OCCUPIED + 1),
        ("crm.deal.get", None, OCCUPIED + 1),
        ("crm.deal.get", False, OCCUPIED + 5),
        ("disk.folder.uploadfile", True, OCCUPIED + 5),
    ],
)
async def test_the_caller_may_say_whether_calls_share_requests(
    method: str, merge: bool | None, requests: int
) -> None:
    portal = slow_portal()
    async with client_of(portal) as client:
        told = client.with_options(merge=merge)
        calls = [told.call(method, id=1, fields={"TITLE": "x"}) for _ in range(5)]
        await with_others_under_way(portal, client, *calls)

    assert portal.requests == requests


async def test_a_parameter_without_a_form_is_refused_whether_the_call_waits_or_not() -> None:
    portal = slow_portal()
    async with client_of(portal) as client:
        with pytest.raises(ValueError, match="cannot be sent"):
            await client.call("crm.deal.get", id=object())
        (error,) = await with_others_under_way(
            portal, client, client.call("crm.deal.get", id=object())
        )

    assert isinstance(error, ValueError)
    assert portal.calls("crm.deal.get") == []


async def test_a_parameter_that_contains_itself_is_refused() -> None:
    portal = FakePortal()
    endless: dict[str, Any] = {}
    endless["again"] = endless
    async with client_of(portal) as client:
        await client.call("profile")
        with pytest.raises((ValueError, RecursionError)):
            await client.call("crm.deal.get", endless)


# Failures of a merged request.


async def test_a_merged_request_that_failed_tells_each_caller_its_own_method() -> None:
    portal = slow_portal()
    portal.fail_next("batch", "ACCESS_DENIED")
    methods = ["crm.deal.get", "crm.lead.get", "crm.contact.get"]
    async with client_of(portal) as client:
        found = await with_others_under_way(
            portal, client, *(client.call(method, id=1) for method in methods)
        )

    assert [type(error) for error in found] == [AccessDenied] * 3
    assert [error.method for error in found] == methods
    assert len({id(error) for error in found}) == 3


@pytest.mark.parametrize("fault", [f for f in Fault if f is not Fault.UNREACHED])
async def test_after_a_lost_answer_reads_are_repeated_and_changes_are_not(fault: Fault) -> None:
    portal = slow_portal()
    portal.fill("deal", 10)
    portal.fail_request(OCCUPIED + 1, fault)
    async with client_of(portal) as client:
        found = await with_others_under_way(
            portal,
            client,
            *(client.call("crm.deal.get", id=n) for n in range(1, 6)),
            *(client.call("crm.deal.update", id=n, fields={"TITLE": "x"}) for n in range(6, 11)),
        )

    assert [response.result["ID"] for response in found[:5]] == [str(n) for n in range(1, 6)]
    assert [type(outcome) for outcome in found[5:]] == [OutcomeUnknown] * 5
    assert {error.method for error in found[5:]} == {"crm.deal.update"}
    assert len(portal.calls("crm.deal.update")) == (5 if fault.executed else 0)


async def test_what_surely_was_not_run_is_repeated_though_it_changes_something() -> None:
    portal = slow_portal()
    portal.fill("deal", 10)
    portal.fail_request(OCCUPIED + 1, Fault.UNREACHED)
    async with client_of(portal) as client:
        found = await with_others_under_way(
            portal,
            client,
            *(client.call("crm.deal.update", id=n, fields={"TITLE": "x"}) for n in range(1, 11)),
        )

    assert [type(outcome) for outcome in found] == [Response] * 10
    assert len(portal.calls("crm.deal.update")) == 10


async def test_a_caller_may_say_that_a_repeat_does_no_harm() -> None:
    portal = FakePortal()
    portal.fill("deal", 1)
    portal.fail_request(1, Fault.RESET_AFTER)
    async with client_of(portal) as client:
        again = client.with_options(idempotent=True)
        await again.call("crm.deal.update", id=1, fields={"TITLE": "x"})

    assert len(portal.calls("crm.deal.update")) == 2


async def test_a_failure_that_stays_is_reported_after_so_many_tries() -> None:
    portal = FakePortal()
    portal.fail_next("profile", "INTERNAL_SERVER_ERROR", times=99)
    async with client_of(portal) as client:
        with pytest.raises(PortalFault):
            await client.call("profile")

    assert len(portal.calls("profile")) == QUICK.attempts


async def test_repeats_are_told_to_the_logger_of_the_options(
    caplog: pytest.LogCaptureFixture,
) -> None:
    portal = FakePortal()
    portal.fail_next("profile", "INTERNAL_SERVER_ERROR")
    logger = logging.getLogger("my.own")
    caplog.set_level("INFO", "my.own")
    async with client_of(portal, options=Options(delay=0.001, logger=logger)) as client:
        await client.call("profile")

    assert "profile" in caplog.text
    assert {record.name for record in caplog.records} == {"my.own"}


async def test_a_failing_command_of_a_merged_request_is_repeated_by_itself() -> None:
    portal = slow_portal()
    portal.fill("deal", 10)
    portal.fail_command(3)
    async with client_of(portal) as client:
        found = await with_others_under_way(
            portal, client, *(client.call("crm.deal.get", id=n) for n in range(1, 11))
        )

    assert [response.result["ID"] for response in found] == [str(n) for n in range(1, 11)]
    assert len(portal.calls("crm.deal.get")) == 11


class BrokenAccess(FixedAccess):
    """Works so many times, and then no more."""

    def __init__(self, portal: FakePortal, error: Exception, works: int) -> None:
        super().__init__(portal)
        self.error = error
        self.works = works

    async def authorize(self) -> Authorization:
        self.works -= 1
        if self.works < 0:
            raise self.error
        return await super().authorize()


@pytest.mark.parametrize("works", [0, 1, 1 + OCCUPIED])
@pytest.mark.parametrize(
    "error",
    [
        StoreError("the disk is full"),
        InstallationGone("authorize", "X", "uninstalled", portal="acme"),
    ],
)
async def test_a_failure_to_get_at_the_token_reaches_every_caller(
    error: Exception, works: int
) -> None:
    portal = slow_portal()
    client = Client(BrokenAccess(portal, error, works), portal.transport, options=QUICK)
    async with client:
        found = await with_others_under_way(
            portal, client, *(client.call("crm.deal.get", id=n) for n in range(1, 11))
        )
        if works:
            assert_idle(client)

    assert [type(outcome) for outcome in found] == [type(error)] * 10


# Leaving.


async def test_a_cancelled_caller_takes_nobody_with_it() -> None:
    portal = slow_portal()
    portal.fill("deal", 60)
    async with client_of(portal) as client:
        tasks = [
            asyncio.create_task(client.call("crm.deal.get", id=n + 1).send()) for n in range(60)
        ]
        await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        found = await gather(*tasks)

        for n, outcome in enumerate(found):
            if n % 3:
                assert outcome.result["ID"] == str(n + 1)
            else:
                assert isinstance(outcome, asyncio.CancelledError)
        assert_idle(client)
        await client.call("profile")


@pytest.mark.parametrize("moment", range(0, 30, 3))
async def test_whenever_callers_leave_afterwards_everything_flows(moment: int) -> None:
    portal = FakePortal(latency=Latency(request=0.004))
    portal.fill("deal", 40)
    async with client_of(portal, limits=Limits(burst=3, per_second=500)) as client:
        tasks = [
            asyncio.create_task(
                (
                    client.call("crm.deal.get", id=n + 1)
                    if n % 4
                    else client.call("crm.deal.add", fields={})
                ).send()
            )
            for n in range(40)
        ]
        await asyncio.sleep(moment / 1000)
        for task in tasks[::2]:
            task.cancel()
        await gather(*tasks)
        await asyncio.sleep(0.01)  # what was sent together goes on without them

        assert_idle(client)
        await asyncio.wait_for(asyncio.gather(*(client.call("profile") for _ in range(10))), 30)


async def test_a_timeout_of_the_caller_frees_the_place() -> None:
    portal = FakePortal(latency=Latency(request=0.2))
    async with client_of(portal) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await asyncio.gather(*(client.call("profile") for _ in range(3)))


async def test_closing_sends_everybody_away_with_what_is_known() -> None:
    portal = FakePortal(latency=Latency(request=0.05))
    portal.fill("deal", 100)
    client = Client(FixedAccess(portal), portal.transport, options=QUICK, limits=WIDE)
    changes = [
        asyncio.create_task(client.call("crm.deal.update", id=n + 1, fields={"TITLE": "x"}).send())
        for n in range(100)
    ]
    reads = [asyncio.create_task(client.call("crm.deal.get", id=n + 1).send()) for n in range(30)]
    await asyncio.sleep(0.02)  # three go alone, fifty and fifty together, some wait

    await client.close()
    found = await asyncio.wait_for(gather(*changes, *reads), 30)

    assert all(isinstance(o, Response | OutcomeUnknown | RuntimeError) for o in found)
    assert sum(isinstance(outcome, OutcomeUnknown) for outcome in found) >= 50
    with pytest.raises(RuntimeError, match="closed"):
        await client.call("profile")


async def test_closing_leaves_the_connections_of_others_open() -> None:
    portal = FakePortal()
    transport = Transport(portal.transport)
    client = Client(FixedAccess(portal), transport)
    await client.call("profile")
    await client.close()

    async with Client(FixedAccess(portal), transport) as other:
        await other.call("profile")
    await transport.close()

    with pytest.raises(RuntimeError, match="closed"):
        await client.call("profile")


# Limits.


@pytest.mark.parametrize("waits", [False, True])
async def test_patience_ends_as_too_many_requests(waits: bool) -> None:
    portal = FakePortal()
    limits = Limits(burst=1, per_second=0.02)
    async with client_of(portal, limits=limits) as client:
        await client.call("profile")
        hasty = client.with_options(patience=0.05 if waits else 0)
        began = time.monotonic()
        found = await gather(hasty.call("crm.deal.get", id=1), hasty.call("crm.deal.add"))

    assert [type(error) for error in found] == [RateLimited] * 2
    assert [error.method for error in found] == ["crm.deal.get", "crm.deal.add"]
    assert all(40 < error.retry_after <= 50.01 for error in found)
    assert time.monotonic() - began < 30
    assert portal.requests == 1


async def test_what_is_refused_waits_as_long_as_the_bucket_is_closed() -> None:
    portal = FakePortal(limits=PortalLimits(burst=5, per_second=100))
    async with client_of(portal, limits=Limits(burst=50, per_second=100)) as client:
        adds = (client.call("crm.deal.add", fields={"TITLE": str(n)}) for n in range(30))
        found = await gather(*adds)

    assert [type(outcome) for outcome in found] == [Response] * 30
    assert len(portal.records("deal")) == 30


async def test_a_method_that_used_up_its_time_is_not_called_before_it_has_some_again() -> None:
    portal = FakePortal(operating=Operating(limit=10, window=600, seconds={"crm.deal.list": 6}))
    async with client_of(portal, limits=Limits(10_000, 10_000, method_seconds=10)) as client:
        hasty = client.with_options(patience=1)
        for _ in range(2):
            await hasty.call("crm.deal.list")
        began = time.monotonic()
        with pytest.raises(OperationTimeLimit) as caught:
            await hasty.call("crm.deal.list")
        await hasty.call("profile")

    assert time.monotonic() - began < 30
    assert caught.value.method == "crm.deal.list"
    assert 500 < caught.value.retry_after <= 601
    assert len(portal.calls("crm.deal.list")) == 2


async def test_a_method_that_the_portal_refuses_is_not_asked_for_again_and_again() -> None:
    portal = FakePortal()
    portal.fail_next("crm.deal.list", "OPERATION_TIME_LIMIT", times=99)
    async with client_of(portal) as client:
        hasty = client.with_options(patience=1)
        for _ in range(3):
            with pytest.raises(OperationTimeLimit) as caught:
                await hasty.call("crm.deal.list")
        await hasty.call("profile")

    assert 50 < caught.value.retry_after <= 60
    assert len(portal.calls("crm.deal.list")) == 1


async def test_a_merged_call_of_a_refused_method_holds_no_other_method_up() -> None:
    portal = slow_portal()
    portal.fill("deal", 10)
    portal.fail_next("crm.deal.list", "OPERATION_TIME_LIMIT", times=99)
    async with client_of(portal) as client:
        hasty = client.with_options(patience=1)
        lists = [hasty.call("crm.deal.list") for _ in range(3)]
        gets = [hasty.call("crm.deal.get", id=n) for n in range(1, 11)]
        found = await with_others_under_way(portal, client, *lists, *gets)

    assert [type(outcome) for outcome in found] == [OperationTimeLimit] * 3 + [Response] * 10
    assert len(portal.calls("crm.deal.list")) == 3


async def test_a_method_goes_on_after_its_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    portal = FakePortal()
    portal.fail_next("crm.deal.list", "OPERATION_TIME_LIMIT")
    async with client_of(portal) as client:
        client._dispatcher.times._resets["crm.deal.list"] = time.monotonic() + 0.05
        await client.call("crm.deal.list")

    assert len(portal.calls("crm.deal.list")) == 2


async def test_a_refused_batch_is_not_asked_for_again_and_again() -> None:
    portal = slow_portal()
    portal.fill("deal", 10)
    portal.fail_next("batch", "OPERATION_TIME_LIMIT", times=99)
    async with client_of(portal) as client:
        found = await with_others_under_way(
            portal, client, *(client.call("crm.deal.get", id=n) for n in range(1, 11))
        )

    assert [type(outcome) for outcome in found] == [Response] * 10
    assert len(portal.calls("batch")) == 1


async def test_a_throttle_holds_for_all_clients_of_the_portal() -> None:
    portal = FakePortal()
    async with client_of(portal) as one, client_of(portal) as other:
        await other.call("profile")
        began = time.monotonic()
        async with one.slow(20):
            for _ in range(3):
                await one.call("profile")
                await other.call("profile")
        slowed = time.monotonic() - began
        alone = one.with_options(merge=False)
        await gather(*(alone.call("profile") for _ in range(100)))

    assert slowed > 0.2
    assert portal.requests == 1 + 6 + 100
    assert time.monotonic() - began - slowed < 4.5  # of five


# Tokens and moves.


async def test_a_merged_request_with_an_expired_token_renews_it_once() -> None:
    portal = slow_portal()
    portal.fill("deal", 20)
    access = TokenAccess(portal)
    async with client_of(portal, access) as client:
        await client.call("profile")
        portal.expire_tokens()
        found = await gather(
            *(client.call("crm.deal.update", id=n, fields={"TITLE": "x"}) for n in range(1, 21))
        )

    assert [type(outcome) for outcome in found] == [Response] * 20
    assert len(access.refused) == 1
    assert len(portal.calls("crm.deal.update")) == 20 + OCCUPIED


async def test_a_token_that_is_refused_again_fails_each_call() -> None:
    portal = slow_portal()
    portal.fail_next("batch", "expired_token", times=9)
    async with client_of(portal, TokenAccess(portal)) as client:
        found = await with_others_under_way(
            portal, client, *(client.call("crm.deal.get", id=n) for n in range(1, 4))
        )

    assert [type(outcome) for outcome in found] == [TokenExpired] * 3
    assert len(portal.calls("batch")) == 2


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("troubles", ["move", "expire", "move expire", "expire move"])
async def test_a_portal_may_move_and_a_token_expire_in_either_order(
    troubles: str, merged: bool
) -> None:
    portal = slow_portal()
    portal.fill("deal", 20)
    access = TokenAccess(portal)
    async with client_of(portal, access) as client:
        await client.call("profile")

        class Late(httpx.AsyncBaseTransport):
            """Brings the second trouble when the first one is dealt with."""

            inner = portal.transport
            left = troubles.split()

            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                if self.left:
                    if self.left.pop(0) == "move":
                        portal.move(f"moved{len(self.left)}.bitrix24.test")
                    else:
                        portal.expire_tokens()
                return await self.inner.handle_async_request(request)

        client._dispatcher._exchange._transport = Transport(Late())
        count = 20 if merged else 1
        found = await gather(
            *(
                client.call("crm.deal.update", id=n, fields={"TITLE": "x"})
                for n in range(1, count + 1)
            )
        )

        assert [type(outcome) for outcome in found] == [Response] * count
        assert client.domain == portal.domain
    deals = portal.records("deal")[:count]
    assert [deal["TITLE"] for deal in deals] == ["x"] * count


class LostAccess(TokenAccess):
    """Gets no answer when it asks for a new token, or whether the portal has moved; at first."""

    def __init__(self, portal: FakePortal, failures: int) -> None:
        super().__init__(portal)
        self.failures = failures

    async def renew(self, refused: Authorization) -> Authorization:
        self._fail(refused)
        return await super().renew(refused)

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        self._fail(refused)
        return await super().relocate(refused, location)

    def _fail(self, refused: Authorization) -> None:
        self.failures -= 1
        if self.failures >= 0:
            raise PortalUnreachable(
                "oauth/token", "no answer in time", portal=refused.domain, maybe_executed=True
            )


@pytest.mark.parametrize("trouble", ["expire", "move"])
@pytest.mark.parametrize("failures", [1, 99])
async def test_a_call_that_was_turned_away_has_no_unknown_outcome(
    trouble: str, failures: int
) -> None:
    portal = FakePortal()
    access = LostAccess(portal, failures)
    if trouble == "move":
        portal.move("new.bitrix24.test")
    else:
        portal.expire_tokens()
    async with client_of(portal, access) as client:
        (found,) = await gather(client.call("crm.deal.add", fields={"TITLE": "x"}))

    assert type(found) is (Response if failures == 1 else PortalUnreachable)
    assert len(portal.records("deal")) == (failures == 1)


async def test_after_a_move_the_new_address_has_its_own_bucket() -> None:
    portal = FakePortal()
    async with client_of(portal, TokenAccess(portal), limits=Limits(50, 0.01)) as client:
        for _ in range(10):
            await client.call("profile")
        old = await client._dispatcher.bucket()
        portal.move("new.bitrix24.test")
        await client.call("profile")
        new = await client._dispatcher.bucket()

    assert new is not old
    assert 0.5 < new._level <= 1
    assert old._level > 10


# What is sent.


async def test_parameters_of_positional_methods_keep_their_order_without_a_token_between() -> None:
    wire = Wire()
    wire.portal.answer("task.commentitem.add", 1)
    access = TokenAccess(wire.portal)
    async with Client(access, wire) as client:
        await client.call("task.commentitem.add", {"TASKID": 1, "FIELDS": {"POST_MESSAGE": "x"}})

    (request,) = wire.requests
    assert list(json.loads(request.content)) == ["TASKID", "FIELDS"]
    assert request.headers["Authorization"] == f"Bearer {access.token}"


async def test_every_request_has_an_id_of_its_own_that_the_error_names() -> None:
    wire = Wire()
    wire.portal.fail_next("profile", "ACCESS_DENIED", times=2)

    async with Client(wire.webhook, wire) as client:
        found = [await gather(client.call("profile")) for _ in range(2)]

    ids = [request.headers["X-Request-ID"] for request in wire.requests]
    assert [error.request_id for (error,) in found] == ids
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("method", "kind"), [("crm.deal.get", AnswerTooLarge), ("crm.deal.add", OutcomeUnknown)]
)
async def test_an_answer_that_is_too_large_is_not_asked_for_again(
    method: str, kind: type[RestError]
) -> None:
    portal = FakePortal()
    portal.fail_request(1, Reply(200, b" " * (16 * 1024 * 1024 + 1)), times=9)

    async with client_of(portal) as client:
        with pytest.raises(kind):
            await client.call(method)

    assert portal.requests == 1


async def test_nothing_is_lost_or_done_twice_in_bad_weather() -> None:
    portal = FakePortal(latency=Latency(request=0.001))
    ids = portal.fill("deal", 300, TITLE="old")
    portal.disturb(
        {
            Fault.BUSY_BEFORE: 0.03,
            Fault.RESET_AFTER: 0.02,
            Fault.RESET_BEFORE: 0.02,
            Fault.UNREACHED: 0.03,
            Fault.PAGE_AFTER: 0.02,
        },
        commands={"INTERNAL_SERVER_ERROR": 0.01},
        seed=7,
    )
    done: dict[str, Any] = {}

    async with client_of(portal, options=Options(delay=0.001, attempts=20)) as client:

        async def work(deal: int, call: Callable[..., Any]) -> None:
            title = (await call("crm.deal.get", id=deal)).result["TITLE"]
            try:
                await call("crm.deal.add", fields={"TITLE": f"{title} {deal}"})
            except RestError as error:
                done[f"old {deal}"] = error
            else:
                done[f"old {deal}"] = None

        await asyncio.gather(*(work(deal, client.call) for deal in ids))

    made = [deal["TITLE"] for deal in portal.records("deal") if deal["TITLE"] != "old"]
    assert len(made) == len(set(made))
    for title, error in done.items():
        assert isinstance(error, OutcomeUnknown) or (error is None and title in made)
    assert len(done) == 300


async def test_a_portal_that_pauses_does_not_delay_another() -> None:
    one, other = FakePortal(domain="one.bitrix24.test"), FakePortal(domain="two.bitrix24.test")
    async with client_of(one, limits=Limits(1, 0.1)) as held, client_of(other) as free:
        await held.call("profile")
        waiting = asyncio.create_task(held.call("profile").send())
        await asyncio.wait_for(gather(*(free.call("profile") for _ in range(20))), 8)
        assert not waiting.done()
        waiting.cancel()
        await gather(waiting)


async def test_an_unlimited_portal_is_called_at_once() -> None:
    portal = slow_portal()
    async with client_of(portal, limits=UNLIMITED) as client:
        await asyncio.gather(*(client.call("profile") for _ in range(60)))

    assert portal.calls("batch") == []


async def test_a_lost_portal_is_told_as_such() -> None:
    wire = Wire()
    wire.portal.fail_request(1, Fault.UNREACHED, times=9)
    options = Options(attempts=2, delay=0.001)
    async with Client(wire.webhook, wire, options=options) as client:
        with pytest.raises(PortalUnreachable) as caught:
            await client.call("crm.deal.add")

    assert len(wire.requests) == 2
    assert not caught.value.maybe_executed
