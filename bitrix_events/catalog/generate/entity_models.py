"""Which entities of the catalogue make which model, and how one record of it is read.

This is what the catalogue does not say: readable names, which tables describe the same thing, and
where it is silent or contradicts what portals send.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Read:
    """A `Reading`, as the table writes it: see there. Parameters are joined by dots."""

    method: str
    at: str = ""
    id: str = "id"
    is_list: bool = False
    needs: tuple[str, ...] = ()
    is_v3: bool = False
    select: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """One model.

    Attributes:
        entities: the entities of the catalogue that it is made of, by ``|``; where they differ
            about the type of a field, the first one that has a useful type decides.
        read: how one is read; for `CrmItem` and what derives from it, the base knows.
        base: the class in `entities.base` that it derives from.
        kind: its name in keys, if it is not that of the first entity, without ``crm.``.
        entity_type_id: for `CrmItem`.
    """

    name: str
    entities: str
    read: Read | None = None
    base: str = "Entity"
    kind: str = ""
    entity_type_id: int = 0


def _get(entity: str, at: str = "", id: str = "id", *needs: str, is_list: bool = False) -> Read:
    return Read(f"{entity}.get", at, id, is_list, needs)


def _listed(method: str, at: str = "", id: str = "filter.id") -> Read:
    return Read(method, at, id, is_list=True)


def _by_get(name: str, entity: str, at: str) -> Model:
    return Model(name, entity, _get(entity, at))


def _by_list(name: str, entity: str, at: str) -> Model:
    return Model(name, entity, _listed(f"{entity}.list", at))


def _classic(name: str, entity: str) -> Model:
    return Model(name, entity, _get(entity))


MODELS: Final[dict[str, tuple[Model, ...]]] = {
    "calendar": (
        Model("CalendarEvent", "calendar.event", Read("calendar.event.getbyid")),
        Model("CalendarSection", "calendar.section"),
    ),
    "catalog": (
        _by_get("Catalog", "catalog.catalog", "catalog"),
        _by_list("CatalogDocument", "catalog.document", "documents"),
        _by_list("CatalogDocumentElement", "catalog.document.element", "documentElements"),
        _by_list("CatalogDocumentContractor", "catalog.documentcontractor", "documentContractor"),
        Model("CatalogDocumentUserFields", "catalog_userfield_document"),
        Model("CatalogEnum", "catalog_enum"),
        _by_get("CatalogExtra", "catalog.extra", "extra"),
        Model("CatalogLanguage", "catalog_language"),
        _by_get("CatalogMeasure", "catalog.measure", "measure"),
        _by_get("CatalogOffer", "catalog.product.offer", "offer"),
        _by_get("CatalogPrice", "catalog.price", "price"),
        _by_get("CatalogPriceType", "catalog.priceType", "priceType"),
        _by_list("CatalogPriceTypeGroup", "catalog.priceTypeGroup", "priceTypeGroups"),
        _by_get("CatalogPriceTypeLang", "catalog.priceTypeLang", "priceTypeLang"),
        _by_get("CatalogProduct", "catalog.product", "product"),
        Model(
            "CatalogProductImage",
            "catalog.productImage",
            _get("catalog.productImage", "productImage", "id", "productId"),
        ),
        _by_get("CatalogProductProperty", "catalog.productProperty", "productProperty"),
        _by_get("CatalogProductPropertyEnum", "catalog.productPropertyEnum", "productPropertyEnum"),
        _by_get(
            "CatalogProductPropertyFeature",
            "catalog.productPropertyFeature",
            "productPropertyFeature",
        ),
        Model(
            "CatalogProductPropertySection",
            "catalog.productPropertySection",
            _get("catalog.productPropertySection", "productPropertySection", "propertyId"),
        ),
        _by_get("CatalogRatio", "catalog.ratio", "ratio"),
        _by_get("CatalogRoundingRule", "catalog.roundingRule", "roundingRule"),
        _by_get("CatalogSection", "catalog.section", "section"),
        _by_get("CatalogService", "catalog.product.service", "service"),
        _by_get("CatalogSku", "catalog.product.sku", "sku"),
        _by_get("CatalogStore", "catalog.store", "store"),
        _by_get("CatalogStoreProduct", "catalog.storeproduct", "storeProduct"),
        _by_get("CatalogVat", "catalog.vat", "vat"),
        Model("FieldDescription", "rest_field_description"),
    ),
    "crm_lead": (
        Model("Lead", "crm.item:lead|crm.lead", base="CrmParty", kind="lead", entity_type_id=1),
    ),
    "crm_deal": (
        Model("Deal", "crm.item:deal|crm.deal", base="CrmItem", kind="deal", entity_type_id=2),
    ),
    "crm_contact": (
        Model(
            "Contact",
            "crm.item:contact|crm.contact",
            base="CrmParty",
            kind="contact",
            entity_type_id=3,
        ),
    ),
    "crm_company": (
        Model(
            "Company",
            "crm.item:company|crm.company",
            base="CrmParty",
            kind="company",
            entity_type_id=4,
        ),
    ),
    "crm_quote": (
        Model("Quote", "crm.item:quote|crm.quote", base="CrmItem", kind="quote", entity_type_id=7),
    ),
    "crm_smart_invoice": (
        Model(
            "SmartInvoice",
            "crm.item:invoice",
            base="CrmItem",
            kind="smart_invoice",
            entity_type_id=31,
        ),
    ),
    "crm_item": (Model("Item", "crm.item", base="CrmItem"),),
    "crm_product_row": (
        Model(
            "ProductRow",
            "crm.item.productrow|crm.productrow",
            _get("crm.item.productrow", "productRow"),
            kind="productrow",
        ),
    ),
    "crm_activity": (
        Model("ActivityBinding", "crm_activity_binding"),
        Model("ActivityCommunication", "crm.activity.communication"),
        Model("AttachedFile", "diskfile"),
        _classic("Activity", "crm.activity"),
        Model("TimelineBinding", "crm.timeline.bindings"),
        _classic("TimelineComment", "crm.timeline.comment"),
    ),
    "crm_outdated": (
        _classic("Invoice", "crm.invoice"),
        _classic("Product", "crm.product"),
        _classic("Vat", "crm.vat"),
    ),
    "crm_requisite": (
        Model("Address", "crm.address"),
        _classic("BankDetail", "crm.requisite.bankdetail"),
        _classic("Requisite", "crm.requisite"),
        Model("RequisiteLink", "crm.requisite.link"),
        _classic("RequisitePreset", "crm.requisite.preset"),
        Model(
            "RequisitePresetField",
            "crm.requisite.preset.field",
            _get("crm.requisite.preset.field", "", "id", "preset"),
        ),
    ),
    "crm_settings": (
        _by_get("AutomatedSolution", "crm.automatedsolution", "automatedSolution"),
        Model("Category", "crm.category", _get("crm.category", "category", "id", "entityTypeId")),
        Model("CompanyContact", "crm.company.contact"),
        Model("ContactCompany", "crm.contact.company"),
        Model("CurrencyLocalization", "crm.currency.localizations"),
        _classic("Currency", "crm.currency"),
        Model("DealContact", "crm.deal.contact"),
        Model("EnumValue", "crm.enum"),
        Model("LeadContact", "crm.lead.contact"),
        Model("OrderEntity", "crm.orderentity"),
        Model("QuoteContact", "crm.quote.contact"),
        _classic("RecurringDeal", "crm.deal.recurring"),
        Model("Relation", "relation"),
        Model("Relations", "type.relations"),
        _by_get("SmartProcess", "crm.type", "type"),
        _classic("Status", "crm.status"),
        Model("UserFieldValue", "crm.userfield.enumeration"),
        Model("UserFieldSettings", "crm.userfield.settings"),
        Model("UserField", "crm.userfield|task.item.userfield"),
    ),
    "disk": (
        _classic("DiskFile", "disk.file"),
        _classic("DiskFolder", "disk.folder"),
        _classic("DiskStorage", "disk.storage"),
    ),
    "landing": (
        Model(
            "LandingPage",
            "landing.landing",
            _listed("landing.landing.getList", "", "params.filter.ID"),
        ),
        Model(
            "LandingSite", "landing.site", _listed("landing.site.getList", "", "params.filter.ID")
        ),
    ),
    "sale": (
        _by_get("BasketItemProperty", "sale.basketproperties", "basketProperty"),
        Model("BasketItemReservation", "sale_basket_item_reservation"),
        _by_get("BasketItem", "sale.basketitem", "basketItem"),
        Model("BusinessValuePersonDomain", "sale.businessValuePersonDomain"),
        Model("OrderClient", "sale_order_crm_client"),
        _by_get("Payment", "sale.payment", "payment"),
        _by_get("PaymentBasketItem", "sale.paymentitembasket", "paymentItemBasket"),
        _by_get("PaymentShipment", "sale.paymentItemShipment", "paymentItemShipment"),
        _by_get("ShipmentItem", "sale.shipmentitem", "shipmentItem"),
        _by_get("ShipmentPropertyValue", "sale.shipmentpropertyvalue", "propertyValue"),
        _by_get("Shipment", "sale.shipment", "shipment"),
        _by_get("OrderProperty", "sale.property", "property"),
        Model("OrderPropertyFile", "sale_order_property_value_file_value"),
        _by_get("OrderPropertyGroup", "sale.propertygroup", "propertyGroup"),
        Model("OrderPropertyRelation", "sale.propertyRelation"),
        _by_get("OrderPropertyValue", "sale.propertyvalue", "propertyValue"),
        _by_get("OrderPropertyVariant", "sale.propertyvariant", "propertyVariant"),
        _by_list("TradeBinding", "sale.tradeBinding", "tradeBindings"),
        _by_list("TradePlatform", "sale.tradePlatform", "tradePlatforms"),
        _by_get("Order", "sale.order", "order"),
        _by_get("OrderStatus", "sale.status", "status"),
        Model("OrderStatusLang", "sale.statusLang"),
        _by_get("PersonType", "sale.persontype", "personType"),
        Model("SaleLanguage", "sale_lang"),
    ),
    "sale_settings": (
        Model("DeliveryExtraServiceItem", "sale_delivery_extra_service_enum_item"),
        Model("DeliveryExtraService", "sale_delivery_extra_service"),
        Model("DeliveryHandlerProfile", "sale_delivery_handler_profile"),
        Model("DeliveryHandlerConfigItem", "sale_delivery_handler_settings_config_item"),
        Model("DeliveryHandlerSettings", "sale_delivery_handler_settings"),
        Model("DeliveryHandler", "sale_delivery_handler"),
        Model("DeliveryConfigValue", "sale_delivery_config_value_item"),
        Model(
            "DeliveryService",
            "sale_delivery_service",
            _listed("sale.delivery.getlist", "", "FILTER.ID"),
        ),
        Model("PaySystem", "sale_paysystem", _listed("sale.paysystem.list", "", "FILTER.ID")),
        Model("PaySystemHandler", "sale_paysystem_handler"),
    ),
    "scrum": (
        _classic("ScrumBacklog", "tasks.api.scrum.backlog"),
        _classic("ScrumEpic", "tasks.api.scrum.epic"),
        Model("ScrumKanbanStage", "tasks.api.scrum.kanban"),
        Model(
            "ScrumSprint",
            "tasks.api.scrum.sprint",
            _get("tasks.api.scrum.sprint", "", "sprintId"),
        ),
        _classic("ScrumTask", "tasks.api.scrum.task"),
    ),
    "tasks": (
        Model(
            "Task",
            "task|task:camel",
            # Without being asked for, user fields are not told; these three are the system's own.
            Read(
                "tasks.task.get",
                "task",
                "taskId",
                select=("*", "UF_*", "UF_CRM_TASK", "UF_TASK_WEBDAV_FILES", "UF_MAIL_MESSAGE"),
            ),
        ),
        Model(
            "TaskChecklistItem",
            "task.checklistitem",
            _get("task.checklistitem", "", "ITEMID", "TASKID"),
        ),
        Model(
            "TaskComment",
            "task.commentitem",
            _get("task.commentitem", "", "ITEMID", "TASKID"),
        ),
        Model(
            "TaskElapsedTime",
            "task.elapseditem",
            _get("task.elapseditem", "", "ITEMID", "TASKID", is_list=True),
        ),
        Model(
            "TaskTemplate",
            "tasks.template|task.template",
            _get("tasks.template", "", "templateId"),
        ),
    ),
    "tasks_v3": (
        Model("TaskV3File", "task.file@v3", kind="task.file"),
        Model("TaskV3Group", "task.group@v3", kind="task.group"),
        Model("TaskV3User", "task.user@v3", kind="task.user"),
        Model("TaskV3", "task@v3", Read("tasks.task.get", "item", is_v3=True), kind="task"),
    ),
    "users": (
        Model("Department", "department", _get("department", "", "ID", is_list=True)),
        Model("User", "user", _get("user", "", "FILTER.ID", is_list=True)),
        Model("Workgroup", "sonet_group", _get("sonet_group", "", "FILTER.ID", is_list=True)),
    ),
}
"""The models by the module they are in; those that others refer to come first."""

BY_HAND: Final[dict[str, str]] = {"crm.multifield": "Multifield"}
"""Entities whose model is written in `entities.base`."""

NAMES: Final[dict[str, str]] = BY_HAND | {
    entity: model.name
    for models in MODELS.values()
    for model in models
    for entity in model.entities.split("|")
}
"""The model of each entity of the catalogue."""

OTHER_TYPES: Final[dict[tuple[str, str], str]] = {
    # The catalogue repeats the type on the wire, where an id is text.
    ("calendar.event", "ID"): "integer",
    ("calendar.event", "PARENT_ID"): "integer",
    ("calendar.event", "OWNER_ID"): "integer",
    ("calendar.event", "CREATED_BY"): "integer",
    ("calendar.event", "MEETING_HOST"): "integer",
    ("calendar.event", "RECURRENCE_ID"): "integer",
    ("calendar.event", "SECTION_ID"): "integer",
    ("calendar.event", "SECT_ID"): "integer",
    ("calendar.event", "TZ_OFFSET_FROM"): "integer",
    ("calendar.event", "TZ_OFFSET_TO"): "integer",
    ("calendar.event", "DATE_FROM_TS_UTC"): "integer",
    ("calendar.event", "DATE_TO_TS_UTC"): "integer",
    ("calendar.section", "ID"): "integer",
    ("calendar.section", "OWNER_ID"): "integer",
    ("calendar.section", "CREATED_BY"): "integer",
    ("catalog.productImage", "productId"): "integer",
    ("task.checklistitem", "ID"): "integer",
    ("task.checklistitem", "TASK_ID"): "integer",
    ("task.checklistitem", "PARENT_ID"): "integer",
    ("task.checklistitem", "CREATED_BY"): "integer",
    ("task.checklistitem", "SORT_INDEX"): "integer",
    ("task.checklistitem", "TOGGLED_BY"): "integer",
    ("task.checklistitem", "TOGGLED_DATE"): "datetime",
    ("task.commentitem", "ID"): "integer",
    ("task.commentitem", "AUTHOR_ID"): "integer",
    ("task.commentitem", "POST_DATE"): "datetime",
    ("task.elapseditem", "SECONDS"): "integer",
    ("task.elapseditem", "MINUTES"): "integer",
    ("task.elapseditem", "CREATED_DATE"): "datetime",
    ("task:camel", "flowId"): "integer",
    ("tasks.api.scrum.sprint", "dateStart"): "datetime",
    ("tasks.api.scrum.sprint", "dateEnd"): "datetime",
    # A number of a template, documented as a flag.
    ("task", "FORKED_BY_TEMPLATE_ID"): "integer",
    # A flag, documented as a number; the answer of tasks.task.get has Y or N.
    ("task", "MATCH_WORK_TIME"): "boolean",
    # Participants; documented without their type.
    ("task", "ACCOMPLICES"): "integer[]",
    ("task", "AUDITORS"): "integer[]",
    # Objects (contactId, sort, isPrimary ...), documented as contacts.
    ("crm.item", "contacts"): "array",
    # A mapping by language, documented as a list.
    ("crm.currency", "LANG"): "currency_localization{}",
    # A list; documented once as a list, once as a number.
    ("tasks.template", "DEPENDS_ON"): "integer[]",
    ("tasks.template", "REPLICATE_PARAMS"): "any",
    # Whatever fits the property.
    ("sale.property", "defaultValue"): "any",
    # Numbers of departments, documented as text.
    ("user", "UF_DEPARTMENT"): "integer[]",
    ("user", "TIMESTAMP_X"): "datetime",
    ("user", "LAST_ACTIVITY_DATE"): "datetime",
    ("user", "XML_ID"): "string",
    ("user", "TITLE"): "string",
    ("user", "IS_ONLINE"): "boolean",
    # An address in answers; documented as what user.add takes, a name and content.
    ("user", "PERSONAL_PHOTO"): "any",
    ("user", "WORK_LOGO"): "any",
    # Y or N, documented without their values.
    ("catalog.product", "negativeAmountTrace"): "boolean",
    ("catalog.productProperty", "withDescription"): "boolean",
    ("catalog.productProperty", "filtrable"): "boolean",
    ("crm.userfield.enumeration", "DEF"): "boolean",
    ("crm.userfield.enumeration", "DEL"): "boolean",
    ("crm.vat", "ACTIVE"): "boolean",
    ("sale.shipment", "updated1c"): "boolean",
    ("sonet_group", "ACTIVE"): "boolean",
    ("sonet_group", "IS_EXTRANET"): "boolean",
    # The number of a category, documented as a flag.
    ("crm.deal.recurring", "CATEGORY_ID"): "integer",
}
"""Types of fields that the catalogue gives wrongly, or as they are written on the wire."""

TEXT_OF_ONE_LETTER: Final = frozenset(
    {
        ("catalog.document", "commentary"),
        ("catalog.document", "currency"),
        ("catalog.document", "docType"),
        ("catalog.document", "siteId"),
        ("catalog.product", "priceType"),
        ("catalog.productProperty", "listType"),
        ("sale.order", "lockedBy"),
        ("sale.order", "recurringId"),
        ("sale.order", "statusId"),
        ("sale.shipment", "statusId"),
        ("sale.shipment", "statusXmlId"),
    }
)
"""Fields of type ``char`` that are no flags, though their values are not documented."""

MORE_FIELDS: Final[dict[str, dict[str, str]]] = {
    # In the answers of their get and list methods.
    "tasks.api.scrum.backlog": {"id": "integer"},
    "tasks.api.scrum.epic": {"id": "integer"},
    "tasks.api.scrum.kanban": {"id": "integer"},
    "tasks.api.scrum.sprint": {"id": "integer"},
}
"""Fields that methods answer with, while the entity in the catalogue lacks them."""

NESTED: Final[dict[str, str]] = {
    "crm_activity_binding": "ActivityBinding",
    "crm_activity_communication": "ActivityCommunication",
    "diskfile": "AttachedFile",
    "currency_localization": "CurrencyLocalization",
    "relation": "Relation",
    "uf_enum_element": "UserFieldValue",
    "sale_basket_item": "BasketItem",
    "sale_basket_item_property": "BasketItemProperty",
    "sale_basket_item_reservation": "BasketItemReservation",
    "sale_order_crm_client": "OrderClient",
    "sale_order_payment": "Payment",
    "sale_order_property": "OrderPropertyValue",
    "sale_order_shipment": "Shipment",
    "sale_order_shipment_item": "ShipmentItem",
    "sale_order_trade_binding": "TradeBinding",
    "sale_delivery_extra_service_enum_item": "DeliveryExtraServiceItem",
    "sale_delivery_handler_settings": "DeliveryHandlerSettings",
    "sale_delivery_handler_profile": "DeliveryHandlerProfile",
    "sale_delivery_handler_settings_config_item": "DeliveryHandlerConfigItem",
}
"""Types of fields that are models of their own."""
