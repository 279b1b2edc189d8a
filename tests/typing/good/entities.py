"""Entity models, and subclasses with fields of one portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_type

from pydantic import Field

from bitrix_events import Client, Entity, SyncClient
from bitrix_events.entities import Contact, Deal, Task, User


class RoofingDeal(Deal):
    area: float = Field(default=0, alias="UF_CRM_1712")
    stages: list[str] = Field(default_factory=list[str], alias="UF_CRM_STAGES")


async def read(client: Client, threads: SyncClient) -> None:
    deal = await client.get(Deal, 7)
    assert_type(deal, Deal)
    assert_type(deal.id, int)
    assert_type(deal.title, str)
    assert_type(deal.opportunity, float)
    assert_type(deal.created_time, datetime | None)
    assert_type(deal["UF_CRM_1712"], Any)
    assert_type(await client.get(User, 1), User)
    assert_type(threads.get(Task, 5), Task)
    assert_type((await client.get(Contact, 3)).id, int)


async def fields_of_a_portal(client: Client) -> None:
    deal = await client.get(RoofingDeal, 7)
    assert_type(deal, RoofingDeal)
    assert_type(deal.area, float)
    assert_type(deal.stages, list[str])
    assert_type(deal.stage_id, str)


def of_any_kind(entity: Entity) -> None:
    assert_type(entity["ID"], Any)
