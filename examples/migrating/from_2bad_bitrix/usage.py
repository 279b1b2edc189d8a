"""The first sample of @2bad/bitrix.

There: `Bitrix(restURI, accessToken)` or `Bitrix(webhook)`, `bitrix.deals.get('77')`,
    `bitrix.deals.list({select: [...]})`, `.then(({result}) => ...)`, `.catch(...)`.
Here: `Client(rest_url, token=...)` or `Client(webhook)`, `client.crm.deal.get(id=77)`, which is
    awaited for one answer and iterated for all rows; errors are exceptions.
"""

from bitrix_events import Client


async def main(rest_url: str, token: str) -> None:
    async with Client(rest_url, token=token) as client:
        response = await client.crm.deal.get(id=77)
        print(response.result["TITLE"])

        deals = client.crm.deal.list(select=["*", "UF_*"])
        titles = [deal["TITLE"] async for deal in deals]
        print(len(titles), "deals, the first of them", titles[0])
