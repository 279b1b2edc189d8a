# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class ImV2(Generic[C, R, V]):
    """``im.v2``"""

    Chat: ImV2Chat[C, R, V]
    Event: ImV2Event[C, R, V]
    File: ImV2File[C, R, V]

class ImV2Chat(Generic[C, R, V]):
    """``im.v2.Chat``"""

    Bot: ImV2ChatBot[C, R, V]

class ImV2ChatBot(Generic[C, R, V]):
    """``im.v2.Chat.Bot``"""

    def sendContext(
        self,
        *,
        dialogId: str = ...,
        context: Mapping[str, Any] = ...,
        **others: Any,
    ) -> C:
        """Scope: im."""

class ImV2Event(Generic[C, R, V]):
    """``im.v2.Event``"""

    def get(self, *, offset: int = ..., limit: int = ...) -> R:
        """Scope: im."""

    def subscribe(self) -> C:
        """Scope: im."""

    def unsubscribe(self) -> C:
        """Scope: im."""

class ImV2File(Generic[C, R, V]):
    """``im.v2.File``"""

    def download(self, *, dialogId: str, fileId: int) -> C:
        """Scope: im."""

    def upload(self, *, dialogId: str, fields: Mapping[str, Any]) -> C:
        """Scope: im.

        fields: name*, content*, message.
        """
