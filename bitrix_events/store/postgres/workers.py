"""Processes that work on one PostgreSQL store, and what becomes of those that do so no more."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from bitrix_events.store.planning import Row
from bitrix_events.store.postgres.connections import Connection
from bitrix_events.store.postgres.queue import recover
from bitrix_events.store.postgres.statements import QUERIES
from bitrix_events.store.records import Peer

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_PROCESSES: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Life:
    """A process that anybody on the same machine can look at.

    Attributes:
        host: the machine as long as it runs, and which processes of it can see each other.
        started: tells apart processes that have had the same pid.
    """

    host: str
    pid: int
    started: str

    @classmethod
    def own(cls) -> Life:
        """This process."""
        pid = os.getpid()
        return cls(_this_host(), pid, _start_of(pid) or "")

    @classmethod
    def of(cls, row: Row) -> Life:
        """A row of ``worker``."""
        return cls(row["host"], row["pid"], row["started"])

    def is_over(self) -> bool:
        """Whether it is a process of this machine that has ended."""
        if self.host != _this_host():
            return False
        if self.started:
            return _start_of(self.pid) != self.started
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False


async def register(db: Connection, name: str, *, now: float, lease_seconds: float) -> int:
    """Become a worker; its number."""
    life = Life.own()
    row = (name, life.host, life.pid, life.started, now, now + lease_seconds)
    number: int = await db.fetchval(QUERIES["add_worker"], *row)
    return number


async def bury(
    db: Connection, worker: int, *, now: float, lease_seconds: float, is_dead: bool
) -> int | None:
    """Give back what a worker holds whose lease is over, or who is known to be dead.

    Returns:
        How many executions there were; None if the worker lives, or somebody else buries it.
    """
    row = await db.fetchrow(QUERIES["condemn_worker"], worker, now, lease_seconds, is_dead)
    if row is None:
        return None
    count = await recover(db, worker)
    await db.execute(QUERIES["remove_worker"], worker)
    return count


def peer_of(row: Row, *, now: float, lease_seconds: float) -> Peer:
    """A row of ``worker``, for people."""
    return Peer(
        name=row["name"],
        host=row["host"].partition(" ")[0],
        pid=row["pid"],
        started_at=datetime.fromtimestamp(row["started_at"], UTC),
        seen_seconds=max(0.0, now + lease_seconds - row["lease_until"]),
        held=row["held"],
    )


@cache
def _this_host() -> str:
    parts = [socket.gethostname()]
    try:
        parts.append(_BOOT_ID.read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))
    except OSError:
        pass  # not Linux: the name of the machine has to do
    return " ".join(parts)


def _start_of(pid: int) -> str | None:
    """When a process that lives was started; None if there is none, or nobody can tell."""
    try:
        stat = (_PROCESSES / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in ("Z", "X", "x") else fields[18]
