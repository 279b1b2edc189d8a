"""Our app: a handler that does nothing, and handlers that misbehave as the event says."""

from __future__ import annotations

import asyncio
import os
import time

from bitrix_events import App, Delivery, Event

app = App()
record = os.open(os.environ.get("RECORD", os.devnull), os.O_WRONLY | os.O_APPEND | os.O_CREAT)


@app.on("ONCRMDEALADD")
async def nothing(event: Event) -> None: ...


@app.on("ONCRMCONTACTADD")
async def timed(event: Event, delivery: Delivery) -> None:
    """Writes down how long the event has waited, in milliseconds."""
    waited = time.time() - delivery.received_at.timestamp()
    os.write(record, f"{delivery.portal} {waited * 1000:.1f}\n".encode())


@app.on("ONCRMLEADADD")
async def slow(event: Event) -> None:
    await asyncio.sleep(0.05)


@app.on("ONCRMCOMPANYADD", timeout=3600)
async def hanging(event: Event) -> None:
    await asyncio.sleep(3600)


@app.on("ONCRMLEADDELETE")
async def blocking(event: Event) -> None:
    time.sleep(10)  # noqa: ASYNC251 - that is the point


@app.on("ONCRMCOMPANYDELETE")
def burning(event: Event) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        sum(range(1000))
