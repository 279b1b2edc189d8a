"""An app whose handlers write down what they do, key by key, and a judge who knows nothing else.

The events of a key are numbered by who sends them, and the next one is sent when the last one was
answered. So the right order is known without asking the store.
"""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bitrix_events.wire.form import encode_form
from tests.corpus import MEMBER_ID, WEBHOOK_TOKEN

APP: Final = """
import asyncio, functools, os, threading, time

from bitrix_events import App, Delivery, Event, RetryPolicy

app = App(retry=RetryPolicy(attempts=50, base=0.01))
ledger = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def note(what, handler="-", key=0, number=0):
    line = f"{what} {os.getpid()} {time.monotonic():.6f} {handler} {key} {number}\\n"
    os.write(ledger, line.encode())


@functools.cache
def show_life():
    def show():
        while True:
            note("alive")
            time.sleep(0.025)

    threading.Thread(target=show, daemon=True).start()


@app.on("ONCRMDEALMOVETOCATEGORY")
async def quick(event: Event, delivery: Delivery) -> None:
    show_life()
    fields = event.data["FIELDS"]
    run = "quick", int(fields["ID"]), int(fields["NUMBER"])
    note("begun", *run)
    try:
        await asyncio.sleep(float(fields["SECONDS"]))
        if fields["FAILS"] == "1" and delivery.attempt == 1:
            raise RuntimeError("on purpose")
    except BaseException as error:
        note("failed" if isinstance(error, Exception) else "cut", *run)
        raise
    note("done", *run)


@app.on("ONCRMDEALMOVETOCATEGORY")
def threaded(event: Event, delivery: Delivery) -> None:
    show_life()
    fields = event.data["FIELDS"]
    run = "threaded", int(fields["ID"]), int(fields["NUMBER"])
    note("begun", *run)
    time.sleep(float(fields["SECONDS"]))
    note("done", *run)
"""
HANDLERS: Final = ("quick", "threaded")
LEDGER: Final = "LEDGER"

Lane = tuple[str, int]
"""A handler and a key."""


def variables(path: Path) -> dict[str, str]:
    """What the app wants to know."""
    return {
        LEDGER: str(path),
        "BITRIX_EVENTS_WEBHOOK_URL": "https://acme.bitrix24.com/rest/1/code/",
        "BITRIX_EVENTS_APPLICATION_TOKEN": WEBHOOK_TOKEN,
    }


def keyed_event(key: int, number: int, *, seconds: float, fails: bool) -> bytes:
    """The body of an event that is never merged with another one.

    Args:
        seconds: how long its handlers take.
        fails: whether the first attempt of one of them does.
    """
    fields = {"ID": key, "NUMBER": number, "SECONDS": f"{seconds:.4f}", "FAILS": int(fails)}
    auth = {"application_token": WEBHOOK_TOKEN, "member_id": MEMBER_ID}
    return encode_form(
        {
            "event": "ONCRMDEALMOVETOCATEGORY",
            "data": {"FIELDS": fields},
            "ts": int(time.time()),
            "auth": auth,
        }
    )


@dataclass
class Run:
    """One attempt, as far as it is known.

    Attributes:
        ended_at: by `time.monotonic`, as all moments here; of a process that was killed the last
            moment at which it is known to have lived.
        end: ``done``, ``failed``, ``cut`` (cancelled), ``killed``; ``""`` while it goes on.
        beside: since when it was seen to go on while another process had begun on its lane.
    """

    handler: str
    key: int
    number: int
    pid: int
    begun_at: float
    ended_at: float = 0.0
    end: str = ""
    beside: float = 0.0

    def __str__(self) -> str:
        name = f"{self.handler} {self.key}/{self.number} in {self.pid}"
        return f"{name}: {self.end}, {self.ended_at - self.begun_at:.3f} s" if self.end else name


class Ledger:
    """What the handlers have written down, read as it grows.

    A process that was killed may leave a run open. It overlaps another one only if the process
    shows any sign of life after that has begun.

    Attributes:
        runs: all attempts.
        completed: how often each handler completed each event: by handler, key and number.
        misordered: runs that began after a later one of their lane.
        overlapping: runs that went on beside another one of their lane.
        continued: when processes that had been stopped were let go on, by their ids.
    """

    def __init__(self, path: Path) -> None:
        self.runs: list[Run] = []
        self.completed: Counter[tuple[str, int, int]] = Counter()
        self.misordered: list[str] = []
        self.overlapping: list[Run] = []
        self.continued: dict[int, float] = {}
        self._path = path
        self._offset = 0
        self._begun: dict[Lane, int] = {}
        self._open: defaultdict[Lane, list[Run]] = defaultdict(list)
        self._suspects: defaultdict[int, list[Run]] = defaultdict(list)
        self._seen: dict[int, float] = {}
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def close(self) -> None:
        """Write nothing more."""
        os.close(self._file)

    def note(self, what: str, pid: int) -> None:
        """Write down what was done to a process: ``killed``, ``continued``."""
        os.write(self._file, f"{what} {pid} {time.monotonic():.6f} - 0 0\n".encode())

    def read_on(self) -> None:
        """Read what was written since the last time."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            whole, _, _ = file.read().rpartition(b"\n")
        if not whole:
            return
        self._offset += len(whole) + 1
        self.read(whole.decode().split("\n"))

    def read(self, lines: Iterable[str]) -> None:
        """Read these lines."""
        for line in lines:
            what, pid, moment, handler, key, number = line.split()
            self._read(what, int(pid), float(moment), (handler, int(key)), int(number))

    @property
    def handled(self) -> int:
        """How many different runs are completed."""
        return len(self.completed)

    def has_begun(self, pid: int) -> bool:
        """Whether a process has run anything."""
        return pid in self._seen

    def running(self, pid: int) -> int:
        """How many runs of a process are open."""
        return sum(run.pid == pid for runs in self._open.values() for run in runs)

    def is_succeeded(self, pid: int) -> bool:
        """Whether others have begun on a lane that a process has shown no sign of leaving."""
        return bool(self._suspects.get(pid))

    def most_at_once(self) -> int:
        """The most runs that went on at the same moment, all processes together."""
        steps = [(run.begun_at, 1) for run in self.runs if run.end]
        steps += [(run.ended_at, -1) for run in self.runs if run.end]
        most = now = 0
        for _, step in sorted(steps):
            now += step
            most = max(most, now)
        return most

    def _read(self, what: str, pid: int, moment: float, lane: Lane, number: int) -> None:
        if what == "killed":
            self._bury(pid)
            return
        if what == "continued":
            self.continued[pid] = moment
            return
        self._seen[pid] = moment
        for run in self._suspects.pop(pid, ()):
            run.beside = moment
            self.overlapping.append(run)
        if what == "begun":
            self._begin(Run(lane[0], lane[1], number, pid, moment))
        elif what != "alive":
            self._end(lane, number, pid, moment, what)

    def _begin(self, run: Run) -> None:
        lane = (run.handler, run.key)
        self.runs.append(run)
        if run.number < self._begun.get(lane, 0):
            self.misordered.append(f"{run} after {self._begun[lane]}")
        self._begun[lane] = max(run.number, self._begun.get(lane, 0))
        for other in self._open[lane]:
            self._suspects[other.pid].append(other)
        self._open[lane].append(run)

    def _end(self, lane: Lane, number: int, pid: int, moment: float, end: str) -> None:
        for run in self._open[lane]:
            if (run.pid, run.number) == (pid, number):
                run.end, run.ended_at = end, moment
                self._open[lane].remove(run)
                break
        if end == "done":
            self.completed[lane[0], lane[1], number] += 1

    def _bury(self, pid: int) -> None:
        self._suspects.pop(pid, None)
        for lane, runs in self._open.items():
            for run in runs:
                if run.pid == pid:
                    run.end, run.ended_at = "killed", self._seen[pid]
            self._open[lane] = [run for run in runs if run.pid != pid]
