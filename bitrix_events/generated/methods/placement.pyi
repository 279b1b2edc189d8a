# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class Placement(Generic[C, R, V]):
    """``placement``"""

    def bind(
        self,
        *,
        PLACEMENT: str,
        HANDLER: str,
        TITLE: str = ...,
        DESCRIPTION: str = ...,
        GROUP_NAME: str = ...,
        LANG_ALL: Mapping[str, Any] = ...,
        OPTIONS: Mapping[str, Any] = ...,
        USER_ID: int = ...,
    ) -> C:
        """Scope: placement."""

    def get(self) -> R:
        """Scope: placement."""

    def list(self, *, SCOPE: str = ..., FULL: bool = ...) -> V:
        """Scope: placement."""

    def unbind(self, *, PLACEMENT: str, HANDLER: str = ..., USER_ID: int = ...) -> C:
        """Scope: placement."""
