"""A damaged file: what can be read is carried over, what cannot is told, and the app works on."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from bitrix_events.errors import StoreError
from bitrix_events.store.records import State, Stored, Target, Verdict
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.salvage import Salvage, salvage
from bitrix_events.store.sqlite.store import SqliteStore
from tests.contract.faults import PAGE, copied, event, overwrite, recovered, send, stored
from tests.contract.records import KEY, installed

COUNT = 120
DONE = Verdict(State.DONE)
GARBAGE = bytes(range(1, 129)) * (PAGE // 128)


def store_at(path: Path) -> SqliteStore:
    return SqliteStore(path, sealer=Sealer(SecretStr(KEY)))


async def opened(path: Path) -> SqliteStore:
    store = store_at(path)
    await store.open()
    return store


async def fill(store: SqliteStore) -> None:
    """Deliveries 1 to COUNT by number and id: some done, some dead, one running, the rest wait."""
    for portal in ("acme", "globex"):
        await store.save_installation(installed(portal))
    for n in range(1, COUNT + 1):
        portal = ("acme", "globex")[n % 2]
        delivery = event(n, portal=portal, entity=f"deal:{n % 50}", identity=f"fact {n}")
        await store.put(delivery, [Target("app.handle")])
    for number, claim in enumerate(await store.claim(limit=40, per_portal=40)):
        if number:
            await store.settle(claim, Verdict(State.DEAD) if number % 10 == 0 else DONE)
    await store.save_snapshots("acme", "app.watch", {f"deal:{n}": {"n": n} for n in range(50)})
    await store.set_mark("acme", "seen", "then")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await opened(tmp_path / "data" / "store.db")
    await fill(store)
    yield store
    await store.close()


@pytest.fixture
async def path(store: SqliteStore) -> Path:
    """The file of a store that was stopped."""
    await store.close()
    return store.path


async def worked_off(store: SqliteStore) -> list[int]:
    """Let everything that waits run; the numbers in the order in which they did."""
    ran = []
    while claims := await store.claim(limit=100, per_portal=100):
        for claim in claims:
            ran.append(claim.delivery.data["n"])
            assert await store.settle(claim, DONE)
    return ran


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def is_lost(found: Salvage, table: str, number: int) -> bool:
    return any(first <= number <= last for first, last in found.lost.get(table, []))


async def test_whatever_page_is_destroyed_the_rest_is_kept(path: Path, tmp_path: Path) -> None:
    pages = os.stat(path).st_size // PAGE
    lost = []
    for page in range(pages):
        content = GARBAGE if page % 2 else bytes(PAGE)
        victim = copied(path, tmp_path / f"copy{page}")
        overwrite(victim, content, page=page)

        found = salvage(victim)

        with closing(sqlite3.connect(victim)) as db:
            numbers = {row[0] for row in db.execute("SELECT id FROM delivery")}
            handled = {row[0] for row in db.execute("SELECT delivery_id FROM execution")}
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        missing = set(range(1, COUNT + 1)) - numbers
        assert all(is_lost(found, "delivery", number) for number in missing)
        assert numbers - handled <= set(found.unhandled)
        lost.append(len(missing))
        assert len(missing) <= 80, "no more than what one page holds"
        assert len(handled) >= COUNT - 80
        if page % 7 == 0:  # it opens, and what waits runs
            survivor = await opened(victim)
            ran = await worked_off(survivor)
            assert len(ran) == len(set(ran))
            await survivor.close()
        shutil.rmtree(victim.parent)
    assert sum(map(bool, lost)) < 20, "most pages hold no deliveries"
    assert any(lost), "the test has hit no page of deliveries"


@pytest.mark.parametrize("head", [bytes(100), bytes(PAGE), os.urandom(PAGE)])
async def test_a_destroyed_head_loses_nothing(
    path: Path, head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    overwrite(path, head, page=0)

    store = await opened(path)

    assert await stored(store) == list(range(1, COUNT + 1))
    assert [one.portal for one in await store.installations()] == ["acme", "globex"]
    assert len(await worked_off(store)) == COUNT - 39
    counts = "2 portal, 120 fact, 50 snapshot, 1 mark, 120 delivery, 120 execution"
    assert f"rows that could be read: {counts}" in caplog.text
    assert await store.snapshots("acme", "app.watch", ["deal:7"]) == {"deal:7": {"n": 7}}
    assert await store.mark("acme", "seen") == "then"
    (aside,) = [p for p in path.parent.iterdir() if ".damaged-" in p.name]
    assert f"the damaged file is kept as {aside}" in caplog.text
    assert aside.read_bytes()[: len(head)] == head
    await store.close()


async def test_a_truncated_file_keeps_its_front(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.gather(*(send(store, n) for n in range(COUNT + 1, 1_000)))
    await store.close()
    os.truncate(store.path, os.stat(store.path).st_size // 2)

    await store.open()

    kept = await stored(store)
    assert COUNT < len(kept) < 999
    assert "rows of delivery that could not be read, by id:" in caplog.text
    (result,) = await send(store, 1_000)
    assert result.delivery_id is not None
    assert result.delivery_id > 1_000_000, "no id of a lost delivery comes again"


async def test_an_index_in_shared_memory_is_not_needed(store: SqliteStore, tmp_path: Path) -> None:
    crashed = copied(store.path, tmp_path / "crashed")
    assert not crashed.with_name("store.db-shm").exists()

    survivor = await opened(crashed)

    assert await stored(survivor) == list(range(1, COUNT + 1))
    await survivor.close()


async def test_a_torn_log_keeps_what_was_committed_before_the_tear(
    store: SqliteStore, tmp_path: Path
) -> None:
    crashed = copied(store.path, tmp_path / "crashed")
    log = crashed.with_name("store.db-wal")
    os.truncate(log, os.stat(log).st_size // 2)

    survivor = await opened(crashed)

    kept = await stored(survivor)
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) > 0
    await survivor.close()


async def test_installations_that_are_lost_are_named_and_their_work_waits_for_them(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(path)) as db:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'portal'"
        (root,) = db.execute(query).fetchone()
    overwrite(path, bytes(PAGE), page=root - 1)

    store = await opened(path)

    assert "install the app there anew: acme, globex" in caplog.text
    assert await store.claim(limit=1, per_portal=1) == []
    await store.save_installation(installed("acme"))
    claims = await store.claim(limit=100, per_portal=100)
    assert {claim.delivery.portal for claim in claims} == {"acme"}
    await store.close()


async def test_a_dry_run_changes_nothing(path: Path) -> None:
    overwrite(path, bytes(PAGE), page=0)
    before = {p.name: p.read_bytes() for p in path.parent.iterdir()}

    found = salvage(path, dry_run=True)

    assert found.kept["delivery"] == COUNT
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before


async def test_a_file_of_another_program_is_not_salvaged(tmp_path: Path) -> None:
    diary = tmp_path / "diary.db"
    diary.write_bytes(b"Dear diary, " * 1_000)

    with pytest.raises(StoreError, match="is not a store of bitrix_events"):
        await opened(diary)

    assert [name for name in os.listdir(tmp_path) if "damaged" in name] == []
    assert diary.read_bytes() == b"Dear diary, " * 1_000


async def test_a_damaged_file_of_another_release_is_refused_and_kept(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE meta SET schema_version = 99")
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'lane'").fetchone()
    overwrite(path, GARBAGE, page=root - 1)
    before = content_of(path)

    with pytest.raises(StoreError, match="is damaged, and has schema version 99"):
        await opened(path)

    assert content_of(path) == before


async def test_an_interrupted_salvage_is_finished_by_the_next_start(
    store: SqliteStore, tmp_path: Path
) -> None:
    crashed = copied(store.path, tmp_path / "crashed")
    log = crashed.with_name("store.db-wal").read_bytes()
    salvage(crashed)
    (aside,) = [p for p in crashed.parent.iterdir() if p.name.endswith("Z")]
    # As if it had died before the new file was in its place.
    crashed.rename(crashed.with_name("store.db.salvaged"))
    aside.rename(crashed)
    crashed.with_name("store.db-wal").write_bytes(log)

    survivor = await opened(crashed)

    assert await stored(survivor) == list(range(1, COUNT + 1))
    assert len(await worked_off(survivor)) == COUNT - 39
    await survivor.close()


# Damage that shows while the app runs.


@pytest.fixture
def damaged(store: SqliteStore) -> Callable[[], None]:
    """Destroys the pages of what waits."""

    def destroy() -> None:
        store._database.move_log(to_the_end=True)
        with closing(sqlite3.connect(store.path)) as db:
            roots = db.execute("SELECT rootpage FROM sqlite_master WHERE name LIKE 'lane%'")
            pages = [row[0] for row in roots]
        for page in pages:
            overwrite(store.path, GARBAGE, page=page - 1)
        store._database.writing.execute("PRAGMA shrink_memory")

    return destroy


async def test_damage_stops_the_work_but_not_the_intake(
    store: SqliteStore, damaged: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged()

    with pytest.raises(StoreError, match="it is damaged; restart the app"):
        await store.claim(limit=100, per_portal=100)
    results = await send(store, *range(COUNT + 1, COUNT + 6))

    assert results == [Stored(None)] * 5
    assert "it is damaged; restart the app" in store.trouble
    await store.close()
    # The check at the start may have no time to find it.
    monkeypatch.setattr(
        "bitrix_events.store.sqlite.salvage.find_damage", lambda *_, **__: ("", False)
    )
    await store.open()
    await recovered(store)
    assert await stored(store) == list(range(1, COUNT + 6))
    ran = await worked_off(store)
    assert set(range(COUNT + 1, COUNT + 6)) <= set(ran)
    await store.close()
    await store.open()
    assert len([p for p in store.path.parent.iterdir() if p.name.endswith("Z")]) == 1


async def test_the_check_at_the_start_ends_in_time(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "WITH RECURSIVE n (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM n WHERE n < 101000)"
            " INSERT INTO delivery (id, portal, code, data, received_at, lifecycle)"
            " SELECT n, 'acme', 'ONCRMDEALADD', '{\"n\": 1, \"text\": \"' || hex(zeroblob(400))"
            " || '\"}', 1.0, 0 FROM n"
        )
    begun = asyncio.get_running_loop().time()

    store = await opened(path)

    assert asyncio.get_running_loop().time() - begun < 1.0
    await store.close()
