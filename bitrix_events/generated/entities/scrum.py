# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class ScrumBacklog(Entity):
    """Catalogue: ``tasks.api.scrum.backlog``."""

    kind: ClassVar[str] = "tasks.api.scrum.backlog"
    reading: ClassVar[Reading | None] = Reading("tasks.api.scrum.backlog.get")

    id: int
    group_id: int = 0
    created_by: int = 0
    modified_by: int = 0


class ScrumEpic(Entity):
    """Catalogue: ``tasks.api.scrum.epic``."""

    kind: ClassVar[str] = "tasks.api.scrum.epic"
    reading: ClassVar[Reading | None] = Reading("tasks.api.scrum.epic.get")

    id: int
    name: str = ""
    description: str = ""
    group_id: int = 0
    color: str = ""
    files: list[Any] = Field(default_factory=list)
    created_by: int = 0
    modified_by: int = 0


class ScrumKanbanStage(Entity):
    """Catalogue: ``tasks.api.scrum.kanban``."""

    kind: ClassVar[str] = "tasks.api.scrum.kanban"

    id: int
    name: str = ""
    sort: int = 0
    type: str = ""
    sprint_id: int = 0
    color: str = ""


class ScrumSprint(Entity):
    """Catalogue: ``tasks.api.scrum.sprint``."""

    kind: ClassVar[str] = "tasks.api.scrum.sprint"
    reading: ClassVar[Reading | None] = Reading("tasks.api.scrum.sprint.get", id_at=("sprintId",))

    id: int
    group_id: int = 0
    name: str = ""
    sort: int = 0
    created_by: int = 0
    modified_by: int = 0
    date_start: Moment = None
    date_end: Moment = None
    status: str = ""


class ScrumTask(Entity):
    """Catalogue: ``tasks.api.scrum.task``."""

    kind: ClassVar[str] = "tasks.api.scrum.task"
    reading: ClassVar[Reading | None] = Reading("tasks.api.scrum.task.get")

    entity_id: int = 0
    story_points: str = ""
    epic_id: int = 0
    sort: int = 0
    created_by: int = 0
    modified_by: int = 0
