"""Many processes hammer one portal: together they stay within its pace.

The portal is on a real socket and refuses what is too much; the processes share nothing but a
database. The portal takes more than they believe, by as many requests as can be on their way at
once: on a busy machine they arrive closer together than they were sent.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import pytest

from bitrix_events import Client, Limits, Options, RateLimited
from bitrix_events.rest.crowd import Crowd
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.testing import FakePortal
from bitrix_events.testing import Limits as PortalLimits
from tests.postgres import server
from tests.processes.others import said, start
from tests.serving import PATIENCE

pytestmark = pytest.mark.process

PROCESSES, SECONDS, TASKS = 4, 3.0, 6
BELIEVED = Limits(burst=10, per_second=10)
TAKEN = PortalLimits(burst=BELIEVED.burst + PROCESSES * TASKS, per_second=10)


async def test_four_processes_never_overrun_a_portal() -> None:
    url = await server().prepared()
    async with FakePortal(limits=TAKEN).serve() as portal:
        processes = [await start(__name__, url, portal.webhook_url) for _ in range(PROCESSES)]
        try:
            # All are ready.
            await asyncio.gather(*(said(process, seconds=2 * PATIENCE) for process in processes))
            began = time.monotonic()
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(b"go\n")
            counts = await asyncio.gather(
                *(said(process, seconds=2 * PATIENCE) for process in processes)
            )
            seconds = time.monotonic() - began
        finally:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                await process.wait()
        refused = portal.refusals

    assert refused == 0
    allowed = BELIEVED.burst + BELIEVED.per_second * seconds
    assert BELIEVED.burst < sum(counts) <= allowed
    assert all(count > 0 for count in counts)


def _be_patient() -> None:
    """However slow the machine is, nobody thinks that the pace is not shared, and goes by a part of
    it."""
    for module in ("bitrix_events.rest.crowd", "bitrix_events.store.postgres.pace"):
        vars(sys.modules[module]).update(_ANSWER_SECONDS=PATIENCE)


async def hammer(url: str, webhook_url: str) -> None:
    """What each process does: get ready, wait for the word, call as often as it may."""
    _be_patient()
    store = PostgresStore(url, mode="share")
    await store.open()
    assert store.pace is not None
    crowd = Crowd(store.pace)
    options = Options(attempts=1, merge=False)
    async with Client(webhook_url, limits=BELIEVED, options=options, crowd=crowd) as client:
        print(json.dumps("ready"), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        until = time.monotonic() + SECONDS
        count = 0

        async def call() -> None:
            nonlocal count
            while time.monotonic() < until:
                try:
                    await client.call("profile")
                except RateLimited:
                    continue
                count += 1

        await asyncio.gather(*(call() for _ in range(TASKS)))
        print(json.dumps(count), flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(hammer(*sys.argv[1:]))
