"""What tests of failing disks share: stores on them, and ways to make them fail."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from bitrix_events.store.records import NewDelivery, Query, Stored, Target
from bitrix_events.store.sqlite.store import SqliteStore
from tests.serving import eventually

PAGE: Final = 4096


def event(number: int, *, portal: str = "acme", **changes: Any) -> NewDelivery:
    given: dict[str, Any] = {"entity": "deal:7", **changes}
    return NewDelivery(portal=portal, code="ONCRMDEALADD", data={"n": number}, **given)


async def send(store: SqliteStore, *numbers: int, **changes: Any) -> list[Stored]:
    """Store numbered deliveries one after the other."""
    return [await store.put(event(n, **changes), [Target("app.handle")]) for n in numbers]


async def stored(store: SqliteStore) -> list[int]:
    """The numbers of what is in the database, in the order of arrival."""
    found = [view.delivery.data["n"] for view in await store.find(Query(), limit=10_000)]
    return found[::-1]


async def recovered(store: SqliteStore) -> None:
    """Wait until the database takes changes again."""
    await eventually(lambda: not store.trouble)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else is writing, and does not end."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        other.close()


@contextmanager
def failing_beyond(size: int) -> Iterator[None]:
    """No file of this process can be written beyond a size: the disk says that it failed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def mounted(folder: Path, *, mebibytes: int) -> Iterator[Path]:
    """A small disk. Where this user may not mount one the test is skipped, but not in CI."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    made = subprocess.run(["mount", *options], capture_output=True, text=True)
    if made.returncode != 0:
        if os.environ.get("CI"):
            pytest.fail(f"CI has to run as somebody who may mount a disk: {made.stderr}")
        pytest.skip(f"NOT TESTED: a full disk; only root may mount one: {made.stderr}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no byte on a disk; the file to delete when there is to be room again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (2**16, 2**12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


def copied(path: Path, target: Path) -> Path:
    """The store as a crash at this moment leaves it."""
    target.mkdir()
    for suffix in ("", "-wal", ".journal", ".is-damaged"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            shutil.copyfile(source, target / source.name)
    return target / path.name


def overwrite(path: Path, content: bytes, *, page: int) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(content)
