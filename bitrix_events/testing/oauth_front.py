"""The fake's OAuth host over HTTP, what can go wrong there, and the page where users consent.

Source: protocol.md 2.3 and 3.1 to 3.5.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bitrix_events.testing.faults import Fault, Reply, disturbed, ordered_error
from bitrix_events.testing.methods import Params, PortalState, RestError
from bitrix_events.testing.oauth import OAuthError
from bitrix_events.testing.reading import read_params, refusal, token_of
from bitrix_events.testing.site import OAUTH_PATH
from bitrix_events.testing.world import iso_time

OAuthPath: TypeAlias = Literal["oauth/token", "app.info"]

_PAGE: Final = "<!DOCTYPE html><html><body><h1>{}</h1></body></html>"


class OAuthFault(StrEnum):
    """What a request to the OAuth host meets instead of its answer."""

    RESET_BEFORE = "reset before"
    """The connection is reset; nothing was executed."""
    RESET_AFTER = "reset after"
    """The connection is reset before the answer; a refresh token is used up all the same."""
    HANG_BEFORE = "hang before"
    """There is never an answer, and nothing was executed. In process, which has no connection to
    wait on, the caller's time is up at once."""
    HANG_AFTER = "hang after"
    """There is never an answer, although the request was executed."""
    ERROR_AFTER = "error after"
    """A 500 with an HTML page, although the request was executed."""
    PAGE_AFTER = "page after"
    """A 200 with an HTML page, although the request was executed."""

    @property
    def executed(self) -> bool:
        """Whether the request is executed all the same."""
        return self.value.endswith("after")


@dataclass(frozen=True, slots=True)
class OAuthCall:
    """A request to the OAuth host, whether it was granted or not."""

    path: OAuthPath
    grant_type: str
    """``refresh_token``, ``authorization_code``, or empty."""
    at: float
    """Unix seconds, by the portal's clock."""
    status: int | None
    """Of the answer that was or would have been given; None if nothing was executed."""


Failure: TypeAlias = OAuthFault | str | int
"""A fault, the ``error`` of an answer, or the status of an HTML page."""
Outcome: TypeAlias = Failure | Reply


class OAuthFront:
    """The HTTP interface of the OAuth server."""

    def __init__(self, portal: PortalState) -> None:
        self.calls: list[OAuthCall] = []
        self.latency_seconds = 0.0
        self._portal = portal
        self._served = [portal]
        self._planned: dict[OAuthPath, deque[Outcome]] = {
            "oauth/token": deque(),
            "app.info": deque(),
        }
        both = ["GET", "POST"]
        self.routes = [
            Route(f"{OAUTH_PATH}/oauth/token/", self._answer_token, methods=both),
            Route(f"{OAUTH_PATH}/rest/{{method}}", self._answer_rest, methods=both),
            Route(f"{OAUTH_PATH}/rest/{{method}}/", self._answer_rest, methods=both),
            Route("/oauth/authorize/", self._answer_authorize, methods=["GET"]),
        ]

    def serve_too(self, portal: PortalState) -> None:
        """Be the OAuth host of another portal as well."""
        self._served.append(portal)

    def fail_next(self, path: OAuthPath, outcome: Outcome, *, times: int) -> None:
        """Let the next requests of this path end in another way."""
        self._planned[path].extend([outcome] * times)

    async def _answer_token(self, request: Request) -> Response:
        def execute(params: Params) -> Any:
            owners = [portal for portal in self._served if portal.oauth.knows(params)]
            return (owners or self._served)[0].oauth.grant(params)

        return await self._answer(request, "oauth/token", execute)

    async def _answer_rest(self, request: Request) -> Response:
        def execute(params: Params) -> Any:
            if request.path_params["method"].removesuffix(".json").lower() != "app.info":
                raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!")
            token = token_of(request, params)
            if not token:
                raise OAuthError("NO_AUTH_FOUND", "Wrong authorization data", status=401)
            owners = [portal for portal in self._served if portal.oauth.knows_access(token)]
            now = self._portal.clock()
            time = {
                **dict.fromkeys(("start", "finish"), now),
                **dict.fromkeys(("duration", "processing"), 0.0),
                **dict.fromkeys(("date_start", "date_finish"), iso_time(now)),
            }
            return {"result": (owners or self._served)[0].oauth.app_info(token), "time": time}

        return await self._answer(request, "app.info", execute)

    async def _answer(
        self, request: Request, path: OAuthPath, execute: Callable[[Params], Any]
    ) -> Response:
        """Execute a request unless it is to fail, and take it down."""
        planned = self._planned[path]
        outcome = planned.popleft() if planned else None
        grant_type = ""
        response: Response | None = None
        if outcome is None or (isinstance(outcome, OAuthFault) and outcome.executed):
            try:
                params = await read_params(request)
                grant_type = str(params.get("grant_type", ""))
                response = JSONResponse(execute(params))
            except (OAuthError, RestError) as error:
                response = refusal(error)
        status = response.status_code if response else None
        self.calls.append(OAuthCall(path, grant_type, self._portal.clock(), status))
        await asyncio.sleep(self.latency_seconds)
        if isinstance(outcome, Reply):
            return await outcome.to(request)
        if outcome is None and response is not None:
            return response
        return _failure(500 if outcome is None else outcome)

    async def _answer_authorize(self, request: Request) -> Response:
        """Send the visitor back with a code. What is wrong is told to him, not to the app."""
        site = self._portal.site
        try:
            params = await read_params(request)
        except RestError as error:
            return HTMLResponse(_PAGE.format(error.code))
        if params.get("client_id") != site.client_id or not self._portal.oauth.installed:
            return HTMLResponse(_PAGE.format("Application not found"))
        redirect_url, visitor = self._portal.redirect_url, self._portal.visitor
        if not redirect_url or visitor in self._portal.dismissed:
            return HTMLResponse(_PAGE.format("Access denied"))
        answer = {
            "code": self._portal.oauth.issue_code(visitor),
            "state": params.get("state", ""),
            "domain": site.domain,
            "member_id": site.member_id,
            "scope": site.scope,
            "server_domain": site.oauth_host,
        }
        glue = "&" if "?" in redirect_url else "?"
        return RedirectResponse(f"{redirect_url}{glue}{urlencode(answer)}", status_code=302)


def _failure(outcome: Failure) -> Response:
    match outcome:
        case OAuthFault.RESET_BEFORE:
            return disturbed(Fault.RESET_BEFORE, None)
        case OAuthFault.RESET_AFTER:
            return disturbed(Fault.RESET_AFTER, None)
        case OAuthFault.HANG_BEFORE | OAuthFault.HANG_AFTER:
            return disturbed(Fault.STALLED, None)
        case OAuthFault.ERROR_AFTER:
            return _failure(500)
        case OAuthFault.PAGE_AFTER:
            return _failure(200)
        case int(status):
            return HTMLResponse(_PAGE.format(f"{status} (on order of the test)"), status)
        case code:
            return refusal(ordered_error(code))
