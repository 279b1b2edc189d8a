# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from bitrix_events.entities.base import CrmItem, Day, Moment


class SmartInvoice(CrmItem):
    """Catalogue: ``crm.item:invoice``."""

    kind: ClassVar[str] = "smart_invoice"
    entity_type_id: ClassVar[int] = 31

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
    xml_id: str = ""
    title: str = ""
    moved_by: int = 0
    moved_time: Moment = None
    category_id: int = 0
    stage_id: str = ""
    previous_stage_id: str = ""
    begindate: Day = None
    closedate: Day = None
    company_id: int = 0
    contact_id: int = 0
    opportunity: float = 0.0
    is_manual_opportunity: bool = False
    tax_value: float = 0.0
    currency_id: str = ""
    mycompany_id: int = 0
    source_id: str = ""
    source_description: str = ""
    comments: str = ""
    account_number: str = ""
    location_id: str = ""
    observers: list[int] = Field(default_factory=list)
    contact_ids: list[int] = Field(default_factory=list)
