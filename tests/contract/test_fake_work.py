"""The fake portal has tasks, products with their rows, departments and activities to be changed."""

from __future__ import annotations

import pytest

from bitrix_events.testing import FakePortal
from tests.contract.test_fake_kinds import HANDLER, Api, api, portal, told

__all__ = ["api", "portal"]


# Tasks.


async def test_a_task_is_made_changed_and_removed(portal: FakePortal, api: Api) -> None:
    portal.outgoing_webhook(HANDLER, "ONTASKADD", "ONTASKUPDATE", "ONTASKDELETE")

    made = (await api("tasks.task.add", fields={"TITLE": "Call", "RESPONSIBLE_ID": 1}))["task"]
    await api("tasks.task.update", taskId=made["id"], fields={"TITLE": "Write"})
    found = (await api("tasks.task.get", taskId=made["id"], select=["ID", "TITLE"]))["task"]
    await api("tasks.task.delete", taskId=made["id"])
    await portal.settled()

    assert (made["id"], made["responsibleId"], made["createdBy"]) == ("1", "1", "1")
    assert found == {"id": "1", "title": "Write"}
    assert told(portal) == [
        (
            "ONTASKADD",
            {
                "FIELDS_BEFORE": "undefined",
                "FIELDS_AFTER": {"ID": "1"},
                "IS_ACCESSIBLE_BEFORE": "N",
                "IS_ACCESSIBLE_AFTER": "undefined",
            },
        ),
        (
            "ONTASKUPDATE",
            {
                "FIELDS_BEFORE": {"ID": "1"},
                "FIELDS_AFTER": {"ID": "1"},
                "IS_ACCESSIBLE_BEFORE": "Y",
                "IS_ACCESSIBLE_AFTER": "Y",
            },
        ),
        (
            "ONTASKDELETE",
            {
                "FIELDS_BEFORE": {"ID": "1"},
                "FIELDS_AFTER": "undefined",
                "IS_ACCESSIBLE_BEFORE": "Y",
                "IS_ACCESSIBLE_AFTER": "N",
            },
        ),
    ]
    assert await api("tasks.task.get", taskId=made["id"]) == ""
    assert await api("tasks.task.add", fields={"TITLE": "Call"}) == "ERROR_CORE"


@pytest.mark.parametrize(
    ("verb", "status", "closed"),
    [("start", "3", False), ("complete", "5", True), ("renew", "2", False), ("defer", "6", False)],
)
async def test_a_task_goes_from_status_to_status(
    portal: FakePortal, api: Api, verb: str, status: str, closed: bool
) -> None:
    task = portal.add("task", TITLE="Call", STATUS="5", CLOSED_DATE="2026-01-01T00:00:00+00:00")

    changed = (await api(f"tasks.task.{verb}", taskId=task))["task"]

    assert changed["status"] == status
    assert changed["closedDate"] == ("2026-09-21T14:13:20+00:00" if closed else None)


# Products.


async def test_a_product_is_one_record_in_the_old_dialect_and_in_the_catalogue(
    portal: FakePortal, api: Api
) -> None:
    portal.outgoing_webhook(HANDLER, "CATALOG.PRODUCT.ON.ADD", "ONCRMPRODUCTADD")

    old = await api("crm.product.add", fields={"NAME": "Nail", "PRICE": 0.5, "SECTION_ID": 4})
    typed = (await api("catalog.product.get", id=old))["product"]
    new = (await api("catalog.product.add", fields={"iblockId": 23, "name": "Screw"}))["element"]
    await api("catalog.product.update", id=old, fields={"name": "Long nail"})
    await api("crm.product.update", id=new["id"], fields={"PRICE": "0.70"})
    listed = await api("crm.product.list", filter={">PRICE": 0.4}, select=["NAME", "PRICE"])
    await portal.settled()

    assert (typed["id"], typed["price"], typed["iblockSectionId"]) == (1, 0.5, 4)
    assert listed == [
        {"ID": "1", "NAME": "Long nail", "PRICE": "0.50"},
        {"ID": "2", "NAME": "Screw", "PRICE": "0.70"},
    ]
    assert [row["ID"] for row in await api("crm.product.list", filter={"SECTION_ID": 4})] == ["1"]
    assert (await api("crm.product.get", id=1))["CATALOG_ID"] == "23"
    assert "QUANTITY" not in await api("crm.product.fields")
    assert told(portal)[0] == (
        "CATALOG.PRODUCT.ON.ADD",
        {"FIELDS": {"ID": "1", "TYPE": "1"}},
    )
    assert ("ONCRMPRODUCTADD", {"FIELDS": {"ID": "1"}}) in told(portal)
    assert await api("crm.product.delete", id=1) is True
    assert await api("catalog.product.get", id=1) == ""


async def test_rows_of_products_belong_to_an_owner(portal: FakePortal, api: Api) -> None:
    deal = portal.add("deal")
    rows = [{"PRODUCT_NAME": "Nail", "PRICE": 0.5, "QUANTITY": 100}, {"PRODUCT_NAME": "Screw"}]
    mine = {"=ownerType": "D", "=ownerId": deal}

    await api("crm.deal.productrows.set", id=deal, rows=rows)
    added = (
        await api(
            "crm.item.productrow.add",
            fields={"ownerType": "T93", "ownerId": 5, "productName": "Bolt", "price": 3},
        )
    )["productRow"]
    changed = (await api("crm.item.productrow.update", id=1, fields={"quantity": 99}))["productRow"]
    typed = (await api("crm.item.productrow.list", filter=mine))["productRows"]
    classic = await api("crm.deal.productrows.get", id=deal)

    assert (added["id"], added["price"], added["ownerType"]) == (3, 3.0, "T93")
    assert changed["quantity"] == 99.0
    assert [row["productName"] for row in typed] == ["Nail", "Screw"]
    assert (classic[0]["PRICE"], classic[0]["QUANTITY"]) == ("0.50", "99.00")
    assert await api("crm.item.productrow.list", filter={"=ownerId": deal}) == "100"
    assert await api("crm.item.productrow.add", fields={"ownerId": 1}) == "100"


async def test_setting_rows_replaces_those_of_the_owner_alone(portal: FakePortal, api: Api) -> None:
    portal.add("product_row", OWNER_TYPE="D", OWNER_ID=1, PRODUCT_NAME="old")
    portal.add("product_row", OWNER_TYPE="D", OWNER_ID=2, PRODUCT_NAME="other")

    answer = await api(
        "crm.item.productrow.set", ownerType="D", ownerId=1, productRows=[{"productName": "new"}]
    )

    assert [row["productName"] for row in answer["productRows"]] == ["new"]
    assert [row["PRODUCT_NAME"] for row in portal.records("product_row")] == ["other", "new"]
    assert await api("crm.item.productrow.delete", id=2) is None
    assert await api("crm.item.productrow.get", id=2) == "NOT_FOUND"


# Departments and activities.


async def test_departments_are_made_changed_and_removed(portal: FakePortal, api: Api) -> None:
    head = portal.add("user", NAME="Boris")

    department = await api("department.add", NAME="Sales", PARENT=1, UF_HEAD=head)
    await api("department.update", ID=department, NAME="Marketing")

    (found,) = await api("department.get", ID=department)
    assert (found["NAME"], found["PARENT"], found["UF_HEAD"]) == ("Marketing", "1", str(head))
    assert await api("department.delete", ID=department) is True
    assert await api("department.get") == []
    assert await api("department.add", NAME="Sales") == "ERROR_ARGUMENT"


async def test_an_activity_is_made_changed_and_removed(portal: FakePortal, api: Api) -> None:
    portal.outgoing_webhook(HANDLER, "ONCRMACTIVITYUPDATE")
    fields = {"OWNER_TYPE_ID": 2, "OWNER_ID": portal.add("deal"), "TYPE_ID": 2, "SUBJECT": "Call"}

    activity = await api("crm.activity.add", fields=fields)
    await api("crm.activity.update", id=activity, fields={"COMPLETED": "Y"})
    found = await api("crm.activity.get", id=activity)
    await portal.settled()

    assert (found["SUBJECT"], found["COMPLETED"], found["EDITOR_ID"]) == ("Call", "Y", "1")
    assert told(portal) == [("ONCRMACTIVITYUPDATE", {"FIELDS": {"ID": "1"}})]
    assert await api("crm.activity.delete", id=activity) is True
