"""The handler by hand of somebody who knows that a sync is dear: whatever waits is committed at
once.
"""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.benchmarks.engine_peers.proof import INSERT, database, is_proven, row_of

Row = tuple[str, str]

db = database()
waiting: list[tuple[Row, asyncio.Future[None]]] = []
writers: set[asyncio.Task[None]] = set()


def write(rows: list[Row]) -> None:
    db.execute("BEGIN IMMEDIATE")
    db.executemany(INSERT, rows)
    db.execute("COMMIT")


async def write_all() -> None:
    while waiting:
        group = waiting[:]
        waiting.clear()
        await asyncio.to_thread(write, [row for row, _ in group])
        for _, stored in group:
            stored.set_result(None)


async def receive(request: Request) -> Response:
    form = await request.form()
    if not is_proven(form):
        return JSONResponse({"error": "forbidden"}, 403)
    stored = asyncio.get_running_loop().create_future()
    waiting.append((row_of(form), stored))
    if not writers:
        writer = asyncio.create_task(write_all())
        writers.add(writer)
        writer.add_done_callback(writers.discard)
    await stored
    return JSONResponse({"status": "ok"})


app = Starlette(routes=[Route("/events", receive, methods=["POST"])])
