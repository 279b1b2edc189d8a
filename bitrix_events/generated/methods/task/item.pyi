# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, R, V

class TaskItem(Generic[C, R, V]):
    """``task.item``"""

    userfield: TaskItemUserfield[C, R, V]

    @deprecated("use tasks.task.add")
    def add(self, *, TASKDATA: Array = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.files.attach")
    def addfile(self, *, TASK_ID: Any = ..., NAME: str = ..., CONTENT: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.favorite.add")
    def addtofavorite(self, *, TASK_ID: Any = ..., PARAMS: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.approve")
    def approve(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.complete")
    def complete(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.defer")
    def defer(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.delegate")
    def delegate(self, *, TASKID: Any = ..., USERID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.delete")
    def delete(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.update")
    def deletefile(self, *, TASK_ID: Any = ..., ATTACHMENT_ID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.favorite.remove")
    def deletefromfavorite(self, *, TASK_ID: Any = ..., PARAMS: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.disapprove")
    def disapprove(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.getAccess")
    def getallowedactions(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.getAccess")
    def getallowedtaskactionsasstrings(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.get")
    def getdata(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.get")
    def getdependson(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.get")
    def getdescription(
        self,
        *,
        TASKID: Any = ...,
        FORMAT: Literal[1, "1", 2, "2", 3, "3"] = ...,
    ) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.get")
    def getfiles(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.getFields")
    def getmanifest(self) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.getAccess")
    def isactionallowed(self, *, TASKID: Any = ..., ACTIONID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.list")
    def list(
        self,
        *,
        ORDER: Mapping[str, Any] = ...,
        FILTER: Mapping[str, Any] = ...,
        PARAMS: Array = ...,
        SELECT: Array = ...,
    ) -> R:
        """Scope: task.

        ORDER: TITLE, DATE_START, DEADLINE, STATUS, PRIORITY, MARK, CREATED_BY, RESPONSIBLE_ID,
          GROUP_ID.
        FILTER: ID, PARENT_ID, GROUP_ID, CREATED_BY, STATUS_CHANGED_BY, PRIORITY, FORUM_TOPIC_ID,
          RESPONSIBLE_ID, TITLE, TAG, REAL_STATUS, STATUS, MARK, SITE_ID, ADD_IN_REPORT,
          DATE_START, DEADLINE, CREATED_DATE, CLOSED_DATE, CHANGED_DATE, ACCOMPLICE, AUDITOR,
          DEPENDS_ON, ONLY_ROOT_TASKS.
        PARAMS: nPageSize, iNumPage.
        """

    @deprecated("use tasks.task.renew")
    def renew(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.start")
    def startexecution(self, *, TASKID: Any = ...) -> C:
        """Scope: task."""

    @deprecated("use tasks.task.update")
    def update(self, *, TASKID: Any = ..., TASKDATA: Any = ...) -> C:
        """Scope: task."""

class TaskItemUserfield(Generic[C, R, V]):
    """``task.item.userfield``"""

    def add(self, *, PARAMS: Mapping[str, Any]) -> C:
        """Scope: task.

        PARAMS: USER_TYPE_ID*, FIELD_NAME*, XML_ID, EDIT_FORM_LABEL, LABEL, SORT, MULTIPLE,
          MANDATORY, SETTINGS.
        """

    def delete(self, *, ID: int) -> C:
        """Scope: task."""

    def get(self, *, ID: int) -> C:
        """Scope: task."""

    def getfields(self) -> C:
        """Scope: task."""

    def getlist(self, *, ORDER: Mapping[str, Any] = ..., FILTER: Mapping[str, Any] = ...) -> R:
        """Scope: task.

        ORDER: ID, FIELD_NAME, USER_TYPE_ID, SORT.
        FILTER: ID, FIELD_NAME, USER_TYPE_ID, XML_ID, MULTIPLE, MANDATORY.
        """

    def gettypes(self) -> R:
        """Scope: task."""

    def update(self, *, ID: int, DATA: Mapping[str, Any]) -> C:
        """Scope: task.

        DATA: XML_ID, EDIT_FORM_LABEL, LABEL, SORT, MULTIPLE, MANDATORY, SETTINGS.
        """
