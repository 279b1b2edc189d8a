# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

# ruff: noqa: I001 - what is imported under its own name is exported

from collections.abc import Mapping

from bitrix_events.entities.base import (
    CrmItem as CrmItem,
    CrmParty as CrmParty,
    Day as Day,
    Entity as Entity,
    Moment as Moment,
    Money as Money,
    Multifield as Multifield,
)
from bitrix_events.entities.reading import (
    Reading as Reading,
)
from bitrix_events.generated.entities.calendar import (
    CalendarEvent as CalendarEvent,
    CalendarSection as CalendarSection,
)
from bitrix_events.generated.entities.catalog import (
    Catalog as Catalog,
    CatalogDocument as CatalogDocument,
    CatalogDocumentContractor as CatalogDocumentContractor,
    CatalogDocumentElement as CatalogDocumentElement,
    CatalogDocumentUserFields as CatalogDocumentUserFields,
    CatalogEnum as CatalogEnum,
    CatalogExtra as CatalogExtra,
    CatalogLanguage as CatalogLanguage,
    CatalogMeasure as CatalogMeasure,
    CatalogOffer as CatalogOffer,
    CatalogPrice as CatalogPrice,
    CatalogPriceType as CatalogPriceType,
    CatalogPriceTypeGroup as CatalogPriceTypeGroup,
    CatalogPriceTypeLang as CatalogPriceTypeLang,
    CatalogProduct as CatalogProduct,
    CatalogProductImage as CatalogProductImage,
    CatalogProductProperty as CatalogProductProperty,
    CatalogProductPropertyEnum as CatalogProductPropertyEnum,
    CatalogProductPropertyFeature as CatalogProductPropertyFeature,
    CatalogProductPropertySection as CatalogProductPropertySection,
    CatalogRatio as CatalogRatio,
    CatalogRoundingRule as CatalogRoundingRule,
    CatalogSection as CatalogSection,
    CatalogService as CatalogService,
    CatalogSku as CatalogSku,
    CatalogStore as CatalogStore,
    CatalogStoreProduct as CatalogStoreProduct,
    CatalogVat as CatalogVat,
    FieldDescription as FieldDescription,
)
from bitrix_events.generated.entities.crm_activity import (
    Activity as Activity,
    ActivityBinding as ActivityBinding,
    ActivityCommunication as ActivityCommunication,
    AttachedFile as AttachedFile,
    TimelineBinding as TimelineBinding,
    TimelineComment as TimelineComment,
)
from bitrix_events.generated.entities.crm_company import (
    Company as Company,
)
from bitrix_events.generated.entities.crm_contact import (
    Contact as Contact,
)
from bitrix_events.generated.entities.crm_deal import (
    Deal as Deal,
)
from bitrix_events.generated.entities.crm_item import (
    Item as Item,
)
from bitrix_events.generated.entities.crm_lead import (
    Lead as Lead,
)
from bitrix_events.generated.entities.crm_outdated import (
    Invoice as Invoice,
    Product as Product,
    Vat as Vat,
)
from bitrix_events.generated.entities.crm_product_row import (
    ProductRow as ProductRow,
)
from bitrix_events.generated.entities.crm_quote import (
    Quote as Quote,
)
from bitrix_events.generated.entities.crm_requisite import (
    Address as Address,
    BankDetail as BankDetail,
    Requisite as Requisite,
    RequisiteLink as RequisiteLink,
    RequisitePreset as RequisitePreset,
    RequisitePresetField as RequisitePresetField,
)
from bitrix_events.generated.entities.crm_settings import (
    AutomatedSolution as AutomatedSolution,
    Category as Category,
    CompanyContact as CompanyContact,
    ContactCompany as ContactCompany,
    Currency as Currency,
    CurrencyLocalization as CurrencyLocalization,
    DealContact as DealContact,
    EnumValue as EnumValue,
    LeadContact as LeadContact,
    OrderEntity as OrderEntity,
    QuoteContact as QuoteContact,
    RecurringDeal as RecurringDeal,
    Relation as Relation,
    Relations as Relations,
    SmartProcess as SmartProcess,
    Status as Status,
    UserField as UserField,
    UserFieldSettings as UserFieldSettings,
    UserFieldValue as UserFieldValue,
)
from bitrix_events.generated.entities.crm_smart_invoice import (
    SmartInvoice as SmartInvoice,
)
from bitrix_events.generated.entities.disk import (
    DiskFile as DiskFile,
    DiskFolder as DiskFolder,
    DiskStorage as DiskStorage,
)
from bitrix_events.generated.entities.landing import (
    LandingPage as LandingPage,
    LandingSite as LandingSite,
)
from bitrix_events.generated.entities.sale import (
    BasketItem as BasketItem,
    BasketItemProperty as BasketItemProperty,
    BasketItemReservation as BasketItemReservation,
    BusinessValuePersonDomain as BusinessValuePersonDomain,
    Order as Order,
    OrderClient as OrderClient,
    OrderProperty as OrderProperty,
    OrderPropertyFile as OrderPropertyFile,
    OrderPropertyGroup as OrderPropertyGroup,
    OrderPropertyRelation as OrderPropertyRelation,
    OrderPropertyValue as OrderPropertyValue,
    OrderPropertyVariant as OrderPropertyVariant,
    OrderStatus as OrderStatus,
    OrderStatusLang as OrderStatusLang,
    Payment as Payment,
    PaymentBasketItem as PaymentBasketItem,
    PaymentShipment as PaymentShipment,
    PersonType as PersonType,
    SaleLanguage as SaleLanguage,
    Shipment as Shipment,
    ShipmentItem as ShipmentItem,
    ShipmentPropertyValue as ShipmentPropertyValue,
    TradeBinding as TradeBinding,
    TradePlatform as TradePlatform,
)
from bitrix_events.generated.entities.sale_settings import (
    DeliveryConfigValue as DeliveryConfigValue,
    DeliveryExtraService as DeliveryExtraService,
    DeliveryExtraServiceItem as DeliveryExtraServiceItem,
    DeliveryHandler as DeliveryHandler,
    DeliveryHandlerConfigItem as DeliveryHandlerConfigItem,
    DeliveryHandlerProfile as DeliveryHandlerProfile,
    DeliveryHandlerSettings as DeliveryHandlerSettings,
    DeliveryService as DeliveryService,
    PaySystem as PaySystem,
    PaySystemHandler as PaySystemHandler,
)
from bitrix_events.generated.entities.scrum import (
    ScrumBacklog as ScrumBacklog,
    ScrumEpic as ScrumEpic,
    ScrumKanbanStage as ScrumKanbanStage,
    ScrumSprint as ScrumSprint,
    ScrumTask as ScrumTask,
)
from bitrix_events.generated.entities.tasks import (
    Task as Task,
    TaskChecklistItem as TaskChecklistItem,
    TaskComment as TaskComment,
    TaskElapsedTime as TaskElapsedTime,
    TaskTemplate as TaskTemplate,
)
from bitrix_events.generated.entities.tasks_v3 import (
    TaskV3 as TaskV3,
    TaskV3File as TaskV3File,
    TaskV3Group as TaskV3Group,
    TaskV3User as TaskV3User,
)
from bitrix_events.generated.entities.users import (
    Department as Department,
    User as User,
    Workgroup as Workgroup,
)

def names() -> Mapping[str, str]: ...
