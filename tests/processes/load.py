"""Honest clients that go on and on, what became of their requests, and who serves them."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.serving import PATIENCE, eventually

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def helper(module: str, *arguments: object, shell: str = "") -> AsyncIterator[Process]:
    """A process that runs a module of this folder, once it says that it is ready.

    Args:
        shell: commands to run before it in the same process, ``ulimit -n 64``.
    """
    command = [sys.executable, "-m", f"tests.processes.{module}", *map(str, arguments)]
    if shell:
        command = ["sh", "-c", f'{shell}; exec "$@"', "sh", *command]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await said(process, "ready")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: Process, word: str) -> None:
    """Wait until a process says a word."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert (await process.stdout.readline()).decode().strip() == word


@dataclass
class Tally:
    """What became of requests.

    Attributes:
        refused: connections that nobody took. The request was not sent, and may be repeated.
        unanswered: what went wrong with requests that were sent.
    """

    answered: int = 0
    refused: int = 0
    unanswered: list[str] = field(default_factory=list)


class Load:
    """Clients that send a request, wait for the answer, and send the next one.

    Args:
        request: asks for nothing special; each second client has its connection closed after each
            answer, and the others keep theirs.
    """

    def __init__(
        self, port: int, request: bytes, closing: bytes, *, clients: int = 8, pause: float = 0.002
    ) -> None:
        self.tally = Tally()
        self._port = port
        self._requests = (request, closing)
        self._clients = clients
        self._pause = pause
        self._is_over = False

    async def __aenter__(self) -> Load:
        self._tasks = [asyncio.create_task(self._go_on(number)) for number in range(self._clients)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_over = True
        async with asyncio.timeout(PATIENCE + 5):
            await asyncio.gather(*self._tasks)

    async def more(self, count: int) -> None:
        """Wait for that many further answers."""
        wanted = self.tally.answered + count
        await eventually(lambda: self.tally.answered >= wanted)

    async def _go_on(self, number: int) -> None:
        request = self._requests[number % 2]
        writer: asyncio.StreamWriter | None = None
        while not self._is_over:
            if writer is None or writer.is_closing():
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                except ConnectionRefusedError:
                    self.tally.refused += 1
                    await asyncio.sleep(0.01)
                    continue
            try:
                async with asyncio.timeout(PATIENCE):
                    head = await _exchange(reader, writer, request)
            except (OSError, EOFError, TimeoutError) as error:
                self.tally.unanswered.append(repr(error))
                head = b"connection: close"
            else:
                if head.startswith(b"HTTP/1.1 200"):
                    self.tally.answered += 1
                else:
                    self.tally.unanswered.append(head.decode())
            if b"connection: close" in head.lower():
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
                writer = None
            await asyncio.sleep(self._pause)
        if writer is not None:
            writer.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> bytes:
    """Send a request; the head of its answer, once all of it is here."""
    writer.write(request)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    await reader.readexactly(int(fields[b"content-length"]))
    return head
