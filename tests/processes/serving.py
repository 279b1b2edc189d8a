"""`bitrix-events run` in a process of its own, on one port, again and again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import httpx

from bitrix_events.store.records import DeliveryView, Query
from bitrix_events.store.sqlite.store import SqliteStore
from tests.ports import free_port
from tests.serving import PATIENCE, eventually


class Server:
    """A server that is started anew whenever it dies.

    Args:
        folder: where it runs, with ``app_text`` as the module of its app, and its store.
        environment: its variables, besides those of this process that are not settings.

    Attributes:
        ends: how often its process ended by itself, by exit code.
    """

    def __init__(self, folder: Path, app_text: str, environment: Mapping[str, str]) -> None:
        (folder / "tested_app.py").write_text(app_text)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.store = folder / "store" / "app.db"
        self.ends: Counter[int] = Counter()
        self._folder = folder
        self._log = folder / "log"
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("BITRIX_EVENTS_")},
            **environment,
            "BITRIX_EVENTS_STORE": f"sqlite:///{self.store}",
        }
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._is_supervised = False

    @property
    def pid(self) -> int:
        """The process that answers; 0 if none does. Where a supervisor was started it is its
        child."""
        if self._process is None or self._process.returncode is not None:
            return 0
        children = _children(self._process.pid)
        return max(children) if children else 0 if self._is_supervised else self._process.pid

    async def start(self) -> None:
        """Start it, and keep it running; return when it answers."""
        self._keeper = asyncio.create_task(self._keep())
        await self.answers()
        assert self._process is not None
        self._is_supervised = bool(_children(self._process.pid))

    async def answers(self) -> None:
        """Wait until it does."""
        ends = self.ends.total()
        async with httpx.AsyncClient(timeout=PATIENCE) as http:

            async def is_well() -> bool:
                assert self.ends.total() == ends, self._log.read_text()
                try:
                    return (await http.get(f"{self.url}/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(is_well)

    async def stop(self) -> int:
        """Ask it to end; its exit code."""
        return await self._end(signal.SIGTERM)

    async def __aenter__(self) -> Server:
        try:
            await self.start()
        except BaseException:
            await self._end(signal.SIGKILL)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end(signal.SIGKILL)  # whatever has failed, nothing is left running

    async def _keep(self) -> None:
        while True:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "bitrix_events", "run", "tested_app:app"),
                    *("--port", str(self.port), "--log-level", "warning"),
                    cwd=self._folder,
                    env=self._environment,
                    stderr=log,
                )
            self.ends[await self._process.wait()] += 1

    async def _end(self, how: signal.Signals) -> int:
        if self._keeper is None or self._process is None:
            return 0
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        answering = self.pid
        if self._process.returncode is None:
            self._process.send_signal(how)
        code = await self._process.wait()
        if how is signal.SIGKILL and answering not in (0, self._process.pid):
            kill(answering)
        return code


async def all_ended(path: Path) -> list[DeliveryView]:
    """What is in a store, as soon as nothing in it waits or runs."""
    store = SqliteStore(path, mode="look")
    await store.open()

    async def is_idle() -> bool:
        stats = await store.stats()
        return stats.waiting + stats.running == 0

    try:
        await eventually(is_idle, seconds=60)
        return await store.find(Query(), limit=10_000)
    finally:
        await store.close()


def kill(pid: int) -> None:
    """SIGKILL, if it still runs."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def memory_peak(pid: int) -> int:
    """The most bytes of memory that a process has had at a time; 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) * 1024 if found else 0


def _children(pid: int) -> list[int]:
    """The living children of a process."""
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [child for child in found if not _is_dead(child)]


def _is_dead(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in ("Z", "X")
