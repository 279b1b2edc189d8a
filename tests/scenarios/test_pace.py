"""The pace of all clients of a process together, in real time and over real sockets.

Limits are a tenth of a real portal's in time. The portal takes more than its clients believe: on a
busy machine requests arrive closer together than they were sent.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

import httpx
import pytest

from bitrix_events import Client, Limits, Options, RateLimited, SyncClient
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal, Latency, Operating
from bitrix_events.testing import Limits as PortalLimits
from tests.serving import PATIENCE, eventually

TAKEN = PortalLimits(burst=30, per_second=20)
BELIEVED = Limits(burst=10, per_second=20)
DEALS, SINGLES, UPDATES = 2_600, 5, 100


def creates(name: str, count: int) -> list[dict[str, Any]]:
    return [{"fields": {"TITLE": f"{name} {n}"}} for n in range(count)]


def updates(name: str, first: int, count: int) -> list[dict[str, Any]]:
    return [{"id": i, "fields": {"COMMENTS": f"{name} {i}"}} for i in range(first, first + count)]


async def work(client: Client, name: str, first: int) -> list[int]:
    """Singles, a list and many updates at a time; the ids of the list."""
    rows, *_ = await asyncio.gather(
        client.list("crm.deal.list", select=["ID"]).all(),
        client.apply("crm.deal.update", updates(name, first, UPDATES)),
        *(client.call("crm.deal.add", item).send() for item in creates(name, SINGLES)),
    )
    return [int(row["ID"]) for row in rows]


def work_in_a_loop_of_its_own(url: str, name: str, first: int) -> list[int]:
    async def main() -> list[int]:
        async with Client(url, limits=BELIEVED) as client:
            return await work(client, name, first)

    return asyncio.run(main())


def work_in_a_thread(url: str, name: str, first: int) -> list[int]:
    with SyncClient(url, limits=BELIEVED) as client:
        for item in creates(name, SINGLES):
            client.call("crm.deal.add", item)
        client.apply("crm.deal.update", updates(name, first, UPDATES))
        return [int(row["ID"]) for row in client.list("crm.deal.list", select=["ID"])]


def check_work(portal: FakePortal, names: dict[str, int], lists: Sequence[list[int]]) -> None:
    """Everything was done, and once."""
    records = portal.records("deal")
    titles = Counter(record["TITLE"] for record in records[DEALS:])
    assert titles == {f"{name} {n}": 1 for name in names for n in range(SINGLES)}
    comments = {int(record["ID"]): record["COMMENTS"] for record in records}
    for name, first in names.items():
        assert all(comments[i] == f"{name} {i}" for i in range(first, first + UPDATES))
    for ids in lists:
        assert ids[:DEALS] == list(range(1, DEALS + 1))
        assert ids == sorted(set(ids))


def seconds_at_least(portal: FakePortal) -> float:
    """How long the requests that came have to take."""
    return (portal.requests - BELIEVED.burst) / BELIEVED.per_second


async def test_mixed_work_of_many_clients_in_many_threads_keeps_to_the_limit_together() -> None:
    names = {"loop one": 1, "loop two": 201, "thread": 401, "here": 601, "here, too": 801}
    async with FakePortal(limits=TAKEN).serve() as portal:
        portal.fill("deal", DEALS)
        url = portal.webhook_url
        began = time.monotonic()
        async with Client(url, limits=BELIEVED) as one, Client(url, limits=BELIEVED) as two:
            lists = await asyncio.gather(
                asyncio.to_thread(work_in_a_loop_of_its_own, url, "loop one", 1),
                asyncio.to_thread(work_in_a_loop_of_its_own, url, "loop two", 201),
                asyncio.to_thread(work_in_a_thread, url, "thread", 401),
                work(one, "here", 601),
                work(two, "here, too", 801),
            )
        took = time.monotonic() - began

    check_work(portal, names, lists)
    assert portal.refusals == 0
    assert portal.requests >= 5 * (SINGLES + 3 + 2)
    assert took > seconds_at_least(portal) * 0.9


async def test_four_sync_clients_in_threads_keep_to_the_limit_together() -> None:
    names = {f"thread {n}": 200 * n + 1 for n in range(4)}
    async with FakePortal(limits=TAKEN).serve() as portal:
        portal.fill("deal", DEALS)
        began = time.monotonic()
        lists = await asyncio.gather(
            *(
                asyncio.to_thread(work_in_a_thread, portal.webhook_url, name, first)
                for name, first in names.items()
            )
        )
        took = time.monotonic() - began

    check_work(portal, names, lists)
    assert portal.refusals == 0
    assert took > seconds_at_least(portal) * 0.9


async def test_a_storm_of_single_reads_needs_few_requests_and_no_wait() -> None:
    latency = Latency(request=0.05, command=0.001)
    async with FakePortal(limits=PortalLimits(), latency=latency).serve() as portal:
        ids = portal.fill("deal", 2_000)
        async with Client(portal.webhook_url) as client:
            calls = (client.call("crm.deal.get", id=i, select=["ID"]).send() for i in ids)
            found = await asyncio.gather(*calls)

    assert [int(response.result["ID"]) for response in found] == list(ids)
    assert portal.requests <= 44
    assert portal.refusals == 0


# Who goes first.


async def requests_during_calls(
    portal: FakePortal, bulk: asyncio.Future[Any], client: Client
) -> list[int]:
    """How many requests a portal gets while a call takes its time, for calls one after the other as
    long as something else is under way."""
    await eventually(lambda: portal.requests >= BELIEVED.burst)
    counts = []
    while not bulk.done():
        before = portal.requests
        await client.call("crm.deal.get", id=1)
        counts.append(portal.requests - before)
        await asyncio.sleep(0.05)
    return counts


LATENCY = Latency(request=0.02)


async def test_a_call_does_not_wait_for_the_list_that_its_client_reads() -> None:
    async with FakePortal(limits=TAKEN, latency=LATENCY).serve() as portal:
        portal.page_size = 5
        portal.fill("deal", 16_000)
        async with Client(portal.webhook_url, limits=BELIEVED) as client:
            reading = asyncio.ensure_future(client.list("crm.deal.list", select=["ID"]).all())
            counts = await requests_during_calls(portal, reading, client)
            rows = await reading

    assert len(rows) == 16_000
    assert sorted(counts)[len(counts) // 2] <= BELIEVED.burst / 2
    assert max(counts) <= 3 * BELIEVED.burst  # of sixty that the list needs, and more
    assert portal.refusals == 0


async def test_a_call_does_not_wait_for_what_other_clients_do_in_bulk() -> None:
    async with FakePortal(limits=TAKEN, latency=LATENCY).serve() as portal:
        portal.fill("deal", 1_000)
        async with AsyncExitStack() as stack:
            handler, *others = [
                await stack.enter_async_context(Client(portal.webhook_url, limits=BELIEVED))
                for _ in range(6)
            ]
            applies = (other.apply("crm.deal.update", updates("bulk", 1, 700)) for other in others)
            bulk = asyncio.gather(*applies)
            counts = await requests_during_calls(portal, bulk, handler)
            await bulk

    assert sorted(counts)[len(counts) // 2] <= BELIEVED.burst / 2
    assert max(counts) <= 3 * BELIEVED.burst  # of seventy that the others need
    assert portal.refusals == 0


async def test_a_portal_that_refuses_delays_no_other_portal() -> None:
    async with (
        FakePortal(limits=PortalLimits(2, 0.5)).serve() as full,
        FakePortal(limits=PortalLimits()).serve() as free,
    ):
        transport = Transport()
        waiting = Client(full.webhook_url, transport, limits=Limits(50, 50))
        other = Client(free.webhook_url, transport)
        late = [asyncio.create_task(waiting.call("profile").send()) for _ in range(3)]
        creates = [
            asyncio.create_task(waiting.call("crm.deal.add", fields={}).send()) for _ in range(3)
        ]
        await eventually(lambda: full.refusals > 0)
        began = time.monotonic()
        for _ in range(40):
            await other.call("profile")
        took = time.monotonic() - began
        unfinished = [task for task in (*late, *creates) if not task.done()]
        for task in (*late, *creates):
            task.cancel()
        await asyncio.gather(*late, *creates, return_exceptions=True)
        await waiting.close()
        await other.close()
        await transport.close()

    assert unfinished
    assert took < 10  # of the twenty that the last one of the others would have waited
    assert free.requests == 40


# Working time of a method.


async def test_methods_that_used_up_their_time_wait_and_others_go_on() -> None:
    seconds = {"crm.deal.update": 1, "crm.deal.list": 1}
    limits = Limits(burst=1000, per_second=1000, method_seconds=40)
    operating = Operating(limit=40, window=6, seconds=seconds)
    async with FakePortal(operating=operating).serve() as portal:
        ids = portal.fill("deal", 50 * 60)
        async with Client(portal.webhook_url, limits=limits) as client:
            writing = asyncio.create_task(client.apply("crm.deal.update", updates("bulk", 1, 60)))
            reading = asyncio.create_task(client.list("crm.deal.list", select=["ID"]).all())
            await asyncio.sleep(0.4)
            for _ in range(10):
                await client.call("profile")
            was_waiting = not writing.done() and not reading.done()
            await writing
            rows = await reading

    assert was_waiting
    assert [int(row["ID"]) for row in rows] == list(ids)
    assert [record["COMMENTS"] for record in portal.records("deal")[:60]] == [
        f"bulk {n}" for n in range(1, 61)
    ]
    assert portal.requests < 30


# Somebody else uses the portal, too.


async def test_another_program_that_eats_from_the_bucket_is_noticed_and_lived_with() -> None:
    async with FakePortal(limits=PortalLimits(10, 20)).serve() as portal:
        theirs: list[int] = []

        async def eat() -> None:
            async with httpx.AsyncClient(timeout=PATIENCE) as http:
                while True:
                    answer = await http.post(f"{portal.webhook_url}profile", json={})
                    theirs.append(answer.status_code)
                    await asyncio.sleep(0.1)

        eater = asyncio.create_task(eat())
        async with Client(portal.webhook_url, limits=BELIEVED) as client:
            done = await client.apply("crm.deal.add", creates("ours", 500))
            for item in creates("single", 20):
                await client.call("crm.deal.add", item)
        eater.cancel()
        await asyncio.gather(eater, return_exceptions=True)

    titles = Counter(record["TITLE"] for record in portal.records("deal"))
    refused = portal.refusals - theirs.count(503)
    assert len(done) == 500
    assert set(titles.values()) == {1}
    assert len(titles) == 520
    assert refused <= 0.25 * (portal.requests - len(theirs))


async def test_a_portal_that_takes_nothing_ends_the_patience_of_a_call() -> None:
    options = Options(patience=0.8)
    portal = FakePortal(domain="taken.bitrix24.test", limits=PortalLimits(1, 0.001))
    async with Client(portal.webhook_url, portal.transport, options=options) as client:
        await client.call("profile")
        began = time.monotonic()
        with pytest.raises(RateLimited) as caught:
            await client.call("profile")
        took = time.monotonic() - began

    assert took < 0.8 + 10  # of the thousand that room would take
    assert caught.value.retry_after > 0
    assert portal.refusals <= 3


# Slower on purpose.


async def test_who_goes_slow_goes_slow_with_all_clients_of_the_portal_and_no_other() -> None:
    limits = Limits(burst=1000, per_second=1000)
    slow = FakePortal(domain="slow.bitrix24.test")
    quick = FakePortal(domain="quick.bitrix24.test")
    async with (
        Client(slow.webhook_url, slow.transport, limits=limits) as one,
        Client(slow.webhook_url, slow.transport, limits=limits) as two,
        Client(quick.webhook_url, quick.transport, limits=limits) as three,
    ):
        async with one.slow(10):
            await asyncio.gather(
                one.apply("crm.deal.add", creates("one", 150)),
                *(two.call("crm.deal.add", item).send() for item in creates("two", 5)),
                *(three.call("crm.deal.add", item).send() for item in creates("three", 20)),
            )
        began = time.monotonic()
        for item in creates("after", 100):
            await one.call("crm.deal.add", item)
        took = time.monotonic() - began

    singles = [call for call in slow.calls("crm.deal.add") if not call.batched][:5]
    slowly = sorted(call.at for call in (*singles, *slow.calls("batch")))
    quickly = [call.at for call in quick.calls("crm.deal.add")]
    assert len(slowly) == 3 + 5
    assert slowly[-1] - slowly[0] > 7 / 10 - 0.1
    assert sorted(later - earlier for earlier, later in pairwise(slowly))[3] > 0.05
    assert quickly[-1] < slowly[5]
    assert took < 8  # of ten
