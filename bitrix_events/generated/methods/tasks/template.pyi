# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class TasksTemplate(Generic[C, R, V]):
    """``tasks.template``"""

    checklist: TasksTemplateChecklist[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: TITLE*, CREATED_BY*, RESPONSIBLE_ID*.
        """

    def delete(self, *, templateId: int) -> C:
        """Scope: task."""

    def fields(self) -> C:
        """Scope: task."""

    def get(self, *, templateId: int, params: Mapping[str, Any] = ...) -> C:
        """Scope: task.

        params: select.
        """

    def update(self, *, templateId: int, fields: Mapping[str, Any]) -> C:
        """Scope: task."""

class TasksTemplateChecklist(Generic[C, R, V]):
    """``tasks.template.checklist``"""

    def add(self, *, templateId: int, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: TITLE*, PARENT_ID*, SORT_INDEX, IS_COMPLETE, IS_IMPORTANT, MEMBERS.
        """

    def addAttachmentByContent(
        self,
        *,
        templateId: int,
        checkListItemId: int,
        attachmentParameters: Mapping[str, Any],
    ) -> C:
        """Scope: task.

        attachmentParameters: NAME, CONTENT.
        """

    def addAttachmentsFromDisk(
        self,
        *,
        templateId: int,
        checkListItemId: int,
        filesIds: Array,
    ) -> C:
        """Scope: task."""

    def complete(self, *, templateId: int, checkListItemId: int) -> C:
        """Scope: task."""

    def delete(self, *, templateId: int, checkListItemId: int) -> C:
        """Scope: task."""

    def get(self, *, templateId: int, checkListItemId: int) -> C:
        """Scope: task."""

    def list(
        self,
        *,
        templateId: int,
        filter: Mapping[str, Any] = ...,
        select: Array = ...,
        order: Mapping[str, Any] = ...,
    ) -> V:
        """Scope: task.

        filter: ID, TEMPLATE_ID, PARENT_ID, TITLE, SORT_INDEX, IS_COMPLETE, IS_IMPORTANT.
        order: ID, PARENT_ID, CREATED_BY, TITLE, SORT_INDEX, IS_COMPLETE, IS_IMPORTANT,
          TOGGLED_BY, TOGGLED_DATE.
        """

    def moveAfter(self, *, templateId: int, checkListItemId: int, afterItemId: int) -> C:
        """Scope: task."""

    def moveBefore(self, *, templateId: int, checkListItemId: int, beforeItemId: int) -> C:
        """Scope: task."""

    def removeAttachments(
        self,
        *,
        templateId: int,
        checkListItemId: int,
        attachmentsIds: Array,
    ) -> C:
        """Scope: task."""

    def renew(self, *, templateId: int, checkListItemId: int) -> C:
        """Scope: task."""

    def update(self, *, templateId: int, checkListItemId: int, fields: Mapping[str, Any]) -> C:
        """Scope: task.

        fields: TITLE, PARENT_ID, SORT_INDEX, IS_COMPLETE, IS_IMPORTANT, MEMBERS.
        """
