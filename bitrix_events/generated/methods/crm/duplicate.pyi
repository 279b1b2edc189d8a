# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Sequence
from typing import Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class CrmDuplicate(Generic[C, R, V]):
    """``crm.duplicate``"""

    volatileType: CrmDuplicateVolatileType[C, R, V]

    def findbycomm(
        self,
        *,
        type: Literal["EMAIL", "PHONE"],
        values: Sequence[str],
        entity_type: Literal["LEAD", "CONTACT", "COMPANY"] = ...,
    ) -> C:
        """Scope: crm."""

class CrmDuplicateVolatileType(Generic[C, R, V]):
    """``crm.duplicate.volatileType``"""

    def fields(self, *, entityTypeId: Literal[1, 3, 4] = ...) -> R:
        """Scope: crm."""

    def list(self) -> R:
        """Scope: crm."""

    def register(self, *, entityTypeId: Literal[1, 3, 4], fieldCode: str) -> C:
        """Scope: crm."""

    def unregister(self, *, id: int) -> C:
        """Scope: crm."""
