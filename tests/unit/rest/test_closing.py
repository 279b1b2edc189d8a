"""Closing a client: nobody is left hanging, and each caller learns what may have been run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest

from bitrix_events.errors import OutcomeUnknown
from bitrix_events.rest.access import Authorization
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import Limits
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal
from tests.access import FixedAccess, TokenAccess

URL = "https://acme.bitrix24.test/rest/1/abcdefgh/"
WIDE = Limits(burst=10_000, per_second=10_000)


class Silence(httpx.AsyncBaseTransport):
    """Takes requests, and does not answer; the first ones it answers late."""

    def __init__(self, answers: int = 0) -> None:
        self.methods: list[str] = []
        self._answers = answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.methods.append(str(request.url).rpartition("/")[2])
        if len(self.methods) > self._answers:
            await asyncio.Event().wait()
        await asyncio.sleep(0.02)
        return httpx.Response(200, json={"result": True})


async def ended(*calls: Awaitable[Any]) -> list[Any]:
    async with asyncio.timeout(2):
        return await asyncio.gather(*calls, return_exceptions=True)


async def test_closing_before_a_shared_request_has_begun_leaves_nobody_hanging() -> None:
    portal = Silence(answers=1)
    tasks = []
    async with Client(URL, portal, limits=WIDE) as client:

        async def join_late() -> None:
            await asyncio.sleep(0.01)
            for n in range(19):
                call = client.call("crm.deal.update", id=n)
                tasks.append(asyncio.create_task(call.send()))

        late = asyncio.create_task(join_late())
        await client.call("crm.deal.get", id=0)  # its end starts the shared request
    await late

    found = await ended(*tasks)

    assert portal.methods == ["crm.deal.get", "crm.deal.update", "crm.deal.update"]
    assert [isinstance(error, OutcomeUnknown) for error in found].count(True) == 2
    assert [isinstance(error, RuntimeError) for error in found].count(True) == 17


async def test_closing_ends_what_is_under_way_over_connections_of_others() -> None:
    transport = Transport(Silence())
    client = Client(URL, transport)
    change = asyncio.create_task(client.call("crm.deal.add", fields={}).send())
    read = asyncio.create_task(client.call("crm.deal.get", id=1).send())
    await asyncio.sleep(0.01)

    await client.close()
    changed, found = await ended(change, read)
    await transport.close()

    assert isinstance(changed, OutcomeUnknown)
    assert isinstance(found, RuntimeError)


async def test_closing_wakes_who_waits_for_a_method_or_for_the_next_try() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("crm.deal.get"):
            return httpx.Response(429, json={"error": "OPERATION_TIME_LIMIT"})
        return httpx.Response(500, json={"error": "INTERNAL_SERVER_ERROR"})

    options = Options(delay=1000, max_delay=1000)
    client = Client(URL, httpx.MockTransport(refuse), options=options)
    calls = [client.call("crm.deal.get", id=1), client.call("profile")]
    tasks = [asyncio.create_task(call.send()) for call in calls]
    await asyncio.sleep(0.05)

    await client.close()

    assert all(isinstance(error, RuntimeError) for error in await ended(*tasks))


async def test_closing_does_not_wait_for_a_new_token() -> None:
    class Slow(TokenAccess):
        async def renew(self, refused: Authorization) -> Authorization:
            await asyncio.Event().wait()
            raise AssertionError

    portal = FakePortal()
    access = Slow(portal)
    portal.expire_tokens()
    client = Client(access, portal.transport)
    task = asyncio.create_task(client.call("crm.deal.add", fields={}).send())
    await asyncio.sleep(0.05)

    await client.close()

    (error,) = await ended(task)
    assert isinstance(error, RuntimeError)


@pytest.mark.parametrize("method", ["crm.deal.get", "crm.deal.add"])
async def test_a_client_that_was_closed_before_its_first_call_sends_nothing(method: str) -> None:
    portal = Silence()
    transport = Transport(portal)
    client = Client(URL, transport)
    await client.close()

    with pytest.raises(RuntimeError, match="closed"):
        await client.call(method)

    await transport.close()
    assert portal.methods == []


async def test_a_cancelled_caller_is_cancelled_though_the_client_closes_at_once() -> None:
    client = Client(FixedAccess(FakePortal()), Silence())
    task = asyncio.create_task(client.call("crm.deal.add", fields={}).send())
    await asyncio.sleep(0.01)

    task.cancel()
    await client.close()

    await ended(task)
    assert task.cancelled()
