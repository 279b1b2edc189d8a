"""Many tasks in many processes hold one expired token: it is renewed once, and every call succeeds.

The portal is on a real socket; the processes share nothing but a storage.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import create_async_engine

from bitrix_events.portals.oauth_app import OAuthApp
from bitrix_events.store.base import Installations
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.database import Mode
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from examples.own_tokens import Account, Accounts, Base, titles
from tests.postgres import server
from tests.processes.others import said, start

pytestmark = pytest.mark.process

SEALER = Sealer(SecretStr("a-secret-key-of-thirty-two-bytes"))
PROCESSES, TASKS = 4, 8


@asynccontextmanager
async def sqlite(path: Path, *, mode: Mode = "share") -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, sealer=SEALER, mode=mode)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def sqlalchemy(path: Path) -> AsyncIterator[Accounts]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    try:
        yield Accounts(engine, SEALER)
    finally:
        await engine.dispose()


@asynccontextmanager
async def postgresql(path: Path) -> AsyncIterator[PostgresStore]:
    """The database whose address is in a file."""
    url = await asyncio.to_thread(path.read_text)
    store = PostgresStore(url, sealer=SEALER, mode="share")
    await store.open()
    try:
        yield store
    finally:
        await store.close()


STORAGES: dict[str, Callable[[Path], Any]] = {
    "sqlite": sqlite,
    "sqlalchemy": sqlalchemy,
    "postgresql": postgresql,
}


async def make(kind: str, path: Path) -> None:
    """Make the storage itself, empty."""
    if kind == "sqlite":
        async with sqlite(path, mode="own"):
            return
    if kind == "postgresql":
        await asyncio.to_thread(path.write_text, await server().prepared())
        return
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with engine.begin() as db:
        await db.run_sync(Base.metadata.create_all)
    await engine.dispose()


def app_of(portal: FakePortal | dict[str, str], installations: Installations) -> OAuthApp:
    known = portal if isinstance(portal, dict) else described(portal)
    return OAuthApp(
        known["client_id"],
        known["client_secret"],
        installations,
        oauth_urls=[known["oauth_url"]],
        allowed_hosts=[known["domain"]],
    )


def described(portal: FakePortal) -> dict[str, str]:
    names = ("client_id", "client_secret", "oauth_url", "domain", "member_id")
    return {name: getattr(portal, name) for name in names}


async def call_at_once(oauth_app: OAuthApp, member_id: str) -> list[str]:
    """The user's id, or what went wrong, for each of eight tasks."""
    calls = (oauth_app.client(member_id).call("profile").send() for _ in range(TASKS))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return [repr(a) if isinstance(a, BaseException) else a.result["ID"] for a in answers]


@pytest.mark.parametrize("kind", STORAGES)
async def test_eight_tasks_make_one_refresh(kind: str, tmp_path: Path) -> None:
    await make(kind, tmp_path / "storage.db")
    async with (
        FakePortal().serve() as portal,
        STORAGES[kind](tmp_path / "storage.db") as installations,
        app_of(portal, installations) as oauth_app,
    ):
        portal.add("deal", TITLE="Roof")
        assert await titles(oauth_app, portal.issue_code()) == ["Roof"]
        portal.expire_tokens()

        answers = await call_at_once(oauth_app, portal.member_id)

        assert answers == ["1"] * TASKS
        assert portal.refreshes == 1


@pytest.mark.parametrize("kind", STORAGES)
async def test_four_processes_with_eight_tasks_make_one_refresh(kind: str, tmp_path: Path) -> None:
    await make(kind, tmp_path / "storage.db")
    async with FakePortal().serve() as portal, STORAGES[kind](tmp_path / "storage.db") as found:
        async with app_of(portal, found) as oauth_app:
            await oauth_app.exchange(portal.issue_code())
        portal.expire_tokens()
        arguments = (kind, str(tmp_path / "storage.db"), json.dumps(described(portal)))
        processes = [await start(__name__, *arguments) for _ in range(PROCESSES)]
        try:
            # All are ready.
            await asyncio.gather(*(said(process, seconds=120) for process in processes))
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(b"go\n")
            answers = await asyncio.gather(*(said(process, seconds=120) for process in processes))
        finally:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                await process.wait()
        stored = await found.installation(portal.member_id)

    assert answers == [["1"] * TASKS] * PROCESSES
    assert portal.refreshes == 1
    assert stored is not None
    assert stored.version == 2


async def test_the_users_table_keeps_one_row_for_a_portal(tmp_path: Path) -> None:
    path = tmp_path / "storage.db"
    await make("sqlalchemy", path)
    async with FakePortal().serve() as portal, sqlalchemy(path) as accounts:
        async with app_of(portal, accounts) as oauth_app:
            for _ in range(3):
                await oauth_app.exchange(portal.issue_code())
            await oauth_app.renew(portal.member_id)
        async with accounts._engine.connect() as db:
            count = await db.scalar(select(func.count()).select_from(Account))

    assert count == 1
    kept = path.read_bytes()
    assert portal.member_id.encode() in kept
    assert portal.client_secret.encode() not in kept


async def be_one_of_many(kind: str, path: Path, portal: dict[str, str]) -> None:
    """What each process does: get ready, wait for the word, call eight times at once."""
    storage = STORAGES[kind](path)
    async with storage as installations, app_of(portal, installations) as oauth_app:
        assert await installations.installation(portal["member_id"]) is not None
        print(json.dumps("ready"), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print(json.dumps(await call_at_once(oauth_app, portal["member_id"])), flush=True)


if __name__ == "__main__":
    _kind, _path, _portal = sys.argv[1:]
    asyncio.run(be_one_of_many(_kind, Path(_path), json.loads(_portal)))
