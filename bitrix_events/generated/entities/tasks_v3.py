# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class TaskV3File(Entity):
    """Catalogue: ``task.file@v3``."""

    kind: ClassVar[str] = "task.file"

    id: int
    src: str = ""
    name: str = ""
    width: int = 0
    height: int = 0
    size: int = 0
    sub_dir: str = ""
    content_type: str = ""
    file: list[Any] = Field(default_factory=list)


class TaskV3Group(Entity):
    """Catalogue: ``task.group@v3``."""

    kind: ClassVar[str] = "task.group"

    id: int
    name: str = ""
    image: dict[str, Any] = Field(default_factory=dict)
    type: str = ""
    is_visible: bool = False


class TaskV3User(Entity):
    """Catalogue: ``task.user@v3``."""

    kind: ClassVar[str] = "task.user"

    id: int
    name: str = ""
    role: str = ""
    image: dict[str, Any] = Field(default_factory=dict)
    gender: str = ""
    email: str = ""
    external_auth_id: str = ""
    rights: list[Any] = Field(default_factory=list)


class TaskV3(Entity):
    """Catalogue: ``task@v3``."""

    kind: ClassVar[str] = "task"
    reading: ClassVar[Reading | None] = Reading("tasks.task.get", record_at="item", is_v3=True)

    id: int
    title: str = ""
    description: str = ""
    creator_id: int = 0
    creator: dict[str, Any] = Field(default_factory=dict)
    created: Moment = None
    responsible_id: int = 0
    responsible: dict[str, Any] = Field(default_factory=dict)
    deadline: Moment = None
    needs_control: bool = False
    start_plan: Moment = None
    end_plan: Moment = None
    checklist: list[Any] = Field(default_factory=list)
    group_id: int = 0
    group: dict[str, Any] = Field(default_factory=dict)
    stage_id: int = 0
    stage: dict[str, Any] = Field(default_factory=dict)
    epic_id: int = 0
    story_points: int = 0
    flow_id: int = 0
    flow: dict[str, Any] = Field(default_factory=dict)
    priority: str = ""
    status: str = ""
    status_changed: Moment = None
    accomplices: list[dict[str, Any]] = Field(default_factory=list)
    auditors: list[dict[str, Any]] = Field(default_factory=list)
    parent_id: int = 0
    parent: dict[str, Any] = Field(default_factory=dict)
    contains_checklist: bool = False
    contains_sub_tasks: bool = False
    contains_related_tasks: bool = False
    contains_gantt_links: bool = False
    contains_placements: bool = False
    contains_results: bool = False
    number_of_reminders: int = 0
    chat_id: int = 0
    chat: dict[str, Any] = Field(default_factory=dict)
    planned_duration: int = 0
    actual_duration: int = 0
    duration_type: str = ""
    started: Moment = None
    estimated_time: int = 0
    replicate: bool = False
    changed: Moment = None
    changed_by_id: int = 0
    changed_by: dict[str, Any] = Field(default_factory=dict)
    status_changed_by_id: int = 0
    status_changed_by: dict[str, Any] = Field(default_factory=dict)
    closed_by_id: int = 0
    closed_by: dict[str, Any] = Field(default_factory=dict)
    closed: Moment = None
    activity: Moment = None
    guid: str = ""
    xml_id: str = ""
    exchange_id: str = ""
    exchange_modified: str = ""
    outlook_version: int = 0
    mark: str = ""
    allows_change_deadline: bool = False
    allows_time_tracking: bool = False
    matches_work_time: bool = False
    add_in_report: bool = False
    is_multitask: bool = False
    site_id: str = ""
    forked_by_template_id: int = 0
    forked_by_template: dict[str, Any] = Field(default_factory=dict)
    max_deadline_change_date: Moment = None
    max_deadline_changes: int = 0
    require_deadline_change_reason: bool = False
    link: str = ""
    rights: list[Any] = Field(default_factory=list)
    archive_link: str = ""
    crm_item_ids: list[Any] = Field(default_factory=list)
    email_id: int = 0
    email: dict[str, Any] = Field(default_factory=dict)
    elapsed_time: dict[str, Any] = Field(default_factory=dict)
    require_result: bool = False
    matches_sub_tasks_time: bool = False
    autocomplete_sub_tasks: bool = False
    allows_change_date_plan: bool = False
    in_favorite: list[Any] = Field(default_factory=list)
    in_pin: list[Any] = Field(default_factory=list)
    in_group_pin: list[Any] = Field(default_factory=list)
    in_mute: list[Any] = Field(default_factory=list)
    source: dict[str, Any] = Field(default_factory=dict)
    depends_on: list[Any] = Field(default_factory=list)
    scenarios: list[Any] = Field(default_factory=list)
