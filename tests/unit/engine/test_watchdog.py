"""Who blocks the event loop is named, with file and line."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from bitrix_events.engine.watchdog import Watchdog
from tests.serving import eventually


async def blocking() -> None:
    time.sleep(1.0)  # noqa: ASYNC251 - that is the point


async def test_the_offender_is_named_with_the_place_where_it_blocks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Watchdog(seconds=0.4, every=0.02) as watchdog:
        await asyncio.create_task(blocking(), name="deals.invoice")
        await eventually(lambda: "turns again" in caplog.text)
        trouble = watchdog.trouble

    (bark, end) = [record for record in caplog.records if record.name.endswith("watchdog")]
    assert bark.levelno == logging.ERROR
    assert bark.getMessage().startswith("deals.invoice blocks the event loop for 0.4 s at ")
    line = blocking.__code__.co_firstlineno + 1
    assert f"{__file__}:{line} in blocking" in bark.getMessage()
    assert vars(bark)["handler"] == "deals.invoice"
    assert end.levelno == logging.WARNING
    assert trouble == ""


async def test_while_the_loop_is_blocked_the_watchdog_can_tell() -> None:
    told: list[str] = []

    with Watchdog(seconds=0.4, every=0.02) as watchdog:

        def look() -> None:
            while not told:
                time.sleep(0.01)
                if "deals.invoice" in (trouble := watchdog.trouble):
                    told.append(trouble)

        looking = asyncio.create_task(asyncio.to_thread(look))
        await asyncio.sleep(0.01)
        await asyncio.create_task(blocking(), name="deals.invoice")
        await looking

    assert "deals.invoice blocks the event loop" in told[0]


async def test_a_loop_that_turns_is_left_in_peace(caplog: pytest.LogCaptureFixture) -> None:
    with Watchdog(seconds=1.0, every=0.01):
        for _ in range(60):
            await asyncio.sleep(0.02)

    assert [record for record in caplog.records if record.name.endswith("watchdog")] == []
