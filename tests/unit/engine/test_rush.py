"""In the first seconds of a rush deliveries come before handlers."""

from __future__ import annotations

from bitrix_events.engine.rush import Rush


class Door:
    """How many deliveries are being stored, at what time."""

    def __init__(self) -> None:
        self.storing = 32
        self.now = 100.0
        self.rush = Rush(lambda: self.storing, lambda: self.now)

    def seconds_of_rush(self, seconds: float) -> float:
        """For how much of this time there is one, looked at every tenth of a second."""
        found = 0
        for _ in range(round(seconds * 10)):
            found += self.rush.goes_on()
            self.now += 0.1
        return found / 10


def test_many_deliveries_at_once_are_a_rush_and_few_are_none() -> None:
    door = Door()

    many = door.rush.goes_on()
    door.storing = 3

    assert (many, door.rush.goes_on()) == (True, False)


def test_a_rush_that_lasts_ends_after_ten_seconds() -> None:
    door = Door()

    assert 9.5 < door.seconds_of_rush(60) < 10.5


def test_handlers_have_nine_tenths_of_the_time_in_the_long_run() -> None:
    door = Door()

    assert door.seconds_of_rush(1000) < 110


def test_after_a_quiet_time_there_can_be_another_rush() -> None:
    door = Door()
    door.seconds_of_rush(60)
    door.storing = 0
    door.seconds_of_rush(100)
    door.storing = 32

    assert 9.5 < door.seconds_of_rush(11) < 11.1
