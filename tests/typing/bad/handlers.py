"""Handlers and hooks that are refused."""

from __future__ import annotations

from bitrix_events import App, Client, Delivery
from bitrix_events.events import Deal, OnAppInstall, OnCrmDealAdd

app = App()


@app.on(OnCrmDealAdd)
async def handler(deal: Deal, client: Client) -> None: ...


@app.on(7)  # expect: call-overload reportArgumentType
async def another(delivery: Delivery) -> None:
    delivery.attempt = 2  # expect: misc reportAttributeAccessIssue


@app.on(OnCrmDealAdd, debounce=10)  # expect: call-overload reportArgumentType
async def debounced() -> None: ...


@app.on(OnCrmDealAdd, once=True)  # expect: call-overload reportCallIssue
async def with_an_option_that_is_none() -> None: ...


@app.on(
    OnCrmDealAdd,
    where=lambda deal: deal.catgory_id == 3,  # expect: attr-defined reportAttributeAccessIssue
)
async def with_a_slip_in_its_filter(deal: Deal) -> None: ...


@app.on(OnAppInstall, where=lambda record: True)  # expect: arg-type reportArgumentType
async def with_a_filter_and_no_record() -> None: ...


@app.on(OnCrmDealAdd, changed=7)  # expect: call-overload reportArgumentType
async def with_a_number_as_a_field() -> None: ...


@app.on(OnCrmDealAdd, changed="id", first_seen="no")  # expect: call-overload reportArgumentType
async def with_a_wrong_word() -> None: ...


@app.on("ONCRMDEALADD", changed="stage_id")  # expect: call-overload reportArgumentType
async def with_a_field_and_no_record() -> None: ...


@app.on(OnCrmDealAdd, mode="sometimes")  # expect: call-overload reportArgumentType
async def with_a_wrong_mode() -> None: ...


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
