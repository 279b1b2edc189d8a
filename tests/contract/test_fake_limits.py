"""The fake portal is as slow, as strict and as large as it is told to be."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bitrix_events.testing import Call, FakePortal, Latency, Limits, Operating

SELECT = "&select[]=ID&select[]=TITLE&select[]=OPPORTUNITY"


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 1790000000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def webhook(portal: FakePortal) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=portal.transport, base_url=portal.webhook_url)


async def statuses(http: httpx.AsyncClient, count: int) -> list[int]:
    return [(await http.get("server.time")).status_code for _ in range(count)]


# Requests.


async def test_the_request_above_the_burst_is_refused_until_the_bucket_has_leaked(
    clock: Clock,
) -> None:
    portal = FakePortal(clock=clock, limits=Limits(burst=3, per_second=2.0))
    async with webhook(portal) as http:
        burst = await statuses(http, 5)
        refused = await http.get("server.time")
        clock.now += 0.5
        after_half_a_second = await statuses(http, 2)
        clock.now += 3600
        after_an_hour = await statuses(http, 4)

    assert burst == [200, 200, 200, 503, 503]
    assert refused.json() == {
        "error": "QUERY_LIMIT_EXCEEDED",
        "error_description": "Too many requests",
    }
    assert after_half_a_second == [200, 503]
    assert after_an_hour == [200, 200, 200, 503]
    assert (portal.requests, portal.refusals) == (12, 5)
    assert len(portal.calls("server.time")) == 7


async def test_a_batch_is_one_request_and_oauth_is_none(clock: Clock) -> None:
    portal = FakePortal(clock=clock, limits=Limits(burst=1))
    async with webhook(portal) as http:
        for _ in range(3):
            await http.get(f"{portal.oauth_url}/rest/app.info")
        batch = await http.post("batch", json={"cmd": ["server.time"] * 50})

    assert len(batch.json()["result"]["result"]) == 50
    assert (portal.requests, portal.refusals) == (1, 0)


async def test_there_is_no_limit_unless_one_is_given(clock: Clock) -> None:
    portal = FakePortal(clock=clock)
    async with webhook(portal) as http:
        assert set(await statuses(http, 100)) == {200}


# Execution time.


async def test_a_method_whose_time_is_used_up_is_refused_until_its_oldest_tenth_is_over(
    clock: Clock,
) -> None:
    clock.now = 1790000040.0  # the beginning of a minute
    portal = FakePortal(clock=clock, operating=Operating(limit=1.0, seconds={"server.time": 0.5}))

    async with webhook(portal) as http:
        first = (await http.get("server.time")).json()["time"]
        clock.now += 61
        second = (await http.get("server.time")).json()["time"]
        refused = await http.get("Server.Time")
        other = (await http.get("profile")).json()["time"]
        clock.now = first["operating_reset_at"]
        third = (await http.get("server.time")).json()["time"]

    assert (first["operating"], first["operating_reset_at"]) == (0.5, 1790000640)
    assert (second["operating"], second["operating_reset_at"]) == (1.0, 1790000640)
    assert (refused.status_code, refused.json()["error"]) == (429, "OPERATION_TIME_LIMIT")
    assert other["operating"] == 0
    assert (third["operating"], third["operating_reset_at"]) == (1.0, 1790000700)


async def test_commands_of_a_batch_are_charged_and_refused_each(clock: Clock) -> None:
    portal = FakePortal(clock=clock, operating=Operating(limit=2.0, seconds={"server.time": 1.0}))

    async with webhook(portal) as http:
        answer = await http.post(
            "batch", json={"cmd": {"a": "server.time", "b": "server.time", "c": "server.time"}}
        )

    result = answer.json()["result"]
    assert {key: time["operating"] for key, time in result["result_time"].items()} == {
        "a": 1.0,
        "b": 2.0,
    }
    assert result["result_error"]["c"]["error"] == "OPERATION_TIME_LIMIT"
    assert answer.json()["time"]["operating"] == 0


async def test_a_window_can_be_a_second_long(clock: Clock) -> None:
    portal = FakePortal(
        clock=clock, operating=Operating(limit=1.0, window=1.0, seconds={"server.time": 1.0})
    )
    async with webhook(portal) as http:
        before = await statuses(http, 2)
        clock.now += 1.0
        after = await statuses(http, 2)

    assert (before, after) == ([200, 429], [200, 429])


# Latency.


async def test_an_answer_takes_its_time_and_others_do_not_wait_for_it() -> None:
    portal = FakePortal(latency=Latency(request=0.1, command=0.02))

    async with webhook(portal) as http:
        began = time.monotonic()
        await asyncio.gather(*(http.get("server.time") for _ in range(100)))
        plain = time.monotonic() - began
        await http.post("batch", json={"cmd": ["server.time"] * 10})
        batch = time.monotonic() - began - plain

    assert 0.12 <= plain < 8  # of the twelve that they take one after the other
    assert batch >= 0.3


# Many records.


def test_many_records_are_filled_in_without_events_and_changed_one_by_one() -> None:
    portal = FakePortal()
    portal.outgoing_webhook("https://app.test", "ONCRMDEALADD")

    ids = portal.fill("deal", 250_000, TITLE="Roof", OPPORTUNITY=12.5)
    with_gaps = portal.fill("deal", ids=[300_010, 300_001], TITLE="Wall")
    in_front = portal.fill("contact", ids=range(10, 100, 10))
    portal.fill("contact", ids=[15, 5])

    assert list(ids) == list(range(1, 250_001))
    assert list(with_gaps) == [300_001, 300_010]
    assert len(in_front) == 9
    assert [int(row["ID"]) for row in portal.records("contact")][:4] == [5, 10, 15, 20]
    assert portal.record("deal", 77)["TITLE"] == "Roof"
    assert portal.record("deal", 77)["ID"] == "77"
    with pytest.raises(ValueError, match="exists already"):
        portal.fill("deal", ids=[77])
    with pytest.raises(ValueError, match="twice"):
        portal.fill("deal", ids=[400_000, 400_000])


async def test_a_filled_record_is_changed_and_deleted_as_any_other() -> None:
    portal = FakePortal()
    portal.fill("deal", 5, TITLE="Roof")

    portal.change("deal", 2, TITLE="Wall")
    portal.delete("deal", 4)
    added = portal.add("deal")

    assert added == 6
    titles = {deal["ID"]: deal["TITLE"] for deal in portal.records("deal")}
    assert titles == {"1": "Roof", "2": "Wall", "3": "Roof", "5": "Roof", "6": None}
    async with webhook(portal) as http:
        found = await http.post("crm.deal.list", json={"filter": {"TITLE": "Roof", ">ID": 1}})
    assert [row["ID"] for row in found.json()["result"]] == ["3", "5"]
    assert found.json()["total"] == 2


def after(n: int) -> str:
    return f"filter[%3EID]={n * 50}&order[ID]=ASC&start=-1"


def window(n: int) -> str:
    return f"filter[%3EID]={n * 50}&filter[%3C%3DID]={n * 50 + 50}&order[ID]=ASC&start=0"


def before(n: int) -> str:
    return f"filter[%3CID]={250_001 - n * 50}&order[ID]=DESC&start=-1"


def offset(n: int) -> str:
    return f"start={n * 50}"


def cheap_condition(n: int) -> str:
    return f"filter[CATEGORY_ID]=0&filter[%3EID]={n * 50}&order[ID]=ASC&start=-1"


@pytest.mark.parametrize("query", [after, window, before, offset, cheap_condition])
async def test_any_page_of_a_quarter_of_a_million_deals_is_read_quickly(
    query: Callable[[int], str],
) -> None:
    portal = FakePortal()
    portal.fill("deal", 250_000, TITLE="Roof", OPPORTUNITY=12.5)
    every_fifth = range(0, 5000, 5)
    seen: set[str] = set()
    began = time.process_time()

    async with webhook(portal) as http:
        for first in range(0, 1000, 50):
            pages = every_fifth[first : first + 50]
            commands = [f"crm.deal.list?{query(page)}{SELECT}" for page in pages]
            answer = await http.post("batch", json={"cmd": commands})
            result: dict[str, Any] = json.loads(answer.content)["result"]
            assert result["result_error"] == []
            seen.update(row["ID"] for page in result["result"] for row in page)

    assert len(seen) == 50_000
    assert time.process_time() - began < 3  # about 0.5 on a machine of today


async def test_rows_come_and_go_while_a_list_is_read() -> None:
    portal = FakePortal()
    portal.fill("deal", 60)

    def interfere(call: Call) -> None:
        if call.params.get("filter") == {">ID": "50"}:
            portal.delete("deal", 60)
            portal.add("deal")

    portal.on_call = interfere
    async with webhook(portal) as http:
        answer = await http.post(
            "batch",
            json={"cmd": [f"crm.deal.list?{after(n)}&select[]=ID" for n in range(2)]},
        )

    pages = answer.json()["result"]["result"]
    assert len(pages[0]) == 50
    assert [row["ID"] for row in pages[1]] == [str(n) for n in (*range(51, 60), 61)]


async def test_limits_may_recover_by_a_clock_of_their_own(clock: Clock) -> None:
    ahead = Clock()
    ahead.now += 30
    portal = FakePortal(
        clock=clock,
        limits_clock=ahead,
        limits=Limits(burst=1, per_second=1.0),
        operating=Operating(seconds={"server.time": 0.5}),
    )
    async with webhook(portal) as http:
        first = (await http.get("server.time")).json()["time"]
        refused = await statuses(http, 1)
        ahead.now += 1
        granted = await statuses(http, 1)

    assert (refused, granted) == ([503], [200])
    assert first["operating_reset_at"] == 1790000580 - 30  # by the portal's clock
