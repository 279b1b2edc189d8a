# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class SaleTradePlatform(Generic[C, R, V]):
    """``sale.tradePlatform``"""

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
