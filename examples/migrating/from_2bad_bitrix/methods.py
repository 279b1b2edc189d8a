"""The generic methods.

There: `bitrix.call(Method.GET_DEAL, {...})`, `bitrix.list(Method.LIST_DEALS, {start: 774})`,
    `bitrix.batch({...})` and `bitrix.batch([...])`; older versions: `bitrix.get<Deal>(...)`,
    `bitrix.getList<Deal>(...)`.
Here: `client.call(name, ...)` is the same as the path `client.crm.deal.get(...)`;
    `client.list(name, after_id=...)` goes on after an id, where `start` counts rows that others
    may add or remove meanwhile; `client.batch` takes calls by name or in order and gives back
    the same shape.
"""

from bitrix_events import Client


async def calls(client: Client) -> None:
    print((await client.call("crm.deal.get", {"id": 77})).result["TITLE"])
    made = await client.call("crm.deal.add", fields={"TITLE": "New deal"})
    await client.call("crm.deal.update", id=made.result, fields={"TITLE": "New deal title"})
    page = await client.call("crm.deal.list")
    print(len(page.result), "of", page.total, "deals; the next page begins at", page.next)


async def lists(client: Client) -> None:
    deals = client.list("crm.deal.list", select=["TITLE"], after_id=70)
    print(len(await deals), "deals after the one with the id 70")


async def batches(client: Client) -> None:
    named = await client.batch(
        {"lead": client.crm.lead.get(id=77), "deals": client.crm.deal.list(select=["ID"])}
    )
    print(named["lead"].result["TITLE"], len(named["deals"].result))

    deals, deal = await client.batch([client.crm.deal.list(), client.crm.deal.get(id=77)])
    print(len(deals.result), deal.result["TITLE"])


async def main(webhook: str) -> None:
    async with Client(webhook) as client:
        await calls(client)
        await lists(client)
        await batches(client)
