# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from bitrix_events.entities.base import CrmItem, Day, Moment


class Quote(CrmItem):
    """Catalogue: ``crm.item:quote`` and ``crm.quote``."""

    kind: ClassVar[str] = "quote"
    entity_type_id: ClassVar[int] = 7

    id: int
    assigned_by_id: int = 0
    created_by: int = 0
    created_time: Moment = None
    last_activity_by: int = 0
    last_activity_time: Moment = None
    opened: bool = False
    updated_by: int = 0
    updated_time: Moment = None
    utm_campaign: str = ""
    utm_content: str = ""
    utm_medium: str = ""
    utm_source: str = ""
    utm_term: str = ""
    webform_id: int = 0
    date_create_short: Moment = None
    date_modify_short: Moment = None
    lead_id: int = 0
    deal_id: int = 0
    company_id: int = 0
    contact_id: int = 0
    person_type_id: int = 0
    mycompany_id: int = 0
    title: str = ""
    stage_id: str = ""
    closed: bool = False
    opportunity: float = 0.0
    is_manual_opportunity: bool = False
    tax_value: float = 0.0
    currency_id: str = ""
    comments: str = ""
    comments_type: int = 0
    begindate: Day = None
    begindate_short: Moment = None
    closedate: Day = None
    closedate_short: Moment = None
    quote_number: str = ""
    content: str = ""
    content_type: int = 0
    terms: str = ""
    terms_type: int = 0
    storage_type_id: int = 0
    storage_element_ids: list[int] = Field(default_factory=list)
    location_id: str = ""
    client_title: str = ""
    client_addr: str = ""
    client_contact: str = ""
    client_email: str = ""
    client_phone: str = ""
    client_tp_id: str = ""
    client_tpa_id: str = ""
    search_content: str = ""
    has_products: bool = False
    actual_date: Day = None
    contact_ids: list[int] = Field(default_factory=list)
    last_communication_time: str = ""
