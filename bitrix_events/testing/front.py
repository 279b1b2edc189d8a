"""The fake's front door: HTTP requests to REST and OAuth calls, and what they answer to JSON.

Source: protocol.md 3.2, 3.5, 4.1 to 4.4 and 9.6.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bitrix_events.errors import FormError
from bitrix_events.testing.methods import Params, PortalState, RestError
from bitrix_events.testing.oauth import OAuthError
from bitrix_events.testing.rest import RestApi, without_auth
from bitrix_events.testing.site import OAUTH_PATH
from bitrix_events.wire.form import FormLimits, decode_form

_LIMITS: Final = FormLimits(body_bytes=16 * 1024 * 1024, fields=10_000, containers=20_000)


class Front:
    """The HTTP interface of the portal and of its OAuth server; ``app`` is the ASGI application."""

    def __init__(self, portal: PortalState, api: RestApi) -> None:
        self._portal = portal
        self._api = api
        both = ["GET", "POST"]
        self.app = Starlette(
            routes=[
                Route("/rest/{path:path}", self._answer_rest, methods=both),
                Route(f"{OAUTH_PATH}/oauth/token/", self._answer_token, methods=both),
                Route(f"{OAUTH_PATH}/rest/{{method}}", self._answer_oauth_rest, methods=both),
            ]
        )

    async def _answer_rest(self, request: Request) -> Response:
        moved = self._redirect(request)
        if moved is not None:
            return moved
        try:
            params = await _read_params(request)
            path = request.path_params["path"].removesuffix(".json")
            match path.split("/"):
                case [method]:
                    token = _token_of(request, params)
                    envelope = self._api.call_with_token(method, without_auth(params), token)
                case [user_id, code, method]:
                    envelope = self._api.call_with_webhook(
                        method, without_auth(params), user_id=user_id, code=code
                    )
                case _:
                    raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!")
        except RestError as error:
            return JSONResponse(error.envelope(), status_code=error.status)
        return JSONResponse(_as_php(envelope))

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


def _as_php(value: Any) -> Any:
    """PHP does not know an empty mapping: it is written ``[]``."""
    if isinstance(value, dict):
        return {key: _as_php(item) for key, item in value.items()} if value else []
    if isinstance(value, list):
        return [_as_php(item) for item in value]
    return value
