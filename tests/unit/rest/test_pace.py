"""The pace at which a portal takes calls, against models of the portal's own counting."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitrix_events.rest import pace
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import (
    ENTERPRISE,
    STANDARD,
    UNLIMITED,
    Bucket,
    Limits,
    MethodTimes,
    shared_bucket,
)
from bitrix_events.rest.responses import Time
from bitrix_events.testing import FakePortal


@dataclass
class Clock:
    """A clock that goes on when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class PortalBucket:
    """How the portal counts; it never errs in our favour."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.level = 0.0
        self.at = 0.0

    def takes(self, at: float) -> bool:
        self.level = max(0.0, self.level - (at - self.at) * self.limits.per_second)
        self.at = at
        self.level += 1
        return self.level <= self.limits.burst


@pytest.fixture
def clock() -> Clock:
    return Clock()


def drain(bucket: Bucket, priority: int = 0) -> int:
    """How many requests go in at this moment."""
    count = 0
    while count < 10_000 and not bucket.take(priority):
        count += 1
    return count


# The bucket.


@pytest.mark.parametrize(("limits", "burst"), [(STANDARD, 49), (ENTERPRISE, 249)])
def test_a_burst_goes_at_once(clock: Clock, limits: Limits, burst: int) -> None:
    assert drain(Bucket(limits, clock)) == burst


@pytest.mark.parametrize("limits", [STANDARD, ENTERPRISE])
def test_after_the_burst_requests_go_at_the_rate_of_the_portal(
    clock: Clock, limits: Limits
) -> None:
    bucket = Bucket(limits, clock)
    drain(bucket)
    began, sent = clock.now, 0

    while clock.now < began + 60:
        wait = bucket.take()
        sent += not wait
        clock.now += wait

    assert sent == pytest.approx(60 * limits.per_second, abs=1)


def test_the_wait_that_is_told_is_long_enough(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    drain(bucket)

    clock.now += bucket.take()

    assert bucket.take() == 0


def test_an_empty_bucket_never_gets_emptier(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    clock.now += 1_000_000

    assert drain(bucket) == 49


def test_a_clock_that_goes_back_gives_nothing_away(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    drain(bucket)
    clock.now -= 100

    assert bucket.take() > 0


def test_a_bucket_for_one_request_still_lets_one_go(clock: Clock) -> None:
    bucket = Bucket(Limits(burst=1, per_second=1), clock)

    assert drain(bucket) == 1
    clock.now += bucket.take()
    assert drain(bucket) == 1


def test_what_could_not_wait_is_counted_all_the_same(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    for _ in range(60):
        bucket.charge()

    assert bucket.take() > 5


@pytest.mark.parametrize("limits", [STANDARD, ENTERPRISE, Limits(burst=10, per_second=1)])
@given(
    steps=st.lists(
        st.tuples(st.floats(0, 3), st.integers(1, 60), st.floats(0, 0.1)), min_size=1, max_size=30
    )
)
@settings(deadline=None, max_examples=60)
def test_the_portals_own_bucket_never_overflows(
    limits: Limits, steps: list[tuple[float, int, float]]
) -> None:
    """Whatever the schedule, with travel times that differ by up to a tenth of a second."""
    clock = Clock(0.0)
    bucket = Bucket(limits, clock)
    jitter = 0.1 * min(1.0, 2 / limits.per_second)
    arrivals = []
    for pause, wanted, delay in steps:
        clock.now += pause
        for index in range(wanted):
            if bucket.take():
                break
            arrivals.append(clock.now + (delay * jitter / 0.1 if index % 2 else 0.0))
    portal = PortalBucket(limits)

    assert all(portal.takes(at) for at in sorted(arrivals))


# Refusals.


def test_after_a_refusal_nothing_goes_for_a_while(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)

    pause = bucket.refused(clock.now, is_overrun=False)

    assert 0.5 <= pause <= 1
    assert bucket.take() == pytest.approx(pause)
    clock.now += pause
    assert bucket.take() == 0


def test_refusals_of_requests_that_were_under_way_together_count_as_one(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    sent_at = clock.now
    clock.now += 0.2

    pauses = [bucket.refused(sent_at, is_overrun=False) for _ in range(20)]

    assert len(set(pauses)) == 1
    assert pauses[0] <= 1


def test_each_further_refusal_makes_the_pause_longer_up_to_a_limit(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    pauses = []
    for _ in range(1200):
        pauses.append(bucket.refused(clock.now, is_overrun=False))
        clock.now += pauses[-1] + 0.1

    for index, pause in enumerate(pauses[:5]):
        assert 2**index / 2 <= pause <= 2**index
    assert all(15 <= pause <= 30 for pause in pauses[6:])


def test_an_answer_ends_the_growth_of_pauses(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    for _ in range(4):
        clock.now += bucket.refused(clock.now, is_overrun=False) + 0.1

    bucket.answered(clock.now)

    assert bucket.refused(clock.now, is_overrun=False) <= 1


def test_an_answer_to_an_earlier_request_does_not(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    earlier = clock.now
    clock.now += 1
    clock.now += bucket.refused(clock.now, is_overrun=False) + 0.1

    bucket.answered(earlier)

    assert bucket.refused(clock.now, is_overrun=False) >= 1


def test_an_overrun_shows_that_somebody_else_calls_the_portal(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)

    clock.now += bucket.refused(clock.now, is_overrun=True)

    assert bucket.take() > 0
    clock.now += 60
    assert drain(bucket) == 48  # room for the requests of others


def test_the_room_for_others_is_given_back_in_time(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    for _ in range(100):
        clock.now += bucket.refused(clock.now, is_overrun=True) + 0.1
    clock.now += 60
    assert drain(bucket) == 25  # half of it at most

    for _ in range(300):
        bucket.answered(clock.now)
    clock.now += 60

    assert drain(bucket) == 49


def test_a_busy_portal_is_not_taken_for_a_full_bucket(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)

    clock.now += bucket.refused(clock.now, is_overrun=False)

    assert drain(bucket) == 49


def test_a_portal_without_limits_takes_everything(clock: Clock) -> None:
    bucket = Bucket(UNLIMITED, clock)

    assert drain(bucket) == 10_000
    assert bucket.is_unlimited


def test_a_portal_that_refuses_has_limits(clock: Clock) -> None:
    bucket = Bucket(UNLIMITED, clock)

    clock.now += bucket.refused(clock.now, is_overrun=True)

    assert not bucket.is_unlimited
    assert bucket.take() > 0
    clock.now += 60
    assert drain(bucket) == 48


# Who goes first.


def test_less_urgent_requests_leave_room_for_the_one_that_waits(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    drain(bucket)
    urgent = bucket.take(0)
    clock.now += urgent

    assert bucket.take(1) > 0
    assert bucket.take(0) == 0


def test_urgent_requests_do_not_wait_for_less_urgent_ones(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    drain(bucket)
    clock.now += bucket.take(1)

    assert bucket.take(0) == 0


def test_who_was_told_to_wait_and_left_holds_nobody_up_for_long(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    drain(bucket)
    bucket.take(0)

    clock.now += 5

    assert drain(bucket, 1) == 10


# Slower.


@pytest.mark.parametrize("limits", [STANDARD, UNLIMITED])
def test_a_manual_throttle_lets_one_request_go_at_a_time(clock: Clock, limits: Limits) -> None:
    bucket = Bucket(limits, clock)
    moments: list[float] = []

    with bucket.slow(0.5):
        assert not bucket.is_unlimited
        while len(moments) < 4:
            wait = bucket.take()
            if not wait:
                moments.append(clock.now - 1000)
            clock.now += wait

    assert moments == pytest.approx([0, 2, 4, 6])


def test_after_the_throttle_everything_is_as_before(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    with bucket.slow(0.001):
        assert drain(bucket) == 1
        assert bucket.take() <= 1  # it looks again: the throttle may end before

    assert drain(bucket) == 48


def test_a_throttle_does_not_wait_until_an_earlier_burst_is_forgotten(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    for _ in range(40):
        bucket.take()

    with bucket.slow(1):
        assert bucket.take() == 0


def test_of_two_throttles_the_slower_one_counts(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    with bucket.slow(1), bucket.slow(0.25):
        bucket.take()
        clock.now += 3.9
        assert bucket.take() > 0
        clock.now += 0.2
        assert bucket.take() == 0


def test_a_throttle_is_not_faster_than_the_portal(clock: Clock) -> None:
    bucket = Bucket(STANDARD, clock)
    drain(bucket)

    with bucket.slow(1000):
        assert bucket.take() > 0.1


@pytest.mark.parametrize("per_second", [0, -1])
def test_a_throttle_that_lets_nothing_pass_is_refused(clock: Clock, per_second: float) -> None:
    with (
        pytest.raises(ValueError, match="never let a call pass"),
        Bucket(STANDARD).slow(per_second),
    ):
        pass


@pytest.mark.parametrize("limits", [{"burst": 0}, {"per_second": 0}, {"method_seconds": -1}])
def test_limits_that_let_nothing_pass_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="never let a call pass"):
        Limits(**limits)


# One bucket for all.


def test_all_clients_of_a_portal_share_a_bucket() -> None:
    assert shared_bucket("a.bitrix24.test") is shared_bucket("a.bitrix24.test")
    assert shared_bucket("a.bitrix24.test") is not shared_bucket("b.bitrix24.test")


def test_the_last_word_on_the_limits_counts_for_all() -> None:
    first = shared_bucket("a.bitrix24.test")
    assert first.limits == STANDARD

    shared_bucket("a.bitrix24.test", ENTERPRISE)
    shared_bucket("a.bitrix24.test")

    assert first.limits == ENTERPRISE


def test_what_a_client_has_sent_counts_after_its_end() -> None:
    for _ in range(49):
        assert shared_bucket("a.bitrix24.test").take() == 0

    assert shared_bucket("a.bitrix24.test").take() > 0


def test_only_so_many_portals_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_MOST_BUCKETS", 3)
    kept = shared_bucket("used again")
    shared_bucket("forgotten").take()
    for n in range(2):
        shared_bucket(f"other {n}")
        shared_bucket("used again")

    assert shared_bucket("used again") is kept
    assert len(pace._buckets) == 3
    assert shared_bucket("forgotten").take() == 0


def test_threads_together_send_no_more_than_one_would() -> None:
    limits = Limits(burst=500, per_second=0.001)
    taken: list[int] = []

    def take() -> None:
        bucket = shared_bucket("a.bitrix24.test", limits)
        taken.append(sum(not bucket.take() for _ in range(200)))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(taken) == 499


async def test_two_clients_of_a_portal_count_together() -> None:
    portal = FakePortal()
    limits = Limits(burst=50, per_second=0.01)
    async with (
        Client(portal.webhook_url, portal.transport, limits=limits) as one,
        Client(portal.webhook_url, portal.transport, limits=limits) as other,
    ):
        await one.call("profile")
        await other.call("profile")

    assert shared_bucket(portal.domain)._level == pytest.approx(2, abs=0.2)


# Working time.


def used(operating: float, *, left: float = 300, at: float = 1_790_000_000) -> Time:
    """What an answer says about its method."""
    return Time(finish=at, duration=0.5, operating=operating, operating_reset_at=at + left)


def test_a_method_goes_on_while_it_has_time(clock: Clock) -> None:
    times = MethodTimes(STANDARD, clock)

    times.learn("crm.deal.list", used(300))

    assert times.pause_of("crm.deal.list") == 0


def test_a_method_that_used_up_its_time_pauses_until_the_oldest_minute_is_forgotten(
    clock: Clock,
) -> None:
    times = MethodTimes(STANDARD, clock)

    times.learn("crm.deal.list", used(419, left=120))

    assert times.pause_of("crm.deal.list") == pytest.approx(121)
    clock.now += 122
    assert times.pause_of("crm.deal.list") == 0


@pytest.mark.parametrize("at", [0, 1, 1_790_000_000, 4_000_000_000])
def test_the_portals_clock_need_not_be_right(clock: Clock, at: float) -> None:
    times = MethodTimes(STANDARD, clock)

    times.learn("crm.deal.list", used(419, left=120, at=at))

    assert times.pause_of("crm.deal.list") == pytest.approx(121)


def test_an_answer_that_does_not_tell_its_own_time_pauses_no_longer_than_the_window(
    clock: Clock,
) -> None:
    times = MethodTimes(STANDARD, clock)

    times.learn("crm.deal.list", Time(operating=419, operating_reset_at=1_790_000_120))

    assert times.pause_of("crm.deal.list") <= 601


def test_a_moment_that_is_over_pauses_for_a_second_only(clock: Clock) -> None:
    times = MethodTimes(STANDARD, clock)

    times.learn("crm.deal.list", used(419, left=-50))

    assert times.pause_of("crm.deal.list") <= 1


def test_a_refused_method_waits_for_the_moment_that_its_last_answer_told(clock: Clock) -> None:
    times = MethodTimes(STANDARD, clock)
    times.learn("crm.deal.list", used(300, left=200))
    clock.now += 50

    assert times.refused("crm.deal.list") == pytest.approx(151)
    assert times.refused("crm.deal.list") == pytest.approx(151)  # others under way were refused too
    assert times.pause_of("crm.deal.list") == pytest.approx(151)


def test_a_refused_method_of_which_nothing_is_known_waits_a_minute(clock: Clock) -> None:
    times = MethodTimes(STANDARD, clock)

    assert times.refused("crm.deal.list") == 60
    assert times.pause_of("crm.deal.list") == 60


def test_a_method_that_is_refused_again_after_its_pause_waits_a_minute(clock: Clock) -> None:
    times = MethodTimes(STANDARD, clock)
    times.learn("crm.deal.list", used(419, left=10))
    clock.now += 12

    assert times.refused("crm.deal.list") == 60


def test_the_pause_of_a_method_does_not_touch_another(clock: Clock) -> None:
    times = MethodTimes(STANDARD, clock)

    times.refused("crm.deal.list")
    times.learn("crm.lead.list", used(500))

    assert times.pause_of("crm.deal.get") == 0
    assert times.pause_of("crm.contact.list") == 0


@pytest.mark.parametrize("spent", [Time(), Time(duration=1), Time(operating=500), used(0, left=0)])
def test_a_portal_that_does_not_count_pauses_nothing(clock: Clock, spent: Time) -> None:
    times = MethodTimes(STANDARD, clock)

    times.learn("crm.deal.list", spent)

    assert times.pause_of("crm.deal.list") == 0


def test_without_limits_no_time_is_too_much(clock: Clock) -> None:
    times = MethodTimes(UNLIMITED, clock)

    times.learn("crm.deal.list", used(1e9))

    assert times.pause_of("crm.deal.list") == 0
    assert math.isinf(UNLIMITED.method_seconds)


def test_the_usual_length_of_a_call_is_learned(clock: Clock) -> None:
    times = MethodTimes(STANDARD, clock)
    assert times.typical_seconds("crm.deal.list") == 0

    times.learn("crm.deal.list", Time(duration=2))
    times.learn("crm.deal.list", Time(duration=4))

    assert 2 < times.typical_seconds("crm.deal.list") < 4
