"""Installations in a storage of the user's, deliveries in ours: who waits, who is told, what is
copied. What every store promises is in tests/contract/."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import AsyncMock, patch

import pytest
from pydantic import SecretStr

from bitrix_events import App, Client, RetryPolicy
from bitrix_events.errors import InstallationChanged, StoreError
from bitrix_events.events import OnAppInstall, OnCrmDealAdd
from bitrix_events.store.base import Store
from bitrix_events.store.joined import JoinedStore
from bitrix_events.store.memory import MemoryInstallations
from bitrix_events.store.records import (
    Installation,
    InstallationState,
    NewDelivery,
    Query,
    State,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.contract.records import KEY, installed, put
from tests.serving import eventually, served, settings_for

BLOCKED = InstallationState.BLOCKED


@pytest.fixture
def theirs() -> MemoryInstallations:
    return MemoryInstallations()


@pytest.fixture
async def inner(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.db")  # without a key: it never sees a token


@pytest.fixture
async def store(inner: Store, theirs: MemoryInstallations) -> AsyncIterator[JoinedStore]:
    store = JoinedStore(inner, theirs, look_seconds=0.01)
    await store.open()
    yield store
    await store.close()


def event(code: str = "ONCRMDEALADD") -> NewDelivery:
    return NewDelivery("acme", code, {}, None)


async def number_of_claims(store: Store) -> int:
    return len(await store.claim(limit=10, per_portal=10))


async def some_are_claimed(store: Store) -> bool:
    return await number_of_claims(store) > 0


# Copies.


async def test_the_other_store_gets_a_copy_without_tokens(store: JoinedStore, inner: Store) -> None:
    await store.save_installation(installed())

    assert await inner.installation("acme") == installed(tokens=None, version=1)


async def test_work_of_a_portal_waits_while_it_is_blocked(store: JoinedStore) -> None:
    await store.save_installation(installed())
    await put(store, event(), "handler")

    await store.save_installation(installed(state=BLOCKED, version=1))
    while_blocked = await number_of_claims(store)
    await put(store, event(), "handler")
    await store.save_installation(installed(version=2))
    await asyncio.sleep(0)

    assert while_blocked == 0
    assert await number_of_claims(store) == 2


async def test_a_delivery_saves_its_installation_before(
    store: JoinedStore, theirs: MemoryInstallations, inner: Store
) -> None:
    await put(store, event("ONAPPINSTALL"), "handler", installation=installed())

    with pytest.raises(InstallationChanged):
        await put(store, event("ONAPPINSTALL"), "handler", installation=installed())

    assert await theirs.installation("acme") == installed(version=1)
    assert await inner.installation("acme") == installed(tokens=None, version=1)
    assert len(await store.find(Query(), limit=10)) == 1


async def test_what_changed_while_nobody_looked_is_copied_at_the_start(
    inner: Store, theirs: MemoryInstallations
) -> None:
    first = JoinedStore(inner, theirs)
    await first.open()
    await first.save_installation(installed())
    await put(first, event(), "handler")
    await first.close()
    await theirs.save_installation(installed(state=BLOCKED, version=1))

    second = JoinedStore(inner, theirs)
    await second.open()

    assert await number_of_claims(second) == 0
    await second.close()


async def test_a_start_writes_nothing_if_nothing_has_changed(
    inner: Store, theirs: MemoryInstallations
) -> None:
    for portal in ("acme", "globex"):
        await theirs.save_installation(installed(portal, state=BLOCKED))
    first = JoinedStore(inner, theirs)
    await first.open()
    await put(first, event(), "handler")
    await first.close()

    store = JoinedStore(inner, theirs, look_seconds=0.01)
    await store.open()
    await store.installation("acme")

    copies = await inner.installations()
    assert [copy.version for copy in copies] == [1, 1]
    await theirs.save_installation(installed("acme", version=1))
    await eventually(lambda: some_are_claimed(store))  # the copies tell whose work waits
    await store.close()


async def test_a_change_behind_our_back_counts_from_the_next_look(
    store: JoinedStore, theirs: MemoryInstallations
) -> None:
    await store.save_installation(installed())
    await put(store, event(), "handler")
    await theirs.save_installation(installed(state=BLOCKED, version=1))

    found = await store.installation("acme")

    assert found is not None
    assert found.state is BLOCKED
    assert await number_of_claims(store) == 0


async def test_a_portal_that_somebody_else_has_woken_runs_again(
    store: JoinedStore, theirs: MemoryInstallations
) -> None:
    await store.save_installation(installed(state=BLOCKED))
    await put(store, event(), "handler")

    await theirs.save_installation(installed(version=1))

    await eventually(lambda: some_are_claimed(store))


async def test_the_copy_ends_as_the_latest_of_many_changes(
    store: JoinedStore, theirs: MemoryInstallations, inner: Store
) -> None:
    await store.save_installation(installed())

    async def change(number: int) -> None:
        while True:
            found = await store.installation("acme")
            assert found is not None
            state = InstallationState.ACTIVE if number % 2 else BLOCKED
            if await store.save_installation(replace(found, state=state, reason=f"{number}")):
                return

    await asyncio.gather(*(change(number) for number in range(20)))

    latest, copy = await theirs.installation("acme"), await inner.installation("acme")
    assert latest is not None
    assert copy is not None
    assert (copy.state, copy.reason) == (latest.state, latest.reason)
    assert latest.version == 21


async def test_forgetting_reaches_both(
    store: JoinedStore, theirs: MemoryInstallations, inner: Store
) -> None:
    await put(store, event(), "handler", installation=installed())

    assert await store.forget("acme")

    assert await theirs.installation("acme") is None
    assert await inner.installation("acme") is None
    assert await store.find(Query(), limit=10) == []


async def test_what_was_deleted_behind_our_back_is_forgotten_at_the_second_look(
    inner: Store, theirs: MemoryInstallations
) -> None:
    store = JoinedStore(inner, theirs, gone_seconds=0)
    await store.open()
    await put(store, event(), "handler", installation=installed())
    await store.save_installation(installed("globex"))
    await theirs.forget("acme")

    await store.installations()
    at_first = len(await store.find(Query(), limit=10))
    await store.installations()

    assert at_first == 1
    assert await store.find(Query(), limit=10) == []
    assert [copy.portal for copy in await inner.installations()] == ["globex"]
    await store.close()


async def test_what_was_installed_before_the_user_had_a_storage_is_kept(
    tmp_path: Path, theirs: MemoryInstallations
) -> None:
    before = SqliteStore(tmp_path / "store.db", sealer=Sealer(SecretStr(KEY)))
    await before.open()
    await before.save_installation(installed())
    await before.close()
    store = JoinedStore(before, theirs, gone_seconds=0)
    await store.open()

    for _ in range(3):
        await store.installations()

    assert await before.installation("acme") == installed(version=1)
    await store.close()


async def test_a_short_listing_costs_nothing(
    store: JoinedStore, theirs: MemoryInstallations
) -> None:
    await put(store, event(), "handler", installation=installed())

    with patch.object(theirs, "installations", AsyncMock(return_value=[])):
        for _ in range(3):
            assert await store.installations() == []

    assert len(await store.find(Query(), limit=10)) == 1


async def test_deliveries_of_a_portal_that_changed_meanwhile_are_not_forgotten(
    store: JoinedStore,
) -> None:
    await put(store, event(), "handler", installation=installed())
    await put(store, event(), "handler", installation=installed(version=1))

    assert not await store.forget("acme", version=1)
    assert len(await store.find(Query(), limit=10)) == 2

    assert await store.forget("acme", version=2)
    assert await store.find(Query(), limit=10) == []


async def test_who_reads_slowly_does_not_copy_what_is_old_by_then(inner: Store) -> None:
    slow = Slow()
    store = JoinedStore(inner, slow)
    await store.open()
    await store.save_installation(installed())
    slow.is_holding = True
    blocking = asyncio.create_task(store.save_installation(installed(state=BLOCKED, version=1)))
    await slow.has_read.wait()

    slow.is_holding = False
    await store.save_installation(installed(version=2))
    slow.may_answer.set()
    await blocking

    copy = await inner.installation("acme")
    assert copy is not None
    assert copy.state is InstallationState.ACTIVE
    await store.close()


class Slow(MemoryInstallations):
    """Holds back what it has read, while it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.is_holding = False
        self.has_read, self.may_answer = asyncio.Event(), asyncio.Event()

    async def installation(self, portal: str) -> Installation | None:
        found = await super().installation(portal)
        if self.is_holding:
            self.has_read.set()
            await self.may_answer.wait()
        return found


# The storage itself.


class Nosy(MemoryInstallations):
    """Notes which threads call it, and fails if it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()
        self.failure: Exception | None = None

    async def installation(self, portal: str) -> Installation | None:
        self.threads.add(threading.get_ident())
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return await super().installation(portal)


async def test_the_storage_is_called_on_one_event_loop_only(inner: Store) -> None:
    nosy = Nosy()
    store = JoinedStore(inner, nosy)
    await store.open()

    await store.save_installation(installed())
    found = await asyncio.to_thread(lambda: asyncio.run(store.installation("acme")))

    assert found == installed(version=1)
    assert nosy.threads == {threading.get_ident()}
    await store.close()


async def test_trouble_with_the_storage_is_a_store_error_without_what_it_held(inner: Store) -> None:
    nosy = Nosy()
    store = JoinedStore(inner, nosy)
    await store.open()
    nosy.failure = RuntimeError("INSERT ... VALUES ('planted-token')")

    with pytest.raises(StoreError, match="RuntimeError") as caught:
        await store.installation("acme")

    assert "planted-token" not in str(caught.value)
    await store.close()


async def test_a_store_that_is_not_open_says_so(inner: Store, theirs: MemoryInstallations) -> None:
    with pytest.raises(StoreError, match="not open"):
        await JoinedStore(inner, theirs).installation("acme")


async def test_a_storage_that_fails_at_the_start_leaves_nothing_open(tmp_path: Path) -> None:
    class Broken(MemoryInstallations):
        async def installations(self) -> list[Installation]:
            raise OSError("down")

    with pytest.raises(StoreError, match="OSError"):
        await JoinedStore(SqliteStore(tmp_path / "store.db"), Broken()).open()

    again = SqliteStore(tmp_path / "store.db")
    await again.open()
    await again.close()


# Inside of an app.


async def test_an_app_works_with_installations_of_ones_own(tmp_path: Path) -> None:
    theirs = Nosy()
    done: list[str] = []

    async with FakePortal().serve() as portal:
        app = App(
            settings_for(portal, tmp_path / "app.db", mode="app"),
            retry=RetryPolicy(attempts=3, base=0.01),
            installations=theirs,
        )

        @app.on(OnAppInstall)
        async def subscribe(client: Client) -> None:
            await client.call("event.bind", event="ONCRMDEALADD", handler=f"{running.url}/events")
            done.append("installed")

        @app.on(OnCrmDealAdd)
        async def read(event: OnCrmDealAdd, client: Client) -> None:
            deal = await client.call("crm.deal.get", id=event.entity_id)
            done.append(deal.result["TITLE"])

        async with served(app, tmp_path / "app.db") as running:
            await portal.install(f"{running.url}/install")
            await eventually(lambda: "installed" in done)
            portal.expire_tokens()
            portal.add("deal", TITLE="Roof")
            await eventually(lambda: "Roof" in done)
            views = await running.deliveries()
            kept = await theirs.installation(portal.member_id)
            at_rest = everything_in(tmp_path)
            await portal.uninstall(f"{running.url}/events")
            await eventually(lambda: _is_deleted(theirs, portal))

    assert {e.state for view in views for e in view.executions} <= {State.DONE, State.RUNNING}
    assert theirs.threads == {threading.get_ident()}
    assert kept is not None
    assert kept.tokens is not None
    assert portal.member_id.encode() in at_rest
    assert kept.tokens.access.get_secret_value().encode() not in at_rest


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def _is_deleted(theirs: MemoryInstallations, portal: FakePortal) -> bool:
    found = await theirs.installation(portal.member_id)
    return found is not None and found.state is InstallationState.DELETED
