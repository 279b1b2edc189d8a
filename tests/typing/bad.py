"""What has to be refused: each line marked with the error that mypy gives for it."""

from __future__ import annotations

from bitrix_events import App, Client, Delivery, Ref
from bitrix_events.events import Deal, OnCrmDealAdd

app = App()


@app.on(OnCrmDealAdd)
async def handler(deal: Deal, client: Client) -> None:
    deal.opportunty  # expect: attr-defined
    await client.call(7)  # expect: arg-type
    client.call("profile").result  # expect: attr-defined
    await client.batch([7])  # expect: list-item
    await client.batch("profile", halt=1)  # expect: call-overload
    await client.batch({"a": client.call("profile"), "b": 7})  # expect: dict-item
    await client.batch({None: "profile"})  # expect: type-var
    (await client.call("profile")).reslut  # expect: attr-defined
    await client.apply("crm.deal.update", [7])  # expect: list-item
    await client.list("crm.deal.list", limit="10")  # expect: arg-type
    Ref("a")[1.5]  # expect: index
    Client("https://acme.bitrix24.com/rest/1/code/", token=7)  # expect: arg-type
    for row in client.list("crm.deal.list"):  # expect: attr-defined
        print(row)


@app.on(7)  # expect: arg-type
async def another(delivery: Delivery) -> None:
    delivery.attempt = 2  # expect: misc


@app.on(OnCrmDealAdd, debounce=10)  # expect: arg-type
async def debounced() -> None: ...


@app.error(int)  # expect: arg-type
async def on_error() -> None: ...


@app.error(KeyError)
async def on_key_error(error: KeyError) -> None: ...


async def caller(client: Client) -> None:
    await handler("deal", client)  # expect: arg-type
    await on_key_error(ValueError())  # expect: arg-type
