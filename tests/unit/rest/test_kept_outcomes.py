"""What became of commands is told, whatever ends the work on them: the store, a closed client, a
bug. And no request is larger than it should be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bitrix_events.errors import BatchError, NotExecuted, OutcomeUnknown, StoreError
from bitrix_events.rest.access import Authorization
from bitrix_events.rest.batch import BATCH_BYTES, Ref
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import UNLIMITED
from bitrix_events.rest.responses import Response
from bitrix_events.testing import FakePortal
from tests.serving import PATIENCE
from tests.unit.rest.lists import QUICK

Answer = Callable[[Any], Awaitable[httpx.Response]]


class Portal(httpx.AsyncBaseTransport):
    """The way to a fake portal.

    Attributes:
        bodies: what was asked for, decoded.
        sizes: bytes of each request.
        before_answer: awaited between running a request and answering it, with its number.
    """

    def __init__(
        self,
        before_answer: Callable[[int], Awaitable[None]] | None = None,
        *,
        domain: str = "kept.test",
    ) -> None:
        self.fake = FakePortal(domain=domain)
        self.fake.fill("deal", 100)
        self.bodies: list[Any] = []
        self.sizes: list[int] = []
        self.before_answer = before_answer

    @property
    def made(self) -> int:
        """How many calls were run."""
        return sum(call.method != "batch" for call in self.fake.calls())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.content))
        self.sizes.append(len(request.content))
        number = len(self.bodies)
        answer = await self.fake.transport.handle_async_request(request)
        if self.before_answer is not None:
            await self.before_answer(number)
        return answer


class Store:
    """Opens the portal so many times; then the store fails."""

    def __init__(self, portal: FakePortal, times: int) -> None:
        self.left = times
        self._portal = portal
        self._token = SecretStr(portal.issue_tokens().access_token)

    async def authorize(self) -> Authorization:
        self.left -= 1
        if self.left < 0:
            raise StoreError("database is locked")
        return Authorization(self._portal.rest_url, self._token, self._portal.domain)

    async def renew(self, refused: Authorization) -> Authorization:
        raise AssertionError("there is nothing to renew")

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        raise AssertionError("it has not moved")


def client_of(portal: Portal, times: int = 10_000) -> Client:
    return Client(Store(portal.fake, times), portal, options=QUICK, limits=UNLIMITED)


def adds(count: int) -> list[dict[str, Any]]:
    return [{"fields": {"TITLE": str(n)}} for n in range(count)]


async def failed(work: Awaitable[Any]) -> BatchError:
    with pytest.raises(BatchError) as caught:
        await work
    return caught.value


async def test_what_was_made_before_the_store_failed_is_told() -> None:
    portal = Portal()
    async with client_of(portal, times=11) as client:
        error = await failed(client.apply("crm.deal.add", adds(1000)))

    assert len(error.results) == portal.made > 0
    assert len(error.results) + len(error.errors) == 1000
    assert {type(e) for e in error.errors.values()} == {NotExecuted}
    assert {type(e.__cause__) for e in error.errors.values()} == {StoreError}


@pytest.mark.parametrize("halt", [False, True])
async def test_what_was_made_in_order_before_the_store_failed_is_told(halt: bool) -> None:
    portal = Portal()
    commands: list[Any] = [("crm.deal.add", item) for item in adds(120)]
    commands[1] = ("crm.deal.update", {"id": Ref(0)})
    async with client_of(portal, times=2) as client:
        outcomes = await client.outcomes(commands, halt=halt)

    done = [outcome for outcome in outcomes if isinstance(outcome, Response)]
    assert len(done) == portal.made
    assert {type(outcome) for outcome in outcomes} == {Response, NotExecuted}


async def test_what_was_made_before_the_client_was_closed_is_told() -> None:
    many_wait = asyncio.Event()

    async def answered_slowly(number: int) -> None:
        if number == 20:
            many_wait.set()
        await asyncio.sleep(0.001 if number <= 16 else 3600)

    portal = Portal(answered_slowly)
    client = client_of(portal)
    work = asyncio.create_task(client.apply("crm.deal.add", adds(2000)))
    await many_wait.wait()
    await client.close()
    error = await failed(asyncio.wait_for(work, PATIENCE))

    kinds = [type(e) for e in error.errors.values()]
    assert len(error.results) > 0
    assert len(error.results) + kinds.count(OutcomeUnknown) == portal.made
    assert kinds.count(NotExecuted) == 2000 - portal.made > 0


async def test_a_command_that_goes_alone_costs_no_other_its_outcome() -> None:
    portal = Portal()
    alone: Any = ("crm.deal.add", {"fields": {"UF_CRM_X": []}})
    commands: list[Any] = [("crm.deal.add", item) for item in adds(3)]
    async with client_of(portal, times=2) as client:
        outcomes = await client.outcomes([*commands, alone, alone, alone])

    done = [outcome for outcome in outcomes if isinstance(outcome, Response)]
    assert len(outcomes) == 6
    assert len(done) == portal.made < 6


async def test_a_bug_after_sending_leaves_the_outcome_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    portal = Portal()
    async with client_of(portal) as client:
        learn = client._dispatcher.times.learn

        def break_once(method: str, spent: Any) -> None:
            monkeypatch.setattr(client._dispatcher.times, "learn", learn)
            raise ZeroDivisionError

        monkeypatch.setattr(client._dispatcher.times, "learn", break_once)
        error = await failed(client.apply("crm.deal.add", adds(120)))

    assert (len(error.results), len(error.errors)) == (70, 50)
    assert all(isinstance(e, OutcomeUnknown) for e in error.errors.values())
    assert all(isinstance(e.__cause__, ZeroDivisionError) for e in error.errors.values())


async def test_progress_that_cannot_be_told_costs_no_outcome(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def tell(done: int, total: int | None) -> None:
        raise BrokenPipeError

    portal = Portal()
    async with client_of(portal) as client:
        assert len(await client.apply("crm.deal.add", adds(120), progress=tell)) == 120
    assert "progress" in caplog.text


# The size of requests.


def with_text(size: int, count: int) -> list[dict[str, Any]]:
    return [{"id": n + 1, "fields": {"COMMENTS": "x" * size}} for n in range(count)]


@pytest.mark.parametrize(
    ("size", "count", "requests"),
    [(1000, 100, 2), (300_000, 9, 3), (BATCH_BYTES + 1, 3, 3), (BATCH_BYTES // 2 + 1, 4, 4)],
)
@pytest.mark.parametrize("halt", [False, True])
async def test_requests_are_cut_by_their_size(
    size: int, count: int, requests: int, halt: bool
) -> None:
    portal = Portal()
    commands: list[Any] = [("crm.deal.update", item) for item in with_text(size, count)]
    async with client_of(portal) as client:
        responses = await client.batch(commands, halt=halt)

    assert len(responses) == portal.made == count
    assert len(portal.bodies) == requests
    assert max(portal.sizes) < max(BATCH_BYTES, size) + 10_000


async def test_commands_that_are_parted_by_their_size_still_refer_to_each_other() -> None:
    portal = Portal()
    commands: dict[str, Any] = {
        "one": ("crm.deal.add", {"fields": {"COMMENTS": "x" * BATCH_BYTES}}),
        "two": ("crm.deal.update", {"id": Ref("one"), "fields": {"COMMENTS": "y" * BATCH_BYTES}}),
    }
    async with client_of(portal) as client:
        await client.batch(commands)

    add, update = (body["cmd"]["c0"] for body in portal.bodies)
    assert add.startswith("crm.deal.add?")
    assert update.startswith("crm.deal.update?id=101&")


# The same parameters mean the same.


@pytest.mark.parametrize("condition", [None, False])
async def test_a_filter_means_the_same_alone_together_and_in_a_batch(condition: Any) -> None:
    wanted = {"filter": {"=contactId": condition}, "entityTypeId": 2}

    async def slow(number: int) -> None:
        await asyncio.sleep(0.005)

    portal = Portal(slow, domain="same.test")
    limited = Client(portal.fake.webhook_url, portal, options=QUICK)
    async with limited as client:
        calls = [client.call("crm.item.list", wanted).send() for _ in range(10)]
        await asyncio.gather(*calls)
        await client.batch([("crm.item.list", wanted)] * 3)

    assert [body["filter"] for body in portal.bodies] == [{"=contactId": condition}] * 13


@pytest.mark.parametrize("condition", [None, False])
async def test_a_filter_means_the_same_on_every_page_of_a_list(condition: Any) -> None:
    portal = FakePortal(domain="pages.bitrix24.test")
    portal.fill("deal", 230)
    client = Client(portal.webhook_url, portal.transport, options=QUICK, limits=UNLIMITED)
    async with client:
        await client.list("crm.deal.list", filter={"!TITLE": condition})

    asked = [call.params["filter"]["!TITLE"] for call in portal.calls("crm.deal.list")]
    assert asked
    assert all(value is condition for value in asked)


async def test_none_that_clears_a_field_clears_it_in_the_callers_batch_alone() -> None:
    async def slow(number: int) -> None:
        await asyncio.sleep(0.005)

    portal = Portal(slow, domain="clear.test")
    clear = ("crm.deal.update", {"id": 7, "fields": {"COMMENTS": None}})
    async with Client(portal.fake.webhook_url, portal, options=QUICK) as client:
        await asyncio.gather(*(client.call(*clear).send() for _ in range(10)))
        assert all(body["fields"] == {"COMMENTS": None} for body in portal.bodies)
        alone = len(portal.bodies)
        for halt in (False, True):
            await client.batch([clear, clear], halt=halt)
            await client.batch([clear], halt=halt)

    sent = [command for body in portal.bodies[alone:] for command in body["cmd"].values()]
    assert sent == ["crm.deal.update?id=7&fields[COMMENTS]="] * 6
