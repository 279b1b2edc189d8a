# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class ActivityBinding(Entity):
    """Catalogue: ``crm_activity_binding``."""

    kind: ClassVar[str] = "crm_activity_binding"

    owner_type_id: int = 0
    owner_id: int = 0


class ActivityCommunication(Entity):
    """Catalogue: ``crm.activity.communication``."""

    kind: ClassVar[str] = "activity.communication"

    id: int
    activity_id: int = 0
    entity_id: int = 0
    entity_type_id: int = 0
    type: str = ""
    value: str = ""


class AttachedFile(Entity):
    """Catalogue: ``diskfile``."""

    kind: ClassVar[str] = "diskfile"

    id: int
    file_id: int = 0
    name: str = ""
    size: str = ""
    bytes: int = 0
    can_read: bool = False
    view_url: str = ""
    preview_url: str = ""


class Activity(Entity):
    """Catalogue: ``crm.activity``."""

    kind: ClassVar[str] = "activity"
    reading: ClassVar[Reading | None] = Reading("crm.activity.get")

    id: int
    owner_id: int = 0
    owner_type_id: int = 0
    type_id: int = 0
    provider_id: str = ""
    provider_type_id: str = ""
    provider_group_id: str = ""
    associated_entity_id: int = 0
    subject: str = ""
    start_time: Moment = None
    end_time: Moment = None
    deadline: Moment = None
    completed: bool = False
    status: int = 0
    responsible_id: int = 0
    priority: int = 0
    notify_type: int = 0
    notify_value: int = 0
    description: str = ""
    description_type: int = 0
    direction: int = 0
    location: str = ""
    created: Moment = None
    author_id: int = 0
    last_updated: Moment = None
    editor_id: int = 0
    settings: dict[str, Any] = Field(default_factory=dict)
    origin_id: str = ""
    originator_id: str = ""
    result_status: int = 0
    result_stream: int = 0
    result_source_id: str = ""
    provider_params: dict[str, Any] = Field(default_factory=dict)
    provider_data: str = ""
    result_mark: int = 0
    result_value: float = 0.0
    result_sum: float = 0.0
    result_currency_id: str = ""
    autocomplete_rule: int = 0
    bindings: list[ActivityBinding] = Field(default_factory=list)
    communications: list[ActivityCommunication] = Field(default_factory=list)
    files: list[AttachedFile] = Field(default_factory=list)
    webdav_elements: list[AttachedFile] = Field(default_factory=list)
    is_incoming_channel: bool = False
    origin_version: str = ""


class TimelineBinding(Entity):
    """Catalogue: ``crm.timeline.bindings``."""

    kind: ClassVar[str] = "timeline.bindings"

    owner_id: int = 0
    entity_id: int = 0
    entity_type: str = ""


class TimelineComment(Entity):
    """Catalogue: ``crm.timeline.comment``."""

    kind: ClassVar[str] = "timeline.comment"
    reading: ClassVar[Reading | None] = Reading("crm.timeline.comment.get")

    id: int
    created: Moment = None
    entity_id: int = 0
    entity_type: str = ""
    author_id: int = 0
    comment: str = ""
    files: list[Any] = Field(default_factory=list)
