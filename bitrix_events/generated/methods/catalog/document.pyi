# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CatalogDocument(Generic[C, R, V]):
    """``catalog.document``"""

    element: CatalogDocumentElement[C, R, V]
    mode: CatalogDocumentMode[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: docType*, currency*, responsibleId*, siteId, dateDocument, title, commentary,
          total, docNumber, createdBy.
        """

    def cancel(self, *, id: int) -> C:
        """Scope: catalog."""

    def cancelList(self, *, documentIds: Sequence[int]) -> C:
        """Scope: catalog."""

    def conduct(self, *, id: int) -> C:
        """Scope: catalog."""

    def conductList(self, *, documentIds: Sequence[int]) -> C:
        """Scope: catalog."""

    @deprecated("use catalog.document.conduct")
    def confirm(self, *, id: int) -> C:
        """Scope: catalog."""

    def delete(self, *, id: int) -> C:
        """Scope: catalog."""

    def deleteList(self, *, documentIds: Sequence[int]) -> C:
        """Scope: catalog."""

    @deprecated("use catalog.document.getFields")
    def fields(self) -> C:
        """Scope: catalog."""

    def getFields(self) -> C:
        """Scope: catalog."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: catalog."""

    @deprecated("use catalog.document.cancel")
    def unconfirm(self, *, id: int) -> C:
        """Scope: catalog."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: responsibleId, dateModify, dateDocument, total, commentary, title, docNumber,
          modifiedBy.
        """

class CatalogDocumentElement(Generic[C, R, V]):
    """``catalog.document.element``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: docId*, elementId*, storeFrom, storeTo, amount, purchasingPrice.
        """

    def delete(self, *, id: int) -> C:
        """Scope: catalog."""

    @deprecated("use catalog.document.element.getFields")
    def fields(self) -> C:
        """Scope: catalog."""

    def getFields(self) -> C:
        """Scope: catalog."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: catalog."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: storeFrom, storeTo, amount, purchasingPrice.
        """

class CatalogDocumentMode(Generic[C, R, V]):
    """``catalog.document.mode``"""

    def status(self) -> C:
        """Scope: catalog."""
