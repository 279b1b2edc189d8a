"""A server under attack: each kind of hostile HTTP gets its answer, and nobody else notices.

``pytest -s tests/processes/test_hostile_http.py`` prints memory and the worst wait of the canary.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bitrix_events.server.sockets import raise_descriptor_limit
from tests.ports import free_port
from tests.processes.hostile import (
    KINDS,
    PATIENT,
    PROMPT,
    PROMPT_CROWDS,
    SLOW,
    SLOW_CROWDS,
    TIMES,
    Crowd,
    Kind,
    Seen,
    attack,
)
from tests.processes.load import helper
from tests.processes.served import BIG_ANSWER
from tests.serving import PATIENCE

pytestmark = pytest.mark.process

MIB = 1024 * 1024
MOST_SECONDS = PATIENCE
MOST_BYTES = 16 * MIB


@asynccontextmanager
async def under_attack(
    port: int, times: dict[str, float]
) -> AsyncIterator[tuple[Process, Process]]:
    """The server, and the canary."""
    served = helper("served", port, json.dumps(times))
    async with served as server, helper("hostile", port) as canary:
        yield server, canary


async def verdict_of(canary: Process) -> dict[str, Any]:
    output, _ = await canary.communicate(b"")
    verdict: dict[str, Any] = json.loads(output.splitlines()[-1])
    return verdict


def resident(process: Process) -> int:
    """Bytes of memory that a process has."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) * 1024


class Peak:
    """The most memory that a process has while the block runs, beyond what it had before."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._before = self._most = resident(process)

    @property
    def growth(self) -> int:
        return self._most - self._before

    async def __aenter__(self) -> Peak:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            self._most = max(self._most, resident(self._process))
            await asyncio.sleep(0.02)


def test_the_kit_has_enough_kinds() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert len(KINDS) + len(SLOW_CROWDS) + len(PROMPT_CROWDS) >= 58


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("kinds", "times"), [(SLOW, TIMES), (PROMPT, PATIENT)])
async def test_hostile_requests_get_their_answers_and_cost_nobody_else_anything(
    kinds: list[Kind], times: dict[str, float]
) -> None:
    """Every kind by itself, many at a time, while an honest client goes on."""
    port = free_port()
    async with under_attack(port, times) as (server, canary):
        places = asyncio.Semaphore(25)

        async def one(kind: Kind) -> Seen:
            async with places, asyncio.timeout(MOST_SECONDS):
                return await attack(port, kind)

        async with Peak(server) as memory:
            seen = await asyncio.gather(*map(one, kinds))
        verdict = await verdict_of(canary)

    wrong = {
        kind.name: (kind.statuses, one.statuses)
        for kind, one in zip(kinds, seen, strict=True)
        if kind.statuses not in (None, one.statuses)
    }
    print(f"{len(kinds)} kinds: {memory.growth / MIB:.1f} MiB, canary {verdict}")
    assert wrong == {}
    assert max(one.seconds for one in seen) < MOST_SECONDS
    assert memory.growth < MOST_BYTES
    assert verdict["count"] > 50
    assert verdict["lost"] == 0
    assert verdict["median"] < 1
    assert verdict["max"] < 10  # quiet machines show a tenth of a second


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("crowds", "times"), [(SLOW_CROWDS, TIMES), (PROMPT_CROWDS, PATIENT)])
async def test_crowds_cost_nobody_else_anything(
    crowds: list[Crowd], times: dict[str, float]
) -> None:
    raise_descriptor_limit()
    port = free_port()
    growths = {}
    async with under_attack(port, times) as (server, canary):
        for crowd in crowds:
            async with Peak(server) as memory, asyncio.timeout(MOST_SECONDS):
                await crowd(port)
            growths[crowd.__name__.strip("_")] = memory.growth
        verdict = await verdict_of(canary)

    print(f"crowds: { {n: round(g / MIB, 1) for n, g in growths.items()} }, canary {verdict}")
    assert {name: growth for name, growth in growths.items() if growth > MOST_BYTES} == {}
    assert verdict["count"] > 50
    assert verdict["lost"] == 0
    assert verdict["median"] < 1
    assert verdict["max"] < 10  # quiet machines show a tenth of a second


async def test_what_is_odd_but_honest_arrives_as_it_was_sent() -> None:
    port = free_port()
    kinds = {kind.name: kind for kind in KINDS}
    times = PATIENT | {"write_seconds": TIMES["write_seconds"]}
    async with helper("served", port, json.dumps(times)):

        async def arrived(name: str) -> dict[str, Any]:
            seen = await attack(port, kinds[name])
            content: dict[str, Any] = json.loads(seen.body.split(b"\r\n\r\n", 1)[1])
            return content

        absolute = await arrived("an absolute address")
        websocket = await arrived("a web socket")
        http2 = await arrived("the wish for HTTP/2")
        trailers = await arrived("trailers")
        hidden = await arrived("a request in a body")
        long_answer = await read_slowly(port, b"/big")

    assert absolute["path"] == "/x"
    assert "upgrade" not in websocket["headers"]
    assert http2["size"] == 3
    assert trailers["size"] == 3
    assert trailers["headers"]["host"] == "a"
    assert "x-trailer" not in trailers["headers"]
    assert hidden["path"] == "/"
    assert long_answer > BIG_ANSWER


async def read_slowly(port: int, path: bytes) -> int:
    """How many bytes come if reading them takes longer than an answer may lie unread."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MIB)
    writer.write(b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path)
    size, pauses = 0, 0.0
    while data := await reader.read(MIB):
        size += len(data)
        if pauses < 2 * TIMES["write_seconds"]:
            pauses += TIMES["write_seconds"] / 5
            await asyncio.sleep(TIMES["write_seconds"] / 5)
    writer.close()
    return size
