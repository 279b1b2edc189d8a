# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``catalog``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from bitrix_events.events.base import EntityEvent, Kind

if TYPE_CHECKING:
    from bitrix_events.entities import (  # noqa: F401, the classes below name them in strings
        CatalogMeasure,
        CatalogPrice,
        CatalogPriceType,
        CatalogProduct,
        CatalogRoundingRule,
    )


class CatalogFields(TypedDict):
    ID: str


class CatalogData(TypedDict):
    FIELDS: CatalogFields


class CatalogProductFields(TypedDict):
    ID: str
    TYPE: str


class CatalogProductData(TypedDict):
    FIELDS: CatalogProductFields


class CatalogMeasureOnAdd(EntityEvent["CatalogMeasure"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.MEASURE.ON.ADD"
    scope = "catalog"
    kind = Kind.FACT
    entity_name = "catalog.measure"
    in_webhooks = False

    data: CatalogData


class CatalogMeasureOnDelete(EntityEvent["CatalogMeasure"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.MEASURE.ON.DELETE"
    scope = "catalog"
    kind = Kind.FACT
    entity_name = "catalog.measure"
    entity_is_gone = True
    in_webhooks = False

    data: CatalogData


class CatalogMeasureOnUpdate(EntityEvent["CatalogMeasure"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.MEASURE.ON.UPDATE"
    scope = "catalog"
    kind = Kind.STATE
    entity_name = "catalog.measure"
    in_webhooks = False

    data: CatalogData


class CatalogPriceOnAdd(EntityEvent["CatalogPrice"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.PRICE.ON.ADD"
    scope = "catalog"
    kind = Kind.FACT
    entity_name = "catalog.price"
    in_webhooks = False

    data: CatalogData


class CatalogPriceOnDelete(EntityEvent["CatalogPrice"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.PRICE.ON.DELETE"
    scope = "catalog"
    kind = Kind.FACT
    entity_name = "catalog.price"
    entity_is_gone = True
    in_webhooks = False

    data: CatalogData


class CatalogPriceOnUpdate(EntityEvent["CatalogPrice"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.PRICE.ON.UPDATE"
    scope = "catalog"
    kind = Kind.STATE
    entity_name = "catalog.price"
    in_webhooks = False

    data: CatalogData


class CatalogPriceTypeOnAdd(EntityEvent["CatalogPriceType"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.PRICE.TYPE.ON.ADD"
    scope = "catalog"
    kind = Kind.FACT
    entity_name = "catalog.priceType"
    in_webhooks = False

    data: CatalogData


class CatalogPriceTypeOnDelete(EntityEvent["CatalogPriceType"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.PRICE.TYPE.ON.DELETE"
    scope = "catalog"
    kind = Kind.FACT
    entity_name = "catalog.priceType"
    entity_is_gone = True
    in_webhooks = False

    data: CatalogData


class CatalogPriceTypeOnUpdate(EntityEvent["CatalogPriceType"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.PRICE.TYPE.ON.UPDATE"
    scope = "catalog"
    kind = Kind.STATE
    entity_name = "catalog.priceType"
    in_webhooks = False

    data: CatalogData


class CatalogProductOnAdd(EntityEvent["CatalogProduct"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.PRODUCT.ON.ADD"
    scope = "catalog"
    kind = Kind.FACT
    entity_name = "catalog.product"
    in_webhooks = False

    data: CatalogProductData


class CatalogProductOnDelete(EntityEvent["CatalogProduct"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.PRODUCT.ON.DELETE"
    scope = "catalog"
    kind = Kind.FACT
    entity_name = "catalog.product"
    entity_is_gone = True
    in_webhooks = False

    data: CatalogProductData


class CatalogProductOnUpdate(EntityEvent["CatalogProduct"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.PRODUCT.ON.UPDATE"
    scope = "catalog"
    kind = Kind.STATE
    entity_name = "catalog.product"
    in_webhooks = False

    data: CatalogProductData


class CatalogRoundingOnAdd(EntityEvent["CatalogRoundingRule"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.ROUNDING.ON.ADD"
    scope = "catalog"
    kind = Kind.FACT
    entity_name = "catalog.roundingRule"
    in_webhooks = False

    data: CatalogData


class CatalogRoundingOnDelete(EntityEvent["CatalogRoundingRule"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.ROUNDING.ON.DELETE"
    scope = "catalog"
    kind = Kind.FACT
    entity_name = "catalog.roundingRule"
    entity_is_gone = True
    in_webhooks = False

    data: CatalogData


class CatalogRoundingOnUpdate(EntityEvent["CatalogRoundingRule"]):
    """Id in ``FIELDS.ID``."""

    CODE = "CATALOG.ROUNDING.ON.UPDATE"
    scope = "catalog"
    kind = Kind.STATE
    entity_name = "catalog.roundingRule"
    in_webhooks = False

    data: CatalogData
