# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, Order, R, V

class ImbotV2(Generic[C, R, V]):
    """``imbot.v2``"""

    Bot: ImbotV2Bot[C, R, V]
    Chat: ImbotV2Chat[C, R, V]
    Command: ImbotV2Command[C, R, V]
    Event: ImbotV2Event[C, R, V]
    File: ImbotV2File[C, R, V]
    Revision: ImbotV2Revision[C, R, V]

class ImbotV2Bot(Generic[C, R, V]):
    """``imbot.v2.Bot``"""

    def get(self, *, botId: int = ..., code: str = ..., botToken: str = ...) -> C:
        """Scope: imbot.

        Needs botId or code.
        """

    def list(
        self,
        *,
        botToken: str = ...,
        filter: Mapping[str, Any] = ...,
        limit: int = ...,
        offset: int = ...,
    ) -> R:
        """Scope: imbot.

        filter: type.
        """

    def register(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: imbot.

        fields: code*, botToken, properties*, type, eventMode, webhookUrl, isHidden,
          isReactionsEnabled, isSupportOpenline, backgroundId.
        """

    def unregister(self, *, botId: int, botToken: str = ...) -> C:
        """Scope: imbot."""

    def update(self, *, botId: int, fields: Mapping[str, Any], botToken: str = ...) -> C:
        """Scope: imbot.

        fields: properties, isHidden, isReactionsEnabled, isSupportOpenline, backgroundId,
          eventMode, webhookUrl, botToken.
        """

class ImbotV2Chat(Generic[C, R, V]):
    """``imbot.v2.Chat``"""

    InputAction: ImbotV2ChatInputAction[C, R, V]
    Manager: ImbotV2ChatManager[C, R, V]
    Message: ImbotV2ChatMessage[C, R, V]
    TextField: ImbotV2ChatTextField[C, R, V]
    User: ImbotV2ChatUser[C, R, V]

    def add(self, *, botId: int, botToken: str = ..., fields: Mapping[str, Any] = ...) -> C:
        """Scope: imbot.

        fields: title, description, color, avatar, userIds, ownerId, message.
        """

    def get(self, *, botId: int, dialogId: str, botToken: str = ...) -> C:
        """Scope: imbot."""

    def leave(self, *, botId: int, dialogId: str, botToken: str = ...) -> C:
        """Scope: imbot."""

    def setOwner(self, *, botId: int, dialogId: str, userId: int, botToken: str = ...) -> C:
        """Scope: imbot."""

    def update(
        self,
        *,
        botId: int,
        dialogId: str,
        fields: Mapping[str, Any],
        botToken: str = ...,
    ) -> C:
        """Scope: imbot.

        fields: title, description, color, avatar.
        """

class ImbotV2ChatInputAction(Generic[C, R, V]):
    """``imbot.v2.Chat.InputAction``"""

    def notify(
        self,
        *,
        botId: int,
        dialogId: str,
        botToken: str = ...,
        statusMessageCode: str = ...,
        duration: int = ...,
    ) -> C:
        """Scope: imbot."""

class ImbotV2ChatManager(Generic[C, R, V]):
    """``imbot.v2.Chat.Manager``"""

    def add(self, *, botId: int, dialogId: str, userIds: Sequence[int], botToken: str = ...) -> C:
        """Scope: imbot."""

    def delete(
        self,
        *,
        botId: int,
        dialogId: str,
        userIds: Sequence[int],
        botToken: str = ...,
    ) -> C:
        """Scope: imbot."""

class ImbotV2ChatMessage(Generic[C, R, V]):
    """``imbot.v2.Chat.Message``"""

    Reaction: ImbotV2ChatMessageReaction[C, R, V]

    def delete(self, *, botId: int, messageId: int, botToken: str = ..., complete: bool = ...) -> C:
        """Scope: imbot."""

    def get(self, *, botId: int, messageId: int, botToken: str = ...) -> C:
        """Scope: imbot."""

    def getContext(self, *, botId: int, messageId: int, botToken: str = ..., range: int = ...) -> R:
        """Scope: imbot."""

    def read(self, *, botId: int, dialogId: str, botToken: str = ..., messageId: int = ...) -> C:
        """Scope: imbot."""

    def send(
        self,
        *,
        botId: int,
        dialogId: str,
        botToken: str = ...,
        fields: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: imbot.

        fields: message, attach, keyboard, system, urlPreview, replyId, templateId, forwardIds.
        """

    def update(
        self,
        *,
        botId: int,
        messageId: int,
        fields: Mapping[str, Any],
        botToken: str = ...,
    ) -> C:
        """Scope: imbot.

        fields: message, attach, keyboard, urlPreview.
        """

class ImbotV2ChatMessageReaction(Generic[C, R, V]):
    """``imbot.v2.Chat.Message.Reaction``"""

    def add(self, *, botId: int, messageId: int, reaction: str, botToken: str = ...) -> C:
        """Scope: imbot."""

    def delete(self, *, botId: int, messageId: int, reaction: str, botToken: str = ...) -> C:
        """Scope: imbot."""

class ImbotV2ChatTextField(Generic[C, R, V]):
    """``imbot.v2.Chat.TextField``"""

    def enabled(self, *, botId: int, dialogId: str, botToken: str = ..., enabled: bool = ...) -> C:
        """Scope: imbot."""

class ImbotV2ChatUser(Generic[C, R, V]):
    """``imbot.v2.Chat.User``"""

    def add(self, *, botId: int, dialogId: str, userIds: Sequence[int], botToken: str = ...) -> C:
        """Scope: imbot."""

    def delete(self, *, botId: int, dialogId: str, userId: int, botToken: str = ...) -> C:
        """Scope: imbot."""

    def list(
        self,
        *,
        botId: int,
        dialogId: str,
        botToken: str = ...,
        order: Order = ...,
        limit: int = ...,
    ) -> R:
        """Scope: imbot."""

class ImbotV2Command(Generic[C, R, V]):
    """``imbot.v2.Command``"""

    def answer(
        self,
        *,
        botId: int,
        commandId: int,
        messageId: int,
        dialogId: str,
        botToken: str = ...,
        fields: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: imbot.

        fields: message, attach, keyboard, system, urlPreview.
        """

    def list(self, *, botId: int, botToken: str = ...) -> R:
        """Scope: imbot."""

    def register(self, *, botId: int, fields: Mapping[str, Any], botToken: str = ...) -> C:
        """Scope: imbot.

        fields: command*, title, params, common, hidden, extranetSupport.
        """

    def unregister(self, *, botId: int, commandId: int, botToken: str = ...) -> C:
        """Scope: imbot."""

    def update(
        self,
        *,
        botId: int,
        commandId: int,
        fields: Mapping[str, Any],
        botToken: str = ...,
    ) -> C:
        """Scope: imbot.

        fields: command, title, params, common, hidden, extranetSupport.
        """

class ImbotV2Event(Generic[C, R, V]):
    """``imbot.v2.Event``"""

    def get(
        self,
        *,
        botId: int,
        botToken: str = ...,
        offset: int = ...,
        limit: int = ...,
        withUserEvents: bool = ...,
    ) -> R:
        """Scope: imbot."""

class ImbotV2File(Generic[C, R, V]):
    """``imbot.v2.File``"""

    def download(self, *, botId: int, fileId: int, botToken: str = ...) -> C:
        """Scope: imbot."""

    def upload(
        self,
        *,
        botId: int,
        dialogId: str,
        fields: Mapping[str, Any],
        botToken: str = ...,
    ) -> C:
        """Scope: imbot.

        fields: name*, content*, message.
        """

class ImbotV2Revision(Generic[C, R, V]):
    """``imbot.v2.Revision``"""

    def get(self) -> C:
        """Scope: imbot."""
