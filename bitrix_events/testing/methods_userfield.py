"""User fields: ``crm.deal.userfield.*`` and its like, and ``userfieldconfig.*`` of the CRM.

Source: protocol.md 1.8 and 7.4.
"""

from __future__ import annotations

from typing import Any, Final

from bitrix_events.testing.fields import Record
from bitrix_events.testing.kinds import USERFIELD
from bitrix_events.testing.methods import Answer, Methods, Params, Request, RestError
from bitrix_events.testing.methods_lists import classic_query, typed_row
from bitrix_events.testing.world import classic_record

METHODS: Final = Methods()

_KINDS: Final = ("lead", "deal", "contact", "company", "quote")
_PREFIX: Final = "UF_CRM_"
_FIXED: Final = frozenset({"ID", "ENTITY_ID", "FIELD_NAME", "USER_TYPE_ID", "MULTIPLE"})


def _register_kind(name: str) -> None:
    """Register the methods of the user fields of one classic kind."""
    prefix, entity = f"crm.{name}.userfield", f"CRM_{name.upper()}"

    @METHODS.add(f"{prefix}.add", scope="crm")
    def add_field(request: Request) -> int:
        """Make a field; its name gets the prefix if it has none."""
        fields = request.mapping("fields")
        given = str(fields.get("FIELD_NAME") or "").upper()
        full = given if given.startswith(_PREFIX) or not given else _PREFIX + given
        return int(_add(request, fields | {"ENTITY_ID": entity, "FIELD_NAME": full})["ID"])

    @METHODS.add(f"{prefix}.get", scope="crm")
    def get_field(request: Request) -> dict[str, Any]:
        return classic_record(USERFIELD, _existing(request, entity))

    @METHODS.add(f"{prefix}.list", scope="crm")
    def list_fields(request: Request) -> Answer:
        """The whole list at once, whatever ``start`` says."""
        conditions = request.mapping("filter") | {"=ENTITY_ID": entity}
        ids = request.ids_of(USERFIELD, conditions, request.mapping("order"))
        rows = request.rows_of(USERFIELD, ids)
        return Answer([classic_record(USERFIELD, row) for row in rows], total=len(rows))

    @METHODS.add(f"{prefix}.update", scope="crm")
    def update_field(request: Request) -> bool:
        _update(request, _existing(request, entity), request.mapping("fields"))
        return True

    @METHODS.add(f"{prefix}.delete", scope="crm")
    def delete_field(request: Request) -> bool:
        request.delete(USERFIELD, _existing(request, entity)["ID"])
        return True


@METHODS.add("userfieldconfig.add", scope="userfieldconfig")
def add_config(request: Request) -> dict[str, Any]:
    _check_module(request)
    return {"field": _shown(_add(request, _config_fields(request)))}


@METHODS.add("userfieldconfig.get", scope="userfieldconfig")
def get_config(request: Request) -> dict[str, Any]:
    _check_module(request)
    return {"field": _shown(_existing(request))}


@METHODS.add("userfieldconfig.list", scope="userfieldconfig")
def list_configs(request: Request) -> Answer:
    _check_module(request)
    page = request.page_of(USERFIELD, *classic_query(request, USERFIELD))
    return Answer.of_page(page, {"fields": [_shown(record) for record in page.rows]})


@METHODS.add("userfieldconfig.update", scope="userfieldconfig")
def update_config(request: Request) -> dict[str, Any]:
    _check_module(request)
    return {"field": _shown(_update(request, _existing(request), _config_fields(request)))}


@METHODS.add("userfieldconfig.delete", scope="userfieldconfig")
def delete_config(request: Request) -> None:
    _check_module(request)
    request.delete(USERFIELD, _existing(request)["ID"])


def _add(request: Request, fields: Params) -> Record:
    for name in ("ENTITY_ID", "FIELD_NAME", "USER_TYPE_ID"):
        if not fields.get(name):
            raise RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty")
    same = {"=ENTITY_ID": fields["ENTITY_ID"], "=FIELD_NAME": fields["FIELD_NAME"]}
    if request.portal.world.table(USERFIELD).select(same, {}):
        raise RestError("ERROR_CORE", f"The field {fields['FIELD_NAME']} exists already.")
    return request.add(USERFIELD, fields)


def _update(request: Request, record: Record, fields: Params) -> Record:
    """Change what can be changed; the rest is overlooked."""
    changes = {name: value for name, value in fields.items() if name not in _FIXED}
    return request.update(USERFIELD, record["ID"], changes)


def _existing(request: Request, entity: str = "") -> Record:
    """The field that the request names, of this entity if one is given."""
    record = request.portal.world.get(USERFIELD, request.record_id())
    if entity and record["ENTITY_ID"] != entity:
        raise RestError("ERROR_NOT_FOUND", "The entity with ID is not found.")
    return record


def _check_module(request: Request) -> None:
    if request.params.get("moduleId") != "crm":
        raise RestError("ERROR_ARGUMENT", "The fake portal has user fields of the module crm.")


def _config_fields(request: Request) -> Params:
    given = request.mapping("field")
    return {USERFIELD.classic_name(name): value for name, value in given.items()}


def _shown(record: Record) -> dict[str, Any]:
    return typed_row(USERFIELD, record, ["*"])


for _name in _KINDS:
    _register_kind(_name)
