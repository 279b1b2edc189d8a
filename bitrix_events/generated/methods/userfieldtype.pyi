# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class Userfieldtype(Generic[C, R, V]):
    """``userfieldtype``"""

    def add(
        self,
        *,
        USER_TYPE_ID: str,
        HANDLER: str,
        TITLE: str = ...,
        DESCRIPTION: str = ...,
        OPTIONS: Array = ...,
    ) -> C:
        """Scope: placement."""

    def delete(self, *, USER_TYPE_ID: str) -> C:
        """Scope: placement."""

    def list(self) -> R:
        """Scope: placement."""

    def update(
        self,
        *,
        USER_TYPE_ID: str,
        HANDLER: str,
        TITLE: str,
        DESCRIPTION: str = ...,
        OPTIONS: Array = ...,
    ) -> C:
        """Scope: placement."""
