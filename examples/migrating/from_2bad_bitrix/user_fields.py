"""User fields: how they are asked for, and what their types are.

There: `bitrix.deals.list({select: ['*', 'UF_*']})`; a property that the types do not know is a
    string, `result.UF_23232323`.
Here: the same wildcards; in a row every key is there. A subclass of the model gives a field a
    name and a type, and `deal["UF_CRM_AREA"]` reads it without one.
"""

from pydantic import Field

from bitrix_events import Client
from bitrix_events.events import Deal


class RoofingDeal(Deal):
    area: float = Field(default=0, alias="UF_CRM_AREA")


async def main(webhook: str) -> None:
    async with Client(webhook) as client:
        async for row in client.crm.deal.list(filter={"ID": 77}, select=["*", "UF_*"]):
            print(row["TITLE"], row["UF_CRM_AREA"])

        deal = await client.get(RoofingDeal, 77)
        print(deal.title, deal.area * 2)

        plain = await client.get(Deal, 77)
        print(plain["UF_CRM_AREA"])
