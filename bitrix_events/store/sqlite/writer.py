"""The one thread that writes: whatever is queued is committed together, with one sync to the disk.

A sync costs far more than the statements before it. While one group is being synced the next one
gathers, so that the disk and not the number of callers sets the pace; there is no timer. What comes
in during one turn of an event loop stays together: the first of it would be a group of its own.

While the database takes nothing, deliveries go to the journal, and are taken over when it does
again. A caller is told that his delivery is stored when it is synced to the disk, here or there.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from bitrix_events.errors import StoreError
from bitrix_events.failpoints import failpoint
from bitrix_events.store.outcome import outcome
from bitrix_events.store.sqlite.database import Database
from bitrix_events.store.sqlite.journal import Record
from bitrix_events.store.sqlite.reserve import Reserve
from bitrix_events.store.sqlite.spill import Spill
from bitrix_events.store.sqlite.trouble import Trouble, trouble_of

log = logging.getLogger(__name__)

I = TypeVar("I")  # noqa: E741 - an item
T = TypeVar("T")
Change = Callable[[sqlite3.Connection], T]
Batch = Callable[[sqlite3.Connection, Sequence[I]], Sequence[T | Exception]]
"""Does for many items at once what is to be done for each; a result or a refusal for each."""

_LARGEST_GROUP: Final = 512
_CHANGES_BETWEEN_CHECKPOINTS: Final = 2_000
_PAUSE_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 5.0
_PENDING: Final = object()


@dataclass(slots=True)
class _Submitted:
    batch: Batch[Any, Any]
    item: Any
    done: Callable[[Any], None]
    after: Callable[[], None] | None
    spills: bool
    loop: asyncio.AbstractEventLoop
    result: Any = _PENDING
    give_up_at: float = 0.0


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

    With a spill, an error of the file is no answer but a `Trouble`. While it lasts, what spills is
    kept in the journal at once; other changes wait for a few seconds; and the database is tried ten
    times a second, without waiting for anybody's lock. When it writes again it first takes over the
    journal, in the order of arrival: what arrives meanwhile goes behind. A trouble that is lasting
    ends with the process. A transaction whose sync failed may be on the disk all the same, and then
    happens twice; so handlers run once more, which they have to bear anyway.

    Args:
        begun: called in each transaction, before its changes.
        spill: where deliveries go meanwhile; without one, every error is the caller's.
        reserve: space that is given up when no other is left.
    """

    def __init__(
        self,
        database: Database,
        *,
        begun: Callable[[], None],
        spill: Spill | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        self._database = database
        self._begun = begun
        self._spill = spill
        self._reserve = reserve
        self._trouble: Trouble | None = None
        self._held: list[_Submitted] = []
        self._next_try = 0.0
        self._taken_over = 0
        self._changes = 0
        self._queue: SimpleQueue[list[_Submitted] | None] = SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Submitted]] = {}
        self._must_truncate = False
        self._is_cut = True  # nothing is in the log that had to be cut off
        self._closed = False
        self._handing = threading.Lock()  # nothing is queued behind the end
        if spill is not None and spill.waiting:
            text = f"{database.path} has to take over {spill.waiting} deliveries from the journal"
            self._trouble = Trouble(text, spoils_connection=False)
        self._thread = threading.Thread(target=self._run, name="bitrix-events-writer", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Why nothing can be written at present, or ``""``."""
        trouble = self._trouble
        return trouble.text if trouble is not None else ""

    async def submit(
        self,
        batch: Batch[I, T],
        item: I,
        *,
        after: Callable[[], None] | None = None,
        spills: bool = False,
    ) -> T:
        """Have ``batch`` done for ``item``; its result once it is committed and synced.

        Args:
            after: called on the writing thread after the commit, also if the caller is gone.
            spills: ``item`` is an arrival that the journal can keep.

        Raises:
            StoreError: the change was refused; nothing was written.
        """
        return await outcome(
            lambda done: self.hand_in(batch, item, done, after=after, spills=spills)
        )

    def hand_in(
        self,
        batch: Batch[I, T],
        item: I,
        done: Callable[[T | Exception], None],
        *,
        after: Callable[[], None] | None = None,
        spills: bool = False,
    ) -> None:
        """`submit` for one who does not await: ``done`` is called with the result, or with what
        went wrong, on the event loop that this is called on.

        Raises:
            StoreError: the store is closed.
        """
        loop = asyncio.get_running_loop()
        submitted = _Submitted(batch, item, done, after, spills, loop)
        with self._handing:
            if self._closed:
                raise StoreError("the store is closed")
            gathered = self._gathered.setdefault(loop, [])
            if not gathered:
                loop.call_soon(self._pass_on, loop)
            gathered.append(submitted)

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give the thread what was handed in during this turn of an event loop."""
        with self._handing:
            if gathered := self._gathered.pop(loop, None):
                self._queue.put(gathered)

    def truncate_log(self) -> None:
        """After the present group, leave nothing of what was deleted in the write-ahead log. Called
        by a change."""
        self._must_truncate = True

    def close(self) -> None:
        """Commit what is queued, then stop the thread. What is in the journal stays there if the
        database does not take it now."""
        with self._handing:
            self._closed = True
            for gathered in self._gathered.values():
                self._queue.put(gathered)
            self._gathered.clear()
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            group, stopping = self._next_group()
            try:
                self._work(group, is_last=stopping)
            except Exception as error:
                # A mistake of ours. The only thread that writes goes on.
                log.critical("the writing thread has failed", exc_info=error)
                for submitted in group:
                    submitted.result = _explain(error)
                self._held = [s for s in self._held if s.result is _PENDING]
                _resolve(group)
        self._give_up_held(everything=True)

    def _next_group(self) -> tuple[list[_Submitted], bool]:
        """What is queued, as soon as there is something or the database is to be tried again; and
        whether it is the last."""
        group: list[_Submitted] = []
        patience = None
        if self._trouble is not None:
            patience = max(0.0, self._next_try - time.monotonic())
        try:
            some = self._queue.get(timeout=patience)
            while some is not None:
                group += some
                if len(group) >= _LARGEST_GROUP:
                    return group, False
                some = self._queue.get_nowait()
        except Empty:
            return group, False
        return group, True

    def _work(self, group: list[_Submitted], *, is_last: bool) -> None:
        if self._trouble is not None:
            self._bear(group)
            if is_last or time.monotonic() >= self._next_try:
                self._try_again()
            return
        if not group:
            return
        try:
            self._commit(group)
        except Exception as error:
            trouble = trouble_of(error, self._database.path)
            if trouble is None:
                raise
            self._enter(trouble)
            _resolve(group)
            self._bear([submitted for submitted in group if submitted.result is _PENDING])
            return
        if self._must_truncate:
            self._must_truncate = False
            self._is_cut = self._database.move_log(to_the_end=True)
        _resolve(group)
        self._tend_log()

    def _tend_log(self) -> None:
        """Between transactions, when the callers have their answers."""
        changes = self._database.writing.total_changes
        if not 0 <= changes - self._changes < _CHANGES_BETWEEN_CHECKPOINTS:
            self._changes = changes
            is_moved = self._database.move_log(to_the_end=not self._is_cut)
            self._is_cut = self._is_cut or is_moved

    def _commit(self, group: list[_Submitted]) -> None:
        """Give each its result.

        Raises:
            Exception: one that means trouble; who has no result is not served yet.
        """
        try:
            self._transact(group)
        except Exception as error:
            for submitted in group:
                submitted.result = _PENDING
            if self._spill is not None and trouble_of(error, self._database.path):
                raise
            if len(group) == 1:
                group[0].result = _explain(error)
                return
            for submitted in group:
                self._commit([submitted])

    def _transact(self, group: list[_Submitted]) -> None:
        together: dict[Batch[Any, Any], list[_Submitted]] = {}
        for submitted in group:
            together.setdefault(submitted.batch, []).append(submitted)

        def change(db: sqlite3.Connection) -> None:
            for batch, members in together.items():
                results = batch(db, [submitted.item for submitted in members])
                for submitted, result in zip(members, results, strict=True):
                    submitted.result = result

        self._in_transaction(change)
        for submitted in group:
            if submitted.after is not None:
                submitted.after()

    def _in_transaction(self, change: Change[None]) -> None:
        with self._database.turn():
            self._database.check_log()
            db = self._database.writing
            db.execute("BEGIN IMMEDIATE")
            try:
                self._begun()
                change(db)
                failpoint("before_commit")
                db.execute("COMMIT")
                self._database.check()
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        failpoint("after_commit")

    # While there is trouble.

    def _enter(self, trouble: Trouble) -> None:
        """Note what is wrong, and say so if it was not known."""
        before, self._trouble = self._trouble, trouble
        self._next_try = time.monotonic() + _PAUSE_SECONDS
        if before is None:
            self._taken_over = 0
        if before is None or (trouble.is_lasting and not before.is_lasting):
            log.error("%s; deliveries go to the journal until then", trouble.text)
        if trouble.is_full and self._reserve is not None:
            self._reserve.give_up()
            self._database.move_log(to_the_end=True)  # which gives its space back
        if trouble.is_damage:
            self._database.note_damage(trouble.text)

    def _bear(self, group: list[_Submitted]) -> None:
        """Keep deliveries in the journal; let others wait, if waiting may help."""
        assert self._trouble is not None
        self._keep([submitted for submitted in group if submitted.spills])
        others = [submitted for submitted in group if not submitted.spills]
        for submitted in others:
            if self._trouble.is_lasting:
                submitted.result = StoreError(self._trouble.text)
            else:
                submitted.give_up_at = time.monotonic() + _PATIENCE_SECONDS
        self._held += [submitted for submitted in others if submitted.result is _PENDING]
        _resolve(group)

    def _keep(self, group: list[_Submitted]) -> None:
        assert self._spill is not None
        if not group:
            return
        try:
            results = self._spill.keep([submitted.item for submitted in group])
        except Exception as error:
            if len(group) == 1:
                group[0].result = _explain(error)
                return
            for submitted in group:
                self._keep([submitted])
            return
        for submitted, result in zip(group, results, strict=True):
            submitted.result = result

    def _try_again(self) -> None:
        """One step towards the end of the trouble; nobody is kept waiting for long."""
        assert self._trouble is not None
        self._next_try = time.monotonic() + _PAUSE_SECONDS
        try:
            self._step()
        except Exception as error:
            trouble = trouble_of(error, self._database.path)
            if trouble is None:
                raise
            self._enter(trouble)
        self._give_up_held(everything=self._is_lasting())

    def _is_lasting(self) -> bool:
        return self._trouble is not None and self._trouble.is_lasting

    def _step(self) -> None:
        trouble = self._trouble
        assert trouble is not None
        if trouble.is_lasting:
            return
        if trouble.spoils_connection:
            self._database.reopen()
        self._database.be_patient(False)
        if trouble.is_full and self._reserve is not None and not self._reserve.make():
            self._commit_held()  # what ends needs little, and nothing once the log is moved
            self._database.move_log(to_the_end=True)
            return
        if not self._take_over_some():
            self._next_try = 0.0
            for submitted in self._held:  # it goes on, so that waiting does help
                submitted.give_up_at = time.monotonic() + _PATIENCE_SECONDS
            return
        self._commit_held()
        self._database.be_patient(True)
        if self._reserve is not None:
            self._reserve.make()
        self._trouble = None
        log.warning(
            "%s takes changes again; taken over from the journal: %d deliveries",
            self._database.path,
            self._taken_over,
        )

    def _take_over_some(self) -> bool:
        """Take over the oldest records; whether none is left."""
        assert self._spill is not None
        records = self._spill.next()
        try:
            self._take_over(records)
        except Exception as error:
            if not records or trouble_of(error, self._database.path):
                raise
            for record in records:
                self._take_over_one(record)
        return not self._spill.waiting

    def _take_over(self, records: Sequence[Record]) -> None:
        spill = self._spill
        assert spill is not None
        self._in_transaction(lambda db: spill.take_over(db, records))
        spill.drop(records)
        self._taken_over += len(records)

    def _take_over_one(self, record: Record) -> None:
        assert self._spill is not None
        try:
            self._take_over([record])
        except Exception as error:
            if trouble_of(error, self._database.path):
                raise
            self._spill.set_aside(record, error)

    def _commit_held(self) -> None:
        if self._held:
            try:
                self._commit(self._held)
            finally:
                served, self._held = self._held, [s for s in self._held if s.result is _PENDING]
                _resolve(served)

    def _give_up_held(self, *, everything: bool) -> None:
        """Tell those who have waited long enough, or all, that nothing was written for them."""
        now = time.monotonic()
        late = [s for s in self._held if everything or s.give_up_at <= now]
        if late:
            self._held = [s for s in self._held if s not in late]
            for submitted in late:
                submitted.result = StoreError(self.trouble or "the store is closed")
            _resolve(late)


def _resolve(group: list[_Submitted]) -> None:
    """Wake the callers who have a result: one call into each of their event loops."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Submitted]] = {}
    for submitted in group:
        if submitted.result is not _PENDING:
            by_loop.setdefault(submitted.loop, []).append(submitted)
    for loop, ready in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve_all, ready)
        except RuntimeError:  # that loop is closed, and nobody waits any more
            log.debug("%d changes were committed for callers that are gone", len(ready))


def _resolve_all(ready: list[_Submitted]) -> None:
    for submitted in ready:
        try:
            submitted.done(submitted.result)
        except Exception:
            log.exception("somebody could not be told what became of a change")


def _explain(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error | OSError):
        wrapped = StoreError(f"the database refused the change: {error}")
        wrapped.__cause__ = error
        return wrapped
    return error
