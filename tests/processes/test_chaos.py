"""Workers die or are silent, the database crashes or goes away: nothing is lost, and no key is
worked on out of order, or twice at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.processes.chaos import chaos
from tests.processes.chaos_report import Report, Wanted
from tests.processes.ledger import Ledger

pytestmark = pytest.mark.process

ROUNDS = {
    "kills": Wanted(150, kills=2, restarts=1, doors=1, keys=60, ahead=150),
    "outage": Wanted(200, workers=1, outage=2.0, kept=50, rate=100, doors=1, keys=60),
    "stops": Wanted(100, workers=2, stops=1, lease=0.6, seconds=0.4, doors=1, keys=40, ahead=60),
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """What came of each round. They go on at the same time, as most of it is waiting."""
    postgres.server()  # or skip

    async def play() -> list[Report]:
        rounds = (chaos(wanted, tmp_path_factory.mktemp(name)) for name, wanted in ROUNDS.items())
        return await asyncio.gather(*rounds)

    return dict(zip(ROUNDS, asyncio.run(play()), strict=True))


def test_nothing_is_lost_or_out_of_order_while_workers_die_and_the_database_crashes(
    reports: dict[str, Report],
) -> None:
    report = reports["kills"]

    assert report.faults() == [], str(report)
    assert report.killed.total() >= 2
    assert report.restarted == 1
    assert report.acknowledged >= 150


def test_nobody_is_refused_and_nothing_lost_while_the_database_is_away(
    reports: dict[str, Report],
) -> None:
    report = reports["outage"]

    assert report.faults() == [], str(report)
    assert report.kept > 50, str(report)
    assert len(report.answered) >= report.kept


def test_a_worker_that_is_silent_for_longer_than_its_lease_loses_nothing(
    reports: dict[str, Report],
) -> None:
    report = reports["stops"]

    assert report.faults() == [], str(report)
    assert report.stopped == 1
    assert report.repeated or report.taken_over or report.overlapping, "nobody took over anything"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    found = Ledger(tmp_path / "ledger")
    yield found
    found.close()


def test_a_run_that_begins_after_a_later_one_of_its_key_is_out_of_order(ledger: Ledger) -> None:
    ledger.read(
        [
            "begun 1 0.1 quick 7 2",
            "done 1 0.2 quick 7 2",
            "begun 1 0.3 quick 8 1",
            "done 1 0.4 quick 8 1",
            "begun 1 0.5 quick 7 1",
        ]
    )

    assert len(ledger.misordered) == 1


def test_a_run_overlaps_another_of_its_key_if_its_process_is_seen_alive_afterwards(
    ledger: Ledger,
) -> None:
    ledger.read(["begun 1 0.1 quick 7 1", "begun 2 0.2 quick 7 1", "begun 2 0.3 quick 8 1"])
    assert ledger.overlapping == []

    ledger.read(["alive 1 0.4 - 0 0"])

    assert [run.beside for run in ledger.overlapping] == [0.4]


def test_a_run_whose_process_was_killed_before_overlaps_nothing(ledger: Ledger) -> None:
    ledger.read(
        [
            "begun 1 0.1 quick 7 1",
            "alive 1 0.2 - 0 0",
            "begun 2 0.3 quick 7 1",
            "killed 1 0.4 - 0 0",
            "done 2 0.5 quick 7 1",
        ]
    )

    assert ledger.overlapping == []
    assert ledger.most_at_once() == 1
    assert ledger.completed == {("quick", 7, 1): 1}


def test_a_killed_run_lasts_as_long_as_its_process_was_seen(ledger: Ledger) -> None:
    ledger.read(
        [
            "begun 1 0.1 quick 7 1",
            "begun 2 0.2 quick 8 1",
            "alive 1 0.3 - 0 0",
            "killed 1 0.9 - 0 0",
            "done 2 0.5 quick 8 1",
        ]
    )

    assert ledger.most_at_once() == 2
