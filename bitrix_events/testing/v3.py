"""REST 3.0, below ``/rest/api/``: JSON in and out, errors as objects, keys against repetition.

Source: protocol.md 4.6.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bitrix_events.testing.answers import php_json, read_json
from bitrix_events.testing.batch import php_array
from bitrix_events.testing.methods import PortalState, RestError
from bitrix_events.testing.oauth import OAuthError
from bitrix_events.testing.rest import Caller, RestApi
from bitrix_events.testing.v3_methods import METHODS
from bitrix_events.testing.v3_query import Params, V3Error

_log = logging.getLogger("bitrix_events.testing")
_KEPT_SECONDS: Final = 24 * 3600
_KEY: Final = re.compile(r"[\x20-\x7e]{1,255}")
_SCOPES: Final = {"task", "tasks"}


@dataclass(frozen=True, slots=True)
class V3Call:
    """A request as it was read."""

    path: list[str]
    body: Any
    """A mapping, or the list of a batch; an error if it is neither."""
    token: str | None
    key: str | None
    """The ``Idempotency-Key``."""


class RestV3:
    """REST 3.0 of a portal."""

    def __init__(self, portal: PortalState, api: RestApi) -> None:
        self._portal = portal
        self._api = api
        self._kept: dict[tuple[object, ...], tuple[Any, Any, float]] = {}
        """Body, envelope and time by caller, method and key."""

    async def plan(self, request: Request) -> tuple[int, Callable[[], Response]]:
        """Read a request; see `gate.Plan`."""
        body = _read_body(request.headers.get("content-type", ""), await request.body())
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            token = body.get("auth", "") if isinstance(body, dict) else ""
        call = V3Call(
            request.path_params["path"].split("/"),
            {k: v for k, v in body.items() if k != "auth"} if isinstance(body, dict) else body,
            token,
            request.headers.get("idempotency-key"),
        )
        count = len(body) if isinstance(body, list) and body else 1
        return count, partial(self._answer, call)

    def _answer(self, call: V3Call) -> Response:
        headers: dict[str, str] = {}
        try:
            envelope = self._execute(call, headers)
        except V3Error as error:
            return JSONResponse(error.envelope(), status_code=error.status)
        except RestError as error:
            return _ordered_failure(error)
        return php_json(envelope, headers=headers)

    def _execute(self, call: V3Call, headers: dict[str, str]) -> Any:
        method = call.path[-1]
        params = call.body if isinstance(call.body, dict) else {}
        try:
            caller = self._caller_of(call)
        except V3Error:
            self._api.note(method, params, user_id=0, batched=False)
            raise
        if isinstance(call.body, V3Error):
            self._api.note(method, params, user_id=caller.user_id, batched=False)
            raise call.body
        if method.lower() == "batch":
            return self._run_batch(call.body, caller)
        if isinstance(call.body, list):
            raise V3Error("INVALIDJSON", "The body must be an object")
        known = METHODS.get(method.lower())
        if call.key is None or known is None or not known.changes:
            return self._call(method, params, caller)
        if not _KEY.fullmatch(call.key):
            raise V3Error("INVALIDIDEMPOTENCYKEY", "The key must be 1 to 255 printable characters")
        headers["Idempotency-Key"] = call.key
        return self._call_once(method, params, caller, call.key, headers)

    def _call_once(
        self, method: str, params: Params, caller: Caller, key: str, headers: dict[str, str]
    ) -> Any:
        """Call a method unless the same call has succeeded before."""
        place = (caller, method.lower(), key)
        body, envelope, at = self._kept.get(place, (None, None, 0.0))
        if envelope is None or at + _KEPT_SECONDS <= self._portal.clock():
            envelope = self._call(method, params, caller)
            self._kept[place] = (params, envelope, self._portal.clock())
            return envelope
        self._api.note(method, params, user_id=caller.user_id, batched=False)
        if body != params:
            raise V3Error("IDEMPOTENCYKEYREUSED", "The key was used with another body", status=422)
        headers["Idempotent-Replayed"] = "true"
        return envelope

    def _run_batch(self, calls: Any, caller: Caller) -> Any:
        """Call one method after the other; the first error is the answer to all."""
        started = self._api.enter("batch", {}, caller, batched=False)
        if (ordered := self._api.ordered("batch")) is not None:
            return {"result": ordered({}), "time": self._api.time_since(started, "batch")}
        if not isinstance(calls, list):
            raise V3Error("INVALIDSELECT", "The body of a batch must be an array")
        results: dict[str, Any] = {}
        for position, item in enumerate(calls):
            match item:
                case {"method": str(method), **more} if method.lower() != "batch":
                    query = more.get("query") or {}
                case _:
                    raise V3Error("INVALIDJSON", f"Call {position} of the batch is none")
            query = _resolve(query, results)
            envelope = self._call(method, query, caller, batched=True)
            results[str(more.get("as", position))] = envelope["result"]
        return {"result": php_array(results), "time": self._api.time_since(started, "batch")}

    def _call(
        self, method: str, params: Params, caller: Caller, *, batched: bool = False
    ) -> dict[str, Any]:
        started = self._api.enter(method, params, caller, batched=batched)
        known = METHODS.get(method.lower())
        if (ordered := self._api.ordered(method)) is not None:
            return {"result": ordered(params), "time": self._api.time_since(started, method)}
        if known is None:
            _log.warning("the fake portal does not simulate the method %r of REST 3.0", method)
            raise V3Error("METHODNOTFOUND", f"Method `{method}` was not found", status=404)
        if not _SCOPES & set(self._portal.site.scope.split(",")):
            raise V3Error("INSUFFICIENTSCOPE", "The scope `tasks` is missing", status=403)
        result = known.function(self._portal, params, caller.user_id)
        return {"result": result, "time": self._api.time_since(started, method)}

    def _caller_of(self, call: V3Call) -> Caller:
        """Who calls. A token that has expired is refused as any wrong one."""
        match call.path:
            case [_]:
                try:
                    user_id = self._portal.oauth.check(call.token or "").user_id
                    self._portal.check_user(user_id)
                except (OAuthError, RestError):
                    raise V3Error("ACCESSDENIED", "Access denied", status=401) from None
                return Caller(user_id, by_webhook=False)
            case [user, code, _]:
                site = self._portal.site
                if (user, code) != (str(site.webhook_user_id), site.webhook_code):
                    raise V3Error("ACCESSDENIED", "Access denied", status=403)
                return Caller(site.webhook_user_id, by_webhook=True)
            case _:
                raise V3Error("METHODNOTFOUND", "Method was not found", status=404)


def _ordered_failure(error: RestError) -> Response:
    """An error of the classic REST, for which a test or a limit is the reason."""
    code = str(error.code)
    if code == "OPERATION_TIME_LIMIT":
        code = "BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION"
    body = {"error": {"code": code, "message": error.description}}
    return JSONResponse(body, status_code=error.status)


def _read_body(content_type: str, body: bytes) -> Any:
    """A mapping or a list; anything else gives the error that it is."""
    if not body:
        return {}
    try:
        value = read_json(body) if "json" in content_type else None
    except ValueError:
        value = None
    if isinstance(value, dict | list):
        return value
    return V3Error("INVALIDJSON", "The body of the request is no valid JSON")


def _resolve(value: Any, results: Mapping[str, Any]) -> Any:
    """Put in what ``{"$ref": path}`` and ``{"$refArray": path}`` name of earlier results."""
    match value:
        case {"$ref": str(path), **rest} if not rest:
            return _follow(results, path.split("."))
        case {"$refArray": str(path), **rest} if not rest:
            *way, name = path.split(".")
            rows = _follow(results, way)
            if not isinstance(rows, list):
                raise V3Error("INVALIDFILTER", f"The reference {path} names no list")
            return [_follow(row, [name]) for row in rows]
        case dict():
            return {key: _resolve(item, results) for key, item in value.items()}
        case list():
            return [_resolve(item, results) for item in value]
        case _:
            return value


def _follow(value: Any, path: list[str]) -> Any:
    for key in path:
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            raise V3Error("INVALIDFILTER", f"The reference {'.'.join(path)} leads nowhere")
    return value
