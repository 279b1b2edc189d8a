"""Several `bitrix-events run` processes on one database, each with a role."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.load import Caller, call, post
from tests.ports import free_port
from tests.processes.record import deal_of, numbered_event
from tests.serving import eventually


@dataclass
class Member:
    """One process.

    Attributes:
        died_at: by `time.monotonic`, if it was killed.
    """

    name: str
    process: Process
    log: Path
    port: int = 0
    died_at: float | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def text(self) -> str:
        """What it has logged."""
        return self.log.read_text() if self.log.exists() else ""


class Fleet:
    """Processes that run one app.

    Args:
        folder: where they run, with ``app_text`` as the module of their app.
        variables: of all of them.
    """

    def __init__(self, folder: Path, app_text: str, variables: Mapping[str, str]) -> None:
        (folder / "tested_app.py").write_text(app_text)
        self._folder = folder
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("BITRIX_EVENTS_")},
            **variables,
        }
        self.members: list[Member] = []

    async def __aenter__(self) -> Fleet:
        return self

    async def __aexit__(self, *_: object) -> None:
        for member in self.members:
            if member.process.returncode is None:
                member.process.kill()
                await member.process.wait()

    async def start(self, name: str, role: str, **variables: str) -> Member:
        """Start a process; return when it works."""
        port = free_port()
        log = self._folder / f"{name}.log"
        with log.open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bitrix_events", "run", "tested_app:app"),
                *("--role", role, "--port", str(port), "--no-supervisor"),
                cwd=self._folder,
                env={**self._environment, "BITRIX_EVENTS_PROCESS_NAME": name, **variables},
                stderr=file,
            )
        member = Member(name, process, log, port)
        self.members.append(member)
        async with httpx.AsyncClient() as http:

            async def answers() -> bool:
                assert process.returncode is None, member.text
                try:
                    return (await http.get(f"{member.url}/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(answers)
        return member

    async def start_quietly(self, name: str, *arguments: str) -> Member:
        """Start any command; do not wait for anything."""
        log = self._folder / f"{name}.log"
        with log.open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bitrix_events", *arguments),
                cwd=self._folder,
                env=self._environment,
                stdout=file,
                stderr=file,
            )
        member = Member(name, process, log)
        self.members.append(member)
        return member

    async def start_all(self, **roles: str) -> list[Member]:
        """Start several processes at a time, each by its name."""
        return await asyncio.gather(*(self.start(name, role) for name, role in roles.items()))

    async def kill(self, member: Member) -> None:
        """SIGKILL."""
        member.process.send_signal(signal.SIGKILL)
        await member.process.wait()
        member.died_at = time.monotonic()

    async def stop(self, member: Member) -> int:
        """SIGTERM; the exit code."""
        member.process.send_signal(signal.SIGTERM)
        return await member.process.wait()


class Load:
    """Posts numbered events on many connections until it is stopped.

    Attributes:
        acknowledged: events that were answered 200.
        otherwise: how often there were other answers, or none.
    """

    def __init__(self, port: int, *, seconds: float = 0.0, pause: float = 0.0) -> None:
        self._port = port
        self._seconds = seconds
        self._pause = pause
        self._next = 0
        self._is_stopped = False
        self.acknowledged: set[int] = set()
        self.otherwise: Counter[object] = Counter()
        self.slowest = 0.0

    def request(self, caller: Caller) -> bytes | None:
        if self._is_stopped:
            return None
        caller.tag, self._next = self._next, self._next + 1
        return post("/events", numbered_event(caller.tag, seconds=self._seconds))

    def answered(self, caller: Caller, status: int, body: bytes, seconds: float) -> None:
        self.slowest = max(self.slowest, seconds)
        if status == 200:
            self.acknowledged.add(caller.tag)
        else:
            self.otherwise[status] += 1

    def unanswered(self, caller: Caller) -> None:
        self.otherwise["unanswered"] += 1

    async def run(self, connections: int) -> None:
        """Post until `stop`."""
        await asyncio.gather(*(call(self._port, self) for _ in range(connections)))

    def stop(self) -> None:
        """Let every connection end after its answer."""
        self._is_stopped = True


@dataclass
class Account:
    """What the handlers of `record.APP` have written down, over all processes.

    Attributes:
        completed: how often each handler completed each event.
        overlapping: runs of one lane that overlap, by whichever processes.
        begun: when each run began: by process, handler, and event.
        running: processes with a run that has not ended.
    """

    completed: Counter[tuple[str, int]] = field(default_factory=Counter)
    overlapping: list[str] = field(default_factory=list)
    begun: list[tuple[int, float, str, int]] = field(default_factory=list)
    running: set[int] = field(default_factory=set)


def account_of(record: Path, died: Mapping[int, float]) -> Account:
    """Read it.

    Args:
        died: when processes were killed, by their ids.
    """
    account = Account()
    open_runs: dict[tuple[str, int], tuple[int, float]] = {}
    for line in sorted(_lines(record), key=lambda line: float(line[2])):
        what, pid, moment, handler, number = line[0], int(line[1]), float(line[2]), line[3], line[4]
        if what == "started":
            continue
        lane = (handler, deal_of(int(number)))
        if what == "begun":
            account.begun.append((pid, moment, handler, int(number)))
            other = open_runs.get(lane)
            if other is not None and moment < died.get(other[0], float("inf")):
                account.overlapping.append(f"{lane} in {pid} while in {other[0]}")
            open_runs[lane] = (pid, moment)
            continue
        if open_runs.get(lane, (0, 0.0))[0] == pid:
            del open_runs[lane]
        if what == "done":
            account.completed[handler, int(number)] += 1
    account.running = {pid for pid, _ in open_runs.values()}
    return account


def _lines(record: Path) -> list[list[str]]:
    return [line.split() for line in record.read_text().splitlines()] if record.exists() else []
