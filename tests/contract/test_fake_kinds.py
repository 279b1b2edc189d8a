"""The fake portal has further kinds of records: quotes, smart processes, pipelines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bitrix_events.testing import FakePortal
from bitrix_events.wire.form import decode_form

HANDLER = "https://app.test/events"


class Api:
    """Calls a portal with a token of its administrator."""

    def __init__(self, portal: FakePortal) -> None:
        token = portal.issue_tokens().access_token
        self.http = httpx.AsyncClient(
            transport=portal.transport,
            base_url=portal.rest_url,
            headers={"Authorization": f"Bearer {token}"},
        )

    async def __call__(self, method: str, **params: Any) -> Any:
        answer = (await self.http.post(method, json=params)).json()
        return answer.get("error", answer.get("result"))


async def silent(scope: Any, receive: Any, send: Any) -> None:
    """An app that answers nothing."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(
        clock=lambda: 1790000000.0,
        scope="crm,user,task,catalog,department,im,imbot,bizproc,placement,userfieldconfig",
        outbound=httpx.ASGITransport(silent),
    )


@pytest.fixture
async def api(portal: FakePortal) -> AsyncIterator[Api]:
    client = Api(portal)
    yield client
    await client.http.aclose()


def told(portal: FakePortal) -> list[tuple[str, Any]]:
    """The events that were sent, each with its data."""
    return [(sent.code, dict(decode_form(sent.body)).get("data")) for sent in portal.sent]


async def test_a_quote_is_the_same_record_in_both_dialects(portal: FakePortal, api: Api) -> None:
    portal.outgoing_webhook(HANDLER, "ONCRMQUOTEADD", "ONCRMQUOTEUPDATE")

    quote = await api("crm.quote.add", fields={"TITLE": "Roof", "OPPORTUNITY": 12.5})
    item = (await api("crm.item.get", entityTypeId=7, id=quote))["item"]
    await api("crm.item.update", entityTypeId=7, id=quote, fields={"stageId": "SENT"})
    classic = await api("crm.quote.get", id=quote)
    listed = await api("crm.quote.list", filter={">ID": 0}, select=["ID", "TITLE"])
    await portal.settled()

    assert (item["title"], item["opportunity"], item["stageId"]) == ("Roof", 12.5, "DRAFT")
    assert (classic["STATUS_ID"], classic["OPPORTUNITY"]) == ("SENT", "12.50")
    assert listed == [{"ID": "1", "TITLE": "Roof"}]
    assert told(portal) == [
        ("ONCRMQUOTEADD", {"FIELDS": {"ID": "1"}}),
        ("ONCRMQUOTEUPDATE", {"FIELDS": {"ID": "1"}}),
    ]


async def test_items_of_a_smart_process_carry_its_number(portal: FakePortal, api: Api) -> None:
    made = (await api("crm.type.add", fields={"title": "Machines", "entityTypeId": 147}))["type"]
    portal.outgoing_webhook(HANDLER, "ONCRMDYNAMICITEMADD", "ONCRMDYNAMICITEMADD_147")
    portal.outgoing_webhook(HANDLER, "ONCRMDYNAMICITEMADD_149", "ONCRMDYNAMICITEMDELETE_147")

    item = (
        await api("crm.item.add", entityTypeId=147, fields={"title": "Crane", "ufCrm7_1712": "x"})
    )["item"]
    listed = (await api("crm.item.list", entityTypeId=147))["items"]
    chosen = (await api("crm.item.list", entityTypeId=147, select=["title"]))["items"]
    await api("crm.item.delete", entityTypeId=147, id=item["id"])
    await portal.settled()

    assert made["entityTypeId"] == 147
    assert (item["title"], item["ufCrm7_1712"], item["entityTypeId"]) == ("Crane", "x", 147)
    assert (listed, chosen) == ([item], [{"id": 1, "title": "Crane"}])
    assert item["createdTime"] == "2026-09-21T14:13:20+00:00"
    data = {"FIELDS": {"ID": "1", "ENTITY_TYPE_ID": "147"}}
    assert told(portal) == [
        ("ONCRMDYNAMICITEMADD", data),
        ("ONCRMDYNAMICITEMADD_147", data),
        ("ONCRMDYNAMICITEMDELETE_147", data),
    ]
    assert await api("crm.item.get", entityTypeId=147, id=item["id"]) == "NOT_FOUND"
    assert await api("crm.item.list", entityTypeId=149) == "NOT_FOUND"


async def test_an_item_moves_through_the_stages_of_its_pipeline(
    portal: FakePortal, api: Api
) -> None:
    number = (await api("crm.type.add", fields={"title": "Machines"}))["type"]["entityTypeId"]
    (pipeline,) = (await api("crm.category.list", entityTypeId=number))["categories"]
    stage = f"DT{number}_{pipeline['id']}"

    item = (await api("crm.item.add", entityTypeId=number, fields={}))["item"]
    moved = (
        await api(
            "crm.item.update",
            entityTypeId=number,
            id=item["id"],
            fields={"stageId": f"{stage}:SUCCESS"},
        )
    )["item"]

    assert (item["categoryId"], item["stageId"]) == (pipeline["id"], f"{stage}:NEW")
    assert (moved["stageId"], moved["previousStageId"]) == (f"{stage}:SUCCESS", f"{stage}:NEW")
    assert (moved["movedBy"], moved["movedTime"]) == (1, "2026-09-21T14:13:20+00:00")


async def test_items_that_a_test_puts_in_are_listed_by_filter(portal: FakePortal, api: Api) -> None:
    portal.fill("dynamic_147", 60)
    portal.change("dynamic_147", 60, TITLE="last")
    portal.add("smart_invoice", TITLE="Invoice")

    page = await api("crm.item.list", entityTypeId=147, filter={">id": 58}, select=["id", "title"])
    invoices = await api("crm.item.list", entityTypeId=31, select=["id"])

    assert page == {"items": [{"id": 59, "title": None}, {"id": 60, "title": "last"}]}
    assert invoices == {"items": [{"id": 1}]}
    assert portal.record("dynamic_147", 60)["TITLE"] == "last"


async def test_smart_processes_are_found_by_id_and_number_and_kept_while_they_have_items(
    portal: FakePortal, api: Api
) -> None:
    first = (await api("crm.type.add", fields={"title": "A"}))["type"]
    second = (await api("crm.type.add", fields={"title": "B"}))["type"]
    portal.add(f"dynamic_{first['entityTypeId']}")

    await api("crm.type.update", id=second["id"], fields={"title": "C", "entityTypeId": 5})
    found = await api("crm.type.getByEntityTypeId", entityTypeId=second["entityTypeId"])

    assert (first["entityTypeId"], second["entityTypeId"]) == (1030, 1032)
    assert found == await api("crm.type.get", id=second["id"])
    assert found["type"]["title"] == "C"
    assert await api("crm.type.delete", id=second["id"]) is None
    assert await api("crm.type.delete", id=first["id"]) == ""
    assert len((await api("crm.type.list"))["types"]) == 1
    assert await api("crm.type.getByEntityTypeId", entityTypeId=1032) == "NOT_FOUND"
    assert await api("crm.type.add", fields={}) == "BX_EMPTY_REQUIRED"


async def test_deals_have_a_first_pipeline_and_those_that_are_made(
    portal: FakePortal, api: Api
) -> None:
    made = (await api("crm.category.add", entityTypeId=2, fields={"name": "Repairs"}))["category"]
    await api("crm.category.update", entityTypeId=2, id=made["id"], fields={"sort": 200})

    listed = (await api("crm.category.list", entityTypeId=2))["categories"]

    assert [(row["id"], row["name"], row["sort"]) for row in listed] == [
        (0, "General", 300),
        (1, "Repairs", 200),
    ]
    assert (await api("crm.category.get", entityTypeId=2, id=0))["category"]["isDefault"] == "Y"
    assert (await api("crm.category.get", entityTypeId=2, id=1))["category"]["sort"] == 200
    assert await api("crm.category.delete", entityTypeId=2, id=1) is None
    assert await api("crm.category.get", entityTypeId=2, id=1) == "NOT_FOUND"
    assert await api("crm.category.list", entityTypeId=999) == "NOT_FOUND"


async def test_phones_have_ids_are_found_and_are_changed_one_by_one(api: Api) -> None:
    phones = [{"VALUE": "+49 1"}, {"VALUE": "+49 2", "VALUE_TYPE": "HOME"}]
    contact = await api("crm.contact.add", fields={"PHONE": phones})
    other = await api("crm.contact.add", fields={"PHONE": {"1": {"VALUE": "+49 3"}}})

    before = (await api("crm.contact.get", id=contact))["PHONE"]
    changes = [{"ID": 1, "VALUE": "+49 11"}, {"ID": 2, "DELETE": "Y"}, {"VALUE": "+49 4"}]
    await api("crm.contact.update", id=contact, fields={"PHONE": changes})
    after = (await api("crm.contact.get", id=contact))["PHONE"]
    found = await api("crm.contact.list", filter={"PHONE": "+49 3"}, select=["ID"])

    assert before == [
        {"ID": "1", "VALUE_TYPE": "WORK", "VALUE": "+49 1", "TYPE_ID": "PHONE"},
        {"ID": "2", "VALUE_TYPE": "HOME", "VALUE": "+49 2", "TYPE_ID": "PHONE"},
    ]
    assert [(one["ID"], one["VALUE"]) for one in after] == [("1", "+49 11"), ("4", "+49 4")]
    assert found == [{"ID": str(other)}]


async def test_records_are_made_with_the_names_that_models_and_items_have(
    portal: FakePortal,
) -> None:
    deal = portal.add("deal", title="Roof", stageId="PREPARATION", uf_crm_color="red")
    portal.change("deal", deal, stage_id="WON")
    (filled,) = portal.fill("deal", 1, title="Door")

    record = portal.record("deal", deal)
    assert (record["TITLE"], record["STAGE_ID"], record["CLOSED"]) == ("Roof", "WON", "Y")
    assert record["UF_CRM_COLOR"] == "red"
    assert portal.record("deal", filled)["TITLE"] == "Door"


async def test_values_that_no_field_can_have_do_no_harm(portal: FakePortal, api: Api) -> None:
    for moment in (1767312000, True, ["x"], "0001-01-01T00:00:00+14:00"):
        assert await api("tasks.task.add", fields={"DEADLINE": moment}) == "ERROR_CORE"
        await api("crm.activity.add", fields={"DEADLINE": moment})
    broken = rb'{"fields": {"TITLE": "\ud83d"}}'  # half a character: PHP reads no body at all
    deep = b"[" * 100_000
    for body in (broken, deep):
        await api.http.post(
            "crm.deal.add", content=body, headers={"Content-Type": "application/json"}
        )

    deals, activities = await api("crm.deal.list"), await api("crm.activity.list")

    assert [deal["TITLE"] for deal in deals] == [None, None]
    assert [a["DEADLINE"] for a in activities[:2]] == ["1767312000", "True"]


async def test_changes_of_a_smart_process_itself_are_told(portal: FakePortal, api: Api) -> None:
    portal.outgoing_webhook(HANDLER, "ONCRMTYPEADD", "ONCRMTYPEUPDATE", "ONCRMTYPEDELETE")

    made = (await api("crm.type.add", fields={"title": "Roofs"}))["type"]["id"]
    await api("crm.type.update", id=made, fields={"title": "Doors"})
    await api("crm.type.delete", id=made)
    await portal.settled()

    about = {"FIELDS": {"ID": str(made)}}
    assert told(portal) == [(f"ONCRMTYPE{what}", about) for what in ("ADD", "UPDATE", "DELETE")]


async def test_another_pipeline_begins_at_its_first_stage(portal: FakePortal, api: Api) -> None:
    deal = portal.add("deal", STAGE_ID="WON")
    pipelines = [
        await api("crm.category.add", entityTypeId=2, fields={"name": name}) for name in ("A", "B")
    ]
    first, second = [made["category"]["id"] for made in pipelines]

    await api("crm.item.update", entityTypeId=2, id=deal, fields={"categoryId": first})
    moved = portal.record("deal", deal)
    await api(
        "crm.item.update",
        entityTypeId=2,
        id=deal,
        fields={"categoryId": second, "stageId": f"C{second}:WON"},
    )

    assert (moved["STAGE_ID"], moved["CLOSED"]) == (f"C{first}:NEW", "N")
    assert portal.record("deal", deal)["STAGE_ID"] == f"C{second}:WON"


@pytest.mark.parametrize(
    ("given", "stored"),
    [("12.5 EUR", "12.50"), ("1e400", "0.00"), ("nan", "0.00"), (" .5", "0.50"), ("x1", "0.00")],
)
async def test_text_is_the_number_that_it_begins_with(api: Api, given: str, stored: str) -> None:
    deal = await api("crm.deal.add", fields={"OPPORTUNITY": given, "PROBABILITY": "70.9"})

    found = await api("crm.deal.get", id=deal)

    assert (found["OPPORTUNITY"], found["PROBABILITY"]) == (stored, "70")


async def test_one_request_tells_the_same_only_once(portal: FakePortal, api: Api) -> None:
    """protocol.md 1.9: exact duplicates inside a hit are dropped."""
    portal.outgoing_webhook(HANDLER, "ONCRMDEALADD", "ONCRMDEALUPDATE")
    deals = [portal.add("deal") for _ in range(2)]
    await portal.settled()
    portal.forget()

    commands = [f"crm.deal.update?id={deal}&fields[TITLE]={n}" for n in range(3) for deal in deals]
    await api("batch", cmd=[*commands, "crm.deal.add", "crm.deal.add"])
    await api("crm.deal.update", id=deals[0], fields={"TITLE": "again"})
    await portal.settled()

    first, second = [{"FIELDS": {"ID": str(deal)}} for deal in deals]
    assert [data for code, data in told(portal) if code == "ONCRMDEALUPDATE"] == [
        first,
        second,
        first,
    ]
    assert [code for code, _ in told(portal)].count("ONCRMDEALADD") == 2


async def test_the_item_methods_have_all_phones_and_addresses_in_one_field(
    portal: FakePortal, api: Api
) -> None:
    ada = portal.add("contact", PHONE="+1", email=["a@b.test", {"VALUE": "c@d.test"}])
    phone = {"typeId": "PHONE", "valueType": "HOME", "value": "+2"}

    read = (await api("crm.item.get", entityTypeId=3, id=ada))["item"]["fm"]
    made = (await api("crm.item.add", entityTypeId=4, fields={"fm": [phone]}))["item"]["fm"]
    changes = [phone, {"id": read[0]["id"], "value": "+3"}, {"id": read[1]["id"], "delete": "Y"}]
    await api("crm.item.update", entityTypeId=3, id=ada, fields={"fm": changes})
    (listed,) = (await api("crm.item.list", entityTypeId=3, select=["fm"]))["items"]
    classic = await api("crm.contact.get", id=ada)

    assert [(one["typeId"], one["value"]) for one in read] == [
        ("PHONE", "+1"),
        ("EMAIL", "a@b.test"),
        ("EMAIL", "c@d.test"),
    ]
    assert [one | {"id": 0} for one in made] == [phone | {"id": 0}]
    assert [one["value"] for one in listed["fm"]] == ["+3", "+2", "c@d.test"]
    assert [one["VALUE"] for one in classic["PHONE"]] == ["+3", "+2"]
    assert "fm" in (await api("crm.item.fields", entityTypeId=3))["fields"]
    assert "fm" not in (await api("crm.item.fields", entityTypeId=2))["fields"]
