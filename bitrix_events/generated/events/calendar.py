# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``calendar``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from bitrix_events.events.base import EntityEvent, Kind, NumberedEvent

if TYPE_CHECKING:
    from bitrix_events.entities import (  # noqa: F401, the classes below name them in strings
        CalendarEvent,
    )


class CalendarData(TypedDict):
    id: str


class OnCalendarEntryAdd(EntityEvent["CalendarEvent"]):
    """Id in ``id``."""

    scope = "calendar"
    kind = Kind.FACT
    entity_name = "calendar.event"
    id_paths = ("id",)

    data: CalendarData


class OnCalendarEntryDelete(EntityEvent["CalendarEvent"]):
    """Id in ``id``."""

    scope = "calendar"
    kind = Kind.FACT
    entity_name = "calendar.event"
    entity_is_gone = True
    id_paths = ("id",)

    data: CalendarData


class OnCalendarEntryUpdate(EntityEvent["CalendarEvent"]):
    """Id in ``id``."""

    scope = "calendar"
    kind = Kind.STATE
    entity_name = "calendar.event"
    id_paths = ("id",)

    data: CalendarData


class OnCalendarSectionAdd(NumberedEvent):
    """Id in ``id``."""

    scope = "calendar"
    kind = Kind.FACT
    entity_name = "calendar.section"
    id_paths = ("id",)

    data: CalendarData


class OnCalendarSectionDelete(NumberedEvent):
    """Id in ``id``."""

    scope = "calendar"
    kind = Kind.FACT
    entity_name = "calendar.section"
    entity_is_gone = True
    id_paths = ("id",)

    data: CalendarData


class OnCalendarSectionUpdate(NumberedEvent):
    """Id in ``id``."""

    scope = "calendar"
    kind = Kind.STATE
    entity_name = "calendar.section"
    id_paths = ("id",)

    data: CalendarData
