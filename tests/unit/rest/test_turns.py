"""The line in front of a portal: who goes, with whom, and that nobody's place is lost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from functools import partial

import pytest

from bitrix_events.errors import RateLimited
from bitrix_events.rest import turns
from bitrix_events.rest.batch import Outcome
from bitrix_events.rest.options import DEFAULT_OPTIONS, Options, Timeouts
from bitrix_events.rest.pace import STANDARD, UNLIMITED, Bucket, Limits
from bitrix_events.rest.responses import Response
from bitrix_events.rest.turns import Priority, Turns, Waiting
from tests.serving import PATIENCE, eventually

TIGHT = Limits(burst=1, per_second=1000)


@dataclass
class Clock:
    """A clock that goes on when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _patient_company(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, nobody goes without company because it took long."""
    monkeypatch.setattr(turns, "_COMPANY_SECONDS", PATIENCE)


class Line:
    """A line, and what it sent."""

    def __init__(self, limits: Limits = STANDARD, clock: Clock | None = None) -> None:
        self.bucket = Bucket(limits, clock) if clock else Bucket(limits)
        self.groups: list[list[Waiting]] = []
        self.alone: list[str] = []
        self.seconds: dict[str, float] = {}
        self.turns = Turns("acme", self.bucket, self.groups.append, self._typical)

    def _typical(self, method: str) -> float:
        return self.seconds.get(method, 0.0)

    def occupy(self, count: int = 3) -> None:
        """Let as many requests be under way as may go without company."""
        for _ in range(count):
            assert self.turns.may_go(Priority.CALL, is_full=False)

    async def call(
        self,
        name: str,
        *,
        shares: bool = True,
        priority: Priority = Priority.CALL,
        patience: float = 600,
        options: Options = DEFAULT_OPTIONS,
    ) -> Outcome | None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        waiting = Waiting(
            name,
            name if shares else None,
            options,
            priority,
            now,
            now + patience,
            loop.create_future(),
        )
        outcome = await self.turns.wait(waiting)
        if outcome is None:
            self.alone.append(name)
        return outcome

    def start(self, *names: str, **how: object) -> list[asyncio.Task[Outcome | None]]:
        return [
            asyncio.get_running_loop().create_task(self.call(name, **how))  # type: ignore[arg-type]
            for name in names
        ]

    @property
    def names(self) -> list[list[str]]:
        """Who goes together, in the order of requests."""
        return [[waiting.method for waiting in group] for group in self.groups]

    def finish(self) -> None:
        """Answer all groups that are under way."""
        for group in self.groups:
            for waiting in group:
                if not waiting.turn.done():
                    waiting.turn.set_result(Response(waiting.method))
            self.turns.end(is_full=len(group) == 50)
        self.groups.clear()

    def assert_idle(self) -> None:
        assert (self.turns._under_way, self.turns._not_full) == (0, 0)
        assert not any(self.turns._sharing)
        assert not any(self.turns._single)


async def breathe() -> None:
    """Let everybody who can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


def are_done_when_answered(line: Line, tasks: list[asyncio.Task[Outcome | None]]) -> bool:
    line.finish()
    return all(task.done() for task in tasks)


async def drained(tasks: list[asyncio.Task[Outcome | None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# Company.


async def test_three_requests_go_alone_and_the_next_one_waits() -> None:
    line = Line()
    line.occupy(3)

    assert not line.turns.may_go(Priority.CALL, is_full=False)
    assert line.turns.may_go(Priority.CALL, is_full=True)


async def test_on_a_portal_without_limits_nobody_waits_for_company() -> None:
    line = Line(UNLIMITED)
    line.occupy(64)

    assert not line.turns.may_go(Priority.CALL, is_full=False)


async def test_those_who_wait_go_together_in_their_order() -> None:
    line = Line()
    line.occupy()
    tasks = line.start("a", "b", "c")
    await breathe()
    assert line.names == []

    line.turns.end(is_full=False)

    assert line.names == [["a", "b", "c"]]
    line.finish()
    assert [await task for task in tasks] == [Response("a"), Response("b"), Response("c")]
    line.turns.end(is_full=False)
    line.turns.end(is_full=False)
    line.assert_idle()


async def test_fifty_need_not_wait_for_a_place() -> None:
    line = Line()
    line.occupy()
    tasks = line.start(*map(str, range(120)))
    await breathe()

    assert line.names == [list(map(str, range(50))), list(map(str, range(50, 100)))]
    line.finish()
    assert line.names == []
    line.turns.end(is_full=False)
    assert line.names == [list(map(str, range(100, 120)))]
    line.finish()
    assert [await task for task in tasks] == [Response(str(n)) for n in range(120)]


async def test_one_who_waits_alone_goes_alone() -> None:
    line = Line()
    line.occupy()
    (task,) = line.start("a")
    await breathe()

    line.turns.end(is_full=False)

    assert await task is None
    assert line.names == []
    for _ in range(3):
        line.turns.end(is_full=False)
    line.assert_idle()


async def test_what_goes_by_itself_needs_no_company() -> None:
    line = Line()
    line.occupy()
    tasks = line.start("x", "y", shares=False)

    assert await asyncio.gather(*tasks) == [None, None]
    assert line.alone == ["x", "y"]


async def test_only_so_many_requests_are_under_way_at_once() -> None:
    line = Line(Limits(burst=1000))
    tasks = line.start(*map(str, range(100)), shares=False)
    await breathe()

    assert len(line.alone) == 64
    line.turns.end(is_full=True)
    await breathe()
    assert len(line.alone) == 65
    await drained(tasks)
    for _ in range(64):
        line.turns.end(is_full=True)
    line.assert_idle()


async def test_slow_calls_are_not_put_together_beyond_what_a_request_may_last() -> None:
    line = Line()
    line.seconds = {"slow": 10.0, "endless": 100.0}
    line.occupy()
    tasks = line.start("slow", "slow", "slow", "quick", "endless", "quick")
    await breathe()
    for _ in range(3):
        line.turns.end(is_full=False)
    await breathe()

    assert line.names == [["slow", "slow"], ["slow", "quick"]]
    line.finish()
    await breathe()
    assert line.alone == ["endless", "quick"] or line.names == [["endless", "quick"]]
    await drained(tasks)


async def test_calls_with_other_timeouts_go_in_another_request() -> None:
    line = Line()
    line.occupy()
    hasty = replace(DEFAULT_OPTIONS, timeouts=Timeouts(total=1))
    same = replace(DEFAULT_OPTIONS, attempts=1)
    tasks = [
        *line.start("a"),
        *line.start("b", options=same),
        *line.start("c", "d", options=hasty),
    ]
    await breathe()
    for _ in range(3):
        line.turns.end(is_full=False)

    assert line.names == [["a", "b"], ["c", "d"]]
    await drained(tasks)


# Order.


async def test_handlers_go_before_reading_in_bulk() -> None:
    clock = Clock()
    line = Line(STANDARD, clock)
    while not line.bucket.take():
        pass
    tasks = [
        *line.start("bulk 1", "bulk 2", shares=False, priority=Priority.BULK),
        *line.start("call 1", "call 2", shares=False),
    ]
    await breathe()
    clock.now += 60
    line.turns._advance()
    await asyncio.gather(*tasks)

    assert line.alone == ["call 1", "call 2", "bulk 1", "bulk 2"]


async def test_among_equals_the_first_one_goes_first_whether_it_shares_or_not() -> None:
    clock = Clock()
    line = Line(STANDARD, clock)
    while not line.bucket.take():
        pass
    tasks = [*line.start("single", shares=False)]
    await breathe()
    tasks += line.start("shared 1", "shared 2")
    await breathe()
    tasks += line.start("late", shares=False)
    await breathe()

    clock.now += 0.6
    line.turns._advance()
    await breathe()
    assert line.alone == ["single"]
    clock.now += 0.6
    line.turns._advance()
    assert line.names == [["shared 1", "shared 2"]]
    clock.now += 0.6
    line.turns._advance()
    await breathe()
    assert line.alone == ["single", "late"]
    line.finish()
    await asyncio.gather(*tasks)


async def test_who_comes_later_does_not_overtake_the_line() -> None:
    clock = Clock()
    line = Line(STANDARD, clock)
    while not line.bucket.take():
        pass
    tasks = line.start("first", shares=False)
    await breathe()
    clock.now += 0.6

    assert not line.turns.may_go(Priority.CALL, is_full=True)
    line.turns._advance()
    await asyncio.gather(*tasks)


# Room.


async def test_the_line_moves_when_there_is_room_again() -> None:
    line = Line(TIGHT)
    tasks = line.start(*map(str, range(20)), shares=False)

    await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)

    assert line.alone == [str(n) for n in range(20)]


async def test_patience_ends_with_an_error_that_tells_when_there_is_room() -> None:
    line = Line(clock=Clock())
    line.bucket.refused(line.bucket.now(), is_overrun=True)

    patient = line.start("patient", shares=False)
    await breathe()
    async with asyncio.timeout(PATIENCE):
        outcome = await line.call("hasty", shares=False, patience=0.05)

    assert isinstance(outcome, RateLimited)
    assert (outcome.method, outcome.portal) == ("hasty", "acme")
    assert 0.3 < outcome.retry_after <= 1
    assert not patient[0].done()
    await drained(patient)


async def test_who_has_no_patience_does_not_wait_at_all() -> None:
    line = Line(clock=Clock())
    line.bucket.refused(line.bucket.now(), is_overrun=True)

    outcome = await asyncio.wait_for(line.call("hasty", patience=0), PATIENCE)

    assert isinstance(outcome, RateLimited)


async def test_who_lost_patience_is_not_sent_with_the_others() -> None:
    clock = Clock()
    line = Line(STANDARD, clock)
    while not line.bucket.take():
        pass
    tasks = [*line.start("a"), *line.start("hasty", patience=0), *line.start("b")]
    await breathe()
    assert isinstance(await tasks[1], RateLimited)

    clock.now += 60
    line.turns._advance()

    assert line.names == [["a", "b"]]
    await drained(tasks)


# Leaving.


async def test_who_left_the_line_is_not_sent_with_the_others() -> None:
    line = Line()
    line.occupy()
    tasks = line.start("a", "b", "c", "d")
    await breathe()
    for index in (0, 2):
        tasks[index].cancel()
    await breathe()

    line.turns.end(is_full=False)

    assert line.names == [["b", "d"]]
    await drained(tasks)


async def test_who_leaves_with_the_turn_in_hand_gives_it_back() -> None:
    line = Line()
    line.occupy()
    first, second = line.start("a", shares=False), line.start("b")
    await asyncio.sleep(0)
    line.turns._advance()  # a has its turn, and does not know it yet
    first[0].cancel()
    await breathe()

    assert first[0].cancelled()
    assert line.turns._under_way == 3
    line.turns.end(is_full=False)
    await breathe()
    assert await second[0] is None
    second_place = line.turns._under_way
    assert second_place == 3


async def test_who_leaves_with_a_failure_in_hand_is_still_cancelled() -> None:
    line = Line()
    line.occupy()
    tasks = line.start("a", "b")
    await breathe()
    line.turns.end(is_full=False)
    for waiting in line.groups[0]:
        waiting.turn.set_exception(OSError("the store"))
    tasks[0].cancel()
    await breathe()

    assert tasks[0].cancelled()
    assert isinstance(tasks[1].exception(), OSError)


async def test_places_are_never_lost_whoever_leaves_when() -> None:
    for when in range(12):
        line = Line(TIGHT)
        tasks = [*line.start(*"abcdef"), *line.start(*"uvwxyz", shares=False)]
        for _ in range(when):
            await asyncio.sleep(0.0003)
        for task in tasks[::2]:
            task.cancel()
        await eventually(partial(are_done_when_answered, line, tasks))
        for name in line.alone:
            line.turns.end(is_full=name in "uvwxyz")
        line.assert_idle()


# The end.


async def test_a_closed_line_sends_everybody_away() -> None:
    line = Line()
    line.bucket.refused(line.bucket.now(), is_overrun=False)
    tasks = [*line.start("a"), *line.start("x", shares=False)]
    await breathe()

    line.turns.close()

    for task in tasks:
        with pytest.raises(RuntimeError, match="closed"):
            await task
    with pytest.raises(RuntimeError, match="closed"):
        line.turns.may_go(Priority.CALL, is_full=True)
    line.assert_idle()


async def test_a_long_line_is_quick() -> None:
    clock = Clock()
    line = Line(STANDARD, clock)
    while not line.bucket.take():
        pass
    began = time.process_time()
    tasks: list[asyncio.Task[Outcome | None]] = []
    for n in range(4000):
        tasks += line.start(str(n))
        await asyncio.sleep(0)

    for _ in range(80):
        clock.now += 1
        line.turns._advance()
        line.finish()
    await asyncio.gather(*tasks)

    assert time.process_time() - began < 4
