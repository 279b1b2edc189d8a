# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events for which no scope is needed."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from bitrix_events.events.base import Event


class AppInstallData(TypedDict):
    VERSION: str
    ACTIVE: str
    INSTALLED: str
    LANGUAGE_ID: str


class AppMethodConfirmData(TypedDict):
    TOKEN: str
    METHOD: str
    CONFIRMED: str
    LANGUAGE_ID: str


class AppPaymentData(TypedDict):
    CODE: str
    VERSION: str
    STATUS: str
    PAYMENT_EXPIRED: str
    DAYS: str
    LANGUAGE_ID: str


class AppTestData(TypedDict):
    QUERY: NotRequired[dict[str, Any]]
    LANGUAGE_ID: str


class AppUninstallData(TypedDict):
    LANGUAGE_ID: str
    CLEAN: str


class AppUpdateData(TypedDict):
    VERSION: str
    PREVIOUS_VERSION: str
    LANGUAGE_ID: str


class OnOfflineEvent(Event):
    """Without an id."""

    data: dict[str, Any]
