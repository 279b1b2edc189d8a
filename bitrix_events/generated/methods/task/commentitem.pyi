# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class TaskCommentitem(Generic[C, R, V]):
    """``task.commentitem``"""

    @deprecated("use tasks.task.chat.message.send")
    def add(self, *, TASKID: int, FIELDS: Mapping[str, Any]) -> C:
        """Scope: task.

        FIELDS: POST_MESSAGE*, AUTHOR_ID, POST_DATE, UF_FORUM_MESSAGE_DOC.
        """

    @deprecated("use im.message.delete")
    def delete(self, *, TASKID: int, ITEMID: int) -> C:
        """Scope: task."""

    @deprecated("use im.dialog.messages.get")
    def get(self, *, TASKID: int, ITEMID: int) -> C:
        """Scope: task."""

    @deprecated("use im.dialog.messages.get")
    def getlist(
        self,
        *,
        TASKID: int,
        ORDER: Mapping[str, Any] = ...,
        FILTER: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: task.

        ORDER: ID, AUTHOR_ID, AUTHOR_NAME, AUTHOR_EMAIL, POST_DATE.
        FILTER: ID, AUTHOR_ID, AUTHOR_NAME, POST_DATE.
        """

    def getmanifest(self) -> C:
        """Scope: task."""

    def isactionallowed(self, *, TASKID: int, ITEMID: int, ACTIONID: Literal[1, 2, 3]) -> C:
        """Scope: task."""

    @deprecated("use im.message.update")
    def update(self, *, TASKID: int, ITEMID: int, FIELDS: Mapping[str, Any]) -> C:
        """Scope: task.

        FIELDS: POST_MESSAGE*, UF_FORUM_MESSAGE_DOC.
        """
