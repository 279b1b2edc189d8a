# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import CrmItem, Day, Moment


class Item(CrmItem):
    """Catalogue: ``crm.item``."""

    kind: ClassVar[str] = "item"

    id: int
    title: str = ""
    xml_id: str = ""
    created_time: Moment = None
    updated_time: Moment = None
    created_by: int = 0
    updated_by: int = 0
    assigned_by_id: int = 0
    opened: bool = False
    webform_id: int = 0
    begindate: Day = None
    closedate: Day = None
    company_id: int = 0
    contact_id: int = 0
    contact_ids: list[int] = Field(default_factory=list)
    contacts: list[Any] = Field(default_factory=list)
    observers: list[int] = Field(default_factory=list)
    category_id: int = 0
    moved_time: Moment = None
    moved_by: int = 0
    stage_id: str = ""
    previous_stage_id: str = ""
    source_id: str = ""
    source_description: str = ""
    currency_id: str = ""
    is_manual_opportunity: bool = False
    opportunity: float = 0.0
    tax_value: float = 0.0
    mycompany_id: int = 0
    last_activity_by: int = 0
    last_activity_time: Moment = None
    utm_campaign: str = ""
    utm_content: str = ""
    utm_medium: str = ""
    utm_source: str = ""
    utm_term: str = ""
    opportunity_account: float = 0.0
    tax_value_account: float = 0.0
    account_currency_id: str = ""
