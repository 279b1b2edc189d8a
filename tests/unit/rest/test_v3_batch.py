"""Batches of REST 3.0: the portal tells the first error alone, whatever was run before it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bitrix_events.errors import (
    AccessDenied,
    BatchError,
    InvalidRequest,
    NotExecuted,
    NotFound,
    OperationTimeLimit,
    OutcomeUnknown,
    RestError,
    StoreError,
)
from bitrix_events.rest import pace
from bitrix_events.rest.access import Authorization
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import UNLIMITED
from tests.unit.rest.lists import QUICK

ADD = ("tasks.task.add", {"fields": {"title": "x"}})
GET = ("tasks.task.get", {"id": 1})
DENIED, LIMITED, INVALID = (
    (401, "ACCESSDENIEDEXCEPTION"),
    (429, "RATELIMITEXCEPTION"),
    (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
)
_count = 0


class Portal:
    """Runs the commands before the one that fails, and takes one token.

    Attributes:
        failing: from the number of the batch to the error of the whole; None if it succeeds.
        added: how many tasks were created.
        requests: the methods that were called.
    """

    def __init__(self, failing: Callable[[int], tuple[int, str] | None] = lambda _: None) -> None:
        self.failing = failing
        self.token = "first-token"
        self.added = 0
        self.batches = 0
        self.requests: list[str] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.rpartition("/")[2]
        self.requests.append(method)
        content = httpx.Response(200, content=request.content).json()
        if method != "batch":
            if content["auth"] != self.token:
                return httpx.Response(401, json={"error": "expired_token"})
            return httpx.Response(200, json={"result": True})
        if request.headers["Authorization"] != f"Bearer {self.token}":
            return _refusal(*DENIED)
        self.batches += 1
        self.added += sum(command["method"] == "tasks.task.add" for command in content)
        failure = self.failing(self.batches)
        if failure is not None:
            return _refusal(*failure)
        results = [{"number": number} for number, _ in enumerate(content)]
        return httpx.Response(200, json={"result": results})


def _refusal(status: int, code: str) -> httpx.Response:
    error = {"code": f"BITRIX_REST_V3_EXCEPTION_{code}", "message": "no"}
    return httpx.Response(status, json={"error": error})


class Tokens:
    """Opens the portal; a renewed token is the one that it takes."""

    def __init__(self, portal: Portal, domain: str) -> None:
        self.portal = portal
        self.domain = domain
        self.token = "first-token"
        self.opened = 0
        self.last = 1000

    async def authorize(self) -> Authorization:
        self.opened += 1
        if self.opened > self.last:
            raise StoreError("database is locked")
        return Authorization(f"https://{self.domain}/rest/", SecretStr(self.token), self.domain)

    async def renew(self, refused: Authorization) -> Authorization:
        self.token = self.portal.token
        return await self.authorize()

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        raise AssertionError("it has not moved")


@asynccontextmanager
async def client_of(portal: Portal) -> AsyncIterator[tuple[Client, Tokens]]:
    global _count
    _count += 1
    access = Tokens(portal, f"batches{_count}.bitrix24.test")
    transport = httpx.MockTransport(portal)
    async with Client(access, transport, options=QUICK, limits=UNLIMITED) as client:
        yield client, access


async def errors_of(client: Client, commands: Any) -> dict[Any, RestError]:
    with pytest.raises(BatchError) as caught:
        await client.v3.batch(commands)
    return dict(caught.value.errors)


@pytest.fixture(autouse=True)
def short_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_BLIND_PAUSE", 0.01)


@pytest.mark.parametrize("failure", [DENIED, LIMITED, INVALID])
async def test_what_was_run_before_an_error_is_not_run_again(failure: tuple[int, str]) -> None:
    portal = Portal(lambda _: failure)
    async with client_of(portal) as (client, _):
        errors = await errors_of(client, {"add": ADD, "read": GET})

    assert [type(error) for error in errors.values()] == [OutcomeUnknown] * 2
    assert errors["add"].maybe_executed
    assert portal.added == 1


async def test_a_batch_that_writes_is_made_again_if_it_was_the_token_that_was_refused() -> None:
    portal = Portal()
    async with client_of(portal) as (client, _):
        await client.call("profile")
        portal.token = "second-token"
        results = await client.v3.batch([ADD, GET])

    assert results == [{"number": 0}, {"number": 1}]
    assert portal.added == 1


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(DENIED, AccessDenied), (LIMITED, OperationTimeLimit), (INVALID, InvalidRequest)],
)
async def test_a_batch_that_only_reads_fails_with_the_error_itself(
    failure: tuple[int, str], kind: type[RestError]
) -> None:
    portal = Portal(lambda _: failure)
    async with client_of(portal) as (client, _):
        impatient = client.with_options(patience=0)
        errors = await errors_of(impatient, [GET, GET])

    assert [type(error) for error in errors.values()] == [kind] * 2


async def test_a_batch_that_only_reads_is_made_again_when_a_limit_is_over() -> None:
    portal = Portal(lambda number: LIMITED if number == 1 else None)
    async with client_of(portal) as (client, _):
        assert len(await client.v3.batch([GET, GET])) == 2


async def test_results_of_earlier_requests_are_kept_when_a_later_one_fails() -> None:
    portal = Portal(lambda number: INVALID if number == 2 else None)
    async with client_of(portal) as (client, _):
        with pytest.raises(BatchError) as caught:
            await client.v3.batch([ADD] * 120)

    results, errors = caught.value.results, caught.value.errors
    assert results == {number: {"number": number} for number in range(50)}
    assert [type(errors[i]) for i in range(50, 100)] == [OutcomeUnknown] * 50
    assert [type(errors[i]) for i in range(100, 120)] == [NotExecuted] * 20
    assert portal.added == 100


async def test_results_of_earlier_requests_are_kept_when_the_store_fails() -> None:
    portal = Portal()
    async with client_of(portal) as (client, access):
        await client.call("profile")
        access.last = access.opened + 1
        with pytest.raises(BatchError) as caught:
            await client.v3.batch({f"n{i}": ADD for i in range(60)})

    assert len(caught.value.results) == 50
    assert {type(error) for error in caught.value.errors.values()} == {NotExecuted}
    assert isinstance(caught.value.errors["n50"].__cause__, StoreError)


async def test_two_names_that_are_written_alike_are_refused_before_anything_is_sent() -> None:
    portal = Portal()
    commands: dict[Any, Any] = {1: GET, "1": GET}
    async with client_of(portal) as (client, _):
        with pytest.raises(ValueError, match="same text"):
            await client.v3.batch(commands)

    assert portal.requests == []


async def test_a_command_of_no_form_is_refused_before_anything_is_sent() -> None:
    portal = Portal()
    async with client_of(portal) as (client, _):
        with pytest.raises(ValueError, match="cannot be sent"):
            await client.v3.batch([*[ADD] * 60, ("tasks.task.get", {"id": object()})])

    assert portal.requests == []


async def test_a_refused_batch_of_rest_3_does_not_hold_classic_batches_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "_BLIND_PAUSE", 60.0)
    portal = Portal(lambda _: LIMITED)
    async with client_of(portal) as (client, _):
        impatient = client.with_options(patience=0)
        await errors_of(impatient, [GET])
        times = client._dispatcher.times

        assert times.pause_of("batch") == 0
        assert times.pause_of("api/batch") > 0
        with pytest.raises(BatchError) as caught:
            await impatient.v3.batch([GET])
    assert portal.batches == 1
    assert isinstance(caught.value.errors[0], OperationTimeLimit)


async def test_a_refused_method_of_rest_3_does_not_hold_the_classic_one_up() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if "/rest/api/" in request.url.path:
            return _refusal(*LIMITED)
        return httpx.Response(200, json={"result": {"tasks": []}})

    transport = httpx.MockTransport(answer)
    async with Client("https://times.test/rest/1/key/", transport, limits=UNLIMITED) as client:
        impatient = client.with_options(patience=0)
        with pytest.raises(OperationTimeLimit):
            await impatient.v3.call("tasks.task.list")
        assert (await impatient.call("tasks.task.list")).result == {"tasks": []}


async def test_a_record_that_is_missing_is_still_named_as_such() -> None:
    portal = Portal(lambda _: (400, "ENTITYNOTFOUNDEXCEPTION"))
    async with client_of(portal) as (client, _):
        with pytest.raises(ExceptionGroup) as caught:
            await client.v3.batch({"task": GET})

    assert isinstance(caught.value.exceptions[0], NotFound)
