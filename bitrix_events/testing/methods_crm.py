"""The classic CRM methods, with upper case names and text values: ``crm.deal.*`` and its like.

Source: protocol.md 4.4, 7.1 and 7.4. The lists of statuses and of currencies are whole, see
`methods_lists` and `methods_currency`.
"""

from __future__ import annotations

from typing import Any, Final

from bitrix_events.testing.fields import Kind, several_changed
from bitrix_events.testing.kinds import (
    ACTIVITY,
    COMPANY,
    CONTACT,
    DEAL,
    LEAD,
    QUOTE,
    STATUS,
    TIMELINE_COMMENT,
)
from bitrix_events.testing.listing import split_condition
from bitrix_events.testing.methods import Answer, Methods, Request, RestError
from bitrix_events.testing.world import classic_record, classic_rows

METHODS: Final = Methods()

_READ_ONLY: Final = frozenset(
    {"ID", "DATE_CREATE", "DATE_MODIFY", "CREATED_BY_ID", "MODIFY_BY_ID", "MOVED_BY_ID", "CREATED"}
    | {"NAME_INIT", "SYSTEM", "CREATED_TIME", "UPDATED_TIME", "CREATED_BY", "UPDATED_BY"}
)


def _register_kind(prefix: str, kind: Kind) -> None:
    """Register add, get, update and delete of one kind of record."""

    @METHODS.add(f"{prefix}.add", scope="crm")
    def add(request: Request) -> int:
        return int(request.add(kind, request.mapping("fields"))["ID"])

    @METHODS.add(f"{prefix}.get", scope="crm")
    def get(request: Request) -> dict[str, Any]:
        return classic_record(kind, request.portal.world.get(kind, request.record_id()))

    @METHODS.add(f"{prefix}.update", scope="crm")
    def update(request: Request) -> bool:
        record_id, fields = request.record_id(), request.mapping("fields")
        before = request.portal.world.get(kind, record_id)
        phones = {name for name in fields if kind.type_of(name) == "crm_multifield"}
        merged = {name: several_changed(before[name], fields[name]) for name in phones}
        request.update(kind, record_id, fields | merged)
        return True

    @METHODS.add(f"{prefix}.delete", scope="crm")
    def delete(request: Request) -> bool:
        request.delete(kind, request.record_id())
        return True


def _register_list(prefix: str, kind: Kind) -> None:
    @METHODS.add(f"{prefix}.list", scope="crm")
    def list_page(request: Request) -> Answer:
        conditions = request.mapping("filter")
        if kind is TIMELINE_COMMENT:
            _require_owner(conditions)
        page = request.page_of(kind, conditions, request.mapping("order"))
        return Answer.of_page(page, classic_rows(kind, page.rows, request.selected(["*"])))


def _register_fields(prefix: str, kind: Kind) -> None:
    @METHODS.add(f"{prefix}.fields", scope="crm")
    def fields(request: Request) -> dict[str, Any]:
        user_fields = {
            name
            for record in request.portal.world.all(kind)
            for name in record
            if name.startswith("UF_")
        }
        types = kind.fields | dict.fromkeys(sorted(user_fields), "string")
        described = {name: field_description(name, type_) for name, type_ in types.items()}
        return described | user_field_descriptions(request, kind)


def field_description(name: str, type_: str) -> dict[str, Any]:
    """What the methods that end in ``fields`` say about a field, given its classic name."""
    return {
        "type": type_,
        "isRequired": False,
        "isReadOnly": name in _READ_ONLY,
        "isImmutable": False,
        "isMultiple": type_ == "crm_multifield",
        "isDynamic": name.startswith("UF_"),
        "title": name,
    }


def user_field_descriptions(request: Request, kind: Kind) -> dict[str, Any]:
    """What those methods say about the user fields of a kind, by their names."""
    return {
        name: field_description(name, field["USER_TYPE_ID"])
        | {"isMultiple": field["MULTIPLE"] == "Y", "isRequired": field["MANDATORY"] == "Y"}
        for name, field in request.portal.world.user_fields(kind).items()
    }


def _require_owner(conditions: dict[str, Any]) -> None:
    named = {split_condition(key)[1] for key in conditions}
    for name in ("ENTITY_ID", "ENTITY_TYPE"):
        if name not in named:
            raise RestError("", f"Required fields are missing in the filter: {name}")


for _kind in (DEAL, LEAD, CONTACT, COMPANY, QUOTE):
    _register_kind(f"crm.{_kind.name}", _kind)
    _register_list(f"crm.{_kind.name}", _kind)
    _register_fields(f"crm.{_kind.name}", _kind)
for _prefix, _kind in (("crm.activity", ACTIVITY), ("crm.timeline.comment", TIMELINE_COMMENT)):
    _register_kind(_prefix, _kind)
    _register_list(_prefix, _kind)
_register_kind("crm.status", STATUS)
_register_fields("crm.status", STATUS)
