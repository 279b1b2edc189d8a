# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from datetime import date, datetime
from decimal import Decimal
from typing import Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Timeman(Generic[C, R, V]):
    """``timeman``"""

    networkrange: TimemanNetworkrange[C, R, V]
    schedule: TimemanSchedule[C, R, V]
    timecontrol: TimemanTimecontrol[C, R, V]

    def close(
        self,
        *,
        USER_ID: int = ...,
        TIME: datetime | date | str = ...,
        REPORT: str = ...,
        LAT: float | Decimal = ...,
        LON: float | Decimal = ...,
    ) -> C:
        """Scope: timeman."""

    def open(
        self,
        *,
        USER_ID: int = ...,
        TIME: datetime | date | str = ...,
        REPORT: str = ...,
        LAT: float | Decimal = ...,
        LON: float | Decimal = ...,
    ) -> C:
        """Scope: timeman."""

    def pause(self, *, USER_ID: int = ...) -> C:
        """Scope: timeman."""

    def settings(self, *, USER_ID: int = ...) -> C:
        """Scope: timeman."""

    def status(self, *, USER_ID: int = ...) -> C:
        """Scope: timeman."""

class TimemanNetworkrange(Generic[C, R, V]):
    """``timeman.networkrange``"""

    def check(self, *, IP: str = ...) -> C:
        """Scope: timeman."""

    def get(self) -> R:
        """Scope: timeman."""

    def set(self, *, RANGES: str) -> C:
        """Scope: timeman."""

class TimemanSchedule(Generic[C, R, V]):
    """``timeman.schedule``"""

    def get(self, *, id: int = ...) -> C:
        """Scope: timeman."""

class TimemanTimecontrol(Generic[C, R, V]):
    """``timeman.timecontrol``"""

    report: TimemanTimecontrolReport[C, R, V]
    reports: TimemanTimecontrolReports[C, R, V]
    settings: TimemanTimecontrolSettings[C, R, V]

class TimemanTimecontrolReport(Generic[C, R, V]):
    """``timeman.timecontrol.report``"""

    def add(
        self,
        *,
        REPORT_ID: int,
        TEXT: str,
        USER_ID: int = ...,
        TYPE: Literal["WORK", "PRIVATE"] = ...,
        CALENDAR: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: timeman.

        REPORT_ID may be called ID.
        """

class TimemanTimecontrolReports(Generic[C, R, V]):
    """``timeman.timecontrol.reports``"""

    settings: TimemanTimecontrolReportsSettings[C, R, V]
    users: TimemanTimecontrolReportsUsers[C, R, V]

    def get(
        self,
        *,
        USER_ID: int,
        MONTH: int,
        YEAR: int,
        IDLE_MINUTES: int = ...,
        WORKDAY_HOURS: int = ...,
    ) -> C:
        """Scope: timeman."""

class TimemanTimecontrolReportsSettings(Generic[C, R, V]):
    """``timeman.timecontrol.reports.settings``"""

    def get(self) -> R:
        """Scope: timeman."""

class TimemanTimecontrolReportsUsers(Generic[C, R, V]):
    """``timeman.timecontrol.reports.users``"""

    def get(self, *, DEPARTMENT_ID: int = ...) -> R:
        """Scope: timeman."""

class TimemanTimecontrolSettings(Generic[C, R, V]):
    """``timeman.timecontrol.settings``"""

    def get(self) -> C:
        """Scope: timeman."""

    def set(
        self,
        *,
        ACTIVE: Literal[True, 1, 0] = ...,
        MINIMUM_IDLE_FOR_REPORT: int = ...,
        REGISTER_OFFLINE: bool = ...,
        REGISTER_IDLE: bool = ...,
        REGISTER_DESKTOP: bool = ...,
        REPORT_REQUEST_TYPE: Literal["all", "user", "none"] = ...,
        REPORT_REQUEST_USERS: Array = ...,
        REPORT_SIMPLE_TYPE: Literal["all", "user", "none"] = ...,
        REPORT_SIMPLE_USERS: Array = ...,
        REPORT_FULL_TYPE: Literal["all", "user", "none"] = ...,
        REPORT_FULL_USERS: Array = ...,
    ) -> C:
        """Scope: timeman."""
