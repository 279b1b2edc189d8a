"""Batches of REST 3.0: the portal tells the first error alone, whatever was run before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

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
from bitrix_events.testing import FakePortal
from tests.access import TokenAccess
from tests.unit.rest.lists import QUICK

ADD = ("tasks.task.add", {"fields": {"title": "x", "creatorId": 1, "responsibleId": 1}})
GET = ("tasks.task.get", {"id": 1})
DENIED, LIMITED, INVALID = (
    (401, "ACCESSDENIEDEXCEPTION"),
    (429, "RATELIMITEXCEPTION"),
    (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
)
_PREFIX = "BITRIX_REST_V3_EXCEPTION_"
_count = 0


class Access(TokenAccess):
    """Opens the portal so many times; then the store fails."""

    left = 1000

    async def authorize(self) -> Authorization:
        self.left -= 1
        if self.left < 0:
            raise StoreError("database is locked")
        return await super().authorize()


def portal_that(failure: tuple[int, str] | None = None, *, times: int = 100) -> FakePortal:
    """A portal with a task, which so often fails to get one in this way."""
    global _count
    _count += 1
    portal = FakePortal(domain=f"batches{_count}.bitrix24.test")
    portal.add("task", TITLE="known")
    if failure is not None:
        status, code = failure
        portal.fail_next("tasks.task.get", _PREFIX + code, status=status, times=times)
    return portal


def added(portal: FakePortal) -> int:
    """How many tasks were created by calls."""
    return len(portal.records("task")) - 1


@asynccontextmanager
async def client_of(portal: FakePortal) -> AsyncIterator[tuple[Client, Access]]:
    access = Access(portal)
    async with Client(access, portal.transport, options=QUICK, limits=UNLIMITED) as client:
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
    portal = portal_that(failure)
    async with client_of(portal) as (client, _):
        errors = await errors_of(client, {"add": ADD, "read": GET})

    assert [type(error) for error in errors.values()] == [OutcomeUnknown] * 2
    assert errors["add"].maybe_executed
    assert added(portal) == 1


async def test_a_batch_that_writes_is_made_again_if_it_was_the_token_that_was_refused() -> None:
    portal = portal_that()
    async with client_of(portal) as (client, access):
        await client.call("profile")
        portal.expire_tokens()
        create, read = await client.v3.batch([ADD, GET])

    assert (create["item"]["title"], read["item"]["title"]) == ("x", "known")
    assert len(access.refused) == 1
    assert added(portal) == 1


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(DENIED, AccessDenied), (LIMITED, OperationTimeLimit), (INVALID, InvalidRequest)],
)
async def test_a_batch_that_only_reads_fails_with_the_error_itself(
    failure: tuple[int, str], kind: type[RestError]
) -> None:
    portal = portal_that(failure)
    async with client_of(portal) as (client, _):
        impatient = client.with_options(patience=0)
        errors = await errors_of(impatient, [GET, GET])

    assert [type(error) for error in errors.values()] == [kind] * 2


async def test_a_batch_that_only_reads_is_made_again_when_a_limit_is_over() -> None:
    portal = portal_that(LIMITED, times=1)
    async with client_of(portal) as (client, _):
        assert len(await client.v3.batch([GET, GET])) == 2


async def test_results_of_earlier_requests_are_kept_when_a_later_one_fails() -> None:
    portal = portal_that(INVALID)
    async with client_of(portal) as (client, _):
        with pytest.raises(BatchError) as caught:
            await client.v3.batch([ADD] * 99 + [GET] + [ADD] * 20)

    results, errors = caught.value.results, caught.value.errors
    assert [results[number]["item"]["title"] for number in range(50)] == ["x"] * 50
    assert len(results) == 50
    assert [type(errors[i]) for i in range(50, 100)] == [OutcomeUnknown] * 50
    assert [type(errors[i]) for i in range(100, 120)] == [NotExecuted] * 20
    assert added(portal) == 99


async def test_results_of_earlier_requests_are_kept_when_the_store_fails() -> None:
    portal = portal_that()
    async with client_of(portal) as (client, access):
        await client.call("profile")
        access.left = 1
        with pytest.raises(BatchError) as caught:
            await client.v3.batch({f"n{i}": ADD for i in range(60)})

    assert len(caught.value.results) == 50
    assert {type(error) for error in caught.value.errors.values()} == {NotExecuted}
    assert isinstance(caught.value.errors["n50"].__cause__, StoreError)


async def test_two_names_that_are_written_alike_are_refused_before_anything_is_sent() -> None:
    portal = portal_that()
    commands: dict[Any, Any] = {1: GET, "1": GET}
    async with client_of(portal) as (client, _):
        with pytest.raises(ValueError, match="same text"):
            await client.v3.batch(commands)

    assert portal.requests == 0


async def test_a_command_of_no_form_is_refused_before_anything_is_sent() -> None:
    portal = portal_that()
    async with client_of(portal) as (client, _):
        with pytest.raises(ValueError, match="cannot be sent"):
            await client.v3.batch([*[ADD] * 60, ("tasks.task.get", {"id": object()})])

    assert portal.requests == 0


async def test_a_refused_batch_of_rest_3_does_not_hold_classic_batches_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "_BLIND_PAUSE", 60.0)
    portal = portal_that(LIMITED)
    async with client_of(portal) as (client, _):
        impatient = client.with_options(patience=0)
        await errors_of(impatient, [GET])
        times = client._dispatcher.times

        assert times.pause_of("batch") == 0
        assert times.pause_of("api/batch") > 0
        with pytest.raises(BatchError) as caught:
            await impatient.v3.batch([GET])
    assert portal.requests == 1
    assert isinstance(caught.value.errors[0], OperationTimeLimit)


async def test_a_refused_method_of_rest_3_does_not_hold_the_classic_one_up() -> None:
    portal = portal_that()
    portal.fail_next("tasks.task.list", f"{_PREFIX}RATELIMITEXCEPTION", status=429)
    async with Client(portal.webhook_url, portal.transport, limits=UNLIMITED) as client:
        impatient = client.with_options(patience=0)
        with pytest.raises(OperationTimeLimit):
            await impatient.v3.call("tasks.task.list")
        (task,) = (await impatient.call("tasks.task.list")).result["tasks"]
        assert task["title"] == "known"


async def test_a_record_that_is_missing_is_still_named_as_such() -> None:
    portal = portal_that((400, "ENTITYNOTFOUNDEXCEPTION"))
    async with client_of(portal) as (client, _):
        with pytest.raises(ExceptionGroup) as caught:
            await client.v3.batch({"task": GET})

    assert isinstance(caught.value.exceptions[0], NotFound)
