"""Reading by id while requests and commands fail: complete or an exception."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest
from pydantic import SecretStr

from bitrix_events.errors import RestError
from bitrix_events.rest.access import Authorization
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import UNLIMITED
from bitrix_events.testing import FakePortal
from bitrix_events.testing.faults import Fault
from tests.unit.rest.lists import (
    QUICK,
    deal_ids,
    portal_with,
    small_paged,
    with_gaps,
)


class Disturbed(httpx.AsyncBaseTransport):
    """The portal's transport, with one request of which something else becomes."""

    def __init__(self, portal: FakePortal, nth: int, what: str) -> None:
        self._portal = portal
        self._inner = portal.transport
        self._nth, self._what = nth, what
        self.count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.count == self._nth:
            match self._what:
                case "timeout":
                    raise httpx.ReadTimeout("too slow")
                case "bare 503":
                    return httpx.Response(503)
                case "expired":
                    self._portal.expire_tokens()
                case "moved":
                    self._portal.move("moved.bitrix24.test")
                case "json without a result":
                    return httpx.Response(200, json={"time": {}})
        return await self._inner.handle_async_request(request)


class OwnAccess:
    """Opens the portal with a token, renews it, and follows the portal where it moves."""

    def __init__(self, portal: FakePortal) -> None:
        self._portal = portal
        self._root, self._domain = portal.rest_url, portal.domain
        self._token = portal.issue_tokens().access_token

    async def authorize(self) -> Authorization:
        return Authorization(self._root, SecretStr(self._token), self._domain)

    async def renew(self, refused: Authorization) -> Authorization:
        self._token = self._portal.issue_tokens().access_token
        return await self.authorize()

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        self._root, self._domain = self._portal.rest_url, self._portal.domain
        return await self.authorize()


async def requests_for(ids: Sequence[int]) -> tuple[int, int]:
    """How many requests, and commands in batches, reading these takes when nothing fails."""
    portal = small_paged(ids)
    assert await deal_ids(portal, select=["ID"]) == list(ids)
    calls = portal.calls("crm.deal.list")
    return portal.requests, sum(call.batched for call in calls)


LISTS = [list(range(1, 44)), with_gaps(430, 0.4)]


@pytest.mark.parametrize("ids", LISTS, ids=len)
@pytest.mark.parametrize("fault", [f for f in Fault if not f.value.startswith("busy")])
async def test_any_request_may_fail_once(ids: Sequence[int], fault: Fault) -> None:
    requests, _ = await requests_for(ids)
    for nth in range(1, requests + 1):
        portal = small_paged(ids)
        portal.fail_request(nth, fault)

        assert await deal_ids(portal, select=["ID"]) == ids


@pytest.mark.parametrize(
    "what", ["timeout", "json without a result", "expired", "moved"], ids=lambda w: w
)
@pytest.mark.parametrize("ids", LISTS, ids=len)
async def test_any_request_may_find_the_portal_changed(ids: Sequence[int], what: str) -> None:
    requests, _ = await requests_for(ids)
    for nth in range(1, requests + 1):
        portal = small_paged(ids)
        transport = Disturbed(portal, nth, what)
        async with Client(OwnAccess(portal), transport, options=QUICK, limits=UNLIMITED) as client:
            rows = await client.list("crm.deal.list", select=["ID"])
        assert [int(row["ID"]) for row in rows] == ids
        assert transport.count > requests


@pytest.mark.parametrize("ids", LISTS, ids=len)
async def test_any_request_may_be_refused_with_503(
    ids: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.rest.pace._FIRST_PAUSE", 0.002)
    requests, _ = await requests_for(ids)
    for nth in range(1, requests + 1):
        for fault in (Fault.BUSY_BEFORE, Fault.BUSY_AFTER):
            portal = small_paged(ids)
            portal.fail_request(nth, fault)
            assert await deal_ids(portal, select=["ID"]) == ids


@pytest.mark.parametrize("ids", LISTS, ids=len)
@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER"])
async def test_any_command_may_fail_for_a_passing_reason(ids: Sequence[int], code: str) -> None:
    _, commands = await requests_for(ids)
    for nth in range(1, commands + 1, 1 if len(ids) < 100 else 23):
        portal = small_paged(ids)
        portal.fail_command(nth, code)

        assert await deal_ids(portal, select=["ID"]) == ids


@pytest.mark.parametrize("ids", LISTS, ids=len)
async def test_a_command_that_is_refused_for_good_ends_the_reading(ids: Sequence[int]) -> None:
    _, commands = await requests_for(ids)
    for nth in range(1, commands + 1, 1 if len(ids) < 100 else 37):
        portal = small_paged(ids)
        portal.fail_command(nth, "ACCESS_DENIED")

        with pytest.raises(RestError, match=r"crm\.deal\.list .*ACCESS_DENIED"):
            await deal_ids(portal, select=["ID"])


async def test_a_failure_that_does_not_pass_ends_the_reading() -> None:
    portal = small_paged(range(1, 431))
    portal.disturb(commands={"INTERNAL_SERVER_ERROR": 1.0})

    with pytest.raises(RestError, match="INTERNAL_SERVER_ERROR"):
        await deal_ids(portal)


@pytest.mark.parametrize("seed", range(4))
async def test_in_heavy_weather_a_list_is_complete_and_in_order(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.rest.pace._FIRST_PAUSE", 0.001)
    ids = with_gaps(1000, 0.3, seed)
    portal = small_paged(ids)
    chances = {Fault.BUSY_AFTER: 0.03, Fault.RESET_AFTER: 0.02, Fault.CUT: 0.02}
    portal.disturb(chances, commands={"INTERNAL_SERVER_ERROR": 0.01}, seed=seed)

    assert await deal_ids(portal, select=["ID"]) == ids


async def test_lost_answers_do_not_make_requests_small_for_ever() -> None:
    portal = portal_with("deal", range(1, 50_001))
    for nth in (3, 4, 5):
        portal.fail_request(nth, Fault.RESET_AFTER)

    assert len(await deal_ids(portal, select=["ID"])) == 50_000
    assert portal.requests <= 22 + 6 + 1
