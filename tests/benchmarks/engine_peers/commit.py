"""The handler by hand that stores: one synced commit for every request.

``app`` writes on the event loop, ``threaded_app`` in a thread; which one is faster depends on the
disk.
"""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.benchmarks.engine_peers.proof import INSERT, database, is_proven, row_of

db = database()
one_at_a_time = asyncio.Lock()


async def receive(request: Request) -> Response:
    form = await request.form()
    if not is_proven(form):
        return JSONResponse({"error": "forbidden"}, 403)
    db.execute(INSERT, row_of(form))
    return JSONResponse({"status": "ok"})


async def receive_in_thread(request: Request) -> Response:
    form = await request.form()
    if not is_proven(form):
        return JSONResponse({"error": "forbidden"}, 403)
    async with one_at_a_time:
        await asyncio.to_thread(db.execute, INSERT, row_of(form))
    return JSONResponse({"status": "ok"})


app = Starlette(routes=[Route("/events", receive, methods=["POST"])])
threaded_app = Starlette(routes=[Route("/events", receive_in_thread, methods=["POST"])])
