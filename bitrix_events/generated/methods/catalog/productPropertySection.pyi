# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, Order, R, V

class CatalogProductPropertySection(Generic[C, R, V]):
    """``catalog.productPropertySection``"""

    def get(self, *, propertyId: int) -> C:
        """Scope: catalog."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "displayExpanded",
                "displayType",
                "filterHint",
                "propertyId",
                "smartFilter",
            ]
        ] = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: catalog."""

    def set(self, *, propertyId: int, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: smartFilter, displayType, displayExpanded, filterHint.
        """
