# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, R, V

class TaskItems(Generic[C, R, V]):
    """``task.items``"""

    @deprecated("use tasks.task.list")
    def getlist(
        self,
        *,
        ORDER: Mapping[str, Any] = ...,
        FILTER: Mapping[str, Any] = ...,
        TASKDATA: Array = ...,
        NAV_PARAMS: Array = ...,
    ) -> R:
        """Scope: task.

        ORDER: TITLE, DATE_START, DEADLINE, STATUS, PRIORITY, MARK, CREATED_BY, RESPONSIBLE_ID,
          GROUP_ID.
        FILTER: ID, PARENT_ID, GROUP_ID, CREATED_BY, STATUS_CHANGED_BY, PRIORITY, FORUM_TOPIC_ID,
          RESPONSIBLE_ID, TITLE, TAG, REAL_STATUS, STATUS, MARK, XML_ID, SITE_ID, ADD_IN_REPORT,
          DATE_START, DEADLINE, CREATED_DATE, CLOSED_DATE, CHANGED_DATE, ACCOMPLICE, AUDITOR,
          DEPENDS_ON, ONLY_ROOT_TASKS, SUBORDINATE_TASKS, OVERDUED, DEPARTMENT_ID.
        """
