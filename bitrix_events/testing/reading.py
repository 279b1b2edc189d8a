"""HTTP requests to parameters and a token, as PHP reads them.

Source: protocol.md 4.1 and 4.2.
"""

from __future__ import annotations

from email.parser import BytesParser
from typing import Final
from urllib.parse import quote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bitrix_events.errors import FormError
from bitrix_events.testing.answers import read_json
from bitrix_events.testing.batch import FORM_LIMITS
from bitrix_events.testing.methods import Params, RestError
from bitrix_events.testing.oauth import OAuthError
from bitrix_events.wire.form import decode_form

_MULTIPART: Final = "multipart/form-data"


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
        content_type = request.headers.get("content-type", "")
        if "json" in content_type:
            return params | _json_object(body)
        if content_type.lower().startswith(_MULTIPART):
            body = _as_urlencoded(content_type, body)
        return params | decode_form(body, FORM_LIMITS)
    except FormError as error:
        raise RestError("ERROR_ARGUMENT", str(error)) from error


def _json_object(body: bytes) -> Params:
    try:
        value = read_json(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _as_urlencoded(content_type: str, body: bytes) -> bytes:
    """A form of several parts, as curl's ``-F`` and PHP's arrays of fields send it, in the other
    encoding. Files are left out."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    form = BytesParser().parsebytes(head + body)
    fields = []
    for part in form.walk():
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes) and part.get_filename() is None:
            fields.append(f"{quote_plus(name)}={quote_plus(value)}")
    return "&".join(fields).encode()


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
