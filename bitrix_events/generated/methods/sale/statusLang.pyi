# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class SaleStatusLang(Generic[C, R, V]):
    """``sale.statusLang``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: statusId*, lid*, name*, description.
        """

    def deleteByFilter(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: statusId*, lid*, name*.
        """

    def getFields(self) -> C:
        """Scope: sale."""

    def getListLangs(self) -> R:
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
