"""What Bitrix24 tells us: event classes, and the records they are about.

The classes of the documented events, and of those records, are imported when somebody asks for
them: ``from bitrix_events.events import Deal, OnCrmDealAdd``.
"""

from __future__ import annotations

import importlib
from typing import Any

from bitrix_events.entities.base import Entity
from bitrix_events.events.base import (
    BundleEvent,
    EntityEvent,
    Event,
    ItemEvent,
    Kind,
    NamedEvent,
    NumberedEvent,
    RecordEvent,
)
from bitrix_events.events.lifecycle import (
    LifecycleEvent,
    OnAppInstall,
    OnAppMethodConfirm,
    OnAppPayment,
    OnAppTest,
    OnAppUninstall,
    OnAppUpdate,
    OnAppUserReady,
    OnSubscriptionRenew,
)
from bitrix_events.events.registry import class_named, event_class, needed_codes, table
from bitrix_events.nearest import did_you_mean

__all__ = [
    "BundleEvent",
    "Entity",
    "EntityEvent",
    "Event",
    "ItemEvent",
    "Kind",
    "LifecycleEvent",
    "NamedEvent",
    "NumberedEvent",
    "OnAppInstall",
    "OnAppMethodConfirm",
    "OnAppPayment",
    "OnAppTest",
    "OnAppUninstall",
    "OnAppUpdate",
    "OnAppUserReady",
    "OnSubscriptionRenew",
    "RecordEvent",
    "event_class",
    "needed_codes",
]


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"{__name__} has no {name!r}")
    if name in table().MODELS:
        return getattr(importlib.import_module("bitrix_events.entities"), name)
    if (found := class_named(name)) is not None:
        return found
    meant = did_you_mean(name, __dir__())
    raise AttributeError(f"{__name__} has no {name!r}" + (f"; {meant}" if meant else ""))


def __dir__() -> list[str]:
    return sorted({*__all__, *table().MODULES, *table().MODELS})
