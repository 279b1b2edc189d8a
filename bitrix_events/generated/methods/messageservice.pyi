# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class Messageservice(Generic[C, R, V]):
    """``messageservice``"""

    message: MessageserviceMessage[C, R, V]
    sender: MessageserviceSender[C, R, V]

class MessageserviceMessage(Generic[C, R, V]):
    """``messageservice.message``"""

    status: MessageserviceMessageStatus[C, R, V]

class MessageserviceMessageStatus(Generic[C, R, V]):
    """``messageservice.message.status``"""

    def update(
        self,
        *,
        CODE: str,
        MESSAGE_ID: str,
        STATUS: Literal["queued", "sent", "delivered", "undelivered", "failed"],
    ) -> C:
        """Scope: messageservice."""

class MessageserviceSender(Generic[C, R, V]):
    """``messageservice.sender``"""

    def add(
        self,
        *,
        CODE: str,
        TYPE: Literal["SMS"],
        HANDLER: str,
        NAME: str | Mapping[str, Any],
        DESCRIPTION: str | Mapping[str, Any] = ...,
    ) -> C:
        """Scope: messageservice."""

    def delete(self, *, CODE: str) -> C:
        """Scope: messageservice."""

    def list(self) -> V:
        """Scope: messageservice."""

    def update(
        self,
        *,
        CODE: str,
        HANDLER: str = ...,
        NAME: str | Mapping[str, Any] = ...,
        DESCRIPTION: str | Mapping[str, Any] = ...,
    ) -> C:
        """Scope: messageservice.

        Needs HANDLER or NAME or DESCRIPTION.
        """
