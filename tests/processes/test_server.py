"""The server is stopped, killed and starved: every request that it has taken is answered.

``BITRIX_EVENTS_TEST_STOPS=100`` makes the stops under load as many.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.processes.hostile import CLOSE, sized
from tests.processes.load import Load, helper, said
from tests.serving import PATIENCE

pytestmark = pytest.mark.process

STOPS = int(os.environ.get("BITRIX_EVENTS_TEST_STOPS", "4"))
REQUESTS = sized(b"a=1"), sized(b"a=1", CLOSE)


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> tuple[int, str]:
        """The status of the next answer, and whether the connection is kept after it."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].split()[0])
            await self.reader.readexactly(length)
        return int(head.split()[1]), "close" if "connection: close" in head else "keep"

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


Open = Callable[..., Awaitable[Client]]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """``await opened(port, data)``: a connection over which the data are sent."""
    clients = []

    async def open_one(port: int, data: bytes = b"") -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        clients.append(client)
        client.send(data)
        await asyncio.sleep(0)
        return client

    yield open_one
    for client in clients:
        await client.close()


def descriptors_of(process: Process) -> int:
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


async def test_stops_under_load_leave_no_request_unanswered() -> None:
    port = free_port()
    async with (
        helper("served", port, json.dumps({"drain_idle_seconds": 10.0}), "again") as server,
        Load(port, *REQUESTS) as load,
    ):
        for _ in range(STOPS):
            await load.more(100)
            server.send_signal(signal.SIGTERM)
            await said(server, "stopped")
            await said(server, "ready")
        await load.more(10)

    assert load.tally.unanswered == []
    assert load.tally.answered > 100 * STOPS


async def test_a_stop_answers_what_was_begun_what_is_unread_and_what_was_not_accepted(
    opened: Open,
) -> None:
    port = free_port()
    async with helper("served", port, json.dumps({"drain_idle_seconds": 10.0})) as server:
        slow = await opened(port, b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        half = await opened(port, REQUESTS[0][:-2])
        silent = await opened(port)
        kept = await opened(port, REQUESTS[0])
        assert await kept.answer() == (200, "keep")
        server.send_signal(signal.SIGSTOP)
        server.send_signal(signal.SIGTERM)
        waiting = [await opened(port, REQUESTS[0]) for _ in range(20)]  # in the kernel
        kept.send(REQUESTS[0])
        server.send_signal(signal.SIGCONT)
        answers = [await slow.answer()]  # it is stopping
        silent.send(REQUESTS[0])
        half.send(REQUESTS[0][-2:])
        answers += [await client.answer() for client in (half, silent, kept, *waiting)]
        for client in (kept, *waiting):  # which may have been answered just before the stop
            await client.close()
        await said(server, "stopped")
        code = await server.wait()

    assert [status for status, _ in answers] == [200] * 24
    assert {kept_on for _, kept_on in answers[:3]} == {"close"}
    assert code == 0


async def test_a_stop_does_not_wait_for_connections_that_say_nothing(opened: Open) -> None:
    port = free_port()
    limits = {"drain_idle_seconds": 0.3, "stop_seconds": 600}
    async with helper("served", port, json.dumps(limits)) as server:
        silent = [await opened(port) for _ in range(10)]
        server.send_signal(signal.SIGTERM)
        await said(server, "stopped")
        ends = [await client.reader.read() for client in silent]

    assert ends == [b""] * 10


async def test_a_stop_ends_although_a_client_never_finishes(opened: Open) -> None:
    port = free_port()
    async with helper("served", port, json.dumps({"stop_seconds": 0.5})) as server:
        half = await opened(port, REQUESTS[0][:-2])
        server.send_signal(signal.SIGTERM)
        await said(server, "stopped")

        assert await half.reader.read() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="needs ulimit")
async def test_more_clients_than_descriptors_are_all_served(opened: Open) -> None:
    port = free_port()
    async with helper("served", port, "{}", shell="ulimit -n 64") as server:
        clients = [await opened(port, REQUESTS[0]) for _ in range(60)]
        answers = [await client.answer() for client in clients]
        descriptors = descriptors_of(server)

    assert answers == [(200, "keep")] * 60
    assert descriptors < 64


@pytest.mark.skipif(sys.platform != "linux", reason="needs ulimit")
async def test_without_descriptors_connections_wait_until_there_are_some(opened: Open) -> None:
    port = free_port()
    async with helper("served", port, "{}", shell="ulimit -n 64"):
        first = await opened(port, b"GET /eat HTTP/1.1\r\nHost: a\r\n\r\n")
        assert await first.answer() == (200, "keep")
        others = [await opened(port, REQUESTS[0]) for _ in range(20)]
        first.send(REQUESTS[0])
        while_none_are_left = await first.answer()
        await asyncio.sleep(0.2)
        nothing_yet = [client.reader.at_eof() for client in others]
        first.send(b"GET /free HTTP/1.1\r\nHost: a\r\n\r\n")
        answers = [await client.answer() for client in others]

    assert while_none_are_left == (200, "keep")
    assert nothing_yet == [False] * 20
    assert answers == [(200, "keep")] * 20
