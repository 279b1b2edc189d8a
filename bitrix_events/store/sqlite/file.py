"""The file of the SQLite store: opening it, and refusing what is no store."""

from __future__ import annotations

import os
import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Final

from bitrix_events.errors import StoreError

SCHEMA_VERSION: Final = 5

_NETWORK: Final = {
    *("9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs"),
    *("glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"),
}
_FOLDER: Final = files("bitrix_events.store.sqlite")
_SCHEMA: Final = _FOLDER / "schema.sql"
_UPGRADES: Final = {4: _FOLDER / "upgrade_4.sql"}
"""What makes the next version out of one."""

_STATEMENTS: Final = 256
"""Prepared once: see `statements`."""


def connect(path: Path, *, patience_ms: int = 5_000, upgrades: bool = True) -> sqlite3.Connection:
    """A connection that writes, to a file that is made if it does not exist. It never moves the
    log into the file by itself.

    Args:
        patience_ms: how long it waits while another process has the file locked.
        upgrades: give a store of an older version the schema of this one.

    Raises:
        StoreError: it cannot be opened, or is no store of this version.
    """
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(
            path,
            timeout=patience_ms / 1000,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot open {path}: {error}") from error
    try:
        db.row_factory = sqlite3.Row
        _refuse_foreign(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")  # what is forgotten leaves no bytes behind
        db.execute("PRAGMA wal_autocheckpoint = 0")
        if not _has_schema(db):
            schema = _SCHEMA.read_text("utf-8")
            db.executescript(f"BEGIN IMMEDIATE;\n{schema}\nCOMMIT;")
        while upgrades and (upgrade := _UPGRADES.get(_version(db, path))):
            db.executescript(f"BEGIN IMMEDIATE;\n{upgrade.read_text('utf-8')}\nCOMMIT;")
        check_version(db, path)
    except sqlite3.DatabaseError as error:
        db.close()
        raise StoreError(f"{path} cannot be used as a store: {error}") from error
    except StoreError:
        db.close()
        raise
    return db


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write.

    Raises:
        StoreError: it cannot be opened.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        reader = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        reader.execute("PRAGMA busy_timeout = 5000")
    except sqlite3.Error as error:
        raise StoreError(f"cannot read {path}: {error}") from error
    reader.row_factory = sqlite3.Row
    return reader


def network_file_system(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of the network file system that a folder is on; ``""`` if it is on none, or if that
    is not known here.

    Args:
        mounts: the kernel's list of what is mounted.
    """
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    place = folder.resolve()
    kinds = {}
    for line in lines:
        _, point, kind, *_ = line.split()
        kinds[Path(point.replace("\\040", " "))] = kind  # the last one lies on top
    found = next((kinds[parent] for parent in (place, *place.parents) if parent in kinds), "")
    return found if found in _NETWORK else ""


def _refuse_foreign(db: sqlite3.Connection, path: Path) -> None:
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    if tables and "meta" not in tables:
        raise StoreError(
            f"{path} is not a store of bitrix_events but another program's file;"
            " set BITRIX_EVENTS_STORE to a new one"
        )


def _has_schema(db: sqlite3.Connection) -> bool:
    found = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]
    return bool(found)


def check_version(db: sqlite3.Connection, path: Path) -> None:
    """Raise `StoreError` unless the file has the schema of this program."""
    version = _version(db, path)
    if version != SCHEMA_VERSION:
        advice = "use the release of bitrix_events that wrote it"
        if version in _UPGRADES:
            advice = "start the app once with this release, which brings the file up to date"
        raise StoreError(
            f"{path} has schema version {version}, this program needs {SCHEMA_VERSION}; {advice}"
        )


def _version(db: sqlite3.Connection, path: Path) -> int:
    try:
        (version,) = db.execute("SELECT schema_version FROM meta").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise StoreError(f"{path} is not a store of bitrix_events") from error
    return int(version)
