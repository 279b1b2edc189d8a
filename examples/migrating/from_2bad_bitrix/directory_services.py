"""The services for statuses, currencies and users.

There: `bitrix.statuses` with `fields`, `create`, `get`, `list`, `update`, `delete`, and
    `bitrix.users` with `fields` and `get`; currencies are planned.
Here: `client.crm.status`, `client.crm.currency` and `client.user`, with all that the portal
    has. A user is dismissed, `update(ID=..., ACTIVE="N")`: the portal lets nobody delete one.
"""

from bitrix_events import Client


async def statuses(client: Client) -> None:
    fields = {"ENTITY_ID": "SOURCE", "STATUS_ID": "FAIR", "NAME": "New status"}
    status_id = (await client.crm.status.add(fields=fields)).result
    await client.crm.status.update(id=status_id, fields={"NAME": "New status name"})
    print((await client.crm.status.get(id=status_id)).result["NAME"])
    async for status in client.crm.status.list(filter={"ENTITY_ID": "SOURCE"}):
        print(status["STATUS_ID"])
    print((await client.crm.status.fields()).result["SORT"]["type"])
    await client.crm.status.delete(id=status_id)


async def currencies(client: Client) -> None:
    fields = {"CURRENCY": "GBP", "AMOUNT": 1.17, "AMOUNT_CNT": 1}
    code = (await client.crm.currency.add(fields=fields)).result
    await client.crm.currency.update(ID=code, fields={"AMOUNT": 1.2, "AMOUNT_CNT": 1})
    print((await client.crm.currency.get(id=code)).result["AMOUNT"])
    async for currency in client.crm.currency.list():
        print(currency["CURRENCY"])
    print((await client.crm.currency.fields()).result["AMOUNT"]["type"])
    await client.crm.currency.delete(id=code)


async def users(client: Client) -> None:
    user_id = (await client.user.add(EMAIL="ada@acme.test", NAME="Ada")).result
    await client.user.update(ID=user_id, LAST_NAME="Lovelace")
    print((await client.user.current()).result["ID"])
    async for user in client.user.get(sort="ID", order="ASC"):
        print(user["EMAIL"])
    print((await client.user.fields()).result["EMAIL"])
    await client.user.update(ID=user_id, ACTIVE="N")


async def main(webhook: str) -> None:
    async with Client(webhook) as client:
        await statuses(client)
        await currencies(client)
        await users(client)
