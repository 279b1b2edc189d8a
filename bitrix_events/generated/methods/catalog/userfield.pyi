# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CatalogUserfield(Generic[C, R, V]):
    """``catalog.userfield``"""

    document: CatalogUserfieldDocument[C, R, V]

class CatalogUserfieldDocument(Generic[C, R, V]):
    """``catalog.userfield.document``"""

    def list(
        self,
        *,
        select: Array,
        filter: Mapping[str, Any],
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: catalog."""

    def update(self, *, documentId: int, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: documentType*, fieldN.
        """
