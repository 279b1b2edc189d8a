"""What all tests share."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from bitrix_events.rest import pace
from bitrix_events.store.sqlite import journal, reserve


@pytest.fixture(autouse=True)
def fresh_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many tests give their portals the same name; what one of them has sent is none of the others'
    business."""
    monkeypatch.setattr(pace, "_buckets", {})


@pytest.fixture(autouse=True)
def small_reserves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every store takes space for bad days, 20 MiB; tests open thousands of them."""
    monkeypatch.setattr(journal, "JOURNAL_BYTES", 2**18)
    monkeypatch.setattr(reserve, "RESERVE_BYTES", 2**16)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Reports travel between processes; what some tests log on purpose cannot be encoded."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report
