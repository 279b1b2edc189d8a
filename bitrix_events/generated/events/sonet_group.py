# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``sonet_group``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from bitrix_events.events.base import EntityEvent, Kind, NumberedEvent

if TYPE_CHECKING:
    from bitrix_events.entities import (  # noqa: F401, the classes below name them in strings
        Workgroup,
    )


class SonetGroupFields(TypedDict):
    ID: str


class SonetGroupData(TypedDict):
    FIELDS: SonetGroupFields


class SonetGroupSubjectData(TypedDict):
    ID: str


class OnSonetGroupAdd(EntityEvent["Workgroup"]):
    """Id in ``FIELDS.ID``."""

    scope = "sonet_group"
    kind = Kind.FACT
    entity_name = "sonet_group"

    data: SonetGroupData


class OnSonetGroupDelete(EntityEvent["Workgroup"]):
    """Id in ``FIELDS.ID``."""

    scope = "sonet_group"
    kind = Kind.FACT
    entity_name = "sonet_group"
    entity_is_gone = True

    data: SonetGroupData


class OnSonetGroupSubjectAdd(NumberedEvent):
    """Id in ``ID``. Deprecated."""

    scope = "sonet_group"
    kind = Kind.FACT
    entity_name = "sonet_group.subject"
    is_deprecated = True

    data: SonetGroupSubjectData


class OnSonetGroupSubjectDelete(NumberedEvent):
    """Id in ``ID``. Deprecated."""

    scope = "sonet_group"
    kind = Kind.FACT
    entity_name = "sonet_group.subject"
    entity_is_gone = True
    is_deprecated = True

    data: SonetGroupSubjectData


class OnSonetGroupSubjectUpdate(NumberedEvent):
    """Id in ``ID``. Deprecated."""

    scope = "sonet_group"
    kind = Kind.STATE
    entity_name = "sonet_group.subject"
    is_deprecated = True

    data: SonetGroupSubjectData


class OnSonetGroupUpdate(EntityEvent["Workgroup"]):
    """Id in ``FIELDS.ID``."""

    scope = "sonet_group"
    kind = Kind.STATE
    entity_name = "sonet_group"

    data: SonetGroupData
