"""The addresses of an app."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bitrix_events.messages import INDEX
from bitrix_events.web.install import InstallDoor
from bitrix_events.web.oauth import OAuthDoor
from bitrix_events.web.receive import Receiver

EVENTS_PATH = "/events"
INSTALL_PATH = "/install"
OAUTH_START_PATH = "/oauth/start"
OAUTH_CALLBACK_PATH = "/oauth/callback"
HEALTH_PATH = "/healthz"

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routes(receiver: Receiver, door: InstallDoor, oauth_door: OAuthDoor | None) -> list[BaseRoute]:
    """All routes. Methods are checked by the endpoints, which explain what they are for."""
    oauth_routes = []
    if oauth_door is not None:
        oauth_routes.append(Route(OAUTH_START_PATH, oauth_door.start))
        oauth_routes.append(Route(OAUTH_CALLBACK_PATH, oauth_door.callback))
    return [
        *oauth_routes,
        *(Route(path, receiver.events, methods=_METHODS) for path in _spellings(EVENTS_PATH)),
        *(Route(path, door.install, methods=_METHODS) for path in _spellings(INSTALL_PATH)),
        Route(HEALTH_PATH, health),
        Route("/", index),
    ]


def _spellings(path: str) -> tuple[str, str]:
    """People enter addresses with and without a slash; portals do not follow redirects."""
    return path, f"{path}/"


async def health(request: Request) -> Response:
    """Answers while the app takes deliveries."""
    return JSONResponse({"status": "ok"})


async def index(request: Request) -> Response:
    """What there is, for somebody who looks."""
    return PlainTextResponse(INDEX)
