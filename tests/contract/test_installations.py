"""What every storage of installations promises, ours and those that users write.

Another one joins by one more parameter of the fixture `kind`; see examples/own_tokens.py for how
little it takes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import create_async_engine

from bitrix_events.errors import StoreError
from bitrix_events.store.base import Installations
from bitrix_events.store.document import dump_installation, load_installation
from bitrix_events.store.joined import JoinedStore
from bitrix_events.store.memory import MemoryInstallations
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from examples.own_tokens import Account, Accounts, Base
from tests.contract.records import KEY, Clock, installed
from tests.postgres import server

SEALER = Sealer(SecretStr(KEY))


async def sqlite(folder: Path, clock: Clock, exits: AsyncExitStack) -> SqliteStore:
    store = SqliteStore(folder / "store.db", sealer=SEALER, clock=clock)
    await store.open()
    exits.push_async_callback(store.close)
    return store


async def postgres(folder: Path, clock: Clock, exits: AsyncExitStack) -> PostgresStore:
    store = PostgresStore(await server().prepared(), sealer=SEALER, clock=clock)
    await store.open()
    exits.push_async_callback(store.close)
    return store


async def memory(folder: Path, clock: Clock, exits: AsyncExitStack) -> MemoryInstallations:
    return MemoryInstallations(clock=clock)


async def joined(folder: Path, clock: Clock, exits: AsyncExitStack) -> JoinedStore:
    deliveries = SqliteStore(folder / "store.db", sealer=SEALER, clock=clock)
    store = JoinedStore(deliveries, MemoryInstallations(clock=clock))
    await store.open()
    exits.push_async_callback(store.close)
    return store


async def sqlalchemy(folder: Path, clock: Clock, exits: AsyncExitStack) -> Accounts:
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'business.db'}")
    exits.push_async_callback(engine.dispose)
    async with engine.begin() as db:
        await db.run_sync(Base.metadata.create_all)
        # Customers whose portals have not installed the app yet.
        await db.execute(insert(Account).values(company="ACME", portal="acme"))
        await db.execute(insert(Account).values(company="No Bitrix24"))
    return Accounts(engine, SEALER, clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=[sqlite, postgres, memory, joined, sqlalchemy])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock
) -> AsyncIterator[Installations]:
    async with AsyncExitStack() as exits:
        yield await request.param(tmp_path, clock, exits)


async def test_an_installation_comes_back_as_it_was_saved(store: Installations) -> None:
    installation = installed()

    saved = await store.save_installation(installation)

    assert saved
    assert await store.installation("acme") == replace(installation, version=1)


async def test_an_installation_without_tokens_scope_and_digest_is_kept(
    store: Installations,
) -> None:
    installation = installed(tokens=None, scope=(), token_digest=None)

    await store.save_installation(installation)

    assert await store.installation("acme") == replace(installation, version=1)


async def test_an_unknown_installation_is_none(store: Installations) -> None:
    assert await store.installation("nobody") is None
    assert await store.installation_at("nobody.bitrix24.com") is None


async def test_an_installation_is_found_by_its_address(store: Installations) -> None:
    await store.save_installation(installed("acme"))
    await store.save_installation(installed("globex"))

    found = await store.installation_at("globex.bitrix24.com")

    assert found is not None
    assert found.portal == "globex"


async def test_a_moved_installation_is_no_longer_found_at_its_old_address(
    store: Installations,
) -> None:
    await store.save_installation(installed())
    await store.save_installation(installed(domain="new.bitrix24.com", version=1))

    at_old = await store.installation_at("acme.bitrix24.com")
    at_new = await store.installation_at("new.bitrix24.com")

    assert at_old is None
    assert at_new is not None


async def test_a_first_save_does_not_replace_what_is_there(store: Installations) -> None:
    await store.save_installation(installed(access="access-1"))

    saved = await store.save_installation(installed(access="access-2", version=0))

    assert saved is False
    assert await store.installation("acme") == installed(access="access-1", version=1)


async def test_a_save_with_an_old_version_writes_nothing(store: Installations) -> None:
    await store.save_installation(installed(access="access-1"))
    await store.save_installation(installed(access="access-2", version=1))

    saved = await store.save_installation(installed(access="access-3", version=1))

    assert saved is False
    assert await store.installation("acme") == installed(access="access-2", version=2)


async def test_a_save_of_a_version_that_never_was_writes_nothing(store: Installations) -> None:
    saved = await store.save_installation(installed(version=4))

    assert saved is False
    assert await store.installation("acme") is None


async def test_one_of_many_concurrent_saves_of_a_version_wins(store: Installations) -> None:
    await store.save_installation(installed())

    saved = await asyncio.gather(
        *(store.save_installation(installed(access=f"a{n}", version=1)) for n in range(10))
    )

    found = await store.installation("acme")
    assert saved.count(True) == 1
    assert found == installed(access=f"a{saved.index(True)}", version=2)


async def test_a_refresh_is_begun_by_one_of_many(store: Installations) -> None:
    await store.save_installation(installed())

    begun = await asyncio.gather(
        *(store.begin_refresh("acme", version=1, seconds=20) for _ in range(10))
    )

    assert begun.count(True) == 1


async def test_a_refresh_may_be_begun_again_after_its_time(
    store: Installations, clock: Clock
) -> None:
    await store.save_installation(installed())
    await store.begin_refresh("acme", version=1, seconds=20)

    clock.advance(19)
    early = await store.begin_refresh("acme", version=1, seconds=20)
    clock.advance(1)
    in_time = await store.begin_refresh("acme", version=1, seconds=20)

    assert (early, in_time) == (False, True)


async def test_a_refresh_goes_on_whatever_is_saved_meanwhile(store: Installations) -> None:
    await store.save_installation(installed())
    await store.begin_refresh("acme", version=1, seconds=20)

    await store.save_installation(installed(access="access-2", version=1))

    assert not await store.begin_refresh("acme", version=2, seconds=20)
    await store.end_refresh("acme")
    assert await store.begin_refresh("acme", version=2, seconds=20)


async def test_a_refresh_of_an_old_version_is_not_begun(store: Installations) -> None:
    await store.save_installation(installed())
    await store.save_installation(installed(version=1))

    begun = await store.begin_refresh("acme", version=1, seconds=20)

    assert begun is False


async def test_a_refresh_of_one_portal_does_not_hold_back_another(store: Installations) -> None:
    await store.save_installation(installed("acme"))
    await store.save_installation(installed("globex"))
    await store.begin_refresh("acme", version=1, seconds=20)

    assert await store.begin_refresh("globex", version=1, seconds=20)


@pytest.mark.parametrize("state", list(InstallationState))
async def test_every_state_of_an_installation_is_kept(
    store: Installations, state: InstallationState
) -> None:
    await store.save_installation(installed(state=state))

    found = await store.installation("acme")

    assert found == installed(state=state, version=1)


async def test_everything_about_an_installation_is_kept(store: Installations) -> None:
    moment = datetime(2026, 9, 21, 14, 30, tzinfo=UTC)
    installation = installed(
        state=InstallationState.BLOCKED,
        reason="PAYMENT_REQUIRED, «так»",
        since=moment,
        paused=True,
        purge_at=moment,
        old_digest=b"\xffold\x00",
        old_until=moment,
        bound_url="https://app.example.com/events",
        bound_codes=("ONCRMDEALADD", "ONCRMDEALUPDATE"),
    )
    untouched = [
        f.name
        for f in fields(Installation)
        if f.name not in ("version", "portal") and getattr(installation, f.name) == f.default
    ]

    await store.save_installation(installation)

    assert untouched == [], "the test speaks of every attribute"
    assert await store.installation("acme") == replace(installation, version=1)


async def portal_at(store: Installations, domain: str) -> str | None:
    found = await store.installation_at(domain)
    return found.portal if found else None


async def test_the_portal_that_was_installed_last_is_found_at_an_address(
    store: Installations, clock: Clock
) -> None:
    same = "acme.bitrix24.com"
    for portal in ("two", "one"):
        await store.save_installation(installed(portal, domain=same))
        clock.advance(1)

    await store.save_installation(installed("two", access="renewed", domain=same, version=1))

    assert await portal_at(store, same) == "one"


async def test_a_portal_that_removed_the_app_hides_no_other_at_its_address(
    store: Installations, clock: Clock
) -> None:
    same = "acme.bitrix24.com"
    for portal in ("stays", "leaves"):
        await store.save_installation(installed(portal, domain=same))
        clock.advance(1)
    removed = installed("leaves", domain=same, state=InstallationState.DELETED, version=1)

    await store.save_installation(removed)

    assert await portal_at(store, same) == "stays"
    await store.forget("stays")
    assert await portal_at(store, same) == "leaves"


async def test_all_installations_are_listed_in_the_order_of_their_keys(
    store: Installations,
) -> None:
    for portal in ("globex", "acme", "initech"):
        await store.save_installation(installed(portal))

    found = await store.installations()

    assert found == [installed(p, version=1) for p in ("acme", "globex", "initech")]


async def test_a_refresh_that_came_to_nothing_may_be_begun_again(store: Installations) -> None:
    await store.save_installation(installed())
    await store.begin_refresh("acme", version=1, seconds=20)

    await store.end_refresh("acme")

    assert await store.begin_refresh("acme", version=1, seconds=20)


async def test_a_refresh_ends_although_something_was_saved_meanwhile(store: Installations) -> None:
    await store.save_installation(installed())
    await store.begin_refresh("acme", version=1, seconds=20)
    await store.save_installation(installed(version=1))

    await store.end_refresh("acme")

    assert await store.begin_refresh("acme", version=2, seconds=20)


async def test_nobody_refreshes_what_is_not_installed(store: Installations) -> None:
    assert not await store.begin_refresh("nobody", version=1, seconds=20)
    await store.end_refresh("nobody")


async def test_what_was_forgotten_is_gone_and_may_come_again(store: Installations) -> None:
    await store.save_installation(installed())
    await store.begin_refresh("acme", version=1, seconds=20)
    await store.save_installation(installed("globex"))

    was_there = await store.forget("acme")
    again = await store.forget("acme")

    assert (was_there, again) == (True, False)
    assert await store.installation("acme") is None
    assert await store.installation_at("acme.bitrix24.com") is None
    assert [found.portal for found in await store.installations()] == ["globex"]
    assert await store.save_installation(installed(access="later"))
    found = await store.installation("acme")
    assert found is not None
    assert found == installed(access="later", version=found.version)
    assert await store.begin_refresh("acme", version=found.version, seconds=20)


async def test_who_read_before_it_was_forgotten_does_not_write_over_what_came_again(
    store: Installations,
) -> None:
    await store.save_installation(installed(access="old"))
    await store.forget("acme")
    await store.save_installation(installed(access="new"))

    assert not await store.save_installation(installed(access="old, renewed", version=1))
    assert not await store.forget("acme", version=1)


async def test_what_changed_meanwhile_is_not_forgotten(store: Installations) -> None:
    await store.save_installation(installed())
    await store.save_installation(installed(access="later", version=1))

    too_late = await store.forget("acme", version=1)

    assert too_late is False
    assert await store.installation("acme") == installed(access="later", version=2)
    assert not await store.forget("nobody", version=1)
    assert await store.forget("acme", version=2)
    assert await store.installation("acme") is None


# Documents, in which storages of one's own keep an installation.


@pytest.mark.parametrize("sealer", [None, SEALER])
def test_a_document_gives_back_what_was_put_into_it(sealer: Sealer | None) -> None:
    installation = installed(old_until=datetime(2026, 9, 21, 14, 30, 0, 5, tzinfo=UTC))

    document = dump_installation(installation, sealer)

    assert set(document) == {f.name for f in fields(Installation)}
    assert load_installation(json.loads(json.dumps(document)), sealer) == installation


def test_a_document_of_another_version_is_read() -> None:
    document = dump_installation(installed())
    older = {name: document[name] for name in ("portal", "member_id", "domain", "tokens")}

    assert load_installation({**document, "of_a_later_version": 1}) == installed()
    assert load_installation(older).tokens == installed().tokens


def test_a_sealed_document_shows_no_token() -> None:
    document = json.dumps(dump_installation(installed(access="access-marker"), SEALER))

    assert "access-marker" not in document
    with pytest.raises(StoreError, match="sealed"):
        load_installation(json.loads(document))
    with pytest.raises(StoreError, match="sealed with another key"):
        load_installation(json.loads(document), Sealer(SecretStr("x" * 32)))


@pytest.mark.parametrize("wrong", [{}, {"portal": "acme"}, {"tokens": 7}])
def test_what_is_no_document_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(StoreError, match="no document"):
        load_installation(wrong)
