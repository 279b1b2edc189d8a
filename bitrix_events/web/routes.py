"""The addresses of an app."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bitrix_events.messages import INDEX
from bitrix_events.web.health import Health
from bitrix_events.web.install import InstallDoor
from bitrix_events.web.oauth import OAuthDoor
from bitrix_events.web.receive import Receiver

EVENTS_PATH = "/events"
INSTALL_PATH = "/install"
OAUTH_START_PATH = "/oauth/start"
OAUTH_CALLBACK_PATH = "/oauth/callback"
HEALTH_PATH = "/healthz"
READY_PATH = "/readyz"
METRICS_PATH = "/metrics"

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routes(
    receiver: Receiver,
    door: InstallDoor,
    oauth_door: OAuthDoor | None,
    health: Health,
) -> list[BaseRoute]:
    """All routes. Methods are checked by the endpoints, which explain what they are for."""
    oauth_routes = []
    if oauth_door is not None:
        oauth_routes.append(Route(OAUTH_START_PATH, oauth_door.start))
        oauth_routes.append(Route(OAUTH_CALLBACK_PATH, oauth_door.callback))
    return [
        *oauth_routes,
        *(Route(path, receiver) for path in _spellings(EVENTS_PATH)),
        *(Route(path, door.install, methods=_METHODS) for path in _spellings(INSTALL_PATH)),
        *health_routes(health),
        Route("/", index),
    ]


def health_routes(health: Health) -> list[BaseRoute]:
    """Those by which a process tells how it is."""
    return [
        Route(HEALTH_PATH, health.alive),
        Route(READY_PATH, health.ready),
        Route(METRICS_PATH, health.metrics),
    ]


class Front:
    """All that an app answers. Deliveries do not go through Starlette's middleware and routing,
    which would cost them more than their way to the disk.

    Args:
        site: answers everything else, and deliveries where the app is mounted into another one.
    """

    def __init__(self, receiver: Receiver, site: ASGIApp) -> None:
        self._receiver = receiver
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        is_delivery = scope["type"] == "http" and scope["path"] == EVENTS_PATH
        if is_delivery and not scope.get("root_path"):
            await self._receiver(scope, receive, send)
        else:
            await self._site(scope, receive, send)


def _spellings(path: str) -> tuple[str, str]:
    """People enter addresses with and without a slash; portals do not follow redirects."""
    return path, f"{path}/"


async def index(request: Request) -> Response:
    """What there is, for somebody who looks."""
    return PlainTextResponse(INDEX)
