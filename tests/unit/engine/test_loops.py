"""The loop guard: how often a handler may run for one record."""

from __future__ import annotations

from dataclasses import replace

from bitrix_events.engine.loops import LoopGuard
from bitrix_events.store.records import Claim
from tests.unit.engine.parts import claim_of
from tests.unit.engine.test_weather import Clock
from tests.unit.test_metrics import value


def runs(guard: LoopGuard, count: int, *, first: int = 1, entity: str | None = "deal:7") -> float:
    """Let a handler run and write so many times; the pause that the last run was given."""
    return [run(guard, claim(first + number, entity)) for number in range(count)][-1]


def run(guard: LoopGuard, claim: Claim) -> float:
    """Let a handler run and write; the pause that it was given instead."""
    pause = guard.enter(claim)
    if not pause:
        guard.wrote(claim)
        guard.wrote(claim)
    return pause


def claim(execution: int, entity: str | None = "deal:7", *, handler: str = "app.handler") -> Claim:
    found = claim_of(handler, code="ONCRMDEALUPDATE", execution_id=execution)
    return replace(found, delivery=replace(found.delivery, entity=entity))


def test_ten_runs_a_minute_are_fine_and_the_next_one_waits() -> None:
    guard = LoopGuard(Clock())
    before = value("bitrix_events_loops_total", handler="app.handler")

    assert runs(guard, 10) == 0
    assert runs(guard, 1, first=11) == 60
    assert guard.pause_of(claim(11)) == 60
    assert value("bitrix_events_loops_total", handler="app.handler") == before + 1


def test_a_slow_handler_never_waits() -> None:
    clock = Clock()
    guard = LoopGuard(clock)

    for number in range(100):
        assert run(guard, claim(number)) == 0
        clock.now += 6.1


def test_pauses_grow_up_to_ten_minutes_until_it_is_quiet() -> None:
    clock = Clock()
    guard = LoopGuard(clock)
    pauses = []
    for episode in range(6):
        assert runs(guard, 10, first=100 * episode + 1) == 0
        pauses.append(runs(guard, 1, first=100 * episode + 50))
        clock.now += pauses[-1]
        assert guard.pause_of(claim(1)) == 0

    assert pauses == [60, 120, 240, 480, 600, 600]

    clock.now += 61
    assert runs(guard, 1, entity="deal:8") == 0  # whoever comes next finds the quiet ones
    assert runs(guard, 10, first=1000) == 0
    assert runs(guard, 1, first=1011) == 60


def test_records_handlers_and_portals_are_apart() -> None:
    guard = LoopGuard(Clock())
    assert runs(guard, 11) > 0

    beta = claim_of("app.handler", portal="beta", code="ONCRMDEALUPDATE", execution_id=52)
    others = [claim(50, "deal:8"), claim(51, handler="app.other"), beta]
    assert [guard.enter(other) for other in others] == [0, 0, 0]
    assert guard.pause_of(claim(53, "deal:8")) == 0


def test_events_about_no_record_are_no_loop() -> None:
    guard = LoopGuard(Clock())

    assert runs(guard, 100, entity=None) == 0
    assert guard.pause_of(claim(1, None)) == 0


def test_what_is_said_in_a_chat_is_no_loop() -> None:
    guard = LoopGuard(Clock())
    said = claim_of("app.handler", code="ONIMBOTV2COMMANDADD")

    assert [run(guard, replace(said, execution_id=n)) for n in range(30)] == [0] * 30


def test_who_writes_nothing_causes_nothing() -> None:
    guard = LoopGuard(Clock())

    assert [guard.enter(claim(n)) for n in range(30)] == [0] * 30


def test_attempts_of_one_execution_count_once() -> None:
    guard = LoopGuard(Clock())

    assert [run(guard, claim(1)) for _ in range(100)] == [0] * 100
    assert runs(guard, 9, first=2) == 0


def test_quiet_records_are_forgotten() -> None:
    clock = Clock()
    guard = LoopGuard(clock)
    assert runs(guard, 11, entity="deal:0") == 60
    for number in range(1000):
        guard.wrote(claim(number, f"deal:{number + 1}"))
    clock.now += 60
    guard.wrote(claim(1, "deal:1"))
    assert (len(guard._pairs), len(guard._paused)) == (1, 1)

    clock.now += 60
    guard.wrote(claim(1, "deal:2"))
    assert (len(guard._pairs), len(guard._paused)) == (1, 0)
