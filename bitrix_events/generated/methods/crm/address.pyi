# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class CrmAddress(Generic[C, R, V]):
    """``crm.address``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: TYPE_ID*, ENTITY_TYPE_ID*, ENTITY_ID*, ADDRESS_1, ADDRESS_2, CITY, POSTAL_CODE,
          REGION, PROVINCE, COUNTRY, COUNTRY_CODE, LOC_ADDR_ID.
        """

    def delete(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: TYPE_ID*, ENTITY_TYPE_ID*, ENTITY_ID*.
        """

    def fields(self) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm.

        select: TYPE_ID, ENTITY_TYPE_ID, ENTITY_ID, ADDRESS_1, ADDRESS_2, CITY, POSTAL_CODE,
          REGION, PROVINCE, COUNTRY, COUNTRY_CODE, LOC_ADDR_ID, ANCHOR_TYPE_ID, ANCHOR_ID.
        filter: TYPE_ID, ENTITY_TYPE_ID, ENTITY_ID, ADDRESS_1, ADDRESS_2, CITY, POSTAL_CODE,
          REGION, PROVINCE, COUNTRY, COUNTRY_CODE, LOC_ADDR_ID, ANCHOR_TYPE_ID, ANCHOR_ID.
        order: TYPE_ID, ENTITY_TYPE_ID, ENTITY_ID, ADDRESS_1, ADDRESS_2, CITY, POSTAL_CODE,
          REGION, PROVINCE, COUNTRY, COUNTRY_CODE, LOC_ADDR_ID, ANCHOR_TYPE_ID, ANCHOR_ID.
        """

    def update(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: TYPE_ID*, ENTITY_TYPE_ID*, ENTITY_ID*, ADDRESS_1, ADDRESS_2, CITY, POSTAL_CODE,
          REGION, PROVINCE, COUNTRY, COUNTRY_CODE, LOC_ADDR_ID.
        """
