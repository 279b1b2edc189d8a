"""b24api, which knows webhooks only."""

from __future__ import annotations

from asyncio import to_thread

import pytest
from b24api import Bitrix24
from b24api.error import ApiResponseError, RetryApiResponseError

from bitrix_events.testing import FakePortal
from tests.compat.conftest import DEALS

ALL = {"method": "crm.deal.list", "parameters": {"select": ["ID", "TITLE"]}}


@pytest.fixture
def client(portal: FakePortal, monkeypatch: pytest.MonkeyPatch) -> Bitrix24:
    """It is configured by the environment; here without its five seconds before each retry."""
    monkeypatch.setenv("BITRIX24_API_WEBHOOK_URL", portal.webhook_url)
    monkeypatch.setenv("BITRIX24_API_RETRY_DELAY", "0")
    return Bitrix24()


async def test_gets_a_deal(client: Bitrix24) -> None:
    deal = await to_thread(client.call, {"method": "crm.deal.get", "parameters": {"id": 7}})
    assert (deal["ID"], deal["TITLE"]) == ("7", "Roof")


@pytest.mark.parametrize("way", ["list_sequential", "list_batched", "list_batched_no_count"])
async def test_lists_all_pages(portal: FakePortal, client: Bitrix24, way: str) -> None:
    rows = await to_thread(lambda: list(getattr(client, way)(ALL)))
    assert [int(row["ID"]) for row in rows] == list(range(1, DEALS + 1))
    assert len(portal.calls("crm.deal.list")) >= 4


async def test_updates_in_batches(portal: FakePortal, client: Bitrix24) -> None:
    updates = [
        {"method": "crm.deal.update", "parameters": {"id": n, "fields": {"TITLE": f"Roof & {n}"}}}
        for n in range(1, 121)
    ]
    assert await to_thread(lambda: list(client.batch(updates))) == [True] * 120
    assert len(portal.calls("batch")) == 3
    titles = [deal["TITLE"] for deal in portal.records("deal")]
    assert titles == [f"Roof & {n}" for n in range(1, 121)] + ["Roof"] * 50


async def test_adds_changes_and_deletes(portal: FakePortal, client: Bitrix24) -> None:
    fields = {"TITLE": "Дом", "OPPORTUNITY": 12.5}
    new = await to_thread(client.call, {"method": "crm.deal.add", "parameters": {"fields": fields}})
    assert portal.record("deal", new)["TITLE"] == "Дом"
    change = {"id": new, "fields": {"TITLE": "Door"}}
    assert await to_thread(client.call, {"method": "crm.deal.update", "parameters": change})
    assert portal.record("deal", new)["TITLE"] == "Door"
    assert await to_thread(client.call, {"method": "crm.deal.delete", "parameters": {"id": new}})
    assert len(portal.records("deal")) == DEALS


async def test_understands_errors(client: Bitrix24) -> None:
    with pytest.raises(ApiResponseError, match="Not found"):
        await to_thread(client.call, {"method": "crm.deal.get", "parameters": {"id": 999}})
    with pytest.raises(ApiResponseError, match="error_method_not_found"):
        await to_thread(client.call, {"method": "crm.nothing.get"})


async def test_understands_an_error_in_a_batch(portal: FakePortal, client: Bitrix24) -> None:
    requests = [{"method": "crm.deal.delete", "parameters": {"id": n}} for n in (1, 999, 2)]
    with pytest.raises(ApiResponseError, match="Not found"):
        await to_thread(lambda: list(client.batch(requests)))
    assert [deal["ID"] for deal in portal.records("deal")][:2] == ["2", "3"]  # it asks for a halt


async def test_calls_again_when_there_were_too_many_requests(
    portal: FakePortal, client: Bitrix24
) -> None:
    portal.fail_next("crm.deal.get", "QUERY_LIMIT_EXCEEDED", times=2)
    deal = await to_thread(client.call, {"method": "crm.deal.get", "parameters": {"id": 7}})
    assert deal["ID"] == "7"
    assert len(portal.calls("crm.deal.get")) == 3


async def test_gives_up_when_there_are_always_too_many(
    portal: FakePortal, client: Bitrix24
) -> None:
    portal.fail_next("crm.deal.get", "QUERY_LIMIT_EXCEEDED", times=9)
    with pytest.raises(RetryApiResponseError, match="query_limit_exceeded"):
        await to_thread(client.call, {"method": "crm.deal.get", "parameters": {"id": 7}})
    assert len(portal.calls("crm.deal.get")) == 5
