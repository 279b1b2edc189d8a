"""The store of many machines: one PostgreSQL database, any number of processes.

Calls come from any event loop; all connections live on the loop of one thread. What callers want
written at the same time is committed together (`groups`). A worker holds lanes by its row in the
database, which it has to renew; whoever finds it dead gives them back (`workers`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal, TypeVar

import orjson
from pydantic import SecretStr

from bitrix_events.errors import StoreError
from bitrix_events.store import upkeep
from bitrix_events.store.base import PortalPace
from bitrix_events.store.choosing import Demand
from bitrix_events.store.kept import Kept
from bitrix_events.store.postgres.address import Address
from bitrix_events.store.postgres.clock import DatabaseClock
from bitrix_events.store.postgres.connections import Connection
from bitrix_events.store.postgres.groups import Groups
from bitrix_events.store.postgres.installations import (
    count_of,
    forget_rest,
    forget_some,
    reseal,
    save_installation,
)
from bitrix_events.store.postgres.intake import (
    Arrival,
    arrival_of,
    lane_id,
    replay,
    retry_dead,
    take_over,
)
from bitrix_events.store.postgres.known import KnownInstallations
from bitrix_events.store.postgres.maintenance import drop_old_facts, prune_some
from bitrix_events.store.postgres.pace import AskedPace
from bitrix_events.store.postgres.session import Session
from bitrix_events.store.postgres.statements import QUERIES, columns
from bitrix_events.store.postgres.thread import Answer, LoopThread
from bitrix_events.store.postgres.workers import peer_of
from bitrix_events.store.records import (
    FACT_WINDOW,
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
)
from bitrix_events.store.rows import (
    delivery_of,
    execution_of,
    installation_of,
    seconds_of,
    views_of,
)
from bitrix_events.store.sealed import Vault
from bitrix_events.store.secrets import HEAD_BYTES, Sealer

T = TypeVar("T")
Mode = Literal["own", "share", "look"]

_NEWEST: Final = 2**63 - 1
_NOTES_SECONDS: Final = 30 * 86_400.0
_NOT_A_WORKER: Final = "the store was not opened to run handlers"


class PostgresStore:
    """A `Store` in one PostgreSQL database.

    Args:
        url: see `Address`.
        sealer: seals tokens; None for an app that stores none.
        clock: seconds since 1970; the database's clock if None.
        mode: ``"own"`` for a process that runs handlers; ``"share"`` for one that stores
            deliveries, reads and changes; ``"look"`` to read only.
        lease_seconds: for how long a worker keeps what it holds without a sign of life.
        put_seconds: for how long a delivery may wait to be stored; then it is withdrawn.
        name: what an operator calls this process.
        cell: which of several databases it is; each counts its deliveries by itself.
    """

    def __init__(
        self,
        url: str | SecretStr,
        *,
        sealer: Sealer | None = None,
        clock: Callable[[], float] | None = None,
        mode: Mode = "own",
        lease_seconds: float = 3.0,
        put_seconds: float = 1.0,
        name: str = "",
        cell: int = 0,
    ) -> None:
        self._address = Address(url)
        self._vault = Vault(sealer)
        self._mode = mode
        self._lease_seconds = lease_seconds
        self._put_seconds = put_seconds
        self._name = name
        self._cell = cell
        database_clock = DatabaseClock()
        self._clock = clock or database_clock
        self._clock_read = database_clock.read
        self._wakers: list[Callable[[], None]] = []
        self._thread: LoopThread | None = None
        self._session: Session | None = None
        self._known = KnownInstallations()

    def __repr__(self) -> str:
        return f"PostgresStore({self._address})"

    @property
    def address(self) -> Address:
        """Where the database is."""
        return self._address

    @property
    def trouble(self) -> str:
        return self._session.health.trouble if self._session is not None else ""

    @property
    def lease_seconds(self) -> float | None:
        return self._lease_seconds

    @property
    def pace(self) -> PortalPace | None:
        return AskedPace(lambda call: self._ask(lambda session: call(session.pace)))

    def listen(self, wake: Callable[[], None]) -> None:
        self._wakers.append(wake)

    async def open(self) -> None:
        if self._session is not None:
            raise StoreError("the store is open already")
        self._thread = thread = LoopThread("bitrix-events-postgres")
        thread.start()
        self._session = session = Session(
            self._address,
            thread,
            self._vault,
            mode=self._mode,
            name=self._name,
            lease_seconds=self._lease_seconds,
            put_seconds=self._put_seconds,
            cell=self._cell,
            clock=self._clock,
            clock_read=self._clock_read,
            wake=self._wake,
            forget=self._known.heard,
        )
        try:
            await thread.ask(session.open)
            await self._check_key()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        thread, session = self._thread, self._session
        if thread is None:
            return
        self._thread = None
        try:
            await thread.join(session.close if session is not None else None)
        finally:
            self._session = None

    async def reach(self) -> None:
        """Return if the server answers.

        Raises:
            StoreUnreachable: it does not, or not soon.
        """
        await self._ask(lambda session: session.reach())

    # Deliveries.

    async def put(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        *,
        installation: Installation | None = None,
    ) -> Stored:
        """See `Store.put`.

        Raises:
            StoreUnreachable: the delivery is not stored, and will not be; if the error bears a
                ticket, `take_over` finds out whether it is.
        """
        arrival = self._arrival(delivery, targets, installation=installation)
        try:
            return await self._submit(lambda session: session.puts, arrival)
        finally:
            if installation is not None:
                self._known.changed(installation.portal)

    def put_soon(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        done: Callable[[Stored | Exception], None],
    ) -> None:
        thread, session = self._require_open()
        session.health.require()
        arrival = self._arrival(delivery, targets)
        thread.hand_in(partial(session.puts.add, arrival), done)

    async def take_over(self, kept: Sequence[Kept]) -> list[Stored | None]:
        """Store deliveries that were kept elsewhere, in their order, all of them or none.

        Returns:
            For each what became of it; None if it is stored since an earlier call, or since the
            commit of its ticket. One that is not, never will be by that commit.

        Raises:
            InstallationChanged: one of the installations is not based on the stored version.
            StoreUnreachable: nobody knows; ask again.
        """
        arrivals = [
            self._arrival(
                one.delivery,
                one.targets,
                now=one.received_at.timestamp(),
                installation=one.installation,
            )
            for one in kept
        ]
        try:
            return await self._write(lambda db: take_over(db, kept, arrivals, self._clock()))
        finally:
            for one in kept:
                if one.installation is not None:
                    self._known.changed(one.installation.portal)

    async def claim(
        self,
        *,
        limit: int,
        per_portal: int,
        per_handler: Mapping[str, int] | None = None,
        resting: Collection[str] = (),
        idle: Mapping[str, int] | None = None,
    ) -> list[Claim]:
        """See `Store.claim`. The limits of handlers, and the rule about what processes have died
        of, hold for each process by itself; those of portals hold for all together."""
        self._require_worker()
        demand = Demand(limit, per_portal, per_handler or {}, resting, idle or {})
        return await self._ask(lambda session: session.claim(demand))

    async def settle(self, claim: Claim, verdict: Verdict) -> bool:
        return await self._submit(lambda session: session.settles, (claim, verdict))

    async def due_in(self) -> float | None:
        return await self._ask(lambda session: session.due_in())

    async def extend(self) -> bool:
        self._require_worker()
        return await self._ask(lambda session: session.extend())

    async def sweep(self, held: Collection[int]) -> int:
        self._require_worker()
        return await self._ask(lambda session: session.sweep(held))

    async def on_duty(self, duty: str, *, seconds: float) -> bool:
        now = self._clock()

        async def work(db: Connection) -> bool:
            _, session = self._require_open()
            row = (duty, session.process, now, now + seconds)
            return await db.fetchval(QUERIES["on_duty"], *row) is not None

        return await self._write(work)

    async def workers(self) -> list[Peer]:
        """The processes that run handlers, this one included."""
        now = self._clock()
        return [
            peer_of(row, now=now, lease_seconds=self._lease_seconds)
            for row in await self._read("workers")
        ]

    async def find(
        self, query: Query, *, limit: int, before: int | None = None
    ) -> list[DeliveryView]:
        state = query.state.value if query.state is not None else None
        rows = await self._read(
            "find",
            before or _NEWEST,
            query.portal,
            query.code,
            query.entity,
            seconds_of(query.since),
            query.handler,
            state,
            limit,
        )
        return await self._views(rows)

    async def delivery(self, delivery_id: int) -> DeliveryView | None:
        return next(iter(await self._views(await self._read("delivery", delivery_id))), None)

    async def replay(self, delivery_id: int, handlers: Sequence[str]) -> list[int]:
        return await self._write(lambda db: replay(db, delivery_id, handlers, self._clock()))

    async def dead(
        self,
        *,
        limit: int,
        before: int | None = None,
        handler: str | None = None,
        portal: str | None = None,
    ) -> list[tuple[Delivery, Execution]]:
        rows = await self._read("dead", before or _NEWEST, handler, portal, limit)
        return [(delivery_of(row, handler=row["handler"]), execution_of(row)) for row in rows]

    async def retry_dead(self, execution_ids: Sequence[int]) -> int:
        return await self._write(lambda db: retry_dead(db, execution_ids, self._clock()))

    async def drop_dead(self, execution_ids: Sequence[int]) -> int:
        return await self._change("drop_dead", list(execution_ids))

    async def prune(self, before: datetime, *, limit: int) -> int:
        old = partial(prune_some, before=before.timestamp())
        return await upkeep.prune(
            lambda after, most: self._write(partial(old, after=after, limit=most)), limit
        )

    async def tidy(self) -> None:
        now = self._clock()
        old = partial(drop_old_facts, before=now - FACT_WINDOW.total_seconds())
        await upkeep.drop_facts(lambda after: self._write(partial(old, after=after)))
        await self._change("drop_old_user_tokens", now - upkeep.USER_TOKEN_SECONDS)
        await self._change("drop_old_notes", now - _NOTES_SECONDS)

    async def stats(self) -> Stats:
        (row,) = await self._read("stats")
        oldest = 0.0 if row["oldest"] is None else max(0.0, self._clock() - row["oldest"])
        return Stats(row["waiting"], row["running"], row["dead"], row["parked"], oldest)

    async def handler_names(self) -> dict[str, int]:
        return {row["handler"]: row["waiting"] for row in await self._read("handler_names")}

    async def save_snapshots(
        self, portal: str, handler: str, fields: Mapping[str, Mapping[str, Any]]
    ) -> int:
        values = [orjson.dumps({**one}).decode() for one in fields.values()]
        lanes = [lane_id(f"{portal} {entity} {handler}") for entity in fields]
        return await self._change("put_snapshots", portal, handler, list(fields), values, lanes)

    async def snapshots(
        self, portal: str, handler: str, entities: Collection[str]
    ) -> dict[str, Mapping[str, Any]]:
        rows = await self._read("snapshots", portal, handler, list(entities))
        return {row["entity"]: orjson.loads(row["fields"]) for row in rows}

    async def mark(self, portal: str, name: str) -> str | None:
        return next((row["value"] for row in await self._read("mark", portal, name)), None)

    async def set_mark(self, portal: str, name: str, value: str | None) -> None:
        if value is None:
            await self._change("drop_mark", portal, name)
        else:
            await self._change("set_mark", portal, name, value)

    # Installations.

    def known_installation(self, portal: str) -> Installation | None:
        """See `Store.known_installation`. While the database does not answer, what was known
        before is known for as long."""
        return self._known.last(portal) if self.trouble else self._known.fresh(portal)

    async def installation(self, portal: str) -> Installation | None:
        known = self._known.fresh(portal)
        if known is not None:
            return known
        changes = self._known.changes
        found = self._opened(await self._read("installation", portal))
        session = self._session
        if found is not None and changes == self._known.changes and session is not None:
            self._known.keep(found, is_told=session.is_listening)
        return found

    async def installation_at(self, domain: str) -> Installation | None:
        return self._opened(await self._read("installation_at", domain))

    async def installations(self) -> list[Installation]:
        return [
            installation_of(row, self._vault.opened_tokens(row["portal"], row["tokens"]))
            for row in await self._read("installations")
        ]

    async def save_installation(self, installation: Installation) -> bool:
        now = self._clock()
        try:
            return await self._write(
                lambda db: save_installation(db, installation, self._vault, now)
            )
        finally:
            self._known.changed(installation.portal)

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        now = self._clock()
        return await self._change("begin_refresh", portal, version, now, now + seconds) == 1

    async def end_refresh(self, portal: str) -> None:
        await self._change("end_refresh", portal)

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        found = False
        try:
            # Every transaction looks anew: the portal may be installing the app again.
            while await self._write(partial(forget_some, portal, version)):
                found = True
            was_installed, had_more = await self._write(partial(forget_rest, portal, version))
        finally:
            self._known.changed(portal)
        return was_installed or ((found or had_more) and not version)

    async def reseal(self) -> int:
        """Seal with the present key whatever an old one has sealed; how many values that were."""
        try:
            return await self._write(lambda db: reseal(db, self._vault))
        finally:
            self._known.changed(None)

    # Details.

    def _require_open(self) -> tuple[LoopThread, Session]:
        if self._thread is None or self._session is None:
            raise StoreError("the store is not open")
        return self._thread, self._session

    def _require_worker(self) -> None:
        if self._mode != "own":
            raise StoreError(_NOT_A_WORKER)

    async def _ask(self, call: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
        thread, session = self._require_open()
        return await thread.ask(lambda: call(session))

    async def _submit(self, groups: Callable[[Session], Groups[Any, T]], item: object) -> T:
        thread, session = self._require_open()
        session.health.require()

        def begin(answer: Answer[T]) -> None:
            groups(session).add(item, answer)

        return await thread.awaited(begin)

    async def _write(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        if self._mode == "look":
            raise StoreError("the store is open for reading only")
        return await self._ask(lambda session: session.write(work))

    async def _change(self, query: str, *values: object) -> int:
        """Run a named statement; how many rows it has changed."""

        async def work(db: Connection) -> int:
            return count_of(await db.execute(QUERIES[query], *values))

        return await self._write(work)

    async def _read(self, query: str, *values: object) -> list[Any]:
        return await self._ask(lambda session: session.read(query, *values))

    def _arrival(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        *,
        now: float | None = None,
        installation: Installation | None = None,
    ) -> Arrival:
        if self._mode == "look":
            raise StoreError("the store is open for reading only")
        now = self._clock() if now is None else now
        return arrival_of(delivery, targets, self._vault, now, installation)

    async def _views(self, rows: Sequence[Any]) -> list[DeliveryView]:
        keys = [(row["portal"], row["id"]) for row in rows]
        executions = await self._read("executions", *columns(keys, 2)) if keys else ()
        return views_of(rows, executions)

    def _opened(self, rows: Sequence[Any]) -> Installation | None:
        for row in rows:
            return installation_of(row, self._vault.open_tokens(row["portal"], row["tokens"]))
        return None

    async def _check_key(self) -> None:
        """Refuse to start with a key that does not open what is stored."""
        for row in await self._read("tokens_of_every_key", HEAD_BYTES):
            self._vault.require_key_of_tokens(row["portal"], row["tokens"])

    def _wake(self) -> None:
        for wake in self._wakers:
            wake()
