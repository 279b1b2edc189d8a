# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class Task(Entity):
    """Catalogue: ``task`` and ``task:camel``."""

    kind: ClassVar[str] = "task"
    reading: ClassVar[Reading | None] = Reading(
        "tasks.task.get",
        id_at=("taskId",),
        record_at="task",
        fixed={"select": ["*", "UF_*", "UF_CRM_TASK", "UF_TASK_WEBDAV_FILES", "UF_MAIL_MESSAGE"]},
    )

    id: int
    parent_id: int = 0
    title: str = ""
    description: str = ""
    mark: str = ""
    priority: str = ""
    status: str = ""
    multitask: bool = False
    not_viewed: bool = False
    replicate: bool = False
    group_id: int = 0
    stage_id: int = 0
    sprint_id: int = 0
    backlog_id: int = 0
    created_by: int = 0
    created_date: Moment = None
    responsible_id: int = 0
    accomplices: list[int] = Field(default_factory=list)
    auditors: list[int] = Field(default_factory=list)
    changed_by: int = 0
    changed_date: Moment = None
    status_changed_by: int = 0
    status_changed_date: Moment = None
    closed_by: int = 0
    closed_date: Moment = None
    activity_date: Moment = None
    date_start: Moment = None
    deadline: Moment = None
    start_date_plan: Moment = None
    end_date_plan: Moment = None
    guid: str = ""
    xml_id: str = ""
    comments_count: int = 0
    service_comments_count: int = 0
    new_comments_count: int = 0
    allow_change_deadline: bool = False
    allow_time_tracking: bool = False
    task_control: bool = False
    add_in_report: bool = False
    forked_by_template_id: int = 0
    time_estimate: int = 0
    time_spent_in_logs: int = 0
    match_work_time: bool = False
    forum_topic_id: int = 0
    forum_id: int = 0
    site_id: str = ""
    subordinate: bool = False
    favorite: bool = False
    exchange_modified: Moment = None
    exchange_id: int = 0
    outlook_version: int = 0
    viewed_date: Moment = None
    sorting: float = 0.0
    duration_plan: int = 0
    duration_fact: int = 0
    checklist: list[Any] = Field(default_factory=list)
    duration_type: str = ""
    is_muted: bool = False
    is_pinned: bool = False
    is_pinned_in_group: bool = False
    flow_id: int = 0
    uf_crm_task: list[Any] = Field(default_factory=list)
    uf_task_webdav_files: list[Any] = Field(default_factory=list)
    uf_mail_message: str = ""
    chat_id: int = 0
    description_in_bbcode: bool = False
    group: dict[str, Any] = Field(default_factory=dict)
    creator: dict[str, Any] = Field(default_factory=dict)
    responsible: dict[str, Any] = Field(default_factory=dict)
    accomplices_data: list[Any] = Field(default_factory=list)
    auditors_data: dict[str, Any] = Field(default_factory=dict)
    action: dict[str, Any] = Field(default_factory=dict)
    check_list_tree: dict[str, Any] = Field(default_factory=dict)
    check_list_can_add: bool = False


class TaskChecklistItem(Entity):
    """Catalogue: ``task.checklistitem``."""

    kind: ClassVar[str] = "task.checklistitem"
    reading: ClassVar[Reading | None] = Reading(
        "task.checklistitem.get", id_at=("ITEMID",), needs=("TASKID",)
    )

    id: int
    task_id: int = 0
    parent_id: int = 0
    created_by: int = 0
    title: str = ""
    sort_index: int = 0
    is_complete: bool = False
    is_important: bool = False
    toggled_by: int = 0
    toggled_date: Moment = None
    members: list[Any] = Field(default_factory=list)
    attachments: dict[str, Any] = Field(default_factory=dict)


class TaskComment(Entity):
    """Catalogue: ``task.commentitem``."""

    kind: ClassVar[str] = "task.commentitem"
    reading: ClassVar[Reading | None] = Reading(
        "task.commentitem.get", id_at=("ITEMID",), needs=("TASKID",)
    )

    id: int
    post_message_html: str = ""
    author_id: int = 0
    author_name: str = ""
    author_email: str = ""
    post_date: Moment = None
    post_message: str = ""
    attached_objects: dict[str, Any] = Field(default_factory=dict)
    attachment_id: str = ""
    name: str = ""
    size: str = ""
    file_id: str = ""
    download_url: str = ""
    view_url: str = ""


class TaskElapsedTime(Entity):
    """Catalogue: ``task.elapseditem``."""

    kind: ClassVar[str] = "task.elapseditem"
    reading: ClassVar[Reading | None] = Reading(
        "task.elapseditem.get", id_at=("ITEMID",), is_list=True, needs=("TASKID",)
    )

    id: int
    task_id: int = 0
    user_id: int = 0
    comment_text: str = ""
    seconds: int = 0
    minutes: int = 0
    source: str = ""
    created_date: Moment = None
    date_start: Moment = None
    date_stop: Moment = None


class TaskTemplate(Entity):
    """Catalogue: ``tasks.template`` and ``task.template``."""

    kind: ClassVar[str] = "tasks.template"
    reading: ClassVar[Reading | None] = Reading("tasks.template.get", id_at=("templateId",))

    id: int
    parent_id: int = 0
    title: str = ""
    description: str = ""
    priority: str = ""
    group_id: int = 0
    stage_id: int = 0
    created_by: int = 0
    responsible_id: int = 0
    depends_on: list[int] = Field(default_factory=list)
    responsibles: list[Any] = Field(default_factory=list)
    accomplices: list[Any] = Field(default_factory=list)
    auditors: list[Any] = Field(default_factory=list)
    status: str = ""
    multitask: bool = False
    replicate: bool = False
    site_id: str = ""
    task_control: bool = False
    add_in_report: bool = False
    xml_id: str = ""
    deadline_after: Moment = None
    start_date_plan_after: Moment = None
    end_date_plan_after: Moment = None
    tparam_type: str = ""
    tparam_replication_count: int = 0
    replicate_params: dict[str, Any] = Field(default_factory=dict)
    base_template_id: int = 0
    template_children_count: int = 0
    uf_crm_task: Any = None
    uf_task_webdav_files: Any = None
