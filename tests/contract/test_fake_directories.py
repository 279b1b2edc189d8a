"""Statuses, currencies and users of the fake portal: they are made, read, changed and removed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bitrix_events.testing import FakePortal
from bitrix_events.wire.form import decode_form


class Rest:
    """Calls through the incoming webhook."""

    def __init__(self, portal: FakePortal) -> None:
        self.http = httpx.AsyncClient(transport=portal.transport, base_url=portal.webhook_url)

    async def __call__(self, method: str, **params: Any) -> Any:
        return (await self.http.post(method, json=params)).json()


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(scope="crm,user")


@pytest.fixture
async def rest(portal: FakePortal) -> AsyncIterator[Rest]:
    client = Rest(portal)
    yield client
    await client.http.aclose()


async def test_a_status_is_made_changed_and_removed(rest: Rest) -> None:
    made = await rest(
        "crm.status.add", fields={"ENTITY_ID": "SOURCE", "STATUS_ID": "FAIR", "NAME": "A fair"}
    )
    await rest("crm.status.update", id=made["result"], fields={"NAME": "The fair", "SORT": 20})
    read = await rest("crm.status.get", id=made["result"])
    removed = await rest("crm.status.delete", id=made["result"])
    gone = await rest("crm.status.get", id=made["result"])

    assert made["result"] == 1
    assert read["result"]["NAME"] == "The fair"
    assert read["result"]["SORT"] == "20"
    assert removed["result"] is True
    assert "error" in gone


async def test_a_currency_is_known_by_its_code(rest: Rest) -> None:
    fields = {"CURRENCY": "EUR", "AMOUNT": 1.1, "AMOUNT_CNT": 1}

    made = await rest("crm.currency.add", fields=fields)
    again = await rest("crm.currency.add", fields=fields)
    await rest("crm.currency.update", id="EUR", fields={"AMOUNT": 1.25, "CURRENCY": "USD"})
    read = await rest("crm.currency.get", id="EUR")
    listed = await rest("crm.currency.list", start=50)
    removed = await rest("crm.currency.delete", id="EUR")
    gone = await rest("crm.currency.get", id="EUR")

    assert made["result"] == "EUR"
    assert again["error"] == ""
    assert read["result"]["AMOUNT"] == "1.25"
    assert "ID" not in read["result"]
    assert listed["result"] == [read["result"]]
    assert listed["total"] == 1
    assert removed["result"] is True
    assert "EUR" in gone["error_description"]


async def test_the_event_of_a_currency_carries_its_code() -> None:
    answering = httpx.MockTransport(lambda request: httpx.Response(200))
    portal = FakePortal(outbound=answering)
    portal.outgoing_webhook("https://app.test/events", "ONCRMCURRENCYADD")

    portal.add("currency", CURRENCY="EUR")
    await portal.settled()

    (sent,) = portal.sent
    assert decode_form(sent.body)["data"] == {"FIELDS": {"ID": "EUR"}}


async def test_a_currency_without_a_code_is_refused(portal: FakePortal, rest: Rest) -> None:
    answer = await rest("crm.currency.add", fields={"AMOUNT": 1})

    assert answer["error_description"] == "The currency must have a code of three letters."
    assert portal.records("currency") == []


async def test_users_have_their_fields_at_the_top_level(portal: FakePortal, rest: Rest) -> None:
    made = await rest("user.add", EMAIL="ada@acme.test", NAME="Ada", ADMIN="Y")
    changed = await rest("user.update", ID=made["result"], NAME="Ada L.", ACTIVE="N")
    refused = await rest("user.add", NAME="Nobody")

    ada = portal.record("user", made["result"])
    assert changed["result"] is True
    assert (ada["NAME"], ada["ACTIVE"], ada["ADMIN"]) == ("Ada L.", False, "N")
    assert refused["error"] == "ERROR_ARGUMENT"


@pytest.mark.parametrize(
    ("method", "params", "name", "type_"),
    [
        ("crm.status.fields", {}, "STATUS_ID", "string"),
        ("crm.currency.fields", {}, "AMOUNT", "double"),
    ],
)
async def test_fields_are_described(
    rest: Rest, method: str, params: dict[str, Any], name: str, type_: str
) -> None:
    described = (await rest(method, **params))["result"]

    assert described[name]["type"] == type_


async def test_fields_of_users_have_titles_only(rest: Rest) -> None:
    described = (await rest("user.fields"))["result"]

    assert described["EMAIL"] == "EMAIL"
    assert "ADMIN" not in described


async def test_fields_of_an_item_have_both_names(rest: Rest) -> None:
    described = (await rest("crm.item.fields", entityTypeId=2))["result"]["fields"]

    assert described["opportunity"]["type"] == "double"
    assert described["opportunity"]["upperName"] == "OPPORTUNITY"
    assert described["createdTime"]["isReadOnly"] is True
