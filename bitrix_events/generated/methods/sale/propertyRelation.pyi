# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class SalePropertyRelation(Generic[C, R, V]):
    """``sale.propertyRelation``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: entityId*, entityType*, propertyId*.
        """

    def deleteByFilter(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: entityId*, entityType*, propertyId*.
        """

    def getFields(self) -> C:
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
