# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Event(Generic[C, R, V]):
    """``event``"""

    offline: EventOffline[C, R, V]

    def bind(
        self,
        *,
        event: str,
        handler: str,
        auth_type: int = ...,
        event_type: Literal["online", "offline"] = ...,
        auth_connector: str = ...,
        options: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: basic."""

    def get(self) -> R:
        """Scope: basic."""

    def test(self, **others: Any) -> C:
        """Scope: basic."""

    def unbind(
        self,
        *,
        event: str,
        handler: str,
        auth_type: int = ...,
        event_type: Literal["online", "offline"] = ...,
    ) -> C:
        """Scope: basic."""

class EventOffline(Generic[C, R, V]):
    """``event.offline``"""

    def clear(self, *, process_id: str, id: Array = ..., message_id: Array = ...) -> C:
        """Scope: basic."""

    def error(self, *, process_id: str, message_id: Array = ...) -> C:
        """Scope: basic."""

    def get(
        self,
        *,
        filter: Array = ...,
        order: Array = ...,
        limit: int = ...,
        clear: Literal[0, 1] = ...,
        process_id: str = ...,
        auth_connector: str = ...,
        error: Literal[0, 1] = ...,
    ) -> R:
        """Scope: basic."""

    def list(
        self,
        *,
        filter: Array = ...,
        order: Array = ...,
        start: int = ...,
        auth_connector: str = ...,
    ) -> R:
        """Scope: basic."""
