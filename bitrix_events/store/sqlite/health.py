"""How the file of a store is doing, without opening it as one. Reads only."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bitrix_events.errors import StoreError
from bitrix_events.store.sqlite.file import connect_to_read

_STEPS_BETWEEN_LOOKS: Final = 10_000
_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table'"


@dataclass(frozen=True, slots=True)
class FileHealth:
    """What was found.

    Attributes:
        exists: whether there is a file.
        size: bytes, the log that is not yet part of the file included.
        free: bytes that are left on its disk.
        unwritable: file or folder that this user may not write to; None if all is well.
        damage: the first thing that ``PRAGMA quick_check`` complains about; ``""`` for nothing.
        is_complete: whether the check came to its end in time.
    """

    exists: bool
    size: int = 0
    free: int = 0
    unwritable: Path | None = None
    damage: str = ""
    is_complete: bool = True


def examine(path: Path, *, seconds: float) -> FileHealth:
    """Look at the file of a store.

    Args:
        seconds: how long its content may be checked; large files take long.
    """
    folder = next(parent for parent in path.parents if parent.exists())
    free = shutil.disk_usage(folder).free
    exists = path.exists()
    needed = (path, path.parent) if exists else (folder,)  # the log is made beside the file
    unwritable = next((place for place in needed if not os.access(place, os.W_OK)), None)
    if not exists:
        return FileHealth(False, free=free, unwritable=unwritable)
    log = path.with_name(f"{path.name}-wal")
    size = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
    try:
        damage, is_complete = find_damage(path, seconds=seconds)
    except (sqlite3.Error, StoreError) as error:
        damage, is_complete = str(error), True
    return FileHealth(True, size, free, unwritable, damage, is_complete)


def find_damage(path: Path, *, seconds: float) -> tuple[str, bool]:
    """Look for damage in a store: at the beginning of every table, at the installations, and at the
    rest as far as the time goes.

    Returns:
        The first complaint, ``""`` if there is none, and whether there was time for everything.

    Raises:
        sqlite3.Error: the file cannot be read, for another reason than damage.
        StoreError: it cannot be opened.
    """
    end = time.monotonic() + seconds
    with closing(connect_to_read(path)) as db:
        alarm = threading.Timer(seconds, db.interrupt)
        alarm.start()
        try:
            tables = {row[0] for row in db.execute(_TABLES)}
            for table in sorted(tables):
                db.execute(f'SELECT * FROM "{table}" LIMIT 1').fetchone()  # noqa: S608
            db.set_progress_handler(lambda: time.monotonic() > end, _STEPS_BETWEEN_LOOKS)
            for what in ("portal", "1") if "portal" in tables else ("1",):
                (found,) = db.execute(f"PRAGMA quick_check({what})").fetchone()
                if found != "ok":
                    return " ".join(str(found).split()), True
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code == sqlite3.SQLITE_INTERRUPT:
                return "", False
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                return str(error), True
            raise
        finally:
            alarm.cancel()
            alarm.join()
    return "", True
