# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CatalogSection(Generic[C, R, V]):
    """``catalog.section``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: iblockId*, iblockSectionId, name*, xmlId, code, sort, active, description,
          descriptionType.
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

        fields: iblockId*, iblockSectionId, name*, xmlId, code, sort, active, description,
          descriptionType.
        """
