"""What one call costs the client: ours, httpx with its own pool, and bare aiohttp.

The three take turns within one process, so that all of them meet the same machine. The server is
as small as one can be, in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import aiohttp
import httpx
import uvloop

from bitrix_events import UNLIMITED, Client

_ROOT: Final = Path(__file__).parents[3]
_ROUNDS: Final = 20
_AT_ONCE: Final = 8
_ANSWER: Final = json.dumps(
    {
        "result": {"ID": "7", "TITLE": "Deal"},
        "time": {
            "start": 1790000000.1,
            "finish": 1790000000.2,
            "duration": 0.1,
            "processing": 0.1,
            "date_start": "2026-09-21T12:00:00+00:00",
            "date_finish": "2026-09-21T12:00:00+00:00",
            "operating_reset_at": 1790000600,
            "operating": 0.1,
        },
    }
).encode()

Call = Callable[[], Awaitable[object]]


def run_single(calls: int) -> tuple[float, float]:
    """Print the cost of a call.

    Returns:
        Milliseconds of ours, and of httpx.
    """
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.rest_peers.single"],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        found = asyncio.run(_measure(port, calls // _ROUNDS))
    finally:
        server.terminate()
        server.wait()
    floor = found["aiohttp"]
    for name, milliseconds in found.items():
        print(f"{name:34} {milliseconds:7.3f} ms {milliseconds / floor:7.2f} x aiohttp")
    return found["bitrix_events"], found["httpx"]


async def _measure(port: int, calls: int) -> dict[str, float]:
    """The best of some rounds for each client."""
    root = f"http://127.0.0.1:{port}/rest/1/fakewebhookcode/"
    url, body = f"{root}crm.deal.get", b'{"id":7}'
    headers = {"Content-Type": "application/json"}
    async with (
        Client(root, limits=UNLIMITED) as ours,
        httpx.AsyncClient() as peer,
        aiohttp.ClientSession() as bare,
    ):

        async def call_ours() -> object:
            return (await ours.call("crm.deal.get", id=7)).result

        async def call_httpx() -> object:
            return (await peer.post(url, content=body, headers=headers)).json()["result"]

        async def call_aiohttp() -> object:
            async with bare.post(url, data=body, headers=headers) as answer:
                return (await answer.json())["result"]

        clients = {"bitrix_events": call_ours, "httpx": call_httpx, "aiohttp": call_aiohttp}
        times: dict[str, list[float]] = {name: [] for name in clients}
        for _ in range(_ROUNDS):
            for name, call in clients.items():
                times[name].append(await _cpu_of(call, calls))
        return {name: min(found) for name, found in times.items()}


async def _cpu_of(call: Call, calls: int) -> float:
    """Milliseconds of CPU time for each call."""

    async def worker() -> None:
        for _ in range(calls // _AT_ONCE):
            await call()

    began = time.process_time()
    await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))
    return (time.process_time() - began) / (calls // _AT_ONCE * _AT_ONCE) * 1000


class _Server(asyncio.Protocol):
    """Answers each request with the same bytes."""

    _head: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    _answer: Final = _head + str(len(_ANSWER)).encode() + b"\r\n\r\n" + _ANSWER

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self._received) < end + 4 + length:
                return
            self._received = self._received[end + 4 + length :]
            self._transport.write(self._answer)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
