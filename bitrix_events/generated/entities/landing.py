# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import ClassVar

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class LandingPage(Entity):
    """Catalogue: ``landing.landing``."""

    kind: ClassVar[str] = "landing.landing"
    reading: ClassVar[Reading | None] = Reading(
        "landing.landing.getList", id_at=("params", "filter", "ID"), is_list=True
    )

    id: int
    title: str = ""
    code: str = ""
    site_id: int = 0
    folder_id: int = 0
    tpl_id: int = 0
    active: bool = False
    deleted: bool = False
    description: str = ""
    xml_id: str = ""
    sitemap: bool = False
    folder: bool = False
    rule: str = ""
    created_by_id: int = 0
    modified_by_id: int = 0
    date_create: Moment = None
    date_modify: Moment = None
    date_public: Moment = None


class LandingSite(Entity):
    """Catalogue: ``landing.site``."""

    kind: ClassVar[str] = "landing.site"
    reading: ClassVar[Reading | None] = Reading(
        "landing.site.getList", id_at=("params", "filter", "ID"), is_list=True
    )

    id: int
    title: str = ""
    code: str = ""
    type: str = ""
    active: bool = False
    deleted: bool = False
    description: str = ""
    xml_id: str = ""
    domain_id: int | str = 0
    lang: str = ""
    tpl_id: int = 0
    landing_id_index: int = 0
    landing_id_404: int = 0
    landing_id_503: int = 0
    created_by_id: int = 0
    modified_by_id: int = 0
    date_create: Moment = None
    date_modify: Moment = None
