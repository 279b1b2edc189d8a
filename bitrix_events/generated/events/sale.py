# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``sale``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from bitrix_events.events.base import EntityEvent, Kind

if TYPE_CHECKING:
    from bitrix_events.entities import (  # noqa: F401, the classes below name them in strings
        Order,
        OrderPropertyValue,
        Payment,
        Shipment,
    )


class SaleFields(TypedDict):
    ID: str


class SaleData(TypedDict):
    FIELDS: SaleFields


class SaleOrderFields(TypedDict):
    ID: str
    XML_ID: str
    ACTION: str


class SaleOrderData(TypedDict):
    FIELDS: SaleOrderFields


class OnOrderDeleted(EntityEvent["Order"]):
    """Id in ``FIELDS.ID``."""

    scope = "sale"
    kind = Kind.FACT
    entity_name = "sale.order"
    entity_is_gone = True

    data: SaleData


class OnOrderEntitySaved(EntityEvent["Order"]):
    """Id in ``FIELDS.ID``."""

    scope = "sale"
    kind = Kind.STATE
    entity_name = "sale.order"

    data: SaleData


class OnPaymentDeleted(EntityEvent["Payment"]):
    """Id in ``FIELDS.ID``."""

    scope = "sale"
    kind = Kind.FACT
    entity_name = "sale.payment"
    entity_is_gone = True

    data: SaleData


class OnPaymentEntitySaved(EntityEvent["Payment"]):
    """Id in ``FIELDS.ID``."""

    scope = "sale"
    kind = Kind.STATE
    entity_name = "sale.payment"

    data: SaleData


class OnPropertyValueDeleted(EntityEvent["OrderPropertyValue"]):
    """Id in ``FIELDS.ID``."""

    scope = "sale"
    kind = Kind.FACT
    entity_name = "sale.propertyvalue"
    entity_is_gone = True

    data: SaleData


class OnPropertyValueEntitySaved(EntityEvent["OrderPropertyValue"]):
    """Id in ``FIELDS.ID``."""

    scope = "sale"
    kind = Kind.STATE
    entity_name = "sale.propertyvalue"

    data: SaleData


class OnSaleBeforeOrderDelete(EntityEvent["Order"]):
    """Id in ``FIELDS.ID``."""

    scope = "sale"
    entity_name = "sale.order"
    entity_is_gone = True

    data: SaleOrderData


class OnSaleOrderSaved(EntityEvent["Order"]):
    """Id in ``FIELDS.ID``."""

    scope = "sale"
    entity_name = "sale.order"

    data: SaleOrderData


class OnShipmentDeleted(EntityEvent["Shipment"]):
    """Id in ``FIELDS.ID``."""

    scope = "sale"
    kind = Kind.FACT
    entity_name = "sale.shipment"
    entity_is_gone = True

    data: SaleData


class OnShipmentEntitySaved(EntityEvent["Shipment"]):
    """Id in ``FIELDS.ID``."""

    scope = "sale"
    kind = Kind.STATE
    entity_name = "sale.shipment"

    data: SaleData
