"""What every Store promises about portals that cannot be worked for: their work waits, and is found
again; what is forgotten is gone to the last byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bitrix_events.errors import StoreError
from bitrix_events.store.base import Store
from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import (
    Claim,
    Installation,
    InstallationState,
    NewDelivery,
    Query,
    State,
    Tokens,
    UserToken,
    Verdict,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.database import Mode
from bitrix_events.store.sqlite.store import SqliteStore
from tests.contract.records import put
from tests.postgres import server
from tests.serving import PATIENCE, eventually

KEY = SecretStr("a-secret-key-of-thirty-two-bytes")
NEW_KEY = SecretStr("another-key-of-thirty-two-bytes!")
ACTIVE = Installation("acme", "acme", "acme.bitrix24.com")
NOT_ACTIVE = [state for state in InstallationState if state is not InstallationState.ACTIVE]
TOKENS = Tokens(SecretStr("access"), SecretStr("refresh"), datetime(2026, 11, 22, tzinfo=UTC))


Place = Path | str
"""The folder of a file, or the URL of a database."""


def store_in(
    place: Place,
    *keys: SecretStr,
    mode: Mode = "own",
    has_key: bool = True,
    clock: Callable[[], float] | None = None,
) -> SqliteStore | PostgresStore:
    sealer = Sealer(*(keys or (KEY,))) if has_key else None
    if isinstance(place, str):
        return PostgresStore(place, sealer=sealer, mode=mode, clock=clock, put_seconds=PATIENCE)
    return SqliteStore(place / "store.db", sealer=sealer, mode=mode, clock=clock)


@pytest.fixture(params=["sqlite", "postgres"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return tmp_path if request.param == "sqlite" else await server().prepared()


@pytest.fixture
async def store(place: Place) -> AsyncIterator[Store]:
    store = store_in(place)
    await store.open()
    await store.save_installation(ACTIVE)
    yield store
    await store.close()


def deal(
    number: int = 1, *, portal: str = "acme", user_token: UserToken | None = None
) -> NewDelivery:
    return NewDelivery(
        portal, "ONCRMDEALADD", {"note": "personal"}, f"deal:{number}", user_token=user_token
    )


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


REMOVAL = NewDelivery("acme", "ONAPPUNINSTALL", {}, None, lifecycle=True)


async def change(store: Store, **changes: object) -> None:
    installation = await store.installation("acme")
    assert installation is not None
    assert await store.save_installation(replace(installation, **changes))  # type: ignore[arg-type]


async def claimed(store: Store) -> list[str]:
    return sorted(claim.delivery.code for claim in await store.claim(limit=10, per_portal=10))


async def claim_one(store: Store) -> Claim:
    (claim,) = await store.claim(limit=10, per_portal=10)
    return claim


@pytest.mark.parametrize("state", NOT_ACTIVE)
async def test_work_of_a_portal_that_is_not_active_waits_until_it_is(
    store: Store, state: InstallationState
) -> None:
    await put(store, deal(1), "handler")
    await change(store, state=state)
    await put(store, deal(2), "handler")
    assert await claimed(store) == []

    await change(store, state=InstallationState.ACTIVE)

    assert await claimed(store) == ["ONCRMDEALADD", "ONCRMDEALADD"]


@pytest.mark.parametrize("state", NOT_ACTIVE)
async def test_what_is_about_the_app_itself_does_not_wait(
    store: Store, state: InstallationState
) -> None:
    await change(store, state=state)
    await put(store, REMOVAL, "handler")

    assert await claimed(store) == ["ONAPPUNINSTALL"]


async def test_nothing_at_all_runs_for_a_portal_that_is_paused(store: Store) -> None:
    await put(store, deal(), "handler")
    await put(store, REMOVAL, "handler")
    await change(store, paused=True)
    await put(store, REMOVAL, "handler")
    assert await claimed(store) == []

    await change(store, paused=False)

    assert await claimed(store) == ["ONAPPUNINSTALL", "ONAPPUNINSTALL", "ONCRMDEALADD"]


async def test_a_removed_portal_that_is_paused_no_more_hears_of_its_removal_only(
    store: Store,
) -> None:
    await change(store, paused=True)
    await put(store, deal(), "handler")
    await put(store, REMOVAL, "handler")
    await change(store, state=InstallationState.DELETED)

    await change(store, paused=False)

    assert await claimed(store) == ["ONAPPUNINSTALL"]


async def test_other_portals_go_on(store: Store) -> None:
    await store.save_installation(Installation("other", "other", "other.bitrix24.com"))
    await change(store, state=InstallationState.BLOCKED)
    await put(store, deal(), "handler")
    await put(store, deal(portal="other"), "handler")

    assert (await claim_one(store)).delivery.portal == "other"


async def test_what_runs_when_its_portal_is_blocked_waits_for_its_next_attempt(
    store: Store,
) -> None:
    await put(store, deal(), "handler")
    claim = await claim_one(store)
    await change(store, state=InstallationState.BLOCKED)

    await store.settle(claim, Verdict(State.WAITING))
    assert await claimed(store) == []
    await change(store, state=InstallationState.ACTIVE)

    assert await claimed(store) == ["ONCRMDEALADD"]


async def test_what_follows_in_the_lane_of_a_blocked_portal_waits(store: Store) -> None:
    await put(store, deal(), "handler")
    await put(store, deal(), "handler")
    claim = await claim_one(store)
    await change(store, state=InstallationState.BLOCKED)

    await store.settle(claim, Verdict(State.DONE))

    assert await claimed(store) == []


async def test_a_verdict_parks_even_what_is_about_the_app(store: Store) -> None:
    await change(store, state=InstallationState.BLOCKED)
    await put(store, REMOVAL, "handler")
    claim = await claim_one(store)

    await store.settle(claim, Verdict(State.WAITING, counted=False, parks=True))
    assert await claimed(store) == []
    await change(store, state=InstallationState.ACTIVE)

    assert (await claim_one(store)).delivery.attempt == 1


async def test_a_verdict_does_not_park_for_a_portal_that_is_active_again(store: Store) -> None:
    await put(store, deal(), "handler")
    claim = await claim_one(store)

    await store.settle(claim, Verdict(State.WAITING, counted=False, parks=True))

    assert await claimed(store) == ["ONCRMDEALADD"]


async def test_a_rest_goes_on_when_a_portal_comes_back(store: Store) -> None:
    await put(store, deal(), "handler")
    claim = await claim_one(store)
    await store.settle(claim, Verdict(State.WAITING, delay_seconds=3600))
    await change(store, state=InstallationState.BLOCKED)
    assert await store.due_in() is None

    await change(store, state=InstallationState.ACTIVE)

    assert await claimed(store) == []
    assert await store.due_in() is not None


async def test_what_a_dead_process_was_running_waits_with_its_portal(place: Place) -> None:
    store = store_in(place)
    await store.open()
    await store.save_installation(ACTIVE)
    await put(store, deal(), "handler")
    await put(store, REMOVAL, "handler")
    assert len(await store.claim(limit=10, per_portal=10)) == 2
    await change(store, state=InstallationState.BLOCKED)
    await store.close()

    await store.open()

    assert await claimed(store) == ["ONAPPUNINSTALL"]
    await store.close()


# The token of the user who acted.


async def test_the_token_of_an_event_reaches_its_handlers(store: Store) -> None:
    token = UserToken(SecretStr("of-the-user"), datetime(2026, 11, 22, 8, tzinfo=UTC))

    await put(store, deal(user_token=token), "handler")

    assert (await claim_one(store)).user_token == token


async def test_the_token_of_an_event_is_deleted_after_a_day(place: Place) -> None:
    now = 1_790_000_000.0
    store = store_in(place, clock=lambda: now)
    await store.open()
    token = UserToken(SecretStr("of-the-user"), datetime(2026, 11, 22, 8, tzinfo=UTC))
    await put(store, deal(user_token=token), "handler")

    now += 23 * 3600
    await store.tidy()
    kept = await claim_one(store)
    await store.settle(kept, Verdict(State.WAITING))
    now += 2 * 3600
    await store.tidy()
    dropped = await claim_one(store)

    assert (kept.user_token, dropped.user_token) == (token, None)
    await store.close()


# Forgetting.


async def test_all_of_a_forgotten_portal_is_gone_and_nothing_of_others(
    store: Store, place: Place
) -> None:
    await put(store, deal(portal="other"), "handler")
    for number in range(5):
        await put(store, deal(number), "handler", "another")

    assert await store.forget("acme")

    assert await store.installation("acme") is None
    assert [view.delivery.portal for view in await store.find(Query(), limit=10)] == ["other"]
    assert (await claim_one(store)).delivery.portal == "other"
    assert not await store.forget("acme")


async def test_no_byte_of_a_forgotten_portal_stays_in_the_file(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open()
    await store.save_installation(ACTIVE)
    await put(store, replace(deal(), data={"note": "very personal"}), "handler")

    await store.forget("acme")
    await store.close()

    left = everything_in(tmp_path)
    assert b"very personal" not in left
    assert b"acme" not in left


async def test_what_runs_for_a_forgotten_portal_settles_nothing(store: Store) -> None:
    await put(store, deal(), "handler")
    claim = await claim_one(store)
    await store.forget("acme")

    assert not await store.settle(claim, Verdict(State.DONE))


async def test_deliveries_of_a_portal_that_changed_meanwhile_are_not_forgotten(
    store: Store,
) -> None:
    await put(store, deal(), "handler")
    await change(store, reason="installed again")

    assert not await store.forget("acme", version=1)
    assert len(await store.find(Query(), limit=10)) == 1

    assert await store.forget("acme", version=2)
    assert await store.find(Query(), limit=10) == []


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_what_arrives_while_a_portal_is_being_forgotten_goes_too(store: Store) -> None:
    await asyncio.gather(store.forget("acme"), *(put(store, deal(n), "h") for n in range(3)))

    assert await store.find(Query(), limit=10) == []
    assert await store.claim(limit=10, per_portal=10) == []


# Keys.


async def test_a_new_key_opens_what_the_old_one_sealed_and_seals_it_anew(place: Place) -> None:
    token = UserToken(SecretStr("of-the-user"), datetime(2026, 11, 22, 8, tzinfo=UTC))
    before = store_in(place, KEY)
    await before.open()
    await before.save_installation(replace(ACTIVE, tokens=TOKENS))
    await put(before, deal(user_token=token), "handler")
    await before.close()

    both = store_in(place, NEW_KEY, KEY)
    await both.open()
    assert await both.reseal() == 2
    assert await both.reseal() == 0
    await both.close()
    after = store_in(place, NEW_KEY)
    await after.open()

    installation = await after.installation("acme")
    assert installation is not None
    assert installation.tokens == TOKENS
    assert (await claim_one(after)).user_token == token
    await after.close()


async def test_a_key_that_opens_nothing_is_refused_at_the_start(place: Place) -> None:
    store = store_in(place, KEY)
    await store.open()
    await store.save_installation(replace(ACTIVE, tokens=TOKENS))
    await store.close()

    with pytest.raises(StoreError, match="BITRIX_EVENTS_OLD_SECRET_KEYS"):
        await store_in(place, NEW_KEY).open()


async def test_a_key_that_opens_all_but_one_is_refused_at_the_start(place: Place) -> None:
    for portal, keys in (("first", [NEW_KEY]), ("last", [KEY, NEW_KEY])):
        store = store_in(place, *keys)
        await store.open()
        await store.save_installation(Installation(portal, portal, portal, tokens=TOKENS))
        await store.close()

    with pytest.raises(StoreError, match=r"portal last.*another key"):
        await store_in(place, NEW_KEY).open()


async def test_a_user_token_that_cannot_be_opened_does_not_stop_the_work(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    token = UserToken(SecretStr("of-the-user"), datetime(2026, 11, 22, 8, tzinfo=UTC))
    before = store_in(place, KEY)
    await before.open()
    await put(before, deal(user_token=token), "handler")
    await put(before, deal(portal="other"), "handler")
    await before.close()
    store = store_in(place, NEW_KEY)
    await store.open()

    claims = await store.claim(limit=10, per_portal=10)

    found = sorted((c.delivery.portal, c.user_token) for c in claims)
    assert found == [("acme", None), ("other", None)]
    assert "sealed with another key" in caplog.text
    await store.close()


async def test_tokens_that_cannot_be_opened_hide_no_installation_and_are_not_lost(
    store: Store, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    await store.save_installation(Installation("other", "other", "other", tokens=TOKENS))
    await change(store, tokens=TOKENS)
    rotating = store_in(place, NEW_KEY, KEY, mode="share")
    await rotating.open()
    await rotating.save_installation(Installation("new", "new", "new", tokens=TOKENS))

    acme, new, other = await store.installations()  # with the key before

    assert (acme.tokens, new.tokens, other.tokens) == (TOKENS, None, TOKENS)
    assert "portal new" in caplog.text
    assert await store.save_installation(replace(new, paused=True))
    again = await rotating.installation("new")
    assert again is not None
    assert (again.paused, again.tokens) == (True, TOKENS)
    await rotating.close()


async def test_who_has_no_key_does_not_lose_the_tokens(place: Place) -> None:
    store = store_in(place, KEY)
    await store.open()
    await store.save_installation(replace(ACTIVE, tokens=TOKENS))
    await store.close()
    keyless = store_in(place, has_key=False)
    await keyless.open()
    await change(keyless, paused=True)
    await keyless.close()

    await store.open()

    installation = await store.installation("acme")
    assert installation is not None
    assert (installation.paused, installation.tokens) == (True, TOKENS)
    await store.close()


# Another process beside the one that owns the store.


async def test_another_process_may_change_installations_and_the_owner_sees_it(
    store: Store, place: Place
) -> None:
    await put(store, deal(), "handler")
    assert await store.installation("acme") is not None
    beside = store_in(place, mode="share")
    await beside.open()

    await change(beside, paused=True)
    await beside.close()

    assert await claimed(store) == []

    async def is_seen() -> bool:
        seen = await store.installation("acme")
        return seen is not None and seen.paused

    await eventually(is_seen)


async def test_another_process_puts_deliveries_in_a_file_and_works_with_none(
    tmp_path: Path,
) -> None:
    store = store_in(tmp_path)
    await store.open()
    await put(store, deal(), "handler")
    beside = store_in(tmp_path, mode="share")
    await beside.open()

    stored = await put(beside, deal(), "other")
    with pytest.raises(StoreError, match="another process owns it"):
        await beside.claim(limit=1, per_portal=1)
    await beside.close()

    handlers = {claim.delivery.handler for claim in await store.claim(limit=10, per_portal=10)}
    assert handlers == {"handler", "other"}
    assert stored == 2
    await store.close()


async def test_another_process_stores_deliveries_in_a_database() -> None:
    url = await server().prepared()
    store, beside = store_in(url), store_in(url, mode="share")
    await store.open()
    await beside.open()

    number = await put(beside, deal(), "handler")

    assert (await claim_one(store)).delivery.id == number
    with pytest.raises(StoreError, match="not opened to run handlers"):
        await beside.claim(limit=1, per_portal=1)
    await beside.close()
    await store.close()


async def test_of_two_processes_one_renews_the_tokens(store: Store, place: Place) -> None:
    beside = store_in(place, mode="share")
    await beside.open()

    begun = [
        await one.begin_refresh("acme", version=1, seconds=timedelta(seconds=20).total_seconds())
        for one in (beside, store)
    ]

    assert begun == [True, False]
    await beside.close()
