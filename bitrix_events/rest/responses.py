"""A portal's answer to a `Response`, or to the error that says what to do.

Source: protocol.md 4.3 to 4.5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bitrix_events.errors import (
    AccessDenied,
    InstallationGone,
    NotFound,
    OperationTimeLimit,
    PortalUnreachable,
    RateLimited,
    RestError,
    TokenExpired,
)
from bitrix_events.wire.numbers import whole_number


@dataclass(frozen=True, slots=True)
class Time:
    """How long the portal worked; seconds, and moments in seconds since 1970.

    Attributes:
        operating: seconds this method has used up in the current ten minutes; None on portals
            that do not count.
        operating_reset_at: when the oldest of those minutes is forgotten.
    """

    start: float = 0.0
    finish: float = 0.0
    duration: float = 0.0
    processing: float = 0.0
    operating: float | None = None
    operating_reset_at: float | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """A successful answer.

    Attributes:
        result: what the method returns: an object, a list, a number, True, None. An empty object
            arrives as ``[]``, as PHP writes it.
        total: how many rows there are in all; lists only.
        next: offset of the next page; lists only, None on the last page.
    """

    result: Any
    total: int | None = None
    next: int | None = None
    time: Time = Time()


_BY_CODE: Final[dict[str, type[RestError]]] = {
    "query_limit_exceeded": RateLimited,
    "operation_time_limit": OperationTimeLimit,
    "expired_token": TokenExpired,
    "invalid_token": TokenExpired,
    "access_denied": AccessDenied,
    "no_auth_found": AccessDenied,
    "invalid_credentials": AccessDenied,
    "insufficient_scope": AccessDenied,
    "user_access_error": AccessDenied,
    "allowed_only_intranet_user": AccessDenied,
    "wrong_license": AccessDenied,
    "wrong_auth_type": AccessDenied,
    "not_found": NotFound,
    "error_not_found": NotFound,
    "error_entity_not_found": NotFound,
    "application_not_found": InstallationGone,
    "not_installed": InstallationGone,
    "authorization_error": InstallationGone,
    "payment_required": InstallationGone,
    "portal_deleted": InstallationGone,
}


def read_response(method: str, status: int, body: bytes, *, portal: str) -> Response:
    """Read an answer.

    Raises:
        RestError: the subclass that fits the portal's error code.
        PortalUnreachable: the answer is no JSON object.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        if status == 503:
            raise RateLimited(method, "", "503 without a text", portal=portal, status=status)
        raise PortalUnreachable(
            method,
            f"HTTP {status} with {_kind_of(body)} instead of JSON",
            portal=portal,
            maybe_executed=status < 400 or status >= 500,
            status=status,
        )
    if "error" in content:
        raise error_from(method, content, status=status, portal=portal)
    if "result" not in content:
        raise PortalUnreachable(
            method,
            f"HTTP {status} with JSON that has neither result nor error",
            portal=portal,
            maybe_executed=True,
            status=status,
        )
    return Response(
        result=content["result"],
        total=whole_number(content.get("total")),
        next=whole_number(content.get("next")),
        time=read_time(content.get("time")),
    )


def error_from(
    method: str, content: Mapping[str, Any], *, portal: str, status: int = 0
) -> RestError:
    """The error that an ``{error, error_description}`` object stands for.

    The code decides, without regard to case; the same code comes with different statuses.
    """
    error = content["error"]
    description = content.get("error_description")
    if isinstance(error, dict):  # REST 3.0, protocol.md 4.6
        description = error.get("message")
        error = error.get("code")
    code = "" if error is None else str(error)
    text = "" if description is None else str(description)
    kind = _BY_CODE.get(code.lower(), RestError)
    if not code and text.strip().lower().rstrip(".") == "not found":
        kind = NotFound
    return kind(method, code, text, portal=portal, status=status)


def read_time(content: object) -> Time:
    """The ``time`` object; whatever is missing or odd in it is left at its default."""
    if not isinstance(content, dict):
        return Time()
    seconds = {
        name: float(content[name])
        for name in Time.__dataclass_fields__
        if isinstance(content.get(name), int | float)
    }
    return Time(**seconds)


def _kind_of(body: bytes) -> str:
    if not body.strip():
        return "nothing"
    return "an HTML page" if body.lstrip()[:1] == b"<" else "something else"
