"""What users write and what has to pass ``mypy --strict``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, assert_type

from bitrix_events import (
    App,
    Client,
    DeadLettered,
    Delivery,
    Depends,
    ExecutionFailed,
    File,
    GiveUp,
    Options,
    Ref,
    Response,
    RestError,
    RetryLater,
    RetryPolicy,
    Router,
    SyncClient,
)
from bitrix_events.events import Deal, Event, OnCrmDealAdd, OnCrmDealUpdate
from bitrix_events.rest.pace import ENTERPRISE
from bitrix_events.rest.request import Request

app = App()
router = Router("router")


def rate() -> float:
    return 1.0


@app.on(OnCrmDealAdd, "ONCRMDEALUPDATE", name="stays", timeout=5)
async def handler(
    deal: Deal, client: Client, delivery: Delivery, factor: Annotated[float, Depends(rate)]
) -> int:
    response = await client.call("crm.deal.get", {"id": deal.id}, extra=1)
    assert_type(response, Response)
    assert_type(await client.batch({"a": ("profile", {})}), dict[str, Response])
    assert_type(await client.get(Deal, 7), Deal)
    assert_type(await client.list("crm.deal.list"), list[Any])
    assert_type(delivery.key("x"), str)
    return int(factor)


@router.on(OnCrmDealUpdate)
def sync_handler(event: OnCrmDealUpdate, raw: Event, client: SyncClient) -> None:
    assert_type(event.entity_id, int)
    assert_type(client.call("profile"), Response)
    assert_type(client.get(Deal, 7), Deal)
    assert_type(client.apply("crm.deal.update", [{"id": 1}]), list[Response])
    with client.slow(0.5):
        client.call_batch([client.request("profile")])
    for row in client.list("crm.deal.list", {"select": ["ID"]}, limit=10):
        assert_type(row, Any)


class ErpDown(Exception): ...


deals = Router("deals", retry=RetryPolicy(attempts=8, base=2, cap=3600, max_age=timedelta(days=3)))


@deals.on(OnCrmDealUpdate, debounce=timedelta(seconds=10), concurrency=4)
async def tell_new_owner(deal: Deal, client: Client) -> None:
    if deal.opportunity <= 0:
        raise GiveUp("won deal without an amount")


@deals.error(ErpDown)
async def wait_for_erp(error: ErpDown, delivery: Delivery) -> None:
    raise RetryLater(seconds=60 * delivery.attempt) from error


@deals.error(KeyError, ValueError)
def skip_nonsense(error: Exception) -> None: ...


@app.middleware
async def timed(call_next: Callable[[], Awaitable[None]], delivery: Delivery) -> None:
    await call_next()


@app.dead_letter
async def page_someone(error: Exception, delivery: Delivery) -> None: ...


async def hooks_keep_their_types(delivery: Delivery) -> None:
    await wait_for_erp(ErpDown(), delivery)
    await page_someone(ErpDown(), delivery)
    skip_nonsense(KeyError())


def on_signals(failed: ExecutionFailed, dead: DeadLettered) -> None:
    assert_type(failed.next_seconds, float | None)
    assert_type(dead.delivery, int)


async def calls(client: Client) -> None:
    request = client.call("crm.deal.get", id=7)
    assert_type(request, Request)
    assert_type(await request, Response)
    async for row in request:
        assert_type(row, Any)
    async for row in client.list("crm.deal.list", {"select": ["ID"]}, limit=10, progress=True):
        assert_type(row, Any)
    assert_type(await client.list("crm.deal.list").all(), list[Any])
    await client.call("disk.folder.uploadfile", fileContent=File("a.txt", b"a"))


async def batches(client: Client) -> None:
    call = client.call("profile")
    assert_type(await client.batch({"a": call, "b": "profile"}), dict[str, Response])
    assert_type(await client.batch({1: call, 2: ("profile",)}, halt=True), dict[int, Response])
    assert_type(await client.batch([call, "profile", ("x", {"id": Ref(0)["ID"]})]), list[Response])
    assert_type(await client.batch((call, call)), list[Response])
    assert_type(await client.outcomes({"a": call}), dict[str, Response | RestError])
    assert_type(await client.outcomes([call]), list[Response | RestError])
    assert_type(await client.apply("crm.deal.update", ({"id": n} for n in (1, 2))), list[Response])
    assert_type(Ref("a")["ID"][0], Ref)


async def a_script() -> None:
    options = Options(attempts=2)
    async with Client("https://acme.bitrix24.com/rest/1/code/", options=options) as client:
        assert_type(client.with_options(patience=1), Client)
        async with client.slow(0.5):
            await client.call("profile")
    with SyncClient(
        "https://acme.bitrix24.com/rest/", token="token", limits=ENTERPRISE
    ) as sync_client:
        assert_type(sync_client.list("crm.deal.list").last_id, int | None)


async def decorated_functions_keep_their_types(deal: Deal, client: Client, d: Delivery) -> None:
    assert_type(await handler(deal, client, d, 1.0), int)
    assert_type(deal.opportunity, float)
