"""The fake's front door: HTTP requests to REST calls, and what they answer to JSON.

Source: protocol.md 4.1 to 4.4 and 9.6.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bitrix_events.testing.answers import php_json
from bitrix_events.testing.gate import Gate
from bitrix_events.testing.methods import Params, PortalState, RestError
from bitrix_events.testing.oauth_front import OAuthFront
from bitrix_events.testing.reading import read_params, refusal, token_of
from bitrix_events.testing.rest import RestApi
from bitrix_events.testing.v3 import RestV3


class Front:
    """The HTTP interface of the portal and of its OAuth server; ``app`` is the ASGI application."""

    def __init__(self, portal: PortalState, api: RestApi, gate: Gate, oauth: OAuthFront) -> None:
        self._portal = portal
        self._api = api
        self._gate = gate
        self._v3 = RestV3(portal, api)
        both = ["GET", "POST"]
        self.app = Starlette(
            routes=[
                Route("/rest/api/{path:path}", self._answer_v3, methods=both),
                Route("/rest/{path:path}", self._answer_rest, methods=both),
                *oauth.routes,
            ]
        )

    async def _answer_rest(self, request: Request) -> Response:
        return self._redirect(request) or await self._gate.answer(request, self._plan_rest)

    async def _answer_v3(self, request: Request) -> Response:
        return self._redirect(request) or await self._gate.answer(request, self._v3.plan)

    async def _plan_rest(self, request: Request) -> tuple[int, Callable[[], Response]]:
        try:
            params = await read_params(request)
        except RestError as error:
            return 1, partial(refusal, error)
        path = request.path_params["path"].removesuffix(".json").split("/")
        commands = params.get("cmd") if path[-1].lower() == "batch" else None
        count = len(commands) if isinstance(commands, dict | list) else 1
        return count, partial(self._execute_rest, path, params, token_of(request, params))

    def _execute_rest(self, path: list[str], params: Params, token: str | None) -> Response:
        try:
            match path:
                case [method]:
                    envelope = self._api.call_with_token(method, params, token)
                case [user_id, code, method]:
                    envelope = self._api.call_with_webhook(
                        method, params, user_id=user_id, code=code
                    )
                case _:
                    raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!")
        except RestError as error:
            return refusal(error)
        return php_json(envelope)

    def _redirect(self, request: Request) -> Response | None:
        """Where the portal has moved to, if the request came to its old address."""
        site = self._portal.site
        if not site.redirect or request.headers.get("host", "").lower() == site.domain.lower():
            return None
        self._gate.requests += 1
        query = f"?{request.url.query}" if request.url.query else ""
        place = f"{request.url.path}{query}" if site.redirect_keeps_path else "/"
        return RedirectResponse(site.base_url + place, status_code=site.redirect)
