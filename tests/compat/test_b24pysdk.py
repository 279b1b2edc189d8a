"""b24pysdk, which knows https only: with a webhook, and with OAuth tokens that it renews."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from b24pysdk import BitrixApp, BitrixToken, BitrixWebhook, Client
from b24pysdk import errors as sdk_errors

from bitrix_events.testing import FakePortal
from tests.compat.conftest import DEALS, portal_with_deals
from tests.compat.https import internet
from tests.serving import PATIENCE

NEW_DOMAIN = "renamed.bitrix24.test"
QUICK = {"initial_retry_delay": 0.001, "retry_delay_increment": 0}


@pytest.fixture
async def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakePortal]:
    """It lives at its own name, as real ones do, on a machine that may be slow."""
    for name in ("DEFAULT_CONNECT_TIMEOUT", "DEFAULT_READ_TIMEOUT"):
        monkeypatch.setattr(f"b24pysdk._config.{name}", PATIENCE)
    portal = portal_with_deals()
    async with internet(portal, tmp_path, monkeypatch, hosts=[NEW_DOMAIN]):
        yield portal


@pytest.fixture
def token(portal: FakePortal) -> BitrixToken:
    pair = portal.issue_tokens()
    return BitrixToken(
        domain=portal.domain,
        auth_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires=datetime.fromtimestamp(pair.expires, UTC),
        bitrix_app=BitrixApp(client_id=portal.client_id, client_secret=portal.client_secret),
    )


@pytest.fixture(params=["webhook", "token"])
def client(portal: FakePortal, token: BitrixToken, request: pytest.FixtureRequest) -> Any:
    if request.param == "token":
        return Client(token)
    path = "/".join(portal.webhook_url.rstrip("/").split("/")[-2:])
    return Client(BitrixWebhook(domain=portal.domain, webhook_token=path))


async def answer_of(request: Callable[[], Any]) -> Any:
    """The result of a request of the SDK, which is sent when it is asked for."""
    return await to_thread(lambda: request().result)


async def test_gets_a_deal(client: Any) -> None:
    deal = await answer_of(lambda: client.crm.deal.get(bitrix_id=7))
    assert (deal["ID"], deal["TITLE"]) == ("7", "Roof")


async def test_reads_when_and_how_long(client: Any) -> None:
    time = await to_thread(lambda: client.crm.deal.get(bitrix_id=7).response.time)
    assert abs(time.date_start - datetime.now(UTC)) < timedelta(minutes=1)
    assert time.operating is not None


@pytest.mark.parametrize("way", ["as_list", "as_list_fast"])
async def test_lists_all_pages(portal: FakePortal, client: Any, way: str) -> None:
    rows = await to_thread(
        lambda: list(getattr(client.crm.deal.list(select=["ID", "TITLE"]), way)().result)
    )
    assert sorted(int(row["ID"]) for row in rows) == list(range(1, DEALS + 1))
    assert len(portal.calls("crm.deal.list")) >= 4


async def test_lists_items_of_the_universal_methods(client: Any) -> None:
    requested = client.crm.item.list(entity_type_id=2, select=["id", "title"])
    rows = await to_thread(lambda: requested.as_list().result)
    assert sorted(row["id"] for row in rows) == list(range(1, DEALS + 1))


async def test_updates_in_batches(portal: FakePortal, client: Any) -> None:
    calls = [
        client.crm.deal.update(bitrix_id=n, fields={"TITLE": f"Roof & {n}"}) for n in range(1, 121)
    ]
    answer = await answer_of(lambda: client.call_batches(calls))
    assert [*answer.result.values()] == [True] * 120
    assert len(portal.calls("batch")) == 3
    titles = [deal["TITLE"] for deal in portal.records("deal")]
    assert titles == [f"Roof & {n}" for n in range(1, 121)] + ["Roof"] * 50


async def test_reads_names_and_errors_of_a_batch(client: Any) -> None:
    calls = {"there": client.crm.deal.get(bitrix_id=7), "gone": client.crm.deal.get(bitrix_id=999)}
    answer = await answer_of(lambda: client.call_batch(calls))
    assert answer.result["there"]["ID"] == "7"
    assert answer.result_error["gone"]["error_description"] == "Not found"


async def test_adds_changes_and_deletes(portal: FakePortal, client: Any) -> None:
    new = await answer_of(lambda: client.crm.deal.add(fields={"TITLE": "Дом"}))
    assert portal.record("deal", new)["TITLE"] == "Дом"
    assert await answer_of(lambda: client.crm.deal.update(bitrix_id=new, fields={"TITLE": "Door"}))
    assert portal.record("deal", new)["TITLE"] == "Door"
    assert await answer_of(lambda: client.crm.deal.delete(bitrix_id=new))
    assert len(portal.records("deal")) == DEALS


async def test_understands_errors(portal: FakePortal, client: Any) -> None:
    with pytest.raises(sdk_errors.BitrixAPIBadRequest, match="Not found"):
        await answer_of(lambda: client.crm.deal.get(bitrix_id=999))
    portal.fail_next("crm.deal.get", "INSUFFICIENT_SCOPE")
    with pytest.raises(sdk_errors.BitrixAPIInsufficientScope):
        await answer_of(lambda: client.crm.deal.get(bitrix_id=7))
    portal.fail_next("crm.deal.get", "OPERATION_TIME_LIMIT")
    with pytest.raises(sdk_errors.BitrixAPIOperationTimeLimit):
        await answer_of(lambda: client.crm.deal.get(bitrix_id=7))


async def test_calls_again_when_there_were_too_many_requests(
    portal: FakePortal, token: BitrixToken
) -> None:
    portal.fail_next("crm.deal.get", "QUERY_LIMIT_EXCEEDED", times=2)
    deal = await to_thread(token.call_method, "crm.deal.get", {"id": 7}, **QUICK)
    assert deal["result"]["ID"] == "7"
    assert len(portal.calls("crm.deal.get")) == 3


async def test_gives_up_when_there_are_always_too_many(
    portal: FakePortal, token: BitrixToken
) -> None:
    portal.fail_next("crm.deal.get", "QUERY_LIMIT_EXCEEDED", times=9)
    with pytest.raises(sdk_errors.BitrixAPIQueryLimitExceeded):
        await to_thread(token.call_method, "crm.deal.get", {"id": 7}, **QUICK)
    assert len(portal.calls("crm.deal.get")) == 3


async def test_renews_an_expired_token(portal: FakePortal, token: BitrixToken) -> None:
    before = token.auth_token
    portal.expire_tokens()
    deal = await to_thread(token.call_method, "crm.deal.get", {"id": 7})
    assert deal["result"]["ID"] == "7"
    assert portal.refreshes == 1
    assert token.auth_token != before
    assert [call.user_id for call in portal.calls("crm.deal.get")] == [0, 1]


async def test_understands_that_a_refresh_token_was_used(
    portal: FakePortal, token: BitrixToken
) -> None:
    await to_thread(token.refresh_oauth_token)
    with pytest.raises(sdk_errors.oauth.BitrixOAuthInvalidGrant):
        await to_thread(token.refresh_oauth_token)
    assert [call.status for call in portal.oauth_calls] == [200, 400]


async def test_asks_the_oauth_host_what_its_token_is_for(
    portal: FakePortal, token: BitrixToken
) -> None:
    info = (await to_thread(token.get_app_info)).result
    assert (info.client_id, info.user_id) == (portal.client_id, 1)
    assert info.install.member_id == portal.member_id


async def test_follows_a_portal_that_is_renamed(portal: FakePortal, token: BitrixToken) -> None:
    portal.move(NEW_DOMAIN)
    deal = await to_thread(token.call_method, "crm.deal.get", {"id": 7})
    assert deal["result"]["ID"] == "7"
    assert token.domain == NEW_DOMAIN


async def test_reads_a_task_by_rest_3(portal: FakePortal, token: BitrixToken) -> None:
    task = portal.add("task", TITLE="Paint", CREATED_BY="1", RESPONSIBLE_ID="1")
    client = token.get_client(prefer_version=3)
    answer = await answer_of(lambda: client.tasks.task.get(bitrix_id=task, select=["id", "title"]))
    assert answer["item"] == {"id": task, "title": "Paint"}
    with pytest.raises(sdk_errors.v3.BitrixAPIEntityNotFoundException):
        await answer_of(lambda: client.tasks.task.get(bitrix_id=999))
