"""What fetching offline events costs, and what a kill between any two of its steps loses.

``python -m tests.benchmarks.offline``, about a minute. Processes that fetch events from a fake
portal are killed with SIGKILL at every step, several times, and others go on where they were.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bitrix_events import Client
from bitrix_events.store.records import Installation
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.processes.collect import Wants, collect
from tests.processes.offline import QUEUE, STEPS, killed_at

_ROUNDS: Final = 5
_EVENTS: Final = 200
_BULK: Final = 10_000


async def kills(folder: Path) -> int:
    """Kill at every step; how many events were lost."""
    lost = 0
    print(f"SIGKILL between any two steps, {_ROUNDS} times, {_EVENTS} events each:")
    print(f"  {'killed at':18} {'events':>7} {'lost':>5} {'run twice':>10} {'stored twice':>13}")
    for step in STEPS:
        reports = []
        for number in range(_ROUNDS):
            place = folder / f"{step} {number}"
            place.mkdir()
            reports.append(await killed_at(step, place, before=_EVENTS - 20, after=20))
        assert all(report.was_killed and report.is_clean for report in reports)
        made, gone, twice, again = (
            sum(getattr(report, name) for report in reports)
            for name in ("made", "lost", "run_twice", "stored_twice")
        )
        lost += gone
        print(f"  {step:18} {made:>7} {gone:>5} {twice:>10} {again:>13}")
    return lost


async def bulk(folder: Path) -> None:
    """Fetch what has gathered while the app was away."""
    portal = FakePortal()
    async with portal.serve():
        token = portal.issue_tokens().access_token
        async with Client(portal.rest_url, token=token) as client:
            named = client.with_options(auth_connector=QUEUE)
            await named.call("event.bind", event="ONCRMDEALADD", event_type="offline")
        for number in range(_BULK):
            portal.raise_event("ONCRMDEALADD", {"FIELDS": {"ID": number + 1}})
        store = SqliteStore(folder / "bulk.db")
        await store.open()
        bound = tuple(f"{code}@{QUEUE}" for code in Wants().codes)
        await store.save_installation(
            Installation(portal.member_id, portal.member_id, portal.domain, bound_codes=bound)
        )
        before, began = portal.requests, time.perf_counter()
        count = await collect(store, portal.member_id, portal.rest_url, token)
        seconds = time.perf_counter() - began
        await store.close()
    requests = portal.requests - before
    print(f"\n{count} events that have gathered: {requests} requests, {seconds:.1f} s")


async def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        lost = await kills(Path(folder))
        await bulk(Path(folder))
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
