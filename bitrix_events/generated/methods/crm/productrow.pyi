# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class CrmProductrow(Generic[C, R, V]):
    """``crm.productrow``"""

    @deprecated("use crm.item.productrow.fields")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("use crm.item.productrow.list")
    def list(self) -> R:
        """Scope: crm."""
