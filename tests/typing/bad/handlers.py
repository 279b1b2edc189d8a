"""Handlers and hooks that are refused."""

from __future__ import annotations

from datetime import timedelta

from bitrix_events import App, Client, Delivery
from bitrix_events.events import Deal, OnCrmDealAdd

app = App()


@app.on(OnCrmDealAdd)
async def handler(deal: Deal, client: Client) -> None: ...


@app.on(7)  # expect: arg-type reportArgumentType
async def another(delivery: Delivery) -> None:
    delivery.attempt = 2  # expect: misc reportAttributeAccessIssue


@app.on(OnCrmDealAdd, debounce=10)  # expect: arg-type reportArgumentType
async def debounced() -> None: ...


@app.on(OnCrmDealAdd, debounce=timedelta(seconds=1), once=True)  # expect: call-arg reportCallIssue
async def with_an_option_that_is_none() -> None: ...


@app.error(int)  # expect: arg-type reportArgumentType
async def on_error() -> None: ...


@app.error(KeyError)
async def on_key_error(error: KeyError) -> None: ...


app.on(OnCrmDealAdd)(7)  # expect: type-var reportArgumentType


async def caller(client: Client, deal: Deal) -> None:
    await handler("deal", client)  # expect: arg-type reportArgumentType
    await handler(deal)  # expect: call-arg reportCallIssue
    await on_key_error(ValueError())  # expect: arg-type reportArgumentType
    handler(deal, client)  # expect: unused-coroutine reportUnusedCoroutine
