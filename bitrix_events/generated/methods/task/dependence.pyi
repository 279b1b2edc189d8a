# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class TaskDependence(Generic[C, R, V]):
    """``task.dependence``"""

    def add(self, *, taskIdFrom: int, taskIdTo: int, linkType: Literal[0, 1, 2, 3]) -> C:
        """Scope: task."""

    def delete(self, *, taskIdFrom: int, taskIdTo: int) -> C:
        """Scope: task."""
