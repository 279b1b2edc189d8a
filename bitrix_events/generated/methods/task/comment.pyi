# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class TaskComment(Generic[C, R, V]):
    """``task.comment``"""

    @deprecated("use tasks.task.chat.message.send")
    def add(self, *, TASKID: Any = ..., COMMENTTEXT: Any = ...) -> C:
        """Scope: task."""
