# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class Voximplant(Generic[C, R, V]):
    """``voximplant``"""

    callback: VoximplantCallback[C, R, V]
    infocall: VoximplantInfocall[C, R, V]
    line: VoximplantLine[C, R, V]
    sip: VoximplantSip[C, R, V]
    statistic: VoximplantStatistic[C, R, V]
    tts: VoximplantTts[C, R, V]
    url: VoximplantUrl[C, R, V]
    user: VoximplantUser[C, R, V]

class VoximplantCallback(Generic[C, R, V]):
    """``voximplant.callback``"""

    def start(
        self,
        *,
        FROM_LINE: str,
        TO_NUMBER: str,
        TEXT_TO_PRONOUNCE: str,
        VOICE: str = ...,
    ) -> C:
        """Scope: telephony."""

class VoximplantInfocall(Generic[C, R, V]):
    """``voximplant.infocall``"""

    def startwithsound(self, *, FROM_LINE: str, TO_NUMBER: str, URL: str) -> C:
        """Scope: telephony or call."""

    def startwithtext(
        self,
        *,
        FROM_LINE: str,
        TO_NUMBER: str,
        TEXT_TO_PRONOUNCE: str,
        VOICE: str = ...,
    ) -> C:
        """Scope: telephony or call."""

class VoximplantLine(Generic[C, R, V]):
    """``voximplant.line``"""

    outgoing: VoximplantLineOutgoing[C, R, V]

    def get(self) -> C:
        """Scope: telephony."""

class VoximplantLineOutgoing(Generic[C, R, V]):
    """``voximplant.line.outgoing``"""

    sip: VoximplantLineOutgoingSip[C, R, V]

    def get(self) -> C:
        """Scope: telephony."""

    def set(self, *, LINE_ID: str) -> C:
        """Scope: telephony."""

class VoximplantLineOutgoingSip(Generic[C, R, V]):
    """``voximplant.line.outgoing.sip``"""

    def set(self, *, CONFIG_ID: int) -> C:
        """Scope: telephony."""

class VoximplantSip(Generic[C, R, V]):
    """``voximplant.sip``"""

    connector: VoximplantSipConnector[C, R, V]

    def add(
        self,
        *,
        SERVER: str,
        LOGIN: str,
        PASSWORD: str = ...,
        TYPE: Literal["cloud", "office"] = ...,
        TITLE: str = ...,
    ) -> C:
        """Scope: telephony."""

    def delete(self, *, CONFIG_ID: int) -> C:
        """Scope: telephony."""

    def get(
        self,
        *,
        FILTER: Mapping[str, Any] = ...,
        SORT: str = ...,
        ORDER: Literal["ASC", "DESC", "asc", "desc"] = ...,
        start: int = ...,
    ) -> R:
        """Scope: telephony.

        FILTER: ID, TYPE, TITLE, CONFIG_ID, REG_ID, APP_ID, SERVER, LOGIN, PASSWORD,
          INCOMING_SERVER, INCOMING_LOGIN, INCOMING_PASSWORD, AUTH_USER, OUTBOUND_PROXY,
          DETECT_LINE_NUMBER, LINE_DETECT_HEADER_ORDER, REGISTRATION_STATUS_CODE,
          REGISTRATION_ERROR_MESSAGE.
        SORT: ID, TYPE, TITLE, CONFIG_ID, REG_ID, APP_ID, SERVER, LOGIN, PASSWORD,
          INCOMING_SERVER, INCOMING_LOGIN, INCOMING_PASSWORD, AUTH_USER, OUTBOUND_PROXY,
          DETECT_LINE_NUMBER, LINE_DETECT_HEADER_ORDER, REGISTRATION_STATUS_CODE,
          REGISTRATION_ERROR_MESSAGE.
        """

    def status(self, *, REG_ID: int) -> C:
        """Scope: telephony."""

    def update(
        self,
        *,
        CONFIG_ID: int,
        TITLE: str = ...,
        SERVER: str = ...,
        LOGIN: str = ...,
        PASSWORD: str = ...,
    ) -> C:
        """Scope: telephony."""

class VoximplantSipConnector(Generic[C, R, V]):
    """``voximplant.sip.connector``"""

    def status(self) -> C:
        """Scope: telephony."""

class VoximplantStatistic(Generic[C, R, V]):
    """``voximplant.statistic``"""

    def get(
        self,
        *,
        FILTER: Mapping[str, Any] = ...,
        SORT: str = ...,
        ORDER: Literal["ASC", "DESC", "asc", "desc"] = ...,
        start: int = ...,
    ) -> R:
        """Scope: telephony.

        FILTER: ID, CALL_ID, EXTERNAL_CALL_ID, CALL_CATEGORY, PORTAL_USER_ID, PORTAL_NUMBER,
          PHONE_NUMBER, CALL_TYPE, CALL_DURATION, CALL_START_DATE, CALL_LOG, CALL_RECORD_URL,
          CALL_VOTE, COST, COST_CURRENCY, CALL_FAILED_CODE, CALL_FAILED_REASON, CRM_ENTITY_TYPE,
          CRM_ENTITY_ID, CRM_ACTIVITY_ID, REST_APP_ID, REST_APP_NAME, TRANSCRIPT_ID,
          TRANSCRIPT_PENDING, SESSION_ID, REDIAL_ATTEMPT, COMMENT, RECORD_DURATION.
        SORT: ID, CALL_ID, EXTERNAL_CALL_ID, CALL_CATEGORY, PORTAL_USER_ID, PORTAL_NUMBER,
          PHONE_NUMBER, CALL_TYPE, CALL_DURATION, CALL_START_DATE, CALL_LOG, CALL_RECORD_URL,
          CALL_VOTE, COST, COST_CURRENCY, CALL_FAILED_CODE, CALL_FAILED_REASON, CRM_ENTITY_TYPE,
          CRM_ENTITY_ID, CRM_ACTIVITY_ID, REST_APP_ID, REST_APP_NAME, TRANSCRIPT_ID,
          TRANSCRIPT_PENDING, SESSION_ID, REDIAL_ATTEMPT, COMMENT, RECORD_DURATION.
        """

class VoximplantTts(Generic[C, R, V]):
    """``voximplant.tts``"""

    voices: VoximplantTtsVoices[C, R, V]

class VoximplantTtsVoices(Generic[C, R, V]):
    """``voximplant.tts.voices``"""

    def get(self) -> C:
        """Scope: telephony."""

class VoximplantUrl(Generic[C, R, V]):
    """``voximplant.url``"""

    def get(self) -> C:
        """Scope: telephony."""

class VoximplantUser(Generic[C, R, V]):
    """``voximplant.user``"""

    def activatePhone(self, *, USER_ID: int) -> C:
        """Scope: telephony."""

    def deactivatePhone(self, *, USER_ID: int) -> C:
        """Scope: telephony."""

    def get(self, *, USER_ID: int | Sequence[int]) -> R:
        """Scope: telephony."""
