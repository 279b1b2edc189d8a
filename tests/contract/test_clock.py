"""The clock on the wall is set to and fro by years: what rests goes on resting for as long."""

from __future__ import annotations

import random
from pathlib import Path

from bitrix_events.store.records import NewDelivery, State, Target, Verdict
from bitrix_events.store.sqlite.clock import SteadyClock
from bitrix_events.store.sqlite.store import SqliteStore

YEAR = 366 * 86_400.0
REST = 60.0


class Clocks:
    """The clock on the wall, and the one that nobody can set."""

    def __init__(self) -> None:
        self.wall = 1_790_000_000.0
        self.steady = 1_000.0

    def advance(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


async def test_a_hundred_jumps_by_up_to_a_year_hasten_nothing_and_keep_nothing(
    tmp_path: Path,
) -> None:
    seed = random.randrange(10**6)
    dice, clocks = random.Random(seed), Clocks()
    clock = SteadyClock(lambda: clocks.wall, lambda: clocks.steady)
    store = SqliteStore(tmp_path / "store.db", clock=clock)
    await store.open()
    for number in range(20):
        await store.put(NewDelivery("acme", "ONOTHER", {}, f"deal:{number}"), [Target("handler")])
    due = {}
    for claim in await store.claim(limit=20, per_portal=20):
        assert await store.settle(claim, Verdict(State.WAITING, "later", REST))
        due[claim.execution_id] = clocks.steady + REST

    started: dict[int, float] = {}
    for _ in range(100):
        clocks.wall += dice.uniform(-YEAR, YEAR)
        await store.sweep(())  # looks at the clock
        clocks.advance(1.0)
        for claim in await store.claim(limit=20, per_portal=20):
            started[claim.execution_id] = clocks.steady
            assert await store.settle(claim, Verdict(State.DONE))

    assert started.keys() == due.keys(), f"something is stuck; seed {seed}"
    for number, moment in started.items():
        assert due[number] <= moment <= due[number] + 2.0, f"seed {seed}"
    await store.close()
