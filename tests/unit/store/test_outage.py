"""While the database does not answer, deliveries are kept here, and moved in order when it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bitrix_events.errors import InstallationChanged, StoreError, StoreUnreachable
from bitrix_events.store.kept import Kept
from bitrix_events.store.outage import ShelteredStore
from bitrix_events.store.records import (
    Installation,
    NewDelivery,
    Query,
    Stored,
    Target,
    Tokens,
    UserToken,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from tests.serving import eventually

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
SEALER = Sealer(SecretStr("a-secret-key-of-thirty-two-bytes"))


class Remote(SqliteStore):
    """A store on a server that can be taken away.

    Attributes:
        is_down: it refuses at once.
        is_silent: puts are answered only when `speak` says so.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, sealer=SEALER)
        self.is_down = False
        self.is_silent = False
        self.refuses = ""
        self.commits_late = False
        self.taken: set[tuple[str, int]] = set()
        self.tickets: set[str] = set()
        self._pending: list[Callable[[], None]] = []

    def _check(self) -> None:
        if self.is_down:
            raise StoreUnreachable("connection refused")

    async def open(self) -> None:
        self._check()
        await super().open()

    async def reach(self) -> None:
        self._check()

    def put_soon(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        done: Callable[[Stored | Exception], None],
    ) -> None:
        if self.is_silent:
            ticket = f"ticket-{len(self._pending)}"
            self._pending.append(lambda: self._give_up(delivery, targets, done, ticket))
            return
        self._check()
        super().put_soon(delivery, targets, done)

    def _give_up(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        done: Callable[[Stored | Exception], None],
        ticket: str,
    ) -> None:
        if self.commits_late:
            self.tickets.add(ticket)
            super().put_soon(delivery, targets, lambda _: None)
        done(StoreUnreachable("no answer in time", ticket=ticket))

    def give_up(self) -> None:
        """Let what is under way fail, one after the other."""
        pending, self._pending = self._pending, []
        for one in pending:
            one()

    async def put(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        *,
        installation: Installation | None = None,
    ) -> Stored:
        self._check()
        return await super().put(delivery, targets, installation=installation)

    async def installation(self, portal: str) -> Installation | None:
        self._check()
        return await super().installation(portal)

    async def installation_at(self, domain: str) -> Installation | None:
        self._check()
        return await super().installation_at(domain)

    async def installations(self) -> list[Installation]:
        self._check()
        return await super().installations()

    async def save_installation(self, installation: Installation) -> bool:
        self._check()
        return await super().save_installation(installation)

    async def take_over(self, kept: Sequence[Kept]) -> list[Stored | None]:
        self._check()
        if self.refuses and any(one.delivery.code == self.refuses for one in kept):
            raise StoreError("it does not fit")
        for one in kept:
            present = await super().installation(one.delivery.portal)
            if one.installation and one.installation.version != (present.version if present else 0):
                raise InstallationChanged("meanwhile")
        return await asyncio.gather(*map(self._take_over, kept))

    async def _take_over(self, one: Kept) -> Stored | None:
        if (one.journal, one.number) in self.taken or one.ticket in self.tickets:
            return None
        self.taken.add((one.journal, one.number))
        return await super().put(one.delivery, one.targets, installation=one.installation)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bitrix_events.store.outage._PROBE_SECONDS", 0.01)


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path / "remote.db")


@asynccontextmanager
async def sheltered(remote: Remote, folder: Path) -> AsyncIterator[ShelteredStore]:
    store = ShelteredStore(remote, folder / "outage", sealer=SEALER)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def delivery(number: int, portal: str = "acme", **fields: Any) -> NewDelivery:
    return NewDelivery(portal, "ONX", {"N": str(number)}, f"deal:{number % 3}", **fields)


async def put(store: ShelteredStore, *numbers: int, portal: str = "acme") -> list[int | None]:
    """Put at once; the ids of the deliveries."""
    puts = (store.put(delivery(number, portal), [Target("handler")]) for number in numbers)
    return [stored.delivery_id for stored in await asyncio.gather(*puts)]


async def numbers(remote: Remote, portal: str = "acme") -> list[int]:
    """What the database has, in its order."""
    found = await remote.find(Query(portal=portal), limit=10_000)
    return [int(view.delivery.data["N"]) for view in reversed(found)]


async def moved(store: ShelteredStore) -> None:
    """Wait until nothing is kept any more."""

    async def is_empty() -> bool:
        return not store.trouble and (await store.stats()).journal == 0

    await eventually(is_empty)


async def test_as_long_as_the_database_answers_nothing_is_kept(
    remote: Remote, tmp_path: Path
) -> None:
    async with sheltered(remote, tmp_path) as store:
        ids = await put(store, 1, 2, 3)
        stats = await store.stats()

        assert None not in ids
        assert await numbers(remote) == [1, 2, 3]
        assert (stats.waiting, stats.journal) == (3, 0)
        assert store.trouble == ""


async def test_what_arrives_in_an_outage_is_kept_and_moved_in_order(
    remote: Remote, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with sheltered(remote, tmp_path) as store:
        await put(store, 1, 2)
        remote.is_down = True
        assert await put(store, *range(3, 900)) == [None] * 897
        assert "897 deliveries are kept in" in store.trouble
        assert "connection refused" in store.trouble
        with pytest.raises(StoreUnreachable):
            await store.installations()
        remote.is_down = False
        await moved(store)
        ids = await put(store, 900)
        seen = await numbers(remote)

    assert seen == list(range(1, 901))
    assert None not in ids
    lines = [record.getMessage() for record in caplog.records]
    assert sum("the database does not answer" in line for line in lines) == 1
    assert sum("the database answers again" in line for line in lines) == 1


async def test_what_comes_while_others_move_stands_behind_them(
    remote: Remote, tmp_path: Path
) -> None:
    async with sheltered(remote, tmp_path) as store:
        remote.is_down = True
        await put(store, *range(600))
        remote.is_down = False
        number = 600
        while (await store.stats()).journal:
            await put(store, number)
            number += 1
        await put(store, number)
        seen = await numbers(remote)

    assert seen == list(range(number + 1))
    assert number > 600


async def test_another_portal_does_not_wait_for_one_that_moves(
    remote: Remote, tmp_path: Path
) -> None:
    async with sheltered(remote, tmp_path) as store:
        remote.is_down = True
        await put(store, 1)
        remote.is_down = False
        while store.trouble:  # noqa: ASYNC110 - before anything has moved
            await asyncio.sleep(0)

        ids = await put(store, 1, portal="other")

    assert None not in ids


async def test_what_was_under_way_when_the_server_fell_silent_keeps_its_place(
    remote: Remote, tmp_path: Path
) -> None:
    async with sheltered(remote, tmp_path) as store:
        remote.is_silent = True
        early = asyncio.gather(*(put(store, number) for number in range(3)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting, remote._pending = remote._pending, []
        waiting[0]()
        late = asyncio.gather(*(put(store, number) for number in range(3, 6)))
        await asyncio.sleep(0.02)
        assert not late.done()  # else they would be kept before those under way
        for one in waiting[1:]:
            one()
        assert await early + await late == [[None]] * 6
        remote.is_silent = False
        await moved(store)

        assert await numbers(remote) == list(range(6))


async def test_what_was_committed_although_nobody_was_told_is_not_stored_twice(
    remote: Remote, tmp_path: Path
) -> None:
    async with sheltered(remote, tmp_path) as store:
        remote.is_silent = remote.commits_late = remote.is_down = True
        early = asyncio.gather(put(store, 1), put(store, 2))
        await asyncio.sleep(0.01)
        remote.give_up()
        await early
        await put(store, 3)
        remote.is_silent = remote.is_down = False
        await moved(store)

        assert await numbers(remote) == [1, 2, 3]


async def test_what_is_kept_survives_a_restart_in_the_outage(
    remote: Remote, tmp_path: Path
) -> None:
    async with sheltered(remote, tmp_path) as store:
        await store.save_installation(Installation("acme", "acme", "acme.bitrix24.com"))
        remote.is_down = True
        await put(store, *range(5))
    async with sheltered(remote, tmp_path) as store:
        assert "connection refused" in store.trouble
        assert (await store.installation("acme")) is not None
        assert (await store.installation_at("acme.bitrix24.com")) is not None
        assert store.known_installation("acme") is not None
        await put(store, 5)
        remote.is_down = False
        await moved(store)
        await put(store, 6)

        assert await numbers(remote) == list(range(7))


async def test_a_database_that_was_never_reached_from_here_is_refused(
    remote: Remote, tmp_path: Path
) -> None:
    remote.is_down = True

    with pytest.raises(StoreUnreachable, match="connection refused"):
        async with sheltered(remote, tmp_path):
            pass


async def test_each_process_has_a_file_of_its_own_and_inherits_those_of_the_dead(
    tmp_path: Path, remote: Remote
) -> None:
    other = Remote(tmp_path / "other.db")
    async with sheltered(remote, tmp_path) as first:
        await remote.save_installation(Installation("acme", "acme", "acme.bitrix24.com"))
        async with sheltered(other, tmp_path) as second:
            other.is_down = True
            await put(second, 1, 2)
            await put(first, 0)
            assert {p.name for p in (tmp_path / "outage").glob("*.db")} == {"1.db", "2.db"}
    async with sheltered(remote, tmp_path) as store:

        async def is_there() -> bool:
            return await numbers(remote) == [0, 1, 2]

        await eventually(is_there)
        assert store.trouble == ""


async def test_what_moves_while_processes_die_keeps_its_order(
    remote: Remote, tmp_path: Path
) -> None:
    async with sheltered(remote, tmp_path) as store:
        await store.save_installation(Installation("acme", "acme", "acme.bitrix24.com"))
        remote.is_down = True
        await put(store, *range(9))
    for _ in range(3):  # processes that die in the middle of a move
        file = SqliteStore(tmp_path / "outage" / "1.db", sealer=SEALER)
        await file.open()
        assert await file.claim(limit=4, per_portal=4)
        await file.close()
    async with sheltered(remote, tmp_path) as store:
        await put(store, 9)
        remote.is_down = False
        await moved(store)

        assert await numbers(remote) == list(range(10))


async def test_all_of_a_delivery_survives(remote: Remote, tmp_path: Path) -> None:
    async with sheltered(remote, tmp_path) as store:
        await store.save_installation(Installation("acme", "acme", "acme.bitrix24.com"))
        remote.is_down = True
        token = UserToken(SecretStr("user-token"), NOW)
        kept = NewDelivery(
            "acme",
            "ONX",
            {"FIELDS": {"ID": "7", "LIST": ["a", "b"]}},
            "deal:7",
            sent_at=NOW,
            event_handler_id=5,
            user_id=9,
            user_token=token,
            identity="once",
            merges=False,
        )
        await store.put(kept, [Target("one"), Target("two", 0.5)])
        assert b"user-token" not in (tmp_path / "outage" / "1.db-wal").read_bytes()
        remote.is_down = False
        await moved(store)
        await store.put(kept, [Target("one")])
        (repeat, first) = await remote.find(Query(), limit=5)
        claim = (await remote.claim(limit=1, per_portal=1))[0]

    found = first.delivery
    assert (found.data, found.entity, found.sent_at) == (kept.data, "deal:7", NOW)
    assert (found.event_handler_id, found.user_id) == (5, 9)
    assert {one.handler for one in first.executions} == {"one", "two"}
    assert claim.user_token == token
    assert repeat.repeat_of == found.id


async def test_an_installation_that_changes_in_the_outage_is_saved_afterwards(
    remote: Remote, tmp_path: Path
) -> None:
    tokens = Tokens(SecretStr("access"), SecretStr("refresh"), NOW)
    old = Installation("acme", "acme", "acme.bitrix24.com", tokens=tokens, scope=("crm",))
    async with sheltered(remote, tmp_path) as store:
        await store.save_installation(old)
        remote.is_down = True
        there = await store.installation("acme")
        assert there is not None
        assert there.tokens is None  # the copy has none
        changed = Installation("acme", "acme", "moved.bitrix24.com", token_digest=b"digest")
        await asyncio.gather(
            *(store.put(delivery(n), [Target("handler")], installation=changed) for n in (1, 2))
        )
        new = Installation("new", "new", "new.bitrix24.com", tokens=tokens)
        await store.put(delivery(1, "new"), [Target("handler")], installation=new)
        seen = await store.installation("acme")
        assert seen is not None
        assert seen.domain == "moved.bitrix24.com"
        assert store.known_installation("acme") is not None
        remote.is_down = False
        await moved(store)
        acme, fresh = await remote.installation("acme"), await remote.installation("new")

        assert acme is not None
        assert (acme.domain, acme.token_digest) == ("moved.bitrix24.com", b"digest")
        assert acme.tokens == tokens
        assert fresh is not None
        assert fresh.tokens == tokens
        assert await numbers(remote) == [1, 2]
        assert await store.installation("acme") == acme


async def test_whatever_was_read_is_known_in_an_outage_and_nothing_is_said_of_the_rest(
    remote: Remote, tmp_path: Path
) -> None:
    async with sheltered(remote, tmp_path) as store:
        await eventually(lambda: store._has_all_copies)
        assert await store.installation("acme") is None
        # Another process saves them; this one reads the first.
        for portal in ("acme", "other"):
            await remote.save_installation(Installation(portal, portal, f"{portal}.test"))
        assert await store.installation("acme") is not None
        remote.is_down = True
        found = await store.installation("acme")
        assert found is not None
        assert found.domain == "acme.test"
        assert await store.installation("nobody") is None
    async with sheltered(remote, tmp_path) as store:
        with pytest.raises(StoreUnreachable):
            await store.installation("other")


async def test_a_copy_that_is_made_while_all_are_compared_stays(
    remote: Remote, tmp_path: Path
) -> None:
    async with sheltered(remote, tmp_path) as store:
        await eventually(lambda: store._has_all_copies)
        shelter = store._shelter
        await shelter.mirror(Installation("gone", "gone", "gone.test"))

        class Slow(Remote):
            async def installations(self) -> list[Installation]:
                found = await remote.installations()
                await store.save_installation(Installation("new", "new", "new.test"))
                return found

        await shelter.mirror_all(Slow(tmp_path / "remote.db"))

        assert await shelter.installation("new") is not None
        assert await shelter.installation("gone") is None


async def test_an_installation_that_changed_survives_a_restart_in_the_outage(
    remote: Remote, tmp_path: Path
) -> None:
    changed = Installation("acme", "acme", "moved.bitrix24.com", token_digest=b"digest")
    async with sheltered(remote, tmp_path) as store:
        await store.save_installation(Installation("acme", "acme", "acme.bitrix24.com"))
        remote.is_down = True
        await store.put(delivery(1), [Target("handler")], installation=changed)
    async with sheltered(remote, tmp_path) as store:
        seen = await store.installation("acme")
        assert seen is not None
        assert seen.domain == "moved.bitrix24.com"
        assert "1 deliveries are kept" in store.trouble
        remote.is_down = False
        await moved(store)
        acme = await remote.installation("acme")

    assert acme is not None
    assert (acme.domain, acme.token_digest) == ("moved.bitrix24.com", b"digest")


async def test_handlers_are_not_given_a_copy_without_tokens(remote: Remote, tmp_path: Path) -> None:
    async with sheltered(remote, tmp_path) as store:
        await store.save_installation(Installation("acme", "acme", "acme.bitrix24.com"))
        remote.is_down = True

        def on_another_loop() -> None:
            asyncio.run(store.installation("acme"))

        with pytest.raises(StoreUnreachable):
            await asyncio.to_thread(on_another_loop)


async def test_what_the_database_never_takes_stops_nobody(
    remote: Remote, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with sheltered(remote, tmp_path) as store:
        remote.is_down = True
        await put(store, 1)
        await store.put(NewDelivery("acme", "ODD", {}, None), [Target("handler")])
        await put(store, 2)
        remote.refuses = "ODD"
        remote.is_down = False
        await moved(store)

        assert await numbers(remote) == [1, 2]
    assert "a delivery cannot be stored" in caplog.text
    left = SqliteStore(tmp_path / "outage" / "1.db", mode="look")
    await left.open()
    dead = await left.dead(limit=5)
    await left.close()
    assert [one.data["delivery"]["code"] for one, _ in dead] == ["ODD"]


async def test_whoever_listens_is_woken_when_something_was_moved(
    remote: Remote, tmp_path: Path
) -> None:
    woken: list[int] = []
    async with sheltered(remote, tmp_path) as store:
        store.listen(lambda: woken.append(1))
        remote.is_down = True
        await put(store, 1)
        assert woken == []
        remote.is_down = False
        await moved(store)
        await eventually(lambda: bool(woken))
