# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class SalePropertyvalue(Generic[C, R, V]):
    """``sale.propertyvalue``"""

    def delete(self, *, id: int) -> C:
        """Scope: sale."""

    def get(self, *, id: int) -> C:
        """Scope: sale."""

    def getfields(self) -> C:
        """Scope: sale."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: sale."""

    def modify(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: order*.
        """
