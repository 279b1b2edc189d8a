"""The one thread that writes: whatever is queued is committed together, with one sync to the disk.

A sync costs far more than the statements before it. While one group is being synced the next one
gathers, so that the disk and not the number of callers sets the pace; there is no timer.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from bitrix_events.errors import StoreError
from bitrix_events.failpoints import failpoint

log = logging.getLogger(__name__)

I = TypeVar("I")  # noqa: E741 - an item
T = TypeVar("T")
Change = Callable[[sqlite3.Connection], T]
Batch = Callable[[sqlite3.Connection, Sequence[I]], Sequence[T | Exception]]
"""Does for many items at once what is to be done for each; a result or a refusal for each."""

_LARGEST_GROUP = 512
_CHANGES_BETWEEN_CHECKPOINTS = 2_000


@dataclass(slots=True)
class _Submitted:
    batch: Batch[Any, Any]
    item: Any
    after: Callable[[], None] | None
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None

    def resolve(self) -> None:
        if self.future.cancelled():
            return
        if isinstance(self.result, BaseException):
            self.future.set_exception(self.result)
        else:
            self.future.set_result(self.result)


def run_changes(db: sqlite3.Connection, changes: Sequence[Change[T]]) -> Sequence[T]:
    """The `Batch` of changes that have nothing in common."""
    return [change(db) for change in changes]


class GroupCommitWriter:
    """Runs changes on one connection in grouped transactions.

    What was submitted for the same `Batch` is done together: a few statements for the whole group
    cost less than a few for each, most of all because every statement gives the interpreter's lock
    away and has to get it back. A batch may be run twice: when one change of a group fails, the
    group is rolled back and each is committed by itself, so that nobody suffers from a neighbour's
    mistake.

    Args:
        begun: called in each transaction, before its changes.
        check: called after each commit; raises `StoreError` if what was written is not safe.
        turn: entered around each transaction.
        checkpoint: moves the log into the file, in a way that SQLite knows by this name; called
            between transactions, now and then.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        begun: Callable[[], None],
        check: Callable[[], None],
        turn: Callable[[], AbstractContextManager[None]],
        checkpoint: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._begun = begun
        self._check = check
        self._turn = turn
        self._checkpoint = checkpoint
        self._changes = 0
        self._queue: SimpleQueue[_Submitted | None] = SimpleQueue()
        self._must_truncate = False
        self._closed = False
        self._closing = threading.Lock()  # nothing is queued behind the end
        self._thread = threading.Thread(target=self._run, name="bitrix-events-writer", daemon=True)
        self._thread.start()

    async def submit(
        self, batch: Batch[I, T], item: I, *, after: Callable[[], None] | None = None
    ) -> T:
        """Have ``batch`` done for ``item``; its result once it is committed and synced.

        Args:
            after: called on the writing thread after the commit, also if the caller is gone.

        Raises:
            StoreError: the database refused the change or the commit; nothing was written.
        """
        loop = asyncio.get_running_loop()
        submitted = _Submitted(batch, item, after, loop, loop.create_future())
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
                    self._checkpoint("TRUNCATE")
                _resolve(group)
                self._tend_log()

    def _tend_log(self) -> None:
        """Between transactions, when the callers have their answers."""
        changes = self._connection.total_changes
        if changes - self._changes >= _CHANGES_BETWEEN_CHECKPOINTS:
            self._changes = changes
            self._checkpoint("PASSIVE")

    def _commit(self, group: list[_Submitted]) -> None:
        try:
            self._transact(group)
        except Exception as error:
            if len(group) == 1:
                group[0].result = _explain(error)
                return
            for submitted in group:
                self._commit([submitted])

    def _transact(self, group: list[_Submitted]) -> None:
        with self._turn():
            self._transact_now(group)
        for submitted in group:
            if submitted.after is not None:
                submitted.after()

    def _transact_now(self, group: list[_Submitted]) -> None:
        together: dict[Batch[Any, Any], list[_Submitted]] = {}
        for submitted in group:
            together.setdefault(submitted.batch, []).append(submitted)
        connection = self._connection
        failpoint("before_commit")
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._begun()
            for batch, members in together.items():
                results = batch(connection, [submitted.item for submitted in members])
                for submitted, result in zip(members, results, strict=True):
                    submitted.result = result
            connection.execute("COMMIT")
            self._check()
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        failpoint("after_commit")


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
    if isinstance(error, sqlite3.Error | OSError):
        wrapped = StoreError(f"the database refused the change: {error}")
        wrapped.__cause__ = error
        return wrapped
    return error
