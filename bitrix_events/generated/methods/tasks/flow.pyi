# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class TasksFlow(Generic[C, R, V]):
    """``tasks.flow``"""

    Flow: TasksFlowFlow[C, R, V]

class TasksFlowFlow(Generic[C, R, V]):
    """``tasks.flow.Flow``"""

    def activate(self, *, flowId: int) -> C:
        """Scope: task."""

    def create(self, *, flowData: Mapping[str, Any]) -> C:
        """Scope: task.

        flowData: name*, description, groupId, ownerId, templateId, plannedCompletionTime*,
          distributionType*, responsibleList*, taskCreators, matchWorkTime,
          responsibleCanChangeDeadline, notifyAtHalfTime, taskControl, notifyOnQueueOverflow,
          notifyOnTasksInProgressOverflow, notifyWhenEfficiencyDecreases.
        """

    def delete(self, *, flowData: Mapping[str, Any]) -> C:
        """Scope: task.

        flowData: id*.
        """

    def get(self, *, flowId: int) -> C:
        """Scope: task."""

    def isExists(self, *, flowData: Mapping[str, Any], name: str, id: int = ...) -> C:
        """Scope: task."""

    def pin(self, *, flowId: int) -> C:
        """Scope: task."""

    def update(self, *, flowData: Mapping[str, Any]) -> C:
        """Scope: task.

        flowData: id*, name, description, groupId, ownerId, templateId, plannedCompletionTime*,
          distributionType*, responsibleList*, taskCreators, matchWorkTime,
          responsibleCanChangeDeadline, notifyAtHalfTime, taskControl, notifyOnQueueOverflow,
          notifyOnTasksInProgressOverflow, notifyWhenEfficiencyDecreases.
        """
