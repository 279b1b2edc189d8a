"""Events: their data, and the records they are about."""

from __future__ import annotations

from typing import Any, assert_type

from bitrix_events import App
from bitrix_events.events import (
    Deal,
    Event,
    OnAppInstall,
    OnCrmDealAdd,
    OnCrmDynamicItemAdd,
    OnTaskAdd,
    OnUserAdd,
)

app = App()


@app.on(OnCrmDealAdd)
async def added(event: OnCrmDealAdd, deal: Deal) -> None:
    assert_type(event.data["FIELDS"]["ID"], str)
    assert_type(event.entity_id, int)
    assert_type(event.code, str)
    assert_type(deal.title, str)


@app.on(OnUserAdd, OnTaskAdd, OnCrmDynamicItemAdd, OnAppInstall, "ONIMCONNECTORMESSAGEADD")
async def anything(event: Event) -> None:
    assert_type(event.data, Any)


def data_of(user: OnUserAdd, task: OnTaskAdd, item: OnCrmDynamicItemAdd) -> None:
    assert_type(user.data["EMAIL"], str)
    assert_type(user.data.get("NAME", ""), str)
    after = task.data["FIELDS_AFTER"]
    assert_type(after["ID"] if after != "undefined" else "", str)
    assert_type(item.data["FIELDS"]["ENTITY_TYPE_ID"], str)
