# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, R, V

class ImbotChat(Generic[C, R, V]):
    """``imbot.chat``"""

    user: ImbotChatUser[C, R, V]

    @deprecated("use imbot.v2.Chat.add")
    def add(
        self,
        *,
        TYPE: Literal["OPEN", "CHAT"] = ...,
        TITLE: str = ...,
        DESCRIPTION: str = ...,
        COLOR: Literal[
            "RED",
            "GREEN",
            "MINT",
            "LIGHT_BLUE",
            "DARK_BLUE",
            "PURPLE",
            "AQUA",
            "PINK",
            "LIME",
            "BROWN",
            "AZURE",
            "KHAKI",
            "SAND",
            "MARENGO",
            "GRAY",
            "GRAPHITE",
        ] = ...,
        MESSAGE: str = ...,
        USERS: Array = ...,
        AVATAR: str = ...,
        ENTITY_TYPE: str = ...,
        ENTITY_ID: str = ...,
        BOT_ID: int = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.get")
    def get(self, *, ENTITY_TYPE: str, ENTITY_ID: str) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.leave")
    def leave(self, *, CHAT_ID: int, BOT_ID: int = ..., CLIENT_ID: str = ...) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.InputAction.notify")
    def sendTyping(self, *, DIALOG_ID: str, BOT_ID: int = ..., CLIENT_ID: str = ...) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.Manager.add or imbot.v2.Chat.Manager.delete")
    def setManager(
        self,
        *,
        CHAT_ID: int,
        USER_ID: int,
        IS_MANAGER: Literal["Y", "N"] = ...,
        BOT_ID: int = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.setOwner")
    def setOwner(self, *, CHAT_ID: int, USER_ID: int, BOT_ID: int = ..., CLIENT_ID: str = ...) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.update")
    def updateAvatar(
        self,
        *,
        CHAT_ID: int,
        AVATAR: str,
        BOT_ID: int = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.update")
    def updateColor(
        self,
        *,
        CHAT_ID: int,
        COLOR: Literal[
            "RED",
            "GREEN",
            "MINT",
            "LIGHT_BLUE",
            "DARK_BLUE",
            "PURPLE",
            "AQUA",
            "PINK",
            "LIME",
            "BROWN",
            "AZURE",
            "KHAKI",
            "SAND",
            "MARENGO",
            "GRAY",
            "GRAPHITE",
        ],
        BOT_ID: int = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.update")
    def updateTitle(
        self,
        *,
        CHAT_ID: int,
        TITLE: str,
        BOT_ID: int = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""

class ImbotChatUser(Generic[C, R, V]):
    """``imbot.chat.user``"""

    @deprecated("use imbot.v2.Chat.User.add")
    def add(
        self,
        *,
        CHAT_ID: int,
        USERS: Array,
        HIDE_HISTORY: Literal["Y", "N"] = ...,
        BOT_ID: int = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.User.delete")
    def delete(self, *, CHAT_ID: int, USER_ID: int, BOT_ID: int = ..., CLIENT_ID: str = ...) -> C:
        """Scope: imbot."""

    @deprecated("use imbot.v2.Chat.User.list")
    def list(self, *, CHAT_ID: int, BOT_ID: int = ..., CLIENT_ID: str = ...) -> V:
        """Scope: imbot."""
