"""How long a failed execution waits, and that it does not wait for ever."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix_events.routing.retry import RetryLater, RetryPolicy

SECONDS = st.floats(0, 1e7)


@given(st.integers(1, 200), SECONDS, SECONDS, st.data())
def test_a_delay_stays_within_base_and_cap(
    attempts: int, base: float, cap: float, data: st.DataObject
) -> None:
    policy = RetryPolicy(attempts=attempts, base=base, cap=cap)
    attempt = data.draw(st.integers(1, attempts))

    delay = policy.delay_after(attempt)

    if attempt == attempts:
        assert delay is None
    else:
        assert delay is not None
        assert 0 <= delay <= min(cap, base * 2 ** (attempt - 1))


@given(st.integers(1, 50), st.integers(0, 1000))
def test_after_the_last_attempt_there_is_no_other(attempts: int, more: int) -> None:
    assert RetryPolicy(attempts=attempts).delay_after(attempts + more) is None


def test_delays_are_spread_over_the_whole_range() -> None:
    policy = RetryPolicy(attempts=5, base=8, cap=3600)

    delays = [policy.delay_after(2) for _ in range(500)]

    assert min(filter(None, delays)) < 4
    assert max(filter(None, delays)) > 12


def test_a_hundredth_attempt_does_not_overflow() -> None:
    delay = RetryPolicy(attempts=10_000, base=1e9, cap=1e7).delay_after(9_999)

    assert delay is not None
    assert math.isfinite(delay)


@pytest.mark.parametrize("attempts", [0, -1])
def test_a_policy_needs_an_attempt(attempts: int) -> None:
    with pytest.raises(ValueError, match="attempts >= 1"):
        RetryPolicy(attempts=attempts)


@pytest.mark.parametrize("seconds", [-1.0, -math.inf, math.nan])
def test_a_policy_needs_seconds_that_can_pass(seconds: float) -> None:
    with pytest.raises(ValueError, match="base >= 0"):
        RetryPolicy(base=seconds)
    with pytest.raises(ValueError, match="a cap of 0 seconds"):
        RetryPolicy(cap=seconds)


def test_retry_later_says_when() -> None:
    later = RetryLater(seconds=90)

    assert later.seconds == 90
    assert str(later) == "try again in 90 s"


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf, 1e12])
def test_retry_later_takes_a_time_that_comes(seconds: float) -> None:
    with pytest.raises(ValueError, match="0 seconds to a year"):
        RetryLater(seconds=seconds)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_no_execution_is_put_off_beyond_the_max_age(delay: float, age: float) -> None:
    policy = RetryPolicy(max_age=timedelta(days=5))

    allowed = policy.allows(delay, age=timedelta(seconds=age))

    assert allowed == (timedelta(seconds=age) + timedelta(seconds=delay) <= timedelta(days=5))


@pytest.mark.parametrize("max_age", [timedelta(seconds=-1), timedelta(days=400)])
def test_a_policy_needs_a_max_age_that_can_pass(max_age: timedelta) -> None:
    with pytest.raises(ValueError, match="max_age of 0 seconds to a year"):
        RetryPolicy(max_age=max_age)
