"""Several processes on one database: order, limits, take-over, and who does what."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, Protocol

import asyncpg
import pytest

from bitrix_events.store.postgres.address import Address
from bitrix_events.store.postgres.schema import make_tables
from bitrix_events.store.postgres.store import Mode, PostgresStore
from bitrix_events.store.records import (
    Claim,
    InstallationState,
    NewDelivery,
    Query,
    State,
    Target,
    Verdict,
)
from tests.contract.records import Clock, installed, put
from tests.postgres import server
from tests.serving import PATIENCE, eventually

DONE = Verdict(State.DONE)


class OpenStore(Protocol):
    """Opens another store on the same database."""

    async def __call__(
        self, mode: Mode = "own", *, clock: Clock | None = None
    ) -> PostgresStore: ...


@pytest.fixture
async def url() -> str:
    return await server().prepared()


@pytest.fixture
async def opened(url: str) -> AsyncIterator[OpenStore]:
    async with AsyncExitStack() as exits:

        async def open_store(mode: Mode = "own", *, clock: Clock | None = None) -> PostgresStore:
            store = PostgresStore(
                url,
                mode=mode,
                clock=clock,
                name=f"{mode} process",
                put_seconds=PATIENCE,
                lease_seconds=PATIENCE if clock is None else 3.0,
            )
            await store.open()
            exits.push_async_callback(store.close)
            return store

        yield open_store


def event(number: int, *, entity: str = "deal:7", portal: str = "acme") -> NewDelivery:
    return NewDelivery(portal, "ONCUSTOM", {"n": number}, entity)


async def claim_one(store: PostgresStore) -> Claim:
    (claim,) = await store.claim(limit=1, per_portal=10)
    return claim


# Order and limits.


async def test_two_workers_keep_the_order_of_each_key_and_the_limit_of_each_portal(
    opened: OpenStore,
) -> None:
    stores = [await opened() for _ in range(2)]
    door = await opened("share")
    dice, count, per_portal = random.Random(8), 400, 3
    running: Counter[str] = Counter()
    busy: set[tuple[str, str | None]] = set()
    seen: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
    served: Counter[int] = Counter()

    async def produce(portal: str) -> None:
        for number in range(count // 4):
            entity = f"deal:{dice.randrange(5)}"
            await door.put(event(number, entity=entity, portal=portal), [Target("handler")])

    async def run(worker: int, claim: Claim) -> None:
        delivery = claim.delivery
        key = (delivery.portal, delivery.entity)
        assert key not in busy, "two executions of one key overlap"
        busy.add(key)
        running[delivery.portal] += 1
        assert running[delivery.portal] <= per_portal, "the limit of a portal is overrun"
        await asyncio.sleep(0)
        busy.discard(key)
        running[delivery.portal] -= 1
        if delivery.attempt == 1 and dice.random() < 0.1:
            assert await stores[worker].settle(claim, Verdict(State.WAITING, "again"))
            return
        seen[key].append(delivery.data["n"])
        served[worker] += 1
        assert await stores[worker].settle(claim, DONE)

    async def work(worker: int) -> None:
        while served.total() < count:
            claims = await stores[worker].claim(limit=4, per_portal=per_portal)
            await asyncio.gather(*(run(worker, claim) for claim in claims))

    async with asyncio.timeout(2 * PATIENCE):
        await asyncio.gather(*map(produce, "abcd"), work(0), work(1))

    assert all(numbers == sorted(numbers) for numbers in seen.values())
    assert sum(map(len, seen.values())) == count
    assert min(served.values()) > 0, "one of them did everything"


async def test_what_arrives_at_many_doors_at_once_merges_and_counts_once(
    opened: OpenStore,
) -> None:
    doors = [await opened("share") for _ in range(3)]
    worker = await opened()
    fact = replace(event(0), identity="ONCUSTOM deal:7")
    state = replace(event(0, entity="deal:8"), merges=True)

    async def send(door: PostgresStore) -> None:
        for _ in range(20):
            await asyncio.gather(
                door.put(fact, [Target("handler")]), door.put(state, [Target("handler")])
            )

    await asyncio.gather(*map(send, doors))

    claims = await worker.claim(limit=10, per_portal=10)
    assert sorted(claim.delivery.entity or "" for claim in claims) == ["deal:7", "deal:8"]
    newest = (await worker.find(Query(entity="deal:8"), limit=1))[0]
    assert newest.delivery.id in {claim.delivery.id for claim in claims}
    assert all([await worker.settle(claim, DONE) for claim in claims])
    assert await worker.claim(limit=10, per_portal=10) == []


async def test_work_that_came_while_its_portal_was_being_paused_is_found_again(
    opened: OpenStore,
) -> None:
    door, worker = await opened("share"), await opened()
    await door.save_installation(installed(tokens=None))
    expected = 0
    for is_paused in (True, False) * 4:
        found = await worker.installation("acme")
        while found is None or not await worker.save_installation(
            replace(found, paused=not is_paused)
        ):
            found = await worker.installation("acme")
        found = await worker.installation("acme")
        assert found is not None
        await asyncio.gather(
            worker.save_installation(replace(found, paused=is_paused)),
            *(door.put(event(n, entity=f"deal:{n}"), [Target("handler")]) for n in range(5)),
        )
        expected += 5
        while claims := await worker.claim(limit=100, per_portal=100):
            assert not is_paused
            expected -= len(claims)
            assert all([await worker.settle(claim, DONE) for claim in claims])

    assert expected == 0
    assert (await worker.stats()).waiting == 0


# Who is gone.


async def test_what_a_silent_worker_held_goes_to_another_when_its_lease_is_over(
    opened: OpenStore, url: str
) -> None:
    clock = Clock()
    silent, other = await opened(clock=clock), await opened(clock=clock)
    await put(other, event(1), "handler")
    lost = await claim_one(silent)
    clock.advance(2.9)
    assert await other.sweep(()) == 0
    assert await other.claim(limit=1, per_portal=1) == []
    clock.advance(0.2)
    assert await other.extend()
    await _up_for_long(url, other, lost)

    taken = await claim_one(other)

    assert (taken.execution_id, taken.deaths) == (lost.execution_id, 1)
    assert not await silent.settle(lost, DONE), "its verdict is void"
    assert await other.settle(taken, DONE)
    assert not await silent.extend(), "it has to hear that its lease was lost"
    assert await silent.extend(), "and goes on as a new one"


async def _up_for_long(url: str, store: PostgresStore, held: Claim) -> None:
    """Nobody is buried until the server has been up for as long as a lease."""

    async def is_buried() -> bool:
        await store.sweep(())
        (view,) = await store.find(Query(), limit=1)
        return view.executions[0].state is State.WAITING

    await eventually(is_buried)


async def test_who_was_buried_claims_nothing_until_it_has_heard_of_it(
    opened: OpenStore, url: str
) -> None:
    stopped, other = await opened(), await opened()
    await put(other, event(1), "handler")
    await server().sql("UPDATE worker SET lease_until = 0", database=url.rpartition("/")[2])
    assert await other.extend()

    assert await stopped.claim(limit=1, per_portal=1) == []

    assert not await stopped.extend()
    assert (await claim_one(stopped)).delivery.data == {"n": 1}


async def test_whoever_missed_that_the_clock_of_the_server_was_set_is_buried_once_at_most(
    url: str,
) -> None:
    old, new = PostgresStore(url), PostgresStore(url)
    await new.open()
    await old.open()
    old._clock_read(time.time() - 3_600, 0.0)  # so late it was before
    await old._write(lambda db: db.execute("UPDATE worker SET lease_until = lease_until - 3600"))

    async def is_buried() -> bool:
        await new.sweep(())
        return len(await new.workers()) == 1

    await eventually(is_buried)

    async def lives() -> bool:
        is_alive = await old.extend()
        await new.extend()
        return is_alive and await old.extend()

    await eventually(lives)
    await old.close()
    await new.close()


async def test_what_belongs_to_nobody_is_given_back(opened: OpenStore, url: str) -> None:
    gone, store = await opened(), await opened()
    await put(store, event(1), "handler")
    lost = await claim_one(gone)
    await server().sql(
        "DELETE FROM worker WHERE id = (SELECT min(id) FROM worker)",
        database=url.rpartition("/")[2],
    )

    assert await store.sweep(()) == 1

    taken = await claim_one(store)
    assert (taken.execution_id, taken.deaths) == (lost.execution_id, 1)


async def test_a_worker_that_is_late_and_was_not_missed_goes_on(opened: OpenStore) -> None:
    clock = Clock()
    late = await opened(clock=clock)
    await put(late, event(1), "handler")
    claim = await claim_one(late)
    clock.advance(60)

    assert await late.extend()
    assert await late.settle(claim, DONE)


_HOLDER = """
import asyncio, json, sys
from bitrix_events.store.postgres.store import PostgresStore

async def main():
    store = PostgresStore(sys.argv[1], lease_seconds=600)
    await store.open()
    claims = await store.claim(limit=10, per_portal=10)
    print(json.dumps([claim.execution_id for claim in claims]), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_a_dead_process_of_this_machine_is_not_waited_for(
    opened: OpenStore, url: str
) -> None:
    store = await opened()
    await put(store, event(1), "handler")
    woken: list[bool] = []
    store.listen(lambda: woken.append(True))
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLDER, url, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    held = json.loads(await holder.stdout.readline())
    assert len(held) == 1
    assert await store.extend()
    assert await store.claim(limit=1, per_portal=1) == []
    woken.clear()

    assert holder.pid != os.getpid()
    holder.send_signal(signal.SIGKILL)
    await eventually(lambda: bool(woken))  # long before its lease is over

    taken = await claim_one(store)
    assert (taken.execution_id, taken.deaths) == (held[0], 1)
    await holder.wait()


async def test_who_closes_in_good_order_gives_back_what_it_holds_and_no_death_counts(
    opened: OpenStore, url: str
) -> None:
    leaving = PostgresStore(url, put_seconds=PATIENCE, lease_seconds=PATIENCE)
    await leaving.open()
    staying = await opened()
    await put(leaving, event(1), "handler")
    held = await claim_one(leaving)

    await leaving.close()

    taken = await claim_one(staying)
    assert (taken.execution_id, taken.deaths) == (held.execution_id, 0)
    assert [peer.name for peer in await staying.workers()] == ["own process"]


async def test_what_runs_elsewhere_is_not_swept(opened: OpenStore) -> None:
    one, other = await opened(), await opened()
    await put(one, event(1), "handler")
    claim = await claim_one(one)

    assert await other.sweep(()) == 0

    assert await one.settle(claim, DONE)


async def test_the_processes_are_known_by_name_and_by_what_they_run(opened: OpenStore) -> None:
    one = await opened()
    await opened("share")
    await put(one, event(1), "handler")
    await claim_one(one)

    (peer,) = await one.workers()

    assert (peer.name, peer.pid, peer.held) == ("own process", os.getpid(), 1)
    assert 0 <= peer.seen_seconds < PATIENCE


# Who does what.


async def test_one_does_its_duty_until_its_time_is_over(opened: OpenStore) -> None:
    clock = Clock()
    one, other = await opened(clock=clock), await opened("share", clock=clock)

    assert await one.on_duty("retention", seconds=60)
    assert await one.on_duty("retention", seconds=60), "it stays"
    assert not await other.on_duty("retention", seconds=60)
    assert await other.on_duty("upkeep", seconds=60)
    clock.advance(61)
    assert await other.on_duty("retention", seconds=60)
    assert not await one.on_duty("retention", seconds=60)


async def test_a_duty_is_free_when_its_process_stops(opened: OpenStore, url: str) -> None:
    leaving = PostgresStore(url, put_seconds=PATIENCE, lease_seconds=PATIENCE)
    await leaving.open()
    other = await opened()
    assert await leaving.on_duty("retention", seconds=600)

    await leaving.close()

    assert await other.on_duty("retention", seconds=600)


async def test_a_delivery_at_one_process_wakes_the_others(opened: OpenStore) -> None:
    door, worker = await opened("share"), await opened()
    woken: list[bool] = []
    worker.listen(lambda: woken.append(True))

    async def is_woken() -> bool:
        await put(door, event(1), "handler")
        return bool(woken)

    await eventually(is_woken)


async def test_a_change_of_an_installation_is_seen_everywhere_at_once(opened: OpenStore) -> None:
    one, other = await opened(), await opened("share")
    assert await one.save_installation(installed(tokens=None))
    seen = await other.installation("acme")
    assert seen is not None
    changed = replace(seen, state=InstallationState.BLOCKED)
    assert await one.save_installation(changed)

    async def is_seen() -> bool:
        found = await other.installation("acme")
        return found is not None and found.state is InstallationState.BLOCKED

    await eventually(is_seen)
    assert not await other.save_installation(seen), "an old version was saved"


async def test_one_process_makes_the_tables_and_the_others_wait() -> None:
    url = await server().fresh()
    stores = [PostgresStore(url, lease_seconds=PATIENCE) for _ in range(6)]

    await asyncio.gather(*(store.open() for store in stores))

    assert len(await stores[0].workers()) == 6
    for store in stores:
        await store.close()


@pytest.mark.parametrize(
    "error",
    [asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError],
)
async def test_however_the_server_says_that_another_makes_the_tables(
    error: type[Exception],
) -> None:
    made = await asyncpg.connect(await server().fresh())

    class Overtaken:
        """A connection on which the first table is made just after somebody else has."""

        def __getattr__(self, name: str) -> Any:
            return getattr(made, name)

        async def execute(self, query: str, *values: Any) -> None:
            await made.execute(query, *values)
            if "CREATE TABLE IF NOT EXISTS meta" in query:
                raise error("it is there already")

    await make_tables(Overtaken(), Address("postgresql://127.0.0.1/x"), cell=0)

    assert await made.fetchval("SELECT count(*) FROM meta") == 1
    await made.close()


# The pace of portals.


async def test_all_processes_together_fill_one_bucket(opened: OpenStore) -> None:
    paces = [(await opened("share")).pace for _ in range(3)]
    taken = 0
    for _ in range(6):
        waits = await asyncio.gather(
            *(pace.take("acme", burst=10, per_second=0.001) for pace in paces if pace)
        )
        taken += waits.count(0.0)

    assert taken == 10
    (first, *_) = paces
    assert first is not None
    assert await first.take("acme", burst=10, per_second=0.001) == pytest.approx(60.0)
    assert await first.take("globex", burst=1, per_second=0.02) == 0.0
    assert 0.0 < await first.take("globex", burst=1, per_second=0.02) <= 50.01


async def test_what_one_process_was_refused_all_wait_for(opened: OpenStore) -> None:
    one, other = (await opened("share")).pace, (await opened("share")).pace
    assert one is not None
    assert other is not None
    assert await other.take("acme", burst=10, per_second=2) == 0.0

    await one.refused("acme", seconds=30, level=10)

    assert 0 < await other.take("acme", burst=10, per_second=2) <= 30.01


# What a person may look at.


async def test_no_statement_of_the_queue_reads_a_whole_table(url: str, opened: OpenStore) -> None:
    store = await opened()
    await asyncio.gather(
        *(
            put(store, event(n, entity=f"deal:{n % 50}", portal=f"p{n % 7}"), "h")
            for n in range(300)
        )
    )
    claims = await store.claim(limit=20, per_portal=10)
    assert all([await store.settle(claim, DONE) for claim in claims])
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        reads = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY($1)"
        before = dict(await connection.fetch(reads, ["lane", "execution", "delivery", "fact"]))
    finally:
        await connection.close()

    assert all(count <= 2 for count in before.values()), before
