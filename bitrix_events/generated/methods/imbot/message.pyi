# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class ImbotMessage(Generic[C, R, V]):
    """``imbot.message``"""

    @deprecated("use imbot.v2.Chat.Message.send")
    def add(
        self,
        *,
        MESSAGE: str,
        BOT_ID: int = ...,
        DIALOG_ID: str = ...,
        FROM_USER_ID: int = ...,
        TO_USER_ID: int = ...,
        ATTACH: Mapping[str, Any] | str = ...,
        KEYBOARD: Mapping[str, Any] | str = ...,
        MENU: Mapping[str, Any] | str = ...,
        SYSTEM: Literal["Y", "N"] = ...,
        URL_PREVIEW: Literal["Y", "N"] = ...,
        SKIP_CONNECTOR: Literal["Y", "N"] = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.Message.delete")
    def delete(
        self,
        *,
        MESSAGE_ID: int,
        BOT_ID: int = ...,
        COMPLETE: Literal["Y", "N"] = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.Message.Reaction.add or imbot.v2.Chat.Message.Reaction.delete")
    def like(
        self,
        *,
        MESSAGE_ID: int,
        BOT_ID: int = ...,
        ACTION: Literal["auto", "plus", "minus"] = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.Message.update")
    def update(
        self,
        *,
        MESSAGE_ID: int,
        BOT_ID: int = ...,
        MESSAGE: str = ...,
        ATTACH: Mapping[str, Any] | str = ...,
        KEYBOARD: Mapping[str, Any] | str = ...,
        MENU: Mapping[str, Any] | str = ...,
        URL_PREVIEW: Literal["Y", "N"] = ...,
        SKIP_CONNECTOR: Literal["Y", "N"] = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""
