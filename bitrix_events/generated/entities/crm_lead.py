# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from bitrix_events.entities.base import CrmParty, Day, Moment


class Lead(CrmParty):
    """Catalogue: ``crm.item:lead`` and ``crm.lead``."""

    kind: ClassVar[str] = "lead"
    entity_type_id: ClassVar[int] = 1

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
    company_id: int = 0
    contact_id: int = 0
    stage_id: str = ""
    is_convert: bool = False
    status_description: str = ""
    stage_semantic_id: str = ""
    product_id: str = ""
    opportunity: float = 0.0
    currency_id: str = ""
    source_id: str = ""
    source_description: str = ""
    title: str = ""
    name: str = ""
    last_name: str = ""
    second_name: str = ""
    short_name: str = ""
    company_title: str = ""
    post: str = ""
    address: str = ""
    comments: str = ""
    originator_id: str = ""
    origin_id: str = ""
    date_closed: Moment = None
    birthdate: Day = None
    honorific: str = ""
    has_phone: bool = False
    has_email: bool = False
    has_imol: bool = False
    login: str = ""
    is_return_customer: bool = False
    search_content: str = ""
    is_manual_opportunity: bool = False
    moved_by: int = 0
    moved_time: Moment = None
    phone_mobile: str = ""
    phone_work: str = ""
    phone_mailing: str = ""
    email_home: str = ""
    email_work: str = ""
    email_mailing: str = ""
    skype: str = ""
    icq: str = ""
    imol: str = ""
    observers: list[int] = Field(default_factory=list)
    contact_ids: list[int] = Field(default_factory=list)
    address_2: str = ""
    address_city: str = ""
    address_postal_code: str = ""
    address_region: str = ""
    address_province: str = ""
    address_country: str = ""
    address_country_code: str = ""
    address_loc_addr_id: int = 0
