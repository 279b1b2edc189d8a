# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class ImDialog(Generic[C, R, V]):
    """``im.dialog``"""

    messages: ImDialogMessages[C, R, V]
    read: ImDialogRead[C, R, V]
    users: ImDialogUsers[C, R, V]

    def get(self, *, DIALOG_ID: str) -> C:
        """Scope: im."""

    def unread(self, *, DIALOG_ID: str, MESSAGE_ID: int) -> C:
        """Scope: im."""

    def writing(self, *, DIALOG_ID: str) -> C:
        """Scope: im."""

class ImDialogMessages(Generic[C, R, V]):
    """``im.dialog.messages``"""

    def get(
        self,
        *,
        DIALOG_ID: str,
        LAST_ID: int = ...,
        FIRST_ID: int = ...,
        LIMIT: int = ...,
    ) -> R:
        """Scope: im."""

    def search(
        self,
        *,
        CHAT_ID: int,
        SEARCH_MESSAGE: str = ...,
        DATE_FROM: datetime | date | str = ...,
        DATE_TO: datetime | date | str = ...,
        DATE: datetime | date | str = ...,
        ORDER: Mapping[str, Any] = ...,
        LIMIT: int = ...,
        LAST_ID: int = ...,
    ) -> R:
        """Scope: im.

        ORDER: ID.
        """

class ImDialogRead(Generic[C, R, V]):
    """``im.dialog.read``"""

    def __call__(self, *, DIALOG_ID: str, MESSAGE_ID: int = ...) -> C:
        """Scope: im."""

    def all(self) -> C:
        """Scope: im."""

class ImDialogUsers(Generic[C, R, V]):
    """``im.dialog.users``"""

    def list(
        self,
        *,
        DIALOG_ID: str,
        SKIP_EXTERNAL: Literal["Y", "N"] = ...,
        SKIP_EXTERNAL_EXCEPT_TYPES: str = ...,
        LIMIT: int = ...,
        LAST_ID: int = ...,
        OFFSET: int = ...,
    ) -> R:
        """Scope: im."""
