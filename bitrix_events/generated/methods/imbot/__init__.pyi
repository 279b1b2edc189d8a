# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.imbot.app import ImbotApp
from bitrix_events.generated.methods.imbot.bot import ImbotBot
from bitrix_events.generated.methods.imbot.chat import ImbotChat
from bitrix_events.generated.methods.imbot.command import ImbotCommand
from bitrix_events.generated.methods.imbot.dialog import ImbotDialog
from bitrix_events.generated.methods.imbot.message import ImbotMessage
from bitrix_events.generated.methods.imbot.v2 import ImbotV2
from bitrix_events.generated.methods.shared import C, R, V

class Imbot(Generic[C, R, V]):
    """``imbot``"""

    app: ImbotApp[C, R, V]
    bot: ImbotBot[C, R, V]
    chat: ImbotChat[C, R, V]
    command: ImbotCommand[C, R, V]
    dialog: ImbotDialog[C, R, V]
    message: ImbotMessage[C, R, V]
    v2: ImbotV2[C, R, V]

    @deprecated("use imbot.v2.Bot.register")
    def register(
        self,
        *,
        CODE: str,
        EVENT_MESSAGE_ADD: str,
        EVENT_WELCOME_MESSAGE: str,
        EVENT_BOT_DELETE: str,
        PROPERTIES: Mapping[str, Any],
        TYPE: Literal["B", "O", "H", "S"] = ...,
        OPENLINE: Literal["Y", "N"] = ...,
        EVENT_HANDLER: str = ...,
        EVENT_MESSAGE_UPDATE: str = ...,
        EVENT_MESSAGE_DELETE: str = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot.

        PROPERTIES: NAME*, LAST_NAME*, COLOR, EMAIL, PERSONAL_BIRTHDAY, WORK_POSITION,
          PERSONAL_WWW, PERSONAL_GENDER, PERSONAL_PHOTO.
        """

    @deprecated("use imbot.v2.Bot.unregister")
    def unregister(self, *, BOT_ID: int, CLIENT_ID: str = ...) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Bot.update")
    def update(self, *, BOT_ID: int, FIELDS: Mapping[str, Any], CLIENT_ID: str = ...) -> C:
        """Scope: imbot.

        FIELDS: CODE, EVENT_HANDLER, EVENT_MESSAGE_ADD, EVENT_MESSAGE_UPDATE,
          EVENT_MESSAGE_DELETE, EVENT_WELCOME_MESSAGE, EVENT_BOT_DELETE, PROPERTIES.
        """
