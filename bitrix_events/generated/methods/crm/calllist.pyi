# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CrmCalllist(Generic[C, R, V]):
    """``crm.calllist``"""

    items: CrmCalllistItems[C, R, V]

    def add(
        self,
        *,
        ENTITY_TYPE: Literal["CONTACT", "COMPANY"],
        ENTITIES: Sequence[int],
        WEBFORM_ID: int = ...,
    ) -> C:
        """Scope: crm."""

    def get(self, *, ID: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        SELECT: Array = ...,
        FILTER: Mapping[str, Any] = ...,
        ORDER: Order = ...,
    ) -> R:
        """Scope: crm.

        FILTER: ID, CREATED_BY_ID, WEBFORM_ID, ENTITY_TYPE_ID.
        """

    def statuslist(self) -> R:
        """Scope: crm."""

    def update(
        self,
        *,
        LIST_ID: int,
        ENTITY_TYPE: Literal["CONTACT", "COMPANY"],
        ENTITIES: Array,
        WEBFORM_ID: int = ...,
    ) -> C:
        """Scope: crm."""

class CrmCalllistItems(Generic[C, R, V]):
    """``crm.calllist.items``"""

    def get(self, *, LIST_ID: int, FILTER: Mapping[str, Any] = ...) -> R:
        """Scope: crm."""
