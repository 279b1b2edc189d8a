"""``crm.currency.*``: records whose id is the code of the currency.

Source: protocol.md 7.4.
"""

from __future__ import annotations

from typing import Any, Final

from bitrix_events.testing.fields import Record
from bitrix_events.testing.kinds import CURRENCY
from bitrix_events.testing.methods import Answer, Methods, Request, RestError
from bitrix_events.testing.methods_crm import field_description
from bitrix_events.testing.world import classic_record

METHODS: Final = Methods()


@METHODS.add("crm.currency.add", scope="crm")
def add_currency(request: Request) -> str:
    fields = request.mapping("fields")
    code = str(fields.get("CURRENCY") or "")
    if len(code) != 3:
        raise RestError("", "The currency must have a code of three letters.")
    if any(row["CURRENCY"] == code for row in request.portal.world.all(CURRENCY)):
        raise RestError("", f"The currency {code} exists already.")
    return str(request.add(CURRENCY, fields)["CURRENCY"])


@METHODS.add("crm.currency.get", scope="crm")
def get_currency(request: Request) -> dict[str, Any]:
    return _row(_existing(request))


@METHODS.add("crm.currency.list", scope="crm")
def list_currencies(request: Request) -> Answer:
    """The whole list at once, whatever ``start`` says."""
    ids = request.ids_of(CURRENCY, {}, request.mapping("order"))
    rows = request.rows_of(CURRENCY, ids)
    return Answer([_row(row) for row in rows], total=len(rows))


@METHODS.add("crm.currency.update", scope="crm")
def update_currency(request: Request) -> bool:
    fields = {name: v for name, v in request.mapping("fields").items() if name != "CURRENCY"}
    request.update(CURRENCY, _existing(request)["ID"], fields)
    return True


@METHODS.add("crm.currency.delete", scope="crm")
def delete_currency(request: Request) -> bool:
    request.delete(CURRENCY, _existing(request)["ID"])
    return True


@METHODS.add("crm.currency.fields", scope="crm")
def describe_currency(request: Request) -> dict[str, Any]:
    types = {name: type_ for name, type_ in CURRENCY.fields.items() if name != "ID"}
    return {name: field_description(name, type_) for name, type_ in types.items()}


def _existing(request: Request) -> Record:
    code = str(request.params.get("id", request.params.get("ID", "")))
    for row in request.portal.world.all(CURRENCY):
        if row["CURRENCY"] == code:
            return row
    raise RestError("", f"The currency {code} is not found.")


def _row(record: Record) -> dict[str, Any]:
    row = classic_record(CURRENCY, record)
    return {name: value for name, value in row.items() if name != "ID"}
