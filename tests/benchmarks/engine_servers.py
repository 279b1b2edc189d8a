"""Servers in processes of their own, pinned to a core, and load on them from another core."""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop
from pydantic import SecretStr

from bitrix_events.store.records import Installation
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.wire.verify import token_digest
from tests.corpus import MEMBER_ID, PAYLOADS, WEBHOOK_TOKEN
from tests.load import Caller, call, post
from tests.ports import free_port

ROOT: Final = Path(__file__).parents[2]
SERVER_CORE, LOAD_CORE = 1, 0
CONNECTIONS: Final = 32
_PEERS: Final = "tests.benchmarks.engine_peers"
_BODY: Final = (PAYLOADS / "webhook_deal_add.txt").read_bytes()
_CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")
_START_SECONDS: Final = 30.0
WEBHOOK: Final = {
    "BITRIX_EVENTS_WEBHOOK_URL": "https://some-domain.bitrix24.com/rest/1/code/",
    "BITRIX_EVENTS_APPLICATION_TOKEN": WEBHOOK_TOKEN,
}
OAUTH: Final = {
    "BITRIX_EVENTS_CLIENT_ID": "app.1",
    "BITRIX_EVENTS_CLIENT_SECRET": "secret",
    "BITRIX_EVENTS_SECRET_KEY": "k" * 32,
}
"""An app that many portals have installed."""


def body(number: int, *, code: str = "ONCRMDEALADD", member_id: str = MEMBER_ID) -> bytes:
    """The corpus's event of a webhook, about another record."""
    return (
        _BODY.replace(b"=7405&", b"=%d&" % (100_000_000 + number))
        .replace(b"ONCRMDEALADD", code.encode())
        .replace(MEMBER_ID.encode(), member_id.encode())
    )


@dataclass
class Serving:
    """A server that runs.

    Attributes:
        ready_seconds: from its start to its first answer.
    """

    process: subprocess.Popen[bytes]
    port: int
    ready_seconds: float

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        return found

    def cpu_seconds(self) -> float:
        """Processor time that it has used."""
        ticks = 0
        for pid in self.pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / _CLOCK_TICKS


@contextmanager
def serving(
    command: Sequence[str], variables: Mapping[str, str], *, core: int | None
) -> Iterator[Serving]:
    """Run a server for the length of the block.

    Args:
        command: arguments of python; the port is added.
        core: the only one that it may use; None if it may use all.
    """
    port = free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("BITRIX_EVENTS_")},
        **variables,
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
        preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began > _START_SECONDS:
                raise RuntimeError(f"{' '.join(command)} did not start")
            time.sleep(0.005)
        yield Serving(process, port, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def uvicorn(app: str) -> tuple[str, ...]:
    """The command that serves one of the peers as fast as uvicorn can."""
    fast = ("--loop", "uvloop", "--http", "httptools")
    return ("uvicorn", f"{_PEERS}.{app}", "--log-level", "warning", "--no-access-log", *fast)


def ours() -> tuple[str, ...]:
    """The command that serves our app."""
    return ("bitrix_events", "run", f"{_PEERS}.ours:app")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        try:
            probe.connect(("127.0.0.1", port))
            probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return probe.recv(16).startswith(b"HTTP/1.1 ")
        except OSError:
            return False


@dataclass
class Load:
    """One request after the other on each connection.

    Attributes:
        make: makes the body of a numbered event.
        most: how many events; None for as many as there is time for.
        pause: seconds between an answer and the next request.
    """

    make: Callable[[int], bytes]
    seconds: float = 3600.0
    most: int | None = None
    times: list[float] = field(default_factory=list)
    asked: int = 0
    refused: int = 0
    cut_off: int = 0
    _until: float = 0.0

    def request(self, caller: Caller) -> bytes | None:
        if time.perf_counter() > self._until or self.asked == self.most:
            return None
        self.asked += 1
        return post("/events", self.make(self.asked))

    def answered(self, caller: Caller, status: int, body: bytes, seconds: float) -> None:
        self.refused += status != 200
        self.times.append(seconds)

    def unanswered(self, caller: Caller) -> None:
        self.cut_off += 1

    async def run(self, port: int, *, connections: int = CONNECTIONS) -> float:
        """Do it; how many seconds it took."""
        began = time.perf_counter()
        self._until = began + self.seconds
        await asyncio.gather(*(call(port, self) for _ in range(connections)))
        assert self.refused + self.cut_off == 0, f"{self.refused} refused, {self.cut_off} cut off"
        return time.perf_counter() - began


@dataclass(frozen=True)
class Figures:
    """What one run gave: requests a second, milliseconds, microseconds of processor time each."""

    rate: float
    p50: float
    p99: float
    cpu: float
    count: int


def measure(serving: Serving, seconds: float, make: Callable[[int], bytes] = body) -> Figures:
    """Let it warm up, then measure."""

    async def run() -> Figures:
        warm = Load(make, seconds=0.5)
        await warm.run(serving.port)
        load = Load(lambda number: make(warm.asked + number), seconds=seconds)
        cpu = serving.cpu_seconds()
        took = await load.run(serving.port)
        cpu = serving.cpu_seconds() - cpu
        count = len(load.times)
        cuts = statistics.quantiles(load.times, n=100)
        return Figures(
            count / took, cuts[49] * 1e3, cuts[98] * 1e3, cpu / count * 1e6, count + len(warm.times)
        )

    return uvloop.run(run())


async def install(path: Path, portals: list[str]) -> None:
    """Store installations, all with one application token."""
    store = SqliteStore(path)
    await store.open()
    digest = token_digest(SecretStr(WEBHOOK_TOKEN))
    for portal in portals:
        domain = f"{portal}.bitrix24.com"
        rest = f"https://{domain}/rest/"
        await store.save_installation(
            Installation(portal, portal, domain, rest, token_digest=digest)
        )
    await store.close()


class Trickle:
    """Events of several portals, one from each in a period, however long the answers take."""

    def __init__(
        self, portals: list[str], *, period: float, seconds: float, code: str = "ONCRMCONTACTADD"
    ) -> None:
        self._portals = portals
        self._period = period
        self._seconds = seconds
        self._code = code
        self._times: list[float] = []

    @property
    def answered(self) -> int:
        """How many were answered 200."""
        return len(self._times)

    @property
    def p50(self) -> float:
        """Milliseconds to the answer."""
        return statistics.quantiles(self._times, n=100)[49] * 1e3

    @property
    def p99(self) -> float:
        """Milliseconds to the answer."""
        return statistics.quantiles(self._times, n=100)[98] * 1e3

    async def run(self, port: int) -> None:
        """Send them, each portal on a connection of its own."""
        await asyncio.gather(
            *(self._send(port, index, portal) for index, portal in enumerate(self._portals))
        )

    async def _send(self, port: int, index: int, portal: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began = time.perf_counter() + self._period * index / len(self._portals)
        for number in range(int(self._seconds / self._period)):
            due = began + number * self._period
            await asyncio.sleep(due - time.perf_counter())
            event = body(number * len(self._portals) + index, code=self._code, member_id=portal)
            writer.write(post("/events", event))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            await reader.readexactly(length)
            self._times.append(time.perf_counter() - due)
        writer.close()
