"""What a process knows of the time of its database."""

from __future__ import annotations

import time

import pytest

from bitrix_events.store.postgres.clock import DatabaseClock


@pytest.mark.parametrize(
    ("error", "is_believed"), [(0.05, True), (5.0, False)], ids=["well known", "badly known"]
)
def test_an_answer_that_took_long_does_not_spoil_what_is_known(
    error: float, is_believed: bool
) -> None:
    clock, now = DatabaseClock(), time.time()
    clock.read(now, 0.01)

    clock.read(now + 0.5, error)

    assert (clock() - time.time() > 0.25) == is_believed


def test_a_clock_that_was_set_is_noticed_however_long_the_answer_took() -> None:
    clock, now = DatabaseClock(), time.time()
    clock.read(now, 0.01)

    clock.read(now + 3_600, 5.0)

    assert clock() - time.time() > 3_500
