# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``telephony``."""

from __future__ import annotations

from typing import TypedDict

from bitrix_events.events.base import Event, Kind, NamedEvent


class ExternalCallBackStartData(TypedDict):
    PHONE_NUMBER: str
    TEXT: str
    VOICE: str
    CRM_ENTITY_TYPE: str
    CRM_ENTITY_ID: str
    LINE_NUMBER: str


class ExternalCallStartData(TypedDict):
    PHONE_NUMBER: str
    PHONE_NUMBER_INTERNATIONAL: str
    EXTENSION: str
    USER_ID: str
    CALL_LIST_ID: str
    LINE_NUMBER: str
    IS_MOBILE: str
    CALL_ID: str
    CRM_ENTITY_TYPE: str
    CRM_ENTITY_ID: str


class VoximplantCallEndData(TypedDict):
    CALL_ID: str
    CALL_TYPE: str
    PHONE_NUMBER: str
    PORTAL_NUMBER: str
    PORTAL_USER_ID: str
    CALL_DURATION: str
    CALL_START_DATE: str
    COST: str
    COST_CURRENCY: str
    CALL_FAILED_CODE: str
    CALL_FAILED_REASON: str
    CRM_ACTIVITY_ID: str


class VoximplantCallInitData(TypedDict):
    CALL_ID: str
    CALL_TYPE: str
    ACCOUNT_SEARCH_ID: str
    PHONE_NUMBER: str
    CALLER_ID: str
    REST_APP_ID: str


class VoximplantCallStartData(TypedDict):
    CALL_ID: str
    USER_ID: str


class OnExternalCallBackStart(Event):
    """Without an id."""

    scope = "telephony"

    data: ExternalCallBackStartData


class OnExternalCallStart(NamedEvent):
    """Id in ``CALL_ID``."""

    scope = "telephony"
    kind = Kind.FACT
    entity_name = "telephony.externalCall"
    id_paths = ("CALL_ID",)
    in_webhooks = False

    data: ExternalCallStartData


class OnVoximplantCallEnd(NamedEvent):
    """Id in ``CALL_ID``."""

    scope = "telephony"
    kind = Kind.FACT
    entity_name = "voximplant.call"
    id_paths = ("CALL_ID",)

    data: VoximplantCallEndData


class OnVoximplantCallInit(NamedEvent):
    """Id in ``CALL_ID``."""

    scope = "telephony"
    kind = Kind.FACT
    entity_name = "voximplant.call"
    id_paths = ("CALL_ID",)

    data: VoximplantCallInitData


class OnVoximplantCallStart(NamedEvent):
    """Id in ``CALL_ID``."""

    scope = "telephony"
    entity_name = "voximplant.call"
    id_paths = ("CALL_ID",)

    data: VoximplantCallStartData
