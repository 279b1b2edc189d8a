"""What can be wrong with the file of a store, and what somebody has to do about it."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bitrix_events.errors import StoreError

_LITTLE_BYTES: Final = 64 * 2**10

DAMAGED: Final = "it is damaged; restart the app: what can be read is carried over into a new file"

_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PASSING: Final = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_NOMEM,
}
_REASONS: Final = {
    sqlite3.SQLITE_BUSY: "another process keeps it locked; find it with fuser and stop it",
    sqlite3.SQLITE_LOCKED: "it is locked",
    sqlite3.SQLITE_PROTOCOL: "its locks do not work; is it on a network file system?",
    sqlite3.SQLITE_FULL: "its disk is full; make room",
    sqlite3.SQLITE_READONLY: "it cannot be written to; make it and its volume writable",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; look at its folder and its volume",
    sqlite3.SQLITE_PERM: "it cannot be opened; look at its folder and its volume",
    sqlite3.SQLITE_IOERR: "its disk fails; look at the system's log",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


class FileLost(StoreError):
    """The file, or its log, is no longer what was opened."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing can be written.

    Attributes:
        text: what is wrong with which file, and what to do.
        is_full: space is missing.
        is_damage: what is in the file cannot be trusted.
        is_lasting: nothing may be written to this file any more.
        spoils_connection: its state is unknown; another one has to be made.
    """

    text: str
    is_full: bool = False
    is_damage: bool = False
    is_lasting: bool = False
    spoils_connection: bool = True


def trouble_of(error: BaseException, path: Path) -> Trouble | None:
    """What an error says about the file; None if it says something about the change only."""
    if isinstance(error, FileLost):
        return Trouble(str(error), is_lasting=True)
    if isinstance(error, StoreError) and error.__cause__ is not None:
        return trouble_of(error.__cause__, path)
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in _REASONS:
            return None
        is_damage = code in _DAMAGED
        return Trouble(
            f"{path} takes nothing: {_REASONS[code]} ({error})",
            is_full=code == sqlite3.SQLITE_FULL or _is_full(path),
            is_damage=is_damage,
            is_lasting=is_damage,
            spoils_connection=code not in _PASSING,
        )
    if isinstance(error, OSError):
        return Trouble(f"{path} takes nothing: {error}", is_full=_is_full(path))
    if isinstance(error, MemoryError):
        return Trouble(f"{path} takes nothing: there is no memory left", spoils_connection=False)
    return None


def _is_full(path: Path) -> bool:
    """Whether another error than the usual one may come from missing space."""
    try:
        return shutil.disk_usage(path.parent).free < _LITTLE_BYTES
    except OSError:
        return False
