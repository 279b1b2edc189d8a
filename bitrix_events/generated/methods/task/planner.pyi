# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V

class TaskPlanner(Generic[C, R, V]):
    """``task.planner``"""

    def getlist(self) -> V:
        """Scope: task."""
