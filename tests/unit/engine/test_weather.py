"""Which portals are left alone, and for how long."""

from __future__ import annotations

from bitrix_events import PortalBlocked, PortalFault, RateLimited, RestError
from bitrix_events.engine.weather import Weather


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def error(kind: type[RestError], status: int = 0) -> RestError:
    return kind("crm.deal.get", "CODE", "text", portal="acme", status=status)


def test_a_rate_limited_portal_rests_and_others_do_not() -> None:
    clock = Clock()
    weather = Weather(clock)

    assert weather.wait_after("acme", error(RateLimited)) == 2.0
    assert list(weather.resting()) == ["acme"]
    assert weather.ends_in() == 2.0

    clock.now += 2.0
    assert list(weather.resting()) == []
    assert weather.ends_in() is None


def test_an_overloaded_portal_rests_longer_each_time_until_it_works() -> None:
    clock = Clock()
    weather = Weather(clock)
    rests = []

    for _ in range(8):
        rest = weather.wait_after("acme", error(PortalFault, 503))
        assert rest is not None
        rests.append(rest)
        clock.now += rest
    weather.worked("acme")

    assert rests == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 120.0, 120.0]
    assert weather.wait_after("acme", error(PortalFault, 503)) == 2.0


def test_executions_that_fail_together_count_as_one_overload() -> None:
    clock = Clock()
    weather = Weather(clock)

    waits = [weather.wait_after("acme", error(PortalFault, 503)) for _ in range(8)]

    assert waits == [2.0] * 8


def test_what_ends_well_while_the_portal_rests_does_not_wake_it() -> None:
    weather = Weather(Clock())
    weather.wait_after("acme", error(PortalBlocked))

    weather.worked("acme")

    assert list(weather.resting()) == ["acme"]


def test_a_portal_that_the_vendor_has_blocked_is_asked_ever_more_seldom() -> None:
    clock = Clock()
    weather = Weather(clock)
    rests = []

    for _ in range(8):
        rest = weather.wait_after("acme", error(PortalBlocked))
        assert rest is not None
        rests.append(rest)
        clock.now += rest

    assert rests[:3] == [60.0, 120.0, 240.0]
    assert rests[-1] == 3600.0


def test_a_fault_of_the_portal_is_no_weather() -> None:
    weather = Weather(Clock())

    assert weather.wait_after("acme", error(PortalFault, 500)) is None
    assert weather.wait_after("acme", ValueError("mine")) is None
    assert list(weather.resting()) == []
