"""How many deliveries a second are taken in, durably, against two limits of the same machine.

1. The store alone: group commit against one synced commit per delivery, which is what the disk
   gives to a program that does not group.
2. The server: POST to 200 over real sockets with the store, against the same server whose store
   does nothing, which is what HTTP and Python leave to be had.
3. The processor time that one event takes before it is stored: reading it, and proving it by the
   application token of a portal that is known. The proof should stay below 100 microseconds.

Run it with ``python -m tests.benchmarks.intake``.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop
from pydantic import SecretStr

from bitrix_events import App, Event, Settings
from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.store.records import Installation, NewDelivery
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from bitrix_events.testing.serving import serve_on_socket
from bitrix_events.wire.envelope import read_event
from bitrix_events.wire.form import decode_form, encode_form
from bitrix_events.wire.verify import token_digest
from tests.access import never_alive

TOKEN = "5s94jx489d7jh1iz0o6vpuutdb4wbbct"
PRODUCERS = 64
CONNECTIONS = 32
PROOFS = 2000
ROUNDS = 7
SECONDS = 3.0
DELIVERY = NewDelivery("webhook", "ONCRMDEALADD", {"FIELDS": {"ID": "7"}, "x": "y" * 900}, "deal:7")


def main() -> None:
    if sys.argv[1:2] == ["load"]:
        uvloop.run(load(int(sys.argv[2]), float(sys.argv[3])))
        return
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        alone = one_commit_each(Path(folder) / "single.db")
        grouped = uvloop.run(group_commit(Path(folder) / "group.db"))
        print(f"store, one synced commit each   {alone:8.0f} deliveries/s      1.00")
        print(
            f"store, group commit             {grouped:8.0f} deliveries/s  {grouped / alone:8.2f}"
        )
        rates: dict[str, list[str]] = {}
        figures = {}
        for name, durable in (("without a store", False), ("durable", True)):
            rates[name] = uvloop.run(serve(Path(folder) / f"{durable}.db", durable=durable)).split()
            figures[name] = float(rates[name][0])
        limit = figures["without a store"]
        for name, (rate, p50, p99) in rates.items():
            ratio = float(rate) / limit
            print(
                f"server, {name:23} {float(rate):8.0f} deliveries/s  {ratio:8.2f}"
                f"   p50 {p50} ms, p99 {p99} ms"
            )

        for what, micros in uvloop.run(prove(Path(folder) / "proof.db")).items():
            print(f"{what:31} {micros:8.1f} microseconds of processor time")


def one_commit_each(path: Path) -> float:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE delivery (id INTEGER PRIMARY KEY, data TEXT)")
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        db.execute("INSERT INTO delivery (data) VALUES (?)", ("y" * 900,))
        count += 1
    db.close()
    return count / SECONDS


async def group_commit(path: Path) -> float:
    store = SqliteStore(path)
    await store.open()
    count, until = 0, time.perf_counter() + SECONDS

    async def produce() -> None:
        nonlocal count
        while time.perf_counter() < until:
            await store.put(DELIVERY, ["app.handler"])
            count += 1

    await asyncio.gather(*(produce() for _ in range(PRODUCERS)))
    await store.close()
    return count / SECONDS


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
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(PROOFS):
            envelope = read_event(decode_form(body))
        read = time.process_time()
        for _ in range(PROOFS):
            await portals.admit(envelope)
        reading.append(read - began)
        proving.append(time.process_time() - read)
    await store.close()
    return {
        "reading an event": min(reading) / PROOFS * 1e6,
        "proof of an event": min(proving) / PROOFS * 1e6,
    }


class NoNetwork:
    """A network that nothing may need."""

    async def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        raise AssertionError(url)

    async def post_json(self, url: str, content: bytes) -> Any:
        raise AssertionError(url)


class NullStore(SqliteStore):
    """Takes everything and keeps nothing."""

    async def put(
        self,
        delivery: NewDelivery,
        handlers: Sequence[str],
        *,
        installation: Installation | None = None,
    ) -> int:
        return 1


async def serve(path: Path, *, durable: bool) -> str:
    settings = Settings.load(
        webhook_url="https://acme.bitrix24.com/rest/1/code/",
        application_token=TOKEN,
        store=f"sqlite:///{path}",
    )
    app = App(settings, store=None if durable else NullStore(path))

    @app.on("ONCRMDEALADD")
    async def nothing(event: Event) -> None: ...

    async with serve_on_socket(app, lifespan=True) as address:
        port = address.rpartition(":")[2]
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.intake", "load", port, str(SECONDS)),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await child.communicate()
    return output.decode()


async def load(port: int, seconds: float) -> None:
    """Post over keep-alive connections, one request after another on each."""
    event = {
        "event": "ONCRMDEALADD",
        "event_handler_id": 975,
        "data": {"FIELDS": {"ID": 7405}},
        "ts": 1790000000,
        "auth": {
            "domain": "acme.bitrix24.com",
            "client_endpoint": "https://acme.bitrix24.com/rest/",
            "server_endpoint": "https://oauth.bitrix.info/rest/",
            "member_id": "a913bed9f0b1972e977edc78956a6374",
            "application_token": TOKEN,
        },
    }
    body = encode_form(event)
    head = (
        "POST /events HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    times: list[float] = []
    until = time.perf_counter() + seconds

    async def connection() -> None:
        sock = socket.create_connection(("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=sock)
        while time.perf_counter() < until:
            began = time.perf_counter()
            writer.write(request)
            answer = await reader.readuntil(b"}")
            assert b" 200 " in answer[:20], answer
            times.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    quantiles = statistics.quantiles(times, n=100)
    print(f"{len(times) / seconds:.0f} {quantiles[49] * 1000:.1f} {quantiles[98] * 1000:.1f}")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
