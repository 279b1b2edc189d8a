"""The parts of the engine by themselves: the store, and reading and proving an event.

``python -m tests.benchmarks.engine_inside FILE`` opens a store and prints, as JSON, what that and
the claims in it cost.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import uvloop
from pydantic import SecretStr

from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.store.records import Installation, NewDelivery, State, Target, Verdict
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from bitrix_events.wire.envelope import read_event
from bitrix_events.wire.form import decode_form, encode_form
from bitrix_events.wire.verify import token_digest
from tests.access import never_alive

_PRODUCERS: Final = 64
_AT_ONCE: Final = 500
_PROOFS: Final = 2000
_ROUNDS: Final = 7
_CLAIMS: Final = 2000
_DATA: Final = {"FIELDS": {"ID": "7"}, "x": "y" * 900}


def one_commit_each(path: Path, seconds: float) -> float:
    """Bare rows a second that are committed and synced one by one."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE delivery (id INTEGER PRIMARY KEY, data TEXT)")
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        db.execute("INSERT INTO delivery (data) VALUES (?)", ("y" * 900,))
        count += 1
    db.close()
    return count / seconds


async def group_commit(path: Path, seconds: float) -> float:
    """Deliveries a second that the store takes from many producers, with execution and lane."""
    store = SqliteStore(path)
    await store.open()
    count, until = 0, time.perf_counter() + seconds

    async def produce(number: int) -> None:
        nonlocal count
        delivery = NewDelivery("webhook", "ONCRMDEALADD", _DATA, f"deal:{number}")
        while time.perf_counter() < until:
            await store.put(delivery, [Target("app.handler")])
            count += 1

    await asyncio.gather(*(produce(number) for number in range(_PRODUCERS)))
    await store.close()
    return count / seconds


async def fill(path: Path, count: int, *, portal: str, code: str, handler: str) -> None:
    """Let so many executions wait, each about a record of its own."""
    store = SqliteStore(path)
    await store.open()
    for first in range(0, count, _AT_ONCE):
        puts = [
            store.put(
                NewDelivery(portal, code, {"FIELDS": {"ID": str(number)}}, f"record:{number}"),
                [Target(handler)],
            )
            for number in range(first, min(first + _AT_ONCE, count))
        ]
        await asyncio.gather(*puts)
    await store.close()


async def probe(path: Path) -> dict[str, float]:
    """Open a store, claim and settle: seconds, milliseconds, MiB."""
    before = _memory()
    began = time.perf_counter()
    store = SqliteStore(path)
    await store.open()
    opened = time.perf_counter() - began
    times = []
    for _ in range(_CLAIMS):
        began = time.perf_counter()
        claims = await store.claim(limit=8, per_portal=8)
        times.append(time.perf_counter() - began)
        await asyncio.gather(*(store.settle(claim, Verdict(State.DONE)) for claim in claims))
    cuts = statistics.quantiles(times, n=100)
    grown = _memory() - before
    await store.close()
    return {"open": opened, "claim_p50": cuts[49] * 1e3, "claim_p99": cuts[98] * 1e3, "MiB": grown}


def _memory() -> float:
    """MiB that this process has in memory."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def prove(path: Path) -> dict[str, float]:
    """Processor time of reading and of proving an event, in microseconds."""
    portal = FakePortal()
    oauth = OAuthServer(NoNetwork(), (portal.oauth_url,), portal.client_id, SecretStr("secret"))
    store = SqliteStore(path)
    await store.open()
    digest = token_digest(SecretStr(portal.application_token))
    await store.save_installation(
        Installation(portal.member_id, portal.member_id, portal.domain, token_digest=digest)
    )
    portals = AppPortals(
        store=store, oauth=oauth, http=NoNetwork(), allowed_hosts=(), is_alive=never_alive
    )
    auth = {
        "access_token": "0" * 70,
        "expires_in": "3600",
        "scope": "crm",
        "domain": portal.domain,
        "client_endpoint": portal.rest_url,
        "server_endpoint": f"{portal.oauth_url}/rest/",
        "member_id": portal.member_id,
        "user_id": "1",
        "application_token": portal.application_token,
    }
    data = {"FIELDS": {"ID": 7405}}
    body = encode_form({"event": "ONCRMDEALADD", "data": data, "ts": 1790000000, "auth": auth})
    reading, proving = [], []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(_PROOFS):
            envelope = read_event(decode_form(body))
        read = time.process_time()
        for _ in range(_PROOFS):
            await portals.admit(envelope)
        reading.append(read - began)
        proving.append(time.process_time() - read)
    await store.close()
    return {
        "reading an event": min(reading) / _PROOFS * 1e6,
        "proof of an event": min(proving) / _PROOFS * 1e6,
    }


class NoNetwork:
    """A network that nothing may need."""

    async def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        raise AssertionError(url)

    async def post_json(self, url: str, content: bytes) -> Any:
        raise AssertionError(url)


if __name__ == "__main__":
    print(json.dumps(uvloop.run(probe(Path(sys.argv[1])))))
