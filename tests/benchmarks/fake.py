"""How fast the fake portal answers, and how long tests with `AppTest` take.

First the portal, against the bare writing of the same answers as JSON. Client and portal share one
core and one event loop: the client is a bare ASGI caller, or writes raw HTTP to a socket. Times are
of the processor, the best of several rounds, and include the client's. The ratio is the time of a
call over that of ``json.dumps`` of its answer.

Then whole tests, from the start of the app to its end, in seconds as a user waits for them, the
best of several rounds: with one event, and with a thousand whose handler does nothing, or reads and
writes a record.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx

from bitrix_events import App, Client
from bitrix_events.events import Deal, OnCrmDealAdd
from bitrix_events.testing import AppTest, FakePortal

CALLS = 1_000
EVENTS = 1_000
BATCHES = 4
ROUNDS = 4
RECORDS = 5_000


async def main() -> None:
    portal = FakePortal()
    portal.fill("deal", RECORDS, TITLE="Roof", OPPORTUNITY=12.5)
    query = urlencode({"order[ID]": "ASC", "start": -1})
    pages = [f"crm.deal.list?{query}&filter[>ID]={50 * n}" for n in range(50)]
    batch = {"halt": 0, "cmd": {f"p{n}": page for n, page in enumerate(pages)}}
    print(f"{'what':34} {'calls/s':>8} {'ms each':>8} {'ratio':>6}")
    async with portal.serve():
        for way, call in (("ASGI", in_process(portal)), ("socket", await over_socket(portal))):
            for method, params in (("profile", {}), ("crm.deal.get", {"id": 7})):
                await measured(f"{method} ({way})", call, method, params, CALLS)
            await measured(f"batch of 50 pages ({way})", call, "batch", batch, BATCHES)
    print(f"\n{'AppTest':34} {'seconds':>8}")
    for events in (1, EVENTS):
        for does, app in (("nothing", idle_app()), ("a read and a write", busy_app())):
            seconds = min([await waited(app, events) for _ in range(ROUNDS)])
            print(f"{f'{events} events, {does}':34} {seconds:8.3f}")


def idle_app() -> App:
    app = App()

    @app.on(OnCrmDealAdd)
    async def ignore(event: OnCrmDealAdd) -> None: ...

    return app


def busy_app() -> App:
    app = App()

    @app.on(OnCrmDealAdd)
    async def greet(deal: Deal, client: Client) -> None:
        await client.call(
            "crm.item.update", entityTypeId=2, id=deal.id, fields={"comments": "Hello"}
        )

    return app


async def waited(app: App, events: int) -> float:
    began = time.perf_counter()
    async with AppTest(app, timeout=60.0) as test:
        for _ in range(events):
            test.portal.add("deal", TITLE="Roof")
        await test.drain()
    return time.perf_counter() - began


async def measured(
    name: str,
    call: Callable[[str, bytes], Awaitable[bytes]],
    method: str,
    params: dict[str, Any],
    times: int,
) -> None:
    body = json.dumps(params).encode()
    answer = json.loads(await call(method, body))
    each = bare = math.inf
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(times):
            await call(method, body)
        each = min(each, (time.process_time() - began) / times)
        began = time.process_time()
        for _ in range(times):
            json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
        bare = min(bare, (time.process_time() - began) / times)
    print(f"{name:34} {1 / each:8,.0f} {each * 1000:8.2f} {each / bare:6.1f}")


def in_process(portal: FakePortal) -> Callable[[str, bytes], Awaitable[bytes]]:
    """A caller without any HTTP in between."""
    url = httpx.URL(portal.webhook_url)

    async def call(method: str, body: bytes) -> bytes:
        sent: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message.get("body", b""))

        scope = {
            "type": "http",
            "method": "POST",
            "path": f"{url.path}{method}",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), (b"host", url.host.encode())],
        }
        await portal(scope, receive, send)
        return b"".join(sent)

    return call


async def over_socket(portal: FakePortal) -> Callable[[str, bytes], Awaitable[bytes]]:
    """A caller with one connection that is kept open."""
    url = httpx.URL(portal.webhook_url)
    reader, writer = await asyncio.open_connection(url.host, url.port, limit=2**24)

    async def call(method: str, body: bytes) -> bytes:
        head = (
            f"POST {url.path}{method} HTTP/1.1\r\nHost: {portal.domain}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer_head = await reader.readuntil(b"\r\n\r\n")
        length = int(answer_head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        return await reader.readexactly(length)

    return call


if __name__ == "__main__":
    asyncio.run(main())
