# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import CrmParty, Moment


class Company(CrmParty):
    """Catalogue: ``crm.item:company`` and ``crm.company``."""

    kind: ClassVar[str] = "company"
    entity_type_id: ClassVar[int] = 4

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
    title: str = ""
    logo: Any = None
    address: str = ""
    address_legal: str = ""
    banking_details: str = ""
    comments: str = ""
    type_id: str = ""
    industry: str = ""
    revenue: float = 0.0
    currency_id: str = ""
    employees: str = ""
    lead_id: int = 0
    originator_id: str = ""
    origin_id: str = ""
    origin_version: str = ""
    has_phone: bool = False
    has_email: bool = False
    has_imol: bool = False
    is_my_company: bool = False
    search_content: str = ""
    category_id: int = 0
    email_home: str = ""
    email_work: str = ""
    email_mailing: str = ""
    phone_mobile: str = ""
    phone_work: str = ""
    phone_mailing: str = ""
    imol: str = ""
    uf_logo: Any = None
    uf_stamp: Any = None
    uf_director_sign: Any = None
    uf_accountant_sign: Any = None
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
    reg_address: str = ""
    reg_address_2: str = ""
    reg_address_city: str = ""
    reg_address_postal_code: str = ""
    reg_address_region: str = ""
    reg_address_province: str = ""
    reg_address_country: str = ""
    reg_address_country_code: str = ""
    reg_address_loc_addr_id: int = 0
    contact_id: list[int] = Field(default_factory=list)
    last_communication_time: str = ""
