# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, Order, R, V

class CrmStatus(Generic[C, R, V]):
    """``crm.status``"""

    entity: CrmStatusEntity[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: ENTITY_ID*, STATUS_ID*, NAME*, SORT, COLOR, SEMANTICS.
        """

    def delete(self, *, id: int, params: str = ...) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(self, *, order: Order = ..., filter: Mapping[str, Any] = ...) -> R:
        """Scope: crm."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: NAME, SORT, COLOR.
        """

class CrmStatusEntity(Generic[C, R, V]):
    """``crm.status.entity``"""

    def items(self, *, entityId: str) -> R:
        """Scope: crm."""

    def types(self) -> R:
        """Scope: crm."""
