"""Several databases as one store: where portals live, what ends with a cell, how they move."""

from __future__ import annotations

import asyncio
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bitrix_events.errors import StoreError, StoreUnreachable
from bitrix_events.store import homes
from bitrix_events.store.base import Store
from bitrix_events.store.cells import CellStore
from bitrix_events.store.homes import chosen_for
from bitrix_events.store.outage import ShelteredStore
from bitrix_events.store.postgres import moving
from bitrix_events.store.postgres.cell import Cell
from bitrix_events.store.postgres.moving import move
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import NewDelivery, Query, State, Stored, Target, Verdict
from bitrix_events.store.secrets import Sealer
from tests.contract.records import KEY, installed, put
from tests.postgres import Server, server
from tests.serving import PATIENCE

DONE = Verdict(State.DONE)
PORTALS = [f"portal-{number}" for number in range(12)]


def store_of(
    urls: Sequence[str], *, wrap: Callable[[Cell], Store] = lambda cell: cell, **options: Any
) -> CellStore:
    """Not opened yet."""
    options = {"sealer": Sealer(SecretStr(KEY)), "put_seconds": PATIENCE, **options}
    cells = [Cell(url, others=[one for one in urls if one != url], **options) for url in urls]
    return CellStore(cells, wrap=wrap)


@pytest.fixture
async def urls() -> list[str]:
    return [await server().fresh(), await server().fresh()]


@pytest.fixture
async def store(urls: list[str]) -> AsyncIterator[CellStore]:
    store = store_of(urls)
    await store.open()
    yield store
    await store.close()


def at(store: CellStore, number: int) -> Cell:
    return next(cell for cell in store.cells if cell.number == number)


async def settle_in(store: CellStore, number: int, portal: str) -> None:
    """Let a portal be installed in a cell, whatever its digest says."""
    assert await at(store, number).save_installation(installed(portal))


def event(portal: str, entity: str = "deal:7", code: str = "ADD", **more: Any) -> NewDelivery:
    return NewDelivery(portal, code, {}, entity, **more)


async def run_all(store: CellStore) -> list[tuple[str, str | None, str]]:
    """Run whatever is due, one after another; what it was."""
    seen = []
    while claims := await store.claim(limit=1, per_portal=1):
        (claim,) = claims
        seen.append((claim.delivery.portal, claim.delivery.entity, claim.delivery.code))
        assert await store.settle(claim, DONE)
    return seen


def test_one_more_cell_takes_its_share_and_leaves_the_rest() -> None:
    keys = [str(number) for number in range(3000)]
    before = {key: chosen_for(key, ["a", "b", "c"]) for key in keys}
    after = {key: chosen_for(key, ["d", "c", "b", "a"]) for key in keys}

    moved = [key for key in keys if before[key] != after[key]]
    assert {after[key] for key in moved} == {"d"}
    assert all(650 < count < 850 for count in Counter(after.values()).values())


async def test_portals_are_spread_and_found_whatever_the_order_of_the_cells(
    store: CellStore, urls: list[str]
) -> None:
    for portal in PORTALS:
        assert await store.save_installation(installed(portal))
        await put(store, event(portal), "app.a")

    numbers = {portal: (await store.home_of(portal)).number for portal in PORTALS}
    assert set(numbers.values()) == {0, 1}
    turned = store_of(urls[::-1])
    await turned.open()
    try:
        assert {p: (await turned.home_of(p)).number for p in PORTALS} == numbers
        assert [one.portal for one in await turned.installations()] == sorted(PORTALS)
        found = await turned.installation_at("portal-3.bitrix24.com")
        assert found is not None
        assert found.portal == "portal-3"
    finally:
        await turned.close()


async def test_ids_are_unique_and_lists_are_merged(store: CellStore) -> None:
    for _ in range(3):
        for portal in PORTALS:
            await put(store, event(portal), "app.a")

    first = await store.find(Query(), limit=20)
    rest = await store.find(Query(), limit=20, before=first[-1].delivery.id)

    ids = [view.delivery.id for view in (*first, *rest)]
    assert len(set(ids)) == 36
    assert ids == sorted(ids, reverse=True)
    for number in ids[::7]:
        view = await store.delivery(number)
        assert view is not None
        assert view.delivery.id == number
    assert (await store.stats()).waiting == 36
    assert await store.handler_names() == {"app.a": 36}


async def test_what_is_named_by_its_id_is_found_in_its_cell(store: CellStore) -> None:
    for number in (0, 1):
        await settle_in(store, number, f"p{number}")
        await put(store, event(f"p{number}"), "app.a")
    for claim in await store.claim(limit=10, per_portal=10):
        assert await store.settle(claim, Verdict(State.DEAD, "no"))

    dead = [execution.id for _, execution in await store.dead(limit=10)]
    assert await store.drop_dead(dead[:1]) == 1
    assert await store.retry_dead(dead) == 1
    for number in (0, 1):
        (view,) = await store.find(Query(portal=f"p{number}"), limit=10)
        assert len(await store.replay(view.delivery.id, ["app.b", "app.c"])) == 2
    assert (await store.stats()).waiting == 5


async def test_claims_take_turns_over_the_cells(store: CellStore) -> None:
    for number in (0, 1):
        await settle_in(store, number, f"p{number}")
        for entity in range(10):
            await put(store, event(f"p{number}", f"deal:{entity}"), "app.a")

    portals = [portal for portal, _, _ in await run_all(store)]

    assert len(portals) == 20
    assert set(portals[:4]) == {"p0", "p1"}


async def test_the_limit_of_a_handler_holds_over_all_cells(store: CellStore) -> None:
    for number in (0, 1):
        await settle_in(store, number, f"p{number}")
        for entity in range(4):
            await put(store, event(f"p{number}", f"deal:{entity}"), "app.a")

    claims = await store.claim(limit=10, per_portal=10, per_handler={"app.a": 3})
    more = await store.claim(limit=10, per_portal=10, per_handler={"app.a": 3})

    assert (len(claims), len(more)) == (3, 0)


async def test_deliveries_of_a_portal_keep_their_order_while_its_cell_is_looked_up(
    store: CellStore,
) -> None:
    await settle_in(store, 1, "acme")
    answers: asyncio.Queue[Stored | Exception] = asyncio.Queue()

    for number in range(50):
        store.put_soon(event("acme", code=f"E{number}"), [Target("app.a")], answers.put_nowait)
        if number % 10 == 0:
            await asyncio.sleep(0)

    stored = [await answers.get() for _ in range(50)]
    assert all(isinstance(one, Stored) for one in stored)
    assert await run_all(store) == [("acme", "deal:7", f"E{number}") for number in range(50)]


async def test_a_portal_in_two_cells_is_refused_by_name(store: CellStore) -> None:
    await settle_in(store, 0, "acme")
    await settle_in(store, 1, "acme")
    await settle_in(store, 1, "beta")

    with pytest.raises(StoreError, match=r"portal acme lives in .* and .*forget it in one"):
        await store.installation("acme")

    assert await store.doubles() == {"acme": [0, 1]}
    assert (await store.home_of("beta")).number == 1


async def test_two_stores_that_were_made_apart_cannot_be_joined(urls: list[str]) -> None:
    for url in urls:
        alone = PostgresStore(url)
        await alone.open()
        await alone.close()

    with pytest.raises(StoreError, match="are both cell 0"):
        await store_of(urls).open()


async def test_a_store_becomes_the_first_cell(urls: list[str]) -> None:
    alone = PostgresStore(urls[1], sealer=Sealer(SecretStr(KEY)), put_seconds=PATIENCE)
    await alone.open()
    assert await alone.save_installation(installed("acme"))
    await alone.close()

    store = store_of(urls)
    await store.open()
    try:
        assert (await store.home_of("acme")).number == 0
        assert {cell.number for cell in store.cells} == {0, 1}
    finally:
        await store.close()


class Outage:
    """Two cells, one of them on a server that can be stopped."""

    def __init__(self, second: Server, urls: list[str]) -> None:
        self.second = second
        self.urls = urls


@pytest.fixture(scope="module")
def second_server() -> Any:
    server()  # or skip
    second = Server()
    try:
        second.start()
        yield second
    finally:
        second.remove()


@pytest.fixture
async def outage(second_server: Server) -> Outage:
    second_server.start()
    urls = [await server().fresh(), await second_server.fresh()]
    store = store_of(urls)
    await store.open()
    for cell in store.cells:
        is_second = f":{second_server.port}/" in str(cell.address)
        assert await cell.save_installation(installed("down" if is_second else "up"))
    await store.close()
    return Outage(second_server, urls)


async def test_a_cell_that_is_down_stops_nobody_but_its_own_portals(
    outage: Outage,
) -> None:
    store = store_of(outage.urls)
    await store.open()
    try:
        await put(store, event("up"), "app.a")
        await put(store, event("down"), "app.a")
        outage.second.stop()

        with pytest.raises(StoreUnreachable):
            await store.put(event("down"), [Target("app.a")])
        await put(store, event("up", code="SECOND"), "app.a")
        assert await store.extend()
        assert [seen[0] for seen in await run_all(store)] == ["up", "up"]
        assert "test_" in store.trouble
        assert [view.delivery.portal for view in await store.find(Query(), limit=9)] == ["up"] * 2
        assert (await store.stats()).waiting == 0
        assert [one.portal for one in await store.installations()] == ["up"]
    finally:
        outage.second.start()
        await store.close()


async def test_a_cell_that_was_down_at_the_start_joins_later(
    outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "_REOPEN_SECONDS", 0.01)
    outage.second.stop(signal.SIGINT)
    store = store_of(outage.urls)
    woken = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wake() -> None:
        loop.call_soon_threadsafe(woken.set)

    store.listen(wake)
    await store.open()
    try:
        await put(store, event("up"), "app.a")
        with pytest.raises(StoreUnreachable):
            await store.put(event("unknown"), [Target("app.a")])
        assert "not in use" in store.trouble

        outage.second.start()
        async with asyncio.timeout(PATIENCE):
            while store.trouble:
                await woken.wait()
                woken.clear()
        await put(store, event("down"), "app.a")
        assert (await store.home_of("down")).address != (await store.home_of("up")).address
    finally:
        await store.close()


async def test_the_outage_of_a_cell_is_sheltered_by_itself(outage: Outage, tmp_path: Path) -> None:
    store = store_of(
        outage.urls,
        wrap=lambda cell: ShelteredStore(cell, tmp_path / re.sub(r"\W", "_", str(cell.address))),
    )
    woken = asyncio.Event()
    store.listen(woken.set)
    await store.open()
    try:
        await put(store, event("down", code="FIRST"), "app.a")
        outage.second.stop()

        kept = await store.put(event("down", code="SECOND"), [Target("app.a")])
        stored = await store.put(event("up"), [Target("app.a")])

        assert kept.delivery_id is None
        assert stored.delivery_id is not None
        assert [seen[0] for seen in await run_all(store)] == ["up"]
        outage.second.start()
        async with asyncio.timeout(PATIENCE):
            while store.trouble or len(await store.find(Query(portal="down"), limit=9)) < 2:
                await woken.wait()
                woken.clear()
        assert [code for _, _, code in await run_all(store)] == ["FIRST", "SECOND"]
    finally:
        await store.close()


async def test_processes_share_the_pace_of_a_portal_in_its_cell(
    store: CellStore, urls: list[str]
) -> None:
    await settle_in(store, 1, "acme")
    other = store_of(urls[::-1], mode="share")
    await other.open()
    try:
        for one in (store, other):
            assert one.pace is not None
            for host in ("acme.bitrix24.com", "unknown.bitrix24.com"):
                await one.pace.take(host, burst=2, per_second=0.001)
        assert other.pace is not None
        assert await other.pace.take("acme.bitrix24.com", burst=2, per_second=0.001) > 0
        assert await other.pace.take("unknown.bitrix24.com", burst=2, per_second=0.001) > 0
        own = at(store, 1).pace
        assert own is not None
        assert await own.take("acme.bitrix24.com", burst=2, per_second=0.001) > 0
        await own.refused("acme.bitrix24.com", seconds=50.0)
        assert store.pace is not None
        assert await store.pace.take("acme.bitrix24.com", burst=9, per_second=1.0) > 40
    finally:
        await other.close()


# Moving.


async def moved(store: CellStore, portal: str, to: int, **options: Any) -> None:
    """Move a portal, as the command does."""
    leaving = [cell for cell in store.cells if await cell.move_of(portal)]
    source = leaving[0] if leaving else await store.home_of(portal)
    options = {"grace_seconds": 0.0, **options}
    await move(source, at(store, to), portal, cells=store.cells, **options)
    store._homes._of_portal.clear()  # other processes notice within `HOME_SECONDS`


async def fill(store: CellStore, portal: str) -> None:
    """Something of every fate."""
    fact = event(portal, code="FACT", identity="told")
    await put(store, fact, "app.done", "app.dead")
    await put(store, event(portal, code="MERGED", merges=True), "app.skipped")
    await put(store, event(portal, code="MERGED", merges=True), "app.skipped")
    verdicts = {
        "app.dead": Verdict(State.DEAD, "no"),
        "app.skipped": Verdict(State.SKIPPED, "not now"),
    }
    while claims := await store.claim(limit=10, per_portal=10):
        for claim in claims:
            assert await store.settle(claim, verdicts.get(claim.delivery.handler, DONE))
    for number in range(3):
        await put(store, event(portal, code=f"WAITS{number}"), "app.a")


@pytest.mark.parametrize("to", [0, 1])
async def test_a_portal_moves_with_all_it_has_and_goes_on_in_order(
    store: CellStore, to: int
) -> None:
    await settle_in(store, 1 - to, "acme")
    await settle_in(store, 1 - to, "other")
    await put(store, event("other"), "app.a")
    await fill(store, "acme")
    before = await store.find(Query(portal="acme"), limit=100)
    installation = await store.installation("acme")

    await moved(store, "acme", to)

    assert (await store.home_of("acme")).number == to
    after = await store.find(Query(portal="acme"), limit=100)
    assert [(v.delivery, v.repeat_of) for v in after] == [(v.delivery, v.repeat_of) for v in before]
    states = [[(e.id, e.state, e.note) for e in view.executions] for view in before]
    assert [[(e.id, e.state, e.note) for e in view.executions] for view in after] == states
    found = await store.installation("acme")
    assert found is not None
    assert installation is not None
    assert found == replace(installation, version=found.version)
    assert found.version > installation.version
    repeated = await store.put(
        event("acme", code="FACT", identity="told"), [Target("app.done"), Target("app.dead")]
    )
    assert repeated.repeat_of == before[-1].delivery.id
    await put(store, event("acme", code="LAST"), "app.a")
    ran = [code for portal, _, code in await run_all(store) if portal == "acme"]
    assert ran == ["WAITS0", "WAITS1", "WAITS2", "LAST"]
    old = at(store, 1 - to)
    assert {view.delivery.portal for view in await old.find(Query(), limit=100)} == {"other"}
    assert [one.portal for one in await old.installations()] == ["other"]
    assert await store.doubles() == {}


async def test_a_portal_that_moves_there_and_back_keeps_its_order(store: CellStore) -> None:
    await settle_in(store, 0, "acme")

    for number, to in enumerate((1, 0, 1)):
        await put(store, event("acme", code=f"E{number}"), "app.a")
        await moved(store, "acme", to)
    await put(store, event("acme", code="E3"), "app.a")

    assert [code for _, _, code in await run_all(store)] == ["E0", "E1", "E2", "E3"]
    fresh = [await put(store, event(portal), "app.a") for portal in PORTALS for _ in range(2)]
    assert len(set(fresh)) == 24


async def test_a_portal_that_was_paused_stays_so(store: CellStore) -> None:
    await settle_in(store, 0, "acme")
    found = await store.installation("acme")
    assert found is not None
    assert await store.save_installation(replace(found, paused=True))

    await moved(store, "acme", 1)

    found = await store.installation("acme")
    assert found is not None
    assert found.paused


async def test_what_runs_ends_before_its_portal_moves(store: CellStore) -> None:
    await settle_in(store, 0, "acme")
    await put(store, event("acme"), "app.a")
    (claim,) = await store.claim(limit=1, per_portal=1)

    with pytest.raises(StoreError, match="1 executions of portal acme still run"):
        await moved(store, "acme", 1, idle_seconds=0.0)
    assert (await store.home_of("acme")).number == 0
    settled: list[asyncio.Task[bool]] = []

    def settle(doing: str) -> None:
        if doing == "pausing":
            settled.append(asyncio.create_task(store.settle(claim, DONE)))

    await moved(store, "acme", 1, tell=settle)
    assert await settled[0]

    (view,) = await store.find(Query(portal="acme"), limit=10)
    assert [execution.state for execution in view.executions] == [State.DONE]


async def test_a_portal_that_is_resumed_meanwhile_stays_where_it_is(
    store: CellStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle_in(store, 0, "acme")
    await fill(store, "acme")
    put_ids_behind = moving._put_ids_behind

    async def resume(source: Cell, target: Cell, cells: Sequence[Cell]) -> None:
        await put_ids_behind(source, target, cells)
        found = await source.installation("acme")
        assert found is not None
        assert await source.save_installation(replace(found, paused=False))

    with monkeypatch.context() as patch:
        patch.setattr(moving, "_put_ids_behind", resume)
        with pytest.raises(StoreError, match="was resumed meanwhile; repeat the command"):
            await moved(store, "acme", 1)
    assert (await store.home_of("acme")).number == 0
    assert await at(store, 1).find(Query(), limit=10) == []
    assert [code for _, _, code in await run_all(store)] == ["WAITS0", "WAITS1", "WAITS2"]
    await moved(store, "acme", 1)

    assert (await store.home_of("acme")).number == 1


async def test_what_arrives_during_the_move_is_kept_and_runs_in_order(
    store: CellStore, urls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process receives all the time, and notices late that the portal has left."""
    monkeypatch.setattr(homes, "HOME_SECONDS", 0.2)
    await settle_in(store, 0, "acme")
    receiver = store_of(urls, mode="share")
    await receiver.open()
    sent: list[str] = []
    steps: dict[str, int] = {}
    is_enough = asyncio.Event()

    async def receive() -> None:
        while not is_enough.is_set():
            code = f"E{len(sent):04}"
            await put(receiver, event("acme", code=code), "app.a")
            sent.append(code)
            await asyncio.sleep(0.003)

    def tell(doing: str) -> None:
        steps[doing] = len(sent)

    try:
        receiving = asyncio.create_task(receive())
        await moved(store, "acme", 1, grace_seconds=0.5, tell=tell)
        await put(receiver, event("acme", entity="deal:8", code="AFTER"), "app.b")
        is_enough.set()
        await receiving
    finally:
        await receiver.close()

    ran = [code for _, entity, code in await run_all(store) if entity == "deal:7"]
    assert ran == sent
    assert steps["leaving the old cell"] < steps["fetching what came meanwhile"] < len(sent)
    assert (await store.home_of("acme")).number == 1
    assert await at(store, 0).find(Query(), limit=10) == []


class Crash(BaseException):
    pass


@pytest.mark.parametrize(
    "step",
    [
        *("pausing", "copying", "leaving the old cell", "waiting until every process has noticed"),
        *("fetching what came meanwhile", "deleting in the old cell", "resuming"),
    ],
)
async def test_a_move_that_was_interrupted_goes_on_when_it_is_repeated(
    store: CellStore, step: str
) -> None:
    await settle_in(store, 1, "acme")
    await fill(store, "acme")
    before = [view.delivery.id for view in await store.find(Query(portal="acme"), limit=100)]

    def crash(doing: str) -> None:
        if doing == step:
            raise Crash

    with pytest.raises(Crash):
        await moved(store, "acme", 0, tell=crash)
    store._homes._of_portal.clear()
    late = await put(store, event("acme", code="LATE"), "app.a")
    if step != "pausing":
        assert await run_all(store) == []
    await moved(store, "acme", 0)

    after = [view.delivery.id for view in await store.find(Query(portal="acme"), limit=100)]
    assert sorted(after) == sorted([late, *before])
    assert (await store.home_of("acme")).number == 0
    assert await at(store, 1).find(Query(), limit=10) == []
    assert [code for _, _, code in await run_all(store)] == ["WAITS0", "WAITS1", "WAITS2", "LATE"]
    assert await store.doubles() == {}
