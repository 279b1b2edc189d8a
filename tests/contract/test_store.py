"""What every Store promises: order, fairness, verdicts, survival of a crash, sealed tokens.

Another engine joins by one more parameter of the fixture `engine`.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pytest
from pydantic import SecretStr

from bitrix_events.errors import InstallationChanged, StoreError
from bitrix_events.store.base import Store
from bitrix_events.store.joined import JoinedStore
from bitrix_events.store.memory import MemoryInstallations
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import (
    Claim,
    Execution,
    NewDelivery,
    Query,
    State,
    Verdict,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from tests.contract.records import KEY, Clock, installed, put
from tests.postgres import server
from tests.serving import PATIENCE

DONE = Verdict(State.DONE)


class Engine(Protocol):
    """A kind of store, and what a test does to it from outside."""

    clock: Clock

    async def open(self, *, secret_key: str | None = KEY) -> Store:
        """A store on what is there."""

    async def crash(self) -> Store:
        """A store on what a dead process left behind; the old one was not closed."""

    async def close(self) -> None:
        """Close whatever is open."""

    async def bytes_at_rest(self) -> bytes:
        """All that a thief of the disk could read."""

    async def copy_tokens(self, source: str, target: str) -> None:
        """Put the sealed tokens of one portal into the row of another."""


class SqliteEngine:
    """One file; a crash is a copy of the file and its log, made while they are in use."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self._path = folder / "life0" / "store.db"
        self._lives = 0
        self._opened: list[Store] = []

    async def open(self, *, secret_key: str | None = KEY) -> Store:
        sealer = Sealer(SecretStr(secret_key)) if secret_key else None
        store = self.joined(SqliteStore(self._path, sealer=sealer, clock=self.clock))
        await store.open()
        self._opened.append(store)
        return store

    def joined(self, store: Store) -> Store:
        """The store that tests see."""
        return store

    async def crash(self) -> Store:
        self._lives += 1
        folder = self._path.parent.with_name(f"life{self._lives}")
        folder.mkdir()
        for source in (self._path, self._path.with_name("store.db-wal")):
            if source.exists():
                shutil.copy(source, folder)
        self._path = folder / "store.db"
        return await self.open()

    async def close(self) -> None:
        for store in self._opened:
            await store.close()

    async def bytes_at_rest(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self._path.parent.iterdir()))

    async def copy_tokens(self, source: str, target: str) -> None:
        with closing(sqlite3.connect(self._path)) as db, db:
            db.execute(
                "UPDATE portal SET tokens = (SELECT tokens FROM portal WHERE portal = ?)"
                " WHERE portal = ?",
                (source, target),
            )


class JoinedEngine(SqliteEngine):
    """Deliveries in the file, installations elsewhere, where no crash reaches them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._installations = MemoryInstallations(clock=self.clock)

    def joined(self, store: Store) -> Store:
        return JoinedStore(store, self._installations)


class PostgresEngine:
    """One database; a crash is a lease that is over, while the old store is still there."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self._url = ""
        self._opened: list[Store] = []

    async def open(self, *, secret_key: str | None = KEY) -> Store:
        self._url = self._url or await server().prepared()
        sealer = Sealer(SecretStr(secret_key)) if secret_key else None
        store = PostgresStore(self._url, sealer=sealer, clock=self.clock, put_seconds=PATIENCE)
        await store.open()
        self._opened.append(store)
        return store

    async def crash(self) -> Store:
        await self._sql("UPDATE worker SET lease_until = 0")
        return await self.open()

    async def close(self) -> None:
        for store in self._opened:
            await store.close()

    async def bytes_at_rest(self) -> bytes:
        return await server().bytes_of(self._url)

    async def copy_tokens(self, source: str, target: str) -> None:
        await self._sql(
            "UPDATE portal SET tokens = (SELECT tokens FROM portal WHERE portal = $1)"
            " WHERE portal = $2",
            source,
            target,
        )

    async def _sql(self, text: str, *values: object) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(text, *values)
        finally:
            await connection.close()


ENGINES: dict[str, Callable[[Path], Engine]] = {
    "sqlite": SqliteEngine,
    "joined": JoinedEngine,
    "postgres": PostgresEngine,
}
seals_tokens = pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
"""Marks what only those engines promise that keep tokens themselves."""


@pytest.fixture(params=list(ENGINES))
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    engine = ENGINES[request.param](tmp_path)
    yield engine
    await engine.close()


@pytest.fixture
async def store(engine: Engine) -> Store:
    return await engine.open()


@pytest.fixture
def clock(engine: Engine) -> Clock:
    return engine.clock


def event(entity: str | None = "deal:7", *, portal: str = "acme", data: Any = None) -> NewDelivery:
    return NewDelivery(portal=portal, code="ONCRMDEALUPDATE", data=data or {}, entity=entity)


async def claim_all(store: Store) -> list[Claim]:
    return await store.claim(limit=1000, per_portal=1000)


async def claim_one(store: Store) -> Claim:
    (claim,) = await store.claim(limit=1, per_portal=1000)
    return claim


async def executions(store: Store, delivery_id: int) -> Sequence[Execution]:
    view = await store.delivery(delivery_id)
    assert view is not None
    return view.executions


async def execution(store: Store, delivery_id: int) -> Execution:
    (only,) = await executions(store, delivery_id)
    return only


def ids(claims: Sequence[Claim]) -> list[int]:
    return [claim.delivery.id for claim in claims]


# Putting and claiming.


async def test_a_delivery_becomes_one_execution_for_each_handler(store: Store) -> None:
    delivery_id = await put(store, event(), "deals.invoice", "deals.audit")

    found = await executions(store, delivery_id)

    assert [(e.handler, e.state, e.attempt) for e in found] == [
        ("deals.invoice", State.WAITING, 0),
        ("deals.audit", State.WAITING, 0),
    ]


async def test_a_delivery_without_handlers_is_kept_and_nothing_runs(store: Store) -> None:
    delivery_id = await put(store, event())

    claims = await claim_all(store)

    assert claims == []
    assert await executions(store, delivery_id) == []


async def test_a_claim_carries_all_that_was_put(store: Store, clock: Clock) -> None:
    sent_at = datetime(2026, 9, 21, 13, 33, 20, tzinfo=UTC)
    delivery_id = await put(
        store,
        NewDelivery(
            portal="acme",
            code="ONCRMDEALADD",
            data={"FIELDS": {"ID": "7"}},
            entity="deal:7",
            sent_at=sent_at,
            event_handler_id=975,
            user_id=3,
        ),
        "deals.invoice",
    )

    delivery = (await claim_one(store)).delivery

    assert (delivery.id, delivery.portal, delivery.code) == (delivery_id, "acme", "ONCRMDEALADD")
    assert (delivery.entity, delivery.data) == ("deal:7", {"FIELDS": {"ID": "7"}})
    assert (delivery.received_at, delivery.sent_at) == (clock.moment, sent_at)
    assert (delivery.event_handler_id, delivery.user_id) == (975, 3)
    assert (delivery.handler, delivery.attempt) == ("deals.invoice", 1)


async def test_one_entity_is_handled_one_event_at_a_time_in_order_of_arrival(
    store: Store,
) -> None:
    arrived = [await put(store, event(), "handler") for _ in range(3)]

    handled = []
    while claims := await claim_all(store):
        handled.append(ids(claims))
        await store.settle(claims[0], DONE)

    assert handled == [[arrived[0]], [arrived[1]], [arrived[2]]]


async def test_different_entities_are_handled_at_the_same_time(store: Store) -> None:
    first = await put(store, event("deal:7"), "handler")
    second = await put(store, event("deal:8"), "handler")

    claims = await claim_all(store)

    assert sorted(ids(claims)) == [first, second]


async def test_two_handlers_of_one_event_run_at_the_same_time(store: Store) -> None:
    await put(store, event(), "one", "two")

    claims = await claim_all(store)

    assert sorted(claim.delivery.handler for claim in claims) == ["one", "two"]


async def test_the_same_entity_id_of_two_portals_is_handled_at_the_same_time(
    store: Store,
) -> None:
    await put(store, event(portal="acme"), "handler")
    await put(store, event(portal="globex"), "handler")

    claims = await claim_all(store)

    assert sorted(claim.delivery.portal for claim in claims) == ["acme", "globex"]


async def test_events_without_an_entity_are_handled_at_the_same_time(store: Store) -> None:
    arrived = [await put(store, event(None), "handler") for _ in range(5)]

    claims = await claim_all(store)

    assert sorted(ids(claims)) == arrived


async def test_concurrent_claims_share_the_work_without_overlap(store: Store) -> None:
    arrived = [await put(store, event(None), "handler") for _ in range(20)]

    rounds = await asyncio.gather(*(store.claim(limit=3, per_portal=100) for _ in range(8)))

    assert sorted(ids([claim for claims in rounds for claim in claims])) == arrived


async def test_no_more_than_the_limit_is_claimed(store: Store) -> None:
    for _ in range(5):
        await put(store, event(None), "handler")

    claims = await store.claim(limit=2, per_portal=1000)

    assert len(claims) == 2


async def test_a_portal_runs_no_more_than_its_share(store: Store) -> None:
    for _ in range(5):
        await put(store, event(None), "handler")

    first = await store.claim(limit=2, per_portal=3)
    second = await store.claim(limit=100, per_portal=3)
    third = await store.claim(limit=100, per_portal=3)

    assert [len(first), len(second), len(third)] == [2, 1, 0]


async def test_a_portal_at_its_limit_does_not_hide_the_others(store: Store) -> None:
    for portal in ("acme", "globex", "initech"):
        for _ in range(3):
            await put(store, event(None, portal=portal), "handler")
    first = await store.claim(limit=2, per_portal=1)

    (last,) = await store.claim(limit=100, per_portal=1)

    served = sorted(claim.delivery.portal for claim in [*first, last])
    assert served == ["acme", "globex", "initech"]


async def test_a_portal_with_a_thousand_waiting_events_does_not_delay_another(
    store: Store,
) -> None:
    await asyncio.gather(*(put(store, event(None, portal="acme"), "h") for _ in range(1000)))
    quiet = await put(store, event(portal="quiet"), "h")

    claims = await store.claim(limit=2, per_portal=1000)

    assert quiet in ids(claims)


async def test_single_claims_take_turns_between_portals(store: Store) -> None:
    for portal in ("acme", "acme", "acme", "globex", "globex"):
        await put(store, event(None, portal=portal), "handler")

    portals = [(await claim_one(store)).delivery.portal for _ in range(4)]

    assert portals in (
        ["acme", "globex", "acme", "globex"],
        ["globex", "acme", "globex", "acme"],
    )


async def test_events_of_one_portal_are_claimed_in_order_of_arrival(
    store: Store, clock: Clock
) -> None:
    arrived = []
    for number in (9, 3, 7, 1):
        arrived.append(await put(store, event(f"deal:{number}"), "handler"))
        clock.advance(1)

    claimed = [(await claim_one(store)).delivery.id for _ in range(4)]

    assert claimed == arrived


# Verdicts.


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED, State.DEAD])
async def test_a_final_verdict_is_kept_with_its_note_and_time(
    store: Store, clock: Clock, state: State
) -> None:
    delivery_id = await put(store, event(), "handler")
    claim = await claim_one(store)
    clock.advance(4)

    settled = await store.settle(claim, Verdict(state, "reason: «так»"))

    found = await execution(store, delivery_id)
    assert settled
    assert (found.state, found.note, found.attempt) == (state, "reason: «так»", 1)
    assert (found.finished_at, found.due) == (clock.moment, None)
    assert await claim_all(store) == []


async def test_waiting_without_a_delay_runs_again_at_once(store: Store) -> None:
    await put(store, event(), "handler")

    await store.settle(await claim_one(store), Verdict(State.WAITING, "once more"))

    assert (await claim_one(store)).delivery.attempt == 2


async def test_a_waiting_execution_shows_its_reason_and_when_it_is_due(
    store: Store, clock: Clock
) -> None:
    delivery_id = await put(store, event(), "handler")

    await store.settle(
        await claim_one(store), Verdict(State.WAITING, "portal is down", delay_seconds=30)
    )

    found = await execution(store, delivery_id)
    assert (found.state, found.note) == (State.WAITING, "portal is down")
    assert (found.due, found.finished_at) == (clock.moment + timedelta(seconds=30), None)


async def test_a_delayed_retry_holds_back_only_its_own_lane(store: Store) -> None:
    await put(store, event("deal:7"), "handler")
    await store.settle(await claim_one(store), Verdict(State.WAITING, delay_seconds=60))
    await put(store, event("deal:7"), "handler")
    same_entity_other_handler = await put(store, event("deal:7"), "other")
    other_entity = await put(store, event("deal:8"), "handler")

    claims = await claim_all(store)

    assert sorted(ids(claims)) == [same_entity_other_handler, other_entity]


async def test_a_delayed_retry_is_due_after_its_delay_and_not_before(
    store: Store, clock: Clock
) -> None:
    delivery_id = await put(store, event(), "handler")
    await store.settle(await claim_one(store), Verdict(State.WAITING, delay_seconds=60))

    clock.advance(59)
    early = await claim_all(store)
    clock.advance(1)
    in_time = await claim_all(store)

    assert (ids(early), ids(in_time)) == ([], [delivery_id])


async def test_a_delayed_retry_runs_before_newer_events_of_its_entity(
    store: Store, clock: Clock
) -> None:
    older = await put(store, event(), "handler")
    await store.settle(await claim_one(store), Verdict(State.WAITING, delay_seconds=60))
    newer = await put(store, event(), "handler")
    clock.advance(60)

    first = await claim_one(store)
    await store.settle(first, DONE)
    second = await claim_one(store)

    assert ids([first, second]) == [older, newer]


async def test_due_in_is_the_earliest_end_of_a_rest(store: Store, clock: Clock) -> None:
    for number, delay in ((1, 300), (2, 60), (3, 120)):
        await put(store, event(f"deal:{number}"), "handler")
        await store.settle(await claim_one(store), Verdict(State.WAITING, delay_seconds=delay))

    due = await store.due_in()

    assert due == 60


async def test_due_in_is_none_when_nothing_rests(store: Store) -> None:
    await put(store, event(), "handler")

    due = await store.due_in()

    assert due is None


async def test_an_attempt_is_counted_before_the_handler_starts(
    engine: Engine, store: Store
) -> None:
    delivery_id = await put(store, event(), "handler")
    await claim_one(store)

    after_crash = await engine.crash()

    assert (await execution(after_crash, delivery_id)).attempt == 1


async def test_an_uncounted_attempt_is_given_back(store: Store) -> None:
    await put(store, event(), "handler")

    await store.settle(await claim_one(store), Verdict(State.WAITING, counted=False))

    assert (await claim_one(store)).delivery.attempt == 1


async def test_a_claim_is_settled_once(store: Store, clock: Clock) -> None:
    delivery_id = await put(store, event(), "handler")
    claim = await claim_one(store)
    await store.settle(claim, Verdict(State.DONE, "first"))
    before = await execution(store, delivery_id)
    clock.advance(9)

    second = await store.settle(claim, Verdict(State.DEAD, "second"))

    assert second is False
    assert await execution(store, delivery_id) == before


async def test_a_claim_that_was_given_back_settles_nothing(store: Store) -> None:
    delivery_id = await put(store, event(), "handler")
    old = await claim_one(store)
    await store.settle(old, Verdict(State.WAITING, "again"))
    await claim_one(store)

    settled = await store.settle(old, Verdict(State.DEAD, "too late"))

    assert settled is False
    assert (await execution(store, delivery_id)).state is State.RUNNING


async def test_a_claim_from_before_a_crash_settles_nothing(engine: Engine, store: Store) -> None:
    delivery_id = await put(store, event(), "handler")
    old = await claim_one(store)
    after_crash = await engine.crash()
    await claim_one(after_crash)

    settled = await after_crash.settle(old, Verdict(State.DEAD, "too late"))

    assert settled is False
    assert (await execution(after_crash, delivery_id)).state is State.RUNNING


async def test_a_finished_claim_does_not_end_a_later_event_of_the_same_entity(
    store: Store,
) -> None:
    first = await put(store, event(), "handler")
    old = await claim_one(store)
    await store.settle(old, DONE)
    second = await put(store, event(), "handler")
    await claim_one(store)

    settled = await store.settle(old, Verdict(State.DEAD, "void"))

    assert settled is False
    assert (await execution(store, first)).state is State.DONE
    assert (await execution(store, second)).state is State.RUNNING
    await put(store, event(), "handler")
    assert await claim_all(store) == [], "the entity is still being handled"


# Restarts.


async def test_what_ran_when_the_store_was_closed_runs_again(engine: Engine, store: Store) -> None:
    delivery_id = await put(store, event(), "handler")
    await claim_one(store)
    await store.close()

    again = await claim_one(await engine.open())

    assert (again.delivery.id, again.delivery.attempt) == (delivery_id, 2)


async def test_what_ran_when_the_process_died_runs_again(engine: Engine, store: Store) -> None:
    delivery_id = await put(store, event(), "handler")
    await claim_one(store)

    again = await claim_one(await engine.crash())

    assert (again.delivery.id, again.delivery.attempt) == (delivery_id, 2)


async def test_nothing_is_lost_in_a_crash(engine: Engine, store: Store) -> None:
    arrived = [await put(store, event(f"deal:{n % 4}"), "a", "b") for n in range(12)]
    for claim in await store.claim(limit=3, per_portal=10):
        await store.settle(claim, DONE)
    await store.claim(limit=3, per_portal=10)
    after_crash = await engine.crash()

    while claims := await claim_all(after_crash):
        for claim in claims:
            await after_crash.settle(claim, DONE)

    views = await after_crash.find(Query(), limit=100)
    assert sorted(view.delivery.id for view in views) == arrived
    assert {e.state for view in views for e in view.executions} == {State.DONE}
    assert [len(view.executions) for view in views] == [2] * 12


async def test_order_within_an_entity_survives_a_crash(engine: Engine, store: Store) -> None:
    arrived = [await put(store, event(), "handler") for _ in range(3)]
    await claim_one(store)
    after_crash = await engine.crash()

    handled = []
    while claims := await claim_all(after_crash):
        handled += ids(claims)
        await after_crash.settle(claims[0], DONE)

    assert handled == arrived


async def test_a_rest_goes_on_over_a_restart(engine: Engine, store: Store, clock: Clock) -> None:
    await put(store, event(), "handler")
    await store.settle(await claim_one(store), Verdict(State.WAITING, delay_seconds=60))
    after_crash = await engine.crash()

    early = await claim_all(after_crash)
    clock.advance(60)
    in_time = await claim_all(after_crash)

    assert (len(early), len(in_time)) == (0, 1)


async def test_ids_are_not_used_again_after_a_restart(engine: Engine, store: Store) -> None:
    first = await put(store, event(), "handler")
    await store.close()

    second = await put(await engine.open(), event(), "handler")

    assert second > first


# Looking.


async def test_deliveries_are_listed_newest_first_and_page_by_page(store: Store) -> None:
    arrived = [await put(store, event()) for _ in range(5)]

    first = await store.find(Query(), limit=2)
    second = await store.find(Query(), limit=10, before=first[-1].delivery.id)

    assert [view.delivery.id for view in first] == [arrived[4], arrived[3]]
    assert [view.delivery.id for view in second] == [arrived[2], arrived[1], arrived[0]]


async def test_an_unknown_delivery_is_none(store: Store) -> None:
    assert await store.delivery(12345) is None


@pytest.mark.parametrize(
    "data",
    [
        {"TITLE": "Ёлка 🎄 \u202e\u2028 e\u0301"},
        {"TITLE": "before\x00after", "\x00": ""},
        {"TITLE": '\'; DROP TABLE delivery; -- "quoted" \\ \r\n\t'},
        {"FIELDS": {"ID": "7", "LIST": ["1", {"deep": ["x"]}], "EMPTY": {}}},
        "undefined",
        ["a", "b"],
        {},
    ],
)
async def test_data_comes_back_as_it_was_put(store: Store, data: Any) -> None:
    delivery = replace(event(), data=data)

    delivery_id = await put(store, delivery, "handler")

    view = await store.delivery(delivery_id)
    assert view is not None
    assert view.delivery.data == data
    assert (await claim_one(store)).delivery.data == data


# Installations; what else they promise is in test_installations.py.


async def test_a_lease_survives_the_process_that_took_it(engine: Engine, store: Store) -> None:
    await store.save_installation(installed())
    await store.begin_refresh("acme", version=1, seconds=20)

    begun = await (await engine.crash()).begin_refresh("acme", version=1, seconds=20)

    assert begun is False


# Secrets at rest.


async def test_no_token_is_readable_on_the_disk(engine: Engine, store: Store) -> None:
    await store.save_installation(installed(access="a2f4c6e8-access-marker"))
    await store.save_installation(installed(access="b3d5f7a9-access-marker", version=1))

    at_rest = await engine.bytes_at_rest()

    assert b"acme.bitrix24.com" in at_rest, "the right files were read"
    for secret in (b"access-marker", b"refresh-of", KEY.encode()):
        assert secret not in at_rest
        assert secret.hex().encode() not in at_rest.lower()


@seals_tokens
async def test_tokens_do_not_open_in_another_portals_row(engine: Engine, store: Store) -> None:
    await store.save_installation(installed("acme"))
    await store.save_installation(installed("globex"))
    await engine.copy_tokens("acme", "globex")

    with pytest.raises(StoreError, match="damaged or was moved"):
        await store.installation("globex")


@seals_tokens
async def test_a_wrong_secret_key_is_told_apart_from_a_damaged_file(
    engine: Engine, store: Store
) -> None:
    await store.save_installation(installed())
    await store.close()

    with pytest.raises(StoreError, match="BITRIX_EVENTS_SECRET_KEY"):
        await engine.open(secret_key="another-key-of-thirty-two-bytes!")


async def test_an_installation_is_stored_together_with_its_delivery_or_not_at_all(
    store: Store,
) -> None:
    await put(store, NewDelivery("acme", "ONAPPINSTALL", {}, None), installation=installed())

    with pytest.raises(InstallationChanged):  # based on version 0, which is no longer stored
        await put(store, NewDelivery("acme", "ONAPPINSTALL", {}, None), installation=installed())

    stored = await store.installation("acme")
    assert stored is not None
    assert stored.version == 1
    assert len(await store.find(Query(), limit=10)) == 1


@seals_tokens
async def test_tokens_are_not_saved_without_a_key(engine: Engine) -> None:
    store = await engine.open(secret_key=None)

    with pytest.raises(StoreError, match="BITRIX_EVENTS_SECRET_KEY"):
        await store.save_installation(installed())

    assert await store.installation("acme") is None
