# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class Tasks(Generic[C, R, V]):
    """``tasks``"""

    task: TasksTask[C, R, V]

class TasksTask(Generic[C, R, V]):
    """``tasks.task``"""

    access: TasksTaskAccess[C, R, V]
    chat: TasksTaskChat[C, R, V]
    field: TasksTaskField[C, R, V]
    file: TasksTaskFile[C, R, V]
    result: TasksTaskResult[C, R, V]

    def add(self, *, fields: Mapping[str, Any], idempotency_key: str | None = ...) -> C:
        """Scope: tasks.

        fields: title*, creatorId*, responsibleId*.
        """

    def delete(self, *, id: int, idempotency_key: str | None = ...) -> C:
        """Scope: tasks."""

    def get(self, *, id: int, select: Array = ...) -> C:
        """Scope: tasks."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Array = ...,
        order: Order = ...,
        pagination: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: tasks.

        pagination: page, limit, offset.
        """

    def update(self, *, id: int, fields: Mapping[str, Any], idempotency_key: str | None = ...) -> C:
        """Scope: tasks."""

class TasksTaskAccess(Generic[C, R, V]):
    """``tasks.task.access``"""

    field: TasksTaskAccessField[C, R, V]

    def get(self, *, id: int) -> C:
        """Scope: tasks."""

class TasksTaskAccessField(Generic[C, R, V]):
    """``tasks.task.access.field``"""

    def get(
        self,
        *,
        name: str,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: tasks."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: tasks."""

class TasksTaskChat(Generic[C, R, V]):
    """``tasks.task.chat``"""

    message: TasksTaskChatMessage[C, R, V]

class TasksTaskChatMessage(Generic[C, R, V]):
    """``tasks.task.chat.message``"""

    field: TasksTaskChatMessageField[C, R, V]

    def send(self, *, fields: Mapping[str, Any], idempotency_key: str | None = ...) -> C:
        """Scope: tasks.

        fields: taskId*, text*.
        """

class TasksTaskChatMessageField(Generic[C, R, V]):
    """``tasks.task.chat.message.field``"""

    def get(
        self,
        *,
        name: str,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: tasks."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: tasks."""

class TasksTaskField(Generic[C, R, V]):
    """``tasks.task.field``"""

    def get(
        self,
        *,
        name: str,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: tasks."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: tasks."""

class TasksTaskFile(Generic[C, R, V]):
    """``tasks.task.file``"""

    field: TasksTaskFileField[C, R, V]

    def attach(
        self,
        *,
        taskId: int,
        fileIds: Sequence[int],
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: tasks."""

class TasksTaskFileField(Generic[C, R, V]):
    """``tasks.task.file.field``"""

    def get(
        self,
        *,
        name: str,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: tasks."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: tasks."""

class TasksTaskResult(Generic[C, R, V]):
    """``tasks.task.result``"""

    def add(self, *, fields: Mapping[str, Any], idempotency_key: str | None = ...) -> C:
        """Scope: tasks.

        fields: taskId*, text*.
        """

    def addfromchatmessage(
        self,
        *,
        fields: Mapping[str, Any],
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: tasks.

        fields: messageId*.
        """

    def delete(self, *, id: int, idempotency_key: str | None = ...) -> C:
        """Scope: tasks."""

    def list(
        self,
        *,
        filter: Array,
        order: Mapping[str, Any] = ...,
        select: Sequence[
            Literal[
                "id",
                "taskId",
                "text",
                "authorId",
                "author",
                "createdAt",
                "updatedAt",
                "status",
                "fileIds",
                "rights",
                "messageId",
            ]
        ] = ...,
        pagination: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: tasks.

        order: id, authorId, createdAt, updatedAt, status, messageId.
        pagination: page, limit, offset.
        """

    def update(self, *, id: int, fields: Mapping[str, Any], idempotency_key: str | None = ...) -> C:
        """Scope: tasks.

        fields: text*.
        """
