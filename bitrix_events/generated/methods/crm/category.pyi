# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class CrmCategory(Generic[C, R, V]):
    """``crm.category``"""

    def add(self, *, entityTypeId: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: name*, sort, isDefault.
        """

    def delete(self, *, entityTypeId: int, id: int) -> C:
        """Scope: crm."""

    def fields(self, *, entityTypeId: int) -> C:
        """Scope: crm."""

    def get(self, *, entityTypeId: int, id: int) -> C:
        """Scope: crm."""

    def list(self, *, entityTypeId: int) -> R:
        """Scope: crm."""

    def update(self, *, entityTypeId: int, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: name, sort, isDefault.
        """
