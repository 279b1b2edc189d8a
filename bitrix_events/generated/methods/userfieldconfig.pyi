# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class Userfieldconfig(Generic[C, R, V]):
    """``userfieldconfig``"""

    def add(self, *, moduleId: str, field: Mapping[str, Any]) -> C:
        """Scope: userfieldconfig or crm.

        field: entityId*, fieldName*, userTypeId*, xmlId, sort, multiple, mandatory, showFilter,
          editInList, isSearchable, settings, editFormLabel, helpMessage, enum.
        """

    def delete(self, *, moduleId: str, id: int) -> C:
        """Scope: userfieldconfig or crm."""

    def get(self, *, moduleId: str, id: int) -> C:
        """Scope: userfieldconfig or crm."""

    def getTypes(self, *, moduleId: str) -> C:
        """Scope: userfieldconfig or crm."""

    def list(
        self,
        *,
        moduleId: str,
        select: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
        filter: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: userfieldconfig or crm.

        select: language, id, entityId, fieldName, userTypeId, xmlId, sort, multiple, mandatory,
          showFilter, showInList, editInList, isSearchable, settings, languageId.
        order: id, userTypeId, xmlId.
        filter: id, fieldName, userTypeId, xmlId, sort, multiple, mandatory, showFilter,
          showInList, editInList, isSearchable.
        """

    def update(self, *, moduleId: str, id: int, field: Mapping[str, Any] = ...) -> C:
        """Scope: userfieldconfig or crm.

        field: xmlId, sort, mandatory, showFilter, isSearchable, editFormLabel, helpMessage,
          settings, enum, userTypeId.
        """
