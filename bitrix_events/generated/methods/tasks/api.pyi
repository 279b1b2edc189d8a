# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class TasksApi(Generic[C, R, V]):
    """``tasks.api``"""

    scrum: TasksApiScrum[C, R, V]

class TasksApiScrum(Generic[C, R, V]):
    """``tasks.api.scrum``"""

    backlog: TasksApiScrumBacklog[C, R, V]
    epic: TasksApiScrumEpic[C, R, V]
    kanban: TasksApiScrumKanban[C, R, V]
    sprint: TasksApiScrumSprint[C, R, V]
    task: TasksApiScrumTask[C, R, V]

class TasksApiScrumBacklog(Generic[C, R, V]):
    """``tasks.api.scrum.backlog``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: groupId*, createdBy*, modifiedBy.
        """

    def delete(self, *, id: int) -> C:
        """Scope: task."""

    def get(self, *, id: int) -> C:
        """Scope: task."""

    def getFields(self) -> C:
        """Scope: task."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: groupId, createdBy, modifiedBy.
        """

class TasksApiScrumEpic(Generic[C, R, V]):
    """``tasks.api.scrum.epic``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: name*, description, groupId*, color, files, createdBy, modifiedBy.
        """

    def delete(self, *, id: int) -> C:
        """Scope: task."""

    def get(self, *, id: int) -> C:
        """Scope: task."""

    def getFields(self) -> C:
        """Scope: task."""

    def list(
        self,
        *,
        order: Order = ...,
        filter: Array = ...,
        select: Array = ...,
        start: int = ...,
    ) -> R:
        """Scope: task."""

    def update(self, *, id: int, fields: Array) -> C:
        """Scope: task.

        fields: name*, description, groupId*, color, files.
        """

class TasksApiScrumKanban(Generic[C, R, V]):
    """``tasks.api.scrum.kanban``"""

    def addStage(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: sprintId*, name*, type, sort, color.
        """

    def addTask(self, *, sprintId: int, taskId: int, stageId: int) -> C:
        """Scope: task."""

    def deleteStage(self, *, stageId: int) -> C:
        """Scope: task."""

    def deleteTask(self, *, sprintId: int, taskId: int) -> C:
        """Scope: task."""

    def getFields(self) -> C:
        """Scope: task."""

    def getStages(self, *, sprintId: int) -> R:
        """Scope: task."""

    def updateStage(self, *, stageId: int, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: sprintId, name, type, sort, color.
        """

class TasksApiScrumSprint(Generic[C, R, V]):
    """``tasks.api.scrum.sprint``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: groupId*, name*, sort, dateStart, dateEnd, status.
        """

    def complete(self, *, id: int) -> C:
        """Scope: task."""

    def delete(self, *, id: int) -> C:
        """Scope: task."""

    def get(self, *, sprintId: int) -> C:
        """Scope: task."""

    def getFields(self) -> C:
        """Scope: task."""

    def list(
        self,
        *,
        order: Mapping[str, Any] = ...,
        filter: Mapping[str, Any] = ...,
        select: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: task.

        order: ID, GROUP_ID, ENTITY_TYPE, NAME, SORT, CREATED_BY, MODIFIED_BY, DATE_START,
          DATE_END, STATUS, INFO.
        filter: ID, GROUP_ID, ENTITY_TYPE, NAME, SORT, CREATED_BY, MODIFIED_BY, DATE_START,
          DATE_END, STATUS, INFO.
        """

    def start(self, *, id: int) -> C:
        """Scope: task."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: groupId, name, sort, dateStart, dateEnd, status.
        """

class TasksApiScrumTask(Generic[C, R, V]):
    """``tasks.api.scrum.task``"""

    def get(self, *, id: int) -> C:
        """Scope: task."""

    def getFields(self) -> C:
        """Scope: task."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: entityId, storyPoints, epicId, sort.
        """
