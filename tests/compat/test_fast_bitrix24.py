"""fast_bitrix24, with a webhook and with tokens that it is handed by a function."""

from __future__ import annotations

import pytest
from aiohttp import ClientResponseError
from fast_bitrix24 import BitrixAsync
from fast_bitrix24.server_response import ErrorInServerResponseException

from bitrix_events.testing import FakePortal
from tests.compat.conftest import DEALS


@pytest.fixture(params=["webhook", "token"])
def client(portal: FakePortal, request: pytest.FixtureRequest) -> BitrixAsync:
    if request.param == "webhook":
        return BitrixAsync(portal.webhook_url, verbose=False)
    return client_with_tokens(portal)


def client_with_tokens(portal: FakePortal) -> BitrixAsync:
    async def token() -> str:
        return portal.issue_tokens().access_token

    return BitrixAsync(portal.rest_url, token_func=token, verbose=False)


async def test_gets_a_deal(client: BitrixAsync) -> None:
    answer = await client.call("crm.deal.get", {"ID": 7}, raw=True)
    assert (answer["result"]["ID"], answer["result"]["TITLE"]) == ("7", "Roof")


async def test_gets_many_deals_by_their_ids(client: BitrixAsync) -> None:
    deals = await client.get_by_ID("crm.deal.get", range(1, 121))
    assert {int(key): deal["ID"] for key, deal in deals.items()} == {
        number: str(number) for number in range(1, 121)
    }


async def test_lists_all_pages(portal: FakePortal, client: BitrixAsync) -> None:
    rows = await client.get_all("crm.deal.list", {"select": ["ID", "TITLE"]})
    assert sorted(int(row["ID"]) for row in rows) == list(range(1, DEALS + 1))
    assert len(portal.calls("crm.deal.list")) >= 4


async def test_lists_only_what_the_filter_lets_through(client: BitrixAsync) -> None:
    rows = await client.get_all("crm.deal.list", {"filter": {">ID": 60, "TITLE": "Roof"}})
    assert sorted(int(row["ID"]) for row in rows) == list(range(61, DEALS + 1))


async def test_updates_in_batches(portal: FakePortal, client: BitrixAsync) -> None:
    items = [{"ID": n, "fields": {"TITLE": f"Roof & {n}"}} for n in range(1, 121)]
    assert await client.call("crm.deal.update", items) == (True,) * 120
    assert len(portal.calls("batch")) == 3
    titles = [deal["TITLE"] for deal in portal.records("deal")]
    assert titles == [f"Roof & {n}" for n in range(1, 121)] + ["Roof"] * 50


async def test_refers_to_earlier_results_in_a_batch(
    portal: FakePortal, client: BitrixAsync
) -> None:
    commands = {
        "new": "crm.deal.add?fields[TITLE]=Door",
        "read": "crm.deal.get?id=$result[new]",
    }
    results = await client.call_batch({"halt": 0, "cmd": commands})
    assert results["read"]["TITLE"] == "Door"
    assert portal.record("deal", results["new"])["TITLE"] == "Door"


async def test_adds_changes_and_deletes(portal: FakePortal, client: BitrixAsync) -> None:
    new = await client.call("crm.deal.add", {"fields": {"TITLE": "Дом"}})
    assert portal.record("deal", new)["TITLE"] == "Дом"
    assert await client.call("crm.deal.update", {"ID": new, "fields": {"TITLE": "Door"}})
    assert portal.record("deal", new)["TITLE"] == "Door"
    assert await client.call("crm.deal.delete", {"ID": new})
    assert len(portal.records("deal")) == DEALS


async def test_understands_errors(client: BitrixAsync) -> None:
    with pytest.raises(ClientResponseError) as unknown:
        await client.call("crm.nothing.get", {"ID": 1}, raw=True)
    assert unknown.value.status == 404
    with pytest.raises(ErrorInServerResponseException, match="Not found"):
        await client.call("crm.deal.get", [{"ID": 1}, {"ID": 999}])


async def test_calls_again_when_there_were_too_many_requests(
    portal: FakePortal, client: BitrixAsync
) -> None:
    portal.fail_next("crm.deal.get", "QUERY_LIMIT_EXCEEDED", times=2)
    answer = await client.call("crm.deal.get", {"ID": 7}, raw=True)
    assert answer["result"]["ID"] == "7"
    assert len(portal.calls("crm.deal.get")) == 3


async def test_asks_for_another_token_when_one_has_expired(portal: FakePortal) -> None:
    client = client_with_tokens(portal)
    await client.call("crm.deal.get", {"ID": 7}, raw=True)
    portal.expire_tokens()
    answer = await client.call("crm.deal.get", {"ID": 8}, raw=True)
    assert answer["result"]["ID"] == "8"
    assert [call.user_id for call in portal.calls("crm.deal.get")] == [1, 0, 1]
