# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CrmVat(Generic[C, R, V]):
    """``crm.vat``"""

    @deprecated("use catalog.vat.add")
    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: ACTIVE, C_SORT, NAME*, RATE*.
        """

    @deprecated("use catalog.vat.delete")
    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    @deprecated("use catalog.vat.getFields")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("use catalog.vat.get")
    def get(self, *, id: int) -> C:
        """Scope: crm."""

    @deprecated("use catalog.vat.list")
    def list(
        self,
        *,
        order: Order = ...,
        filter: Mapping[str, Any] = ...,
        select: Array = ...,
    ) -> R:
        """Scope: crm."""

    @deprecated("use catalog.vat.update")
    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: ACTIVE, C_SORT, NAME*, RATE*.
        """
