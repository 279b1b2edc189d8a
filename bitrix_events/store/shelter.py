"""Shelter: a file on this machine for deliveries that the database cannot take just now.

The file is an embedded store of its own. What is kept stands in its queue as one execution for each
delivery, the oldest first, and ends there when the database has it. Beside that it holds a copy of
the installations without their tokens, so that portals are recognised after a restart, too.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from bitrix_events.errors import InstallationChanged, StoreError, StoreUnreachable
from bitrix_events.metrics import spilled
from bitrix_events.store.kept import Kept, RemoteStore
from bitrix_events.store.records import (
    DEATHS,
    Claim,
    Installation,
    NewDelivery,
    Query,
    State,
    Stored,
    Target,
    Verdict,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.lock import FileLock
from bitrix_events.store.sqlite.store import SqliteStore

log = logging.getLogger(__name__)

Done = Callable[[Stored | Exception], None]

_SLOTS: Final = 64
_AT_ONCE: Final = 500
_PRUNED_AT_ONCE: Final = 1_000
_READ_AT_ONCE: Final = 1_000
_CHANGED_SECONDS: Final = 0.05
"""Until it is read anew what somebody else has changed."""
_KEPT: Final = "kept"
"""Portal and handler of what is kept, in the file."""
_AS_IT_IS: Final = {field.name for field in fields(NewDelivery)} - {"sent_at", "user_token"}
_SUSPECT_DEATHS: Final = DEATHS - 1
_DONE: Final = Verdict(State.DONE)


class Shelter:
    """What this process keeps, in a file that no other process uses meanwhile.

    Args:
        folder: of the files of all processes of this machine.
        sealer: seals tokens.
    """

    def __init__(self, folder: Path, sealer: Sealer | None) -> None:
        self._folder = folder
        self._sealer = sealer
        self._store = SqliteStore(folder / "1.db", sealer=sealer)
        self._journal = uuid4().hex
        self._number = 0
        self._behind: Counter[str] = Counter()
        """How much is kept of each portal."""
        self._inherited = 0
        """What of it is kept since before this process, and cannot be told apart yet."""
        self._changed: Counter[str] = Counter()
        """Portals whose installation waits here, changed."""

    @property
    def path(self) -> Path:
        """The file."""
        return self._store.path

    @property
    def count(self) -> int:
        """How many deliveries are kept."""
        return self._behind.total() + self._inherited

    @property
    def trouble(self) -> str:
        """Why the file takes nothing; ``""`` if it does."""
        return self._store.trouble

    def holds(self, portal: str) -> bool:
        """Whether deliveries of the portal are kept, or may be: others have to stand behind."""
        return bool(self._inherited or self._behind[portal])

    def holds_installation_of(self, portal: str) -> bool:
        """Whether the portal's installation was changed here, and not in the database yet."""
        return self._changed[portal] > 0

    async def open(self) -> None:
        """Take the first file that no other process has.

        Raises:
            StoreError: there is none, or it cannot be used.
        """
        for path in self._paths():
            self._store = SqliteStore(path, sealer=self._sealer)
            try:
                await self._store.open()
            except StoreError:
                if _is_free(path):
                    raise
                continue
            await self._count_inherited()
            return
        raise StoreError(f"all {_SLOTS} files in {self._folder} are in use by other processes")

    async def _count_inherited(self) -> None:
        """Know what is kept since before this process."""
        self._inherited = (await self._store.stats()).journal
        query, before = Query(portal=_KEPT, state=State.WAITING), None
        while page := await self._store.find(query, limit=_READ_AT_ONCE, before=before):
            before = page[-1].delivery.id
            for view in page:
                entry = view.delivery.data
                self._behind[entry["delivery"]["portal"]] += 1
                if entry["changes"]:
                    self._changed[entry["changes"]] += 1

    async def close(self) -> None:
        """Let go of the file. What is kept stays in it."""
        if self.count:
            log.warning("%d deliveries are kept in %s until the next start", self.count, self.path)
        await self._store.close()

    def keep_soon(
        self, delivery: NewDelivery, targets: Sequence[Target], ticket: str, done: Done
    ) -> None:
        """Keep a delivery; ``done`` is told once it is on the disk. See `Store.put_soon`.

        Args:
            ticket: of its last try in the database.
        """

        def stored(result: Stored | Exception) -> None:
            done(self._noted(delivery.portal, result))

        self._behind[delivery.portal] += 1
        try:
            self._store.put_soon(self._entry(delivery, targets, ticket), [Target(_KEPT)], stored)
        except BaseException as error:
            self._noted(delivery.portal, error)
            raise

    async def keep_with(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        ticket: str,
        installation: Installation,
    ) -> Stored:
        """Keep a delivery together with the installation that it changes.

        Raises:
            StoreError: it is not kept.
        """
        portal = installation.portal
        self._behind[delivery.portal] += 1
        self._changed[portal] += 1
        entry = self._entry(delivery, targets, ticket, changes=portal)
        result: Stored | BaseException
        try:
            while True:
                present = await self._store.installation(portal)
                copy = replace(installation, version=present.version if present else 0)
                with suppress(InstallationChanged):
                    result = await self._store.put(entry, [Target(_KEPT)], installation=copy)
                    break
        except BaseException as error:
            _count_down(self._changed, portal)
            self._noted(delivery.portal, error)
            raise
        noted = self._noted(delivery.portal, result)
        assert isinstance(noted, Stored)
        return noted

    @property
    def is_nearly_empty(self) -> bool:
        """Whether the next `move_some` moves all there is."""
        return self.count <= _AT_ONCE

    async def move_some(self, remote: RemoteStore) -> int:
        """Move the oldest of what is kept into the database; how much that was.

        Raises:
            StoreUnreachable: it does not answer. All stays.
        """
        count = await _move_some(self._store, remote, self._moved)
        if not count:
            self._inherited = 0
        return count

    async def forget_moved(self) -> None:
        """Make room for what comes."""
        await _forget_moved(self._store)

    def _moved(self, entries: Iterable[_Entry]) -> None:
        """Note what the database has now."""
        for entry in entries:
            _count_down(self._behind, entry.kept.delivery.portal)
            _count_down(self._changed, entry.changes)

    async def adopt_orphans(self, remote: RemoteStore) -> int:
        """Move what processes have kept that do not exist any more; how much that was.

        Raises:
            StoreUnreachable: the database does not answer.
        """
        moved = 0
        for path in self._paths():
            if path == self.path or not path.exists() or not await _count_in(path):
                continue
            if not _is_free(path):
                continue
            orphan = SqliteStore(path, sealer=self._sealer)
            try:
                await orphan.open()
            except StoreError as error:
                log.error("what is kept in %s cannot be moved: %s", path, error)
                continue
            try:
                while count := await _move_some(orphan, remote, lambda _: None):
                    moved += count
                await _forget_moved(orphan)
            finally:
                await orphan.close()
        return moved

    # Installations.

    def known_installation(self, portal: str) -> Installation | None:
        """What is known of an installation here without a look into the file."""
        return self._store.known_installation(portal)

    async def installation(self, portal: str) -> Installation | None:
        """The copy of an installation, without tokens unless they were changed here."""
        return await self._store.installation(portal)

    async def installation_at(self, domain: str) -> Installation | None:
        """Likewise, of the portal with that address."""
        return await self._store.installation_at(domain)

    async def knows_portals(self) -> bool:
        """Whether there are copies of installations."""
        return bool(await self._store.installations())

    async def mirror(self, installation: Installation) -> None:
        """Copy an installation as the database has it, without its tokens."""
        portal = installation.portal
        if self.holds_installation_of(portal):
            return
        present = await self._store.installation(portal)
        copy = replace(installation, tokens=None, version=present.version if present else 0)
        if copy != present:
            await self._store.save_installation(copy)

    async def mirror_all(self, remote: RemoteStore) -> None:
        """Copy all installations, and forget those that are gone, but none that comes meanwhile.

        Raises:
            StoreError: they cannot be asked for.
        """
        copies = [copy.portal for copy in await self._store.installations()]
        installations = await remote.installations()
        for installation in installations:
            await self.mirror(installation)
        there = {installation.portal for installation in installations}
        for portal in copies:
            if portal not in there:
                await self.forget(portal)

    async def forget(self, portal: str) -> None:
        """Forget the copy of an installation."""
        if not self.holds_installation_of(portal):
            await self._store.forget(portal)

    def _entry(
        self, delivery: NewDelivery, targets: Sequence[Target], ticket: str, *, changes: str = ""
    ) -> NewDelivery:
        self._number += 1
        sent_at = delivery.sent_at.timestamp() if delivery.sent_at else None
        data = {
            "journal": self._journal,
            "number": self._number,
            "ticket": ticket,
            "changes": changes,
            "delivery": {name: getattr(delivery, name) for name in _AS_IT_IS}
            | {"sent_at": sent_at},
            "targets": [asdict(target) for target in targets],
        }
        token = delivery.user_token
        return NewDelivery(_KEPT, delivery.code, data, None, user_token=token)

    def _noted(self, portal: str, result: Stored | BaseException) -> Any:
        """What the caller is told, after it was counted."""
        if isinstance(result, Stored):
            spilled()
            return Stored(None)
        _count_down(self._behind, portal)
        return result

    def _paths(self) -> Iterator[Path]:
        return (self._folder.resolve() / f"{number}.db" for number in range(1, _SLOTS + 1))


async def kept_in(folder: Path) -> dict[Path, int]:
    """How many deliveries the files in a folder, and below it, keep, whoever uses them; without
    empty ones."""
    paths = await asyncio.to_thread(lambda: sorted(folder.rglob("*.db")))
    return {path: count for path in paths if (count := await _count_in(path))}


async def _count_in(path: Path) -> int:
    """How many deliveries a file keeps, whoever uses it."""
    store = SqliteStore(path, mode="look")
    try:
        await store.open()
        stats = await store.stats()
    except StoreError as error:
        log.warning("cannot look into %s: %s", path, error)
        return 0
    finally:
        await store.close()
    return stats.waiting + stats.running


class _Entry:
    """A kept delivery as it stands in the queue of a file."""

    def __init__(self, claim: Claim) -> None:
        data: dict[str, Any] = claim.delivery.data
        delivery = dict(data["delivery"])
        if delivery["sent_at"] is not None:
            delivery["sent_at"] = datetime.fromtimestamp(delivery["sent_at"], UTC)
        self.claim = claim
        self.changes: str = data["changes"]
        self.kept = Kept(
            data["journal"],
            data["number"],
            NewDelivery(user_token=claim.user_token, **delivery),
            [Target(**target) for target in data["targets"]],
            claim.delivery.received_at,
            data["ticket"],
        )


async def _move_some(
    store: SqliteStore, remote: RemoteStore, moved: Callable[[Iterable[_Entry]], None]
) -> int:
    """Move the oldest deliveries of a file into the database; how many there were."""
    claims = await store.claim(limit=1, per_portal=1)
    if claims and claims[0].deaths < _SUSPECT_DEATHS:
        claims += await store.claim(limit=_AT_ONCE - 1, per_portal=_AT_ONCE)
    # Else processes have died while they moved the oldest ones, of which no more than one is given
    # at a time, and later ones before the rest.
    entries = sorted(map(_Entry, claims), key=lambda entry: entry.claim.delivery.id)
    try:
        await _take_over(store, remote, entries)
        await asyncio.gather(*(store.settle(entry.claim, _DONE) for entry in entries))
    except BaseException:
        await store.sweep(())  # they keep their places
        raise
    moved(entries)
    return len(entries)


async def _take_over(store: SqliteStore, remote: RemoteStore, entries: Sequence[_Entry]) -> None:
    """Have all of them in the database; what it will never take is set aside in the file."""
    try:
        await _take_over_at_once(store, remote, entries)
    except StoreUnreachable:
        raise
    except StoreError as error:
        if len(entries) > 1:
            for entry in entries:
                await _take_over(store, remote, [entry])
            return
        log.critical(
            "a delivery cannot be stored, and stays in %s as a dead letter: %s", store.path, error
        )
        await store.settle(entries[0].claim, Verdict(State.DEAD, str(error)))


async def _take_over_at_once(
    store: SqliteStore, remote: RemoteStore, entries: Sequence[_Entry]
) -> None:
    while True:
        kept = [entry.kept for entry in entries]
        first = {entry.changes: place for place, entry in reversed(list(enumerate(entries)))}
        for portal, place in first.items():
            if portal:
                installation = await _installation_for(remote, portal, store)
                kept[place] = replace(kept[place], installation=installation)
        try:
            await remote.take_over(kept)
        except InstallationChanged:
            await asyncio.sleep(_CHANGED_SECONDS)
            continue
        return


async def _installation_for(
    remote: RemoteStore, portal: str, store: SqliteStore
) -> Installation | None:
    """An installation as it is here by now, on top of what the database has."""
    here = await store.installation(portal)
    if here is None:
        return None
    there = await remote.installation(portal)
    tokens = here.tokens or (there.tokens if there else None)
    return replace(here, tokens=tokens, version=there.version if there else 0)


async def _forget_moved(store: SqliteStore) -> None:
    while await store.prune(datetime.now(UTC), limit=_PRUNED_AT_ONCE) == _PRUNED_AT_ONCE:
        pass


def _is_free(path: Path) -> bool:
    """Whether no process uses a file."""
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    try:
        is_free = lock.acquire()
    except OSError:
        return False
    lock.release()
    return is_free


def _count_down(counter: Counter[str], key: str) -> None:
    if counter[key] > 1:
        counter[key] -= 1
    else:
        counter.pop(key, None)
