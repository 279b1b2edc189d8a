"""Smart processes and pipelines: ``crm.type.*`` and ``crm.category.*``.

Source: protocol.md 7.4.
"""

from __future__ import annotations

from typing import Any, Final

from bitrix_events.testing.fields import Kind, Record
from bitrix_events.testing.kinds import CATEGORY, TYPE
from bitrix_events.testing.methods import Answer, Methods, Params, Request, RestError
from bitrix_events.testing.methods_lists import classic_query, typed_row

METHODS: Final = Methods()

_FIRST_NUMBER: Final = 1030
_DEAL: Final = 2
_FIRST_PIPELINE: Final = {
    "id": 0,
    "name": "General",
    "sort": 300,
    "entityTypeId": _DEAL,
    "isDefault": "Y",
}
"""The deals' first pipeline, which always exists."""


@METHODS.add("crm.type.list", scope="crm")
def list_types(request: Request) -> Answer:
    page = request.page_of(TYPE, *classic_query(request, TYPE))
    return Answer.of_page(page, {"types": [typed_row(TYPE, row, ["*"]) for row in page.rows]})


@METHODS.add("crm.type.add", scope="crm")
def add_type(request: Request) -> dict[str, Any]:
    """Make a smart process, with a number of its own unless one is given, and its pipeline."""
    fields = _fields(request, TYPE)
    if not fields.get("TITLE"):
        raise RestError("BX_EMPTY_REQUIRED", "The title is required.")
    table = request.portal.world.table(TYPE)
    numbers = [row["ENTITY_TYPE_ID"] or 0 for row in table]
    number = int(fields.get("ENTITY_TYPE_ID") or max([_FIRST_NUMBER - 2, *numbers]) + 2)
    if number in numbers:
        raise RestError("", f"The entityTypeId {number} is taken.")
    record = request.add(TYPE, fields | {"ENTITY_TYPE_ID": number})
    request.add(CATEGORY, {"ENTITY_TYPE_ID": number, "NAME": "General", "IS_DEFAULT": "Y"})
    return {"type": typed_row(TYPE, record, ["*"])}


@METHODS.add("crm.type.get", scope="crm")
def get_type(request: Request) -> dict[str, Any]:
    record = request.portal.world.get(TYPE, request.record_id())
    return {"type": typed_row(TYPE, record, ["*"])}


@METHODS.add("crm.type.getByEntityTypeId", scope="crm")
def get_type_by_number(request: Request) -> dict[str, Any]:
    number = request.record_id("entityTypeId")
    for record in request.portal.world.all(TYPE):
        if record["ENTITY_TYPE_ID"] == number:
            return {"type": typed_row(TYPE, record, ["*"])}
    raise RestError("NOT_FOUND", "Smart process not found")


@METHODS.add("crm.type.update", scope="crm")
def update_type(request: Request) -> dict[str, Any]:
    fields = _fields(request, TYPE)
    fields.pop("ENTITY_TYPE_ID", None)
    return {"type": typed_row(TYPE, request.update(TYPE, request.record_id(), fields), ["*"])}


@METHODS.add("crm.type.delete", scope="crm")
def delete_type(request: Request) -> None:
    """Remove a smart process; one that has items stays."""
    world, record_id = request.portal.world, request.record_id()
    kind = world.item_kind(world.get(TYPE, record_id)["ENTITY_TYPE_ID"])
    if kind is not None and world.all(kind):
        raise RestError("", "The smart process still has items.")
    request.delete(TYPE, record_id)


@METHODS.add("crm.category.list", scope="crm")
def list_categories(request: Request) -> Answer:
    """All pipelines of one kind at once."""
    number = _number(request)
    rows = [_category(row) for row in _categories(request, number)]
    if number == _DEAL:
        rows.insert(0, dict(_FIRST_PIPELINE))
    return Answer({"categories": rows}, total=len(rows))


@METHODS.add("crm.category.get", scope="crm")
def get_category(request: Request) -> dict[str, Any]:
    if _number(request) == _DEAL and request.record_id() == 0:
        return {"category": dict(_FIRST_PIPELINE)}
    return {"category": _category(_existing_category(request))}


@METHODS.add("crm.category.add", scope="crm")
def add_category(request: Request) -> dict[str, Any]:
    fields = _fields(request, CATEGORY) | {"ENTITY_TYPE_ID": _number(request)}
    if not fields.get("NAME"):
        raise RestError("BX_EMPTY_REQUIRED", "The name is required.")
    return {"category": _category(request.add(CATEGORY, fields))}


@METHODS.add("crm.category.update", scope="crm")
def update_category(request: Request) -> dict[str, Any]:
    record_id = int(_existing_category(request)["ID"])
    fields = _fields(request, CATEGORY)
    fields.pop("ENTITY_TYPE_ID", None)
    return {"category": _category(request.update(CATEGORY, record_id, fields))}


@METHODS.add("crm.category.delete", scope="crm")
def delete_category(request: Request) -> None:
    record = _existing_category(request)
    if record["IS_DEFAULT"] == "Y":
        raise RestError("", "The default pipeline cannot be removed.")
    request.delete(CATEGORY, record["ID"])


def _number(request: Request) -> int:
    number = request.record_id("entityTypeId")
    if request.portal.world.item_kind(number) is None:
        raise RestError("NOT_FOUND", "The fake portal has no such entityTypeId.")
    return number


def _categories(request: Request, number: int) -> list[Record]:
    ids = request.portal.world.table(CATEGORY).select({"=ENTITY_TYPE_ID": number}, {"SORT": "ASC"})
    return request.rows_of(CATEGORY, ids)


def _existing_category(request: Request) -> Record:
    number, record_id = _number(request), request.record_id()
    for record in _categories(request, number):
        if record["ID"] == record_id:
            return record
    raise RestError("NOT_FOUND", "Category not found")


def _category(record: Record) -> dict[str, Any]:
    return typed_row(CATEGORY, record, ["*"])


def _fields(request: Request, kind: Kind) -> Params:
    return {kind.classic_name(name): value for name, value in request.mapping("fields").items()}
