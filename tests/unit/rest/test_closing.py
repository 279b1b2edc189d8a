"""Closing a client: nobody is left hanging, and each caller learns what may have been run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from bitrix_events.errors import OutcomeUnknown
from bitrix_events.rest.access import Authorization
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import Limits
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal, Latency
from tests.access import FixedAccess, TokenAccess
from tests.serving import PATIENCE, a_moment, eventually
from tests.wires import Wire

WIDE = Limits(burst=10_000, per_second=10_000)


SILENCE = Latency(request=1000)


async def ended(*calls: Awaitable[Any]) -> list[Any]:
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*calls, return_exceptions=True)


async def test_closing_before_a_shared_request_has_begun_leaves_nobody_hanging() -> None:
    portal = FakePortal(latency=Latency(request=0.2))
    portal.fill("deal", 1)
    wire = Wire(portal)
    tasks = []
    async with Client(wire.webhook, wire, limits=WIDE) as client:

        async def join_late() -> None:
            await eventually(lambda: portal.requests == 1)
            portal.latency = SILENCE
            for n in range(19):
                call = client.call("crm.deal.update", id=n)
                tasks.append(asyncio.create_task(call.send()))

        late = asyncio.create_task(join_late())
        await client.call("crm.deal.get", id=1)  # its end starts the shared request
    await late

    found = await ended(*tasks)

    asked = [request.url.path.rpartition("/")[2] for request in wire.requests]
    assert asked == ["crm.deal.get", "crm.deal.update", "crm.deal.update"]
    assert [isinstance(error, OutcomeUnknown) for error in found].count(True) == 2
    assert [isinstance(error, RuntimeError) for error in found].count(True) == 17


async def test_closing_ends_what_is_under_way_over_connections_of_others() -> None:
    portal = FakePortal(latency=SILENCE)
    transport = Transport(portal.transport)
    client = Client(portal.webhook_url, transport)
    change = asyncio.create_task(client.call("crm.deal.add", fields={}).send())
    read = asyncio.create_task(client.call("crm.deal.get", id=1).send())
    await eventually(lambda: portal.requests == 2)

    await client.close()
    changed, found = await ended(change, read)
    await transport.close()

    assert isinstance(changed, OutcomeUnknown)
    assert isinstance(found, RuntimeError)


async def test_closing_wakes_who_waits_for_a_method_or_for_the_next_try() -> None:
    portal = FakePortal()
    portal.fail_next("crm.deal.get", "OPERATION_TIME_LIMIT")
    portal.fail_next("profile", "INTERNAL_SERVER_ERROR")
    options = Options(delay=1000, max_delay=1000)
    client = Client(portal.webhook_url, portal.transport, options=options)
    calls = [client.call("crm.deal.get", id=1), client.call("profile")]
    tasks = [asyncio.create_task(call.send()) for call in calls]
    await eventually(lambda: portal.requests == 2)
    await a_moment()

    await client.close()

    assert portal.requests == 2
    assert all(isinstance(error, RuntimeError) for error in await ended(*tasks))


async def test_closing_does_not_wait_for_a_new_token() -> None:
    is_renewing = asyncio.Event()

    class Slow(TokenAccess):
        async def renew(self, refused: Authorization) -> Authorization:
            is_renewing.set()
            await asyncio.Event().wait()
            raise AssertionError

    portal = FakePortal()
    access = Slow(portal)
    portal.expire_tokens()
    client = Client(access, portal.transport)
    task = asyncio.create_task(client.call("crm.deal.add", fields={}).send())
    await eventually(is_renewing.is_set)

    await client.close()

    (error,) = await ended(task)
    assert isinstance(error, RuntimeError)


@pytest.mark.parametrize("method", ["crm.deal.get", "crm.deal.add"])
async def test_a_client_that_was_closed_before_its_first_call_sends_nothing(method: str) -> None:
    portal = FakePortal()
    transport = Transport(portal.transport)
    client = Client(portal.webhook_url, transport)
    await client.close()

    with pytest.raises(RuntimeError, match="closed"):
        await client.call(method)

    await transport.close()
    assert portal.requests == 0


async def test_a_cancelled_caller_is_cancelled_though_the_client_closes_at_once() -> None:
    portal = FakePortal(latency=SILENCE)
    client = Client(FixedAccess(portal), portal.transport)
    task = asyncio.create_task(client.call("crm.deal.add", fields={}).send())
    await eventually(lambda: portal.requests == 1)

    task.cancel()
    await client.close()

    await ended(task)
    assert task.cancelled()
