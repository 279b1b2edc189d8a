# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class CrmPersontype(Generic[C, R, V]):
    """``crm.persontype``"""

    @deprecated("the documentation names no replacement")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def list(self, *, order: Any = ..., filter: Any = ...) -> R:
        """Scope: crm."""
