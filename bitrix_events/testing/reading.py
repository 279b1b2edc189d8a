"""HTTP requests to parameters and a token, as PHP reads them.

Source: protocol.md 4.1 and 4.2.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bitrix_events.errors import FormError
from bitrix_events.testing.answers import read_json
from bitrix_events.testing.batch import FORM_LIMITS
from bitrix_events.testing.methods import Params, RestError
from bitrix_events.testing.oauth import OAuthError
from bitrix_events.wire.form import decode_form


def refusal(error: OAuthError | RestError) -> Response:
    """The answer to a request that is refused."""
    body = {"error": error.code, "error_description": error.description}
    return JSONResponse(body, status_code=error.status)


async def read_params(request: Request) -> Params:
    """Query values, overlaid by those of a form or JSON body. JSON that does not parse counts as no
    body.

    Raises:
        RestError: the query or the form is no PHP form.
    """
    body = await request.body()
    try:
        params: Params = dict(decode_form(request.scope["query_string"], FORM_LIMITS))
        if "json" in request.headers.get("content-type", ""):
            return params | _json_object(body)
        return params | decode_form(body, FORM_LIMITS)
    except FormError as error:
        raise RestError("ERROR_ARGUMENT", str(error)) from error


def _json_object(body: bytes) -> Params:
    try:
        value = read_json(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def token_of(request: Request, params: Params) -> str | None:
    """The access token, from the first of the three places that has one (protocol.md 4.1)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    for name in ("auth", "access_token"):
        value = params.get(name)
        if isinstance(value, str) and value:
            return value
    return None
