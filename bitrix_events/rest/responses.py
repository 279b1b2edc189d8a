"""A portal's answer to a `Response`, or to the error that says what to do.

Source: protocol.md 4.3 to 4.6.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from bitrix_events.errors import (
    AccessDenied,
    ConfirmationPending,
    InstallationGone,
    InvalidRequest,
    MethodNotFound,
    NotFound,
    OperationTimeLimit,
    PortalBlocked,
    PortalFault,
    PortalUnreachable,
    RateLimited,
    RestError,
    TokenExpired,
)
from bitrix_events.rest.codec import dump_json, load_json
from bitrix_events.rest.hints import V3_CODES, hint_for
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
        replayed: whether REST 3.0 answered from the memory of an earlier call with the same
            idempotency key.
    """

    result: Any
    total: int | None = None
    next: int | None = None
    time: Time = Time()
    replayed: bool = False


_BY_CODE: Final[dict[str, type[RestError]]] = {
    "query_limit_exceeded": RateLimited,
    "operation_time_limit": OperationTimeLimit,
    "overload_limit": PortalBlocked,
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
    "session_failed": AccessDenied,
    "method_confirm_denied": AccessDenied,
    "method_confirm_waiting": ConfirmationPending,
    "error_method_not_found": MethodNotFound,
    "error_manifest_is_not_available": MethodNotFound,
    "not_found": NotFound,
    "error_not_found": NotFound,
    "error_entity_not_found": NotFound,
    "error_argument": InvalidRequest,
    "invalid_arg_value": InvalidRequest,
    "invalid_request": InvalidRequest,
    "wrong_encoding": InvalidRequest,
    "error_batch_length_exceeded": InvalidRequest,
    "error_batch_method_not_allowed": InvalidRequest,
    "application_not_found": InstallationGone,
    "not_installed": InstallationGone,
    "authorization_error": InstallationGone,
    "payment_required": InstallationGone,
    "portal_deleted": InstallationGone,
    "invalid_grant": InstallationGone,
    "invalid_client": InstallationGone,
    "invalid_scope": InstallationGone,
    "internal_server_error": PortalFault,
    "error_unexpected_answer": PortalFault,
}
_BY_V3_CODE: Final[dict[str, type[RestError]]] = {
    "accessdeniedexception": AccessDenied,
    "insufficientscopeexception": AccessDenied,
    "entitynotfoundexception": NotFound,
    "methodnotfoundexception": MethodNotFound,
    "ratelimitexception": OperationTimeLimit,
    "internalexception": PortalFault,
}
_BY_STATUS: Final[dict[int, type[RestError]]] = {
    401: AccessDenied,
    403: AccessDenied,
    410: InstallationGone,
    429: RateLimited,
}
_PASSING: Final = frozenset({408, 425})
"""Answers of somebody in front of the portal, which may have passed the call on."""
_SHORTEST_SECRET: Final = 6


def read_answer(
    method: str,
    status: int,
    body: bytes,
    *,
    portal: str,
    secrets: Collection[str] = (),
    request_id: str = "",
) -> Response | RestError:
    """Read an answer to a response, or to the error that fits the portal's error code.

    The error is returned, not raised: its traceback would lead to what it must not show.

    Args:
        secrets: texts that must not appear in an error, should the portal repeat them.
    """
    try:
        content = load_json(body)
    except ValueError:
        content = None
    if isinstance(content, dict):
        if "error" in content:
            return error_from(
                method,
                content,
                status=status,
                portal=portal,
                secrets=secrets,
                request_id=request_id,
            )
        if "result" in content and status < 400:
            return Response(
                content["result"],
                whole_number(content.get("total")),
                whole_number(content.get("next")),
                read_time(content.get("time")),
            )
    what = f"HTTP {status} with {_kind_of(body, content)}"
    if status == 429:
        return RateLimited(method, "", what, portal=portal, status=status, request_id=request_id)
    may_pass = status in _PASSING or not 400 <= status < 500
    error = PortalUnreachable(
        method,
        what,
        portal=portal,
        maybe_executed=may_pass,
        status=status,
        request_id=request_id,
    )
    error.transient = may_pass
    return error


def error_from(
    method: str,
    content: Mapping[str, Any],
    *,
    portal: str,
    status: int = 0,
    secrets: Collection[str] = (),
    request_id: str = "",
) -> RestError:
    """The error that an ``{error, error_description}`` object stands for.

    The code decides, without regard to case; the same code comes with different statuses.
    """
    content = _without(secrets, content)
    error = content.get("error")
    description = content.get("error_description")
    if isinstance(error, dict):  # REST 3.0, protocol.md 4.6
        description = error.get("message")
        error = error.get("code")
    code = "" if error is None else str(error)
    text = "" if description is None else str(description)
    kind = _kind_of_error(code.lower(), status)
    if not code and text.strip().lower().rstrip(".") == "not found":
        kind = NotFound
    if code.lower() == "connection_error":  # the portal could not check the token: nothing was run
        return PortalUnreachable(
            method,
            f"{code}: {text}",
            portal=portal,
            maybe_executed=False,
            status=status,
            request_id=request_id,
        )
    failure = kind(
        method,
        code,
        text,
        portal=portal,
        status=status,
        maybe_executed=kind is PortalFault,
        content=content,
        request_id=request_id,
    )
    failure.hint = hint_for(failure)
    return failure


def read_time(content: object) -> Time:
    """The ``time`` object; whatever is missing or odd in it is left at its default."""
    if not isinstance(content, dict):
        return _NO_TIME
    get = content.get
    return Time(
        _seconds(get("start")) or 0.0,
        _seconds(get("finish")) or 0.0,
        _seconds(get("duration")) or 0.0,
        _seconds(get("processing")) or 0.0,
        _seconds(get("operating")),
        _seconds(get("operating_reset_at")),
    )


_NO_TIME: Final = Time()


def _seconds(value: object) -> float | None:
    if not isinstance(value, float | int):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if isfinite(seconds) else None


def _kind_of_error(code: str, status: int) -> type[RestError]:
    if code.startswith(V3_CODES):
        return _BY_V3_CODE.get(
            code.removeprefix(V3_CODES), PortalFault if status >= 500 else InvalidRequest
        )
    kind = _BY_CODE.get(code)
    if kind is not None:
        return kind
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return PortalFault if status >= 500 else RestError


def _without(secrets: Collection[str], content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content with our secrets blanked out, wherever the portal repeats them."""
    try:
        text = dump_json(dict(content))
    except RecursionError:
        flat = {name: value for name, value in content.items() if isinstance(value, str | int)}
        return _without(secrets, flat)
    hidden = text
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            hidden = hidden.replace(dump_json(secret)[1:-1], b"***")
    if hidden == text:
        return content
    clean: Mapping[str, Any] = load_json(hidden)
    return clean


def _kind_of(body: bytes, content: object) -> str:
    if isinstance(content, dict):
        return "JSON that has neither a result nor an error"
    if not body.strip():
        return "nothing instead of JSON"
    what = "an HTML page" if body.lstrip()[:1] == b"<" else "something else"
    return f"{what} instead of JSON"
