"""What all tests share."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from bitrix_events.rest import pace
from bitrix_events.store.postgres import pace as postgres_pace
from bitrix_events.store.postgres import session
from bitrix_events.store.sqlite import journal, reserve
from bitrix_events.testing import AppTest
from tests.serving import PATIENCE

# How long an example takes says something of the machine only.
settings.register_profile(
    "patient",
    parent=settings.get_profile(settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")


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


@pytest.fixture(autouse=True)
def patient_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stops for a second is no database that does not answer."""
    monkeypatch.setattr(postgres_pace, "_ANSWER_SECONDS", PATIENCE)
    monkeypatch.setattr(session, "_TOLD_SECONDS", PATIENCE)


@pytest.fixture(autouse=True)
def patient_app_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users expect their handlers to be done in ten seconds; a busy machine may need more."""
    defaults = AppTest.__init__.__kwdefaults__
    assert defaults is not None
    assert "timeout" in defaults
    monkeypatch.setitem(defaults, "timeout", PATIENCE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Reports travel between processes; what some tests log on purpose cannot be encoded."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report
