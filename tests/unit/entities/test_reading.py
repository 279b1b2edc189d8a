"""One record by its id: each model knows its method, and the client asks as the model says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest

import bitrix_events.entities as entities
from bitrix_events import Client, SyncClient
from bitrix_events.catalog.generate.entity_models import NAMES
from bitrix_events.catalog.generate.source import read_source
from bitrix_events.entities import (
    Address,
    CalendarEvent,
    CatalogDocument,
    CatalogProduct,
    CatalogProductImage,
    Category,
    Currency,
    Deal,
    Department,
    DiskFile,
    Entity,
    Item,
    LandingSite,
    Order,
    SmartInvoice,
    Task,
    TaskChecklistItem,
    TaskV3,
    User,
)
from bitrix_events.entities.reading import Reading
from bitrix_events.errors import NotFound, RestError
from bitrix_events.testing import FakePortal

MODELS: dict[str, type[Entity]] = {name: getattr(entities, name) for name in entities.names()}
METHODS = read_source().methods


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    async with Client(portal.webhook_url, portal.transport) as client:
        yield client


def answers(portal: FakePortal, model: type[Entity], result: Any) -> None:
    """Let the portal answer this when a record of the model is read."""
    assert model.reading is not None
    portal.answer(model.reading.method, result)


class Machine(Item):
    entity_type_id: ClassVar[int] = 147


UF_NAMES = {"useOriginalUfNames": "Y"}


@pytest.mark.parametrize(
    ("model", "id_", "more", "method", "parameters", "result"),
    [
        (
            Deal,
            7,
            {},
            "crm.item.get",
            {"entityTypeId": 2, "id": 7, **UF_NAMES},
            {"item": {"id": 7}},
        ),
        (
            SmartInvoice,
            7,
            {},
            "crm.item.get",
            {"entityTypeId": 31, "id": 7, **UF_NAMES},
            {"item": {"id": 7}},
        ),
        (
            Machine,
            7,
            {},
            "crm.item.get",
            {"entityTypeId": 147, "id": 7, **UF_NAMES},
            {"item": {"id": 7}},
        ),
        (
            Item,
            7,
            {"entityTypeId": 147},
            "crm.item.get",
            {"entityTypeId": 147, "id": 7, **UF_NAMES},
            {"item": {"id": 7}},
        ),
        (
            Deal,
            7,
            {"useOriginalUfNames": "N"},
            "crm.item.get",
            {"entityTypeId": 2, "id": 7, "useOriginalUfNames": "N"},
            {"item": {"id": 7}},
        ),
        (
            Task,
            5,
            {},
            "tasks.task.get",
            {
                "taskId": 5,
                "select": ["*", "UF_*", "UF_CRM_TASK", "UF_TASK_WEBDAV_FILES", "UF_MAIL_MESSAGE"],
            },
            {"task": {"id": "5"}},
        ),
        (
            Task,
            5,
            {"select": ["*", "UF_*"]},
            "tasks.task.get",
            {"taskId": 5, "select": ["*", "UF_*"]},
            {"task": {"id": "5"}},
        ),
        (TaskV3, 5, {}, "tasks.task.get", {"id": 5}, {"item": {"id": 5}}),
        (User, 1, {}, "user.get", {"FILTER": {"ID": 1}}, [{"ID": "1"}]),
        (Department, 1, {}, "department.get", {"ID": 1}, [{"ID": "1"}]),
        (CalendarEvent, 3, {}, "calendar.event.getbyid", {"id": 3}, {"ID": "3"}),
        (Currency, "EUR", {}, "crm.currency.get", {"id": "EUR"}, {"CURRENCY": "EUR"}),
        (DiskFile, 8, {}, "disk.file.get", {"id": 8}, {"ID": "8"}),
        (Order, 9, {}, "sale.order.get", {"id": 9}, {"order": {"id": 9}}),
        (CatalogProduct, 2, {}, "catalog.product.get", {"id": 2}, {"product": {"id": 2}}),
        (
            CatalogProductImage,
            4,
            {"productId": 2},
            "catalog.productImage.get",
            {"productId": 2, "id": 4},
            {"productImage": {"id": 4}},
        ),
        (
            CatalogDocument,
            4,
            {},
            "catalog.document.list",
            {"filter": {"id": 4}},
            {"documents": [{"id": 4}]},
        ),
        (
            LandingSite,
            6,
            {},
            "landing.site.getList",
            {"params": {"filter": {"ID": 6}}},
            [{"ID": "6"}],
        ),
        (
            Category,
            3,
            {"entityTypeId": 2},
            "crm.category.get",
            {"entityTypeId": 2, "id": 3},
            {"category": {"id": 3}},
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
async def test_a_record_is_read_as_its_method_wants_it(
    portal: FakePortal,
    client: Client,
    model: type[Entity],
    id_: int | str,
    more: dict[str, Any],
    method: str,
    parameters: dict[str, Any],
    result: Any,
) -> None:
    portal.answer(method, result)

    record = await client.get(model, id_, **more)

    assert [(call.method, call.params) for call in portal.calls()] == [(method, parameters)]
    assert type(record) is model
    assert record["currency" if model is Currency else "id"] == id_


async def test_a_method_that_counts_its_parameters_gets_the_id_last(
    portal: FakePortal, client: Client
) -> None:
    answers(portal, TaskChecklistItem, {"ID": "5", "TITLE": "Call"})

    item = await client.get(TaskChecklistItem, 5, TASKID=7)

    (call,) = portal.calls()
    assert list(call.params.items()) == [("TASKID", 7), ("ITEMID", 5)]
    assert item.title == "Call"


@pytest.mark.parametrize(
    ("model", "result"),
    [
        (User, []),
        (CatalogDocument, {"documents": []}),
        (Task, {"task": []}),
        (CalendarEvent, None),
        (CalendarEvent, []),
    ],
)
async def test_an_answer_with_no_record_is_not_found(
    portal: FakePortal, client: Client, model: type[Entity], result: Any
) -> None:
    answers(portal, model, result)

    with pytest.raises(NotFound, match=f"there is no {model.__name__} 404"):
        await client.get(model, 404)


@pytest.mark.parametrize(
    ("model", "result"),
    [
        (User, {"ID": "1"}),
        (User, "1"),
        (User, ["1"]),
        (Order, {"id": "1"}),
        (Order, {"order": "1"}),
        (Order, {"order": {"price": "1"}}),
        (Task, None),
    ],
)
async def test_an_answer_of_another_form_is_an_error(
    portal: FakePortal, client: Client, model: type[Entity], result: Any
) -> None:
    answers(portal, model, result)

    with pytest.raises(RestError) as caught:
        await client.get(model, 1)

    assert caught.value.code == "BAD_RESULT"


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (Address, "no documented method reads one Address by its id"),
        (Entity, "no documented method reads one Entity by its id"),
        (Item, "crm.item.get also needs entityTypeId"),
        (Category, "crm.category.get also needs entityTypeId"),
    ],
)
async def test_what_cannot_be_read_is_said_and_nothing_is_sent(
    portal: FakePortal, client: Client, model: type[Entity], text: str
) -> None:
    with pytest.raises(TypeError, match=text):
        await client.get(model, 1)

    assert portal.calls() == []


@pytest.mark.parametrize("model", [Task, Deal])
async def test_an_empty_list_in_place_of_the_answer_is_no_record(
    portal: FakePortal, client: Client, model: type[Entity]
) -> None:
    portal.answer("tasks.task.get", [])
    portal.answer("crm.item.get", [])

    with pytest.raises(NotFound):
        await client.get(model, 1)


def test_the_id_wins_over_a_parameter_that_would_hide_it() -> None:
    reading = Reading("user.get", id_at=("FILTER", "ID"), is_list=True)

    assert reading.parameters(1, {"FILTER": {"ID": 2}, "ADMIN_MODE": True}) == {
        "FILTER": {"ID": 1},
        "ADMIN_MODE": True,
    }


def test_sync_clients_read_records_too() -> None:
    fake = FakePortal(domain="acme.bitrix24.test")
    deal_id = fake.add("deal", TITLE="Big", OPPORTUNITY="1500.50")

    with SyncClient(fake.webhook_url, fake.transport) as client:
        deal = client.get(Deal, deal_id)

    assert (deal.id, deal.title, deal.opportunity) == (deal_id, "Big", 1500.5)


WITHOUT_ID = {
    "CalendarSection": "calendar.section.get gives all sections of an owner",
    "CurrencyLocalization": "crm.currency.localizations.get gives all languages of a currency",
    "RequisiteLink": "crm.requisite.link.get wants two keys, of which none is its own",
    "UserField": "task.item.userfield.get reads those of tasks only",
}


def test_no_documented_method_that_gets_one_by_its_id_is_forgotten() -> None:
    documented = {method.lower() for method in METHODS["classic"]}
    readable = {
        model
        for entity, model in NAMES.items()
        if {f"{entity.lower()}.get", f"{entity.lower()}.getbyid"} & documented
    }

    assert {name for name in readable if MODELS[name].reading is None} == set(WITHOUT_ID)
