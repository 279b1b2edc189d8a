"""The one thread that writes: whatever is queued is committed together, with one sync to the disk.

A sync costs far more than the statements before it. While one group is being synced the next one
gathers, so that the disk and not the number of callers sets the pace; there is no timer.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from bitrix_events.errors import StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")
Change = Callable[[sqlite3.Connection], T]

_LARGEST_GROUP = 512


@dataclass(slots=True)
class _Submitted:
    change: Change[Any]
    after: Callable[[], None] | None
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def resolve(self) -> None:
        if self.future.cancelled():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class GroupCommitWriter:
    """Runs changes on one connection, in order, in grouped transactions.

    A change is a function of the connection. It may be run twice: when one change of a group fails
    the group is rolled back, and each is committed by itself, so that nobody suffers from a
    neighbour's mistake.

    Args:
        begun: called in each transaction, before its changes.
        check: called after each commit; raises `StoreError` if what was written is not safe.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        begun: Callable[[], None],
        check: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._begun = begun
        self._check = check
        self._queue: SimpleQueue[_Submitted | None] = SimpleQueue()
        self._must_truncate = False
        self._closed = False
        self._closing = threading.Lock()  # nothing is queued behind the end
        self._thread = threading.Thread(target=self._run, name="bitrix-events-writer", daemon=True)
        self._thread.start()

    async def submit(self, change: Change[T], *, after: Callable[[], None] | None = None) -> T:
        """Run ``change`` and return its result once it is committed and synced.

        Args:
            after: called on the writing thread after the commit, also if the caller is gone.

        Raises:
            StoreError: the database refused the change or the commit; nothing was written.
        """
        loop = asyncio.get_running_loop()
        submitted = _Submitted(change, after, loop, loop.create_future())
        with self._closing:
            if self._closed:
                raise StoreError("the store is closed")
            self._queue.put(submitted)
        result: T = await submitted.future
        return result

    def truncate_log(self) -> None:
        """After the present group, leave nothing of what was deleted in the write-ahead log. Called
        by a change."""
        self._must_truncate = True

    def close(self) -> None:
        """Commit what is queued, then stop the thread."""
        with self._closing:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            group: list[_Submitted] = []
            item = self._queue.get()
            while True:
                if item is None:
                    stopping = True
                    break
                group.append(item)
                if len(group) >= _LARGEST_GROUP:
                    break
                try:
                    item = self._queue.get_nowait()
                except Empty:
                    break
            if group:
                self._commit(group)
                if self._must_truncate:
                    self._must_truncate = False
                    with suppress(sqlite3.Error):  # the next checkpoint does it
                        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                _resolve(group)

    def _commit(self, group: list[_Submitted]) -> None:
        try:
            self._transact(group)
        except Exception as error:
            if len(group) == 1:
                group[0].error = _explain(error)
                return
            for submitted in group:
                self._commit([submitted])

    def _transact(self, group: list[_Submitted]) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._begun()
            for submitted in group:
                submitted.result = submitted.change(connection)
            connection.execute("COMMIT")
            self._check()
            for submitted in group:
                if submitted.after is not None:
                    submitted.after()
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _resolve(group: list[_Submitted]) -> None:
    """Wake the callers: one call into each of their event loops."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Submitted]] = {}
    for submitted in group:
        by_loop.setdefault(submitted.loop, []).append(submitted)
    for loop, ready in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve_all, ready)
        except RuntimeError:  # that loop is closed, and nobody waits any more
            log.debug("%d changes were committed for callers that are gone", len(ready))


def _resolve_all(ready: list[_Submitted]) -> None:
    for submitted in ready:
        submitted.resolve()


def _explain(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error):
        wrapped = StoreError(f"the database refused the change: {error}")
        wrapped.__cause__ = error
        return wrapped
    return error
