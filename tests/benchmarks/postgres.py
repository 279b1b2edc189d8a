"""The PostgreSQL store against plain inserts and against procrastinate, on one server in one run.

``python -m tests.benchmarks.postgres [SECONDS] [BACKLOG]`` starts a server of its own whose commits
reach the disk, in a folder under the working directory, and prints rates and ratios:

* stored: 64 producers, each waits until its event is committed; against one ``INSERT`` for each
  over a pool of asyncpg's, against one statement for each that does what a store has to do (know a
  repeated fact, note the lane, make an execution), and against procrastinate's ``defer``;
* through: events that are stored already are started, done and settled, in order for each of 5,000
  records; against procrastinate's worker with a lock for each record;
* backlog: the same while so many others wait in the store.

Each figure is the median of rounds in which all take turns.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import asyncpg
import procrastinate

from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import Claim, NewDelivery, State, Target, Verdict
from tests.postgres import Server

_PRODUCERS: Final = 64
_POOL: Final = 16
_CONCURRENCY: Final = 64
_RECORDS: Final = 5_000
_PORTALS: Final = 20
_ROUNDS: Final = 3
_THROUGH: Final = 4_000
_DATA: Final = {"FIELDS": {"ID": "7"}, "x": "y" * 500}
_DONE: Final = Verdict(State.DONE)

_BY_HAND: Final = """
CREATE TABLE hand_delivery (
    id BIGSERIAL PRIMARY KEY, portal TEXT, identity TEXT, entity TEXT, data TEXT,
    received_at TIMESTAMPTZ DEFAULT now(), UNIQUE (portal, identity)
);
CREATE TABLE hand_lane (portal TEXT, entity TEXT, pending BIGINT, PRIMARY KEY (portal, entity));
CREATE TABLE hand_execution (
    id BIGSERIAL PRIMARY KEY, delivery_id BIGINT, portal TEXT, entity TEXT, state TEXT
);
CREATE INDEX ON hand_execution (portal, entity, id) WHERE state = 'waiting';
"""
_STORED_BY_HAND: Final = """
WITH delivery AS (
    INSERT INTO hand_delivery (portal, identity, entity, data) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING id
), lane AS (
    INSERT INTO hand_lane SELECT $1, $3, 1 FROM delivery
    ON CONFLICT (portal, entity) DO UPDATE SET pending = hand_lane.pending + 1 RETURNING entity
)
INSERT INTO hand_execution (delivery_id, portal, entity, state)
SELECT delivery.id, $1, lane.entity, 'waiting' FROM delivery, lane
"""

numbers = count(1)


def main(seconds: float, backlog: int) -> None:
    with TemporaryDirectory(dir=".", prefix=".benchmark-") as folder:
        Path(folder).chmod(0o755)  # the server may run under another account
        server = Server(folder=Path(folder).resolve(), durable=True)
        server.start()
        try:
            asyncio.run(compare(server, seconds, backlog))
        finally:
            server.remove()


async def compare(server: Server, seconds: float, backlog: int) -> None:
    url = await server.fresh()
    store = PostgresStore(url, put_seconds=60)
    await store.open()
    pool = await asyncpg.create_pool(url, min_size=_POOL, max_size=_POOL)
    await pool.execute("CREATE TABLE plain (id BIGSERIAL PRIMARY KEY, portal TEXT, data TEXT)")
    await pool.execute(_BY_HAND)
    peer, handled = await procrastinate_on(await server.fresh())

    async def insert() -> None:
        query = "INSERT INTO plain (portal, data) VALUES ($1, $2)"
        await pool.execute(query, f"portal{next(numbers) % _PORTALS}", str(_DATA))

    async def insert_all() -> None:
        new = event(next(numbers))
        await pool.execute(_STORED_BY_HAND, new.portal, new.identity, new.entity, str(_DATA))

    async def put() -> None:
        await store.put(event(next(numbers)), [Target("app.handle")])

    async def defer() -> None:
        number = next(numbers)
        await handled.configure(lock=f"deal:{number % _RECORDS}").defer_async(data=_DATA)

    ways = {
        "plain insert": insert,
        "the same by hand": insert_all,
        "ours": put,
        "procrastinate defer": defer,
    }
    stored: dict[str, list[float]] = {name: [] for name in ways}
    through: dict[str, list[float]] = {"ours": [], "procrastinate with locks": []}
    for _ in range(_ROUNDS):
        for name, call in ways.items():
            stored[name].append(await produced(call, seconds))
        await settled(store, sys.maxsize)
        await worked(peer)
        await filled(put, _THROUGH)
        await filled(defer, _THROUGH // 8)
        through["ours"].append(await settled(store, _THROUGH))
        through["procrastinate with locks"].append(await worked(peer))
    show("stored", stored)
    show("through", through)

    empty, full = [], []
    for _ in range(_ROUNDS):
        await filled(put, _THROUGH)
        empty.append(await settled(store, _THROUGH))
    await filled(put, backlog)
    for _ in range(_ROUNDS):
        full.append(await settled(store, _THROUGH))
    ratio = statistics.median(full) / statistics.median(empty)
    print(f"backlog of {backlog:,}: drained at {ratio:.2f} of the rate without one")
    await store.close()
    await pool.close()
    await peer.close_async()


def event(number: int) -> NewDelivery:
    return NewDelivery(
        f"portal{number % _PORTALS}",
        "ONCRMDEALADD",
        _DATA,
        f"deal:{number // _PORTALS % _RECORDS}",
        identity=f"ONCRMDEALADD deal:{number}",
    )


async def produced(call: Callable[[], Awaitable[None]], seconds: float) -> float:
    """Calls a second, by as many producers as there are."""
    done, until = 0, time.perf_counter() + seconds

    async def produce() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await call()
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(produce() for _ in range(_PRODUCERS)))
    return done / (time.perf_counter() - began)


async def filled(call: Callable[[], Awaitable[None]], most: int) -> None:
    """So many calls, by as many producers as there are."""
    left = iter(range(most))

    async def produce() -> None:
        for _ in left:
            await call()

    await asyncio.gather(*(produce() for _ in range(_PRODUCERS)))


async def settled(store: PostgresStore, most: int) -> float:
    """Executions a second from their claim to their commit, until nothing is left or so many were
    served."""
    served, running = 0, set[asyncio.Task[None]]()

    async def settle(claim: Claim) -> None:
        assert await store.settle(claim, _DONE)

    began = time.perf_counter()
    while served < most:
        free = min(_CONCURRENCY - len(running), most - served)
        claims = await store.claim(limit=free, per_portal=_CONCURRENCY) if free > 15 else []
        running |= {asyncio.create_task(settle(claim)) for claim in claims}
        served += len(claims)
        if not running and not claims:
            break
        if running:
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    if running:
        await asyncio.wait(running)
    return served / (time.perf_counter() - began)


async def procrastinate_on(url: str) -> tuple[procrastinate.App, Any]:
    """Its app on a database, and a task that does nothing."""
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=_POOL, max_size=_POOL)
    app = procrastinate.App(connector=connector)

    @app.task(name="handle")
    async def handle(data: dict[str, Any]) -> None:
        """Nothing."""

    await app.open_async()
    await app.schema_manager.apply_schema_async()
    return app, handle


async def worked(app: procrastinate.App) -> float:
    """Jobs a second until none is left."""
    waiting: int = sum(queue["todo"] for queue in await app.job_manager.list_queues_async())
    began = time.perf_counter()
    await app.run_worker_async(
        concurrency=_CONCURRENCY, wait=False, listen_notify=False, install_signal_handlers=False
    )
    return waiting / (time.perf_counter() - began)


def show(what: str, rates: dict[str, list[float]]) -> None:
    ours = statistics.median(rates["ours"])
    for name, found in rates.items():
        rate = statistics.median(found)
        spread = f"{min(found):,.0f} to {max(found):,.0f}"
        row = f"{what:8} {name:26} {rate:9,.0f} /s ({spread}); ours: {ours / rate:5.1f} x"
        print(row, flush=True)


if __name__ == "__main__":
    logging.disable(logging.INFO)
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else 3.0,
        int(sys.argv[2]) if len(sys.argv) > 2 else 300_000,
    )
