"""Several PostgreSQL databases as one store: each portal lives in exactly one of them, its cell.

A portal lives where its installation is; a digest of its key decides for one that has none yet. A
cell that does not answer keeps nobody waiting but its own portals.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bitrix_events.errors import StoreError, StoreUnreachable
from bitrix_events.store.base import PortalPace, Store
from bitrix_events.store.forwarding import put_and_wait
from bitrix_events.store.homes import Homes, Member, has_left
from bitrix_events.store.postgres.cell import Cell
from bitrix_events.store.records import (
    Claim,
    Delivery,
    DeliveryView,
    Execution,
    Installation,
    NewDelivery,
    Peer,
    Query,
    Stats,
    Stored,
    Target,
    Verdict,
    present_of,
)

Done = Callable[[Stored | Exception], None]

_PACE_SECONDS: Final = 10.0


class CellStore:
    """A `Store` in several databases.

    Ids are unique over all of them. Lists are in the order of the ids, so what belongs to one cell
    stands together. The rule about what processes have died of holds for each cell by itself.

    Args:
        wrap: what is to stand before each cell, if anything.
    """

    def __init__(
        self, cells: Sequence[Cell], *, wrap: Callable[[Cell], Store] = lambda cell: cell
    ) -> None:
        self._homes = Homes(cells, wrap)
        self._paces: dict[str, tuple[Member, float]] = {}
        self._waiting: dict[str, list[tuple[NewDelivery, Sequence[Target], Done]]] = {}
        self._held: dict[int, tuple[Member, str]] = {}
        """What runs here: its cell and its handler."""
        self._turn = 0
        self._putting: set[asyncio.Task[None]] = set()
        self._is_open = False

    def __repr__(self) -> str:
        return f"CellStore({', '.join(member.name for member in self._homes.members)})"

    # The cells.

    @property
    def trouble(self) -> str:
        return self._homes.trouble

    @property
    def lease_seconds(self) -> float | None:
        return self._homes.members[0].store.lease_seconds

    @property
    def pace(self) -> PortalPace | None:
        return _Pace(self)

    @property
    def cells(self) -> list[Cell]:
        """Those that can be worked with."""
        return self._homes.cells

    async def open(self) -> None:
        await self._homes.open()
        self._is_open = True

    async def close(self) -> None:
        self._is_open = False
        if self._putting:
            await asyncio.wait(self._putting)
        await self._homes.close()

    def listen(self, wake: Callable[[], None]) -> None:
        self._homes.listen(wake)

    async def home_of(self, portal: str) -> Cell:
        """The cell of a portal: where it is installed, or would be."""
        return (await self._homes.find(portal)).cell

    async def doubles(self) -> dict[str, list[int | None]]:
        """See `Homes.doubles`."""
        return await self._homes.doubles()

    async def _store_of(self, portal: str) -> Store:
        return (await self._homes.find(portal)).in_use.store

    # Installations.

    def known_installation(self, portal: str) -> Installation | None:
        home = self._homes.known(portal)
        if home is None or not home.is_open:
            return None
        known = home.store.known_installation(portal)
        return None if known is not None and has_left(known) else known

    async def installation(self, portal: str) -> Installation | None:
        found = await (await self._store_of(portal)).installation(portal)
        if found is None or not has_left(found):
            return found
        self._homes.forget(portal)
        return await (await self._store_of(portal)).installation(portal)

    async def installation_at(self, domain: str) -> Installation | None:
        answers = await self._homes.ask_some(
            self._homes.members, lambda store: store.installation_at(domain)
        )
        found = [one for _, one in answers if one is not None and not has_left(one)]
        if not found and len(answers) < len(self._homes.members):
            raise StoreUnreachable(self.trouble or "not every cell answers")
        return present_of(found)

    async def installations(self) -> list[Installation]:
        found: dict[str, Installation] = {}
        for member, installations in await self._homes.ask_all(lambda store: store.installations()):
            for one in installations:
                if has_left(one):
                    continue
                with suppress(StoreError):  # it lives in two cells: see `doubles`
                    if one.portal in found and await self._homes.find(one.portal) is not member:
                        continue
                found[one.portal] = one
        return [found[portal] for portal in sorted(found)]

    async def save_installation(self, installation: Installation) -> bool:
        return await (await self._store_of(installation.portal)).save_installation(installation)

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        store = await self._store_of(portal)
        return await store.begin_refresh(portal, version=version, seconds=seconds)

    async def end_refresh(self, portal: str) -> None:
        await (await self._store_of(portal)).end_refresh(portal)

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        return await (await self._store_of(portal)).forget(portal, version=version)

    async def reseal(self) -> int:
        """See `PostgresStore.reseal`."""
        return sum([await member.in_use.cell.reseal() for member in self._homes.members])

    # Deliveries.

    async def put(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        *,
        installation: Installation | None = None,
    ) -> Stored:
        if installation is not None:
            store = await self._store_of(delivery.portal)
            return await store.put(delivery, targets, installation=installation)
        return await put_and_wait(self, delivery, targets)

    def put_soon(self, delivery: NewDelivery, targets: Sequence[Target], done: Done) -> None:
        if not self._is_open:
            raise StoreError("the store is not open")
        portal = delivery.portal
        home = self._homes.known(portal)
        if portal in self._waiting:
            self._waiting[portal].append((delivery, targets, done))
        elif home is not None:
            home.in_use.store.put_soon(delivery, targets, done)
        else:
            self._waiting[portal] = [(delivery, targets, done)]
            putting = asyncio.get_running_loop().create_task(self._put_waiting(portal))
            self._putting.add(putting)
            putting.add_done_callback(self._putting.discard)

    async def _put_waiting(self, portal: str) -> None:
        """Find out where a portal lives, and store what came meanwhile."""
        home: Member | None = None
        failed: Exception | None = None
        try:
            home = await self._homes.find(portal)
        except Exception as error:  # whoever waits gets an answer
            failed = error
        for delivery, targets, done in self._waiting.pop(portal):
            try:
                if home is None:
                    raise failed or StoreError("the store is not open")
                home.in_use.store.put_soon(delivery, targets, done)
            except Exception as error:
                done(error)

    async def claim(
        self,
        *,
        limit: int,
        per_portal: int,
        per_handler: Mapping[str, int] | None = None,
        resting: Collection[str] = (),
        idle: Mapping[str, int] | None = None,
    ) -> list[Claim]:
        """See `Store.claim`. The cells are asked in turn, each for its share at first."""
        claims: list[Claim] = []
        failed: StoreError | None = None
        answered = False
        self._turn += 1
        start = self._turn % len(self._homes.members)
        left = [*self._homes.members[start:], *self._homes.members[:start]]
        may_have_more = []
        while left and len(claims) < limit:
            share = -(-(limit - len(claims)) // len(left))
            member = left.pop(0)
            try:
                some = await member.in_use.store.claim(
                    limit=share,
                    per_portal=per_portal,
                    per_handler=self._left(per_handler or {}, member),
                    resting=resting,
                    idle=idle,
                )
            except StoreError as error:
                failed = error
                continue
            answered = True
            claims += some
            self._held |= {c.execution_id: (member, c.delivery.handler) for c in some}
            if len(some) == share:
                may_have_more.append(member)
            if not left:
                left, may_have_more = may_have_more, []
        if failed is not None and not answered:
            raise failed
        return claims

    def _left(self, per_handler: Mapping[str, int], member: Member) -> dict[str, int]:
        """How often handlers may run in one cell, with what runs in others."""
        others = Counter(handler for cell, handler in self._held.values() if cell is not member)
        return {handler: max(0, most - others[handler]) for handler, most in per_handler.items()}

    async def settle(self, claim: Claim, verdict: Verdict) -> bool:
        held = self._held.get(claim.execution_id)
        store = held[0].store if held else await self._store_of(claim.delivery.portal)
        settled = await store.settle(claim, verdict)
        self._held.pop(claim.execution_id, None)
        return settled

    async def due_in(self) -> float | None:
        found = await self._homes.ask_all(lambda store: store.due_in())
        return min((due for _, due in found if due is not None), default=None)

    async def extend(self) -> bool:
        """See `Store.extend`. False, too, if something of a cell runs here whose lease could not be
        extended in time."""
        now, lease = time.monotonic(), self.lease_seconds or 0.0

        async def extend(store: Store) -> bool:
            try:
                return await asyncio.wait_for(store.extend(), lease / 3)
            except TimeoutError:
                raise StoreUnreachable("the server does not answer in time") from None

        found = await self._homes.ask_all(extend)
        for member, _ in found:
            member.extended_at = now
        busy = [member for member, _ in self._held.values()]
        is_late = any(now - member.extended_at > lease for member in busy)
        if is_late or not all(is_alive for _, is_alive in found):
            self._held.clear()
            return False
        return True

    async def on_duty(self, duty: str, *, seconds: float) -> bool:
        """See `Store.on_duty`. The first cell that answers is asked, by the order of the names."""
        for member in self._homes.members:
            with suppress(StoreUnreachable):
                return await member.in_use.store.on_duty(duty, seconds=seconds)
        raise StoreUnreachable(self.trouble)

    async def sweep(self, held: Collection[int]) -> int:
        self._held = {key: value for key, value in self._held.items() if key in held}
        return sum(count for _, count in await self._homes.ask_all(lambda store: store.sweep(held)))

    async def workers(self) -> list[Peer]:
        """See `PostgresStore.workers`; a process is one, in however many cells it works."""
        found: dict[tuple[str, int], Peer] = {}
        for member in self._homes.members:
            with suppress(StoreUnreachable):
                for peer in await member.in_use.cell.workers():
                    known = found.get((peer.host, peer.pid), replace(peer, held=0))
                    found[peer.host, peer.pid] = replace(
                        known,
                        held=known.held + peer.held,
                        seen_seconds=max(known.seen_seconds, peer.seen_seconds),
                    )
        return list(found.values())

    # What people ask for.

    async def find(
        self, query: Query, *, limit: int, before: int | None = None
    ) -> list[DeliveryView]:
        found = await self._homes.ask_all(
            lambda store: store.find(query, limit=limit, before=before)
        )
        views = {view.delivery.id: view for _, some in found for view in some}
        return [views[number] for number in sorted(views, reverse=True)[:limit]]

    async def delivery(self, delivery_id: int) -> DeliveryView | None:
        found = await self._homes.ask_all(lambda store: store.delivery(delivery_id))
        views = [(member, view) for member, view in found if view is not None]
        if len(views) > 1:  # its portal is on its way
            home = await self._homes.find(views[0][1].delivery.portal)
            views.sort(key=lambda one: one[0] is not home)
        return views[0][1] if views else None

    async def replay(self, delivery_id: int, handlers: Sequence[str]) -> list[int]:
        view = await self.delivery(delivery_id)
        if view is None:
            return []
        return await (await self._store_of(view.delivery.portal)).replay(delivery_id, handlers)

    async def dead(
        self,
        *,
        limit: int,
        before: int | None = None,
        handler: str | None = None,
        portal: str | None = None,
    ) -> list[tuple[Delivery, Execution]]:
        found = await self._homes.ask_all(
            lambda store: store.dead(limit=limit, before=before, handler=handler, portal=portal)
        )
        dead = {one[1].id: one for _, some in found for one in some}
        return [dead[number] for number in sorted(dead, reverse=True)[:limit]]

    async def retry_dead(self, execution_ids: Sequence[int]) -> int:
        found = await self._homes.ask_all(lambda store: store.retry_dead(execution_ids))
        return sum(count for _, count in found)

    async def drop_dead(self, execution_ids: Sequence[int]) -> int:
        found = await self._homes.ask_all(lambda store: store.drop_dead(execution_ids))
        return sum(count for _, count in found)

    async def prune(self, before: datetime, *, limit: int) -> int:
        pruned = 0
        for member in self._homes.members:
            with suppress(StoreUnreachable):
                pruned += await member.in_use.store.prune(before, limit=limit - pruned)
            if pruned >= limit:
                break
        return pruned

    async def tidy(self) -> None:
        await self._homes.ask_all(lambda store: store.tidy())

    async def stats(self) -> Stats:
        found = [stats for _, stats in await self._homes.ask_all(lambda store: store.stats())]
        return Stats(
            waiting=sum(stats.waiting for stats in found),
            running=sum(stats.running for stats in found),
            dead=sum(stats.dead for stats in found),
            parked=sum(stats.parked for stats in found),
            oldest_seconds=max(stats.oldest_seconds for stats in found),
            journal=sum(stats.journal for stats in found),
        )

    async def handler_names(self) -> dict[str, int]:
        names: Counter[str] = Counter()
        for _, some in await self._homes.ask_all(lambda store: store.handler_names()):
            names.update(some)
        return dict(sorted(names.items()))

    async def save_snapshots(
        self, portal: str, handler: str, fields: Mapping[str, Mapping[str, Any]]
    ) -> int:
        return await (await self._store_of(portal)).save_snapshots(portal, handler, fields)

    async def snapshots(
        self, portal: str, handler: str, entities: Collection[str]
    ) -> dict[str, Mapping[str, Any]]:
        return await (await self._store_of(portal)).snapshots(portal, handler, entities)

    async def mark(self, portal: str, name: str) -> str | None:
        return await (await self._store_of(portal)).mark(portal, name)

    async def set_mark(self, portal: str, name: str, value: str | None) -> None:
        await (await self._store_of(portal)).set_mark(portal, name, value)

    async def pace_at(self, host: str) -> PortalPace:
        """Where processes share the pace of a portal: in its cell."""
        member, until = self._paces.get(host, (None, 0.0))
        if member is None or time.monotonic() >= until:
            member = None
            with suppress(StoreError):
                if found := await self.installation_at(host):
                    member = await self._homes.find(found.portal)
            if member is None:
                member = self._homes.share_of(host)
            self._paces[host] = (member, time.monotonic() + _PACE_SECONDS)
        pace = member.in_use.store.pace
        if pace is None:
            raise StoreError(f"cell {member.name} shares no pace")
        return pace


class _Pace:
    """The `PortalPace` of all cells."""

    def __init__(self, store: CellStore) -> None:
        self._store = store

    async def take(self, host: str, *, burst: float, per_second: float) -> float:
        pace = await self._store.pace_at(host)
        return await pace.take(host, burst=burst, per_second=per_second)

    async def refused(self, host: str, *, seconds: float, level: float | None = None) -> None:
        pace = await self._store.pace_at(host)
        await pace.refused(host, seconds=seconds, level=level)
