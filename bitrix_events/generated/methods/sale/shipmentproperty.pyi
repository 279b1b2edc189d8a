# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class SaleShipmentproperty(Generic[C, R, V]):
    """``sale.shipmentproperty``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: personTypeId*, propsGroupId*, name*, type*, code, active, util, userProps,
          isFiltered, sort, description, required, multiple, xmlId, defaultValue, settings,
          isProfileName, isPayer, isEmail, isPhone, isZip, isAddress, isLocation, isLocation4tax,
          inputFieldLocation, isAddressFrom, isAddressTo.
        """

    def delete(self, *, id: int) -> C:
        """Scope: sale."""

    def get(self, *, id: int) -> C:
        """Scope: sale."""

    def getfieldsbytype(
        self,
        *,
        type: Literal["STRING", "Y/N", "NUMBER", "ENUM", "FILE", "DATE", "LOCATION", "ADDRESS"],
    ) -> C:
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

        fields: name*, code, active, util, userProps, isFiltered, sort, description, required,
          multiple, xmlId, defaultValue, settings, isProfileName, isPayer, isEmail, isPhone,
          isZip, isAddress, isLocation, isLocation4tax, inputFieldLocation, isAddressFrom,
          isAddressTo.
        """
