"""The facade for `def` handlers: the same verbs, called from a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bitrix_events.errors import BatchError, IncompleteList, NotFound
from bitrix_events.events import Deal
from bitrix_events.rest.client import Client
from bitrix_events.rest.sync import SyncClient
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal
from tests.access import FixedAccess


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[SyncClient]:
    transport = Transport(portal.transport)
    yield SyncClient.over(Client(FixedAccess(portal), transport), asyncio.get_running_loop())
    await transport.close()


async def test_a_thread_calls_a_method(portal: FakePortal, client: SyncClient) -> None:
    deal_id = portal.add("deal", TITLE="Big")

    response = await asyncio.to_thread(client.call, "crm.deal.get", {"id": deal_id})

    assert response.result["TITLE"] == "Big"


async def test_keywords_are_parameters(portal: FakePortal, client: SyncClient) -> None:
    await asyncio.to_thread(client.call, "profile", {"a": 1}, b=2)

    (call,) = portal.calls("profile")
    assert call.params == {"a": 1, "b": 2}


async def test_an_error_passes_through(client: SyncClient) -> None:
    with pytest.raises(NotFound):
        await asyncio.to_thread(client.get, Deal, 404)


async def test_a_record_is_read_into_its_model(portal: FakePortal, client: SyncClient) -> None:
    deal_id = portal.add("deal", TITLE="Big")

    deal = await asyncio.to_thread(client.get, Deal, deal_id)

    assert deal.title == "Big"


@pytest.mark.parametrize("count", [0, 1, 50, 120])
async def test_all_rows_are_listed(portal: FakePortal, client: SyncClient, count: int) -> None:
    for _ in range(count):
        portal.add("deal")

    rows = await asyncio.to_thread(lambda: list(client.list("crm.deal.list", select=["ID"])))

    assert [row["ID"] for row in rows] == [str(n + 1) for n in range(count)]


async def test_pages_are_fetched_while_rows_are_taken(
    portal: FakePortal, client: SyncClient
) -> None:
    for _ in range(120):
        portal.add("deal")

    def take(count: int) -> tuple[list[Any], int]:
        rows = client.list("crm.deal.list")
        taken = [next(rows) for _ in range(count)]
        return taken, len(portal.calls("crm.deal.list"))

    taken, calls = await asyncio.to_thread(take, 51)

    assert (len(taken), calls) == (51, 2)


async def test_a_list_that_breaks_off_raises(portal: FakePortal, client: SyncClient) -> None:
    def read() -> list[Any]:
        return list(client.list("profile"))

    with pytest.raises(IncompleteList):
        await asyncio.to_thread(read)


async def test_a_batch_returns_its_responses(portal: FakePortal, client: SyncClient) -> None:
    deal_id = portal.add("deal", TITLE="Big")

    responses = await asyncio.to_thread(
        client.batch, {"deal": ("crm.deal.get", {"id": deal_id}), "me": ("profile", {})}
    )

    assert responses["deal"].result["TITLE"] == "Big"


async def test_errors_of_a_batch_pass_through(client: SyncClient) -> None:
    with pytest.raises(BatchError):
        await asyncio.to_thread(client.batch, {"deal": ("crm.deal.get", {"id": 404})})


async def test_many_threads_share_one_client(portal: FakePortal, client: SyncClient) -> None:
    ids = [portal.add("deal") for _ in range(20)]

    deals = await asyncio.gather(*(asyncio.to_thread(client.get, Deal, n) for n in ids))

    assert [deal.id for deal in deals] == ids
