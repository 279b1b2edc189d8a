# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class ImMessage(Generic[C, R, V]):
    """``im.message``"""

    def add(
        self,
        *,
        DIALOG_ID: str,
        MESSAGE: str = ...,
        ATTACH: Mapping[str, Any] | str = ...,
        KEYBOARD: Mapping[str, Any] | str = ...,
        MENU: Mapping[str, Any] | str = ...,
        SYSTEM: Literal["Y", "N"] = ...,
        URL_PREVIEW: Literal["Y", "N"] = ...,
        REPLY_ID: int = ...,
    ) -> C:
        """Scope: im."""

    def command(
        self,
        *,
        MESSAGE_ID: int,
        BOT_ID: int,
        COMMAND: str,
        COMMAND_PARAMS: str = ...,
    ) -> C:
        """Scope: im."""

    def delete(self, *, MESSAGE_ID: int) -> C:
        """Scope: im."""

    def like(self, *, MESSAGE_ID: int, ACTION: Literal["auto", "plus", "minus"] = ...) -> C:
        """Scope: im."""

    def share(
        self,
        *,
        MESSAGE_ID: int,
        DIALOG_ID: str,
        TYPE: Literal["CHAT", "TASK", "POST", "CALEND"],
    ) -> C:
        """Scope: im."""

    def update(
        self,
        *,
        MESSAGE_ID: int,
        MESSAGE: str = ...,
        ATTACH: Mapping[str, Any] | str = ...,
        KEYBOARD: Mapping[str, Any] | str = ...,
        MENU: Mapping[str, Any] | str = ...,
        URL_PREVIEW: Literal["Y", "N"] = ...,
        IS_EDITED: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: im."""
