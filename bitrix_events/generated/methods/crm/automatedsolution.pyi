# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class CrmAutomatedsolution(Generic[C, R, V]):
    """``crm.automatedsolution``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: title*, typeIds.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        order: Mapping[str, Any] = ...,
        filter: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm.

        order: id, title.
        filter: id, title.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: title, typeIds.
        """
