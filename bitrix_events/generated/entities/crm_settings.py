# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Day, Entity, Moment
from bitrix_events.entities.reading import Reading


class AutomatedSolution(Entity):
    """Catalogue: ``crm.automatedsolution``."""

    kind: ClassVar[str] = "automatedsolution"
    reading: ClassVar[Reading | None] = Reading(
        "crm.automatedsolution.get", record_at="automatedSolution"
    )

    id: int
    title: str = ""
    type_ids: list[int] = Field(default_factory=list)


class Category(Entity):
    """Catalogue: ``crm.category``."""

    kind: ClassVar[str] = "category"
    reading: ClassVar[Reading | None] = Reading(
        "crm.category.get", record_at="category", needs=("entityTypeId",)
    )

    id: int
    name: str = ""
    sort: int = 0
    entity_type_id: int = 0
    is_default: bool = False
    origin_id: str = ""
    originator_id: str = ""


class CompanyContact(Entity):
    """Catalogue: ``crm.company.contact``."""

    kind: ClassVar[str] = "company.contact"

    sort: int = 0
    is_primary: bool = False
    contact_id: int = 0


class ContactCompany(Entity):
    """Catalogue: ``crm.contact.company``."""

    kind: ClassVar[str] = "contact.company"

    sort: int = 0
    is_primary: bool = False
    company_id: int = 0


class CurrencyLocalization(Entity):
    """Catalogue: ``crm.currency.localizations``."""

    kind: ClassVar[str] = "currency.localizations"

    full_name: str = ""
    format_string: str = ""
    dec_point: str = ""
    thousands_variant: str = ""
    thousands_sep: str = ""
    decimals: int = 0
    hide_zero: bool = False


class Currency(Entity):
    """Catalogue: ``crm.currency``."""

    kind: ClassVar[str] = "currency"
    reading: ClassVar[Reading | None] = Reading("crm.currency.get")

    currency: str = ""
    amount_cnt: int = 0
    amount: float = 0.0
    base: bool = False
    sort: int = 0
    date_update: Moment = None
    lid: str = ""
    format_string: str = ""
    full_name: str = ""
    dec_point: str = ""
    thousands_sep: str = ""
    decimals: int = 0
    lang: dict[str, CurrencyLocalization] = Field(default_factory=dict)


class DealContact(Entity):
    """Catalogue: ``crm.deal.contact``."""

    kind: ClassVar[str] = "deal.contact"

    sort: int = 0
    is_primary: bool = False
    contact_id: int = 0


class EnumValue(Entity):
    """Catalogue: ``crm.enum``."""

    kind: ClassVar[str] = "enum"

    id: int
    name: str = ""
    symbol_code: str = ""
    symbol_code_short: str = ""


class LeadContact(Entity):
    """Catalogue: ``crm.lead.contact``."""

    kind: ClassVar[str] = "lead.contact"

    sort: int = 0
    is_primary: bool = False
    contact_id: int = 0


class OrderEntity(Entity):
    """Catalogue: ``crm.orderentity``."""

    kind: ClassVar[str] = "orderentity"

    order_id: int = 0
    owner_id: int = 0
    owner_type_id: int = 0


class QuoteContact(Entity):
    """Catalogue: ``crm.quote.contact``."""

    kind: ClassVar[str] = "quote.contact"

    sort: int = 0
    is_primary: bool = False
    contact_id: int = 0


class RecurringDeal(Entity):
    """Catalogue: ``crm.deal.recurring``."""

    kind: ClassVar[str] = "deal.recurring"
    reading: ClassVar[Reading | None] = Reading("crm.deal.recurring.get")

    id: int
    deal_id: int = 0
    based_id: int = 0
    active: bool = False
    next_execution: Moment = None
    last_execution: Moment = None
    counter_repeat: int = 0
    start_date: Day = None
    category_id: int = 0
    is_limit: bool = False
    limit_repeat: int = 0
    limit_date: Day = None
    params: Any = None


class Relation(Entity):
    """Catalogue: ``relation``."""

    kind: ClassVar[str] = "relation"

    entity_type_id: int = 0
    is_children_list_enabled: bool = False
    is_predefined: bool = False


class Relations(Entity):
    """Catalogue: ``type.relations``."""

    kind: ClassVar[str] = "type.relations"

    parent: list[Relation] = Field(default_factory=list)
    child: list[Relation] = Field(default_factory=list)
    entity_type_id: int = 0
    is_children_list_enabled: bool = False
    is_predefined: bool = False


class SmartProcess(Entity):
    """Catalogue: ``crm.type``."""

    kind: ClassVar[str] = "type"
    reading: ClassVar[Reading | None] = Reading("crm.type.get", record_at="type")

    id: int
    title: str = ""
    code: str = ""
    created_by: int = 0
    entity_type_id: int = 0
    custom_section_id: int = 0
    is_categories_enabled: bool = False
    is_stages_enabled: bool = False
    is_begin_close_dates_enabled: bool = False
    is_client_enabled: bool = False
    is_use_in_userfield_enabled: bool = False
    is_link_with_products_enabled: bool = False
    is_mycompany_enabled: bool = False
    is_documents_enabled: bool = False
    is_source_enabled: bool = False
    is_observers_enabled: bool = False
    is_recyclebin_enabled: bool = False
    is_automation_enabled: bool = False
    is_biz_proc_enabled: bool = False
    is_set_open_permissions: bool = False
    created_time: Moment = None
    updated_time: Moment = None
    updated_by: int = 0
    is_payments_enabled: bool = False
    is_counters_enabled: bool = False
    relations: dict[str, Any] = Field(default_factory=dict)
    linked_user_fields: dict[str, Any] = Field(default_factory=dict)
    custom_sections: list[Any] = Field(default_factory=list)
    is_external: bool = False


class Status(Entity):
    """Catalogue: ``crm.status``."""

    kind: ClassVar[str] = "status"
    reading: ClassVar[Reading | None] = Reading("crm.status.get")

    id: int
    entity_id: str = ""
    status_id: str = ""
    sort: int = 0
    name: str = ""
    name_init: str = ""
    system: bool = False
    category_id: int = 0
    color: str = ""
    semantics: str = ""
    extra: Any = None


class UserFieldValue(Entity):
    """Catalogue: ``crm.userfield.enumeration``."""

    kind: ClassVar[str] = "userfield.enumeration"

    id: int
    sort: int = 0
    value: str = ""
    def_: bool = False
    del_: bool = False


class UserFieldSettings(Entity):
    """Catalogue: ``crm.userfield.settings``."""

    kind: ClassVar[str] = "userfield.settings"

    default_value: float = 0.0
    precision: int = 0


class UserField(Entity):
    """Catalogue: ``crm.userfield`` and ``task.item.userfield``."""

    kind: ClassVar[str] = "userfield"

    id: int
    entity_id: str = ""
    field_name: str = ""
    user_type_id: str = ""
    xml_id: str = ""
    sort: int = 0
    multiple: bool = False
    mandatory: bool = False
    show_filter: bool = False
    show_in_list: bool = False
    edit_in_list: bool = False
    is_searchable: bool = False
    edit_form_label: str = ""
    list_column_label: str = ""
    list_filter_label: str = ""
    error_message: str = ""
    help_message: str = ""
    list_: list[UserFieldValue] = Field(default_factory=list)
    settings: dict[str, Any] = Field(default_factory=dict)
