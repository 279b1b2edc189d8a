# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class CalendarEvent(Entity):
    """Catalogue: ``calendar.event``."""

    kind: ClassVar[str] = "calendar.event"
    reading: ClassVar[Reading | None] = Reading("calendar.event.getbyid")
    also_called: ClassVar[Mapping[str, str]] = {
        "~DESCRIPTION": "raw_description",
        "~RRULE_DESCRIPTION": "raw_rrule_description",
        "~USER_OFFSET_FROM": "raw_user_offset_from",
        "~USER_OFFSET_TO": "raw_user_offset_to",
    }

    id: int
    parent_id: int = 0
    deleted: bool = False
    cal_type: str = ""
    owner_id: int = 0
    name: str = ""
    date_from: Moment = None
    date_to: Moment = None
    original_date_from: Moment = None
    tz_from: str = ""
    tz_to: str = ""
    tz_offset_from: int = 0
    tz_offset_to: int = 0
    date_from_ts_utc: int = 0
    date_to_ts_utc: int = 0
    dt_skip_time: bool = False
    dt_length: int = 0
    event_type: str = ""
    created_by: int = 0
    date_create: Moment = None
    timestamp_x: Moment = None
    description: str = ""
    private_event: bool = False
    accessibility: str = ""
    importance: str = ""
    is_meeting: bool = False
    meeting_status: str = ""
    meeting_host: int = 0
    meeting: dict[str, Any] = Field(default_factory=dict)
    location: str = ""
    remind: list[Any] = Field(default_factory=list)
    color: str = ""
    rrule: dict[str, Any] = Field(default_factory=dict)
    exdate: str = ""
    dav_xml_id: str = ""
    g_event_id: str = ""
    cal_dav_label: str = ""
    version: str = ""
    attendees_codes: list[Any] = Field(default_factory=list)
    recurrence_id: int = 0
    relations: dict[str, Any] = Field(default_factory=dict)
    section_id: int = 0
    sync_status: str = ""
    uf_crm_cal_event: list[Any] = Field(default_factory=list)
    uf_webdav_cal_event: list[Any] = Field(default_factory=list)
    section_dav_xml_id: list[Any] = Field(default_factory=list)
    date_from_formatted: str = ""
    date_to_formatted: str = ""
    sect_id: int = 0
    attendee_list: list[Any] = Field(default_factory=list)
    collab_id: int = 0
    raw_rrule_description: str = ""
    attendees_entity_list: list[Any] = Field(default_factory=list)
    raw_description: str = ""
    raw_user_offset_from: int = 0
    raw_user_offset_to: int = 0
    type: str = ""
    from_: Moment = None
    to: Moment = None
    from_ts: int = 0
    to_ts: int = 0
    section: int = 0
    auto_detect_section: bool = False
    skip_time: bool = False
    timezone_from: str = ""
    timezone_to: str = ""
    text_color: str = ""
    attendees: list[Any] = Field(default_factory=list)
    crm_fields: list[Any] = Field(default_factory=list)


class CalendarSection(Entity):
    """Catalogue: ``calendar.section``."""

    kind: ClassVar[str] = "calendar.section"

    id: int
    name: str = ""
    gapi_calendar_id: str = ""
    description: str = ""
    color: str = ""
    text_color: str = ""
    export: dict[str, Any] = Field(default_factory=dict)
    cal_type: str = ""
    owner_id: int = 0
    created_by: int = 0
    date_create: Moment = None
    timestamp_x: Moment = None
    cal_dav_con: str = ""
    sync_token: str = ""
    page_token: str = ""
    external_type: str = ""
    access: dict[str, Any] = Field(default_factory=dict)
    is_collab: bool = False
    perm: dict[str, Any] = Field(default_factory=dict)
    type: str = ""
