"""What users write and what has to pass ``mypy --strict``."""

from __future__ import annotations

from typing import Annotated, Any, assert_type

from bitrix_events import App, Client, Delivery, Depends, Response, Router, SyncClient
from bitrix_events.events import Deal, Event, OnCrmDealAdd, OnCrmDealUpdate

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
    assert_type(await client.list("crm.deal.list"), list[dict[str, Any]])
    assert_type(delivery.key("x"), str)
    return int(factor)


@router.on(OnCrmDealUpdate)
def sync_handler(event: OnCrmDealUpdate, raw: Event, client: SyncClient) -> None:
    assert_type(event.entity_id, int)
    assert_type(client.call("profile"), Response)
    assert_type(client.get(Deal, 7), Deal)


async def decorated_functions_keep_their_types(deal: Deal, client: Client, d: Delivery) -> None:
    assert_type(await handler(deal, client, d, 1.0), int)
    assert_type(deal.opportunity, float)
