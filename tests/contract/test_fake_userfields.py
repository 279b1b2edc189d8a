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
