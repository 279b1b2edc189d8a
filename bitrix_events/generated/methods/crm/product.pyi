# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, R, V

class CrmProduct(Generic[C, R, V]):
    """``crm.product``"""

    property: CrmProductProperty[C, R, V]

    @deprecated("use catalog.product.add")
    def add(self, *, fields: Array = ...) -> C:
        """Scope: crm."""

    @deprecated("use catalog.product.delete")
    def delete(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("use catalog.product.getFieldsByFilter")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("use catalog.product.get")
    def get(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("use catalog.product.list")
    def list(self) -> R:
        """Scope: crm."""

    @deprecated("use catalog.product.update")
    def update(self, *, id: int = ..., fields: Array = ...) -> C:
        """Scope: crm."""

class CrmProductProperty(Generic[C, R, V]):
    """``crm.product.property``"""

    enumeration: CrmProductPropertyEnumeration[C, R, V]
    settings: CrmProductPropertySettings[C, R, V]

    @deprecated("use catalog.productProperty.add")
    def add(self, *, fields: Array = ...) -> C:
        """Scope: crm."""

    @deprecated("use catalog.productProperty.delete")
    def delete(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("use catalog.productProperty.getFields")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("use catalog.productProperty.get")
    def get(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("use catalog.productProperty.list")
    def list(self, *, order: Any = ..., filter: Any = ...) -> R:
        """Scope: crm."""

    @deprecated("use catalog.productPropertyFeature.*")
    def types(self) -> C:
        """Scope: crm."""

    @deprecated("use catalog.productProperty.update")
    def update(self, *, id: int = ..., fields: Array = ...) -> C:
        """Scope: crm."""

class CrmProductPropertyEnumeration(Generic[C, R, V]):
    """``crm.product.property.enumeration``"""

    @deprecated("use catalog.productPropertyEnum.*")
    def fields(self) -> C:
        """Scope: crm."""

class CrmProductPropertySettings(Generic[C, R, V]):
    """``crm.product.property.settings``"""

    @deprecated("use catalog.productPropertyFeature.*")
    def fields(self, *, propertyType: Any = ..., userType: Any = ...) -> C:
        """Scope: crm."""
