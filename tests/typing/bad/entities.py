"""Entity models, used wrongly."""

from __future__ import annotations

from pydantic import Field

from bitrix_events import Client, SyncClient
from bitrix_events.entities import Deal


class RoofingDeal(Deal):
    area: float = Field(default=0, alias="UF_CRM_1712")


async def attributes(deal: Deal, roofing: RoofingDeal) -> None:
    deal.opportunty  # expect: attr-defined reportAttributeAccessIssue
    deal.area  # expect: attr-defined reportAttributeAccessIssue
    deal.title + 1  # expect: operator reportOperatorIssue
    roofing.area.upper()  # expect: attr-defined reportAttributeAccessIssue


async def reading(client: Client, threads: SyncClient) -> None:
    await client.get(Deal)  # expect: call-arg reportCallIssue
    await client.get("deal", 7)  # expect: arg-type reportArgumentType
    await client.get(Deal, 7.5)  # expect: arg-type reportArgumentType
    (await client.get(Deal, 7)).area  # expect: attr-defined reportAttributeAccessIssue
    await threads.get(Deal, 7)  # expect: misc reportGeneralTypeIssues
