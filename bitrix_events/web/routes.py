"""The addresses of an app."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bitrix_events.messages import INDEX
from bitrix_events.web.install import InstallDoor
from bitrix_events.web.receive import Receiver

EVENTS_PATH = "/events"
INSTALL_PATH = "/install"
HEALTH_PATH = "/healthz"

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routes(receiver: Receiver, door: InstallDoor) -> list[BaseRoute]:
    """All routes. Methods are checked by the endpoints, which explain what they are for."""
    return [
        Route(EVENTS_PATH, receiver.events, methods=_METHODS),
        Route(INSTALL_PATH, door.install, methods=_METHODS),
        Route(HEALTH_PATH, health),
        Route("/", index),
    ]


async def health(request: Request) -> Response:
    """Answers while the app takes deliveries."""
    return JSONResponse({"status": "ok"})


async def index(request: Request) -> Response:
    """What there is, for somebody who looks."""
    return PlainTextResponse(INDEX)
