# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class TasksTask(Generic[C, R, V]):
    """``tasks.task``"""

    counters: TasksTaskCounters[C, R, V]
    favorite: TasksTaskFavorite[C, R, V]
    files: TasksTaskFiles[C, R, V]
    history: TasksTaskHistory[C, R, V]
    result: TasksTaskResult[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: TITLE*, RESPONSIBLE_ID*.
        """

    def approve(self, *, taskId: int) -> C:
        """Scope: task."""

    def complete(self, *, taskId: int) -> C:
        """Scope: task."""

    def defer(self, *, taskId: int) -> C:
        """Scope: task."""

    def delegate(self, *, taskId: int, userId: int) -> C:
        """Scope: task."""

    def delete(self, *, taskId: int) -> C:
        """Scope: task."""

    def disapprove(self, *, taskId: int) -> C:
        """Scope: task."""

    def get(self, *, taskId: int = ..., select: Array = ...) -> C:
        """Scope: task."""

    def getFields(self) -> C:
        """Scope: task."""

    def getaccess(self, *, taskId: int, users: Array = ...) -> C:
        """Scope: task."""

    def list(
        self,
        *,
        order: Mapping[str, Any] = ...,
        filter: Mapping[str, Any] = ...,
        select: Array = ...,
        params: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: task.

        order: ID, TITLE, TIME_SPENT_IN_LOGS, DATE_START, CREATED_DATE, CHANGED_DATE, CLOSED_DATE,
          ACTIVITY_DATE, START_DATE_PLAN, END_DATE_PLAN, DEADLINE, REAL_STATUS, STATUS_COMPLETE,
          PRIORITY, MARK, CREATED_BY_LAST_NAME, RESPONSIBLE_LAST_NAME, GROUP_ID, TIME_ESTIMATE,
          ALLOW_CHANGE_DEADLINE, ALLOW_TIME_TRACKING, MATCH_WORK_TIME, FAVORITE, SORTING,
          IS_PINNED, IS_PINNED_IN_GROUP.
        filter: ID, PARENT_ID, GROUP_ID, CREATED_BY, STATUS_CHANGED_BY, PRIORITY, FORUM_TOPIC_ID,
          RESPONSIBLE_ID, TITLE, TAG, REAL_STATUS, STATUS, MARK, SITE_ID, ADD_IN_REPORT,
          DATE_START, DEADLINE, CREATED_DATE, CLOSED_DATE, CHANGED_DATE, ACCOMPLICE, AUDITOR,
          DEPENDS_ON, ONLY_ROOT_TASKS, STAGE_ID, SPRINT_ID, BACKLOG_ID, UF_CRM_TASK.
        params: WITH_RESULT_INFO, WITH_TIMER_INFO, WITH_PARSED_DESCRIPTION.
        """

    def mute(self, *, id: int) -> C:
        """Scope: task."""

    def pause(self, *, taskId: int) -> C:
        """Scope: task."""

    def pin(self, *, id: int) -> C:
        """Scope: task."""

    def renew(self, *, taskId: int) -> C:
        """Scope: task."""

    def start(self, *, taskId: int) -> C:
        """Scope: task."""

    def startwatch(self, *, taskId: int) -> C:
        """Scope: task."""

    def stopwatch(self, *, taskId: int) -> C:
        """Scope: task."""

    def unmute(self, *, id: int) -> C:
        """Scope: task."""

    def unpin(self, *, id: int) -> C:
        """Scope: task."""

    def update(self, *, taskId: int, fields: Mapping[str, Any]) -> C:
        """Scope: task."""

class TasksTaskCounters(Generic[C, R, V]):
    """``tasks.task.counters``"""

    def get(
        self,
        *,
        userId: int = ...,
        groupId: int = ...,
        type: Literal[
            "view_all",
            "view_role_responsible",
            "view_role_accomplice",
            "view_role_auditor",
            "view_role_originator",
        ] = ...,
    ) -> C:
        """Scope: task."""

class TasksTaskFavorite(Generic[C, R, V]):
    """``tasks.task.favorite``"""

    def add(self, *, taskId: int) -> C:
        """Scope: task."""

    def remove(self, *, taskId: int) -> C:
        """Scope: task."""

class TasksTaskFiles(Generic[C, R, V]):
    """``tasks.task.files``"""

    def attach(self, *, taskId: int, fileId: int) -> C:
        """Scope: task."""

class TasksTaskHistory(Generic[C, R, V]):
    """``tasks.task.history``"""

    def list(self, *, taskId: int, filter: Mapping[str, Any] = ..., order: Order = ...) -> R:
        """Scope: task.

        filter: id, createdDate, field, value, user.
        """

class TasksTaskResult(Generic[C, R, V]):
    """``tasks.task.result``"""

    def addFromComment(self, *, commentId: int) -> C:
        """Scope: task."""

    def deleteFromComment(self, *, commentId: int) -> C:
        """Scope: task."""

    def list(self, *, taskId: int) -> R:
        """Scope: task."""
