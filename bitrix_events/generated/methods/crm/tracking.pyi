# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class CrmTracking(Generic[C, R, V]):
    """``crm.tracking``"""

    trace: CrmTrackingTrace[C, R, V]

class CrmTrackingTrace(Generic[C, R, V]):
    """``crm.tracking.trace``"""

    def add(self, *, TRACE: str, ENTITIES: Sequence[Mapping[str, Any]] = ...) -> C:
        """Scope: crm.

        ENTITIES: TYPE*, ID*.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""
