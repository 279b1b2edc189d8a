# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class CatalogProductImage(Generic[C, R, V]):
    """``catalog.productImage``"""

    def add(self, *, fields: Mapping[str, Any], fileContent: Array) -> C:
        """Scope: catalog.

        fields: productId*, type.
        """

    def delete(self, *, productId: int, id: int) -> C:
        """Scope: catalog."""

    def get(self, *, productId: int, id: int) -> C:
        """Scope: catalog."""

    def getFields(self) -> C:
        """Scope: catalog."""

    def list(self, *, productId: int, select: Array = ...) -> R:
        """Scope: catalog."""
