# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CatalogPriceType(Generic[C, R, V]):
    """``catalog.priceType``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: name*, base, sort, xmlId.
        """

    def delete(self, *, id: int) -> C:
        """Scope: catalog."""

    def get(self, *, id: int) -> C:
        """Scope: catalog."""

    def getFields(self) -> C:
        """Scope: catalog."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: catalog."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: name*, base, sort, xmlId.
        """
