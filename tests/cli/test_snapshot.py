"""`bitrix-events snapshot build`: handlers with ``changed=`` know the records as they are."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bitrix_events import App
from bitrix_events.cli.snapshot import Source, fill, source_of
from bitrix_events.errors import StoreError
from bitrix_events.events import OnCalendarEntryUpdate, OnCrmDealUpdate
from bitrix_events.rest.client import Client
from bitrix_events.store.records import InstallationState
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.cli.conftest import Command
from tests.cli.stores import KEY, installed, installed_on, save, use_store

GOOD = """\
from bitrix_events import App
from bitrix_events.events import (
    Deal, OnCrmContactUpdate, OnCrmDealUpdate, OnCrmDynamicItemUpdate, OnTaskUpdate
)

app = App()

class Roofing(Deal):
    must_be: int = 0

@app.on(OnCrmDealUpdate, changed=("stage_id", "opportunity"))
async def deal(deal: Roofing) -> None: ...

@app.on(OnCrmContactUpdate, changed="phone", portals=["elsewhere.test"])
async def contact() -> None: ...

@app.on(OnCrmDealUpdate, where=lambda deal: True)
async def not_watching() -> None: ...

@app.on(OnCrmDynamicItemUpdate, changed="title")
async def any_item() -> None: ...

@app.on(OnTaskUpdate, changed="uf_crm_task")
async def task() -> None: ...

@app.on("ONCRMDYNAMICITEMUPDATE_147", "ONCRMDYNAMICITEMUPDATE_31", changed="title")
async def item() -> None: ...
"""

Run = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


@pytest.fixture
async def portal() -> AsyncIterator[FakePortal]:
    async with FakePortal().serve() as portal:
        yield portal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "watching.py").write_text(GOOD)
    return tmp_path


@pytest.fixture
def build(command: Command, folder: Path, portal: FakePortal) -> Run:
    """`bitrix-events snapshot build watching:app`."""
    settings = portal.environment(mode="app", public_url="https://app.test", secret_key=KEY)

    def run(*options: str) -> Awaitable[subprocess.CompletedProcess[str]]:
        arguments = ("snapshot", "build", "watching:app", *options)
        return asyncio.to_thread(partial(command, *arguments, folder=folder, **settings))

    return run


async def snapshots(
    folder: Path, portal: FakePortal, handler: str, *entities: str
) -> Mapping[str, Any]:
    return await use_store(
        folder, lambda store: store.snapshots(portal.member_id, handler, entities)
    )


async def test_the_snapshots_of_all_records_are_made(
    build: Run, folder: Path, portal: FakePortal
) -> None:
    await asyncio.to_thread(save, folder, installed_on(portal))
    deal = portal.add("deal", STAGE_ID="C3:NEW", OPPORTUNITY="5.00")
    portal.fill("deal", 120, STAGE_ID="NEW")
    portal.add("contact")

    done = await build("--handler", "app.deal")
    again = await build("--portal", portal.domain, "--handler", "app.deal")

    assert done.stdout.splitlines() == [
        portal.domain,
        "  app.deal, deal: 121 records, 121 snapshots made",
    ]
    assert "121 records, 0 snapshots made" in again.stdout
    found = await snapshots(folder, portal, "app.deal", f"deal:{deal}", f"deal:{deal + 120}")
    assert found[f"deal:{deal}"] == {"stage_id": "C3:NEW", "opportunity": 5.0}
    assert found[f"deal:{deal + 120}"]["stage_id"] == "NEW"


async def test_every_handler_that_watches_something_is_served(
    build: Run, folder: Path, portal: FakePortal
) -> None:
    gone = installed("c3" * 16, "gone.bitrix24.test", state=InstallationState.BLOCKED)
    await asyncio.to_thread(save, folder, installed_on(portal), gone)
    item = portal.add("smart_invoice", TITLE="Invoice")

    done = await build()

    assert "app.deal, deal: 0 records" in done.stdout
    assert "app.contact" not in done.stdout
    assert "app.not_watching" not in done.stdout
    assert "left out: it is blocked" in done.stdout
    assert "failed app.item: " in done.stdout, "the portal has no such type"
    assert done.returncode == 1
    found = await snapshots(folder, portal, "app.item", f"item:31:{item}")
    assert found == {f"item:31:{item}": {"title": "Invoice"}}


async def test_what_was_interrupted_goes_on_where_it_was(
    tmp_path: Path, portal: FakePortal
) -> None:
    app = App()

    @app.on(OnCrmDealUpdate, changed="title")
    async def handler() -> None: ...

    source = source_of(app.handlers[0], "ONCRMDEALUPDATE")
    portal.fill("deal", 1200)

    async def fill_twice(store: SqliteStore) -> list[tuple[int, int]]:
        async with Client(portal.webhook_url) as client:
            one = partial(fill, client, store, "acme", app.handlers[0])
            stops = _StopsAt(store, 2)
            with pytest.raises(StoreError):
                await fill(client, stops, "acme", app.handlers[0], source)
            return [await one(source), await one(source)]

    first, second = await use_store(tmp_path, fill_twice)

    assert first == (700, 700)
    assert second == (1200, 0)


class _StopsAt:
    """A store that fails when snapshots are written for so many times."""

    def __init__(self, store: SqliteStore, times: int) -> None:
        self._store = store
        self._left = times

    async def save_snapshots(self, *arguments: Any) -> int:
        self._left -= 1
        if not self._left:
            raise StoreError("enough")
        return await self._store.save_snapshots(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def test_a_list_that_does_not_tell_what_is_watched_is_named(
    tmp_path: Path, portal: FakePortal
) -> None:
    app = App()

    @app.on(OnCrmDealUpdate, changed="title")
    async def handler() -> None: ...

    portal.add("deal")
    source = Source("crm.item.list", {"entityTypeId": 2, "select": ["id"]}, "deal")

    async def look(store: SqliteStore) -> None:
        async with Client(portal.webhook_url) as client:
            with pytest.raises(LookupError, match=r"crm.item.list does not tell title"):
                await fill(client, store, "acme", app.handlers[0], source)

    await use_store(tmp_path, look)


async def test_handlers_without_a_list_are_named(folder: Path) -> None:
    app = App()

    @app.on(OnCalendarEntryUpdate, changed="name")
    async def entries() -> None: ...

    with pytest.raises(LookupError, match="no documented method lists each CalendarEvent"):
        source_of(app.handlers[0], "ONCALENDARENTRYUPDATE")


async def test_items_of_all_types_are_looked_at_type_by_type(
    build: Run, folder: Path, portal: FakePortal
) -> None:
    await asyncio.to_thread(save, folder, installed_on(portal))
    for number in (147, 150):
        portal.add("type", TITLE=f"Type {number}", ENTITY_TYPE_ID=number)
        portal.add(f"dynamic_{number}", TITLE="Crane")

    done = await build("--handler", "app.any_item")

    assert done.stdout.splitlines()[1:] == [
        "  app.any_item, item:147: 1 records, 1 snapshots made",
        "  app.any_item, item:150: 1 records, 1 snapshots made",
    ]
    found = await snapshots(folder, portal, "app.any_item", "item:150:1")
    assert found == {"item:150:1": {"title": "Crane"}}


async def test_user_fields_of_tasks_are_looked_at_too(
    build: Run, folder: Path, portal: FakePortal
) -> None:
    await asyncio.to_thread(save, folder, installed_on(portal))
    task = portal.add("task", RESPONSIBLE_ID=1, UF_CRM_TASK=["D_7"])

    done = await build("--handler", "app.task")

    assert "app.task, task: 1 records, 1 snapshots made" in done.stdout
    found = await snapshots(folder, portal, "app.task", f"task:{task}")
    assert found == {f"task:{task}": {"uf_crm_task": ["D_7"]}}


async def test_nothing_to_build_is_a_mistake(build: Run) -> None:
    other = await build("--handler", "app.not_watching")
    nobody = await build("--handler", "app.daal")

    assert (other.returncode, nobody.returncode) == (1, 1)
    assert "app.not_watching has no changed=" in other.stderr
    assert "there is no handler app.daal; did you mean app.deal" in nobody.stderr
