# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.catalog.catalog import CatalogCatalog
from bitrix_events.generated.methods.catalog.document import CatalogDocument
from bitrix_events.generated.methods.catalog.documentcontractor import CatalogDocumentcontractor
from bitrix_events.generated.methods.catalog.enum import CatalogEnum
from bitrix_events.generated.methods.catalog.extra import CatalogExtra
from bitrix_events.generated.methods.catalog.measure import CatalogMeasure
from bitrix_events.generated.methods.catalog.price import CatalogPrice
from bitrix_events.generated.methods.catalog.priceType import CatalogPriceType
from bitrix_events.generated.methods.catalog.priceTypeGroup import CatalogPriceTypeGroup
from bitrix_events.generated.methods.catalog.priceTypeLang import CatalogPriceTypeLang
from bitrix_events.generated.methods.catalog.product import CatalogProduct
from bitrix_events.generated.methods.catalog.productImage import CatalogProductImage
from bitrix_events.generated.methods.catalog.productProperty import CatalogProductProperty
from bitrix_events.generated.methods.catalog.productPropertyEnum import CatalogProductPropertyEnum
from bitrix_events.generated.methods.catalog.productPropertyFeature import (
    CatalogProductPropertyFeature,
)
from bitrix_events.generated.methods.catalog.productPropertySection import (
    CatalogProductPropertySection,
)
from bitrix_events.generated.methods.catalog.ratio import CatalogRatio
from bitrix_events.generated.methods.catalog.roundingRule import CatalogRoundingRule
from bitrix_events.generated.methods.catalog.section import CatalogSection
from bitrix_events.generated.methods.catalog.store import CatalogStore
from bitrix_events.generated.methods.catalog.storeproduct import CatalogStoreproduct
from bitrix_events.generated.methods.catalog.userfield import CatalogUserfield
from bitrix_events.generated.methods.catalog.vat import CatalogVat
from bitrix_events.generated.methods.shared import C, R, V

class Catalog(Generic[C, R, V]):
    """``catalog``"""

    catalog: CatalogCatalog[C, R, V]
    document: CatalogDocument[C, R, V]
    documentcontractor: CatalogDocumentcontractor[C, R, V]
    enum: CatalogEnum[C, R, V]
    extra: CatalogExtra[C, R, V]
    measure: CatalogMeasure[C, R, V]
    price: CatalogPrice[C, R, V]
    priceType: CatalogPriceType[C, R, V]
    priceTypeGroup: CatalogPriceTypeGroup[C, R, V]
    priceTypeLang: CatalogPriceTypeLang[C, R, V]
    product: CatalogProduct[C, R, V]
    productImage: CatalogProductImage[C, R, V]
    productProperty: CatalogProductProperty[C, R, V]
    productPropertyEnum: CatalogProductPropertyEnum[C, R, V]
    productPropertyFeature: CatalogProductPropertyFeature[C, R, V]
    productPropertySection: CatalogProductPropertySection[C, R, V]
    ratio: CatalogRatio[C, R, V]
    roundingRule: CatalogRoundingRule[C, R, V]
    section: CatalogSection[C, R, V]
    store: CatalogStore[C, R, V]
    storeproduct: CatalogStoreproduct[C, R, V]
    userfield: CatalogUserfield[C, R, V]
    vat: CatalogVat[C, R, V]
