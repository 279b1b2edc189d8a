"""Installations in memory, for scripts and tests; gone when the program ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from bitrix_events.store.records import Installation, present_of


class MemoryInstallations:
    """`Installations` of this process alone. Any thread and event loop may use them.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[str, Installation] = {}
        """By portal, the one that was installed last at the end."""
        self._last_version = 0
        """The highest one that was forgotten."""
        self._refresh_until: dict[str, float] = {}

    async def installation(self, portal: str) -> Installation | None:
        return self._found.get(portal)

    async def installation_at(self, domain: str) -> Installation | None:
        with self._lock:
            there = [found for found in self._found.values() if found.domain == domain]
        return present_of(there)

    async def installations(self) -> list[Installation]:
        with self._lock:
            return [self._found[portal] for portal in sorted(self._found)]

    async def save_installation(self, installation: Installation) -> bool:
        portal = installation.portal
        with self._lock:
            if not self._is_stored(portal, installation.version):
                return False
            before = installation.version or self._last_version
            self._found[portal] = replace(installation, version=before + 1)
            return True

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        now = self._clock()
        with self._lock:
            is_free = self._refresh_until.get(portal, 0.0) <= now
            if not (version and is_free and self._is_stored(portal, version)):
                return False
            self._refresh_until[portal] = now + seconds
            return True

    async def end_refresh(self, portal: str) -> None:
        with self._lock:
            self._refresh_until.pop(portal, None)

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        with self._lock:
            if version is not None and not self._is_stored(portal, version):
                return False
            self._refresh_until.pop(portal, None)
            found = self._found.pop(portal, None)
            self._last_version = max(self._last_version, found.version if found else 0)
            return found is not None

    def _is_stored(self, portal: str, version: int) -> bool:
        """Whether that version is the stored one; 0 stands for none."""
        found = self._found.get(portal)
        return (found.version if found is not None else 0) == version
