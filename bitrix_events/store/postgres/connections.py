"""Connections to a PostgreSQL database: made when needed, kept while they work.

Nothing is kept in a session but prepared statements, and those not behind a pooler: settings go
with each transaction.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import asyncpg

from bitrix_events.errors import StoreError, StoreUnreachable
from bitrix_events.store.postgres.address import Address
from bitrix_events.store.postgres.statements import QUERIES
from bitrix_events.store.postgres.thread import LoopThread
from bitrix_events.store.postgres.trouble import Lost, is_lost, not_taken, unreachable

log = logging.getLogger(__name__)

T = TypeVar("T")
Connection = Any
"""One of asyncpg's."""
Work = Callable[[Connection], Awaitable[T]]

CONNECT_SECONDS: Final = 5.0
PAUSE_SECONDS: Final = 0.02
"""Before something is tried again."""
_TAKES_CHANGES: Final = "SELECT current_setting('transaction_read_only') = 'off'"
_PROBE_SECONDS: Final = 1.0
_BETWEEN_PROBES: Final = (0.1, 0.3)
_FULL_SECONDS: Final = 1.0
"""Before a server that takes no more connections is asked for one more."""
_STATEMENTS: Final = 200
_SETTINGS: Final = {
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    # The statements have one good plan each, by the indexes, whatever the tables hold at the
    # moment. The statistics of tables that fill and empty all day only mislead.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}


class Connections:
    """A few connections to one database, used on the loop of one thread.

    If the server takes no more of them, the work is done with those that there are.

    Args:
        most: how many there are at most.
        is_lax: nothing that is written needs to be on the disk.
        clock_read: told the database's time, and how far off that may be, with each connection.
    """

    def __init__(
        self,
        address: Address,
        health: Health,
        *,
        most: int,
        is_lax: bool = False,
        clock_read: Callable[[float, float], None],
    ) -> None:
        self._address = address
        self._health = health
        self._settings = _SETTINGS | ({"synchronous_commit": "off"} if is_lax else {})
        settings = "; ".join(f"SET LOCAL {name} = '{v}'" for name, v in self._settings.items())
        self._begin = f"BEGIN; {settings}" if address.is_pooled else "BEGIN"
        self._is_lax = is_lax
        self._free: list[Connection] = []
        self._in_use = 0
        self._returned = asyncio.Event()
        self._full: tuple[float, Exception] | None = None
        """Until when the server is not asked for one more, and what it has said."""
        self._places = asyncio.Semaphore(most)
        self._clock_read = clock_read
        self._is_closed = False

    async def transact(self, work: Work[T], *, seconds: float) -> T:
        """Do something in a transaction, and commit it.

        Raises:
            Lost: the database could not be asked, or has not said whether it is committed.
            Exception: what ``work`` raised; nothing is written then.
        """
        end = time.monotonic() + seconds
        async with self._places:
            connection = await self._take(seconds)
            is_committing = is_whole = False
            try:
                async with asyncio.timeout(max(end - time.monotonic(), 0.001)):
                    await connection.execute(self._begin)
                    try:
                        result = await work(connection)
                    except Exception as error:
                        if not is_lost(error):
                            await connection.execute("ROLLBACK")
                            is_whole = True
                        raise
                    is_committing = True
                    await connection.execute("COMMIT")
                is_whole = True
                return result
            except Exception as error:
                if is_whole:
                    raise
                if isinstance(error, TimeoutError | asyncpg.ReadOnlySQLTransactionError):
                    self._health.fails(unreachable(error, self._address).args[0])
                if is_lost(error):
                    raise Lost(error, is_unclear=is_committing) from error
                raise
            finally:
                self._give_back(connection, is_whole=is_whole)

    async def fetch(self, query: str, *values: object, seconds: float = 10.0) -> list[Any]:
        """The rows that a statement gives, read by itself.

        Raises:
            StoreUnreachable: the database could not be asked.
            StoreError: the values are none for it.
        """
        if self._address.is_pooled:
            try:
                return await self.transact(lambda db: db.fetch(query, *values), seconds=seconds)
            except Lost as lost:
                raise unreachable(lost.cause, self._address) from lost
            except Exception as error:
                raise not_taken(error, self._address) from error
        end = time.monotonic() + seconds
        async with self._places:
            while True:
                is_kept = bool(self._free)
                connection = await self._take_or_tell(end - time.monotonic())
                is_whole = False
                try:
                    async with asyncio.timeout(max(end - time.monotonic(), 0.001)):
                        rows: list[Any] = await connection.fetch(query, *values)
                    is_whole = True
                    return rows
                except Exception as error:
                    is_whole = not is_lost(error)
                    if is_whole:
                        raise not_taken(error, self._address) from error
                    if not is_kept or time.monotonic() >= end:
                        raise unreachable(error, self._address) from error
                finally:
                    self._give_back(connection, is_whole=is_whole)

    async def reach(self) -> None:
        """Return if the server answers, and takes changes.

        Raises:
            StoreUnreachable: it does not, or not soon.
        """
        self._health.require()
        ((takes_changes,),) = await self.fetch(_TAKES_CHANGES, seconds=_PROBE_SECONDS)
        if not takes_changes:
            raise unreachable(
                asyncpg.ReadOnlySQLTransactionError("it takes no changes"), self._address
            )

    async def close(self) -> None:
        """Close what is open and free."""
        self._is_closed = True
        free, self._free = self._free, []
        for connection in free:
            with suppress(Exception):
                await connection.close(timeout=1.0)

    def forget_free(self) -> None:
        """Let go of connections that are probably gone, too."""
        free, self._free = self._free, []
        for connection in free:
            connection.terminate()

    async def _take_or_tell(self, seconds: float) -> Connection:
        try:
            return await self._take(seconds)
        except Lost as lost:
            raise unreachable(lost.cause, self._address) from lost

    async def _take(self, seconds: float) -> Connection:
        try:
            return await self._free_or_new(seconds)
        except Lost:
            raise
        except Exception as error:
            # What is lax can wait for a server that is full, and says nothing about the rest.
            if not (self._is_lax and isinstance(error, asyncpg.TooManyConnectionsError)):
                self.forget_free()
                self._health.fails(unreachable(error, self._address).args[0])
            raise Lost(error) from error

    async def _free_or_new(self, seconds: float) -> Connection:
        end = time.monotonic() + max(min(seconds, CONNECT_SECONDS), 0.001)
        while True:
            while self._free:
                connection = self._free.pop()
                if not connection.is_closed():
                    self._in_use += 1
                    return connection
            if self._in_use and self._full is not None and time.monotonic() < self._full[0]:
                await self._until_returned(end, self._full[1])
                continue
            self._in_use += 1
            try:
                return await self._connect(end)
            except BaseException as error:
                self._in_use -= 1
                self._returned.set()
                if not isinstance(error, asyncpg.TooManyConnectionsError):
                    raise
                self._full = (time.monotonic() + _FULL_SECONDS, error)
                if not (self._in_use or self._free):
                    raise

    async def _until_returned(self, end: float, error: Exception) -> None:
        self._returned.clear()
        try:
            async with asyncio.timeout(max(end - time.monotonic(), 0.0)):
                await self._returned.wait()
        except TimeoutError:
            raise Lost(error) from error

    async def _connect(self, end: float) -> Connection:
        async with asyncio.timeout(max(end - time.monotonic(), 0.001)):
            connection = await connect(
                self._address, {} if self._address.is_pooled else self._settings
            )
            try:
                await self._read_clock(connection)
            except BaseException:
                connection.terminate()
                raise
            return connection

    async def _read_clock(self, connection: Connection) -> None:
        before = time.monotonic()
        now = await connection.fetchval(QUERIES["time"])
        spent = time.monotonic() - before
        self._clock_read(now + spent / 2, spent)
        self._health.works()

    def _give_back(self, connection: Connection, *, is_whole: bool) -> None:
        self._in_use -= 1
        self._returned.set()
        if is_whole and not self._is_closed and not connection.is_closed():
            self._free.append(connection)
        else:
            connection.terminate()


async def connect(address: Address, settings: dict[str, str]) -> Connection:
    """A connection.

    Raises:
        Exception: of asyncpg, or OSError.
    """
    try:
        return await asyncpg.connect(
            dsn=address.dsn,
            timeout=CONNECT_SECONDS,
            statement_cache_size=0 if address.is_pooled else _STATEMENTS,
            max_cached_statement_lifetime=0,
            server_settings={"application_name": "bitrix_events", **settings},
        )
    except FileNotFoundError:  # or there is no such socket
        if missing := address.missing_file():
            raise StoreError(f"{address}: {missing}") from None
        raise
    except (ValueError, asyncpg.ClientConfigurationError) as error:
        raise StoreError(f"{address}: {address.without_secrets(str(error))}") from None


class Health:
    """Whether the database answers; while it does not, it is asked again and again.

    Args:
        back: called when it answers again.
    """

    def __init__(self, address: Address, thread: LoopThread, *, back: Callable[[], None]) -> None:
        self._address = address
        self._thread = thread
        self._back = back
        self._text = ""
        self._is_probing = False
        self.is_closed = False

    @property
    def trouble(self) -> str:
        """Why it cannot be reached, in one line, or ``""``."""
        return self._text

    def require(self) -> None:
        """Raise `StoreUnreachable` if it is known not to answer."""
        if self._text:
            raise StoreUnreachable(self._text)

    def fails(self, text: str) -> None:
        """Note that it does not answer."""
        if not self._text and not self.is_closed:
            log.warning("%s", text)
        self._text = text
        if not self._is_probing and not self.is_closed:
            self._is_probing = True
            self._thread.spawn(self._probe())

    def works(self) -> None:
        """Note that it answers."""
        if self._text:
            self._text = ""
            log.warning("%s answers again", self._address)
            self._back()

    async def probe(self, *, seconds: float = _PROBE_SECONDS) -> None:
        """Connect, and ask something.

        Raises:
            StoreUnreachable: it does not answer.
        """
        try:
            async with asyncio.timeout(seconds):
                connection = await connect(self._address, {})
                try:
                    takes_changes = await connection.fetchval(_TAKES_CHANGES)
                finally:
                    connection.terminate()
        except StoreError:
            raise
        except Exception as error:
            raise unreachable(error, self._address) from error
        if not takes_changes:
            raise unreachable(
                asyncpg.ReadOnlySQLTransactionError("it takes no changes"), self._address
            )

    async def _probe(self) -> None:
        try:
            while self._text and not self.is_closed:
                await asyncio.sleep(random.uniform(*_BETWEEN_PROBES))
                try:
                    await self.probe()
                except StoreError as error:
                    self._text = str(error)
                else:
                    self.works()
        finally:
            self._is_probing = False
