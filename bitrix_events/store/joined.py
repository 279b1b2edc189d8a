"""A store whose installations, and with them the tokens, live in a storage of the user's own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeVar

from bitrix_events.errors import BitrixEventsError, InstallationChanged, StoreError
from bitrix_events.store.base import Installations, PortalPace, Store
from bitrix_events.store.forwarding import ForwardingStore
from bitrix_events.store.records import (
    Installation,
    InstallationState,
    NewDelivery,
    Stats,
    Stored,
    Target,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

_LOOK_SECONDS: Final = 15.0
_GONE_SECONDS: Final = 3600.0
_SIDE_BY_SIDE: Final = 64


class JoinedStore(ForwardingStore):
    """A `Store` of deliveries from one store and installations from another.

    Installations are always asked for and written where they live, so that what anybody writes
    there counts. The store of the deliveries holds a copy of each without tokens; by it, it knows
    whose work has to wait. An installation that was changed behind our back is copied when it is
    asked for next, and one whose work waits a few seconds later. One that was deleted there is
    forgotten with its deliveries, once two listings an hour apart were without it.

    The user's storage is called on the event loop on which this store was opened, and on no other:
    the connections of most databases belong to one loop, and handlers have a loop of their own.

    Args:
        store: keeps the deliveries; opened and closed with this one.
        installations: keeps the installations; whoever made it closes it.
    """

    def __init__(
        self,
        store: Store,
        installations: Installations,
        *,
        look_seconds: float = _LOOK_SECONDS,
        gone_seconds: float = _GONE_SECONDS,
    ) -> None:
        self._store = store
        self._installations = installations
        self._look_seconds = look_seconds
        self._gone_seconds = gone_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._copied: dict[str, int] = {}
        """Which version of each installation was copied."""
        self._waiting: set[str] = set()
        """Portals whose work waits."""
        self._missed: dict[str, float] = {}
        """Since when the original of a copy is gone."""

    @property
    def trouble(self) -> str:
        return self._store.trouble

    @property
    def lease_seconds(self) -> float | None:
        return self._store.lease_seconds

    @property
    def pace(self) -> PortalPace | None:
        return self._store.pace

    async def open(self) -> None:
        await self._store.open()
        self._loop = asyncio.get_running_loop()
        try:
            waiting = iter(await self.installations())

            async def compare() -> None:
                for installation in waiting:
                    await self._compare(installation)

            await asyncio.gather(*(compare() for _ in range(_SIDE_BY_SIDE)))
        except BaseException:
            await self.close()
            raise
        self._looking = self._loop.create_task(self._look_after_waiting())

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
            self._looking = None
        self._loop = None
        await self._store.close()

    # Installations: the user's storage.

    async def installation(self, portal: str) -> Installation | None:
        found = await self._ask(self._installations.installation(portal))
        if found is not None:
            await self._keep_copied(found)
        return found

    async def installation_at(self, domain: str) -> Installation | None:
        return await self._ask(self._installations.installation_at(domain))

    async def installations(self) -> list[Installation]:
        found = await self._ask(self._installations.installations())
        await self._forget_deleted({installation.portal for installation in found})
        return found

    async def save_installation(self, installation: Installation) -> bool:
        if not await self._ask(self._installations.save_installation(installation)):
            return False
        await self._copy(installation.portal)
        return True

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        begun = self._installations.begin_refresh(portal, version=version, seconds=seconds)
        return await self._ask(begun)

    async def end_refresh(self, portal: str) -> None:
        await self._ask(self._installations.end_refresh(portal))

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        of_copy = None
        if version is not None:
            # The copy before the original, for the reason that `_new_copy` has.
            copy = await self._store.installation(portal)
            original = await self._ask(self._installations.installation(portal))
            if (original.version if original else 0) != version:
                return False
            of_copy = copy.version if copy else 0
        had_deliveries = await self._forget_copy(portal, of_copy)
        if of_copy and not had_deliveries:
            return False  # installed anew meanwhile
        # Last: whoever is interrupted before finds the installation again, and forgets the rest.
        was_installed = await self._ask(self._installations.forget(portal, version=version))
        return was_installed or (had_deliveries and not version)

    # Deliveries: the other one.

    async def put(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        *,
        installation: Installation | None = None,
    ) -> Stored:
        """See `Store.put`. If the delivery cannot be stored, its installation stays saved all the
        same: no transaction spans the two."""
        if installation is None:
            return await self._store.put(delivery, targets)
        if not await self._ask(self._installations.save_installation(installation)):
            raise InstallationChanged("the installation was changed meanwhile")
        while True:
            copy, version = await self._new_copy(installation.portal)
            with suppress(InstallationChanged):
                stored = await self._store.put(delivery, targets, installation=copy)
                self._note(installation.portal, copy, version)
                return stored

    def put_soon(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        done: Callable[[Stored | Exception], None],
    ) -> None:
        self._store.put_soon(delivery, targets, done)

    def _there(self) -> Store:
        return self._store

    def known_installation(self, portal: str) -> Installation | None:
        return None  # what anybody writes in the user's storage counts at once

    def listen(self, wake: Callable[[], None]) -> None:
        self._store.listen(wake)

    async def stats(self) -> Stats:
        return await self._store.stats()

    # The copies.

    async def _forget_deleted(self, installed: Collection[str]) -> None:
        """Forget what is kept of portals that the user has deleted in his storage. A listing that
        is short for a moment, or for the time of a mistake, costs nothing."""
        now = time.monotonic()
        copies = await self._store.installations()
        # With tokens it is no copy, but from the time before the user had a storage.
        gone = {c.portal: c for c in copies if c.portal not in installed and c.tokens is None}
        missed, self._missed = self._missed, {}
        if new := sorted(gone.keys() - missed.keys()):
            log.warning(
                "no longer in the storage of the installations: %s; what is stored about them will"
                " be deleted, too",
                ", ".join(new),
            )
        for portal, copy in gone.items():
            self._missed[portal] = since = missed.get(portal, now)
            if portal not in missed or now - since < self._gone_seconds:
                continue
            if await self._ask(self._installations.installation(portal)) is None:
                await self._forget_copy(portal, copy.version)

    async def _forget_copy(self, portal: str, version: int | None) -> bool:
        try:
            return await self._store.forget(portal, version=version)
        finally:
            self._copied.pop(portal, None)
            self._waiting.discard(portal)

    async def _compare(self, installation: Installation) -> None:
        """Copy an installation unless its copy is as it should be."""
        old = await self._store.installation(installation.portal)
        if old is not None and old == replace(installation, tokens=None, version=old.version):
            self._note(installation.portal, old, installation.version)
        else:
            await self._copy(installation.portal)

    async def _keep_copied(self, installation: Installation) -> None:
        if self._copied.get(installation.portal) != installation.version:
            await self._copy(installation.portal)

    async def _copy(self, portal: str) -> None:
        while True:
            copy, version = await self._new_copy(portal)
            if copy is None or await self._store.save_installation(copy):
                self._note(portal, copy, version)
                return

    async def _new_copy(self, portal: str) -> tuple[Installation | None, int]:
        """What is to be stored as the copy, and which version it is one of.

        The old copy is looked at before the original. So whoever read an older original also has
        an older version of the copy, and cannot store it over a newer one.
        """
        old = await self._store.installation(portal)
        original = await self._ask(self._installations.installation(portal))
        if original is None:
            return None, 0
        return replace(original, tokens=None, version=old.version if old else 0), original.version

    def _note(self, portal: str, copy: Installation | None, version: int) -> None:
        self._copied[portal] = version
        if copy is None or (copy.state is InstallationState.ACTIVE and not copy.paused):
            self._waiting.discard(portal)
        else:
            self._waiting.add(portal)

    async def _look_after_waiting(self) -> None:
        """Nothing runs for these portals, so that nothing else would ask for them."""
        while True:
            await asyncio.sleep(self._look_seconds)
            for portal in list(self._waiting):
                try:
                    await self.installation(portal)
                except BitrixEventsError as error:
                    log.warning(
                        "cannot look whether portal %s works for us again: %s", portal, error
                    )

    async def _ask(self, call: Coroutine[Any, Any, T]) -> T:
        """Await a call of the user's storage, on its event loop."""
        loop = self._loop
        if loop is None:
            call.close()
            raise StoreError("the store is not open")
        try:
            if asyncio.get_running_loop() is loop:
                return await call
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, loop))
        except BitrixEventsError:
            raise
        except Exception as error:  # of whatever database; its text may show what was written
            kind = type(error).__name__
        raise StoreError(f"the storage of the installations failed with {kind}")
