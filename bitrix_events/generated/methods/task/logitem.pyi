# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class TaskLogitem(Generic[C, R, V]):
    """``task.logitem``"""

    @deprecated("use tasks.task.history.list")
    def list(self, *, ID: Any) -> R:
        """Scope: task."""
