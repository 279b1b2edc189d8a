# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Day, Entity, Moment
from bitrix_events.entities.reading import Reading


class Invoice(Entity):
    """Catalogue: ``crm.invoice``."""

    kind: ClassVar[str] = "invoice"
    reading: ClassVar[Reading | None] = Reading("crm.invoice.get")

    id: int
    account_number: str = ""
    comments: str = ""
    created_by: int = 0
    currency: str = ""
    date_bill: Day = None
    date_insert: Moment = None
    date_marked: Moment = None
    date_pay_before: Day = None
    date_payed: Moment = None
    date_status: Moment = None
    date_update: Moment = None
    emp_payed_id: int = 0
    emp_status_id: int = 0
    lid: int = 0
    xml_id: str = ""
    order_topic: str = ""
    pay_system_id: int = 0
    pay_voucher_date: Day = None
    pay_voucher_num: str = ""
    payed: bool = False
    person_type_id: int = 0
    price: float = 0.0
    reason_marked: str = ""
    responsible_email: str = ""
    responsible_id: int = 0
    responsible_last_name: str = ""
    responsible_login: str = ""
    responsible_name: str = ""
    responsible_personal_photo: int = 0
    responsible_second_name: str = ""
    responsible_work_position: str = ""
    status_id: str = ""
    tax_value: float = 0.0
    uf_company_id: int = 0
    uf_contact_id: int = 0
    uf_mycompany_id: int = 0
    uf_deal_id: int = 0
    user_description: str = ""
    pr_location: int = 0
    invoice_properties: list[Any] = Field(default_factory=list)
    product_rows: list[Any] = Field(default_factory=list)


class Product(Entity):
    """Catalogue: ``crm.product``."""

    kind: ClassVar[str] = "product"
    reading: ClassVar[Reading | None] = Reading("crm.product.get")

    id: int
    active: bool = False
    catalog_id: int = 0
    created_by: int = 0
    currency_id: str = ""
    date_create: Moment = None
    description: str = ""
    description_type: str = ""
    detail_picture: Any = None
    measure: int = 0
    modified_by: int = 0
    name: str = ""
    preview_picture: Any = None
    price: float = 0.0
    section_id: int = 0
    sort: int = 0
    timestamp_x: Moment = None
    vat_id: int = 0
    vat_included: bool = False
    xml_id: str = ""


class Vat(Entity):
    """Catalogue: ``crm.vat``."""

    kind: ClassVar[str] = "vat"
    reading: ClassVar[Reading | None] = Reading("crm.vat.get")

    id: int
    timestamp_x: Moment = None
    active: bool = False
    c_sort: int = 0
    name: str = ""
    rate: float = 0.0
