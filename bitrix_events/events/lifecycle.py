"""Installing, updating and removing our app.

Source: protocol.md 1.6.
"""

from __future__ import annotations

from typing import ClassVar

from bitrix_events.events.base import Event, Kind


class LifecycleEvent(Event):
    """Something happened to our app on a portal."""

    kind = Kind.FACT

    def _text(self, name: str) -> str:
        value = self.data.get(name, "") if isinstance(self.data, dict) else ""
        return value if isinstance(value, str) else ""

    @property
    def language(self) -> str:
        """Language of the user who acted, ``de``."""
        return self._text("LANGUAGE_ID")


class OnAppInstall(LifecycleEvent):
    @property
    def version(self) -> str:
        return self._text("VERSION")


class OnAppUpdate(LifecycleEvent):
    @property
    def version(self) -> str:
        return self._text("VERSION")

    @property
    def previous_version(self) -> str:
        return self._text("PREVIOUS_VERSION")


class OnAppUninstall(LifecycleEvent):
    """The app was removed. The portal's REST interface is closed to us by now."""

    api_is_closed: ClassVar[bool] = True

    @property
    def clean(self) -> bool:
        """The user asked to delete what the app has stored about the portal."""
        return self._text("CLEAN") == "1"


class OnAppTest(LifecycleEvent):
    """Raised by the REST method ``event.test``; ``data["QUERY"]`` echoes its parameters."""
