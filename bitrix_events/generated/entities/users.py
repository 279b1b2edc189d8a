# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class Department(Entity):
    """Catalogue: ``department``."""

    kind: ClassVar[str] = "department"
    reading: ClassVar[Reading | None] = Reading("department.get", id_at=("ID",), is_list=True)

    id: int
    name: str = ""
    sort: int = 0
    parent: int = 0
    uf_head: int = 0


class User(Entity):
    """Catalogue: ``user``."""

    kind: ClassVar[str] = "user"
    reading: ClassVar[Reading | None] = Reading("user.get", id_at=("FILTER", "ID"), is_list=True)

    id: int
    xml_id: str = ""
    active: bool = False
    name: str = ""
    last_name: str = ""
    second_name: str = ""
    title: str = ""
    email: str = ""
    last_login: Moment = None
    date_register: Moment = None
    time_zone: str = ""
    is_online: bool = False
    timestamp_x: Moment = None
    last_activity_date: Moment = None
    personal_gender: str = ""
    personal_profession: str = ""
    personal_www: str = ""
    personal_birthday: str = ""
    personal_photo: Any = None
    personal_icq: str = ""
    personal_phone: str = ""
    personal_fax: str = ""
    personal_mobile: str = ""
    personal_pager: str = ""
    personal_street: str = ""
    personal_city: str = ""
    personal_state: str = ""
    personal_zip: str = ""
    personal_country: str = ""
    personal_mailbox: str = ""
    personal_notes: str = ""
    work_phone: str = ""
    work_company: str = ""
    work_position: str = ""
    work_department: str = ""
    work_www: str = ""
    work_fax: str = ""
    work_pager: str = ""
    work_street: str = ""
    work_mailbox: str = ""
    work_city: str = ""
    work_state: str = ""
    work_zip: str = ""
    work_country: str = ""
    work_profile: str = ""
    work_logo: Any = None
    work_notes: str = ""
    uf_skype_link: str = ""
    uf_zoom: str = ""
    uf_employment_date: str = ""
    uf_timeman: Any = None
    uf_department: list[int] = Field(default_factory=list)
    uf_interests: str = ""
    uf_skills: str = ""
    uf_web_sites: str = ""
    uf_xing: str = ""
    uf_linkedin: str = ""
    uf_twitter: str = ""
    uf_skype: str = ""
    uf_district: str = ""
    uf_phone_inner: str = ""
    user_type: str = ""
    uf_facebook: str = ""


class Workgroup(Entity):
    """Catalogue: ``sonet_group``."""

    kind: ClassVar[str] = "sonet_group"
    reading: ClassVar[Reading | None] = Reading(
        "sonet_group.get", id_at=("FILTER", "ID"), is_list=True
    )

    id: int
    site_id: str = ""
    name: str = ""
    description: str = ""
    date_create: Moment = None
    date_update: Moment = None
    date_activity: Moment = None
    active: bool = False
    visible: bool = False
    opened: bool = False
    closed: bool = False
    subject_id: int = 0
    owner_id: int = 0
    keywords: str = ""
    number_of_members: int = 0
    subject_name: str = ""
    image: str = ""
    is_extranet: bool = False
    initiate_perms: str = ""
    project: bool = False
    project_date_start: Moment = None
    project_date_finish: Moment = None
    scrum_master_id: int = 0
    image_file_id: int = 0
