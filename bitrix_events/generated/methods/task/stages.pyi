# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class TaskStages(Generic[C, R, V]):
    """``task.stages``"""

    def add(self, *, fields: Mapping[str, Any], isAdmin: bool = ...) -> C:
        """Scope: task.

        fields: TITLE*, COLOR, AFTER_ID, ENTITY_ID.
        """

    def canmovetask(self, *, entityId: int, entityType: Literal["U", "G"]) -> C:
        """Scope: task."""

    def delete(self, *, id: int, isAdmin: bool = ...) -> C:
        """Scope: task."""

    def get(self, *, entityId: int, isAdmin: bool = ...) -> V:
        """Scope: task."""

    def movetask(self, *, id: int, stageId: int, before: int = ..., after: int = ...) -> C:
        """Scope: task."""

    def update(self, *, id: int, fields: Array, isAdmin: bool = ...) -> C:
        """Scope: task.

        fields: TITLE, COLOR, AFTER_ID.
        """
