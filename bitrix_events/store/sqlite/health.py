"""How the file of a store is doing, without opening it as one. Reads only."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bitrix_events.errors import StoreError
from bitrix_events.store.sqlite.file import connect_to_read

_STEPS_BETWEEN_LOOKS: Final = 10_000


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
    damage, is_complete = _quick_check(path, seconds)
    return FileHealth(True, size, free, unwritable, damage, is_complete)


def _quick_check(path: Path, seconds: float) -> tuple[str, bool]:
    """The first complaint, and whether there was time enough."""
    end = time.monotonic() + seconds
    try:
        db = connect_to_read(path)
    except StoreError as error:
        return str(error), True
    try:
        db.set_progress_handler(lambda: time.monotonic() > end, _STEPS_BETWEEN_LOOKS)
        (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return "", False
        return str(error), True
    finally:
        db.close()
    return ("", True) if found == "ok" else (" ".join(str(found).split()), True)
