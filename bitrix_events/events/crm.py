"""Deals, leads, contacts and companies: their records and their events.

Source: protocol.md 1.8 ("CRM classics").
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

from bitrix_events.events.base import EntityEvent, Kind
from bitrix_events.events.entity import Amount, Day, Entity, Flag, Id, Text

E = TypeVar("E", bound=Entity)


class Lead(Entity):
    kind: ClassVar[str] = "lead"
    entity_type_id: ClassVar[int] = 1

    title: Text = ""
    name: Text = ""
    last_name: Text = ""
    stage_id: Text = ""
    opportunity: Amount = 0.0
    currency_id: Text = ""
    company_id: Id = 0
    contact_id: Id = 0


class Deal(Entity):
    kind: ClassVar[str] = "deal"
    entity_type_id: ClassVar[int] = 2

    title: Text = ""
    category_id: Id = 0
    stage_id: Text = ""
    stage_semantic_id: Text = ""
    type_id: Text = ""
    opportunity: Amount = 0.0
    currency_id: Text = ""
    company_id: Id = 0
    contact_id: Id = 0
    lead_id: Id = 0
    begindate: Day = None
    closedate: Day = None
    closed: Flag = False


class Contact(Entity):
    kind: ClassVar[str] = "contact"
    entity_type_id: ClassVar[int] = 3

    name: Text = ""
    last_name: Text = ""
    second_name: Text = ""
    post: Text = ""
    company_id: Id = 0
    lead_id: Id = 0


class Company(Entity):
    kind: ClassVar[str] = "company"
    entity_type_id: ClassVar[int] = 4

    title: Text = ""
    industry: Text = ""
    revenue: Amount = 0.0
    currency_id: Text = ""
    is_my_company: Flag = False


class _Added(EntityEvent[E]):
    kind = Kind.FACT


class _Updated(EntityEvent[E]):
    kind = Kind.STATE


class _Deleted(EntityEvent[E]):
    kind = Kind.FACT
    entity_is_gone = True


class OnCrmLeadAdd(_Added[Lead]): ...


class OnCrmLeadUpdate(_Updated[Lead]): ...


class OnCrmLeadDelete(_Deleted[Lead]): ...


class OnCrmDealAdd(_Added[Deal]): ...


class OnCrmDealUpdate(_Updated[Deal]): ...


class OnCrmDealDelete(_Deleted[Deal]): ...


class OnCrmContactAdd(_Added[Contact]): ...


class OnCrmContactUpdate(_Updated[Contact]): ...


class OnCrmContactDelete(_Deleted[Contact]): ...


class OnCrmCompanyAdd(_Added[Company]): ...


class OnCrmCompanyUpdate(_Updated[Company]): ...


class OnCrmCompanyDelete(_Deleted[Company]): ...
