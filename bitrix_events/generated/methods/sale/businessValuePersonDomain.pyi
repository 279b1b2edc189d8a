# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class SaleBusinessValuePersonDomain(Generic[C, R, V]):
    """``sale.businessValuePersonDomain``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: personTypeId*, domain*.
        """

    def deleteByFilter(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: personTypeId*, domain*.
        """

    def getFields(self) -> C:
        """Scope: sale."""

    def list(
        self,
        *,
        select: Sequence[Literal["personTypeId", "domain"]] = ...,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: sale.

        filter: personTypeId, domain.
        order: personTypeId, domain.
        """
