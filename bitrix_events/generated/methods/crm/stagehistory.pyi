# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, Order, R, V

class CrmStagehistory(Generic[C, R, V]):
    """``crm.stagehistory``"""

    def list(
        self,
        *,
        entityTypeId: Literal[1, 2, 5, 31] = ...,
        order: Order = ...,
        filter: Mapping[str, Any] = ...,
        select: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm."""
