"""A process that fetches offline events is killed, and another one goes on where it was."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bitrix_events import Client
from bitrix_events.failpoints import VARIABLE
from bitrix_events.store.records import DeliveryView, Installation, Query
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.processes.collect import Wants, collect

STEPS: Final = ("offline_reserved", "offline_marked", "offline_stored", "offline_cleared")
"""Between which two steps the process is killed."""
QUEUE: Final = "bitrix_events"
_PAGE: Final = 1000


@dataclass(frozen=True)
class Report:
    """What became of the events of one portal.

    Attributes:
        made: events that the portal was to keep.
        lost: of them no handler was told.
        run_twice: of them a handler was told twice.
        stored_twice: that were stored again, and known as repeats.
        is_clean: nothing is left on the portal, and nothing is remembered.
    """

    step: str
    was_killed: bool
    made: int
    lost: int
    run_twice: int
    stored_twice: int
    is_clean: bool


async def killed_at(step: str, folder: Path, *, before: int = 20, after: int = 5) -> Report:
    """Let a process fetch the events that were made before, kill it at a step, and let another one
    fetch the rest, with those that were made after."""
    async with FakePortal().serve() as portal:
        token = portal.issue_tokens().access_token
        where = (portal.member_id, portal.rest_url, token)
        async with Client(portal.rest_url, token=token) as client:
            named = client.with_options(auth_connector=QUEUE)
            await named.call("event.bind", event="ONCRMDEALADD", event_type="offline")
            path = await _installed(portal, folder / f"{step}.db")
            made = {f"deal:{portal.add('deal')}" for _ in range(before)}

            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.processes.collect", str(path), *where),
                env={**os.environ, VARIABLE: f"{step}=kill@1"},
            )
            code = await process.wait()

            made |= {f"deal:{portal.add('deal')}" for _ in range(after)}
            store = SqliteStore(path)
            await store.open()
            await collect(store, *where)
            stored = await _all(store)
            mark = await store.mark(portal.member_id, f"offline {QUEUE}")
            await store.close()
            left = (await named.call("event.offline.list")).result
    runs = Counter(view.delivery.entity for view in stored for _ in view.executions)
    return Report(
        step=step,
        was_killed=code == -signal.SIGKILL,
        made=len(made),
        lost=len(made - runs.keys()),
        run_twice=sum(count - 1 for count in runs.values()),
        stored_twice=len(stored) - len(made),
        is_clean=left == [] and mark is None,
    )


async def _installed(portal: FakePortal, path: Path) -> Path:
    """A store that knows of the portal, and of what it keeps."""
    store = SqliteStore(path)
    await store.open()
    bound = tuple(f"{code}@{QUEUE}" for code in Wants().codes)
    assert await store.save_installation(
        Installation(portal.member_id, portal.member_id, portal.domain, bound_codes=bound)
    )
    await store.close()
    return path


async def _all(store: SqliteStore) -> list[DeliveryView]:
    found: list[DeliveryView] = []
    while True:
        before = found[-1].delivery.id if found else None
        page = await store.find(Query(), limit=_PAGE, before=before)
        found += page
        if len(page) < _PAGE:
            return found
