# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class Catalog(Entity):
    """Catalogue: ``catalog.catalog``."""

    kind: ClassVar[str] = "catalog.catalog"
    reading: ClassVar[Reading | None] = Reading("catalog.catalog.get", record_at="catalog")

    id: int
    iblock_id: int = 0
    iblock_type_id: int = 0
    lid: str = ""
    name: str = ""
    product_iblock_id: int = 0
    sku_property_id: int = 0
    subscription: bool = False
    vat_id: int = 0


class CatalogDocument(Entity):
    """Catalogue: ``catalog.document``."""

    kind: ClassVar[str] = "catalog.document"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.document.list", id_at=("filter", "id"), record_at="documents", is_list=True
    )

    id: int
    commentary: str = ""
    created_by: int = 0
    currency: str = ""
    date_create: Moment = None
    date_document: Moment = None
    date_modify: Moment = None
    date_status: Moment = None
    doc_number: str = ""
    doc_type: str = ""
    modified_by: int = 0
    responsible_id: int = 0
    site_id: str = ""
    status: str = ""
    status_by: int = 0
    title: str = ""


class CatalogDocumentElement(Entity):
    """Catalogue: ``catalog.document.element``."""

    kind: ClassVar[str] = "catalog.document.element"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.document.element.list",
        id_at=("filter", "id"),
        record_at="documentElements",
        is_list=True,
    )

    id: int
    amount: float = 0.0
    doc_id: int = 0
    element_id: int = 0
    purchasing_price: float = 0.0
    store_from: int = 0
    store_to: int = 0


class CatalogDocumentContractor(Entity):
    """Catalogue: ``catalog.documentcontractor``."""

    kind: ClassVar[str] = "catalog.documentcontractor"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.documentcontractor.list",
        id_at=("filter", "id"),
        record_at="documentContractor",
        is_list=True,
    )

    id: int
    document_id: int = 0
    entity_id: int = 0
    entity_type_id: int = 0


class CatalogDocumentUserFields(Entity):
    """Catalogue: ``catalog_userfield_document``."""

    kind: ClassVar[str] = "catalog_userfield_document"

    document_id: int = 0
    document_type: str = ""


class CatalogEnum(Entity):
    """Catalogue: ``catalog_enum``."""

    kind: ClassVar[str] = "catalog_enum"

    id: int | str
    name: str = ""


class CatalogExtra(Entity):
    """Catalogue: ``catalog.extra``."""

    kind: ClassVar[str] = "catalog.extra"
    reading: ClassVar[Reading | None] = Reading("catalog.extra.get", record_at="extra")

    id: int
    name: str = ""
    percentage: float = 0.0


class CatalogLanguage(Entity):
    """Catalogue: ``catalog_language``."""

    kind: ClassVar[str] = "catalog_language"

    lid: str = ""
    name: str = ""
    active: bool = False


class CatalogMeasure(Entity):
    """Catalogue: ``catalog.measure``."""

    kind: ClassVar[str] = "catalog.measure"
    reading: ClassVar[Reading | None] = Reading("catalog.measure.get", record_at="measure")

    id: int
    code: int = 0
    is_default: bool = False
    measure_title: str = ""
    symbol: str = ""
    symbol_intl: str = ""
    symbol_letter_intl: str = ""


class CatalogOffer(Entity):
    """Catalogue: ``catalog.product.offer``."""

    kind: ClassVar[str] = "catalog.product.offer"
    reading: ClassVar[Reading | None] = Reading("catalog.product.offer.get", record_at="offer")

    id: int
    iblock_id: int = 0
    name: str = ""
    active: bool = False
    available: bool = False
    code: str = ""
    xml_id: str = ""
    barcode_multi: bool = False
    bundle: bool = False
    can_buy_zero: bool = False
    created_by: int = 0
    modified_by: int = 0
    date_active_from: Moment = None
    date_active_to: Moment = None
    date_create: Moment = None
    timestamp_x: Moment = None
    iblock_section_id: int = 0
    measure: int = 0
    preview_text: str = ""
    detail_text: str = ""
    preview_picture: dict[str, Any] = Field(default_factory=dict)
    detail_picture: dict[str, Any] = Field(default_factory=dict)
    preview_text_type: str = ""
    detail_text_type: str = ""
    sort: int = 0
    subscribe: str = ""
    vat_id: int = 0
    vat_included: bool = False
    height: float = 0.0
    length: float = 0.0
    weight: float = 0.0
    width: float = 0.0
    quantity_trace: str = ""
    type: int = 0
    purchasing_currency: str = ""
    purchasing_price: float = 0.0
    quantity: float = 0.0
    quantity_reserved: float = 0.0
    recur_scheme_length: int = 0
    recur_scheme_type: str = ""
    trial_price_id: int = 0
    without_order: bool = False
    iblock_section: list[Any] = Field(default_factory=list)
    parent_id: int = 0


class CatalogPrice(Entity):
    """Catalogue: ``catalog.price``."""

    kind: ClassVar[str] = "catalog.price"
    reading: ClassVar[Reading | None] = Reading("catalog.price.get", record_at="price")

    id: int
    catalog_group_id: int = 0
    currency: str = ""
    extra_id: int = 0
    price: float = 0.0
    price_scale: float = 0.0
    product_id: int = 0
    quantity_from: int = 0
    quantity_to: int = 0
    timestamp_x: Moment = None


class CatalogPriceType(Entity):
    """Catalogue: ``catalog.priceType``."""

    kind: ClassVar[str] = "catalog.priceType"
    reading: ClassVar[Reading | None] = Reading("catalog.priceType.get", record_at="priceType")

    id: int
    base: bool = False
    created_by: int = 0
    date_create: Moment = None
    modified_by: int = 0
    name: str = ""
    sort: int = 0
    timestamp_x: Moment = None
    xml_id: str = ""


class CatalogPriceTypeGroup(Entity):
    """Catalogue: ``catalog.priceTypeGroup``."""

    kind: ClassVar[str] = "catalog.priceTypeGroup"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.priceTypeGroup.list",
        id_at=("filter", "id"),
        record_at="priceTypeGroups",
        is_list=True,
    )

    id: int
    access: bool = False
    catalog_group_id: int = 0
    group_id: int = 0


class CatalogPriceTypeLang(Entity):
    """Catalogue: ``catalog.priceTypeLang``."""

    kind: ClassVar[str] = "catalog.priceTypeLang"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.priceTypeLang.get", record_at="priceTypeLang"
    )

    id: int
    catalog_group_id: int = 0
    lang: str = ""
    name: str = ""


class CatalogProduct(Entity):
    """Catalogue: ``catalog.product``."""

    kind: ClassVar[str] = "catalog.product"
    reading: ClassVar[Reading | None] = Reading("catalog.product.get", record_at="product")

    id: int
    active: bool = False
    available: bool = False
    bundle: bool = False
    can_buy_zero: bool = False
    code: str = ""
    created_by: int = 0
    date_active_from: Moment = None
    date_active_to: Moment = None
    date_create: Moment = None
    detail_picture: Any = None
    detail_text: str = ""
    detail_text_type: str = ""
    height: float = 0.0
    iblock_id: int = 0
    iblock_section_id: int = 0
    length: float = 0.0
    measure: int = 0
    modified_by: int = 0
    name: str = ""
    negative_amount_trace: bool = False
    preview_picture: Any = None
    preview_text: str = ""
    preview_text_type: str = ""
    price_type: str = ""
    purchasing_currency: str = ""
    purchasing_price: str = ""
    quantity: float = 0.0
    quantity_reserved: float = 0.0
    quantity_trace: str = ""
    sort: int = 0
    subscribe: str = ""
    timestamp_x: Moment = None
    type: int = 0
    vat_id: int = 0
    vat_included: bool = False
    weight: float = 0.0
    width: float = 0.0
    xml_id: str = ""
    barcode_multi: bool = False
    recur_scheme_length: int = 0
    recur_scheme_type: str = ""
    trial_price_id: int = 0
    without_order: bool = False
    iblock_section: list[Any] = Field(default_factory=list)


class CatalogProductImage(Entity):
    """Catalogue: ``catalog.productImage``."""

    kind: ClassVar[str] = "catalog.productImage"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.productImage.get", record_at="productImage", needs=("productId",)
    )

    id: int
    create_time: Moment = None
    detail_url: str = ""
    download_url: str = ""
    name: str = ""
    product_id: int = 0
    type: str = ""


class CatalogProductProperty(Entity):
    """Catalogue: ``catalog.productProperty``."""

    kind: ClassVar[str] = "catalog.productProperty"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.productProperty.get", record_at="productProperty"
    )

    id: int
    active: bool = False
    code: str = ""
    xml_id: str = ""
    timestamp_x: Moment = None
    iblock_id: int = 0
    name: str = ""
    sort: int = 0
    default_value: str = ""
    property_type: str = ""
    user_type: str = ""
    row_count: int = 0
    col_count: int = 0
    list_type: str = ""
    multiple: bool = False
    file_type: str = ""
    multiple_cnt: int = 0
    link_iblock_id: int = 0
    with_description: bool = False
    searchable: bool = False
    filtrable: bool = False
    is_required: bool = False
    hint: str = ""
    user_type_settings: dict[str, Any] = Field(default_factory=dict)


class CatalogProductPropertyEnum(Entity):
    """Catalogue: ``catalog.productPropertyEnum``."""

    kind: ClassVar[str] = "catalog.productPropertyEnum"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.productPropertyEnum.get", record_at="productPropertyEnum"
    )

    id: int
    def_: bool = False
    property_id: int = 0
    sort: int = 0
    value: str = ""
    xml_id: str = ""


class CatalogProductPropertyFeature(Entity):
    """Catalogue: ``catalog.productPropertyFeature``."""

    kind: ClassVar[str] = "catalog.productPropertyFeature"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.productPropertyFeature.get", record_at="productPropertyFeature"
    )

    id: int
    feature_id: str = ""
    is_enabled: bool = False
    module_id: str = ""
    property_id: int = 0


class CatalogProductPropertySection(Entity):
    """Catalogue: ``catalog.productPropertySection``."""

    kind: ClassVar[str] = "catalog.productPropertySection"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.productPropertySection.get",
        id_at=("propertyId",),
        record_at="productPropertySection",
    )

    iblock_id: int = 0
    property_id: int = 0
    section_id: int = 0
    smart_filter: bool = False
    display_type: str = ""
    display_expanded: bool = False
    filter_hint: str = ""


class CatalogRatio(Entity):
    """Catalogue: ``catalog.ratio``."""

    kind: ClassVar[str] = "catalog.ratio"
    reading: ClassVar[Reading | None] = Reading("catalog.ratio.get", record_at="ratio")

    id: int
    is_default: bool = False
    product_id: int = 0
    ratio: float = 0.0


class CatalogRoundingRule(Entity):
    """Catalogue: ``catalog.roundingRule``."""

    kind: ClassVar[str] = "catalog.roundingRule"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.roundingRule.get", record_at="roundingRule"
    )

    id: int
    catalog_group_id: int = 0
    created_by: int = 0
    date_create: Moment = None
    date_modify: Moment = None
    modified_by: int = 0
    price: float = 0.0
    round_precision: float = 0.0
    round_type: int = 0


class CatalogSection(Entity):
    """Catalogue: ``catalog.section``."""

    kind: ClassVar[str] = "catalog.section"
    reading: ClassVar[Reading | None] = Reading("catalog.section.get", record_at="section")

    id: int
    active: bool = False
    code: str = ""
    description: str = ""
    description_type: str = ""
    iblock_id: int = 0
    iblock_section_id: int = 0
    name: str = ""
    sort: int = 0
    xml_id: str = ""


class CatalogService(Entity):
    """Catalogue: ``catalog.product.service``."""

    kind: ClassVar[str] = "catalog.product.service"
    reading: ClassVar[Reading | None] = Reading("catalog.product.service.get", record_at="service")

    id: int
    iblock_id: int = 0
    name: str = ""
    active: bool = False
    available: bool = False
    code: str = ""
    xml_id: str = ""
    bundle: bool = False
    created_by: int = 0
    modified_by: int = 0
    date_active_from: Moment = None
    date_active_to: Moment = None
    date_create: Moment = None
    timestamp_x: Moment = None
    iblock_section_id: int = 0
    measure: int = 0
    preview_text: str = ""
    detail_text: str = ""
    preview_picture: dict[str, Any] = Field(default_factory=dict)
    detail_picture: dict[str, Any] = Field(default_factory=dict)
    preview_text_type: str = ""
    detail_text_type: str = ""
    sort: int = 0
    vat_id: int = 0
    vat_included: bool = False
    type: int = 0
    iblock_section: list[Any] = Field(default_factory=list)


class CatalogSku(Entity):
    """Catalogue: ``catalog.product.sku``."""

    kind: ClassVar[str] = "catalog.product.sku"
    reading: ClassVar[Reading | None] = Reading("catalog.product.sku.get", record_at="sku")

    id: int
    iblock_id: int = 0
    name: str = ""
    active: bool = False
    available: bool = False
    code: str = ""
    xml_id: str = ""
    bundle: bool = False
    can_buy_zero: bool = False
    created_by: int = 0
    modified_by: int = 0
    date_active_from: Moment = None
    date_active_to: Moment = None
    date_create: Moment = None
    timestamp_x: Moment = None
    iblock_section_id: int = 0
    measure: int = 0
    preview_text: str = ""
    detail_text: str = ""
    preview_picture: dict[str, Any] = Field(default_factory=dict)
    detail_picture: dict[str, Any] = Field(default_factory=dict)
    preview_text_type: str = ""
    detail_text_type: str = ""
    sort: int = 0
    subscribe: str = ""
    vat_id: int = 0
    vat_included: bool = False
    height: float = 0.0
    length: float = 0.0
    weight: float = 0.0
    width: float = 0.0
    type: int = 0
    purchasing_currency: str = ""
    purchasing_price: float = 0.0
    quantity: float = 0.0
    iblock_section: list[Any] = Field(default_factory=list)


class CatalogStore(Entity):
    """Catalogue: ``catalog.store``."""

    kind: ClassVar[str] = "catalog.store"
    reading: ClassVar[Reading | None] = Reading("catalog.store.get", record_at="store")

    id: int
    active: bool = False
    address: str = ""
    code: str = ""
    date_create: Moment = None
    date_modify: Moment = None
    description: str = ""
    email: str = ""
    gps_n: float = 0.0
    gps_s: float = 0.0
    image_id: Any = None
    issuing_center: bool = False
    modified_by: int = 0
    phone: str = ""
    schedule: str = ""
    sort: int = 0
    title: str = ""
    user_id: int = 0
    xml_id: str = ""


class CatalogStoreProduct(Entity):
    """Catalogue: ``catalog.storeproduct``."""

    kind: ClassVar[str] = "catalog.storeproduct"
    reading: ClassVar[Reading | None] = Reading(
        "catalog.storeproduct.get", record_at="storeProduct"
    )

    id: int
    amount: float = 0.0
    product_id: int = 0
    quantity_reserved: float = 0.0
    store_id: int = 0


class CatalogVat(Entity):
    """Catalogue: ``catalog.vat``."""

    kind: ClassVar[str] = "catalog.vat"
    reading: ClassVar[Reading | None] = Reading("catalog.vat.get", record_at="vat")

    id: int
    active: bool = False
    name: str = ""
    rate: float = 0.0
    sort: int = 0
    timestamp_x: Moment = None


class FieldDescription(Entity):
    """Catalogue: ``rest_field_description``."""

    kind: ClassVar[str] = "rest_field_description"

    is_immutable: bool = False
    is_read_only: bool = False
    is_required: bool = False
    type: str = ""
