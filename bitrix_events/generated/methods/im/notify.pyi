# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class ImNotify(Generic[C, R, V]):
    """``im.notify``"""

    history: ImNotifyHistory[C, R, V]
    personal: ImNotifyPersonal[C, R, V]
    read: ImNotifyRead[C, R, V]
    schema: ImNotifySchema[C, R, V]
    system: ImNotifySystem[C, R, V]

    def __call__(
        self,
        *,
        USER_ID: int,
        MESSAGE: str,
        TYPE: Literal["USER", "SYSTEM"] = ...,
        MESSAGE_OUT: str = ...,
        TAG: str = ...,
        SUB_TAG: str = ...,
        ATTACH: Mapping[str, Any] | str = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: im."""

    def answer(self, *, NOTIFY_ID: int, ANSWER_TEXT: str) -> C:
        """Scope: im."""

    def confirm(self, *, NOTIFY_ID: int, NOTIFY_VALUE: str) -> C:
        """Scope: im."""

    def delete(
        self,
        *,
        ID: int = ...,
        TAG: str = ...,
        SUB_TAG: str = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: im.

        Needs ID or TAG or SUB_TAG.
        """

    def get(
        self,
        *,
        LAST_ID: int = ...,
        LAST_TYPE: Literal[1, 3] = ...,
        LIMIT: int = ...,
        CONVERT_TEXT: str = ...,
    ) -> R:
        """Scope: im."""

class ImNotifyHistory(Generic[C, R, V]):
    """``im.notify.history``"""

    def search(
        self,
        *,
        SEARCH_TEXT: str = ...,
        SEARCH_TYPE: str = ...,
        SEARCH_TYPES: Array = ...,
        SEARCH_DATE: str = ...,
        SEARCH_DATE_FROM: str = ...,
        SEARCH_DATE_TO: str = ...,
        SEARCH_AUTHORS: Array = ...,
        LAST_ID: int = ...,
        LIMIT: int = ...,
        CONVERT_TEXT: str = ...,
        GROUP_TAG: str = ...,
    ) -> R:
        """Scope: im."""

class ImNotifyPersonal(Generic[C, R, V]):
    """``im.notify.personal``"""

    def add(
        self,
        *,
        USER_ID: int,
        MESSAGE: str,
        MESSAGE_OUT: str = ...,
        TAG: str = ...,
        SUB_TAG: str = ...,
        ATTACH: Mapping[str, Any] | str = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: im."""

class ImNotifyRead(Generic[C, R, V]):
    """``im.notify.read``"""

    def __call__(
        self,
        *,
        ID: int = ...,
        ACTION: Literal["Y", "N"] = ...,
        ONLY_CURRENT: str = ...,
    ) -> C:
        """Scope: im."""

    def all(self) -> C:
        """Scope: im."""

    def list(self, *, IDS: Array, ACTION: Literal["Y", "N"] = ...) -> C:
        """Scope: im."""

class ImNotifySchema(Generic[C, R, V]):
    """``im.notify.schema``"""

    def get(self) -> C:
        """Scope: im."""

class ImNotifySystem(Generic[C, R, V]):
    """``im.notify.system``"""

    def add(
        self,
        *,
        USER_ID: int,
        MESSAGE: str,
        MESSAGE_OUT: str = ...,
        TAG: str = ...,
        SUB_TAG: str = ...,
        ATTACH: Mapping[str, Any] | str = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: im."""
