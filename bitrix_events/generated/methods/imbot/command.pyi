# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, R, V

class ImbotCommand(Generic[C, R, V]):
    """``imbot.command``"""

    @deprecated("use imbot.v2.Command.answer")
    def answer(
        self,
        *,
        MESSAGE_ID: int,
        COMMAND_ID: int = ...,
        COMMAND: str = ...,
        MESSAGE: str = ...,
        ATTACH: Mapping[str, Any] = ...,
        KEYBOARD: Mapping[str, Any] = ...,
        MENU: Mapping[str, Any] = ...,
        SYSTEM: Literal["Y", "N"] = ...,
        URL_PREVIEW: Literal["Y", "N"] = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Command.register")
    def register(
        self,
        *,
        BOT_ID: int,
        COMMAND: str,
        EVENT_COMMAND_ADD: str,
        LANG: Array,
        COMMON: Literal["Y", "N"] = ...,
        HIDDEN: Literal["Y", "N"] = ...,
        EXTRANET_SUPPORT: Literal["Y", "N"] = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot.

        LANG: LANGUAGE_ID*, TITLE*, PARAMS.
        """

    @deprecated("use imbot.v2.Command.unregister")
    def unregister(self, *, COMMAND_ID: int, CLIENT_ID: str = ...) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Command.update")
    def update(self, *, COMMAND_ID: int, FIELDS: Mapping[str, Any], CLIENT_ID: str = ...) -> C:
        """Scope: imbot.

        FIELDS: COMMAND, EVENT_COMMAND_ADD, HIDDEN, EXTRANET_SUPPORT, LANG.
        """
