# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, R, V

class CrmDealcategory(Generic[C, R, V]):
    """``crm.dealcategory``"""

    default: CrmDealcategoryDefault[C, R, V]
    stage: CrmDealcategoryStage[C, R, V]

    @deprecated("use crm.category.add")
    def add(self, *, fields: Array = ...) -> C:
        """Scope: crm."""

    @deprecated("use crm.category.delete")
    def delete(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("use crm.category.fields")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("use crm.category.get")
    def get(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("use crm.category.list")
    def list(self) -> R:
        """Scope: crm."""

    @deprecated("use crm.category.*")
    def status(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("use crm.category.update")
    def update(self, *, id: int = ..., fields: Array = ...) -> C:
        """Scope: crm."""

class CrmDealcategoryDefault(Generic[C, R, V]):
    """``crm.dealcategory.default``"""

    @deprecated("use crm.category.*")
    def get(self) -> C:
        """Scope: crm."""

    @deprecated("use crm.category.*")
    def set(self, *, name: str = ...) -> C:
        """Scope: crm."""

class CrmDealcategoryStage(Generic[C, R, V]):
    """``crm.dealcategory.stage``"""

    @deprecated("use crm.category.*")
    def list(self, *, id: int = ...) -> R:
        """Scope: crm."""
