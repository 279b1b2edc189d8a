"""The fake's front door: HTTP requests to REST calls, and what they answer to JSON.

Source: protocol.md 4.1 to 4.4 and 9.6.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from bitrix_events.testing.answers import php_json
from bitrix_events.testing.gate import Gate, Plan
from bitrix_events.testing.methods import Params, PortalState, RestError
from bitrix_events.testing.oauth_front import OAuthFront
from bitrix_events.testing.reading import read_params, refusal, token_of
from bitrix_events.testing.rest import RestApi
from bitrix_events.testing.v3 import RestV3

_REST: Final = "/rest/"
_V3: Final = "/rest/api/"
_METHODS: Final = ("GET", "POST")


class Front:
    """The HTTP interface of the portal and of its OAuth server: an ASGI application.

    Calls are not routed by Starlette, which takes as long as to answer them.
    """

    def __init__(self, portal: PortalState, api: RestApi, gate: Gate, oauth: OAuthFront) -> None:
        self._portal = portal
        self._api = api
        self._gate = gate
        self._v3 = RestV3(portal, api)
        self._others = Starlette(routes=oauth.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if not path.startswith(_REST):
            await self._others(scope, receive, send)
            return
        is_v3 = path.startswith(_V3)
        named = {"path": path.removeprefix(_V3 if is_v3 else _REST)}
        request = Request({**scope, "path_params": named}, receive)
        response = await self._answer(request, self._v3.plan if is_v3 else self._plan_rest)
        await response(scope, receive, send)

    async def _answer(self, request: Request, plan: Plan) -> Response:
        if request.method not in _METHODS:
            return Response(status_code=405, headers={"Allow": ", ".join(_METHODS)})
        return self._redirect(request) or await self._gate.answer(request, plan)

    async def _plan_rest(self, request: Request) -> tuple[int, Callable[[], Response]]:
        try:
            params = await read_params(request)
        except RestError as error:
            return 1, partial(refusal, error)
        path = request.path_params["path"].removesuffix("/").removesuffix(".json").split("/")
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
