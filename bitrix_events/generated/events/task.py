# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``task``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from bitrix_events.events.base import EntityEvent, Kind, NumberedEvent

if TYPE_CHECKING:
    from bitrix_events.entities import Task  # noqa: F401, the classes below name them in strings


class TaskFields(TypedDict):
    ID: str


class TaskData(TypedDict):
    FIELDS_BEFORE: TaskFields | Literal["undefined"]
    FIELDS_AFTER: TaskFields | Literal["undefined"]
    IS_ACCESSIBLE_BEFORE: str
    IS_ACCESSIBLE_AFTER: str


class TaskCommentAddFields(TypedDict):
    ID: str
    TASK_ID: str
    MESSAGE_ID: str


class TaskCommentAddData(TypedDict):
    FIELDS_BEFORE: TaskCommentAddFields | Literal["undefined"]
    FIELDS_AFTER: TaskCommentAddFields | Literal["undefined"]
    IS_ACCESSIBLE_BEFORE: str
    IS_ACCESSIBLE_AFTER: str


class TaskCommentFieldsBefore(TypedDict):
    ID: str
    TASK_ID: str


class TaskCommentFieldsAfter(TypedDict):
    ID: str
    TASK_ID: str
    ACTION: str


class TaskCommentData(TypedDict):
    FIELDS_BEFORE: TaskCommentFieldsBefore | Literal["undefined"]
    FIELDS_AFTER: TaskCommentFieldsAfter | Literal["undefined"]
    IS_ACCESSIBLE_BEFORE: str
    IS_ACCESSIBLE_AFTER: str


class OnTaskAdd(EntityEvent["Task"]):
    """Id in ``FIELDS_AFTER.ID``."""

    scope = "task"
    kind = Kind.FACT
    entity_name = "task"
    id_paths = ("FIELDS_AFTER.ID", "FIELDS_BEFORE.ID")

    data: TaskData


class OnTaskCommentAdd(NumberedEvent):
    """Id in ``FIELDS_AFTER.ID``."""

    scope = "task"
    kind = Kind.FACT
    entity_name = "task.comment"
    id_paths = ("FIELDS_AFTER.ID", "FIELDS_BEFORE.ID")
    told_apart_by = ("FIELDS_AFTER.TASK_ID", "FIELDS_AFTER.MESSAGE_ID")

    data: TaskCommentAddData


class OnTaskCommentDelete(NumberedEvent):
    """Id in ``FIELDS_BEFORE.ID``."""

    scope = "task"
    kind = Kind.FACT
    entity_name = "task.comment"
    entity_is_gone = True
    id_paths = ("FIELDS_BEFORE.ID", "FIELDS_AFTER.ID")

    data: TaskCommentData


class OnTaskCommentUpdate(NumberedEvent):
    """Id in ``FIELDS_AFTER.ID``."""

    scope = "task"
    kind = Kind.STATE
    entity_name = "task.comment"
    id_paths = ("FIELDS_AFTER.ID", "FIELDS_BEFORE.ID")

    data: TaskCommentData


class OnTaskDelete(EntityEvent["Task"]):
    """Id in ``FIELDS_BEFORE.ID``."""

    scope = "task"
    entity_name = "task"
    entity_is_gone = True
    id_paths = ("FIELDS_BEFORE.ID", "FIELDS_AFTER.ID")

    data: TaskData


class OnTaskUpdate(EntityEvent["Task"]):
    """Id in ``FIELDS_AFTER.ID``."""

    scope = "task"
    kind = Kind.STATE
    entity_name = "task"
    id_paths = ("FIELDS_AFTER.ID", "FIELDS_BEFORE.ID")

    data: TaskData
