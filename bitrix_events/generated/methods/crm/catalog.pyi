# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class CrmCatalog(Generic[C, R, V]):
    """``crm.catalog``"""

    @deprecated("use catalog.catalog.getFields")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("use catalog.catalog.get")
    def get(self, *, id: int) -> C:
        """Scope: crm."""

    @deprecated("use catalog.catalog.list")
    def list(self) -> R:
        """Scope: crm."""
