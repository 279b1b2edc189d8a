# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Calendar(Generic[C, R, V]):
    """``calendar``"""

    accessibility: CalendarAccessibility[C, R, V]
    event: CalendarEvent[C, R, V]
    meeting: CalendarMeeting[C, R, V]
    resource: CalendarResource[C, R, V]
    section: CalendarSection[C, R, V]
    settings: CalendarSettings[C, R, V]
    user: CalendarUser[C, R, V]

class CalendarAccessibility(Generic[C, R, V]):
    """``calendar.accessibility``"""

    def get(self, *, users: Array, from_: date | str, to: date | str) -> C:
        """Scope: calendar."""

class CalendarEvent(Generic[C, R, V]):
    """``calendar.event``"""

    get: CalendarEventGet[C, R, V]

    def add(
        self,
        *,
        type: Literal["user", "group", "company_calendar"],
        ownerId: int,
        from_: datetime | date | str,
        to: datetime | date | str,
        section: int,
        name: str,
        from_ts: int = ...,
        to_ts: int = ...,
        auto_detect_section: Literal["Y", "N"] = ...,
        skip_time: Literal["Y", "N"] = ...,
        timezone_from: str = ...,
        timezone_to: str = ...,
        description: str = ...,
        color: str = ...,
        text_color: str = ...,
        accessibility: Literal["busy", "absent", "quest", "free"] = ...,
        importance: Literal["high", "normal", "low"] = ...,
        private_event: Literal["Y", "N"] = ...,
        rrule: Mapping[str, Any] = ...,
        is_meeting: Literal["Y", "N"] = ...,
        location: str = ...,
        remind: Array = ...,
        attendees: Array = ...,
        meeting: Mapping[str, Any] = ...,
        crm_fields: Array = ...,
    ) -> C:
        """Scope: calendar.

        rrule: FREQ, COUNT, INTERVAL, BYDAY, UNTIL.
        remind: type, count.
        meeting: notify, reinvite, allow_invite, hide_guests.
        crm_fields: CO_, C_, L_, D_ and others.
        """

    def delete(self, *, id: int) -> C:
        """Scope: calendar."""

    def getbyid(self, *, id: int) -> C:
        """Scope: calendar."""

    def update(
        self,
        *,
        id: int,
        type: Literal["user", "group", "company_calendar"],
        ownerId: int,
        from_: datetime | date | str = ...,
        to: datetime | date | str = ...,
        from_ts: int = ...,
        to_ts: int = ...,
        section: int = ...,
        name: str = ...,
        skip_time: Literal["Y", "N"] = ...,
        timezone_from: str = ...,
        timezone_to: str = ...,
        description: str = ...,
        color: str = ...,
        text_color: str = ...,
        accessibility: Literal["busy", "absent", "quest", "free"] = ...,
        importance: Literal["high", "normal", "low"] = ...,
        private_event: Literal["Y", "N"] = ...,
        recurrence_mode: Literal["this", "next", "all"] = ...,
        current_date_from: date | str = ...,
        rrule: Mapping[str, Any] = ...,
        is_meeting: Literal["Y", "N"] = ...,
        location: str = ...,
        remind: Array = ...,
        attendees: Array = ...,
        host: int = ...,
        meeting: Mapping[str, Any] = ...,
        crm_fields: Array = ...,
    ) -> C:
        """Scope: calendar.

        rrule: FREQ, COUNT, INTERVAL, BYDAY, UNTIL.
        remind: type, count.
        meeting: notify, reinvite, allow_invite, hide_guests.
        crm_fields: CO_, C_, L_, D_ and others.
        """

class CalendarEventGet(Generic[C, R, V]):
    """``calendar.event.get``"""

    def __call__(
        self,
        *,
        type: Literal["user", "group", "company_calendar"],
        ownerId: int,
        from_: date | str = ...,
        to: date | str = ...,
        section: Array = ...,
    ) -> R:
        """Scope: calendar."""

    def nearest(
        self,
        *,
        type: Literal["user", "group", "company_calendar"] = ...,
        ownerId: int = ...,
        days: int = ...,
        forCurrentUser: bool = ...,
        maxEventsCount: int = ...,
        detailUrl: str = ...,
    ) -> R:
        """Scope: calendar."""

class CalendarMeeting(Generic[C, R, V]):
    """``calendar.meeting``"""

    status: CalendarMeetingStatus[C, R, V]

class CalendarMeetingStatus(Generic[C, R, V]):
    """``calendar.meeting.status``"""

    def get(self, *, eventId: int) -> C:
        """Scope: calendar."""

    def set(self, *, eventId: int, status: Literal["Y", "N", "Q"]) -> C:
        """Scope: calendar."""

class CalendarResource(Generic[C, R, V]):
    """``calendar.resource``"""

    booking: CalendarResourceBooking[C, R, V]

    def add(self, *, name: str) -> C:
        """Scope: calendar."""

    def delete(self, *, resourceId: Any) -> C:
        """Scope: calendar."""

    def list(self) -> R:
        """Scope: calendar."""

    def update(self, *, resourceId: int, name: str) -> C:
        """Scope: calendar."""

class CalendarResourceBooking(Generic[C, R, V]):
    """``calendar.resource.booking``"""

    def list(self, *, filter: Mapping[str, Any]) -> R:
        """Scope: calendar.

        filter: resourceTypeIdList*, from, to, resourceIdList*.
        """

class CalendarSection(Generic[C, R, V]):
    """``calendar.section``"""

    def add(
        self,
        *,
        type: Literal["user", "group"],
        ownerId: int,
        name: str,
        description: str = ...,
        color: str = ...,
        text_color: str = ...,
        export: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: calendar.

        export: ALLOW, SET.
        """

    def delete(self, *, type: Literal["user", "group"], ownerId: int, id: int) -> C:
        """Scope: calendar."""

    def get(
        self,
        *,
        type: Literal["user", "group", "company_calendar", "location"],
        ownerId: int,
    ) -> C:
        """Scope: calendar."""

    def update(
        self,
        *,
        type: Literal["user", "group"],
        ownerId: int,
        id: str,
        name: str = ...,
        description: str = ...,
        color: str = ...,
        text_color: str = ...,
        export: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: calendar.

        export: ALLOW, SET.
        """

class CalendarSettings(Generic[C, R, V]):
    """``calendar.settings``"""

    def get(self) -> C:
        """Scope: calendar."""

class CalendarUser(Generic[C, R, V]):
    """``calendar.user``"""

    settings: CalendarUserSettings[C, R, V]

class CalendarUserSettings(Generic[C, R, V]):
    """``calendar.user.settings``"""

    def get(self) -> C:
        """Scope: calendar."""

    def set(self, *, settings: Mapping[str, Any]) -> C:
        """Scope: calendar.

        settings: view, meetSection, crmSection, showDeclined, denyBusyInvitation,
          collapseOffHours, showWeekNumbers, showTasks, syncTasks, showCompletedTasks,
          lastUsedSection, sendFromEmail, defaultSections, syncPeriodPast, syncPeriodFuture,
          defaultReminders.
        """
