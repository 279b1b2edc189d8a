# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class TaskElapseditem(Generic[C, R, V]):
    """``task.elapseditem``"""

    def add(self, *, TASKID: int, ARFIELDS: Mapping[str, Any]) -> C:
        """Scope: task.

        ARFIELDS: SECONDS*, COMMENT_TEXT*, USER_ID.
        """

    def delete(self, *, TASKID: int, ITEMID: int) -> C:
        """Scope: task."""

    def get(self, *, TASKID: int, ITEMID: int) -> R:
        """Scope: task."""

    def getlist(
        self,
        *,
        TASKID: int = ...,
        ORDER: Mapping[str, Any] = ...,
        FILTER: Mapping[str, Any] = ...,
        SELECT: Array = ...,
        PARAMS: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: task.

        ORDER: ID, USER_ID, MINUTES, SECONDS, CREATED_DATE, DATE_START, DATE_STOP.
        FILTER: ID, USER_ID, CREATED_DATE.
        PARAMS: NAV_PARAMS.
        """

    def getmanifest(self) -> C:
        """Scope: task."""

    def isActionAllowed(self, *, TASKID: int, ITEMID: int, ACTIONID: Literal[1, 2, 3]) -> C:
        """Scope: task."""

    def update(self, *, TASKID: int, ITEMID: int, ARFIELDS: Mapping[str, Any]) -> C:
        """Scope: task.

        ARFIELDS: SECONDS*, COMMENT_TEXT*, USER_ID.
        """
