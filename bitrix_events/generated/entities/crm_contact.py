# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import CrmParty, Day, Moment


class Contact(CrmParty):
    """Catalogue: ``crm.item:contact`` and ``crm.contact``."""

    kind: ClassVar[str] = "contact"
    entity_type_id: ClassVar[int] = 3

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
    company_id: int = 0
    source_id: str = ""
    source_description: str = ""
    name: str = ""
    last_name: str = ""
    second_name: str = ""
    short_name: str = ""
    photo: Any = None
    post: str = ""
    address: str = ""
    comments: str = ""
    lead_id: int = 0
    export: bool = False
    type_id: str = ""
    originator_id: str = ""
    origin_id: str = ""
    origin_version: str = ""
    birthdate: Day = None
    honorific: str = ""
    has_phone: bool = False
    has_email: bool = False
    has_imol: bool = False
    search_content: str = ""
    category_id: int = 0
    login: str = ""
    email_home: str = ""
    email_work: str = ""
    email_mailing: str = ""
    phone_mobile: str = ""
    phone_work: str = ""
    phone_mailing: str = ""
    imol: str = ""
    observers: list[int] = Field(default_factory=list)
    company_ids: list[int] = Field(default_factory=list)
    address_2: str = ""
    address_city: str = ""
    address_postal_code: str = ""
    address_region: str = ""
    address_province: str = ""
    address_country: str = ""
    address_country_code: str = ""
    address_loc_addr_id: int = 0
    face_id: int = 0
    trace: str = ""
