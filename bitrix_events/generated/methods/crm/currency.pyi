# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CrmCurrency(Generic[C, R, V]):
    """``crm.currency``"""

    base: CrmCurrencyBase[C, R, V]
    localizations: CrmCurrencyLocalizations[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: CURRENCY*, BASE, AMOUNT_CNT*, AMOUNT*, SORT, LANG.
        """

    def delete(self, *, id: str) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: str = ...) -> C:
        """Scope: crm."""

    def list(self, *, order: Order = ...) -> R:
        """Scope: crm."""

    def update(self, *, ID: str = ..., fields: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        fields: SORT, AMOUNT_CNT*, AMOUNT*, BASE, LANG.
        """

class CrmCurrencyBase(Generic[C, R, V]):
    """``crm.currency.base``"""

    def get(self) -> C:
        """Scope: crm."""

    def set(self, *, id: str = ...) -> C:
        """Scope: crm."""

class CrmCurrencyLocalizations(Generic[C, R, V]):
    """``crm.currency.localizations``"""

    def delete(self, *, id: str, lids: Array) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: str = ...) -> C:
        """Scope: crm."""

    def set(self, *, id: str, localizations: Mapping[str, Any]) -> C:
        """Scope: crm."""
