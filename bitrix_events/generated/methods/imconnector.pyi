# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class Imconnector(Generic[C, R, V]):
    """``imconnector``"""

    chat: ImconnectorChat[C, R, V]
    connector: ImconnectorConnector[C, R, V]
    delete: ImconnectorDelete[C, R, V]
    send: ImconnectorSend[C, R, V]
    update: ImconnectorUpdate[C, R, V]

    def activate(self, *, CONNECTOR: str, LINE: int, ACTIVE: str) -> C:
        """Scope: imopenlines."""

    def list(self) -> C:
        """Scope: imopenlines."""

    def register(
        self,
        *,
        ID: str,
        NAME: str,
        ICON: Mapping[str, Any],
        PLACEMENT_HANDLER: str,
        ICON_DISABLED: Mapping[str, Any] = ...,
        DEL_EXTERNAL_MESSAGES: bool = ...,
        EDIT_INTERNAL_MESSAGES: bool = ...,
        DEL_INTERNAL_MESSAGES: bool = ...,
        NEWSLETTER: bool = ...,
        NEED_SYSTEM_MESSAGES: bool = ...,
        NEED_SIGNATURE: bool = ...,
        CHAT_GROUP: bool = ...,
    ) -> C:
        """Scope: imopenlines.

        ICON: DATA_IMAGE*, COLOR, SIZE, POSITION.
        ICON_DISABLED: DATA_IMAGE, COLOR, SIZE, POSITION.
        """

    def status(self, *, CONNECTOR: str, LINE: int = ...) -> C:
        """Scope: imopenlines."""

    def unregister(self, *, ID: str) -> C:
        """Scope: imopenlines."""

class ImconnectorChat(Generic[C, R, V]):
    """``imconnector.chat``"""

    name: ImconnectorChatName[C, R, V]

class ImconnectorChatName(Generic[C, R, V]):
    """``imconnector.chat.name``"""

    def set(self, *, CONNECTOR: str, LINE: int, CHAT_ID: str, NAME: str, USER_ID: str = ...) -> C:
        """Scope: imconnector."""

class ImconnectorConnector(Generic[C, R, V]):
    """``imconnector.connector``"""

    data: ImconnectorConnectorData[C, R, V]

class ImconnectorConnectorData(Generic[C, R, V]):
    """``imconnector.connector.data``"""

    def set(self, *, CONNECTOR: str, LINE: int, DATA: Mapping[str, Any]) -> C:
        """Scope: imopenlines.

        DATA: ID, URL, URL_IM, NAME.
        """

class ImconnectorDelete(Generic[C, R, V]):
    """``imconnector.delete``"""

    def messages(self, *, CONNECTOR: str, LINE: int, MESSAGES: Array) -> C:
        """Scope: imopenlines.

        MESSAGES: user, message, chat.
        """

class ImconnectorSend(Generic[C, R, V]):
    """``imconnector.send``"""

    status: ImconnectorSendStatus[C, R, V]

    def messages(self, *, CONNECTOR: str, LINE: int, MESSAGES: Array) -> C:
        """Scope: imopenlines.

        MESSAGES: user, message, chat.
        """

class ImconnectorSendStatus(Generic[C, R, V]):
    """``imconnector.send.status``"""

    def delivery(self, *, CONNECTOR: str, LINE: int, MESSAGES: Array) -> C:
        """Scope: imopenlines.

        MESSAGES: im, message, chat.
        """

    def reading(self, *, CONNECTOR: str, LINE: int, MESSAGES: Array) -> C:
        """Scope: imopenlines.

        MESSAGES: im, message, chat.
        """

class ImconnectorUpdate(Generic[C, R, V]):
    """``imconnector.update``"""

    def messages(self, *, CONNECTOR: str, LINE: int, MESSAGES: Array) -> C:
        """Scope: imopenlines.

        MESSAGES: user, message, chat.
        """
