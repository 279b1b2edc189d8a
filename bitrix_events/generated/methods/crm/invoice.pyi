# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, R, V

class CrmInvoice(Generic[C, R, V]):
    """``crm.invoice``"""

    recurring: CrmInvoiceRecurring[C, R, V]
    status: CrmInvoiceStatus[C, R, V]
    userfield: CrmInvoiceUserfield[C, R, V]

    @deprecated("the documentation names no replacement")
    def add(self, *, fields: Array = ...) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def delete(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def get(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def getexternallink(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def list(self, *, filter: Any = ..., order: Any = ...) -> R:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def update(self, *, id: int = ..., fields: Array = ...) -> C:
        """Scope: crm."""

class CrmInvoiceRecurring(Generic[C, R, V]):
    """``crm.invoice.recurring``"""

    @deprecated("the documentation names no replacement")
    def add(self, *, fields: Array = ...) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def delete(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def expose(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def get(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def list(self) -> R:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def update(self, *, id: int = ..., fields: Array = ...) -> C:
        """Scope: crm."""

class CrmInvoiceStatus(Generic[C, R, V]):
    """``crm.invoice.status``"""

    @deprecated("the documentation names no replacement")
    def add(self, *, fields: Array) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def get(self, *, id: int) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def list(self) -> R:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def update(self, *, id: int, fields: Array) -> C:
        """Scope: crm."""

class CrmInvoiceUserfield(Generic[C, R, V]):
    """``crm.invoice.userfield``"""

    @deprecated("the documentation names no replacement")
    def add(self, *, fields: Any = ..., LIST: Any = ...) -> C:
        """Scope: crm.

        LIST: VALUE, SORT, DEF, XML_ID, ID, DEL.
        """

    @deprecated("the documentation names no replacement")
    def delete(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def get(self, *, id: int = ...) -> C:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def list(self, *, order: Any = ..., filter: Any = ...) -> R:
        """Scope: crm."""

    @deprecated("the documentation names no replacement")
    def update(self, *, id: Any = ..., fields: Any = ..., LIST: Any = ...) -> C:
        """Scope: crm.

        LIST: VALUE, SORT, DEF, XML_ID, ID, DEL.
        """
