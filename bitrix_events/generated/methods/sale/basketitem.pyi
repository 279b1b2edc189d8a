# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class SaleBasketitem(Generic[C, R, V]):
    """``sale.basketitem``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: orderId*, sort, productid*, price, basePrice, discountPrice, currency*,
          customPrice, quantity*, xmlId, name*, weight, dimensions, measureCode, measureName,
          canBuy, vatRate, vatIncluded, catalogXmlId, productXmlId.
        """

    def addCatalogProduct(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: orderId*, sort, productid*, price, basePrice, discountPrice, currency*,
          customPrice, quantity*, xmlId, name*.
        """

    def delete(self, *, id: int) -> C:
        """Scope: sale."""

    def get(self, *, id: int) -> C:
        """Scope: sale."""

    def getFields(self) -> C:
        """Scope: sale."""

    def getFieldsCatalogProduct(self) -> C:
        """Scope: sale."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: sale."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: sort, price, basePrice, discountPrice, quantity, xmlId, name, weight, dimensions,
          measureCode, measureName, canBuy, vatRate, vatIncluded, catalogXmlId, productXmlId.
        """

    def updateCatalogProduct(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: sort, quantity*, xmlId.
        """
