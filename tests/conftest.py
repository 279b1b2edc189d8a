"""What all tests share."""

from __future__ import annotations

import pytest

from bitrix_events.rest import pace


@pytest.fixture(autouse=True)
def fresh_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many tests give their portals the same name; what one of them has sent is none of the others'
    business."""
    monkeypatch.setattr(pace, "_buckets", {})
