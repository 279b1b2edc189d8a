# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from bitrix_events.entities.base import CrmItem, Day, Moment


class Deal(CrmItem):
    """Catalogue: ``crm.item:deal`` and ``crm.deal``."""

    kind: ClassVar[str] = "deal"
    entity_type_id: ClassVar[int] = 2

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
    company_id: int = 0
    contact_id: int = 0
    quote_id: int = 0
    title: str = ""
    product_id: str = ""
    category_id: int = 0
    stage_id: str = ""
    stage_semantic_id: str = ""
    is_new: bool = False
    is_recurring: bool = False
    is_return_customer: bool = False
    is_repeated_approach: bool = False
    closed: bool = False
    type_id: str = ""
    opportunity: float = 0.0
    is_manual_opportunity: bool = False
    tax_value: float = 0.0
    currency_id: str = ""
    probability: int = 0
    comments: str = ""
    begindate: Day = None
    begindate_short: Moment = None
    closedate: Day = None
    closedate_short: Moment = None
    event_date: Moment = None
    event_date_short: Moment = None
    event_id: str = ""
    event_description: str = ""
    location_id: str = ""
    source_id: str = ""
    source_description: str = ""
    originator_id: str = ""
    origin_id: str = ""
    additional_info: str = ""
    search_content: str = ""
    order_stage: str = ""
    moved_by: int = 0
    moved_time: Moment = None
    is_work: bool = False
    is_won: bool = False
    is_lose: bool = False
    received_amount: str = ""
    lost_amount: str = ""
    has_products: bool = False
    observers: list[int] = Field(default_factory=list)
    contact_ids: list[int] = Field(default_factory=list)
    trace: str = ""
