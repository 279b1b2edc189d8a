"""The line in front of a portal whose requests take long: how long a call stands there."""

from __future__ import annotations

import asyncio

import pytest

from bitrix_events.errors import RateLimited
from bitrix_events.rest import turns
from bitrix_events.rest.options import DEFAULT_OPTIONS
from bitrix_events.rest.pace import STANDARD, Bucket, Limits
from bitrix_events.rest.turns import Priority, Turns, Waiting
from tests.serving import PATIENCE, eventually


class Line:
    """A line before which as many requests are under way as may go without company."""

    def __init__(self, limits: Limits = STANDARD) -> None:
        self.groups: list[list[Waiting]] = []
        self.turns = Turns("acme", Bucket(limits), self.groups.append, lambda _: 0.0)
        for _ in range(3):
            assert self.turns.may_go(Priority.CALL, is_full=False)

    def waiting(self, command: str | None = "a", patience: float = 600) -> Waiting:
        loop = asyncio.get_running_loop()
        now = loop.time()
        return Waiting(
            "crm.deal.get",
            command,
            DEFAULT_OPTIONS,
            Priority.CALL,
            now,
            now + patience,
            loop.create_future(),
        )

    def start(self, count: int, patience: float = 600) -> list[asyncio.Task[object]]:
        return [
            asyncio.create_task(self.turns.wait(self.waiting(patience=patience)))
            for _ in range(count)
        ]


async def drained(tasks: list[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_patience_ends_though_it_is_places_that_are_missing() -> None:
    line = Line()
    loop = asyncio.get_running_loop()
    began = loop.time()

    patient = line.start(1)
    outcome = await asyncio.wait_for(line.turns.wait(line.waiting(patience=0.05)), PATIENCE)

    assert isinstance(outcome, RateLimited)
    assert outcome.retry_after > 0
    assert loop.time() - began > 0.04
    assert not patient[0].done()
    await drained(patient)


async def test_patience_ends_for_each_in_its_own_time() -> None:
    line = Line()
    with line.turns.held():
        tasks = [task for n in (600, 0.05, 0.1, 600) for task in line.start(1, patience=n)]
        found = await asyncio.wait_for(asyncio.gather(*tasks[1:3]), PATIENCE)

        assert [type(outcome) for outcome in found] == [RateLimited] * 2
        assert [task.done() for task in tasks] == [False, True, True, False]
        await drained(tasks)


async def test_slow_requests_do_not_stop_the_others() -> None:
    line = Line()

    outcome = await asyncio.wait_for(line.turns.wait(line.waiting()), PATIENCE)

    assert outcome is None
    assert line.turns._not_full == 4


async def test_beside_slow_requests_others_go_together_and_seldom() -> None:
    line = Line(Limits(burst=50, per_second=20))  # one in 0.1 s, and after 0.25 s of waiting
    tasks: list[asyncio.Task[object]] = []
    began = asyncio.get_running_loop().time()

    def alone() -> int:
        return sum(task.done() for task in tasks)

    for _ in range(50):
        tasks += line.start(1)
        await asyncio.sleep(0.01)
    await eventually(lambda: sum(map(len, line.groups)) + alone() == 50)

    took = asyncio.get_running_loop().time() - began
    assert len(line.groups) >= 1
    assert len(line.groups) + alone() <= (took - 0.25) / 0.1 + 1
    await drained(tasks)


async def test_callers_who_left_are_no_company(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_COMPANY_SECONDS", PATIENCE)
    line = Line()
    stay = line.start(5)
    for _ in range(3):
        left = line.start(40)
        await asyncio.sleep(0)
        await drained(left)
    line.turns._advance()

    assert line.groups == []
    assert sum(map(len, line.turns._sharing)) == 5
    await drained(stay)


@pytest.mark.parametrize("command", ["a", None])
async def test_while_a_line_is_held_nobody_goes(command: str | None) -> None:
    line = Line()
    line.turns.end(is_full=False)

    with line.turns.held():
        assert not line.turns.may_go(Priority.CALL, is_full=True)
        task = asyncio.create_task(line.turns.wait(line.waiting(command)))
        await asyncio.sleep(0.01)
        assert not task.done()

    assert await asyncio.wait_for(task, PATIENCE) is None
