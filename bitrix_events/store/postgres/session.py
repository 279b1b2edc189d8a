"""What a PostgreSQL store is made of while it is open. Lives on the loop of the store's thread."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

from bitrix_events.errors import StoreError, StoreUnreachable
from bitrix_events.store.choosing import Demand
from bitrix_events.store.postgres.address import Address
from bitrix_events.store.postgres.connections import (
    PAUSE_SECONDS,
    Connection,
    Connections,
    Health,
    Work,
    connect,
)
from bitrix_events.store.postgres.groups import Groups
from bitrix_events.store.postgres.intake import Arrival, put_many
from bitrix_events.store.postgres.numbers import Note, Numbers, is_committed
from bitrix_events.store.postgres.pace import PostgresPace
from bitrix_events.store.postgres.queue import Claims, give_back, recover, settle_many, sweep
from bitrix_events.store.postgres.schema import check_tables, make_tables
from bitrix_events.store.postgres.statements import QUERIES
from bitrix_events.store.postgres.thread import LoopThread
from bitrix_events.store.postgres.trouble import (
    Lost,
    is_in_vain,
    is_lost,
    is_mistake,
    may_work_again,
    not_taken,
    refused,
    unreachable,
)
from bitrix_events.store.postgres.unclear import Settlements
from bitrix_events.store.postgres.workers import Life, bury, register
from bitrix_events.store.records import Claim, Stored, Verdict
from bitrix_events.store.sealed import Vault

log = logging.getLogger(__name__)

T = TypeVar("T")

_PATIENCE_SECONDS: Final = 5.0
_CLOSING_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.1
_TELL_SECONDS: Final = 0.01
_TOLD_SECONDS: Final = 1.0
_TIME_SECONDS: Final = 10.0
_RECONNECT_SECONDS: Final = (0.2, 1.0)
_STOPPED: Final = "the process was stopped while this ran"
_WORK: Final = "bitrix_events_work"
_PORTAL: Final = "bitrix_events_portal"


class Session:
    """Connections, groups and the life sign of one open store.

    Args:
        mode: see `PostgresStore`.
        clock_read: told the database's time, and how far off that may be.
        wake: called when another process may have added work.
        forget: called with the portal whose installation was changed; with None if any may be.
    """

    def __init__(
        self,
        address: Address,
        thread: LoopThread,
        vault: Vault,
        *,
        mode: str,
        name: str,
        lease_seconds: float,
        put_seconds: float,
        cell: int,
        clock: Callable[[], float],
        clock_read: Callable[[float, float], None],
        wake: Callable[[], None],
        forget: Callable[[str | None], None],
    ) -> None:
        self._address = address
        self._thread = thread
        self._mode = mode
        self._name = name
        self._lease_seconds = lease_seconds
        self._cell = cell
        self._clock = clock
        self._clock_read = clock_read
        self._wake = wake
        self._forget = forget
        self.process = f"{os.getpid()}-{secrets.token_hex(8)}"
        self.health = Health(address, thread, back=wake)

        def pool(*, most: int, is_lax: bool) -> Connections:
            return Connections(
                address, self.health, most=most, is_lax=is_lax, clock_read=clock_read
            )

        self._safe = pool(most=8, is_lax=False)
        self._lax = pool(most=4, is_lax=True)
        self.pace = PostgresPace(self._lax)
        self._numbers = Numbers(self.process)
        self._settlements = Settlements()
        self._claims = Claims(vault)
        self._claiming = asyncio.Lock()
        self._is_idle = False
        self._worker = 0
        self._others: dict[int, Life] = {}
        self._listening: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._asking_time: asyncio.Task[None] | None = None
        self.is_listening = False
        groups = (thread, self._safe, self.health, address, self._numbers)
        self.puts: Groups[Arrival, Stored] = Groups(
            *groups, put_many, seconds=put_seconds, clock=clock, committed=self._tell_others
        )
        self.settles: Groups[tuple[Claim, Verdict], bool] = Groups(
            *groups,
            self._settle,
            seconds=_PATIENCE_SECONDS,
            clock=clock,
            unclear=self._settlements.note,
        )

    async def open(self) -> None:
        """Make ready to work.

        Raises:
            StoreError: the database cannot be used; the text says why and what to do.
        """
        if self._mode == "look":
            await self._with_connection(lambda db: check_tables(db, self._address))
        else:
            await self._with_connection(lambda db: make_tables(db, self._address, cell=self._cell))
        if self._mode == "own":
            await self._register()
            await self._bury_others()
            self._looking = self._thread.loop.create_task(self._look_after_others())
        if self._mode == "share":  # who works asks with every sign of life
            self._asking_time = self._thread.loop.create_task(self._ask_time())
        if self._mode != "look" and not self._address.is_pooled:
            self._listening = self._thread.loop.create_task(self._listen())

    async def close(self) -> None:
        """Give back what is held, say goodbye, and let go of the connections."""
        for task in (self._looking, self._listening, self._telling, self._asking_time):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        if self._worker and not self.health.trouble:
            with suppress(StoreError):
                await self.write(self._say_goodbye, seconds=_CLOSING_SECONDS)
        self.health.is_closed = True
        for connections in (self._safe, self._lax):
            await connections.close()

    async def reach(self) -> None:
        """See `PostgresStore.reach`."""
        await self._safe.reach()

    async def read(self, query: str, *values: object) -> list[Any]:
        """Rows of a named statement."""
        self.health.require()
        return await self._safe.fetch(QUERIES[query], *values)

    async def write(self, work: Work[T], *, seconds: float = _PATIENCE_SECONDS) -> T:
        """Do something in a transaction of its own; its result once it is committed.

        Raises:
            StoreUnreachable: the database could not be asked.
            StoreError: the change was refused; nothing was written.
        """
        self.health.require()
        until = time.monotonic() + seconds
        number = self._numbers.take()
        results: list[T] = []

        async def numbered(db: Connection) -> None:
            results[:] = [await work(db)]
            await db.execute(QUERIES["note_number"], *number.note(self._clock()))

        while True:
            try:
                await self._safe.transact(numbered, seconds=until - time.monotonic())
                break
            except Lost as lost:
                if lost.is_unclear and await is_committed(
                    number, self._safe, self.health, self._address, self._clock(), until
                ):
                    break
                await self._pause(lost, until)
            except Exception as error:
                if not may_work_again(error) or time.monotonic() >= until:
                    self._numbers.done(number)
                    raise not_taken(error, self._address) from error
        self._numbers.done(number)
        return results[0]

    async def claim(self, demand: Demand) -> list[Claim]:
        """See `Store.claim`."""
        self.health.require()
        async with self._claiming:
            if self._is_idle:
                (row,) = await self._safe.fetch(QUERIES["is_anything_due"], self._clock())
                if not row[0]:
                    return []
            claims = await self._claim(demand)
            self._is_idle = not claims and not self._claims.passed_over
            return claims

    async def _claim(self, demand: Demand) -> list[Claim]:
        until = time.monotonic() + _PATIENCE_SECONDS

        async def work(db: Connection) -> list[Claim]:
            return await self._claims.claim(db, demand, owner=self._worker, now=self._clock())

        while True:
            try:
                return await self._safe.transact(work, seconds=until - time.monotonic())
            except Lost as lost:
                # What a commit without an answer has started is held by nobody, and swept.
                await self._pause(lost, 0.0 if lost.is_unclear else until)
            except Exception as error:
                if not may_work_again(error) or time.monotonic() >= until:
                    raise refused(error, self._address) from error

    async def _pause(self, lost: Lost, until: float) -> None:
        """Before another try.

        Raises:
            StoreUnreachable: it would be in vain, or too late.
        """
        is_late = time.monotonic() + 2 * PAUSE_SECONDS >= until
        if self.health.trouble or is_late or is_in_vain(lost.cause):
            raise unreachable(lost.cause, self._address) from lost
        self._safe.forget_free()
        await asyncio.sleep(PAUSE_SECONDS)

    async def due_in(self) -> float | None:
        """See `Store.due_in`."""
        if self._claims.passed_over:
            return 0.0
        self.health.require()
        (row,) = await self._safe.fetch(QUERIES["due"])
        return None if row[0] is None else max(0.0, row[0] - self._clock())

    async def sweep(self, held: Collection[int]) -> int:
        """See `Store.sweep`."""
        worker = self._worker
        async with self._claiming:
            lost = await self.write(lambda db: sweep(db, worker, held))
        return lost + await self._bury_others()

    async def extend(self) -> bool:
        """See `Store.extend`."""
        self.health.require()
        until = self._clock() + self._lease_seconds
        is_alive = await self._read_time(QUERIES["extend"], self._worker, until)
        if not is_alive:
            await self._read_time(QUERIES["time"])
            log.warning("the lease of this process was over; what it held was given to others")
            await self._register()
        await self._bury_others()
        return is_alive

    async def _ask_time(self) -> None:
        """Notice that the server's clock was set."""
        while True:
            await asyncio.sleep(_TIME_SECONDS)
            with suppress(StoreError):
                await self._read_time(QUERIES["time"])

    async def _read_time(self, query: str, *values: object) -> bool:
        """Run a statement that gives the server's time; whether it gave it."""
        before = time.monotonic()
        rows = await self._safe.fetch(query, *values)
        spent = time.monotonic() - before
        for (now,) in rows:
            self._clock_read(now + spent / 2, spent)
        return bool(rows)

    async def _settle(
        self, db: Connection, settled: Sequence[tuple[Claim, Verdict]], note: Note
    ) -> list[bool]:
        known = await self._settlements.look(db, [claim for claim, _ in settled], self._clock())
        left = [one for one, result in zip(settled, known, strict=True) if result is None]
        held = iter(await settle_many(db, left, self._clock(), note) if left else ())
        return [next(held) if result is None else result for result in known]

    async def _register(self) -> None:
        now, seconds = self._clock(), self._lease_seconds
        self._worker = await self.write(
            lambda db: register(db, self._name, now=now, lease_seconds=seconds)
        )

    async def _say_goodbye(self, db: Connection) -> None:
        await give_back(db, self._worker, (), note=_STOPPED, deaths=0)
        await db.execute(QUERIES["remove_worker"], self._worker)
        await db.execute(QUERIES["end_duties"], self.process)

    async def _with_connection(self, work: Work[None]) -> None:
        """Do something outside of a transaction."""
        try:
            connection = await connect(self._address, {})
            try:
                await work(connection)
            finally:
                await connection.close(timeout=1.0)
        except StoreError:
            raise
        except Exception as error:
            if is_lost(error) and not is_mistake(error):
                raise unreachable(error, self._address) from error
            raise refused(error, self._address) from error

    # Other processes.

    async def _bury_others(self) -> int:
        """Give back what those hold whose lease is over, or who are dead."""
        rows = await self._safe.fetch(QUERIES["others"], self._worker)
        self._others = {row["id"]: Life.of(row) for row in rows}
        now, count = self._clock(), 0
        for row in rows:
            is_dead = self._others[row["id"]].is_over()
            if is_dead or row["lease_until"] <= now:
                count += await self._bury(row["id"], is_dead=is_dead)
        for (owner,) in await self._safe.fetch(QUERIES["orphans"]):
            count += await self.write(partial(_recover, owner))
        return count

    async def _bury(self, worker: int, *, is_dead: bool) -> int:
        def work(db: Connection) -> Any:
            return bury(
                db,
                worker,
                now=self._clock(),
                lease_seconds=self._lease_seconds,
                is_dead=is_dead,
            )

        count: int | None = await self.write(work)
        if count is None:
            return 0
        self._others.pop(worker, None)
        log.warning(
            "worker %d is %s; it held %d executions, which run again",
            worker,
            "dead" if is_dead else "silent",
            count,
        )
        self._is_idle = False
        self._wake()
        return count

    async def _look_after_others(self) -> None:
        """A process of this machine need not be waited for when it is dead."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for worker, life in list(self._others.items()):
                if life.is_over() and not self.health.trouble:
                    try:
                        await self._bury(worker, is_dead=True)
                    except StoreError as error:
                        log.debug("worker %d cannot be buried: %s", worker, error)

    async def _listen(self) -> None:
        """Hear what other processes do. It is a hint: whatever is missed is found later."""
        while True:
            try:
                await self._listen_once()
            except Exception as error:
                log.debug("cannot listen: %s", error)
            self.is_listening = False
            self._forget(None)
            await asyncio.sleep(random.uniform(*_RECONNECT_SECONDS))

    async def _listen_once(self) -> None:
        connection = await connect(self._address, {})
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: ended.set())
            await connection.add_listener(_WORK, self._hear_of_work)
            await connection.add_listener(_PORTAL, self._hear_of_portal)
            self._forget(None)
            self.is_listening = True
            await ended.wait()
        finally:
            connection.terminate()

    def _hear_of_work(self, connection: Connection, pid: int, channel: str, process: str) -> None:
        if process != self.process:
            self._is_idle = False
            self._wake()

    def _hear_of_portal(self, connection: Connection, pid: int, channel: str, portal: str) -> None:
        self._forget(portal)

    def _tell_others(self) -> None:
        """After a commit of deliveries: who waits for work may look."""
        self._is_idle = False
        is_told = self._telling is not None and not self._telling.done()
        if not is_told and (self._others or self._mode != "own"):
            self._telling = self._thread.loop.create_task(self._tell())

    async def _tell(self) -> None:
        await asyncio.sleep(_TELL_SECONDS)  # one for many
        with suppress(StoreUnreachable):
            await self._lax.fetch(QUERIES["tell_work"], self.process, seconds=_TOLD_SECONDS)


async def _recover(owner: int, db: Connection) -> int:
    return await recover(db, owner)
