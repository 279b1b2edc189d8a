# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from datetime import date, datetime
from typing import Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class ImRecent(Generic[C, R, V]):
    """``im.recent``"""

    def get(
        self,
        *,
        SKIP_OPENLINES: Literal["Y", "N"] = ...,
        SKIP_CHAT: Literal["Y", "N"] = ...,
        SKIP_DIALOG: Literal["Y", "N"] = ...,
        LAST_UPDATE: datetime | date | str = ...,
        ONLY_OPENLINES: Literal["Y", "N"] = ...,
        LAST_SYNC_DATE: datetime | date | str = ...,
    ) -> R:
        """Scope: im."""

    def hide(self, *, DIALOG_ID: str) -> C:
        """Scope: im."""

    def list(
        self,
        *,
        SKIP_OPENLINES: Literal["Y", "N"] = ...,
        SKIP_DIALOG: Literal["Y", "N"] = ...,
        SKIP_CHAT: Literal["Y", "N"] = ...,
        LAST_MESSAGE_DATE: datetime | date | str = ...,
        UNREAD_ONLY: Literal["Y", "N"] = ...,
        PARSE_TEXT: Literal["Y", "N"] = ...,
        GET_ORIGINAL_TEXT: Literal["Y", "N"] = ...,
        SKIP_UNDISTRIBUTED_OPENLINES: Literal["Y", "N"] = ...,
        ONLY_COPILOT: Literal["Y", "N"] = ...,
        ONLY_CHANNEL: Literal["Y", "N"] = ...,
        CAN_MANAGE_MESSAGES: Literal["Y", "N"] = ...,
        OFFSET: int = ...,
        LIMIT: int = ...,
    ) -> R:
        """Scope: im."""

    def pin(self, *, DIALOG_ID: str, PIN: Literal["Y", "N"] = ...) -> C:
        """Scope: im."""

    def unread(self, *, DIALOG_ID: str, ACTION: Literal["Y", "N"] = ...) -> C:
        """Scope: im."""
