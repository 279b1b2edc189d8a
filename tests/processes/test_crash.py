"""A real server dies again and again under load, at every stage: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import httpx
import pytest

from bitrix_events.store.records import State
from tests.processes.crash import OUTSIDE, STAGES, Report, Wanted, crash
from tests.processes.record import APP, Record, environment, numbered_event
from tests.processes.serving import Server, all_ended
from tests.serving import FORM, PATIENCE

pytestmark = pytest.mark.process

SERVERS, KILLS = 2, 25


async def test_nothing_acknowledged_is_lost_over_fifty_kills_at_every_stage(tmp_path: Path) -> None:
    """Two servers at a time: most of the time is that of their starts, on a core each."""

    async def crash_one(number: int) -> Report:
        folder = tmp_path / str(number)
        folder.mkdir()
        return await crash(Wanted(KILLS, events=2_000, connections=16), folder)

    reports = await asyncio.gather(*(crash_one(number) for number in range(SERVERS)))

    text = "\n\n".join(map(str, reports))
    killed = sum((report.killed for report in reports), Counter[str]())
    assert [report.faults() for report in reports] == [[]] * SERVERS, text
    assert killed.total() == SERVERS * KILLS
    missed = set(STAGES) - {"checkpoint"} - set(killed)  # a kill from outside may come first
    assert len(missed) <= 3, f"these stages were never reached: {missed}\n{text}"
    assert killed[OUTSIDE] < killed.total() / 2, text
    assert sum(report.unknown_ran for report in reports) > 0, f"none died before its 200\n{text}"


async def test_an_event_that_kills_the_process_is_dead_after_three_and_its_neighbours_run(
    tmp_path: Path,
) -> None:
    poison = {0: "exit", 19: "kill"}
    record = Record(tmp_path / "record")
    variables = environment(tmp_path / "record", workers=8)
    async with (
        Server(tmp_path, APP, variables) as server,
        httpx.AsyncClient(timeout=PATIENCE) as http,
    ):
        for number in range(24):
            does = poison.get(number, "")
            event = numbered_event(number, seconds=1.0 if does else 0.4, does=does)
            answer = await http.post(f"{server.url}/events", content=event, headers=FORM)
            assert answer.status_code == 200
        views = await all_ended(server.store)
        exit_code = await server.stop()

    record.read_on()
    dead = {
        view.delivery.data["FIELDS"]["NUMBER"]: execution.deaths
        for view in views
        for execution in view.executions
        if execution.state is State.DEAD
    }
    ends = Counter(execution.state for view in views for execution in view.executions)
    assert dead == {str(number): 3 for number in poison}
    assert set(ends) <= {State.DONE, State.DEAD, State.MERGED}
    assert len(record.completed) == ends[State.DONE]
    assert (record.misordered, record.overlapping) == ([], [])
    assert exit_code == 0
