# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CatalogProductProperty(Generic[C, R, V]):
    """``catalog.productProperty``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: iblockId*, name*, propertyType*, active, sort, code, defaultValue, userType,
          rowCount, colCount, listType, multiple, xmlId, fileType, multipleCnt, linkIblockId,
          withDescription, searchable, filtrable, isRequired, hint, userTypeSettings.
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

        fields: iblockId*, name, propertyType, active, sort, code, defaultValue, userType,
          rowCount, colCount, listType, multiple, xmlId, fileType, multipleCnt, linkIblockId,
          withDescription, searchable, filtrable, isRequired, hint, userTypeSettings.
        """
