"""Kill a real server at every stage under load, and count what was acknowledged against what ran.

Acknowledged is what was answered 200, handled is what a handler has appended to a file. The long
form is ``python -m tests.processes.crash --kills 200 --events 200000``. It prints a table, and ends
with 1 if anything was lost, ran out of order, or ran twice at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import re
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import uvloop

from bitrix_events.failpoints import NAMES, VARIABLE
from bitrix_events.store.records import State
from bitrix_events.store.sqlite.store import SqliteStore
from tests.load import Caller, call, post
from tests.processes.record import (
    APP,
    Record,
    deal_of,
    environment,
    handlers_of,
    numbered_event,
)
from tests.processes.serving import Server, kill, memory_peak
from tests.serving import eventually

WORKERS: Final = 8
"""Executions that run at a time, hence the most that one kill may cause to be repeated."""
OUTSIDE: Final = "from outside"
_OFFLINE: Final = {name for name in NAMES if name.startswith("offline_")}
STAGES: Final = (*sorted(NAMES - _OFFLINE - {"journal_written", "draining"}), OUTSIDE)
"""Where the server is killed; the journal, the drain and offline events belong to other
occasions."""
_ONCE_IN: Final = {
    "before_commit": 4,
    "after_commit": 4,
    "claimed": 8,
    "handler_done": 3,  # events come first, and handlers when there is time
    "before_settle": 3,
    "settled": 3,
    "checkpoint": 500,
    "recovering": 10**6,
}
"""How many events there are for one passage of a point, about, where it is not one."""
_DELIVERY: Final = re.compile(rb'"delivery": ?(\d+)')
ENDED: Final = (State.MERGED, State.SKIPPED, State.DEAD)
_LONGEST_LIFE_SECONDS: Final = 30.0
_PATIENCE_SECONDS: Final = 60.0


@dataclass
class Wanted:
    """How much is done, and with what dice.

    Attributes:
        seconds: how long a handler takes at most.
    """

    kills: int
    events: int
    connections: int = 32
    seed: int = field(default_factory=lambda: random.randrange(10**6))
    seconds: float = 0.004


@dataclass
class Report:
    """What was counted.

    Attributes:
        ends: how executions ended that never completed, by state.
        most_repeats: after one kill.
        unknown: events that were not answered; ``unknown_ran`` of them ran.
        refused: connections.
        ready: seconds from each death to the first 200 after it.
        rerun: seconds from each start to the first run of what was interrupted.
        memory: bytes.
        damage: what an integrity check of the file says at the end.
    """

    wanted: Wanted
    acknowledged: int = 0
    completed: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    misordered: list[str] = field(default_factory=list)
    overlapping: list[str] = field(default_factory=list)
    repeats: int = 0
    most_repeats: int = 0
    unknown: int = 0
    unknown_ran: int = 0
    answered_otherwise: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    failed_starts: int = 0
    ready: list[float] = field(default_factory=list)
    rerun: list[float] = field(default_factory=list)
    memory: int = 0
    exit_code: int = 0
    damage: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def faults(self) -> list[str]:
        """What must not be."""
        found = [*self.lost, *self.misordered, *self.overlapping, *self.damage]
        if self.most_repeats > WORKERS:
            found.append(f"{self.most_repeats} repeats after one kill, though {WORKERS} can run")
        if self.answered_otherwise:
            found.append(f"answers other than 200: {dict(self.answered_otherwise)}")
        if self.failed_starts:
            found.append(f"{self.failed_starts} starts failed")
        if self.exit_code:
            found.append(f"the stop at the end: exit code {self.exit_code}")
        return found

    def __str__(self) -> str:
        killed = ", ".join(f"{self.killed[stage]} {stage}" for stage in STAGES)
        rows = {
            "killed": f"{self.killed.total()} times: {killed}",
            "acknowledged": f"{self.acknowledged:,} events",
            "completed": f"{self.completed:,} executions",
            "ended otherwise": _counts(self.ends),
            "lost": f"{len(self.lost):,}",
            "out of order": f"{len(self.misordered):,}",
            "overlapping": f"{len(self.overlapping):,}",
            "repeated": f"{self.repeats:,}; at most {self.most_repeats} after one kill",
            "unanswered": f"{self.unknown:,} events, of which {self.unknown_ran:,} ran",
            "answered otherwise": _counts(self.answered_otherwise),
            "refused": f"{self.refused:,} connections",
            "failed starts": f"{self.failed_starts:,}",
            "death to first 200": _spread(self.ready),
            "start to first rerun": _spread(self.rerun),
            "memory": f"{self.memory / 2**20:.0f} MiB at most",
            "took": f"{self.seconds:.0f} s; seed {self.wanted.seed}",
        }
        return "\n".join(f"{name:>20}  {text}" for name, text in rows.items())


class Load:
    """Posts numbered events on many connections, and remembers the answers.

    Attributes:
        acknowledged: the delivery of each event that was answered 200; 0 if the answer named none.
        unknown: events that were not answered.
        answered_at: when the last 200 came.
    """

    def __init__(self, report: Report, dice: random.Random) -> None:
        self.acknowledged: dict[int, int] = {}
        self.unknown: set[int] = set()
        self.answered_at = 0.0
        self._report = report
        self._dice = dice
        self._numbers = itertools.count()
        self._stopped = False

    def request(self, caller: Caller) -> bytes | None:
        if self._stopped:
            return None
        caller.tag = number = next(self._numbers)
        does = "fail" if self._dice.random() < 0.01 else ""
        seconds = self._dice.random() * self._report.wanted.seconds
        return post("/events", numbered_event(number, seconds=seconds, does=does))

    def answered(self, caller: Caller, status: int, body: bytes, seconds: float) -> None:
        if status != 200:
            self._report.answered_otherwise[status] += 1
            return
        found = _DELIVERY.search(body)
        self.acknowledged[caller.tag] = int(found[1]) if found else 0
        self.answered_at = time.monotonic()

    def unanswered(self, caller: Caller) -> None:
        self.unknown.add(caller.tag)

    async def run(self, port: int) -> None:
        """Post on one connection after another until `stop`."""
        while not self._stopped:
            try:
                await call(port, self)
            except ConnectionRefusedError:
                self._report.refused += 1
                await asyncio.sleep(0.05)
            except OSError:
                await asyncio.sleep(0.01)

    def stop(self) -> None:
        """Let every connection end after its answer."""
        self._stopped = True


class Killer:
    """Sees to it that one process after the other dies, each at another stage.

    What kills a process from inside is planned in a file while its predecessor still runs, and the
    file is gone when the process has read it.
    """

    def __init__(
        self, server: Server, load: Load, report: Report, dice: random.Random, plans: Path
    ) -> None:
        self._server = server
        self._load = load
        self._report = report
        self._dice = dice
        self._plans = plans
        self._life = max(1.0, report.wanted.events / report.wanted.kills)
        self._stages: list[str] = []

    async def run(self) -> None:
        """Kill as often as is wanted."""
        report, died_at = self._report, 0.0
        planned, follows = OUTSIDE, self._plan() if report.wanted.kills > 1 else OUTSIDE
        while True:
            await eventually(lambda: self._server.pid != 0)
            pid = self._server.pid
            if await self._answers(pid, after=died_at) and died_at:
                report.ready.append(self._load.answered_at - died_at)
            await self._lives(pid, is_planned=planned is not OUTSIDE)
            report.memory = max(report.memory, memory_peak(pid))
            if self._server.pid == pid:
                planned = OUTSIDE
                kill(pid)
            died_at = await self._death(pid)
            report.killed[planned] += 1
            left = report.wanted.kills - report.killed.total()
            if left == 0:
                return
            await eventually(lambda: not self._plans.exists())  # the next one has read it
            planned, follows = follows, self._plan() if left > 1 else OUTSIDE

    def _plan(self) -> str:
        """Plan where the next process dies; which stage that is."""
        if not self._stages:
            self._stages = self._dice.sample(STAGES, len(STAGES))
        stage, text = self._stages.pop(), ""
        if stage is not OUTSIDE:
            passages = int(1.5 * self._life / _ONCE_IN.get(stage, 1))
            text = f"{stage}=kill@{self._dice.randint(1, max(1, passages))}"
        aside = self._plans.with_suffix(".aside")
        aside.write_text(text)
        aside.rename(self._plans)  # nobody reads half of it
        return stage

    async def _answers(self, pid: int, *, after: float) -> bool:
        """Wait for the first 200 of a process; False if it dies before."""
        return await self._waits(pid, lambda: self._load.answered_at > after, _PATIENCE_SECONDS)

    async def _lives(self, pid: int, *, is_planned: bool) -> None:
        """Let a process live for as long as it does, or for some events."""
        more = 2 * self._life + 50 if is_planned else self._dice.uniform(0.2, 1.8) * self._life
        enough = len(self._load.acknowledged) + more
        await self._waits(
            pid, lambda: len(self._load.acknowledged) >= enough, _LONGEST_LIFE_SECONDS
        )

    async def _waits(self, pid: int, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition holds. False if the process dies first, or time is up."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._server.pid == pid:
            if condition():
                return True
            await asyncio.sleep(0.005)
        return False

    async def _death(self, pid: int) -> float:
        """Wait for the end of a process; when that was."""
        await eventually(lambda: self._server.pid != pid)
        return time.monotonic()


async def crash(wanted: Wanted, folder: Path) -> Report:
    """Do it, in a folder that is empty."""
    began = time.monotonic()
    report, dice = Report(wanted), random.Random(wanted.seed)
    load, record, plans = Load(report, dice), Record(folder / "record"), folder / "plans"
    variables = environment(folder / "record", workers=WORKERS)
    variables[VARIABLE] = f"@{plans}"
    async with Server(folder, APP, variables) as server:
        callers = [asyncio.create_task(load.run(server.port)) for _ in range(wanted.connections)]
        await Killer(server, load, report, dice, plans).run()
        await eventually(lambda: len(load.acknowledged) >= wanted.events, seconds=3600)
        load.stop()
        await asyncio.gather(*callers)
        store = SqliteStore(server.store, mode="look")
        await store.open()
        await work_off(store)
        report.memory = max(report.memory, memory_peak(server.pid))
        report.exit_code = await server.stop()
        record.read_on()
        await settle_accounts(report, load, record, store)
        await store.close()
        report.failed_starts = sum(
            count for code, count in server.ends.items() if code != -signal.SIGKILL
        )
    with closing(sqlite3.connect(server.store)) as db:
        report.damage = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    report.seconds = time.monotonic() - began
    return report


async def work_off(store: SqliteStore) -> None:
    """Wait until nothing waits any more, or nothing has moved for so long that nothing will."""
    least, since = sys.maxsize, time.monotonic()
    while waiting := sum((await store.handler_names()).values()):
        if waiting < least:
            least, since = waiting, time.monotonic()
        if time.monotonic() - since > _PATIENCE_SECONDS:
            return
        await asyncio.sleep(1.0 if waiting > 1_000 else 0.05)  # to count costs time, too


async def settle_accounts(report: Report, load: Load, record: Record, store: SqliteStore) -> None:
    """Compare what was acknowledged with what has run; the store knows why the rest has not."""
    ran = {number for number, _ in record.completed}
    report.acknowledged = len(load.acknowledged)
    report.completed = len(record.completed)
    report.misordered, report.overlapping = record.misordered, record.overlapping
    report.repeats = record.repeats.total()
    report.most_repeats = max(record.repeats.values(), default=0)
    report.unknown = len(load.unknown)
    report.unknown_ran = len(load.unknown & ran)
    report.rerun = record.rerun
    for number, delivery_id in load.acknowledged.items():
        for handler in handlers_of(number):
            if (number, handler) in record.completed:
                continue
            state = await state_of(store, delivery_id, handler)
            newest = record.last.get((handler, deal_of(number)), 0)
            if state in ENDED and (state is not State.MERGED or newest > delivery_id):
                report.ends[state] += 1
            else:
                report.lost.append(f"event {number}, delivery {delivery_id}, {handler}: {state}")


async def state_of(store: SqliteStore, delivery_id: int, handler: str) -> State | None:
    """How an execution stands by the store's account; None if there is none."""
    view = await store.delivery(delivery_id)
    name = f"app.{handler}"
    found = [one.state for one in view.executions if one.handler == name] if view else []
    return found[-1] if found else None


def _counts(counter: Counter[Any]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counter.items()) or "none"


def _spread(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return "too few to tell"
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, of {len(seconds)}"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--events", type=int, default=200_000, help="acknowledged, at least")
    options.add_argument("--connections", type=int, default=32)
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = options.parse_args()
    wanted = Wanted(chosen.kills, chosen.events, chosen.connections, chosen.seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        report = runner.run(crash(wanted, Path(folder)))
    print(report)
    for fault in report.faults()[:20]:
        print(f"WRONG: {fault}")
    sys.exit(1 if report.faults() else 0)


if __name__ == "__main__":
    main()
