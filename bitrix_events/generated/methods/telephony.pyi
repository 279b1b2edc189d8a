# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Sequence
from decimal import Decimal
from typing import Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Telephony(Generic[C, R, V]):
    """``telephony``"""

    call: TelephonyCall[C, R, V]
    externalCall: TelephonyExternalCall[C, R, V]
    externalLine: TelephonyExternalLine[C, R, V]

class TelephonyCall(Generic[C, R, V]):
    """``telephony.call``"""

    def attachTranscription(
        self,
        *,
        CALL_ID: str,
        MESSAGES: Array,
        COST: float | Decimal = ...,
        COST_CURRENCY: str = ...,
    ) -> C:
        """Scope: telephony.

        MESSAGES: SIDE*, START_TIME*, STOP_TIME*, MESSAGE*.
        """

class TelephonyExternalCall(Generic[C, R, V]):
    """``telephony.externalCall``"""

    def attachRecord(
        self,
        *,
        CALL_ID: str,
        RECORD_URL: str = ...,
        FILENAME: Literal["wav", "mp3"] = ...,
        FILE_CONTENT: str = ...,
    ) -> C:
        """Scope: telephony."""

    def finish(
        self,
        *,
        CALL_ID: str,
        USER_ID: int = ...,
        USER_PHONE_INNER: str = ...,
        DURATION: int = ...,
        COST: float | Decimal = ...,
        COST_CURRENCY: str = ...,
        STATUS_CODE: Literal[
            "200",
            "304",
            "603",
            "603-S",
            "403",
            "404",
            "486",
            "484",
            "503",
            "480",
            "402",
            "423",
            "OTHER",
        ] = ...,
        FAILED_REASON: str = ...,
        RECORD_URL: str = ...,
        VOTE: Literal[1, 2, 3, 4, 5] = ...,
        ADD_TO_CHAT: Literal[0, 1] = ...,
    ) -> C:
        """Scope: telephony.

        Needs USER_ID or USER_PHONE_INNER.
        """

    def hide(self, *, CALL_ID: str, USER_ID: int | Sequence[int] = ...) -> C:
        """Scope: telephony."""

    def register(
        self,
        *,
        PHONE_NUMBER: str,
        TYPE: Literal[1, 2, 3, 4, 5],
        USER_ID: int = ...,
        USER_PHONE_INNER: str = ...,
        CALL_START_DATE: str = ...,
        CRM_CREATE: Literal[0, 1] = ...,
        CRM_SOURCE: str = ...,
        CRM_ENTITY_TYPE: Literal["CONTACT", "COMPANY", "LEAD"] = ...,
        CRM_ENTITY_ID: int = ...,
        SHOW: Literal[0, 1] = ...,
        ADD_TO_CHAT: Literal[0, 1] = ...,
        CALL_LIST_ID: int = ...,
        LINE_NUMBER: str = ...,
        EXTERNAL_CALL_ID: str = ...,
    ) -> C:
        """Scope: telephony.

        Needs USER_ID or USER_PHONE_INNER.
        """

    def searchCrmEntities(self, *, PHONE_NUMBER: str) -> R:
        """Scope: telephony."""

    def show(self, *, CALL_ID: str, USER_ID: int | Sequence[int] = ...) -> C:
        """Scope: telephony."""

class TelephonyExternalLine(Generic[C, R, V]):
    """``telephony.externalLine``"""

    def add(self, *, NUMBER: str, NAME: str = ..., CRM_AUTO_CREATE: Literal["Y", "N"] = ...) -> C:
        """Scope: telephony."""

    def delete(self, *, NUMBER: str) -> C:
        """Scope: telephony."""

    def get(self) -> R:
        """Scope: telephony."""

    def update(
        self,
        *,
        NUMBER: str,
        NAME: str = ...,
        CRM_AUTO_CREATE: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: telephony."""
