"""The facade for `def` handlers: the same verbs, called from a thread."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from bitrix_events.errors import BatchError, IncompleteList, NotFound, OutcomeUnknown
from bitrix_events.events import Deal
from bitrix_events.rest import sync
from bitrix_events.rest.batch import Ref
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import Limits
from bitrix_events.rest.responses import Response
from bitrix_events.rest.sync import SyncClient
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal
from bitrix_events.testing.limits import Latency
from tests.access import FixedAccess
from tests.serving import PATIENCE, a_moment

QUICK = Options(attempts=3, delay=0.001)
WIDE = Limits(burst=10_000, per_second=10_000)


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[SyncClient]:
    transport = Transport(portal.transport)
    yield SyncClient.over(Client(FixedAccess(portal), transport), asyncio.get_running_loop())
    await transport.close()


async def test_a_thread_calls_a_method(portal: FakePortal, client: SyncClient) -> None:
    deal_id = portal.add("deal", TITLE="Big")

    response = await asyncio.to_thread(client.call, "crm.deal.get", {"id": deal_id})

    assert response.result["TITLE"] == "Big"


async def test_keywords_are_parameters(portal: FakePortal, client: SyncClient) -> None:
    await asyncio.to_thread(client.call, "profile", {"a": 1}, b=2)

    (call,) = portal.calls("profile")
    assert call.params == {"a": 1, "b": 2}


async def test_an_error_passes_through(client: SyncClient) -> None:
    with pytest.raises(NotFound):
        await asyncio.to_thread(client.get, Deal, 404)


async def test_a_record_is_read_into_its_model(portal: FakePortal, client: SyncClient) -> None:
    deal_id = portal.add("deal", TITLE="Big")

    deal = await asyncio.to_thread(client.get, Deal, deal_id)

    assert deal.title == "Big"


@pytest.mark.parametrize("count", [0, 1, 50, 120])
async def test_all_rows_are_listed(portal: FakePortal, client: SyncClient, count: int) -> None:
    for _ in range(count):
        portal.add("deal")

    rows = await asyncio.to_thread(lambda: list(client.list("crm.deal.list", select=["ID"])))

    assert [row["ID"] for row in rows] == [str(n + 1) for n in range(count)]


async def test_pages_are_fetched_while_rows_are_taken(
    portal: FakePortal, client: SyncClient
) -> None:
    portal.fill("deal", 30_000)

    def take(count: int) -> list[Any]:
        rows = iter(client.list("crm.deal.list"))
        return [next(rows) for _ in range(count)]

    taken = await asyncio.to_thread(take, 51)

    assert len(taken) == 51
    assert len(portal.calls("crm.deal.list")) < 300


async def test_a_list_that_breaks_off_raises(portal: FakePortal, client: SyncClient) -> None:
    def read() -> list[Any]:
        return list(client.list("profile"))

    with pytest.raises(IncompleteList):
        await asyncio.to_thread(read)


async def test_a_batch_returns_its_responses(portal: FakePortal, client: SyncClient) -> None:
    deal_id = portal.add("deal", TITLE="Big")

    responses = await asyncio.to_thread(
        client.batch, {"deal": ("crm.deal.get", {"id": deal_id}), "me": ("profile", {})}
    )

    assert responses["deal"].result["TITLE"] == "Big"


async def test_errors_of_a_batch_pass_through(client: SyncClient) -> None:
    with pytest.raises(BatchError):
        await asyncio.to_thread(client.batch, {"deal": ("crm.deal.get", {"id": 404})})


async def test_many_threads_share_one_client(portal: FakePortal, client: SyncClient) -> None:
    ids = [portal.add("deal") for _ in range(20)]

    deals = await asyncio.gather(*(asyncio.to_thread(client.get, Deal, n) for n in ids))

    assert [deal.id for deal in deals] == ids


# On its own, in a script.


@pytest.fixture
def script(portal: FakePortal) -> Iterator[SyncClient]:
    with SyncClient(portal.webhook_url, portal.transport, options=QUICK, limits=WIDE) as client:
        yield client


def test_it_needs_nothing_but_the_address(portal: FakePortal) -> None:
    with SyncClient(portal.webhook_url, portal.transport) as client:
        assert client.domain == ""
        assert client.call("profile").result["ID"] == "1"
        assert client.domain == portal.domain


def test_it_leaves_no_thread_behind(portal: FakePortal) -> None:
    before = set(threading.enumerate())
    with SyncClient(portal.webhook_url, portal.transport) as client:
        client.call("profile")
        assert len(set(threading.enumerate()) - before) == 1

    assert set(threading.enumerate()) <= before


def test_a_client_that_was_never_used_is_closed_too(portal: FakePortal) -> None:
    client = SyncClient(portal.webhook_url, portal.transport)
    client.close()
    client.close()

    with pytest.raises(RuntimeError, match="closed"):
        client.call("profile")


@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.call("profile"),
        lambda client: client.request("profile").result,
        lambda client: client.batch(["profile"]),
        lambda client: client.apply("profile", [{}]),
        lambda client: client.list("crm.deal.list").as_list(),
        lambda client: list(client.list("crm.deal.list")),
        lambda client: client.with_options(attempts=1),
        lambda client: client.v3.call("tasks.task.get", id=1),
    ],
)
def test_nothing_works_after_the_end(portal: FakePortal, use: Callable[[SyncClient], Any]) -> None:
    client = SyncClient(portal.webhook_url, portal.transport)
    client.call("profile")
    client.close()

    with pytest.raises(RuntimeError, match="closed"):
        use(client)


def test_other_options_share_the_thread(portal: FakePortal, script: SyncClient) -> None:
    hasty = script.with_options(attempts=1)
    before = threading.active_count()
    hasty.call("profile")
    hasty.close()  # it is not the one to close

    assert threading.active_count() <= before + 1
    assert hasty.call("profile").result["ID"] == "1"
    script.close()
    with pytest.raises(RuntimeError, match="closed"):
        hasty.call("profile")


def test_many_threads_use_it_at_once(portal: FakePortal, script: SyncClient) -> None:
    portal.fill("deal", 200)
    with ThreadPoolExecutor(20) as threads:
        found = threads.map(lambda n: script.call("crm.deal.get", id=n).result["ID"], range(1, 201))

        assert list(found) == [str(n) for n in range(1, 201)]


def test_closing_ends_the_calls_of_other_threads() -> None:
    portal = FakePortal(latency=Latency(request=3600))
    client = SyncClient(portal.webhook_url, portal.transport)
    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(client.call, "crm.deal.get", id=n) for n in range(8)]
        wait_until(lambda: portal.requests >= 3)
        client.close()

        for call in calls:
            assert isinstance(call.exception(timeout=PATIENCE), RuntimeError | OutcomeUnknown)


def test_closing_tells_each_thread_what_became_of_its_calls() -> None:
    portal = FakePortal(latency=Latency(request=3600))
    client = SyncClient(portal.webhook_url, portal.transport, limits=WIDE)
    items = [{"fields": {"TITLE": "x"}}] * 60
    with ThreadPoolExecutor(2) as threads:
        call = threads.submit(client.call, "crm.deal.add", fields={})
        work = threads.submit(client.apply, "crm.deal.add", items)
        wait_until(lambda: portal.requests == 3)
        client.close()

        assert isinstance(call.exception(timeout=PATIENCE), OutcomeUnknown)
        error = work.exception(timeout=PATIENCE)
    assert isinstance(error, BatchError)
    assert {type(e) for e in error.errors.values()} == {OutcomeUnknown}


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


async def test_on_its_own_event_loop_it_says_so_instead_of_waiting_for_itself(
    client: SyncClient,
) -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        client.call("profile")


def test_an_event_loop_that_does_not_run_is_noticed(
    portal: FakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "_LOOK_AGAIN", 0.01)
    loop = asyncio.new_event_loop()
    client = SyncClient.over(Client(portal.webhook_url, portal.transport), loop)

    with pytest.raises(RuntimeError, match="does not run"):
        client.call("profile")

    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    assert portal.requests == 0


def test_an_event_loop_that_stops_meanwhile_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "_LOOK_AGAIN", 0.01)
    portal = FakePortal(latency=Latency(request=3600))
    loop = asyncio.new_event_loop()
    client = SyncClient.over(Client(portal.webhook_url, portal.transport), loop)
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(client.call, "profile")
        while portal.requests == 0:
            loop.run_until_complete(asyncio.sleep(0.01))

        assert "does not run" in str(call.exception(timeout=PATIENCE))
    loop.run_until_complete(a_moment())
    assert not asyncio.all_tasks(loop)
    loop.close()


async def test_on_somebody_elses_event_loop_it_works(portal: FakePortal) -> None:
    """As in a notebook."""
    with SyncClient(portal.webhook_url, portal.transport) as client:
        assert client.call("profile").result["ID"] == "1"


def test_it_can_be_slowed_down(portal: FakePortal, script: SyncClient) -> None:
    script.call("profile")
    began = time.monotonic()
    with script.slow(20):
        for _ in range(4):
            script.call("profile")

    assert time.monotonic() - began > 0.14


# Requests that are made when their result is asked for.


def test_a_request_is_made_once_when_its_result_is_asked_for(
    portal: FakePortal, script: SyncClient
) -> None:
    request = script.request("crm.deal.add", fields={"TITLE": "x"})
    assert portal.requests == 0

    assert (request.result, request.result, request.response.result) == (1, 1, 1)
    assert request.time.duration >= 0
    assert portal.requests == 1


def test_a_request_can_be_made_again(portal: FakePortal, script: SyncClient) -> None:
    request = script.request("crm.deal.add", fields={"TITLE": "x"})

    assert [request.call().result, request.call().result, request.result] == [1, 2, 2]


def test_a_request_reads_all_rows(portal: FakePortal, script: SyncClient) -> None:
    portal.fill("deal", 120)
    request = script.request("crm.deal.list", select=["ID"])
    ids = [str(n + 1) for n in range(120)]

    assert [row["ID"] for row in request.as_list()] == ids
    assert [row["ID"] for row in request.as_list(limit=70)] == ids[:70]
    assert [row["ID"] for row in request.as_list_fast()] == ids
    assert [row["ID"] for row in request.as_list_fast(descending=True)] == ids[::-1]
    assert [row["ID"] for row in request.as_list_fast(limit=3)] == ids[:3]


def test_requests_go_into_batches(portal: FakePortal, script: SyncClient) -> None:
    portal.fill("deal", 60)
    requests = [script.request("crm.deal.get", id=n + 1) for n in range(60)]

    by_name = script.call_batch({"first": requests[0], "me": "profile"})
    all_of_them = script.call_batches(requests)

    assert by_name["first"].result["ID"] == "1"
    assert [response.result["ID"] for response in all_of_them] == [str(n + 1) for n in range(60)]
    with pytest.raises(ValueError, match="call_batches"):
        script.call_batch(requests)


def test_a_request_of_another_client_is_refused_in_a_batch(
    portal: FakePortal, script: SyncClient
) -> None:
    with SyncClient(portal.webhook_url, portal.transport) as other:
        request = other.request("crm.deal.delete", id=1)
        for commands in ([request], {"gone": request}):
            with pytest.raises(ValueError, match="another client"):
                script.batch(commands)
        assert script.batch([script.with_options(attempts=1).request("profile")])

    assert not portal.calls("crm.deal.delete")


@pytest.mark.parametrize("count", [50, 51])
def test_one_request_takes_fifty_commands(
    portal: FakePortal, script: SyncClient, count: int
) -> None:
    commands: dict[str, Any] = {f"c{n}": ("profile", {}) for n in range(count)}
    if count == 50:
        assert len(script.call_batch(commands)) == 50
        assert portal.requests == 1
    else:
        with pytest.raises(ValueError, match="51 commands"):
            script.call_batch(commands)
        assert portal.requests == 0


def test_outcomes_and_references_work_as_in_the_async_client(
    portal: FakePortal, script: SyncClient
) -> None:
    found = script.outcomes(
        [
            script.request("crm.deal.add", fields={"TITLE": "x"}),
            ("crm.deal.get", {"id": Ref(0)}),
            ("crm.deal.get", {"id": 404}),
        ]
    )

    assert [type(outcome) for outcome in found] == [Response, Response, NotFound]


def test_one_method_is_applied_to_many_items(portal: FakePortal, script: SyncClient) -> None:
    portal.fill("deal", 120)

    responses = script.apply("crm.deal.update", [{"id": n + 1, "fields": {}} for n in range(3)])

    assert len(responses) == 3


# What is interrupted.


def test_rows_that_nobody_takes_are_not_fetched_on(portal: FakePortal, script: SyncClient) -> None:
    portal.fill("deal", 100_000)
    for row in script.list("crm.deal.list", select=["ID"]):
        if row["ID"] == "60":
            break
    wait_until(lambda: pending(script) == 0)
    requests = portal.requests
    time.sleep(0.05)

    assert portal.requests == requests
    assert pending(script) == 0


def pending(client: SyncClient) -> int:
    """How many tasks go on in the thread of the client."""
    assert client._loop is not None
    return len(asyncio.all_tasks(client._loop))


def test_an_iteration_that_is_left_over_at_the_end_does_no_harm(portal: FakePortal) -> None:
    portal.fill("deal", 100_000)
    with SyncClient(portal.webhook_url, portal.transport, limits=WIDE) as client:
        rows = iter(client.list("crm.deal.list", select=["ID"]))
        next(rows)

    rows.close()
    with pytest.raises(StopIteration):
        next(rows)


class Interrupting(httpx.AsyncBaseTransport):
    """Interrupts the main thread, as Ctrl+C does, when so many requests were made."""

    def __init__(self, portal: FakePortal, after: int) -> None:
        self.inner = portal.transport
        self.left = after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.left -= 1
        if self.left == 0:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if self.left <= 0:
            await asyncio.sleep(3600)
        return await self.inner.handle_async_request(request)


@pytest.mark.parametrize("after", [1, 2, 3, 5])
def test_an_interrupted_thread_stops_at_once(portal: FakePortal, after: int) -> None:
    portal.fill("deal", 60_000)
    transport = Interrupting(portal, after)
    with SyncClient(portal.webhook_url, transport, limits=WIDE) as client:
        with pytest.raises(KeyboardInterrupt):
            list(client.list("crm.deal.list", select=["ID"]))
        wait_until(lambda: pending(client) == 0)


def test_an_interrupted_call_is_not_made_again(portal: FakePortal) -> None:
    transport = Interrupting(portal, 1)
    with SyncClient(portal.webhook_url, transport, limits=WIDE) as client:
        with pytest.raises(KeyboardInterrupt):
            client.call("crm.deal.add")
        wait_until(lambda: pending(client) == 0)

    assert transport.left == 0
