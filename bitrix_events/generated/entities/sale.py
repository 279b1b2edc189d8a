# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class BasketItemProperty(Entity):
    """Catalogue: ``sale.basketproperties``."""

    kind: ClassVar[str] = "sale.basketproperties"
    reading: ClassVar[Reading | None] = Reading(
        "sale.basketproperties.get", record_at="basketProperty"
    )

    id: int
    basket_id: int = 0
    code: str = ""
    name: str = ""
    sort: int = 0
    value: str = ""
    xml_id: str = ""


class BasketItemReservation(Entity):
    """Catalogue: ``sale_basket_item_reservation``."""

    kind: ClassVar[str] = "sale_basket_item_reservation"

    id: int
    basket_id: int = 0
    store_id: int = 0
    quantity: float = 0.0
    date_reserve: Moment = None
    date_reserve_end: Moment = None
    reserved_by: int = 0


class BasketItem(Entity):
    """Catalogue: ``sale.basketitem``."""

    kind: ClassVar[str] = "sale.basketitem"
    reading: ClassVar[Reading | None] = Reading("sale.basketitem.get", record_at="basketItem")

    id: int
    base_price: float = 0.0
    can_buy: bool = False
    catalog_xml_id: str = ""
    order_id: int = 0
    sort: int = 0
    product_id: int = 0
    price: float = 0.0
    custom_price: bool = False
    currency: str = ""
    quantity: float = 0.0
    xml_id: str = ""
    date_insert: Moment = None
    date_update: Moment = None
    properties: list[BasketItemProperty] = Field(default_factory=list)
    name: str = ""
    discount_price: float = 0.0
    weight: float = 0.0
    dimensions: str = ""
    measure_code: str = ""
    measure_name: str = ""
    vat_rate: float = 0.0
    vat_included: bool = False
    barcode_multi: bool = False
    type: int = 0
    product_xml_id: str = ""
    reservations: list[BasketItemReservation] = Field(default_factory=list)


class BusinessValuePersonDomain(Entity):
    """Catalogue: ``sale.businessValuePersonDomain``."""

    kind: ClassVar[str] = "sale.businessValuePersonDomain"

    domain: str = ""
    person_type_id: int = 0


class OrderClient(Entity):
    """Catalogue: ``sale_order_crm_client``."""

    kind: ClassVar[str] = "sale_order_crm_client"

    id: int
    entity_id: int = 0
    entity_type_id: int = 0
    is_primary: bool = False
    order_id: int = 0
    role_id: int = 0
    sort: int = 0


class Payment(Entity):
    """Catalogue: ``sale.payment``."""

    kind: ClassVar[str] = "sale.payment"
    reading: ClassVar[Reading | None] = Reading("sale.payment.get", record_at="payment")

    id: int
    account_number: str = ""
    comments: str = ""
    company_id: int = 0
    currency: str = ""
    date_bill: Moment = None
    date_marked: Moment = None
    date_paid: Moment = None
    date_pay_before: Moment = None
    date_responsible_id: Moment = None
    emp_marked_id: int = 0
    emp_paid_id: int = 0
    emp_responsible_id: int = 0
    emp_return_id: int = 0
    external_payment: bool = False
    id1c: str = ""
    is_return: bool = False
    marked: bool = False
    order_id: int = 0
    paid: bool = False
    pay_return_comment: str = ""
    pay_return_date: Moment = None
    pay_return_num: str = ""
    pay_system_id: int = 0
    pay_system_is_cash: bool = False
    pay_system_name: str = ""
    pay_system_xml_id: str = ""
    pay_voucher_date: Moment = None
    pay_voucher_num: str = ""
    price_cod: float = 0.0
    ps_currency: str = ""
    ps_invoice_id: str = ""
    ps_response_date: Moment = None
    ps_status: bool = False
    ps_status_code: str = ""
    ps_status_description: str = ""
    ps_status_message: str = ""
    ps_sum: float = 0.0
    reason_marked: str = ""
    responsible_id: int = 0
    sum: float = 0.0
    updated1c: bool = False
    version1c: str = ""
    xml_id: str = ""


class PaymentBasketItem(Entity):
    """Catalogue: ``sale.paymentitembasket``."""

    kind: ClassVar[str] = "sale.paymentitembasket"
    reading: ClassVar[Reading | None] = Reading(
        "sale.paymentitembasket.get", record_at="paymentItemBasket"
    )

    id: int
    basket_id: int = 0
    date_insert: Moment = None
    payment_id: int = 0
    quantity: float = 0.0
    xml_id: str = ""


class PaymentShipment(Entity):
    """Catalogue: ``sale.paymentItemShipment``."""

    kind: ClassVar[str] = "sale.paymentItemShipment"
    reading: ClassVar[Reading | None] = Reading(
        "sale.paymentItemShipment.get", record_at="paymentItemShipment"
    )

    id: int
    date_insert: Moment = None
    payment_id: int = 0
    shipment_id: int = 0
    xml_id: str = ""


class ShipmentItem(Entity):
    """Catalogue: ``sale.shipmentitem``."""

    kind: ClassVar[str] = "sale.shipmentitem"
    reading: ClassVar[Reading | None] = Reading("sale.shipmentitem.get", record_at="shipmentItem")

    id: int
    basket_id: int = 0
    date_insert: Moment = None
    order_delivery_id: int = 0
    quantity: float = 0.0
    reserved_quantity: float = 0.0
    xml_id: str = ""


class ShipmentPropertyValue(Entity):
    """Catalogue: ``sale.shipmentpropertyvalue``."""

    kind: ClassVar[str] = "sale.shipmentpropertyvalue"
    reading: ClassVar[Reading | None] = Reading(
        "sale.shipmentpropertyvalue.get", record_at="propertyValue"
    )

    id: int
    code: str = ""
    name: str = ""
    shipment_id: int = 0
    shipment_props_id: int = 0
    shipment_props_xml_id: str = ""
    value: str = ""


class Shipment(Entity):
    """Catalogue: ``sale.shipment``."""

    kind: ClassVar[str] = "sale.shipment"
    reading: ClassVar[Reading | None] = Reading("sale.shipment.get", record_at="shipment")

    id: int
    account_number: str = ""
    allow_delivery: bool = False
    base_price_delivery: float = 0.0
    canceled: bool = False
    comments: str = ""
    company_id: int = 0
    currency: str = ""
    custom_price_delivery: bool = False
    date_allow_delivery: Moment = None
    date_canceled: Moment = None
    date_deducted: Moment = None
    date_insert: Moment = None
    date_marked: Moment = None
    date_responsible_id: Moment = None
    deducted: bool = False
    delivery_doc_date: Moment = None
    delivery_doc_num: str = ""
    delivery_id: int = 0
    delivery_name: str = ""
    delivery_xml_id: str = ""
    discount_price: float = 0.0
    emp_allow_delivery_id: int = 0
    emp_canceled_id: int = 0
    emp_deducted_id: int = 0
    emp_marked_id: int = 0
    emp_responsible_id: int = 0
    external_delivery: bool = False
    id1c: str = ""
    marked: bool = False
    order_id: int = 0
    price_delivery: float = 0.0
    reason_marked: str = ""
    reason_undo_deducted: str = ""
    responsible_id: int = 0
    status_id: str = ""
    status_xml_id: str = ""
    system: bool = False
    tracking_description: str = ""
    tracking_last_check: str = ""
    tracking_number: str = ""
    tracking_status: str = ""
    updated1c: bool = False
    version1c: str = ""
    xml_id: str = ""
    shipment_items: list[ShipmentItem] = Field(default_factory=list)


class OrderProperty(Entity):
    """Catalogue: ``sale.property``."""

    kind: ClassVar[str] = "sale.property"
    reading: ClassVar[Reading | None] = Reading("sale.property.get", record_at="property")

    id: int
    person_type_id: int = 0
    props_group_id: int = 0
    name: str = ""
    type: str = ""
    code: str = ""
    active: bool = False
    util: bool = False
    user_props: bool = False
    is_filtered: bool = False
    sort: int = 0
    description: str = ""
    required: bool = False
    multiple: bool = False
    xml_id: str = ""
    default_value: Any = None
    settings: dict[str, Any] = Field(default_factory=dict)
    is_profile_name: bool = False
    is_payer: bool = False
    is_email: bool = False
    is_phone: bool = False
    is_zip: bool = False
    is_address: bool = False
    is_location: bool = False
    is_location4tax: bool = False
    input_field_location: str = ""
    is_address_from: bool = False
    is_address_to: bool = False


class OrderPropertyFile(Entity):
    """Catalogue: ``sale_order_property_value_file_value``."""

    kind: ClassVar[str] = "sale_order_property_value_file_value"

    id: str
    content_type: str = ""
    description: str = ""
    external_id: str = ""
    file_name: str = ""
    file_size: int = 0
    module_id: str = ""
    original_name: str = ""
    src: str = ""
    subdir: str = ""
    timestamp_x: str = ""
    version_original_id: str = ""
    width: str = ""
    height: str = ""


class OrderPropertyGroup(Entity):
    """Catalogue: ``sale.propertygroup``."""

    kind: ClassVar[str] = "sale.propertygroup"
    reading: ClassVar[Reading | None] = Reading("sale.propertygroup.get", record_at="propertyGroup")

    id: int
    name: str = ""
    person_type_id: int = 0
    sort: int = 0


class OrderPropertyRelation(Entity):
    """Catalogue: ``sale.propertyRelation``."""

    kind: ClassVar[str] = "sale.propertyRelation"

    entity_id: int = 0
    entity_type: str = ""
    property_id: int = 0


class OrderPropertyValue(Entity):
    """Catalogue: ``sale.propertyvalue``."""

    kind: ClassVar[str] = "sale.propertyvalue"
    reading: ClassVar[Reading | None] = Reading("sale.propertyvalue.get", record_at="propertyValue")

    id: int
    code: str = ""
    name: str = ""
    order_id: int = 0
    order_props_id: int = 0
    order_props_xml_id: str = ""
    value: Any = None


class OrderPropertyVariant(Entity):
    """Catalogue: ``sale.propertyvariant``."""

    kind: ClassVar[str] = "sale.propertyvariant"
    reading: ClassVar[Reading | None] = Reading(
        "sale.propertyvariant.get", record_at="propertyVariant"
    )

    id: int
    description: str = ""
    name: str = ""
    order_props_id: int = 0
    sort: int = 0
    value: str = ""
    xnl_id: str = ""


class TradeBinding(Entity):
    """Catalogue: ``sale.tradeBinding``."""

    kind: ClassVar[str] = "sale.tradeBinding"
    reading: ClassVar[Reading | None] = Reading(
        "sale.tradeBinding.list", id_at=("filter", "id"), record_at="tradeBindings", is_list=True
    )

    id: int
    external_order_id: str = ""
    xml_id: str = ""
    order_id: int = 0
    trading_platform_id: int = 0
    trading_platform_xml_id: str = ""
    params: str = ""


class TradePlatform(Entity):
    """Catalogue: ``sale.tradePlatform``."""

    kind: ClassVar[str] = "sale.tradePlatform"
    reading: ClassVar[Reading | None] = Reading(
        "sale.tradePlatform.list", id_at=("filter", "id"), record_at="tradePlatforms", is_list=True
    )

    id: int
    catalog_section_tab_class_name: str = ""
    class_: str = ""
    code: str = ""
    active: bool = False
    name: str = ""
    description: str = ""
    settings: str = ""
    xml_id: str = ""


class Order(Entity):
    """Catalogue: ``sale.order``."""

    kind: ClassVar[str] = "sale.order"
    reading: ClassVar[Reading | None] = Reading("sale.order.get", record_at="order")

    id: int
    account_number: str = ""
    additional_info: str = ""
    affiliate_id: int = 0
    canceled: bool = False
    comments: str = ""
    company_id: int = 0
    currency: str = ""
    date_canceled: Moment = None
    date_insert: Moment = None
    date_lock: Moment = None
    date_marked: Moment = None
    date_status: Moment = None
    date_update: Moment = None
    deducted: bool = False
    discount_value: float = 0.0
    emp_canceled_id: int = 0
    emp_marked_id: int = 0
    emp_status_id: int = 0
    external_order: bool = False
    id1c: str = ""
    lid: str = ""
    locked_by: str = ""
    marked: bool = False
    order_topic: str = ""
    payed: bool = False
    person_type_id: int = 0
    person_type_xml_id: str = ""
    price: float = 0.0
    reason_canceled: str = ""
    reason_marked: str = ""
    recount_flag: bool = False
    recurring_id: str = ""
    responsible_id: int = 0
    status_id: str = ""
    status_xml_id: str = ""
    tax_value: float = 0.0
    updated1c: bool = False
    user_description: str = ""
    user_id: int = 0
    version: int = 0
    version1c: str = ""
    xml_id: str = ""
    basket_items: list[BasketItem] = Field(default_factory=list)
    clients: list[OrderClient] = Field(default_factory=list)
    payments: list[Payment] = Field(default_factory=list)
    shipments: list[Shipment] = Field(default_factory=list)
    property_values: list[OrderPropertyValue] = Field(default_factory=list)
    requisite_link: Any = None
    trade_bindings: list[TradeBinding] = Field(default_factory=list)


class OrderStatus(Entity):
    """Catalogue: ``sale.status``."""

    kind: ClassVar[str] = "sale.status"
    reading: ClassVar[Reading | None] = Reading("sale.status.get", record_at="status")

    id: str
    color: str = ""
    notify: bool = False
    sort: int = 0
    type: str = ""
    xml_id: str = ""


class OrderStatusLang(Entity):
    """Catalogue: ``sale.statusLang``."""

    kind: ClassVar[str] = "sale.statusLang"

    description: str = ""
    lid: str = ""
    name: str = ""
    status_id: str = ""


class PersonType(Entity):
    """Catalogue: ``sale.persontype``."""

    kind: ClassVar[str] = "sale.persontype"
    reading: ClassVar[Reading | None] = Reading("sale.persontype.get", record_at="personType")

    id: int
    active: bool = False
    code: str = ""
    name: str = ""
    sort: str = ""
    xml_id: str = ""


class SaleLanguage(Entity):
    """Catalogue: ``sale_lang``."""

    kind: ClassVar[str] = "sale_lang"

    active: bool = False
    lid: str = ""
    name: str = ""
