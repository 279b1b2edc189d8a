"""Kill workers and restart the database under load; compare what was acknowledged with what ran.

Doors and workers are processes on a real PostgreSQL server. The handlers write down when they begin
and end (`ledger`), and order and overlap are judged by that alone. The long forms:

    python -m tests.processes.chaos --workers 3 --events 20000 --kills 50 --restarts 5
    python -m tests.processes.chaos --outage 60
    python -m tests.processes.chaos --stops 20 --seconds 0.3

Each prints a table, and ends with 1 if anything was lost, out of order, refused, or ran twice at a
time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import uvloop

from bitrix_events.failpoints import VARIABLE
from bitrix_events.store.postgres.store import PostgresStore
from tests import postgres
from tests.load import Caller, call, post
from tests.processes.chaos_report import OF_A_PORTAL, Report, Wanted
from tests.processes.fleet import Fleet, Member
from tests.processes.ledger import APP, HANDLERS, Ledger, keyed_event, variables
from tests.serving import eventually

OUTSIDE: Final = "from outside"
STAGES: Final = {
    "claimed": 60,
    "handler_done": 200,
    "before_settle": 200,
    "settled": 200,
    "before_commit": 300,
    "after_commit": 60,
}
"""Where a worker dies by itself: at the nth passage, at most that one."""
_AT_A_TIME: Final = 8
"""Executions in each worker."""
_LONGEST_LIFE_SECONDS: Final = 4.0
_LOOK_SECONDS: Final = 0.02
_PATIENCE_SECONDS: Final = 60.0


class Load:
    """Posts the numbered events of many keys; the next one of a key follows an answer.

    Attributes:
        acknowledged: events that were answered 2xx: key and number.
        sent: how many were.
        watched: where the seconds to each answer go; None if nowhere.
    """

    def __init__(
        self, report: Report, dice: random.Random, may_send: Callable[[int], bool]
    ) -> None:
        wanted = report.wanted
        self.acknowledged: set[tuple[int, int]] = set()
        self.sent = 0
        self.watched: list[float] | None = None
        self._report = report
        self._dice = dice
        self._may_send = may_send
        self._is_stopped = False
        keys = range(1, wanted.keys + 1)
        pools = [deque(keys[door :: wanted.doors]) for door in range(wanted.doors)]
        self.pools = [deque(keys)] * wanted.doors if wanted.spreads else pools
        """Keys without a request under way, by door."""
        self._last = dict.fromkeys(keys, 0)

    async def run(self, door: int, port: Callable[[], int]) -> None:
        """Post on one connection after another until `stop`."""
        script = _Script(self, self.pools[door])
        while not self._is_stopped:
            try:
                await call(port(), script)
            except OSError:
                self._report.refused += 1
            await asyncio.sleep(_LOOK_SECONDS)

    def stop(self) -> None:
        """Let every connection end after its answer."""
        self._is_stopped = True

    def next(self, key: int) -> bytes | None:
        """The next event of a key, if there is to be one."""
        if self._is_stopped or not self._may_send(self.sent):
            return None
        self.sent += 1
        self._last[key] += 1
        seconds = self._dice.random() * self._report.wanted.seconds
        fails = self._dice.random() < 0.01
        return post("/events", keyed_event(key, self._last[key], seconds=seconds, fails=fails))

    def answered(self, key: int, status: int, seconds: float) -> None:
        """The last event of a key was."""
        if 200 <= status < 300:
            self.acknowledged.add((key, self._last[key]))
        else:
            self._report.otherwise[status] += 1
        if self.watched is not None:
            self.watched.append(seconds)

    def unanswered(self, key: int) -> None:
        """It never will be."""
        self._report.unanswered += 1


class _Script:
    """What the connections of one door say."""

    def __init__(self, load: Load, keys: deque[int]) -> None:
        self._load = load
        self._keys = keys

    def request(self, caller: Caller) -> bytes | None:
        if not self._keys:
            return None
        key = self._keys.popleft()
        found = self._load.next(key)
        if found is None:
            self._keys.append(key)
        caller.tag = key
        return found

    def answered(self, caller: Caller, status: int, body: bytes, seconds: float) -> None:
        self._load.answered(caller.tag, status, seconds)
        self._keys.append(caller.tag)

    def unanswered(self, caller: Caller) -> None:
        self._load.unanswered(caller.tag)
        self._keys.append(caller.tag)


class Chaos:
    """One round: a fleet on a database, the load, and all that happens to them."""

    def __init__(self, wanted: Wanted, folder: Path, server: postgres.Server, url: str) -> None:
        self.report = Report(wanted)
        self._wanted = wanted
        self._server = server
        self._url = url
        self._dice = random.Random(wanted.seed)
        self._ledger = Ledger(folder / "ledger")
        self._load = Load(self.report, self._dice, self._may_send)
        self._began = time.monotonic()
        self._doors: list[Member] = []
        self._workers: list[Member] = []
        self._over = asyncio.Event()
        self._crashes = 0
        self._is_up = asyncio.Event()
        self._is_up.set()
        self.fleet = Fleet(
            folder,
            APP,
            {
                **variables(folder / "ledger"),
                "BITRIX_EVENTS_STORE": url,
                "BITRIX_EVENTS_OUTAGE_FOLDER": str(folder / "outage"),
                "BITRIX_EVENTS_SHUTDOWN_SECONDS": "2",
                "BITRIX_EVENTS_WORKERS": str(_AT_A_TIME),
                "BITRIX_EVENTS_PORTAL_CONCURRENCY": str(OF_A_PORTAL),
                "BITRIX_EVENTS_LEASE_SECONDS": str(wanted.lease),
            },
        )

    async def run(self) -> Report:
        """Do it."""
        wanted, report = self._wanted, self.report
        names = [f"web{number}" for number in range(wanted.doors)]
        self._doors = await asyncio.gather(*map(self._open_door, names))
        first = asyncio.Event()
        keepers = [
            asyncio.create_task(self._keep(f"worker{number}", first))
            for number in range(wanted.workers)
        ]
        await eventually(
            lambda: len(self._workers) == wanted.workers or any(k.done() for k in keepers),
            seconds=_PATIENCE_SECONDS,
        )
        for keeper in keepers:
            if keeper.done():
                keeper.result()
        self._began = time.monotonic()
        first.set()
        posting = [
            asyncio.create_task(self._load.run(number, partial(self._port_of, number)))
            for number in range(wanted.doors)
            for _ in range(wanted.connections // wanted.doors)
        ]
        reading = asyncio.create_task(self._read_on())
        blows: list[Coroutine[Any, Any, None]] = [self._kill(), self._restart(), self._stop_some()]
        await asyncio.gather(*blows, self._outage(), self._kill_doors())
        await eventually(
            lambda: len(self._load.acknowledged) >= wanted.events, seconds=_PATIENCE_SECONDS * 10
        )
        self._load.stop()
        await asyncio.gather(*posting)
        answered_at = time.monotonic()
        await self._work_off()
        report.drained = time.monotonic() - answered_at
        self._over.set()
        for worker in self._workers:
            worker.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*keepers)
        for door in self._doors:
            report.exit_codes[await self.fleet.stop(door)] += 1
        reading.cancel()
        await self._settle_accounts()
        report.seconds = time.monotonic() - self._began
        return report

    # The load, and what becomes of it.

    def _port_of(self, door: int) -> int:
        return self._doors[door].port

    def _may_send(self, sent: int) -> bool:
        if sent >= self._wanted.rate * (time.monotonic() - self._began):
            return False
        waiting = sent - self._ledger.handled / len(HANDLERS)
        return self._wanted.outage > 0 or waiting < self._wanted.ahead

    async def _read_on(self) -> None:
        while True:
            self._ledger.read_on()
            await asyncio.sleep(_LOOK_SECONDS)

    def _wanted_runs(self) -> set[tuple[str, int, int]]:
        return {(name, *event) for event in self._load.acknowledged for name in HANDLERS}

    async def _work_off(self) -> None:
        """Wait until all has run, or nothing has for so long that nothing will."""
        wanted = self._wanted_runs()
        most, since = 0, time.monotonic()
        while wanted - self._ledger.completed.keys():
            if self._ledger.handled > most:
                most, since = self._ledger.handled, time.monotonic()
            if time.monotonic() - since > _PATIENCE_SECONDS / 2:
                return
            await asyncio.sleep(0.1)

    async def _settle_accounts(self) -> None:
        report, ledger = self.report, self._ledger
        ledger.read_on()
        ledger.close()
        report.acknowledged = len(self._load.acknowledged)
        report.completed = ledger.completed.total()
        report.repeated = report.completed - ledger.handled
        report.misordered = ledger.misordered
        report.overlapping = [str(run) for run in ledger.overlapping]
        report.most_at_once = ledger.most_at_once()
        for run in ledger.overlapping:
            let_go = max(self._ledger.continued.get(run.pid, 0.0), run.begun_at)
            end = f"{run.handler} {run.end}"
            report.beside.setdefault(end, []).append(max(run.ended_at - let_go, 0.0))
        report.taken_over = _waits(ledger)
        report.void = sum(member.text.count("verdict is void") for member in self.fleet.members)
        store = PostgresStore(self._url, mode="look")
        await store.open()
        stats = await store.stats()
        dead = await store.dead(limit=1000)
        await store.close()
        report.dead = [f"{delivery.data['FIELDS']}: {e.note}" for delivery, e in dead]
        if stats.waiting + stats.running + stats.parked:
            report.stuck = f"the store has more to do, or thinks so: {stats}"
        left = sorted(self._wanted_runs() - ledger.completed.keys())
        report.lost = [f"event {key}/{number}, {name}" for name, key, number in left]

    # What happens to the workers.

    async def _keep(self, name: str, first: asyncio.Event) -> None:
        """See to it that a worker runs. From its second life on it may die by itself."""
        while not self._over.is_set():
            stage, plan = OUTSIDE, {}
            if first.is_set() and self._may_kill() and self._dice.random() < 0.5:
                stage = self._dice.choice(list(STAGES))
                plan = {VARIABLE: f"{stage}=kill@{self._dice.randint(1, STAGES[stage])}"}
            crashes = self._crashes
            try:
                worker = await self.fleet.start(name, "worker", **plan)
            except (AssertionError, TimeoutError):  # it has died before it could answer, or is slow
                worker = self._newest(name)
                if worker.process.returncode not in (None, -signal.SIGKILL):
                    if self._is_up.is_set() and crashes == self._crashes:
                        raise
                    await self._is_up.wait()  # it needs a database to start with
                    continue
            self._workers.append(worker)
            if self._over.is_set():
                worker.process.send_signal(signal.SIGTERM)
            code = await worker.process.wait()
            self._workers.remove(worker)
            self._ledger.note("killed", worker.process.pid)
            if code == -signal.SIGKILL:
                self.report.killed[OUTSIDE if worker.died_at else stage] += 1
            else:
                self.report.exit_codes[code] += 1

    def _may_kill(self) -> bool:
        return self.report.killed.total() + len(self._workers) < self._wanted.kills

    async def _kill(self) -> None:
        """Kill workers that have run something, as often as is wanted."""
        done = 0
        while self.report.killed.total() < self._wanted.kills:
            done += 1
            await self._passes(done / (self._wanted.kills + 1))
            victims = [m for m in self._workers if self._ledger.running(m.process.pid)]
            if victims and self.report.killed.total() < self._wanted.kills:
                victim = self._dice.choice(victims)
                victim.died_at = time.monotonic()
                victim.process.send_signal(signal.SIGKILL)
                await victim.process.wait()
            await asyncio.sleep(self._dice.random() * 0.4)

    async def _open_door(self, name: str) -> Member:
        """Start a door, with the patience of a machine that has a lot to do."""
        try:
            return await self.fleet.start(name, "web")
        except TimeoutError:
            door = self._newest(name)
        async with httpx.AsyncClient() as http:

            async def answers() -> bool:
                try:
                    return (await http.get(f"{door.url}/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(answers, seconds=_PATIENCE_SECONDS)
        return door

    def _newest(self, name: str) -> Member:
        return next(m for m in reversed(self.fleet.members) if m.name == name)

    async def _kill_doors(self) -> None:
        """Kill doors, one after the other, and start each again."""
        for _ in range(self._wanted.door_kills):
            await asyncio.sleep(self._dice.uniform(1.0, 4.0))
            number = self._dice.randrange(self._wanted.doors)
            door = self._doors[number]
            await self.fleet.kill(door)
            self.report.doors_killed += 1
            self._doors[number] = await self._open_door(door.name)

    async def _stop_some(self) -> None:
        """Stop workers for longer than their lease, one after the other, and let each go on once
        somebody else has its work."""
        for _ in range(self._wanted.stops):
            victim = await self._stop_busy_one()
            pid = victim.process.pid
            await asyncio.sleep(self._wanted.lease * self._dice.uniform(2.0, 3.0))
            await eventually(
                lambda pid=pid: self._ledger.is_succeeded(pid), seconds=_PATIENCE_SECONDS
            )
            self._ledger.note("continued", pid)
            victim.process.send_signal(signal.SIGCONT)
            self.report.stopped += 1
            await asyncio.sleep(self._dice.uniform(0.5, 1.0))

    async def _stop_busy_one(self) -> Member:
        """Stop a worker that is in the middle of something."""
        while True:
            busy = [m for m in self._workers if self._ledger.running(m.process.pid)]
            if busy:
                chosen = self._dice.choice(busy)
                chosen.process.send_signal(signal.SIGSTOP)
                self._ledger.read_on()
                if self._ledger.running(chosen.process.pid):
                    return chosen
                chosen.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _passes(self, share: float) -> None:
        """Wait until this share of the events is acknowledged, or long enough."""
        until = time.monotonic() + _LONGEST_LIFE_SECONDS
        enough = share * self._wanted.events
        await eventually(lambda: len(self._load.acknowledged) >= enough or time.monotonic() > until)

    # What happens to the database.

    async def _restart(self) -> None:
        """Crash it, and start it at once."""
        for number in range(self._wanted.restarts):
            share = (number + self._dice.random()) / self._wanted.restarts
            enough = share * self._wanted.events
            await eventually(lambda e=enough: len(self._load.acknowledged) >= e, seconds=600)
            self._load.watched = self.report.answered
            await self._crash()
            await self._restore()
            self.report.restarted += 1
            await self._next_run()
            self._load.watched = None

    async def _outage(self) -> None:
        """Take it away for a while."""
        if not self._wanted.outage:
            return
        await asyncio.sleep(2.0)
        before = len(self._load.acknowledged)
        self._load.watched = self.report.answered
        frozen = _freeze(self._server) if self._wanted.freezes else []
        if not frozen:
            await self._crash()
        await asyncio.sleep(self._wanted.outage)
        await eventually(lambda: len(self._load.acknowledged) > before + self._wanted.kept)
        self.report.kept = len(self._load.acknowledged) - before
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        if not frozen:
            await self._restore()
        await self._next_run()
        self._load.watched = None

    async def _crash(self) -> None:
        self._crashes += 1
        self._is_up.clear()
        await asyncio.to_thread(self._server.stop, signal.SIGQUIT)

    async def _restore(self) -> None:
        await asyncio.to_thread(self._server.start)
        self._is_up.set()

    async def _next_run(self) -> None:
        """Wait until something runs again."""
        began, handled = time.monotonic(), self._ledger.handled
        await eventually(lambda: self._ledger.handled > handled, seconds=_PATIENCE_SECONDS)
        self.report.back.append(time.monotonic() - began)


async def chaos(wanted: Wanted, folder: Path) -> Report:
    """Do it, in a folder that is empty, on a server of its own."""
    server = postgres.Server()
    server.start()
    try:
        round_ = Chaos(wanted, folder, server, await server.fresh())
        async with round_.fleet:
            return await round_.run()
    finally:
        server.remove()


def _waits(ledger: Ledger) -> list[float]:
    """From the end of each run that was killed to the next run of the same."""
    killed: dict[tuple[str, int, int], float] = {}
    found = []
    for run in ledger.runs:
        name = (run.handler, run.key, run.number)
        if name in killed:
            found.append(max(run.begun_at - killed.pop(name), 0.0))
        if run.end == "killed":
            killed[name] = run.ended_at
    return found


def _freeze(server: postgres.Server) -> list[int]:
    """Stop all processes of a server; which ones."""
    process = server._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)  # it starts no others
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    found = [process.pid, *map(int, children)]
    for pid in found[1:]:
        os.kill(pid, signal.SIGSTOP)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--events", type=int, default=20_000, help="acknowledged, at least")
    counts = ("workers", "doors", "kills", "door-kills", "restarts", "stops")
    for name in (*counts, "connections", "keys", "ahead", "seed"):
        options.add_argument(f"--{name}", type=int, default=argparse.SUPPRESS)
    for name in ("outage", "rate", "seconds", "lease"):
        options.add_argument(f"--{name}", type=float, default=argparse.SUPPRESS)
    for name in ("freezes", "spreads"):
        options.add_argument(f"--{name}", action="store_true")
    options.add_argument("--folder", type=Path, help="empty, for the logs of all processes")
    chosen = vars(options.parse_args())
    kept = chosen.pop("folder")
    if chosen.get("outage"):
        chosen.setdefault("rate", 200.0)
    with (
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        report = runner.run(chaos(Wanted(**chosen), kept or Path(folder)))
    print(report)
    for fault in report.faults()[:20]:
        print(f"WRONG: {fault}")
    sys.exit(1 if report.faults() else 0)


if __name__ == "__main__":
    main()
