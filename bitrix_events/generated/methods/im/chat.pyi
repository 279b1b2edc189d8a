# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class ImChat(Generic[C, R, V]):
    """``im.chat``"""

    user: ImChatUser[C, R, V]

    def add(
        self,
        *,
        USERS: Array = ...,
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
        AVATAR: str = ...,
        ENTITY_TYPE: Literal[
            "VIDEOCONF",
            "AI_ASSISTANT_PRIVATE",
            "LINES",
            "LIVECHAT",
            "ANNOUNCEMENT",
            "CALENDAR",
            "MAIL",
            "CRM",
            "SONET_GROUP",
            "TASKS",
            "CALL",
        ] = ...,
        ENTITY_ID: str = ...,
        COPILOT_MAIN_ROLE: str = ...,
    ) -> C:
        """Scope: im."""

    def get(
        self,
        *,
        ENTITY_TYPE: Literal[
            "VIDEOCONF",
            "AI_ASSISTANT_PRIVATE",
            "LINES",
            "LIVECHAT",
            "ANNOUNCEMENT",
            "CALENDAR",
            "MAIL",
            "CRM",
            "SONET_GROUP",
            "TASKS_TASK",
            "TASKS",
            "CALL",
        ],
        ENTITY_ID: str,
    ) -> C:
        """Scope: im."""

    def leave(self, *, CHAT_ID: int) -> C:
        """Scope: im."""

    def mute(self, *, CHAT_ID: int = ..., DIALOG_ID: str = ..., MUTE: Literal["Y", "N"] = ...) -> C:
        """Scope: im.

        Needs CHAT_ID or DIALOG_ID.
        """

    def setOwner(self, *, USER_ID: int, CHAT_ID: int = ..., DIALOG_ID: str = ...) -> C:
        """Scope: im."""

    def updateAvatar(self, *, AVATAR: str, CHAT_ID: int = ..., DIALOG_ID: str = ...) -> C:
        """Scope: im."""

    def updateColor(
        self,
        *,
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
        CHAT_ID: int = ...,
        DIALOG_ID: str = ...,
    ) -> C:
        """Scope: im."""

    def updateTitle(self, *, TITLE: str, CHAT_ID: int = ..., DIALOG_ID: str = ...) -> C:
        """Scope: im."""

class ImChatUser(Generic[C, R, V]):
    """``im.chat.user``"""

    def add(self, *, CHAT_ID: int, USERS: Array, HIDE_HISTORY: Literal["Y", "N"] = ...) -> C:
        """Scope: im."""

    def delete(self, *, CHAT_ID: int, USER_ID: int) -> C:
        """Scope: im."""

    def list(self, *, CHAT_ID: int) -> V:
        """Scope: im."""
