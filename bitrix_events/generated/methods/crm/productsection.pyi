# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, R, V

class CrmProductsection(Generic[C, R, V]):
    """``crm.productsection``"""

    @deprecated("use catalog.section.add")
    def add(self, *, fields: Array) -> C:
        """Scope: crm."""

    @deprecated("use catalog.section.delete")
    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    @deprecated("use catalog.section.getFields")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("use catalog.section.get")
    def get(self, *, id: int) -> C:
        """Scope: crm."""

    @deprecated("use catalog.section.list")
    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: crm."""

    @deprecated("use catalog.section.update")
    def update(self, *, id: int, fields: Array = ...) -> C:
        """Scope: crm."""
