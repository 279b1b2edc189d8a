# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, Order, R, V

class CrmType(Generic[C, R, V]):
    """``crm.type``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: title*, entityTypeId, relations, isUseInUserfieldEnabled, linkedUserFields,
          isAutomationEnabled, isBeginCloseDatesEnabled, isBizProcEnabled, isCategoriesEnabled,
          isClientEnabled, isDocumentsEnabled, isLinkWithProductsEnabled, isMycompanyEnabled,
          isObserversEnabled, isRecyclebinEnabled, isSetOpenPermissions, isSourceEnabled,
          isStagesEnabled, isExternal, customSectionId, customSections.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def getByEntityTypeId(self, *, entityTypeId: int) -> C:
        """Scope: crm."""

    def list(self, *, order: Order = ..., filter: Mapping[str, Any] = ..., start: int = ...) -> R:
        """Scope: crm."""

    def update(self, *, id: int, fields: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        fields: title, relations, isUseInUserfieldEnabled, linkedUserFields, isAutomationEnabled,
          isBeginCloseDatesEnabled, isBizProcEnabled, isCategoriesEnabled, isClientEnabled,
          isDocumentsEnabled, isLinkWithProductsEnabled, isMycompanyEnabled, isObserversEnabled,
          isRecyclebinEnabled, isSetOpenPermissions, isSourceEnabled, isStagesEnabled, isExternal,
          customSectionId, customSections.
        """
