"""Offline events are fetched without losing any, wherever it breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bitrix_events import failpoints
from bitrix_events.engine.inbox import Inbox
from bitrix_events.errors import EnvelopeError, RestError, StoreError
from bitrix_events.portals.offline import OfflineEvents, offline_envelope
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.transport import Transport
from bitrix_events.store.records import Admission, Installation, InstallationState, Query
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from bitrix_events.testing.faults import Fault
from bitrix_events.wire.envelope import Envelope
from tests.access import FixedAccess
from tests.processes.collect import Wants
from tests.serving import eventually

QUEUE = "bitrix_events"
SOMEWHERE = Installation("acme", "acme", "acme.bitrix24.test")
LOST_ANSWERS = [f for f in Fault if f.executed and f is not Fault.STALLED]  # that takes minutes
STEPS = ("offline_reserved", "offline_marked", "offline_stored", "offline_cleared")


@dataclass
class Process:
    """One life of an app that fetches offline events; the portal and the file outlive it."""

    portal: FakePortal
    store: SqliteStore
    now: float = 0.0
    refused: list[str] = field(default_factory=list)
    """Codes of events that the store will not take just now."""
    silent: set[str] = field(default_factory=set)
    """Portals that do not answer."""

    def __post_init__(self) -> None:
        self.transport = Transport(self.portal.transport)
        self.inbox = Inbox(self.store, [Wants()], lambda: None)
        self.events = OfflineEvents(
            self.store, self._open, self._accept, seconds=15.0, clock=lambda: self.now
        )

    async def collect(self) -> int:
        return await self.events.collect(self.portal.member_id)

    async def stored(self) -> list[str]:
        """What is in the store, newest first."""
        found = await self.store.find(Query(), limit=10_000)
        return [str(view.delivery.entity) for view in found]

    async def executions(self) -> list[str]:
        found = await self.store.find(Query(handler="deals.note"), limit=10_000)
        return [str(view.delivery.entity) for view in found]

    async def mark(self) -> str | None:
        return await self.store.mark(self.portal.member_id, f"offline {QUEUE}")

    @asynccontextmanager
    async def _open(self, portal: str) -> AsyncIterator[Client]:
        if portal in self.silent:
            await asyncio.Event().wait()
        access = FixedAccess(self.portal, self.portal.issue_tokens().access_token)
        yield Client(access, self.transport, options=Options(delay=0.001))

    async def _accept(self, envelope: Envelope, installation: Installation) -> None:
        if envelope.code in self.refused:
            raise StoreError("the disk is full")
        await self.inbox.accept(envelope, Admission(installation), offline=True)


@pytest.fixture(autouse=True)
def failing() -> Iterator[None]:
    yield
    failpoints.plan("")


@pytest.fixture
async def portal() -> FakePortal:
    portal = FakePortal()
    await bind(portal, "ONCRMDEALADD", "ONCRMDEALUPDATE")
    return portal


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def process(portal: FakePortal, store: SqliteStore) -> AsyncIterator[Process]:
    installation = installed(portal)
    assert await store.save_installation(installation)
    process = Process(portal, store)
    yield process
    await process.transport.close()


def installed(portal: FakePortal) -> Installation:
    codes = tuple(f"{code}@{QUEUE}" for code in Wants().codes)
    return Installation(portal.member_id, portal.member_id, portal.domain, bound_codes=codes)


async def bind(portal: FakePortal, *codes: str) -> None:
    transport = Transport(portal.transport)
    client = Client(FixedAccess(portal, portal.issue_tokens().access_token), transport)
    named = client.with_options(auth_connector=QUEUE)
    for code in codes:
        await named.call("event.bind", event=code, event_type="offline")
    await transport.close()


async def waiting(portal: FakePortal, **conditions: Any) -> list[dict[str, Any]]:
    """What is in the portal's queue, reserved or failed or not."""
    transport = Transport(portal.transport)
    client = Client(FixedAccess(portal, portal.issue_tokens().access_token), transport)
    named = client.with_options(auth_connector=QUEUE)
    rows = (await named.call("event.offline.list", filter=conditions)).result
    await transport.close()
    assert isinstance(rows, list)
    return rows


def change(portal: FakePortal, count: int) -> list[str]:
    """Deals are made; what the store has to know of in the end."""
    return sorted(f"deal:{portal.add('deal')}" for _ in range(count))


# The plain case.


async def test_what_the_portal_keeps_is_stored_and_then_deleted_there(
    portal: FakePortal, process: Process
) -> None:
    made = change(portal, 3)

    assert await process.collect() == 3

    assert sorted(await process.executions()) == made
    assert await waiting(portal) == []
    assert await process.mark() is None


async def test_more_than_fits_into_one_reservation_is_fetched(
    portal: FakePortal, process: Process
) -> None:
    made = change(portal, 501)

    assert await process.collect() == 501

    assert sorted(await process.executions()) == made
    assert len(portal.calls("event.offline.get")) == 2


async def test_an_event_has_the_shape_that_it_would_have_had_online(
    portal: FakePortal, process: Process
) -> None:
    change(portal, 1)

    await process.collect()

    (view,) = await process.store.find(Query(), limit=10)
    assert view.delivery.data == {"FIELDS": {"ID": "1"}}
    assert view.delivery.user_id == 1
    assert view.delivery.sent_at is not None


@pytest.mark.parametrize("data", [False, [], {}, None])
def test_an_event_without_data_has_none(data: Any) -> None:
    envelope = offline_envelope({"EVENT_NAME": "OnAppTest", "EVENT_DATA": data}, SOMEWHERE)

    assert (envelope.code, envelope.data, envelope.sent_at) == ("ONAPPTEST", {}, None)


def test_an_event_without_a_code_is_none() -> None:
    with pytest.raises(EnvelopeError):
        offline_envelope({"EVENT_NAME": None, "EVENT_DATA": {"FIELDS": {"ID": 1}}}, SOMEWHERE)


# Whatever breaks off.


@pytest.mark.parametrize("first", STEPS)
@pytest.mark.parametrize("then", ["", *STEPS])
async def test_a_crash_between_two_steps_loses_nothing(
    portal: FakePortal, process: Process, first: str, then: str
) -> None:
    made = change(portal, 3)
    for step in filter(None, [first, then]):
        failpoints.plan(f"{step}=error@1")
        with pytest.raises(OSError, match=step):
            await Process(portal, process.store).collect()
        failpoints.plan("")
        made += change(portal, 2)

    await Process(portal, process.store).collect()

    assert set(await process.executions()) == set(made)
    assert await waiting(portal) == []
    assert await process.mark() is None


@pytest.mark.parametrize("fault", LOST_ANSWERS)
@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_an_answer_that_is_lost_loses_no_event(
    portal: FakePortal, process: Process, fault: Fault, nth: int
) -> None:
    made = change(portal, 3)
    portal.fail_request(nth, fault)

    for _ in range(3):
        try:
            await process.collect()
        except RestError:
            continue

    assert set(await process.executions()) == set(made)
    assert await waiting(portal) == []


async def test_a_reservation_whose_answer_was_lost_is_found_without_a_restart(
    portal: FakePortal, process: Process
) -> None:
    assert await process.collect() == 0
    made = change(portal, 3)
    portal.fail_request(1, Fault.RESET_AFTER)
    with pytest.raises(RestError):
        await process.collect()

    assert await process.collect() == 3

    assert sorted(await process.executions()) == made


async def test_what_the_store_cannot_take_stays_on_the_portal(
    portal: FakePortal, process: Process
) -> None:
    made = change(portal, 3)
    process.refused = ["ONCRMDEALADD"]
    with pytest.raises(StoreError):
        await process.collect()
    assert len(await waiting(portal)) == 3
    process.refused = []

    await process.collect()

    assert sorted(await process.executions()) == made
    assert await waiting(portal) == []


async def test_a_fact_that_is_fetched_twice_is_handled_once(
    portal: FakePortal, process: Process
) -> None:
    change(portal, 1)
    failpoints.plan("offline_stored=error@1")
    with pytest.raises(OSError, match="offline_stored"):
        await process.collect()
    failpoints.plan("")

    await process.collect()

    assert await process.stored() == ["deal:1", "deal:1"]
    assert await process.executions() == ["deal:1"]


async def test_an_event_that_can_never_be_stored_is_set_aside(
    portal: FakePortal, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    await bind(portal, "ONCRMLEADADD")
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"A": deep or "x"}
    portal.raise_event("ONCRMLEADADD", deep)
    made = change(portal, 2)

    await process.collect()

    assert sorted(await process.executions()) == made
    (left,) = await waiting(portal)
    assert (left["EVENT_NAME"], left["ERROR"]) == ("ONCRMLEADADD", "1")
    assert "ONCRMLEADADD" in caplog.text
    assert await process.collect() == 0


async def test_an_event_that_cannot_even_be_set_aside_holds_up_no_other(
    portal: FakePortal, process: Process
) -> None:
    await bind(portal, "ONCRMLEADADD")
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"A": deep or "x"}
    portal.raise_event("ONCRMLEADADD", deep)
    made = change(portal, 2)
    portal.fail_next("event.offline.error", "ACCESS_DENIED")

    await process.collect()

    assert sorted(await process.executions()) == made
    assert [row["EVENT_NAME"] for row in await waiting(portal)] == ["ONCRMLEADADD"]


# Which portals, and when.


async def test_a_portal_that_is_paused_or_gone_is_not_asked(
    portal: FakePortal, process: Process
) -> None:
    change(portal, 1)
    before = len(portal.calls("event.offline.get"))
    for without in ({"paused": True}, {"state": InstallationState.BLOCKED}):
        known = await process.store.installation(portal.member_id)
        assert known is not None
        changed = replace(installed(portal), version=known.version, **without)
        assert await process.store.save_installation(changed)

        assert await process.collect() == 0

    assert len(portal.calls("event.offline.get")) == before


async def test_reservations_are_looked_for_once_in_a_process(
    portal: FakePortal, process: Process
) -> None:
    for _ in range(3):
        change(portal, 1)
        await process.collect()

    assert len(portal.calls("event.offline.list")) == 1


async def test_two_who_look_at_the_same_time_take_turns(
    portal: FakePortal, process: Process
) -> None:
    made = change(portal, 5)

    counts = await asyncio.gather(process.collect(), process.collect())

    assert sorted(counts) == [0, 5]
    assert sorted(await process.executions()) == made


async def test_a_portal_is_asked_again_soon_after_something_and_later_after_nothing(
    portal: FakePortal, process: Process
) -> None:
    change(portal, 1)
    task = asyncio.create_task(process.events.run())
    try:
        await eventually(lambda: process.events.due_in != 0.0)
        after_something = process.events.due_in
        process.now += 10
        process.events.look()
        await eventually(lambda: len(portal.calls("event.offline.get")) == 2)
        await eventually(lambda: process.events.due_in != 0.0)
        after_nothing = process.events.due_in
    finally:
        task.cancel()

    assert after_something is not None
    assert after_nothing is not None
    assert 5 <= after_something <= 6.1
    assert 15 <= after_nothing <= 18.1


async def test_a_portal_in_trouble_is_asked_less_and_less_often(
    portal: FakePortal, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    portal.fail_next("event.offline.get", "INTERNAL_SERVER_ERROR", times=2)
    task = asyncio.create_task(process.events.run())
    pauses = []
    try:
        for _ in range(3):
            await eventually(lambda: process.events.due_in != 0.0)
            assert process.events.due_in is not None
            pauses.append(round(process.events.due_in))
            process.now += process.events.due_in
            process.events.look()
            assert process.events.due_in == 0.0
    finally:
        task.cancel()

    assert pauses[:2] == [15, 30]
    assert caplog.text.count("were not fetched") == 2


async def test_a_portal_that_does_not_answer_holds_up_no_other(
    portal: FakePortal, process: Process
) -> None:
    process.silent = {f"silent {number}" for number in range(20)}
    for name in process.silent:
        silent = replace(installed(portal), portal=name, member_id=name)
        assert await process.store.save_installation(silent)
    made = change(portal, 1)
    task = asyncio.create_task(process.events.run())
    try:
        await eventually(lambda: bool(process.events.due_in))
        process.now += 60  # all are due
        process.events.look()
        await eventually(lambda: len(portal.calls("event.offline.clear")) == 1)
    finally:
        task.cancel()

    assert await process.executions() == made
