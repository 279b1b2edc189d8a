"""A call that has not been made yet: what can be done with it, and what happens if nothing is."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bitrix_events.errors import NotFound
from bitrix_events.rest.client import Client
from bitrix_events.testing import FakePortal


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    async with Client(portal.webhook_url, portal.transport) as client:
        yield client


async def test_nothing_is_sent_before_it_is_awaited(portal: FakePortal, client: Client) -> None:
    request = client.call("profile")
    await asyncio.sleep(0.01)
    before = portal.requests

    assert (await request).result["ID"] == "1"
    assert (before, portal.requests) == (0, 1)


async def test_each_await_makes_the_call_anew(portal: FakePortal, client: Client) -> None:
    request = client.call("crm.deal.add", fields={"TITLE": "x"})

    assert [(await request).result, (await request).result] == [1, 2]


async def test_one_request_may_be_under_way_several_times(
    portal: FakePortal, client: Client
) -> None:
    request = client.call("profile")

    await asyncio.gather(request.send(), request.send(), asyncio.create_task(request.send()))

    assert portal.requests == 3


@pytest.mark.parametrize("halt", [False, True])
async def test_the_call_of_another_client_is_refused_in_a_batch(
    portal: FakePortal, client: Client, halt: bool
) -> None:
    other_portal = FakePortal(domain="other.bitrix24.test")
    async with Client(other_portal.webhook_url, other_portal.transport) as other:
        for commands in ([other.call("profile")], {"me": other.call("profile")}):
            with pytest.raises(ValueError, match="another client"):
                await client.batch(commands, halt=halt)

    assert (portal.requests, other_portal.requests) == (0, 0)


async def test_the_call_of_the_same_client_with_other_options_is_taken(client: Client) -> None:
    (response,) = await client.batch([client.with_options(attempts=1).call("profile")])

    assert response.result["ID"] == "1"


async def test_it_is_iterated_for_all_rows(portal: FakePortal, client: Client) -> None:
    portal.fill("deal", 120)

    rows = [row["ID"] async for row in client.call("crm.deal.list", select=["ID"])]

    assert rows == [str(n + 1) for n in range(120)]


async def test_it_goes_into_batches_as_often_as_one_likes(
    portal: FakePortal, client: Client
) -> None:
    request = client.call("profile")

    responses = await client.batch([request, request])
    again = await client.batch({"me": request})

    assert [response.result["ID"] for response in (*responses, again["me"])] == ["1"] * 3


async def test_what_is_never_used_warns(portal: FakePortal, client: Client) -> None:
    with pytest.warns(RuntimeWarning, match=r"call of crm\.deal\.add was never awaited") as warned:
        client.call("crm.deal.add", fields={})

    assert warned[0].filename == __file__
    assert portal.requests == 0


@pytest.mark.parametrize("use", ["send", "command", "aiter"])
async def test_what_is_used_does_not_warn(client: Client, use: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        request = client.call("profile")
        if use == "send":
            request.send().close()
        elif use == "command":
            assert request.command == ("profile", {})
        else:
            request.__aiter__()
        del request
        gc.collect()


async def test_it_raises_when_awaited(client: Client) -> None:
    request = client.call("crm.deal.get", id=404)

    for _ in range(2):
        with pytest.raises(NotFound):
            await request


async def test_it_shows_names_and_no_values(client: Client) -> None:
    params: dict[Any, Any] = {"fields": {"TITLE": "private"}, 1: "private"}
    request = client.call("crm.deal.add", params, x="private")

    assert repr(request) == "<Request crm.deal.add fields, 1, x>"
    request.send().close()


async def test_what_the_caller_changes_later_in_the_top_level_is_not_sent(
    portal: FakePortal, client: Client
) -> None:
    params = {"a": 1}
    request = client.call("profile", params)
    params["b"] = 2
    await request

    assert portal.calls("profile")[0].params == {"a": 1}
