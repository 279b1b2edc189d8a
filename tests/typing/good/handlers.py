"""Handlers, hooks and what they are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, assert_type

from bitrix_events import (
    UNKNOWN,
    App,
    Change,
    Changes,
    Client,
    DeadLettered,
    Delivery,
    Depends,
    ExecutionFailed,
    GiveUp,
    RetryLater,
    RetryPolicy,
    Router,
    SyncClient,
    UserClient,
)
from bitrix_events.events import Deal, Event, OnCrmDealAdd, OnCrmDealUpdate

app = App()
router = Router("router")


def rate() -> float:
    return 1.0


@app.on(OnCrmDealAdd, "ONCRMDEALUPDATE", name="stays", timeout=5)
async def handler(
    deal: Deal, client: Client, delivery: Delivery, factor: Annotated[float, Depends(rate)]
) -> int:
    assert_type(await client.get(Deal, 7), Deal)
    assert_type(delivery.key("x"), str)
    return int(factor)


@router.on(OnCrmDealUpdate)
def sync_handler(event: OnCrmDealUpdate, raw: Event, client: SyncClient) -> None:
    assert_type(event.entity_id, int)
    assert_type(client.get(Deal, 7), Deal)


@app.on(OnCrmDealUpdate, OnCrmDealAdd, where=lambda deal: deal.category_id == 3)
async def of_one_pipeline(deal: Deal) -> None: ...


class Roofing(Deal):
    area_m2: float = 0


def is_large(deal: Deal) -> bool:
    return deal.opportunity > 1000


@router.on(OnCrmDealAdd, where=is_large, debounce=None)
async def of_a_subclass(deal: Roofing) -> None: ...


@app.on(OnCrmDealUpdate, changed="stage_id", portals=["acme.bitrix24.com"])
async def of_changes(changes: Changes, deal: Deal, client: Client) -> None:
    for name in changes:
        assert_type(name, str)
        assert_type(changes[name], Change)
        if changes[name].before is not UNKNOWN:
            await client.update(deal, stage_id="C3:WON")


@app.on(OnCrmDealUpdate, OnCrmDealAdd, changed=("stage_id", "opportunity"), first_seen="skip")
def of_several_fields(deal: Roofing, client: SyncClient) -> None:
    client.update(deal, UF_CRM_1="x")


@app.on(
    OnCrmDealUpdate,
    changed={"stage_id": ("C3:NEW", "C3:WON"), "assigned_by_id": 7},
    where=lambda deal: deal.category_id == 3,
)
async def of_a_move(deal: Deal) -> None: ...


of_one_kind = Router("of_one_kind", where=is_large, portals=("acme.bitrix24.com",))


@of_one_kind.on(OnCrmDealUpdate, mode="both", catch_up=True)
async def by_two_ways(deal: Deal) -> None: ...


class ErpDown(Exception): ...


deals = Router("deals", retry=RetryPolicy(attempts=8, base=2, cap=3600, max_age=timedelta(days=3)))


@deals.on(OnCrmDealUpdate, debounce=timedelta(seconds=10), concurrency=4)
async def tell_new_owner(deal: Deal, client: Client) -> None:
    if deal.opportunity <= 0:
        raise GiveUp("won deal without an amount")


@deals.on(OnCrmDealUpdate)
async def as_the_user_who_acted(event: OnCrmDealUpdate, user: UserClient | None) -> None:
    if user is not None:
        await user.crm.item.get(entityTypeId=2, id=event.entity_id)


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


async def decorated_functions_keep_their_types(deal: Deal, client: Client, d: Delivery) -> None:
    assert_type(await handler(deal, client, d, 1.0), int)
    assert_type(deal.opportunity, float)
