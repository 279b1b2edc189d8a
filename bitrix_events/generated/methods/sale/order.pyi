# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class SaleOrder(Generic[C, R, V]):
    """``sale.order``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: lid*, personTypeId*, currency*, price, discountValue, statusId, empStatusId,
          dateInsert, marked, empMarkedId, reasonMarked, userDescription, additionalInfo,
          comments, responsibleId, recurringId, lockedBy, recountFlag, affiliateId, updated1c,
          orderTopic, xmlId, id1c, version1c, externalOrder, canceled, empCanceledId,
          reasonCanceled, userId.
        """

    def delete(self, *, id: int) -> C:
        """Scope: sale."""

    def get(self, *, id: int) -> C:
        """Scope: sale."""

    def getFields(self) -> C:
        """Scope: sale."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: sale."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: price, discountValue, statusId, empStatusId, dateInsert, marked, empMarkedId,
          reasonMarked, userDescription, additionalInfo, comments, responsibleId, recurringId,
          lockedBy, recountFlag, affiliateId, updated1c, orderTopic, xmlId, id1c, version1c,
          externalOrder, canceled, empCanceledId, reasonCanceled.
        """
