"""The fake's front door: HTTP requests to REST and OAuth calls, and what they answer to JSON.

Source: protocol.md 3.2, 3.5, 4.1 to 4.4 and 9.6.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bitrix_events.errors import FormError
from bitrix_events.testing.answers import php_json
from bitrix_events.testing.gate import Gate
from bitrix_events.testing.methods import Params, PortalState, RestError
from bitrix_events.testing.oauth import OAuthError
from bitrix_events.testing.rest import RestApi
from bitrix_events.testing.site import OAUTH_PATH
from bitrix_events.testing.v3 import RestV3
from bitrix_events.wire.form import FormLimits, decode_form

_LIMITS: Final = FormLimits(body_bytes=16 * 1024 * 1024, fields=10_000, containers=20_000)


class Front:
    """The HTTP interface of the portal and of its OAuth server; ``app`` is the ASGI application."""

    def __init__(self, portal: PortalState, api: RestApi, gate: Gate) -> None:
        self._portal = portal
        self._api = api
        self._gate = gate
        self._v3 = RestV3(portal, api)
        both = ["GET", "POST"]
        self.app = Starlette(
            routes=[
                Route("/rest/api/{path:path}", self._answer_v3, methods=both),
                Route("/rest/{path:path}", self._answer_rest, methods=both),
                Route(f"{OAUTH_PATH}/oauth/token/", self._answer_token, methods=both),
                Route(f"{OAUTH_PATH}/rest/{{method}}", self._answer_oauth_rest, methods=both),
            ]
        )

    async def _answer_rest(self, request: Request) -> Response:
        return self._redirect(request) or await self._gate.answer(request, self._plan_rest)

    async def _answer_v3(self, request: Request) -> Response:
        return self._redirect(request) or await self._gate.answer(request, self._v3.plan)

    async def _plan_rest(self, request: Request) -> tuple[int, Callable[[], Response]]:
        try:
            params = await _read_params(request)
        except RestError as error:
            return 1, partial(_refusal, error)
        path = request.path_params["path"].removesuffix(".json").split("/")
        commands = params.get("cmd") if path[-1].lower() == "batch" else None
        count = len(commands) if isinstance(commands, dict | list) else 1
        return count, partial(self._execute_rest, path, params, _token_of(request, params))

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
            return _refusal(error)
        return php_json(envelope)

    async def _answer_token(self, request: Request) -> Response:
        try:
            return JSONResponse(self._portal.oauth.grant(await _read_params(request)))
        except (OAuthError, RestError) as error:
            return _refusal(error)

    async def _answer_oauth_rest(self, request: Request) -> Response:
        try:
            params = await _read_params(request)
            if request.path_params["method"].removesuffix(".json").lower() != "app.info":
                raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!")
            token = _token_of(request, params)
            if not token:
                raise OAuthError("NO_AUTH_FOUND", "Wrong authorization data", status=401)
            return JSONResponse({"result": self._portal.oauth.app_info(token)})
        except (OAuthError, RestError) as error:
            return _refusal(error)

    def _redirect(self, request: Request) -> Response | None:
        """Where the portal has moved to, if the request came to its old address."""
        site = self._portal.site
        if not site.moved or request.headers.get("host", "").lower() == site.domain.lower():
            return None
        self._gate.requests += 1
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{site.base_url}{request.url.path}{query}", status_code=302)


def _refusal(error: OAuthError | RestError) -> Response:
    body = {"error": error.code, "error_description": error.description}
    return JSONResponse(body, status_code=error.status)


async def _read_params(request: Request) -> Params:
    """Query values, overlaid by those of a form or JSON body. JSON that does not parse counts as no
    body.

    Raises:
        RestError: the query or the form is no PHP form.
    """
    body = await request.body()
    try:
        params: Params = dict(decode_form(request.url.query.encode(), _LIMITS))
        if "json" in request.headers.get("content-type", ""):
            return params | _json_object(body)
        return params | decode_form(body, _LIMITS)
    except FormError as error:
        raise RestError("ERROR_ARGUMENT", str(error)) from error


def _json_object(body: bytes) -> Params:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _token_of(request: Request, params: Params) -> str | None:
    """The access token, from the first of the three places that has one (protocol.md 4.1)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    for name in ("auth", "access_token"):
        value = params.get(name)
        if isinstance(value, str) and value:
            return value
    return None
