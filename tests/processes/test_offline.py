"""A process that fetches offline events is killed between any two steps: none of them is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.processes.offline import STEPS, killed_at

pytestmark = pytest.mark.process


async def test_a_kill_between_any_two_steps_loses_nothing(tmp_path: Path) -> None:
    reports = await asyncio.gather(*(killed_at(step, tmp_path) for step in STEPS))

    assert all(report.was_killed for report in reports)
    assert [report for report in reports if report.lost or report.run_twice] == []
    assert [report for report in reports if not report.is_clean] == []
    assert [report.stored_twice for report in reports] == [0, 0, 20, 0]
