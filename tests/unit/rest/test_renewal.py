"""Tokens that expire and portals that move while many calls are under way."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bitrix_events.errors import BatchError, RateLimited, StoreError, TokenExpired
from bitrix_events.rest.access import Authorization
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import Limits, shared_bucket
from bitrix_events.rest.responses import Response
from bitrix_events.testing.limits import LeakyBucket
from bitrix_events.testing.limits import Limits as PortalLimits

WIDE = Limits(burst=10_000, per_second=10_000)
EXPIRED = {"error": "expired_token", "error_description": ""}


class Access:
    """Knows the tokens ``token-0``, ``token-1``, … of a portal.

    Args:
        domain: may be set to another one, which then redirects to this.
    """

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.number = 0
        self.renewals = 0
        self.knows_at = 0.0

    async def authorize(self) -> Authorization:
        known = self._known()
        await asyncio.sleep(max(self.knows_at - time.monotonic(), 0))
        return known

    async def renew(self, refused: Authorization) -> Authorization:
        await asyncio.sleep(0.01)
        if refused.token == self._known().token:
            self.number += 1
            self.renewals += 1
        return self._known()

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        self.domain = location.split("/")[2]
        return self._known()

    def _known(self) -> Authorization:
        return Authorization(
            f"https://{self.domain}/rest/", SecretStr(f"token-{self.number}"), self.domain
        )


class Portal(httpx.AsyncBaseTransport):
    """Takes ``token-1`` only, and one request per place in its bucket.

    Args:
        late: whether the batch is accepted and its commands find that the token has expired.
    """

    def __init__(self, limits: PortalLimits | None = None, *, late: bool = False) -> None:
        self.tokens: list[str] = []
        self.commands: list[list[str]] = []
        self.refusals = 0
        self._late = late
        self._bucket = LeakyBucket(limits, time.monotonic) if limits else None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.tokens.append(body["auth"])
        if self._bucket is not None and not self._bucket.take():
            self.refusals += 1
            return httpx.Response(503, json={"error": "QUERY_LIMIT_EXCEEDED"})
        await asyncio.sleep(0.02)
        is_batch = request.url.path.endswith("batch")
        if not (is_batch and self._late) and body["auth"] != "token-1":
            return httpx.Response(401, json=EXPIRED)
        return httpx.Response(200, json={"result": self._batch(body) if is_batch else True})

    def _batch(self, body: dict[str, Any]) -> dict[str, Any]:
        keys = list(body["cmd"])
        self.commands.append([body["cmd"][key] for key in keys])
        good = len(keys) if body["auth"] == "token-1" else 2
        if body["halt"]:
            keys = keys[: good + 1]
        return {
            "result": dict.fromkeys(keys[:good], True),
            "result_error": dict.fromkeys(keys[good:], EXPIRED),
        }


async def test_repeats_after_an_expiry_wait_for_room() -> None:
    portal = Portal(PortalLimits(burst=13, per_second=20))  # on a busy machine
    access = Access("room.bitrix24.test")
    async with Client(access, portal, limits=Limits(burst=10, per_second=20)) as client:
        calls = (client.call("crm.deal.add", fields={}).send() for _ in range(20))
        found = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in found] == [Response] * 20
    assert portal.refusals == 0


async def test_nobody_sends_a_token_that_is_being_renewed() -> None:
    portal = Portal()
    access = Access("held.bitrix24.test")
    async with Client(access, portal, limits=Limits(burst=5, per_second=200)) as client:
        calls = (client.call("crm.deal.add", fields={}).send() for _ in range(40))
        found = await asyncio.gather(*calls)

    assert len(found) == 40
    assert access.renewals == 1
    assert portal.tokens[portal.tokens.index("token-1") :] == ["token-1"] * 40


async def test_the_wait_for_a_repeat_ends_with_the_patience_of_the_call() -> None:
    portal = Portal()
    access = Access("patience.bitrix24.test")
    options = Options(patience=0.1)
    async with Client(access, portal, limits=Limits(1, 0.1), options=options) as client:
        began = time.monotonic()
        with pytest.raises(RateLimited):
            await client.call("crm.deal.add", fields={})

    assert time.monotonic() - began < 2


async def test_room_is_taken_after_the_portal_was_authorized() -> None:
    portal = Portal(PortalLimits(burst=13, per_second=20))
    access = Access("slow.bitrix24.test")
    access.number = 1
    async with Client(access, portal, limits=Limits(burst=10, per_second=20)) as client:
        await client.call("profile")
        access.knows_at = time.monotonic() + 0.4
        calls = (client.call("crm.deal.add", fields={}).send() for _ in range(16))
        await asyncio.gather(*calls)

    assert portal.refusals == 0


# Tokens that expire while a batch is at work.


async def test_commands_whose_token_expired_meanwhile_are_sent_again_and_no_others() -> None:
    portal = Portal(late=True)
    access = Access("late.bitrix24.test")
    async with Client(access, portal, limits=WIDE) as client:
        done = await client.apply("crm.deal.update", [{"id": n} for n in range(6)])

    ids = [[int(command.rpartition("=")[2]) for command in group] for group in portal.commands]
    assert len(done) == 6
    assert ids == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5]]
    assert access.renewals == 1


async def test_merged_calls_whose_token_expired_meanwhile_are_sent_again() -> None:
    portal = Portal(late=True)
    async with Client(Access("merged.bitrix24.test"), portal, limits=WIDE) as client:
        calls = (client.call("crm.deal.update", id=n).send() for n in range(10))
        found = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in found] == [Response] * 10


async def test_a_batch_in_order_goes_on_where_its_token_expired() -> None:
    portal = Portal(late=True)
    options = Options(delay=0.001)
    async with Client(Access("order.bitrix24.test"), portal, options=options) as client:
        await client.batch([("crm.deal.update", {"id": n}) for n in range(4)], halt=True)

    ids = [[int(command.rpartition("=")[2]) for command in group] for group in portal.commands]
    assert ids == [[0, 1, 2, 3], [2, 3]]


@pytest.mark.parametrize(
    "error", [StoreError("the disk is full"), TokenExpired("a", "", "", portal="")]
)
async def test_a_failure_to_renew_hides_nothing_of_what_was_done(error: Exception) -> None:
    class Broken(Access):
        async def renew(self, refused: Authorization) -> Authorization:
            raise error

    portal = Portal(late=True)
    async with Client(Broken("broken.bitrix24.test"), portal, limits=WIDE) as client:
        with pytest.raises(BatchError) as caught:
            await client.apply("crm.deal.update", [{"id": n} for n in range(5)])

    assert list(caught.value.results) == [0, 1]
    assert Counter(map(type, caught.value.errors.values())) == {TokenExpired: 3}


# Portals that move.


async def test_a_call_with_the_old_address_does_not_bring_the_portal_back_there() -> None:
    old, new = "old.bitrix24.test", "new.bitrix24.test"
    domains: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        domains.append(client.domain)
        if request.url.host == old:
            return httpx.Response(302, headers={"Location": f"https://{new}/"})
        return httpx.Response(200, json={"result": True})

    class Late(Access):
        """Tells the old address late, once."""

        async def authorize(self) -> Authorization:
            known = self._known()
            if request_is_late and domains:
                request_is_late.pop()
                await asyncio.sleep(0.05)
            return known

    request_is_late = [True]
    access = Late(old)
    async with Client(access, httpx.MockTransport(answer), limits=WIDE) as client:
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
