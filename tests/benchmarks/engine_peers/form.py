"""What a careful person writes first: it reads the form, proves the token, and forgets."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.benchmarks.engine_peers.proof import is_proven


async def receive(request: Request) -> Response:
    form: FormData = await request.form()
    if not is_proven(form):
        return JSONResponse({"error": "forbidden"}, 403)
    return JSONResponse({"status": "ok"})


app = Starlette(routes=[Route("/events", receive, methods=["POST"])])
