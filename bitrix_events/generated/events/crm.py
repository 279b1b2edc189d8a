# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``crm``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from bitrix_events.events.base import EntityEvent, Event, ItemEvent, Kind, NamedEvent, NumberedEvent

if TYPE_CHECKING:
    from bitrix_events.entities import (  # noqa: F401, the classes below name them in strings
        Activity,
        BankDetail,
        Company,
        Contact,
        Deal,
        Invoice,
        Lead,
        Product,
        Quote,
        RecurringDeal,
        Requisite,
        SmartProcess,
        TimelineComment,
    )


class CrmFields(TypedDict):
    ID: str


class CrmData(TypedDict):
    FIELDS: CrmFields


class CrmAddressFields(TypedDict):
    TYPE_ID: str
    ENTITY_TYPE_ID: str
    ENTITY_ID: str
    ANCHOR_ID: str
    ANCHOR_TYPE_ID: str


class CrmAddressData(TypedDict):
    FIELDS: CrmAddressFields


class CrmUserFieldFields(TypedDict):
    ID: str
    ENTITY_ID: str
    FIELD_NAME: str


class CrmUserFieldData(TypedDict):
    FIELDS: CrmUserFieldFields


class CrmDealMoveToCategoryFields(TypedDict):
    ID: str
    CATEGORY_ID: str
    STAGE_ID: str


class CrmDealMoveToCategoryData(TypedDict):
    FIELDS: CrmDealMoveToCategoryFields


class CrmDealRecurringFields(TypedDict):
    ID: str
    RECURRING_DEAL_ID: str


class CrmDealRecurringData(TypedDict):
    FIELDS: CrmDealRecurringFields


class CrmDealRecurringExposeFields(TypedDict):
    ID: str
    RECURRING_DEAL_ID: str
    DEAL_ID: str


class CrmDealRecurringExposeData(TypedDict):
    FIELDS: CrmDealRecurringExposeFields


class CrmDocumentGeneratorDocumentFields(TypedDict):
    ID: str
    ENTITY_TYPE_ID: str
    ENTITY_ID: str


class CrmDocumentGeneratorDocumentData(TypedDict):
    FIELDS: CrmDocumentGeneratorDocumentFields


class CrmDynamicItemFields(TypedDict):
    ID: str
    ENTITY_TYPE_ID: str


class CrmDynamicItemData(TypedDict):
    FIELDS: CrmDynamicItemFields


class CrmInvoiceRecurringFields(TypedDict):
    ID: str
    RECURRING_INVOICE_ID: str


class CrmInvoiceRecurringData(TypedDict):
    FIELDS: CrmInvoiceRecurringFields


class CrmInvoiceRecurringExposeFields(TypedDict):
    ID: str
    RECURRING_INVOICE_ID: str
    INVOICE_ID: str


class CrmInvoiceRecurringExposeData(TypedDict):
    FIELDS: CrmInvoiceRecurringExposeFields


class CrmInvoiceUserFieldData(TypedDict):
    id: str
    entityId: str
    fieldName: str


class CrmTimelineCommentData(TypedDict):
    ID: str


class CrmTimelineItemActionData(TypedDict):
    id: str
    entityTypeId: str
    entityId: str
    activityId: str
    userId: str


class OnCrmActivityAdd(EntityEvent["Activity"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "activity"

    data: CrmData


class OnCrmActivityDelete(EntityEvent["Activity"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "activity"
    entity_is_gone = True

    data: CrmData


class OnCrmActivityUpdate(EntityEvent["Activity"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "activity"

    data: CrmData


class OnCrmAddressRegister(Event):
    """About ``TYPE_ID``, ``ENTITY_TYPE_ID``, ``ENTITY_ID``."""

    scope = "crm"
    entity_name = "address"
    key_paths = ("FIELDS.TYPE_ID", "FIELDS.ENTITY_TYPE_ID", "FIELDS.ENTITY_ID")

    data: CrmAddressData


class OnCrmAddressUnregister(Event):
    """About ``TYPE_ID``, ``ENTITY_TYPE_ID``, ``ENTITY_ID``."""

    scope = "crm"
    entity_name = "address"
    entity_is_gone = True
    key_paths = ("FIELDS.TYPE_ID", "FIELDS.ENTITY_TYPE_ID", "FIELDS.ENTITY_ID")

    data: CrmAddressData


class OnCrmBankDetailAdd(EntityEvent["BankDetail"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "requisite.bankdetail"

    data: CrmData


class OnCrmBankDetailDelete(EntityEvent["BankDetail"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "requisite.bankdetail"
    entity_is_gone = True

    data: CrmData


class OnCrmBankDetailUpdate(EntityEvent["BankDetail"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "requisite.bankdetail"

    data: CrmData


class OnCrmCompanyAdd(EntityEvent["Company"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "company"

    data: CrmData


class OnCrmCompanyDelete(EntityEvent["Company"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "company"
    entity_is_gone = True

    data: CrmData


class OnCrmCompanyUpdate(EntityEvent["Company"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "company"

    data: CrmData


class OnCrmCompanyUserFieldAdd(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "company.userfield"

    data: CrmUserFieldData


class OnCrmCompanyUserFieldDelete(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "company.userfield"
    entity_is_gone = True

    data: CrmUserFieldData


class OnCrmCompanyUserFieldSetEnumValues(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "company.userfield"

    data: CrmUserFieldData


class OnCrmCompanyUserFieldUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "company.userfield"

    data: CrmUserFieldData


class OnCrmContactAdd(EntityEvent["Contact"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "contact"

    data: CrmData


class OnCrmContactDelete(EntityEvent["Contact"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "contact"
    entity_is_gone = True

    data: CrmData


class OnCrmContactUpdate(EntityEvent["Contact"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "contact"

    data: CrmData


class OnCrmContactUserFieldAdd(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "contact.userfield"

    data: CrmUserFieldData


class OnCrmContactUserFieldDelete(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "contact.userfield"
    entity_is_gone = True

    data: CrmUserFieldData


class OnCrmContactUserFieldSetEnumValues(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "contact.userfield"

    data: CrmUserFieldData


class OnCrmContactUserFieldUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "contact.userfield"

    data: CrmUserFieldData


class OnCrmCurrencyAdd(NamedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    entity_name = "currency"

    data: CrmData


class OnCrmCurrencyDelete(NamedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    entity_name = "currency"
    entity_is_gone = True

    data: CrmData


class OnCrmCurrencyUpdate(NamedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "currency"

    data: CrmData


class OnCrmDealAdd(EntityEvent["Deal"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "deal"

    data: CrmData


class OnCrmDealDelete(EntityEvent["Deal"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "deal"
    entity_is_gone = True

    data: CrmData


class OnCrmDealMoveToCategory(EntityEvent["Deal"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    entity_name = "deal"
    in_webhooks = False

    data: CrmDealMoveToCategoryData


class OnCrmDealRecurringAdd(EntityEvent["RecurringDeal"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "deal.recurring"

    data: CrmDealRecurringData


class OnCrmDealRecurringDelete(EntityEvent["RecurringDeal"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "deal.recurring"
    entity_is_gone = True

    data: CrmData


class OnCrmDealRecurringExpose(EntityEvent["RecurringDeal"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    entity_name = "deal.recurring"

    data: CrmDealRecurringExposeData


class OnCrmDealRecurringUpdate(EntityEvent["RecurringDeal"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "deal.recurring"

    data: CrmDealRecurringData


class OnCrmDealUpdate(EntityEvent["Deal"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "deal"

    data: CrmData


class OnCrmDealUserFieldAdd(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "deal.userfield"

    data: CrmUserFieldData


class OnCrmDealUserFieldDelete(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "deal.userfield"
    entity_is_gone = True

    data: CrmUserFieldData


class OnCrmDealUserFieldSetEnumValues(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "deal.userfield"

    data: CrmUserFieldData


class OnCrmDealUserFieldUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "deal.userfield"

    data: CrmUserFieldData


class OnCrmDocumentGeneratorDocumentAdd(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "documentgenerator.document"

    data: CrmDocumentGeneratorDocumentData


class OnCrmDocumentGeneratorDocumentDelete(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "documentgenerator.document"
    entity_is_gone = True

    data: CrmDocumentGeneratorDocumentData


class OnCrmDocumentGeneratorDocumentUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "documentgenerator.document"

    data: CrmDocumentGeneratorDocumentData


class OnCrmDynamicItemAdd(ItemEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "item"

    data: CrmDynamicItemData


class OnCrmDynamicItemDelete(ItemEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "item"
    entity_is_gone = True

    data: CrmDynamicItemData


class OnCrmDynamicItemUpdate(ItemEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "item"

    data: CrmDynamicItemData


class OnCrmInvoiceAdd(EntityEvent["Invoice"]):
    """Id in ``FIELDS.ID``. Deprecated, in favour of ONCRMDYNAMICITEMADD_31."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "invoice"
    is_deprecated = True
    replaced_by = ("ONCRMDYNAMICITEMADD_31",)

    data: CrmData


class OnCrmInvoiceDelete(EntityEvent["Invoice"]):
    """Id in ``FIELDS.ID``. Deprecated, in favour of ONCRMDYNAMICITEMDELETE_31."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "invoice"
    entity_is_gone = True
    is_deprecated = True
    replaced_by = ("ONCRMDYNAMICITEMDELETE_31",)

    data: CrmData


class OnCrmInvoiceRecurringAdd(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "invoice.recurring"
    is_deprecated = True

    data: CrmInvoiceRecurringData


class OnCrmInvoiceRecurringDelete(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "invoice.recurring"
    entity_is_gone = True
    is_deprecated = True

    data: CrmData


class OnCrmInvoiceRecurringExpose(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    entity_name = "invoice.recurring"
    is_deprecated = True

    data: CrmInvoiceRecurringExposeData


class OnCrmInvoiceRecurringUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "invoice.recurring"
    is_deprecated = True

    data: CrmInvoiceRecurringData


class OnCrmInvoiceSetStatus(EntityEvent["Invoice"]):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "invoice"
    is_deprecated = True

    data: CrmData


class OnCrmInvoiceUpdate(EntityEvent["Invoice"]):
    """Id in ``FIELDS.ID``. Deprecated, in favour of ONCRMDYNAMICITEMUPDATE_31."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "invoice"
    is_deprecated = True
    replaced_by = ("ONCRMDYNAMICITEMUPDATE_31",)

    data: CrmData


class OnCrmInvoiceUserFieldAdd(NumberedEvent):
    """Id in ``id``. Deprecated."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "invoice.userfield"
    id_paths = ("id",)
    is_deprecated = True

    data: CrmInvoiceUserFieldData


class OnCrmInvoiceUserFieldDelete(NumberedEvent):
    """Id in ``id``. Deprecated."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "invoice.userfield"
    entity_is_gone = True
    id_paths = ("id",)
    is_deprecated = True

    data: CrmInvoiceUserFieldData


class OnCrmInvoiceUserFieldSetEnumValues(NumberedEvent):
    """Id in ``id``. Deprecated."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "invoice.userfield"
    id_paths = ("id",)
    is_deprecated = True

    data: CrmInvoiceUserFieldData


class OnCrmInvoiceUserFieldUpdate(NumberedEvent):
    """Id in ``id``. Deprecated."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "invoice.userfield"
    id_paths = ("id",)
    is_deprecated = True

    data: CrmInvoiceUserFieldData


class OnCrmLeadAdd(EntityEvent["Lead"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "lead"

    data: CrmData


class OnCrmLeadDelete(EntityEvent["Lead"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "lead"
    entity_is_gone = True

    data: CrmData


class OnCrmLeadUpdate(EntityEvent["Lead"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "lead"

    data: CrmData


class OnCrmLeadUserFieldAdd(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "lead.userfield"

    data: CrmUserFieldData


class OnCrmLeadUserFieldDelete(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "lead.userfield"
    entity_is_gone = True

    data: CrmUserFieldData


class OnCrmLeadUserFieldSetEnumValues(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "lead.userfield"

    data: CrmUserFieldData


class OnCrmLeadUserFieldUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "lead.userfield"

    data: CrmUserFieldData


class OnCrmMeasureAdd(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated, in favour of CATALOG.MEASURE.ON.ADD."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "measure"
    is_deprecated = True
    replaced_by = ("CATALOG.MEASURE.ON.ADD",)

    data: CrmData


class OnCrmMeasureDelete(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated, in favour of CATALOG.MEASURE.ON.DELETE."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "measure"
    entity_is_gone = True
    is_deprecated = True
    replaced_by = ("CATALOG.MEASURE.ON.DELETE",)

    data: CrmData


class OnCrmMeasureUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated, in favour of CATALOG.MEASURE.ON.UPDATE."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "measure"
    is_deprecated = True
    replaced_by = ("CATALOG.MEASURE.ON.UPDATE",)

    data: CrmData


class OnCrmProductAdd(EntityEvent["Product"]):
    """Id in ``FIELDS.ID``. Deprecated, in favour of CATALOG.PRODUCT.ON.ADD."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "product"
    is_deprecated = True
    replaced_by = ("CATALOG.PRODUCT.ON.ADD",)

    data: CrmData


class OnCrmProductDelete(EntityEvent["Product"]):
    """Id in ``FIELDS.ID``. Deprecated, in favour of CATALOG.PRODUCT.ON.DELETE."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "product"
    entity_is_gone = True
    is_deprecated = True
    replaced_by = ("CATALOG.PRODUCT.ON.DELETE",)

    data: CrmData


class OnCrmProductPropertyAdd(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "product.property"
    is_deprecated = True

    data: CrmData


class OnCrmProductPropertyDelete(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "product.property"
    entity_is_gone = True
    is_deprecated = True

    data: CrmData


class OnCrmProductPropertyUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "product.property"
    is_deprecated = True

    data: CrmData


class OnCrmProductSectionAdd(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "productsection"
    is_deprecated = True

    data: CrmData


class OnCrmProductSectionDelete(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "productsection"
    entity_is_gone = True
    is_deprecated = True

    data: CrmData


class OnCrmProductSectionUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``. Deprecated."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "productsection"
    is_deprecated = True

    data: CrmData


class OnCrmProductUpdate(EntityEvent["Product"]):
    """Id in ``FIELDS.ID``. Deprecated, in favour of CATALOG.PRODUCT.ON.UPDATE."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "product"
    is_deprecated = True
    replaced_by = ("CATALOG.PRODUCT.ON.UPDATE",)

    data: CrmData


class OnCrmQuoteAdd(EntityEvent["Quote"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "quote"

    data: CrmData


class OnCrmQuoteDelete(EntityEvent["Quote"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "quote"
    entity_is_gone = True

    data: CrmData


class OnCrmQuoteUpdate(EntityEvent["Quote"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "quote"

    data: CrmData


class OnCrmQuoteUserFieldAdd(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "quote.userfield"

    data: CrmUserFieldData


class OnCrmQuoteUserFieldDelete(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "quote.userfield"
    entity_is_gone = True

    data: CrmUserFieldData


class OnCrmQuoteUserFieldSetEnumValues(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "quote.userfield"

    data: CrmUserFieldData


class OnCrmQuoteUserFieldUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "quote.userfield"

    data: CrmUserFieldData


class OnCrmRequisiteAdd(EntityEvent["Requisite"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "requisite"

    data: CrmData


class OnCrmRequisiteDelete(EntityEvent["Requisite"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "requisite"
    entity_is_gone = True

    data: CrmData


class OnCrmRequisiteUpdate(EntityEvent["Requisite"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "requisite"

    data: CrmData


class OnCrmRequisiteUserFieldAdd(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "requisite.userfield"

    data: CrmUserFieldData


class OnCrmRequisiteUserFieldDelete(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "requisite.userfield"
    entity_is_gone = True

    data: CrmUserFieldData


class OnCrmRequisiteUserFieldSetEnumValues(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "requisite.userfield"

    data: CrmUserFieldData


class OnCrmRequisiteUserFieldUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "requisite.userfield"

    data: CrmUserFieldData


class OnCrmTimelineCommentAdd(EntityEvent["TimelineComment"]):
    """Id in ``ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "timeline.comment"

    data: CrmTimelineCommentData


class OnCrmTimelineCommentDelete(EntityEvent["TimelineComment"]):
    """Id in ``ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "timeline.comment"
    entity_is_gone = True

    data: CrmTimelineCommentData


class OnCrmTimelineCommentUpdate(EntityEvent["TimelineComment"]):
    """Id in ``ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "timeline.comment"

    data: CrmTimelineCommentData


class OnCrmTimelineItemAction(NumberedEvent):
    """Id in ``activityId``."""

    scope = "crm"
    entity_name = "activity.configurable"
    id_paths = ("activityId",)

    data: CrmTimelineItemActionData


class OnCrmTypeAdd(EntityEvent["SmartProcess"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "type"

    data: CrmData


class OnCrmTypeDelete(EntityEvent["SmartProcess"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "type"
    entity_is_gone = True

    data: CrmData


class OnCrmTypeUpdate(EntityEvent["SmartProcess"]):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "type"

    data: CrmData


class OnCrmTypeUserFieldAdd(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "type.userfield"

    data: CrmUserFieldData


class OnCrmTypeUserFieldDelete(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.FACT
    entity_name = "type.userfield"
    entity_is_gone = True

    data: CrmUserFieldData


class OnCrmTypeUserFieldSetEnumValues(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "type.userfield"

    data: CrmUserFieldData


class OnCrmTypeUserFieldUpdate(NumberedEvent):
    """Id in ``FIELDS.ID``."""

    scope = "crm"
    kind = Kind.STATE
    entity_name = "type.userfield"

    data: CrmUserFieldData
