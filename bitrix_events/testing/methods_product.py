"""Products in both of their dialects, and the rows of products that deals and other items have.

Source: protocol.md 7.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bitrix_events.testing.fields import Record
from bitrix_events.testing.kinds import PRODUCT, PRODUCT_ROW
from bitrix_events.testing.listing import split_condition
from bitrix_events.testing.methods import Answer, Methods, Params, Request, RestError
from bitrix_events.testing.methods_crm import field_description
from bitrix_events.testing.methods_lists import classic_query, typed_row
from bitrix_events.testing.world import classic_rows

METHODS: Final = Methods()

_OLD_NAMES: Final = {"SECTION_ID": "IBLOCK_SECTION_ID", "CATALOG_ID": "IBLOCK_ID"}
"""What ``crm.product.*`` calls some fields of a product."""
_OLD_FIELDS: Final = (
    *("ID", "NAME", "ACTIVE", "PRICE", "CURRENCY_ID", "DESCRIPTION", "SORT", "MEASURE", "XML_ID"),
    *("VAT_ID", "VAT_INCLUDED", "DATE_CREATE", "TIMESTAMP_X", "SECTION_ID", "CATALOG_ID"),
)
_CLASSIC_OWNERS: Final = {"deal": "D", "lead": "L", "quote": "Q"}


# Products of the old dialect.


@METHODS.add("crm.product.list", scope="crm")
def list_old_products(request: Request) -> Answer:
    conditions = {}
    for key, operand in request.mapping("filter").items():
        operator, name = split_condition(key)
        conditions[operator + _OLD_NAMES.get(name, name)] = operand
    order = {_OLD_NAMES.get(name, name): way for name, way in request.mapping("order").items()}
    page = request.page_of(PRODUCT, conditions, order)
    wanted = {"ID", *request.selected(["*"])}
    rows = [
        {name: row[name] for name in row if "*" in wanted or name in wanted}
        for row in map(_old_product, page.rows)
    ]
    return Answer.of_page(page, rows)


@METHODS.add("crm.product.get", scope="crm")
def get_old_product(request: Request) -> dict[str, Any]:
    return _old_product(request.portal.world.get(PRODUCT, request.record_id()))


@METHODS.add("crm.product.add", scope="crm")
def add_old_product(request: Request) -> int:
    fields = _from_old(request.mapping("fields"))
    if not fields.get("NAME"):
        raise RestError("", "The name of the product is required.")
    return int(request.add(PRODUCT, fields)["ID"])


@METHODS.add("crm.product.update", scope="crm")
def update_old_product(request: Request) -> bool:
    request.update(PRODUCT, request.record_id(), _from_old(request.mapping("fields")))
    return True


@METHODS.add("crm.product.delete", scope="crm")
@METHODS.add("catalog.product.delete", scope="catalog")
def delete_product(request: Request) -> bool:
    request.delete(PRODUCT, request.record_id())
    return True


@METHODS.add("crm.product.fields", scope="crm")
def describe_old_product(request: Request) -> dict[str, Any]:
    types = {name: PRODUCT.type_of(_OLD_NAMES.get(name, name)) for name in _OLD_FIELDS}
    return {name: field_description(name, type_ or "string") for name, type_ in types.items()}


# Products of the catalogue.


@METHODS.add("catalog.product.list", scope="catalog")
def list_products(request: Request) -> Answer:
    select = request.selected([])
    if not {"id", "iblockId"} <= set(select):
        raise RestError(0, "Required select fields: id, iblockId")
    conditions, order = classic_query(request, PRODUCT)
    if "IBLOCK_ID" not in {split_condition(key)[1] for key in conditions}:
        raise RestError(0, "Required filter fields: iblockId")
    page = request.page_of(PRODUCT, conditions, order)
    names = [PRODUCT.classic_name(name) for name in select]
    rows = [typed_row(PRODUCT, row, names) for row in page.rows]
    return Answer.of_page(page, {"products": rows})


@METHODS.add("catalog.product.get", scope="catalog")
def get_product(request: Request) -> dict[str, Any]:
    record = request.portal.world.get(PRODUCT, request.record_id())
    return {"product": typed_row(PRODUCT, record, ["*", "UF_*"])}


@METHODS.add("catalog.product.add", scope="catalog")
def add_product(request: Request) -> dict[str, Any]:
    fields = {PRODUCT.classic_name(k): v for k, v in request.mapping("fields").items()}
    for name in ("iblockId", "name"):
        if not fields.get(PRODUCT.classic_name(name)):
            raise RestError(0, f"Required fields: {name}")
    return {"element": typed_row(PRODUCT, request.add(PRODUCT, fields), ["*", "UF_*"])}


@METHODS.add("catalog.product.update", scope="catalog")
def update_product(request: Request) -> dict[str, Any]:
    fields = {PRODUCT.classic_name(k): v for k, v in request.mapping("fields").items()}
    record = request.update(PRODUCT, request.record_id(), fields)
    return {"element": typed_row(PRODUCT, record, ["*", "UF_*"])}


# Rows of products.


@METHODS.add("crm.item.productrow.list", scope="crm")
def list_rows(request: Request) -> Answer:
    conditions, order = classic_query(request, PRODUCT_ROW)
    for name in ("OWNER_ID", "OWNER_TYPE"):
        if name not in {split_condition(key)[1] for key in conditions}:
            raise RestError("100", f"The filter must name {PRODUCT_ROW.item_name(name)}.")
    page = request.page_of(PRODUCT_ROW, conditions, order)
    return Answer.of_page(page, {"productRows": [_row(record) for record in page.rows]})


@METHODS.add("crm.item.productrow.get", scope="crm")
def get_row(request: Request) -> dict[str, Any]:
    return {"productRow": _row(request.portal.world.get(PRODUCT_ROW, request.record_id()))}


@METHODS.add("crm.item.productrow.add", scope="crm")
def add_row(request: Request) -> dict[str, Any]:
    fields = _classic(request.mapping("fields"))
    _check_owner(fields)
    return {"productRow": _row(request.add(PRODUCT_ROW, fields))}


@METHODS.add("crm.item.productrow.update", scope="crm")
def update_row(request: Request) -> dict[str, Any]:
    fields = _classic(request.mapping("fields"))
    return {"productRow": _row(request.update(PRODUCT_ROW, request.record_id(), fields))}


@METHODS.add("crm.item.productrow.delete", scope="crm")
def delete_row(request: Request) -> None:
    request.delete(PRODUCT_ROW, request.record_id())


@METHODS.add("crm.item.productrow.set", scope="crm")
def set_rows(request: Request) -> dict[str, Any]:
    """Replace all rows of an owner."""
    params = _classic(request.params)
    _check_owner(params)
    given = params.get("PRODUCT_ROWS") or []
    records = _replace(request, str(params["OWNER_TYPE"]), params["OWNER_ID"], given)
    return {"productRows": [_row(record) for record in records]}


def _register_classic(name: str, owner_type: str) -> None:
    @METHODS.add(f"crm.{name}.productrows.get", scope="crm")
    def get_rows(request: Request) -> list[dict[str, Any]]:
        records = _rows_of(request, owner_type, request.record_id())
        return classic_rows(PRODUCT_ROW, records, ["*"])

    @METHODS.add(f"crm.{name}.productrows.set", scope="crm")
    def set_all(request: Request) -> bool:
        _replace(request, owner_type, request.record_id(), request.params.get("rows") or [])
        return True


def _replace(request: Request, owner_type: str, owner_id: Any, given: Any) -> list[Record]:
    rows = list(given.values()) if isinstance(given, dict) else given
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RestError("100", "The rows must be a list.")
    for record in _rows_of(request, owner_type, owner_id):
        request.delete(PRODUCT_ROW, record["ID"])
    owner = {"OWNER_TYPE": owner_type, "OWNER_ID": owner_id}
    return [request.add(PRODUCT_ROW, _classic(row) | owner) for row in rows]


def _rows_of(request: Request, owner_type: str, owner_id: Any) -> list[Record]:
    conditions = {"=OWNER_TYPE": owner_type, "=OWNER_ID": owner_id}
    return request.rows_of(PRODUCT_ROW, request.ids_of(PRODUCT_ROW, conditions, {}))


def _check_owner(fields: Params) -> None:
    for name in ("OWNER_ID", "OWNER_TYPE"):
        if not fields.get(name):
            raise RestError("100", f"The field {PRODUCT_ROW.item_name(name)} is required.")


def _classic(fields: Mapping[str, Any]) -> Params:
    return {PRODUCT_ROW.classic_name(name): value for name, value in fields.items()}


def _row(record: Record) -> dict[str, Any]:
    return typed_row(PRODUCT_ROW, record, ["*"])


def _from_old(fields: Params) -> Params:
    return {_OLD_NAMES.get(name, name): value for name, value in fields.items()}


def _old_product(record: Record) -> dict[str, Any]:
    (row,) = classic_rows(PRODUCT, [record], ["*"])
    return {name: row[_OLD_NAMES.get(name, name)] for name in _OLD_FIELDS}


for _name, _letter in _CLASSIC_OWNERS.items():
    _register_classic(_name, _letter)
