"""Reading by id: time, size and memory stay bounded."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc

import httpx
import pytest

from bitrix_events.errors import AnswerTooLarge
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import UNLIMITED, Limits
from bitrix_events.testing import FakePortal
from bitrix_events.testing.limits import Operating
from tests.serving import PATIENCE
from tests.unit.rest.lists import (
    QUICK,
    deal_ids,
    portal_with,
    reading,
    with_gaps,
)


async def test_wide_rows_make_requests_smaller() -> None:
    portal = portal_with("deal", range(1, 701), COMMENTS="x" * 100_000)
    sizes = []
    inner = portal.transport

    class Measured(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await inner.handle_async_request(request)
            content = await response.aread()
            sizes.append(len(content))
            return httpx.Response(response.status_code, content=content)

    async with Client(portal.webhook_url, Measured(), options=QUICK, limits=UNLIMITED) as client:
        found = [row["ID"] async for row in client.list("crm.deal.list", select=["ID", "COMMENTS"])]

    assert found == [str(i) for i in range(1, 701)]
    assert max(sizes) < 16 * 1024 * 1024


async def test_an_answer_that_is_too_large_is_asked_for_in_smaller_ones() -> None:
    portal = portal_with("deal", range(1, 51), COMMENTS="x")
    portal.fill("deal", 450, COMMENTS="x" * 60_000)
    async with reading(portal) as client:
        found = [row["ID"] async for row in client.list("crm.deal.list", select=["ID", "COMMENTS"])]

    assert found == [str(i) for i in range(1, 501)]


async def test_a_page_that_is_too_large_by_itself_is_an_error() -> None:
    portal = portal_with("deal", range(1, 51), COMMENTS="x")
    portal.fill("deal", 10, COMMENTS="x" * 2_000_000)
    with pytest.raises(AnswerTooLarge):
        await deal_ids(portal, select=["ID", "COMMENTS"])


async def test_pages_that_take_long_make_requests_smaller() -> None:
    portal = portal_with("deal", range(1, 5001))
    most = []
    inner = portal.transport

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await inner.handle_async_request(request)
            content = httpx.Response(200, content=await response.aread()).json()
            times = content["result"].get("result_time") if "cmd" in str(request.content) else None
            for time in (times or {"page": content["time"]}).values():
                time["duration"] = 5.0
            most.append(len(times or [1]))
            return httpx.Response(200, json=content)

    async with Client(portal.webhook_url, Slow(), options=QUICK, limits=UNLIMITED) as client:
        found = [row["ID"] async for row in client.list("crm.deal.list", select=["ID"])]

    assert len(found) == 5000
    assert max(most) <= 5


async def test_the_first_page_is_handed_out_while_the_next_ones_are_asked_for() -> None:
    portal = portal_with("deal", range(1, 501))
    inner = portal.transport
    asked, may_answer = asyncio.Event(), asyncio.Event()

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/batch"):
                asked.set()
                await may_answer.wait()
            return await inner.handle_async_request(request)

    async with Client(portal.webhook_url, Slow(), options=QUICK, limits=UNLIMITED) as client:
        pages = client.list("crm.deal.list", select=["ID"]).pages()
        async with asyncio.timeout(PATIENCE):
            first = await anext(pages)
            await asked.wait()
        may_answer.set()
        others = [row async for page in pages for row in page]

    assert [int(row["ID"]) for row in first + others] == list(range(1, 501))


async def test_a_slow_reader_is_not_run_ahead_of_without_bound() -> None:
    ids = with_gaps(100_000, 0.3)
    portal = portal_with("deal", ids, TITLE="x" * 30)
    async with reading(portal) as client:
        pages = client.list("crm.deal.list", select=["ID", "TITLE"]).pages()
        await anext(pages)
        requests = -1
        while requests != portal.requests:
            requests = portal.requests
            await asyncio.sleep(0.05)
        await pages.aclose()

    assert requests <= 15


async def test_memory_does_not_grow_with_the_length_of_a_list() -> None:
    portal = portal_with("deal", range(1, 20_001), TITLE="x" * 30)
    async with reading(portal) as client:
        await client.call("profile")
        gc.collect()
        count = 0
        tracemalloc.start()
        try:
            async for page in client.list("crm.deal.list", select=["ID", "TITLE"]).pages():
                count += len(page)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert count == 20_000
    assert peak < 16 * 1024 * 1024  # the portal's own share is in it


@pytest.mark.parametrize("rows", [1, 60, 3000])
async def test_a_stream_that_is_left_leaves_nothing_running(rows: int) -> None:
    portal = portal_with("deal", with_gaps(30_000, 0.3))
    async with reading(portal) as client:
        count = 0
        async for _ in client.list("crm.deal.list", select=["ID"]):
            count += 1
            if count == rows:
                break
        gc.collect()
        for _ in range(5):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_method_that_has_used_up_its_time_is_waited_for_and_others_are_not() -> None:
    portal = FakePortal(
        domain="operating.bitrix24.test",
        operating=Operating(limit=2.0, window=6.0, seconds={"crm.deal.list": 0.05}),
    )
    portal.fill("deal", 3000)
    limits = Limits(float("inf"), float("inf"), 2.0)
    async with Client(portal.webhook_url, portal.transport, options=QUICK, limits=limits) as client:
        task = asyncio.ensure_future(client.list("crm.deal.list", select=["ID"]).all())
        await asyncio.sleep(0.05)
        await client.call("profile")
        assert not task.done()
        rows = await task

    assert [int(row["ID"]) for row in rows] == list(range(1, 3001))
