"""A store on a server, for a process with a door: what it cannot take now is kept on this machine.

Bitrix24 sends nothing twice. So while the database does not answer, deliveries are committed to a
file here (`shelter`), answered 200, and moved into the database in order as soon as it is back.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from bitrix_events.errors import BitrixEventsError, StoreError, StoreUnreachable
from bitrix_events.store.base import PortalPace
from bitrix_events.store.forwarding import ForwardingStore, put_and_wait
from bitrix_events.store.kept import RemoteStore
from bitrix_events.store.records import (
    Installation,
    NewDelivery,
    Stats,
    Stored,
    Target,
)
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.shelter import Done, Shelter

log = logging.getLogger(__name__)

_PROBE_SECONDS: Final = 0.3
_MIRROR_SECONDS: Final = 60.0
_COPIED: Final = 10_000
_LOOK_SECONDS: Final = 0.005
_FINISH_SECONDS: Final = 0.5
"""How long deliveries may wait for the last of what is kept."""


class ShelteredStore(ForwardingStore):
    """A `Store` on a server that may be out of reach for a while.

    For each portal deliveries keep their order: those that come while others of it are kept here
    stand behind them. What else is asked of the server fails for as long as it does not answer, but
    for installations, of which there is a copy here without tokens.

    Args:
        folder: for what is kept; several processes of a machine share it.
        sealer: seals tokens in there.
    """

    def __init__(self, remote: RemoteStore, folder: Path, *, sealer: Sealer | None = None) -> None:
        self._remote = remote
        self._shelter = Shelter(folder, sealer)
        self._home: asyncio.AbstractEventLoop | None = None
        self._wakes: list[Callable[[], None]] = []
        self._has_opened = False
        self._down_since: float | None = None
        self._down_at = ""
        self._why_down = ""
        self._under_way: Counter[str] = Counter()
        """Deliveries of each portal that the server has to answer for."""
        self._held: dict[str, list[Callable[[], None]]] = {}
        """Deliveries that wait until it is decided where others of their portal are stored."""
        self._is_finishing = False
        self._copied: dict[str, int] = {}
        """Which version of an installation was copied last."""
        self._has_all_copies = False
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # The state of things.

    @property
    def trouble(self) -> str:
        if self._down_since is None:
            return self._remote.trouble
        kept = f"{self._shelter.count} deliveries are kept in {self._shelter.path}"
        if trouble := self._shelter.trouble:
            kept += f", which is in trouble, too: {trouble}"
        return f"no answer since {self._down_at} ({self._why_down}); {kept}"

    @property
    def lease_seconds(self) -> float | None:
        return self._remote.lease_seconds

    @property
    def pace(self) -> PortalPace | None:
        return self._remote.pace

    async def open(self) -> None:
        self._home = asyncio.get_running_loop()
        await self._shelter.open()
        try:
            try:
                await self._remote.open()
                self._has_opened = True
            except StoreUnreachable as error:
                if not await self._shelter.knows_portals():
                    raise  # nobody has ever worked with it from here: it may be a mistake
                self._note_down(error)
        except BaseException:
            await self._shelter.close()
            raise
        self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._mirror())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._has_opened:
            await self._remote.close()
        await self._shelter.close()

    def listen(self, wake: Callable[[], None]) -> None:
        self._wakes.append(wake)
        self._remote.listen(wake)

    def _there(self) -> RemoteStore:
        """The server, if it was ever reached.

        Raises:
            StoreUnreachable: it was not.
        """
        if not self._has_opened:
            raise StoreUnreachable(self._why_down or "the store is not open")
        return self._remote

    # Deliveries that arrive. All of this happens on the event loop of the door.

    def put_soon(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        done: Callable[[Stored | Exception], None],
    ) -> None:
        portal = delivery.portal
        if self._has_to_wait(portal):
            self._hold(portal, lambda: self._put_held(delivery, targets, done))
        elif self._keeps(portal):
            self._shelter.keep_soon(delivery, targets, "", self._kept(done))
        else:
            self._put_remotely(delivery, targets, done)

    async def put(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        *,
        installation: Installation | None = None,
    ) -> Stored:
        if installation is None:
            return await put_and_wait(self, delivery, targets)
        portal, ticket = delivery.portal, ""
        await self._until_its_turn(portal)
        self._under_way[portal] += 1
        try:
            if not self._keeps(portal):
                try:
                    stored = await self._there().put(delivery, targets, installation=installation)
                except StoreUnreachable as error:
                    self._note_down(error)
                    ticket = error.ticket
                else:
                    await self._mirror_one(portal)
                    return stored
            stored = await self._shelter.keep_with(delivery, targets, ticket, installation)
            self._changed.set()
            return stored
        finally:
            self._answered(portal)

    def _keeps(self, portal: str) -> bool:
        """Whether what comes of a portal is kept here."""
        return self._down_since is not None or self._shelter.holds(portal)

    def _put_remotely(self, delivery: NewDelivery, targets: Sequence[Target], done: Done) -> None:
        portal = delivery.portal

        def answered(result: Stored | Exception) -> None:
            try:
                if isinstance(result, StoreUnreachable):
                    self._note_down(result)
                    self._keep(delivery, targets, result.ticket, done)
                else:
                    done(result)
            finally:
                self._answered(portal)

        self._under_way[portal] += 1
        try:
            self._there().put_soon(delivery, targets, answered)
        except StoreUnreachable as error:
            answered(error)
        except BaseException:
            self._answered(portal)
            raise

    def _keep(
        self, delivery: NewDelivery, targets: Sequence[Target], ticket: str, done: Done
    ) -> None:
        try:
            self._shelter.keep_soon(delivery, targets, ticket, self._kept(done))
        except StoreError as error:
            done(error)

    def _kept(self, done: Done) -> Done:
        def kept(result: Stored | Exception) -> None:
            self._changed.set()
            done(result)

        return kept

    def _put_held(self, delivery: NewDelivery, targets: Sequence[Target], done: Done) -> None:
        try:
            self.put_soon(delivery, targets, done)
        except StoreError as error:
            done(error)

    def _has_to_wait(self, portal: str) -> bool:
        """Whether it is not decided yet where others of a portal are stored that came before."""
        if portal in self._held or (self._is_finishing and self._shelter.holds(portal)):
            return True
        return self._under_way[portal] > 0 and self._keeps(portal)

    async def _until_its_turn(self, portal: str) -> None:
        while self._has_to_wait(portal):
            answered = asyncio.Event()
            self._hold(portal, answered.set)
            await answered.wait()

    def _hold(self, portal: str, go_on: Callable[[], None]) -> None:
        self._held.setdefault(portal, []).append(go_on)

    def _answered(self, portal: str) -> None:
        """The server has answered, or has not, for one delivery."""
        self._under_way[portal] -= 1
        if self._under_way[portal] > 0:
            return
        del self._under_way[portal]
        for go_on in self._held.pop(portal, ()):
            go_on()

    # Installations.

    def known_installation(self, portal: str) -> Installation | None:
        if self._shelter.holds_installation_of(portal):
            return self._shelter.known_installation(portal)
        known = self._remote.known_installation(portal)
        if known is None and self._down_since is not None:
            return self._shelter.known_installation(portal)
        return known

    async def installation(self, portal: str) -> Installation | None:
        if self._shelter.holds_installation_of(portal) and self._is_at_door():
            return await self._shelter.installation(portal)
        found = await self._ask_for_installation(
            lambda: self._there().installation(portal), lambda: self._shelter.installation(portal)
        )
        if found is not None and self._copied.get(portal) != found.version:
            await self._copy(found)
        return found

    async def installation_at(self, domain: str) -> Installation | None:
        return await self._ask_for_installation(
            lambda: self._there().installation_at(domain),
            lambda: self._shelter.installation_at(domain),
        )

    async def _ask_for_installation(
        self,
        there: Callable[[], Awaitable[Installation | None]],
        here: Callable[[], Awaitable[Installation | None]],
    ) -> Installation | None:
        """What the server says; at the door, if it says nothing, the copy that is here. Handlers
        are not given that: they want the tokens, which it has not. None: surely there is none."""
        try:
            return await there()
        except StoreUnreachable as error:
            self._note_down(error)
            if not self._is_at_door():
                raise
        found = await here()
        if found is None and not self._has_all_copies:
            raise StoreUnreachable(self._why_down)
        return found

    async def _copy(self, installation: Installation) -> None:
        """Keep a copy of what the server has said, for an outage."""
        if self._down_since is None and self._is_at_door():
            await self._shelter.mirror(installation)
            if len(self._copied) >= _COPIED:
                self._copied.clear()
            self._copied[installation.portal] = installation.version

    def _is_at_door(self) -> bool:
        return asyncio.get_running_loop() is self._home

    async def installations(self) -> list[Installation]:
        return await self._there().installations()

    async def save_installation(self, installation: Installation) -> bool:
        is_saved = await self._there().save_installation(installation)
        if is_saved and self._is_at_door():
            await self._mirror_one(installation.portal)
        return is_saved

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        return await self._there().begin_refresh(portal, version=version, seconds=seconds)

    async def end_refresh(self, portal: str) -> None:
        await self._there().end_refresh(portal)

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        was_there = await self._there().forget(portal, version=version)
        if was_there and self._is_at_door():
            await self._shelter.forget(portal)
        return was_there

    async def stats(self) -> Stats:
        stats = await self._there().stats()
        return replace(stats, journal=stats.journal + self._shelter.count)

    # Outages.

    def _note_down(self, error: StoreUnreachable) -> None:
        """The server does not answer. Callable from any thread."""
        self._why_down = str(error)
        if self._down_since is not None or self._home is None:
            return
        self._down_since = time.monotonic()
        self._down_at = time.strftime("%H:%M:%S")
        log.critical(
            "the database does not answer (%s); deliveries are kept in %s until it does",
            error,
            self._shelter.path,
            extra={"action": "outage"},
        )
        with suppress(RuntimeError):  # the loop has ended
            self._home.call_soon_threadsafe(self._changed.set)

    async def _watch(self) -> None:
        """Look for the end of an outage, and move what was kept."""
        await self._adopt_orphans()
        while True:
            if self._down_since is not None:
                await self._probe()
            elif self._shelter.count:
                await self._drain()
            else:
                self._changed.clear()
                await self._changed.wait()

    async def _probe(self) -> None:
        try:
            if not self._has_opened:
                await self._remote.open()
                self._has_opened = True
            await self._remote.reach()
            if trouble := self._remote.trouble:
                raise StoreUnreachable(trouble)
            # It answers; whether it takes anything shows when it is given something.
            moved = await self._shelter.move_some(self._remote)
        except Exception as error:
            if not isinstance(error, BitrixEventsError):
                log.exception("the database cannot be probed")
            self._why_down = str(error)
            await asyncio.sleep(random.uniform(0.5, 1.0) * _PROBE_SECONDS)
            return
        assert self._down_since is not None
        seconds = time.monotonic() - self._down_since
        self._down_since = None
        log.warning(
            "the database answers again, after %.1f s; deliveries that move into it: %d",
            seconds,
            moved + self._shelter.count,
            extra={"action": "outage_over"},
        )
        await self._drain(moved)
        await self._adopt_orphans()

    async def _drain(self, moved: int = 0) -> None:
        """Move all that is kept. Deliveries that come while the last of it moves wait for that, and
        are not kept: where many come, there would always be some.

        Args:
            moved: how many have moved before.
        """
        began = time.monotonic()
        finishes_at: float | None = None
        try:
            while self._shelter.count and self._down_since is None:
                now = time.monotonic()
                if finishes_at is None and self._shelter.is_nearly_empty:
                    finishes_at = now + _FINISH_SECONDS
                self._is_finishing = finishes_at is not None and now < finishes_at
                if not self._is_finishing:
                    self._release()
                some = await self._shelter.move_some(self._remote)
                moved += some
                if not some:  # it is on its way into the file
                    await asyncio.sleep(_LOOK_SECONDS)
            await self._shelter.forget_moved()
        except StoreUnreachable as error:
            self._note_down(error)
        except Exception:  # whatever it is, what is kept has to go on moving
            log.exception("what is kept in %s cannot be moved", self._shelter.path)
            await asyncio.sleep(_PROBE_SECONDS)
        finally:
            self._is_finishing = False
            self._release()
        self._tell_moved(moved, time.monotonic() - began)

    def _release(self) -> None:
        """Let go on whoever need not wait any more."""
        for portal in list(self._held):
            if not self._under_way[portal]:
                for go_on in self._held.pop(portal):
                    go_on()

    async def _adopt_orphans(self) -> None:
        if self._down_since is not None:
            return
        began = time.monotonic()
        try:
            moved = await self._shelter.adopt_orphans(self._remote)
        except StoreUnreachable as error:
            self._note_down(error)
            return
        except Exception:
            log.exception("what other processes have kept cannot be moved")
            return
        self._tell_moved(moved, time.monotonic() - began)

    def _tell_moved(self, moved: int, seconds: float) -> None:
        if moved:
            log.warning("deliveries moved into the database: %d, in %.1f s", moved, seconds)
            for wake in self._wakes:
                wake()

    async def _mirror(self) -> None:
        """Keep the copies of the installations what they are to be."""
        while True:
            if self._down_since is None:
                try:
                    await self._shelter.mirror_all(self._there())
                    self._has_all_copies = True
                except BitrixEventsError as error:
                    log.debug("installations are not copied: %s", error)
                except Exception:
                    log.exception("installations cannot be copied")
            await asyncio.sleep(_MIRROR_SECONDS)

    async def _mirror_one(self, portal: str) -> None:
        """Copy an installation that was saved a moment ago."""
        try:
            present = await self._there().installation(portal)
            if present is not None:
                await self._shelter.mirror(present)
        except BitrixEventsError as error:
            log.debug("the installation of %s is not copied: %s", portal, error)
