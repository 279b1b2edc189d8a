"""The fake portal has user fields, in both of their dialects."""

from __future__ import annotations

import pytest

from bitrix_events.testing import FakePortal
from tests.contract.test_fake_kinds import HANDLER, Api, api, portal, told

__all__ = ["api", "portal"]

COLOUR = {"FIELD_NAME": "COLOUR", "USER_TYPE_ID": "string", "MANDATORY": "Y"}


@pytest.mark.parametrize("kind", ["lead", "deal", "contact", "company", "quote"])
async def test_a_field_is_made_changed_and_removed(portal: FakePortal, api: Api, kind: str) -> None:
    stem = f"ONCRM{kind.upper()}USERFIELD"
    for action in ("ADD", "UPDATE", "DELETE"):
        await api("event.bind", event=stem + action, handler=HANDLER)

    field = await api(f"crm.{kind}.userfield.add", fields=COLOUR)
    await api(f"crm.{kind}.userfield.update", id=field, fields={"SORT": 7, "FIELD_NAME": "X"})
    found = await api(f"crm.{kind}.userfield.get", id=field)
    described = (await api(f"crm.{kind}.fields"))["UF_CRM_COLOUR"]
    listed = await api(f"crm.{kind}.userfield.list", filter={"FIELD_NAME": "UF_CRM_COLOUR"})
    assert await api(f"crm.{kind}.userfield.delete", id=field) is True
    await portal.settled()

    entity = f"CRM_{kind.upper()}"
    assert (found["FIELD_NAME"], found["SORT"], found["ENTITY_ID"]) == (
        "UF_CRM_COLOUR",
        "7",
        entity,
    )
    assert listed == [found]
    assert (described["type"], described["isRequired"], described["isDynamic"]) == (
        "string",
        True,
        True,
    )
    data = {"FIELDS": {"ID": "1", "ENTITY_ID": entity, "FIELD_NAME": "UF_CRM_COLOUR"}}
    assert told(portal) == [(stem + action, data) for action in ("ADD", "UPDATE", "DELETE")]
    assert "UF_CRM_COLOUR" not in await api(f"crm.{kind}.fields")


async def test_a_field_belongs_to_one_kind_and_has_a_name_of_its_own(api: Api) -> None:
    field = await api("crm.deal.userfield.add", fields=COLOUR)

    assert await api("crm.deal.userfield.add", fields=COLOUR) == "ERROR_CORE"
    assert await api("crm.lead.userfield.get", id=field) == "ERROR_NOT_FOUND"
    assert await api("crm.deal.userfield.get", id=99) == "ERROR_NOT_FOUND"
    assert await api("crm.lead.userfield.list") == []
    assert await api("crm.deal.userfield.add", fields={}) == "ERROR_ARGUMENT"


async def test_fields_of_smart_processes_are_configured_in_camel_case(api: Api) -> None:
    field = {"entityId": "CRM_7", "fieldName": "UF_CRM_7_COLOUR", "userTypeId": "string"}

    made = (await api("userfieldconfig.add", moduleId="crm", field=field))["field"]
    await api("userfieldconfig.update", moduleId="crm", id=made["id"], field={"sort": 5})
    listed = await api("userfieldconfig.list", moduleId="crm", filter={"entityId": "CRM_7"})
    others = await api("userfieldconfig.list", moduleId="crm", filter={"entityId": "CRM_8"})

    assert made | field == made
    assert [(row["id"], row["sort"]) for row in listed["fields"]] == [(made["id"], 5)]
    assert others == {"fields": []}
    assert (await api("userfieldconfig.get", moduleId="crm", id=made["id"]))["field"]["sort"] == 5
    assert await api("userfieldconfig.get", id=made["id"]) == "ERROR_ARGUMENT"
    assert await api("userfieldconfig.delete", moduleId="crm", id=made["id"]) is None
    assert await api("userfieldconfig.get", moduleId="crm", id=made["id"]) == ""


async def test_values_have_the_type_of_their_field(portal: FakePortal, api: Api) -> None:
    older, *_ = portal.fill("deal", 2, TITLE="Roof")
    given = {
        "integer": ("5", "5", 5),
        "double": ("2.50", "2.5", 2.5),
        "boolean": ("1", "1", "Y"),
        "enumeration": ("2", "2", 2),
        "string": (7, "7", "7"),
        "date": ("2026-02-03", "2026-02-03T00:00:00+00:00", "2026-02-03T00:00:00+00:00"),
        "datetime": (
            "2026-02-03T04:05:06+03:00",
            *["2026-02-03T01:05:06+00:00"] * 2,
        ),
    }
    for type_ in given:
        field = {"FIELD_NAME": type_, "USER_TYPE_ID": type_}
        await api("crm.deal.userfield.add", fields=field)
        await api(
            "crm.deal.userfield.add",
            fields=field | {"FIELD_NAME": f"{type_}S", "MULTIPLE": "Y"},
        )
    names = {type_: f"UF_CRM_{type_.upper()}" for type_ in given}

    values = {names[type_]: value for type_, (value, _, _) in given.items()}
    lists = {names[type_] + "S": [value] for type_, (value, _, _) in given.items()}
    deal = await api("crm.deal.add", fields=values | lists)
    classic = await api("crm.deal.get", id=deal)
    item = (await api("crm.item.get", entityTypeId=2, id=deal, useOriginalUfNames="Y"))["item"]
    blank = await api("crm.deal.get", id=older)

    for type_, (_, text, typed) in given.items():
        name = names[type_]
        assert (classic[name], classic[name + "S"]) == (text, [text])
        assert item[name] == typed
        assert (blank[name], blank[name + "S"]) == (None, [])
    nothing = dict.fromkeys([*values, *lists], False)
    await api("crm.deal.update", id=deal, fields=nothing)
    emptied = await api("crm.deal.get", id=deal)
    for type_, name in names.items():
        assert emptied[name] == ("0" if type_ == "boolean" else None)
        assert emptied[name + "S"] == (["0"] if type_ == "boolean" else [])
    described = (await api("crm.item.fields", entityTypeId=2))["fields"]
    assert described["ufCrmIntegers"]["isMultiple"] is True
    assert described["ufCrmInteger"]["type"] == "integer"


async def test_a_field_goes_with_its_values(portal: FakePortal, api: Api) -> None:
    field = await api("crm.deal.userfield.add", fields=COLOUR)
    deal = portal.add("deal", UF_CRM_COLOUR="red")

    await api("crm.deal.userfield.delete", id=field)

    assert "UF_CRM_COLOUR" not in await api("crm.deal.get", id=deal)


async def test_the_values_of_an_enumeration_have_ids(api: Api) -> None:
    values = [{"VALUE": "red"}, {"VALUE": "blue", "DEF": "Y"}]
    colour = COLOUR | {"USER_TYPE_ID": "enumeration"}
    field = await api("crm.deal.userfield.add", fields=colour | {"LIST": values})
    of_a_process = {"entityId": "CRM_7", "fieldName": "UF_CRM_7_X", "userTypeId": "enumeration"}
    enum = {"enum": [{"value": "red"}]}
    made = await api("userfieldconfig.add", moduleId="crm", field=of_a_process | enum)

    found = (await api("crm.deal.userfield.get", id=field))["LIST"]

    assert found == [{"ID": "1", **values[0]}, {"ID": "2", **values[1]}]
    assert made["field"]["enum"] == [{"id": "1", "value": "red"}]


async def test_items_of_a_smart_process_have_its_fields(api: Api) -> None:
    number = (await api("crm.type.add", fields={"title": "Cars"}))["type"]["entityTypeId"]
    before = (await api("crm.item.add", entityTypeId=number, fields={}))["item"]["id"]
    field = {"entityId": "CRM_1", "fieldName": "UF_CRM_1_DOORS", "userTypeId": "integer"}
    await api("userfieldconfig.add", moduleId="crm", field=field)

    made = await api("crm.item.add", entityTypeId=number, fields={"ufCrm1Doors": "5"})
    older = await api("crm.item.get", entityTypeId=number, id=before)

    assert (made["item"]["ufCrm1Doors"], older["item"]["ufCrm1Doors"]) == (5, None)


async def test_a_field_without_a_name_for_one_changes_no_records(
    portal: FakePortal, api: Api
) -> None:
    deal = portal.add("deal", TITLE="Roof")
    nameless = portal.add("userfield", ENTITY_ID="CRM_DEAL")
    misnamed = portal.add("userfield", ENTITY_ID="CRM_DEAL", FIELD_NAME="TITLE")
    portal.delete("userfield", nameless)
    portal.delete("userfield", misnamed)

    assert (await api("crm.deal.get", id=deal))["TITLE"] == "Roof"
