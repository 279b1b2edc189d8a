"""What Bitrix24 tells us: event classes and the records they are about."""

from bitrix_events.events.base import EntityEvent, Event, Kind, event_class
from bitrix_events.events.crm import (
    Company,
    Contact,
    Deal,
    Lead,
    OnCrmCompanyAdd,
    OnCrmCompanyDelete,
    OnCrmCompanyUpdate,
    OnCrmContactAdd,
    OnCrmContactDelete,
    OnCrmContactUpdate,
    OnCrmDealAdd,
    OnCrmDealDelete,
    OnCrmDealUpdate,
    OnCrmLeadAdd,
    OnCrmLeadDelete,
    OnCrmLeadUpdate,
)
from bitrix_events.events.entity import Entity
from bitrix_events.events.lifecycle import (
    LifecycleEvent,
    OnAppInstall,
    OnAppTest,
    OnAppUninstall,
    OnAppUpdate,
)

__all__ = [
    "Company",
    "Contact",
    "Deal",
    "Entity",
    "EntityEvent",
    "Event",
    "Kind",
    "Lead",
    "LifecycleEvent",
    "OnAppInstall",
    "OnAppTest",
    "OnAppUninstall",
    "OnAppUpdate",
    "OnCrmCompanyAdd",
    "OnCrmCompanyDelete",
    "OnCrmCompanyUpdate",
    "OnCrmContactAdd",
    "OnCrmContactDelete",
    "OnCrmContactUpdate",
    "OnCrmDealAdd",
    "OnCrmDealDelete",
    "OnCrmDealUpdate",
    "OnCrmLeadAdd",
    "OnCrmLeadDelete",
    "OnCrmLeadUpdate",
    "event_class",
]
