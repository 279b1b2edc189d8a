"""Processes of the demo: a door and workers, as many machines would run them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from bitrix_events.cli.loading import UsageError
from bitrix_events.settings import PREFIX

if TYPE_CHECKING:
    from bitrix_events.store.cells import CellStore
    from bitrix_events.store.postgres.store import PostgresStore

_APP: Final = "bitrix_events.cli.demo_app:app"
_LINE_BYTES: Final = 2**20
_STOP_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.02

Told = Callable[[str, dict[str, Any]], None]
"""Told of each log line: which process, and what it says."""


class Fleet:
    """Processes that share a store.

    Args:
        variables: the settings of all of them.
        told: is told of every line that they log.
    """

    def __init__(self, variables: Mapping[str, str], told: Told) -> None:
        self._variables = variables
        self._told = told
        self._processes: dict[str, Process] = {}
        self._readers: list[asyncio.Task[None]] = []

    @classmethod
    @asynccontextmanager
    async def running(cls, variables: Mapping[str, str], told: Told) -> AsyncIterator[Fleet]:
        """A fleet for the length of the block; its processes are stopped afterwards."""
        fleet = cls(variables, told)
        try:
            yield fleet
        finally:
            await fleet._stop()

    async def start(self, name: str, role: str, *, port: int | None = None) -> None:
        """Start a process; return when it works.

        Raises:
            UsageError: it does not start.
        """
        options = ["--role", role, "--no-supervisor"]
        if port is not None:
            options += ["--port", str(port)]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bitrix_events", "run", _APP, *options),
            env={
                **os.environ,
                **self._variables,
                f"{PREFIX}PROCESS_NAME": name,
                f"{PREFIX}LOG_FORMAT": "json",
            },
            stderr=PIPE,
            limit=_LINE_BYTES,
        )
        self._processes[name] = process
        works = asyncio.Event()
        self._readers.append(asyncio.create_task(self._read(name, process, works)))
        waiting = [asyncio.create_task(works.wait()), asyncio.create_task(process.wait())]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        if not works.is_set():
            raise UsageError(f"{name} did not start; what it said is above")

    async def kill_busy(self, store: PostgresStore | CellStore) -> str:
        """Kill a worker in the middle of its work; which one that was."""
        while True:
            for peer in await store.workers():
                process = self._processes.get(peer.name)
                if peer.held and process is not None and process.pid == peer.pid:
                    process.send_signal(signal.SIGKILL)
                    await process.wait()
                    return peer.name
            await asyncio.sleep(_LOOK_SECONDS)

    async def _read(self, name: str, process: Process, works: asyncio.Event) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            try:
                content = json.loads(line)
            except ValueError:
                content = {"message": line.decode(errors="replace").rstrip()}
            self._told(name, content)
            if str(content.get("message", "")).startswith(("started", "listening")):
                works.set()

    async def _stop(self) -> None:
        running = [p for p in self._processes.values() if p.returncode is None]
        for process in running:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in running:
            try:
                async with asyncio.timeout(_STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
