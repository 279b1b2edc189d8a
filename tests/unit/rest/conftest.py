"""What the tests of the client share."""

from __future__ import annotations

import pytest

from bitrix_events.rest import pace


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a 503 nothing is sent for milliseconds instead of seconds."""
    monkeypatch.setattr(pace, "_FIRST_PAUSE", 0.002)
    monkeypatch.setattr(pace, "_LONGEST_PAUSE", 0.01)
