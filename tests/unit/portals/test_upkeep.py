"""What is done for installations without any event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from unittest.mock import AsyncMock, patch

import pytest
from pydantic import SecretStr

from bitrix_events.errors import PortalUnreachable
from bitrix_events.portals.tokens import OAuthAccess
from bitrix_events.portals.upkeep import Upkeep
from bitrix_events.store.base import Store
from bitrix_events.store.records import (
    Installation,
    InstallationState,
    NewDelivery,
    Query,
    Target,
    Tokens,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore

NOW = datetime.now(UTC)
KEEP = timedelta(days=30)


@dataclass
class Caretaker:
    """What upkeep has done to portals."""

    store: Store
    done: list[str] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)
    breaks: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.upkeep = Upkeep(
            self.store,
            lambda portal: cast(OAuthAccess, _Access(portal, self.done)),
            self._subscribe,
            keep=KEEP,
        )

    async def _subscribe(self, installation: Installation) -> None:
        self.done.append(f"subscribe {installation.portal}")
        if installation.portal in self.fails:
            raise PortalUnreachable("event.get", "down", portal="x", maybe_executed=False)
        if installation.portal in self.breaks:
            raise KeyError("a bug")


@dataclass
class _Access:
    portal: str
    done: list[str]

    async def authorize(self) -> None:
        return None

    async def renew(self, refused: None) -> None:
        self.done.append(f"renew {self.portal}")

    async def revive(self) -> bool:
        self.done.append(f"revive {self.portal}")
        return False


@pytest.fixture
async def caretaker(tmp_path: Path) -> AsyncIterator[Caretaker]:
    sealer = Sealer(SecretStr("a-secret-key-of-thirty-two-bytes"))
    store = SqliteStore(tmp_path / "store.db", sealer=sealer)
    await store.open()
    yield Caretaker(store)
    await store.close()


def tokens(age: timedelta) -> Tokens:
    return Tokens(SecretStr("access"), SecretStr("refresh"), NOW - age)


async def keep(caretaker: Caretaker, portal: str = "acme", **facts: Any) -> None:
    installation = Installation(portal, portal, f"{portal}.bitrix24.com", **facts)
    assert await caretaker.store.save_installation(installation)


async def test_an_active_portal_is_told_what_is_wanted(caretaker: Caretaker) -> None:
    await keep(caretaker, tokens=tokens(timedelta(days=1)))

    await caretaker.upkeep.once()

    assert caretaker.done == ["subscribe acme"]


@pytest.mark.parametrize(
    "facts",
    [
        {"paused": True},
        {"state": InstallationState.NEEDS_REAUTH},
        {"state": InstallationState.DELETED},
        {"state": InstallationState.BLOCKED, "since": NOW},
    ],
)
async def test_nothing_is_asked_of_a_portal_that_cannot_be_worked_for(
    caretaker: Caretaker, facts: dict[str, Any]
) -> None:
    await keep(caretaker, **facts)

    await caretaker.upkeep.once()

    assert caretaker.done == []


@pytest.mark.parametrize(("days", "renewals"), [(1, 0), (59, 0), (91, 1), (170, 1)])
async def test_tokens_that_were_idle_for_months_are_renewed(
    caretaker: Caretaker, days: int, renewals: int
) -> None:
    await keep(caretaker, tokens=tokens(timedelta(days=days)))

    await caretaker.upkeep.once()

    assert caretaker.done.count("renew acme") == renewals


async def test_tokens_of_a_paused_portal_are_kept_alive(caretaker: Caretaker) -> None:
    await keep(caretaker, paused=True, tokens=tokens(timedelta(days=170)))

    await caretaker.upkeep.once()

    assert caretaker.done == ["renew acme"]


async def test_portals_of_one_day_do_not_come_on_one_day(caretaker: Caretaker) -> None:
    for number in range(60):
        await keep(caretaker, f"p{number}", tokens=tokens(timedelta(days=75)))

    await caretaker.upkeep.once()

    assert 15 < sum(done.startswith("renew") for done in caretaker.done) < 45


async def test_a_blocked_portal_is_asked_once_a_day(caretaker: Caretaker) -> None:
    since = NOW - timedelta(days=1, minutes=1)
    await keep(caretaker, state=InstallationState.BLOCKED, since=since)

    await caretaker.upkeep.once()
    await caretaker.upkeep.once()

    assert caretaker.done == ["revive acme"]


async def test_what_is_to_be_deleted_is_deleted_in_time(caretaker: Caretaker) -> None:
    gone = {"state": InstallationState.DELETED}
    await keep(caretaker, "now", purge_at=NOW, **gone)
    await keep(caretaker, "later", purge_at=NOW + timedelta(days=1), **gone)

    await caretaker.upkeep.once()

    assert [i.portal for i in await caretaker.store.installations()] == ["later"]


async def test_a_portal_that_installs_again_during_a_round_is_not_deleted(
    caretaker: Caretaker,
) -> None:
    gone = {"state": InstallationState.DELETED, "purge_at": NOW}
    await keep(caretaker, "again", **gone)
    snapshot = await caretaker.store.installations()
    (before,) = snapshot
    await caretaker.store.put(
        NewDelivery("again", "ONAPPINSTALL", {}, None),
        [Target("handler")],
        installation=replace(before, state=InstallationState.ACTIVE, purge_at=None),
    )

    with patch.object(caretaker.store, "installations", AsyncMock(return_value=snapshot)):
        await caretaker.upkeep.once()

    assert [i.portal for i in await caretaker.store.installations()] == ["again"]
    assert len(await caretaker.store.find(Query(), limit=10)) == 1


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
async def test_tokens_of_a_removed_app_are_deleted_when_it_cannot_be_undone_any_more(
    caretaker: Caretaker, days: int, kept: bool
) -> None:
    await keep(
        caretaker,
        state=InstallationState.DELETED,
        since=NOW - timedelta(days=days),
        tokens=tokens(timedelta(days=days)),
    )

    await caretaker.upkeep.once()

    installation = await caretaker.store.installation("acme")
    assert installation is not None
    assert (installation.tokens is not None) == kept


async def test_trouble_with_one_portal_does_not_stop_the_others(caretaker: Caretaker) -> None:
    caretaker.fails.add("a")
    for portal in ("a", "b", "c"):
        await keep(caretaker, portal, tokens=tokens(timedelta(days=1)))

    await caretaker.upkeep.once()

    assert sorted(caretaker.done) == ["subscribe a", "subscribe b", "subscribe c"]


async def test_a_bug_met_at_one_portal_does_not_stop_the_others(
    caretaker: Caretaker, caplog: pytest.LogCaptureFixture
) -> None:
    caretaker.breaks.add("a")
    for portal in ("a", "b"):
        await keep(caretaker, portal, tokens=tokens(timedelta(days=1)))

    await caretaker.upkeep.once()

    assert sorted(caretaker.done) == ["subscribe a", "subscribe b"]
    assert "cannot look after a.bitrix24.com" in caplog.text


async def test_a_round_that_fails_is_told_and_not_the_last(
    caretaker: Caretaker, caplog: pytest.LogCaptureFixture
) -> None:
    await keep(caretaker, tokens=tokens(timedelta(days=1)))
    broken = AsyncMock(side_effect=ValueError("no such state"))

    with patch.object(caretaker.store, "installations", broken):
        await caretaker.upkeep.once()
    await caretaker.upkeep.once()

    assert "no such state" in caplog.text
    assert caretaker.done == ["subscribe acme"]
