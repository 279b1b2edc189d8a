"""Calls that share a request by themselves fail no more often than they would alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from bitrix_events.errors import OutcomeUnknown
from bitrix_events.rest.batch import BATCH_BYTES
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import Limits
from bitrix_events.rest.responses import Response
from bitrix_events.testing import FakePortal, Latency

URL = "https://acme.bitrix24.test/rest/1/abcdefgh/"
WIDE = Limits(burst=10_000, per_second=10_000)


class Portal(httpx.AsyncBaseTransport):
    """The way to a fake portal that answers a little late, so that calls meet.

    Args:
        refuse: gives an answer instead of the usual one.
    """

    def __init__(self, refuse: Callable[[str, bytes], httpx.Response | None]) -> None:
        self.requests: list[tuple[str, int]] = []
        self._refuse = refuse
        self._fake = FakePortal(webhook_code="abcdefgh", latency=Latency(request=0.02))
        self._fake.fill("deal", 20)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = str(request.url).rpartition("/")[2]
        self.requests.append((method, len(request.content)))
        refusal = self._refuse(method, request.content)
        if refusal is not None and refusal.status_code == 413:
            return refusal
        answer = await self._fake.transport.handle_async_request(request)
        return answer if refusal is None else refusal

    @property
    def counts(self) -> Counter[str]:
        return Counter(method for method, _ in self.requests)


async def outcomes(portal: Portal, calls: Callable[[Client], list[Awaitable[Any]]]) -> list[Any]:
    async with Client(URL, portal, limits=WIDE) as client:
        return await asyncio.gather(*calls(client), return_exceptions=True)


def too_large(method: str, _: bytes) -> httpx.Response | None:
    return httpx.Response(200, content=b" " * (16 << 20 | 1)) if method == "batch" else None


async def test_reads_whose_answers_are_too_large_together_go_again_alone() -> None:
    portal = Portal(too_large)

    found = await outcomes(portal, lambda c: [c.call("crm.deal.get", id=n) for n in range(1, 21)])

    assert [type(outcome) for outcome in found] == [Response] * 20
    assert portal.counts == {"batch": 1, "crm.deal.get": 20}


async def test_changes_that_were_run_are_not_run_again_because_their_answer_was_too_large() -> None:
    portal = Portal(too_large)

    found = await outcomes(
        portal, lambda c: [c.call("crm.deal.update", id=n) for n in range(1, 21)]
    )

    assert Counter(map(type, found)) == {Response: 3, OutcomeUnknown: 17}
    assert portal.counts == {"batch": 1, "crm.deal.update": 3}


async def test_changes_that_are_too_large_together_go_again_alone() -> None:
    def refuse(method: str, body: bytes) -> httpx.Response | None:
        return httpx.Response(413, text="<html>") if method == "batch" else None

    portal = Portal(refuse)

    found = await outcomes(
        portal, lambda c: [c.call("crm.deal.update", id=n) for n in range(1, 21)]
    )

    assert [type(outcome) for outcome in found] == [Response] * 20
    assert portal.counts == {"batch": 1, "crm.deal.update": 20}


async def test_who_leaves_while_going_again_alone_keeps_no_place() -> None:
    portal = Portal(too_large)
    async with Client(URL, portal, limits=WIDE) as client:
        calls = [client.call("crm.deal.get", id=n).send() for n in range(1, 21)]
        tasks = [asyncio.create_task(call) for call in calls]
        while portal.counts["crm.deal.get"] < 10:  # noqa: ASYNC110 (no event tells it)
            await asyncio.sleep(0.001)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

        turns = client._dispatcher._exchange.turns
        assert turns is not None
        assert (turns._under_way, turns._not_full) == (0, 0)


async def test_the_calls_of_one_request_have_no_more_than_so_many_bytes_together() -> None:
    portal = Portal(lambda *_: None)
    text = "x" * (BATCH_BYTES // 3)

    found = await outcomes(
        portal,
        lambda c: [
            c.call("crm.deal.update", id=n, fields={"COMMENTS": text}) for n in range(1, 21)
        ],
    )

    shared = [size for method, size in portal.requests if method == "batch"]
    assert [type(outcome) for outcome in found] == [Response] * 20
    assert shared
    assert max(shared) < BATCH_BYTES * 1.01


async def test_a_call_of_very_many_bytes_goes_by_itself() -> None:
    portal = Portal(lambda *_: None)
    text = "ж" * (BATCH_BYTES // 6)

    await outcomes(
        portal,
        lambda c: [c.call("crm.deal.update", id=n, fields={"COMMENTS": text}) for n in range(1, 7)],
    )

    assert portal.counts == {"crm.deal.update": 6}
