"""Installations that were read lately: every delivery asks for its portal's."""

from __future__ import annotations

import time
from typing import Final

from bitrix_events.store.records import Installation

_MOST: Final = 10_000
_FRESH_SECONDS: Final = 3.0
_FRESH_DEAF_SECONDS: Final = 1.0


class KnownInstallations:
    """Remembers them for a few seconds, or until somebody says that one was changed."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Installation, float]] = {}
        self.changes = 0
        """Counts what was forgotten; what was read before the last time may be old."""

    def fresh(self, portal: str) -> Installation | None:
        """One that nobody is known to have changed."""
        known = self._found.get(portal)
        return known[0] if known is not None and time.monotonic() < known[1] else None

    def last(self, portal: str) -> Installation | None:
        """One as it was when it was read last."""
        known = self._found.get(portal)
        return known[0] if known is not None else None

    def keep(self, installation: Installation, *, is_told: bool) -> None:
        """Remember one.

        Args:
            is_told: whether changes are heard of.
        """
        if len(self._found) >= _MOST:
            self._found.clear()
        seconds = _FRESH_SECONDS if is_told else _FRESH_DEAF_SECONDS
        self._found[installation.portal] = (installation, time.monotonic() + seconds)

    def changed(self, portal: str | None) -> None:
        """This process has changed one, or deleted it; or several (None)."""
        self.heard(portal)
        if portal is not None:
            self._found.pop(portal, None)

    def heard(self, portal: str | None) -> None:
        """Somebody may have changed one, or any (None): it is read anew when that is possible."""
        self.changes += 1
        for key in list(self._found) if portal is None else [portal]:
            if (known := self._found.get(key)) is not None:
                self._found[key] = (known[0], 0.0)
