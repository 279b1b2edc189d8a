# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CrmOrderentity(Generic[C, R, V]):
    """``crm.orderentity``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: orderId*, ownerTypeId*, ownerId*.
        """

    def deleteByFilter(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: orderId*, ownerTypeId*, ownerId*.
        """

    def getFields(self) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm."""
