"""What handlers that ask for records cost a portal, and those who wait beside them.

1. ``storm``: 10,000 events of 10,000 deals. The handler asks for the deal and writes one field
   back. With a call for each record the least that is possible is 400 requests: 200 batches that
   read, and 200 that write. The portal has its real limits, and takes 50 ms for a request and 15 ms
   for each command. Portal and pace are four times as fast as real ones, so that it ends soon; a
   machine that is too busy for that fills its requests less: ``--times 1`` is the real pace. A
   naive loop does the same with some of the deals, one call after the other, at a portal without
   limits.
2. ``bulk``: a bulk edit of 1,000 deals, by a handler that only looks, at a portal as slow as real
   ones.
3. ``edits``: a hundred edits of one deal within a second, at random times; the handler waits for
   half a second of quiet.
4. ``fairness``: how long the events of twenty quiet portals wait while another portal has such a
   storm, at its real pace. Everything but the portal with the storm is one process.

Run it with ``python -m tests.benchmarks.changes [--only NAME] [--times N]``.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import platform
import random
import resource
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from bitrix_events import App, Client, Delivery, Options, Settings
from bitrix_events.entities import Deal
from bitrix_events.events import OnCrmContactAdd, OnCrmDealUpdate
from bitrix_events.rest.pace import LIMITS, STANDARD, UNLIMITED, Limits, forget
from bitrix_events.store.records import Installation, NewDelivery, Target, Tokens
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.benchmarks.rest_peers.control import Portal
from tests.serving import served, settings_for

DEALS: Final = 10_000
NAIVE: Final = 500
FLOOR: Final = 2 * DEALS // 50
BULK: Final = 1_000
TIMES: Final = 4.0
EDITED: Final = 2
EDITS: Final = 100
QUIET: Final = 20
QUIET_SECONDS: Final = 3.0
KEY: Final = "k" * 32


class Report:
    """Prints figures, and remembers which goals were missed."""

    def __init__(self) -> None:
        self._missed: list[str] = []

    def line(self, name: str, text: str) -> None:
        print(f"  {name:34} {text}", flush=True)

    def goal(self, what: str, figure: float, most: float) -> None:
        is_met = figure <= most
        if not is_met:
            self._missed.append(what)
        mark = "ok" if is_met else "MISSED"
        print(f"  goal: {what}: {figure:.4g}, at most {most:g}: {mark}", flush=True)

    def summary(self) -> str:
        return f"missed: {', '.join(self._missed) or 'nothing'}"


def opened(portal: Portal, count: int, *, limited: bool, times: float) -> dict[str, str]:
    """A new portal in the process, with so many deals; what a client must know of it."""
    facts: dict[str, str] = portal.ask(
        "open",
        count=count,
        shape="dense",
        limited=limited,
        slow=True,
        disturbed=False,
        moving=False,
        replays=False,
        times=times,
    )
    return facts


async def fill(store: SqliteStore, count: int, *, portal: str, handler: str) -> None:
    """Let so many events wait, each of a deal of its own."""
    for first in range(1, count + 1, 500):
        numbers = range(first, min(first + 500, count + 1))
        await asyncio.gather(*(put(store, number, portal, handler) for number in numbers))


async def put(
    store: SqliteStore, number: int, portal: str, handler: str, code: str = OnCrmDealUpdate.CODE
) -> None:
    data = {"FIELDS": {"ID": str(number)}}
    delivery = NewDelivery(portal, code, data, f"record:{number}", merges=True)
    await store.put(delivery, [Target(handler)])


class Counted:
    """Waits until a handler has run so many times."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._all = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __call__(self) -> None:
        self._left -= 1
        if not self._left:
            self._loop.call_soon_threadsafe(self._all.set)

    async def all(self) -> None:
        async with asyncio.timeout(300):
            await self._all.wait()


@asynccontextmanager
async def filled(settings: Settings, path: Path, count: int) -> AsyncIterator[App]:
    """An app whose handler ``app.copy`` has so many events to work off."""
    store = SqliteStore(path)
    await store.open()
    await fill(store, count, portal="webhook", handler="app.copy")
    await store.close()
    yield App(settings)


def webhook_settings(facts: dict[str, str], path: Path) -> Settings:
    return Settings.load(
        webhook_url=facts["webhook_url"], application_token=KEY, store=f"sqlite:///{path}"
    )


# The storm.


async def storm(portal: Portal, folder: Path, report: Report, *, times: float = TIMES) -> None:
    naive = await naive_requests(portal)
    facts = opened(portal, DEALS, limited=True, times=times)
    path = folder / "storm.db"
    LIMITS["standard"] = Limits(STANDARD.burst, STANDARD.per_second * times)
    async with filled(webhook_settings(facts, path), path, DEALS) as app:
        done = Counted(DEALS)

        @app.on(OnCrmDealUpdate)
        async def copy(deal: Deal, client: Client) -> None:
            await write_back(client, deal)
            done()

        memory, cpu, began = _memory(), time.process_time(), time.perf_counter()
        async with app.lifespan():
            await done.all()
            took = time.perf_counter() - began
    LIMITS["standard"] = STANDARD
    counted = portal.ask("count")
    requests, refused = counted["requests"], counted["refusals"]
    at_real_pace = (requests - STANDARD.burst) / STANDARD.per_second
    report.line(
        f"{DEALS:,} events, read and written",
        f"{requests} requests ({refused} refused) for {counted['commands']:,} calls;"
        f" {took:.1f} s at {times:g} times the pace, so {at_real_pace:.0f} s at the real one;"
        f" {time.process_time() - cpu:.1f} s CPU, {_memory() - memory:.0f} MiB more",
    )
    report.line(
        "a naive loop",
        f"{naive * DEALS:,.0f} requests ({naive:g} for each event), so"
        f" {(naive * DEALS - STANDARD.burst) / STANDARD.per_second:,.0f} s;"
        f" {naive * DEALS / requests:.0f} times as many as ours",
    )
    report.goal(f"requests, of the floor of {FLOOR}", requests / FLOOR, 1.15)
    report.goal("requests, of a naive loop", requests / (naive * DEALS), 0.023)


async def naive_requests(portal: Portal) -> float:
    """How many requests an event costs whose handler makes its calls one after the other."""
    facts = opened(portal, NAIVE, limited=False, times=math.inf)
    async with Client(
        facts["webhook_url"], limits=UNLIMITED, options=Options(merge=False)
    ) as client:
        for number in range(1, NAIVE + 1):
            await write_back(client, await client.get(Deal, number))
    requests: int = portal.ask("count")["requests"]
    return requests / NAIVE


async def write_back(client: Client, deal: Deal) -> None:
    fields = {"comments": deal.title}
    await client.call("crm.item.update", entityTypeId=2, id=deal.id, fields=fields)


def _memory() -> float:
    """The most that the process has needed so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# A bulk edit.


async def bulk(portal: Portal, folder: Path, report: Report) -> None:
    facts = opened(portal, BULK, limited=True, times=1.0)
    path = folder / "bulk.db"
    async with filled(webhook_settings(facts, path), path, BULK) as app:
        done = Counted(BULK)

        @app.on(OnCrmDealUpdate)
        async def copy(deal: Deal) -> None:
            done()

        began = time.perf_counter()
        async with app.lifespan():
            await done.all()
            took = time.perf_counter() - began
    requests = portal.ask("count")["requests"]
    report.line(f"bulk edit of {BULK:,} deals", f"{requests} requests, {took:.1f} s")
    report.goal("requests for the bulk edit", requests, 30)


# A hundred edits of one deal.


async def edits(_: Portal, folder: Path, report: Report) -> None:
    runs: defaultdict[int, list[str]] = defaultdict(list)
    path = folder / "edits.db"
    async with FakePortal().serve() as portal:
        app = App(settings_for(portal, path, mode="webhook"))

        @app.on(OnCrmDealUpdate, debounce=timedelta(seconds=0.5))
        async def look(deal: Deal) -> None:
            runs[deal.id].append(deal.title)

        async with served(app, path) as running:
            portal.outgoing_webhook(f"{running.url}/events", OnCrmDealUpdate.CODE)
            deals = portal.fill("deal", EDITED)
            began = time.perf_counter()
            await asyncio.gather(*(edit(portal, number) for number in deals))
            took = time.perf_counter() - began
            await portal.settled()
            await asyncio.sleep(1.5)
            last = {number: portal.record("deal", number)["TITLE"] for number in deals}
    counts = [len(seen) for seen in runs.values()]
    stale = sum(not runs[number] or runs[number][-1] != last[number] for number in deals)
    report.line(
        f"{EDITS} edits of a deal in a second",
        f"{min(counts)} to {max(counts)} runs, {EDITED} deals side by side in {took:.2f} s; {stale}"
        " did not see the end",
    )
    report.goal("runs for a hundred edits", max(counts), 2)
    report.goal("deals whose last state was not seen", stale, 0)


async def edit(portal: FakePortal, number: int) -> None:
    chance = random.Random(number)
    began = time.perf_counter()
    for count, at in enumerate(sorted(chance.random() for _ in range(EDITS))):
        await asyncio.sleep(max(began + at - time.perf_counter(), 0))
        portal.change("deal", number, TITLE=f"edit {count}")


# Fairness.


async def fairness(portal: Portal, folder: Path, report: Report) -> None:
    for name, count in {"alone": 0, f"beside a storm of {DEALS:,}": DEALS}.items():
        facts = opened(portal, DEALS, limited=True, times=1.0)
        forget(facts["rest_url"].split("/")[2])
        waited, written = await waits(facts, folder / f"fairness{count}.db", count)
        cuts = statistics.quantiles(waited, n=100)
        report.line(
            f"{QUIET} quiet portals, {name}",
            f"{len(waited):,} events; stored to handled p50 {cuts[49]:.1f} ms,"
            f" p99 {cuts[98]:.1f} ms; {written:,} deals of the storm written meanwhile",
        )
        if count:
            report.goal("ms to the handler of a quiet portal, p99", cuts[98], 100)


async def waits(facts: dict[str, str], path: Path, flood: int) -> tuple[Sequence[float], int]:
    """Milliseconds that events of quiet portals have waited, and how much of the flood was done."""
    settings = Settings.load(
        client_id=facts["client_id"],
        client_secret=facts["client_secret"],
        secret_key=KEY,
        allowed_hosts=facts["rest_url"].split("/")[2],
        store=f"sqlite:///{path}",
        shutdown_seconds=0.0,
    )
    app = App(settings)
    waited: list[float] = []
    written = 0

    @app.on(OnCrmDealUpdate)
    async def copy(deal: Deal, client: Client) -> None:
        nonlocal written
        await write_back(client, deal)
        written += 1

    @app.on(OnCrmContactAdd)
    async def quiet(delivery: Delivery) -> None:
        waited.append((time.time() - delivery.received_at.timestamp()) * 1000)

    async with app.lifespan():
        assert app._running is not None
        store, worker = app._running.store, app._running.worker
        assert isinstance(store, SqliteStore)
        await store.save_installation(_installation(facts))
        quiets = [f"{number:032x}" for number in range(QUIET)]
        for member in quiets:
            await store.save_installation(Installation(member, member, f"{member}.bitrix24.com"))
        await fill(store, flood, portal=facts["member_id"], handler="app.copy")
        worker.wake()
        end = time.perf_counter() + QUIET_SECONDS
        number = 0
        while time.perf_counter() < end:
            number += 1
            member = quiets[number % QUIET]
            await put(store, number, member, "app.quiet", OnCrmContactAdd.CODE)
            worker.wake()
            await asyncio.sleep(0.05 / QUIET)
        await asyncio.sleep(0.3)
        assert not flood or 0 < written < flood, "the storm was none"
    return waited, written


def _installation(facts: dict[str, str]) -> Installation:
    access, refresh = (SecretStr(facts[f"{name}_token"]) for name in ("access", "refresh"))
    return Installation(
        facts["member_id"],
        facts["member_id"],
        facts["rest_url"].split("/")[2],
        facts["rest_url"],
        tokens=Tokens(access, refresh, datetime.now(UTC) + timedelta(hours=1)),
    )


Part = Callable[[Portal, Path, Report], Coroutine[Any, Any, None]]


async def main() -> None:
    parts: dict[str, Part] = {"storm": storm, "bulk": bulk, "edits": edits, "fairness": fairness}
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--only", choices=parts, action="append", help="only this part")
    options.add_argument("--times", type=float, default=TIMES, help="of the real pace, in storm")
    chosen = options.parse_args()
    parts["storm"] = partial(storm, times=chosen.times)
    report, began = Report(), time.perf_counter()
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python"
        f" {platform.python_version()}, load average {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory(prefix="bitrix-events-") as folder, Portal() as portal:
        for name in chosen.only or parts:
            await parts[name](portal, Path(folder), report)
    print(f"\n{time.perf_counter() - began:.0f} s; {report.summary()}")


if __name__ == "__main__":
    asyncio.run(main())
