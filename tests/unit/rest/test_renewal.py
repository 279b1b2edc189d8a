"""Tokens that expire and portals that move while many calls are under way."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from bitrix_events.errors import BatchError, RateLimited, StoreError, TokenExpired
from bitrix_events.rest.access import Authorization
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import Limits, shared_bucket
from bitrix_events.rest.responses import Response
from bitrix_events.testing import Call, FakePortal, Latency
from bitrix_events.testing import Limits as PortalLimits
from tests.access import TokenAccess
from tests.wires import Wire, body_of

WIDE = Limits(burst=10_000, per_second=10_000)


class SlowAccess(TokenAccess):
    """Takes its time to get a token, and all the time until a moment to tell the one it has."""

    knows_at = 0.0

    async def authorize(self) -> Authorization:
        known = await super().authorize()
        await asyncio.sleep(max(self.knows_at - time.monotonic(), 0))
        return known

    async def renew(self, refused: Authorization) -> Authorization:
        await asyncio.sleep(0.01)
        return await super().renew(refused)


def portal_at(domain: str, limits: PortalLimits | None = None) -> FakePortal:
    """A portal with deals, that takes a moment to answer, and whose bucket no other test fills."""
    portal = FakePortal(domain=domain, limits=limits, latency=Latency(request=0.02))
    portal.fill("deal", 10)
    return portal


def expired_access(portal: FakePortal) -> SlowAccess:
    """Knows a token that has ended."""
    access = SlowAccess(portal)
    portal.expire_tokens()
    return access


def expire_after(portal: FakePortal, commands: int) -> None:
    """Let the tokens end when so many commands of a batch are done; those after it are refused."""
    left = [None] * commands

    def watch(call: Call) -> None:
        if call.batched and left:
            left.pop()
        elif call.batched:
            portal.expire_tokens()
            portal.on_call = None

    portal.on_call = watch


def ids_of(wire: Wire) -> list[list[int]]:
    """The ids in the commands of each batch."""
    commands = [body_of(request)["cmd"].values() for request in wire.requests]
    return [[int(command.rpartition("=")[2]) for command in batch] for batch in commands]


async def test_repeats_after_an_expiry_wait_for_room() -> None:
    portal = portal_at("room.bitrix24.test", PortalLimits(burst=13, per_second=20))  # busy machine
    access = expired_access(portal)
    async with Client(access, portal.transport, limits=Limits(burst=10, per_second=20)) as client:
        calls = (client.call("crm.deal.add", fields={}).send() for _ in range(20))
        found = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in found] == [Response] * 20
    assert len(access.refused) == 1
    assert portal.refusals == 0


async def test_nobody_sends_a_token_that_is_being_renewed() -> None:
    wire = Wire(portal_at("held.bitrix24.test"))
    access = expired_access(wire.portal)
    async with Client(access, wire, limits=Limits(burst=5, per_second=200)) as client:
        calls = (client.call("crm.deal.add", fields={}).send() for _ in range(40))
        found = await asyncio.gather(*calls)

    assert len(found) == 40
    tokens = [body_of(request)["auth"] for request in wire.requests]
    assert len(access.refused) == 1
    assert tokens[tokens.index(access.token) :] == [access.token] * 40


async def test_the_wait_for_a_repeat_ends_with_the_patience_of_the_call() -> None:
    portal = portal_at("patience.bitrix24.test")
    access = expired_access(portal)
    options = Options(patience=0.1)
    async with Client(access, portal.transport, limits=Limits(1, 0.1), options=options) as client:
        began = time.monotonic()
        with pytest.raises(RateLimited):
            await client.call("crm.deal.add", fields={})

    assert time.monotonic() - began < 8  # of the ten until there is room
    assert len(access.refused) == 1


async def test_room_is_taken_after_the_portal_was_authorized() -> None:
    portal = portal_at("slow.bitrix24.test", PortalLimits(burst=13, per_second=20))
    access = SlowAccess(portal)
    async with Client(access, portal.transport, limits=Limits(burst=10, per_second=20)) as client:
        await client.call("profile")
        access.knows_at = time.monotonic() + 0.4
        calls = (client.call("crm.deal.add", fields={}).send() for _ in range(16))
        await asyncio.gather(*calls)

    assert portal.refusals == 0


# Tokens that expire while a batch is at work.


async def test_commands_whose_token_expired_meanwhile_are_sent_again_and_no_others() -> None:
    wire = Wire(portal_at("late.bitrix24.test"))
    access = SlowAccess(wire.portal)
    expire_after(wire.portal, 2)
    async with Client(access, wire, limits=WIDE) as client:
        done = await client.apply("crm.deal.update", [{"id": n} for n in range(1, 7)])

    assert len(done) == 6
    assert ids_of(wire) == [[1, 2, 3, 4, 5, 6], [3, 4, 5, 6]]
    assert len(access.refused) == 1


async def test_merged_calls_whose_token_expired_meanwhile_are_sent_again() -> None:
    portal = portal_at("merged.bitrix24.test")
    access = SlowAccess(portal)
    expire_after(portal, 2)
    async with Client(access, portal.transport, limits=WIDE) as client:
        calls = (client.call("crm.deal.update", id=n).send() for n in range(1, 11))
        found = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in found] == [Response] * 10
    assert len(access.refused) == 1


async def test_a_batch_in_order_goes_on_where_its_token_expired() -> None:
    wire = Wire(portal_at("order.bitrix24.test"))
    access = SlowAccess(wire.portal)
    expire_after(wire.portal, 2)
    options = Options(delay=0.001)
    async with Client(access, wire, options=options) as client:
        await client.batch([("crm.deal.update", {"id": n}) for n in range(1, 5)], halt=True)

    assert ids_of(wire) == [[1, 2, 3, 4], [3, 4]]


@pytest.mark.parametrize(
    "error", [StoreError("the disk is full"), TokenExpired("a", "", "", portal="")]
)
async def test_a_failure_to_renew_hides_nothing_of_what_was_done(error: Exception) -> None:
    class Broken(TokenAccess):
        async def renew(self, refused: Authorization) -> Authorization:
            raise error

    portal = portal_at("broken.bitrix24.test")
    access = Broken(portal)
    expire_after(portal, 2)
    async with Client(access, portal.transport, limits=WIDE) as client:
        with pytest.raises(BatchError) as caught:
            await client.apply("crm.deal.update", [{"id": n} for n in range(1, 6)])

    assert list(caught.value.results) == [0, 1]
    assert Counter(map(type, caught.value.errors.values())) == {TokenExpired: 3}


# Portals that move.


async def test_a_call_with_the_old_address_does_not_bring_the_portal_back_there() -> None:
    new = "new.bitrix24.test"
    portal = FakePortal(domain="old.bitrix24.test")
    domains: list[str] = []
    wire = Wire(portal, before=lambda _: domains.append(client.domain))

    class Late(TokenAccess):
        """Tells the old address late, once."""

        async def authorize(self) -> Authorization:
            known = await super().authorize()
            if request_is_late and domains:
                request_is_late.pop()
                await asyncio.sleep(0.05)
            return known

    request_is_late = [True]
    access = Late(portal)
    portal.move(new)
    async with Client(access, wire, limits=WIDE) as client:
        await client._dispatcher.bucket()
        domains.append(client.domain)
        late = asyncio.create_task(client.call("crm.deal.add", fields={}).send())
        await asyncio.sleep(0.01)
        await client.call("crm.deal.add", fields={})
        moved = len(domains)
        await late

        assert client.domain == new
        assert await client._dispatcher.bucket() is shared_bucket(new)
    assert set(domains[moved:]) == {new}
