"""A copy of a store while an app works with it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from bitrix_events.errors import StoreError
from bitrix_events.store.sqlite.file import check_version, connect_to_read

_PAGES_AT_ONCE: Final = 4096


def back_up(path: Path, target: Path, *, tell: Callable[[float], None] | None = None) -> int:
    """Copy the file of a store, as it is at one moment: whatever was committed before this was
    called is in the copy. Nobody has to wait for it.

    The copy is one file that is complete and synced when this returns, readable by its owner only.
    The tokens in it are sealed as they are in the store; the key is not part of it.

    Args:
        target: must not exist.
        tell: told again and again which part of the pages is copied.

    Returns:
        The size of the copy in bytes.

    Raises:
        StoreError: there is no store, the target exists, or it cannot be written.
    """
    if not path.exists():
        raise StoreError(f"there is no store at {path}; has the app run here yet?")
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise StoreError(f"{target} exists already; a backup overwrites nothing") from None
    except OSError as error:
        raise StoreError(f"cannot write to {target}: {error.strerror}") from error
    try:
        _copy(path, target, tell or (lambda part: None))
        _sync(target)
        return target.stat().st_size
    except BaseException as error:
        for leftover in (target, target.with_name(f"{target.name}-journal")):
            with suppress(OSError):
                leftover.unlink()
        if isinstance(error, sqlite3.Error | OSError):
            raise StoreError(f"the copy at {target} was not finished: {error}") from error
        raise


def _copy(path: Path, target: Path, tell: Callable[[float], None]) -> None:
    with closing(connect_to_read(path)) as source, closing(sqlite3.connect(target)) as copy:
        check_version(source, path)
        # A read transaction keeps the copy at one moment, however much is written meanwhile;
        # without it the copy would begin anew with every commit of the app.
        source.execute("BEGIN")
        source.execute("SELECT schema_version FROM meta").fetchone()
        copy.execute("PRAGMA synchronous = OFF")  # synced once, at the end
        source.backup(
            copy,
            pages=_PAGES_AT_ONCE,
            progress=lambda _, left, total: tell(1 - left / max(total, 1)),
        )
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it


def _sync(target: Path) -> None:
    for place in (target, target.absolute().parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
