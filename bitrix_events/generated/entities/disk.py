# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import ClassVar

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class DiskFile(Entity):
    """Catalogue: ``disk.file``."""

    kind: ClassVar[str] = "disk.file"
    reading: ClassVar[Reading | None] = Reading("disk.file.get")

    id: int
    name: str = ""
    type: str = ""
    code: str = ""
    storage_id: int = 0
    parent_id: int = 0
    create_time: Moment = None
    update_time: Moment = None
    delete_time: Moment = None
    created_by: int = 0
    updated_by: int = 0
    deleted_by: int = 0
    global_content_version: int = 0
    file_id: int = 0
    size: int = 0
    deleted_type: str = ""
    download_url: str = ""
    detail_url: str = ""


class DiskFolder(Entity):
    """Catalogue: ``disk.folder``."""

    kind: ClassVar[str] = "disk.folder"
    reading: ClassVar[Reading | None] = Reading("disk.folder.get")

    id: int
    name: str = ""
    type: str = ""
    code: str = ""
    storage_id: int = 0
    real_object_id: int = 0
    parent_id: int = 0
    create_time: Moment = None
    update_time: Moment = None
    delete_time: Moment = None
    created_by: int = 0
    updated_by: int = 0
    deleted_by: int = 0
    deleted_type: str = ""
    detail_url: str = ""


class DiskStorage(Entity):
    """Catalogue: ``disk.storage``."""

    kind: ClassVar[str] = "disk.storage"
    reading: ClassVar[Reading | None] = Reading("disk.storage.get")

    id: int
    name: str = ""
    code: str = ""
    module_id: str = ""
    entity_type: str = ""
    entity_id: str = ""
    root_object_id: int = 0
