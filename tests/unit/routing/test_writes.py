"""Which calls have written to the record that a handler is called for."""

from __future__ import annotations

from typing import Any

import pytest

from bitrix_events.entities import Activity, Item, Task, User
from bitrix_events.events import Deal
from bitrix_events.routing.writes import OwnWrites

FIELDS = {"A": 1}


class Roofing(Deal):
    area: float = 0


@pytest.mark.parametrize(
    ("record", "entity", "method", "params"),
    [
        (Deal, "deal:7", "crm.deal.update", {"id": 7, "fields": FIELDS}),
        (Roofing, "deal:7", "CRM.Deal.Update", {"ID": "7", "FIELDS": FIELDS, "params": {}}),
        (Deal, "deal:7", "crm.item.update", {"entityTypeId": 2, "id": 7, "fields": FIELDS}),
        (Item, "item:147:7", "crm.item.update", {"entityTypeId": "147", "id": 7, "fields": FIELDS}),
        (Task, "task:7", "tasks.task.update", {"taskId": 7, "fields": FIELDS}),
        (Activity, "activity:7", "crm.activity.update", {"id": 7, "fields": FIELDS}),
    ],
)
def test_the_fields_of_an_update_are_noted(
    record: Any, entity: str, method: str, params: dict[str, Any]
) -> None:
    writes = OwnWrites(record, entity)

    writes(method, params)

    assert writes.fields == [FIELDS]


def test_a_method_without_fields_has_them_beside_the_id() -> None:
    writes = OwnWrites(User, "user:7")

    writes("user.update", {"ID": 7, "NAME": "Ada"})

    assert writes.fields == [{"ID": 7, "NAME": "Ada"}]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("crm.deal.update", {"id": 8, "fields": FIELDS}),
        ("crm.deal.get", {"id": 7, "fields": FIELDS}),
        ("crm.lead.update", {"id": 7, "fields": FIELDS}),
        ("crm.item.update", {"entityTypeId": 1, "id": 7, "fields": FIELDS}),
        ("crm.item.update", {"id": 7, "fields": FIELDS}),
        ("crm.deal.update", {"id": 7, "fields": "odd"}),
    ],
)
def test_other_calls_are_not(method: str, params: dict[str, Any]) -> None:
    writes = OwnWrites(Deal, "deal:7")

    writes(method, params)

    assert writes.fields == []
