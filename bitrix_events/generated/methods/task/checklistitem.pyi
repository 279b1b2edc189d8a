# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class TaskChecklistitem(Generic[C, R, V]):
    """``task.checklistitem``"""

    def add(self, *, TASKID: int, FIELDS: Mapping[str, Any]) -> C:
        """Scope: task.

        FIELDS: TITLE*, SORT_INDEX, IS_COMPLETE, IS_IMPORTANT, MEMBERS, PARENT_ID.
        """

    def complete(self, *, TASKID: int, ITEMID: int) -> C:
        """Scope: task."""

    def delete(self, *, TASKID: int, ITEMID: int) -> C:
        """Scope: task."""

    def get(self, *, TASKID: int, ITEMID: int) -> C:
        """Scope: task."""

    def getlist(self, *, TASKID: int, ORDER: Mapping[str, Any] = ...) -> R:
        """Scope: task.

        ORDER: ID, PARENT_ID, CREATED_BY, TITLE, SORT_INDEX, IS_COMPLETE, IS_IMPORTANT,
          TOGGLED_BY, TOGGLED_DATE.
        """

    def getmanifest(self) -> C:
        """Scope: task."""

    def isactionallowed(self, *, TASKID: int, ITEMID: int, ACTIONID: Literal[1, 2, 3, 4, 5]) -> C:
        """Scope: task."""

    def moveafteritem(self, *, TASKID: int, ITEMID: int, AFTERITEMID: int) -> C:
        """Scope: task."""

    def renew(self, *, TASKID: int, ITEMID: int) -> C:
        """Scope: task."""

    def update(self, *, TASKID: int, ITEMID: int, FIELDS: Mapping[str, Any]) -> C:
        """Scope: task.

        FIELDS: TITLE, SORT_INDEX, IS_COMPLETE, IS_IMPORTANT, MEMBERS, PARENT_ID.
        """
