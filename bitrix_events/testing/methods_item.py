"""``crm.item.*``: the records of the classic methods, with camel case names and typed values.

Source: protocol.md 4.5 and 7.4; the names are those of the vendor's converter, see `fields`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from bitrix_events.testing.fields import Kind, Record, item_several, item_value
from bitrix_events.testing.listing import select_fields, split_condition
from bitrix_events.testing.methods import Answer, Methods, Params, Request, RestError
from bitrix_events.testing.methods_crm import field_description, user_field_descriptions
from bitrix_events.testing.world import RecordMissingError

METHODS: Final = Methods()


@METHODS.add("crm.item.add", scope="crm")
def add_item(request: Request) -> dict[str, Any]:
    kind = _kind_of(request)
    record = request.add(kind, _classic_fields(kind, request.mapping("fields")))
    return {"item": _item(request, kind, record)}


@METHODS.add("crm.item.get", scope="crm")
def get_item(request: Request) -> dict[str, Any]:
    kind, record_id = _existing(request)
    return {"item": _item(request, kind, request.portal.world.get(kind, record_id))}


@METHODS.add("crm.item.list", scope="crm")
def list_items(request: Request) -> Answer:
    kind = _kind_of(request)
    conditions = {}
    for key, operand in request.mapping("filter").items():
        operator, name = split_condition(key)
        conditions[operator + kind.classic_name(name)] = operand
    page = request.page_of(kind, conditions, _classic_fields(kind, request.mapping("order")))
    names = [
        name if name in ("*", "UF_*") else kind.classic_name(name)
        for name in request.selected(["*", "UF_*"])
    ]
    rows = [_item(request, kind, row, names) for row in page.rows]
    return Answer.of_page(page, {"items": rows})


@METHODS.add("crm.item.update", scope="crm")
def update_item(request: Request) -> dict[str, Any]:
    kind, record_id = _existing(request)
    fields = _classic_fields(kind, request.mapping("fields"))
    return {"item": _item(request, kind, request.update(kind, record_id, fields))}


@METHODS.add("crm.item.delete", scope="crm")
def delete_item(request: Request) -> list[Any]:
    request.delete(*_existing(request))
    return []


@METHODS.add("crm.item.fields", scope="crm")
def describe_item(request: Request) -> dict[str, Any]:
    kind = _kind_of(request)
    described = {
        kind.item_name(name): field_description(name, type_) | {"upperName": name}
        for name, type_ in kind.fields.items()
        if type_ != "crm_multifield"
    }
    if kind.has_several:
        described["fm"] = field_description("FM", "crm_multifield") | {"upperName": "FM"}
    for name, description in user_field_descriptions(request, kind).items():
        described[kind.item_name(name)] = description | {"upperName": name}
    return {"fields": described}


def _kind_of(request: Request) -> Kind:
    number = str(request.params.get("entityTypeId", ""))
    kind = request.portal.world.item_kind(int(number)) if number.isdecimal() else None
    if kind is None:
        raise RestError("NOT_FOUND", "The fake portal has no such entityTypeId.")
    return kind


def _existing(request: Request) -> tuple[Kind, int]:
    kind, record_id = _kind_of(request), request.record_id()
    try:
        request.portal.world.get(kind, record_id)
    except RecordMissingError:
        raise RestError("NOT_FOUND", "Element not found") from None
    return kind, record_id


def _classic_fields(kind: Kind, fields: Params) -> Params:
    return {kind.classic_name(name): value for name, value in fields.items()}


def _item(
    request: Request, kind: Kind, record: Record, names: Sequence[str] = ("*", "UF_*")
) -> dict[str, Any]:
    selected = select_fields(record, names)
    original = str(request.params.get("useOriginalUfNames")).lower() in ("y", "true", "1")
    columns = _columns(kind, tuple(selected), original)
    item = {shown: item_value(selected[name]) for name, shown in columns}
    if kind.has_several and ("*" in names or "FM" in names):
        item["fm"] = item_several(kind, record)
    if "*" in names or "ENTITY_TYPE_ID" in names:
        item["entityTypeId"] = kind.entity_type_id
    return item


@lru_cache(maxsize=256)
def _columns(kind: Kind, names: tuple[str, ...], original: bool) -> list[tuple[str, str]]:
    """The fields that are shown, and as what."""
    return [
        (name, name if original and name.startswith("UF_") else kind.item_name(name))
        for name in names
        if kind.type_of(name) != "crm_multifield"  # these are in "fm"
    ]
