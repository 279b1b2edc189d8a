"""One SQLite file as a process uses it: who may write when, and whether it is still there."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

from bitrix_events.errors import StoreError
from bitrix_events.failpoints import failpoint
from bitrix_events.store.sqlite.file import connect, connect_to_read, network_file_system
from bitrix_events.store.sqlite.lock import FileLock
from bitrix_events.store.sqlite.trouble import FileLost

log = logging.getLogger(__name__)

Mode = Literal["own", "share", "look"]

_TURN_SECONDS: Final = 5.0
_OWNER_PATIENCE_MS: Final = 150
_PATIENCE_MS: Final = 5_000


class Database:
    """Connections to one file: one that writes, and for each thread one that reads.

    SQLite 3.7.0 to 3.51.2 (but 3.44.6 and 3.50.7) may damage a file if one connection commits while
    another one moves the log into the file (the "WAL-reset bug", sqlite.org/wal.html). Whatever the
    version, that cannot happen here: no connection moves the log by itself. Only the owner does it,
    between its own transactions, and meanwhile it holds a file lock that every other process holds
    while it commits. The last connection to a file moves the log when it is closed, but SQLite lets
    it do so only if there is no other.

    Args:
        mode: see `SqliteStore`.
    """

    def __init__(self, path: Path, *, mode: Mode) -> None:
        self.path = path
        self.mode = mode
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._turns = FileLock(path.with_name(path.name + ".turn"))
        self._writing: sqlite3.Connection | None = None
        self._readers = threading.local()
        self._opened_readers: list[sqlite3.Connection] = []
        self._is_open = False
        self._has_complained = False
        self._file = _Watched(path)
        self._log = _Watched(path.with_name(path.name + "-wal"))
        self._index = _Watched(path.with_name(path.name + "-shm"))

    @property
    def writing(self) -> sqlite3.Connection:
        """The connection that writes."""
        if self._writing is None:
            raise StoreError("the store is not open for writing")
        return self._writing

    def take(self) -> None:
        """Become the owner of the file.

        Raises:
            StoreError: another process is, or the folder cannot be written to.
        """
        if self.path.is_dir():
            raise StoreError(f"{self.path} is a folder; set BITRIX_EVENTS_STORE to a file in it")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            locked = self._lock.acquire()
        except OSError as error:
            raise StoreError(
                f"cannot write to {self.path}: {error.filename or self.path.parent}:"
                f" {error.strerror}"
            ) from error
        if kind := network_file_system(self.path.parent):
            log.warning(
                "%s is on a network file system (%s), whose locks and syncs are often not what they"
                " seem; deliveries may be lost there: put it on a disk of this machine",
                self.path,
                kind,
            )
        if not locked:
            raise StoreError(
                f"{self.path} is in use by another process; one SQLite file serves one process:"
                " stop the other one, or set BITRIX_EVENTS_STORE to another file"
            )

    def open(self) -> None:
        """Make it ready for what the mode allows.

        Raises:
            StoreError: the file cannot be used.
        """
        if self.mode != "own" and not self.path.exists():
            raise StoreError(f"there is no store at {self.path}; has the app run here yet?")
        self._is_open = True
        self._file.forget()
        if self.mode != "look":
            self.reopen()

    def reopen(self) -> None:
        """Write with another connection from here on; the state of the old one is unknown.

        Raises:
            StoreError: the file cannot be used.
        """
        self.check()  # else a file that was removed would be made anew, and empty
        self._close_writing()
        patience = _OWNER_PATIENCE_MS if self.mode == "own" else _PATIENCE_MS
        self._writing = connect(self.path, patience_ms=patience, upgrades=self.mode == "own")
        self._file.forget()
        self._file.changed()

    def be_patient(self, is_patient: bool) -> None:
        """Whether the writing connection waits for a lock at all."""
        self.writing.execute(f"PRAGMA busy_timeout = {_OWNER_PATIENCE_MS if is_patient else 0}")

    def reader(self) -> sqlite3.Connection:
        """A connection of the calling thread that cannot write."""
        reader: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if reader is None:
            self.require_open()
            reader = connect_to_read(self.path)
            self._readers.connection = reader
            self._opened_readers.append(reader)
        return reader

    def require_open(self) -> None:
        """Raise `StoreError` if it was not opened, or closed."""
        if not self._is_open:
            raise StoreError("the store is not open")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The time in which a process that shares the file may write, and nobody moves the log."""
        if self.mode == "own":
            yield
            return
        end = time.monotonic() + _TURN_SECONDS
        while not self._turns.acquire():
            if time.monotonic() > end:
                raise StoreError(f"{self.path} is being written to all the time; try again")
            time.sleep(0.01)
        try:
            yield
        finally:
            self._turns.release()

    def move_log(self, *, to_the_end: bool = False) -> bool:
        """Move the log into the file, if this is the owner, and nobody else is writing.

        Args:
            to_the_end: leave no byte in the log; whoever reads meanwhile prevents it.

        Returns:
            Whether that was done.
        """
        if self.mode != "own":
            return True
        failpoint("checkpoint")
        try:
            if not self._turns.acquire():
                return False
            kind = "TRUNCATE" if to_the_end else "PASSIVE"
            busy, *_ = self.writing.execute(f"PRAGMA wal_checkpoint({kind})").fetchone()
            self._log.forget()
            self._file.changed(may_shrink=self._may_shrink)  # it may have grown
        except (sqlite3.Error, OSError) as error:
            if not self._has_complained:
                self._has_complained = True
                log.warning("the log of %s could not be moved into it: %s", self.path, error)
            return False
        finally:
            self._turns.release()
        self._has_complained = False
        return not busy

    def check(self) -> None:
        """Raise `FileLost` if what is written here will not be found at the next start."""
        if how := self._file.changed(may_shrink=self._may_shrink):
            raise FileLost(f"{self.path} was {how}; restart the app")
        if self.mode == "own":
            self._require_same(self._log)
            self._require_same(self._index)

    def check_log(self) -> None:
        """Raise `FileLost` if the log is not as it was left. After the next transaction a log that
        was cut looks as long as before."""
        if self.mode == "own":
            self._require_same(self._log)

    def note_damage(self, text: str) -> None:
        """Have the file salvaged at the next start; a check may not find what was found."""
        with suppress(OSError):
            damage_note(self.path).write_text(text + "\n", "utf-8")

    def close(self) -> None:
        """Close every connection, and let go of the file."""
        self._is_open = False
        for reader in self._opened_readers:
            reader.close()
        self._opened_readers.clear()
        self._readers = threading.local()
        self._close_writing()
        self._lock.release()

    def _require_same(self, beside: _Watched) -> None:
        if how := beside.changed():
            raise FileLost(f"{beside.path}, part of the store, was {how}; restart the app")

    def _close_writing(self) -> None:
        if self._writing is not None:
            self._writing.close()
            self._writing = None
        self._log.forget()  # the last connection removes them
        self._index.forget()

    def _may_shrink(self, size: int) -> bool:
        """Whether a file of this size is whole; somebody may have made it smaller with VACUUM."""
        if self._writing is None:
            return False
        pages, page = (
            self.writing.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "page_size")
        )
        return self.mode != "own" or size >= pages * page


def damage_note(path: Path) -> Path:
    """The file whose presence says that a store is damaged."""
    return path.with_name(path.name + ".is-damaged")


class _Watched:
    """A file that should stay the same one and not become shorter."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = str(path)
        self._inode = 0
        self._size = 0

    def forget(self) -> None:
        """It may be another one."""
        self._inode = self._size = 0

    def changed(self, may_shrink: Callable[[int], bool] | None = None) -> str:
        """What has happened to it, or ``""``."""
        try:
            found = os.stat(self._name)
        except FileNotFoundError:
            return "removed" if self._inode else ""
        if self._inode and found.st_ino != self._inode:
            return "replaced"
        if found.st_size < self._size and not (may_shrink and may_shrink(found.st_size)):
            return "truncated"
        self._inode, self._size = found.st_ino, found.st_size
        return ""
