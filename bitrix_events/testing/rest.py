"""Executes REST calls: who calls, may they, which method, which envelope. No HTTP here.

Source: protocol.md 4.1 to 4.5.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bitrix_events.testing import (
    methods_apps,
    methods_crm,
    methods_currency,
    methods_events,
    methods_item,
    methods_lists,
    methods_offline,
    methods_portal,
    methods_product,
    methods_task,
    methods_types,
    methods_userfield,
)
from bitrix_events.testing.batch import run_batch
from bitrix_events.testing.catalog import BY_SCOPE
from bitrix_events.testing.faults import Faults
from bitrix_events.testing.limits import OperatingTime
from bitrix_events.testing.methods import (
    OWN_METHODS,
    Answer,
    Method,
    Params,
    PortalState,
    Request,
    RestError,
)
from bitrix_events.testing.oauth import OAuthError
from bitrix_events.testing.site import hex_id
from bitrix_events.testing.world import RecordMissingError, iso_time

METHODS: Final[dict[str, Method]] = {
    **methods_apps.METHODS,
    **methods_crm.METHODS,
    **methods_currency.METHODS,
    **methods_item.METHODS,
    **methods_lists.METHODS,
    **methods_product.METHODS,
    **methods_task.METHODS,
    **methods_types.METHODS,
    **methods_userfield.METHODS,
    **methods_portal.METHODS,
    **methods_events.METHODS,
    **methods_offline.METHODS,
}
SCOPES: Final = ",".join(
    sorted({method.scope for method in METHODS.values() if method.scope} | set(BY_SCOPE))
)
"""Whatever a method or an event here needs, comma separated."""
_SAY_NOT_FOUND: Final = (
    "crm.item.productrow.",
    "crm.timeline.comment.update",
    "crm.timeline.comment.delete",
)
_log = logging.getLogger("bitrix_events.testing")


@dataclass(frozen=True, slots=True)
class Call:
    """A REST call that the portal received, whether it was granted or not."""

    method: str
    """As the caller wrote it."""
    params: Params
    """Without the authorisation."""
    user_id: int
    """0 if the caller was not recognised."""
    batched: bool
    at: float
    """Unix seconds, by the portal's clock."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a call is made for, and by which of the two ways."""

    user_id: int
    by_webhook: bool
    client_id: str = ""
    """The app that calls; empty for a webhook."""
    connector_id: str = ""
    """``auth_connector`` of the HTTP request."""
    token: str = field(default="", repr=False)
    """The access token, which may end within a batch; empty for a webhook."""
    told: set[str] = field(default_factory=set, compare=False, repr=False)
    """The events that the HTTP request has raised; see `Request.told`."""


class RestApi:
    """The portal's REST interface: executes calls and remembers them."""

    def __init__(self, portal: PortalState, operating: OperatingTime, faults: Faults) -> None:
        self.calls: list[Call] = []
        self.on_call: Callable[[Call], None] | None = None
        self._portal = portal
        portal.methods = METHODS
        self._operating = operating
        self._faults = faults
        self._failures: dict[str, deque[RestError]] = {}
        self._ordered: dict[str, Callable[[Params], Any]] = {}

    def order(self, method: str, answer: Callable[[Params], Any]) -> None:
        """Let a method answer what this makes of its parameters, whether it is known or not."""
        self._ordered[method.lower()] = answer

    def ordered(self, method: str) -> Callable[[Params], Any] | None:
        """What the test has ordered a method to answer; None if nothing."""
        return self._ordered.get(method.lower())

    def fail_next(self, method: str, error: RestError, *, times: int) -> None:
        """Answer this error to the next calls of a method."""
        self._failures.setdefault(method.lower(), deque()).extend([error] * times)

    def call_with_token(self, method: str, params: Params, token: str | None) -> dict[str, Any]:
        """Execute a call that an access token authorises, and return its envelope.

        Raises:
            RestError: the call is refused.
        """
        try:
            connector = str(params.get("auth_connector") or "")
            caller = replace(self._caller_with(token), connector_id=connector)
        except RestError:
            self.note(method, params, user_id=0, batched=False)
            self._fail_on_order(method)
            raise
        return self._execute(method, params, caller)

    def call_with_webhook(
        self, method: str, params: Params, *, user_id: str, code: str
    ) -> dict[str, Any]:
        """Execute a call through the incoming webhook, and return its envelope.

        Raises:
            RestError: the call is refused.
        """
        site = self._portal.site
        if (user_id, code) != (str(site.webhook_user_id), site.webhook_code):
            self.note(method, params, user_id=0, batched=False)
            raise RestError("INVALID_CREDENTIALS", "Invalid request credentials")
        return self._execute(method, params, Caller(site.webhook_user_id, by_webhook=True))

    def enter(self, method: str, params: Params, caller: Caller, *, batched: bool) -> float:
        """Take a call down and charge it, before it is executed; returns when that was.

        Raises:
            RestError: the call is refused, on order of the test or for want of time.
        """
        start = self._portal.clock()
        self.note(method, params, user_id=caller.user_id, batched=batched)
        self._fail_on_order(method)
        if batched:
            self._faults.check_command()
        if self._operating.is_used_up(method):
            raise RestError("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit")
        self._operating.charge(method)
        return start

    def note(self, method: str, params: Params, *, user_id: int, batched: bool) -> None:
        """Take a call down, before it is executed or refused."""
        call = Call(method, without_auth(params), user_id, batched, self._portal.clock())
        self.calls.append(call)
        if self.on_call is not None:
            self.on_call(call)

    def time_since(self, start: float, method: str) -> dict[str, Any]:
        """The ``time`` of an answer."""
        finish = self._portal.clock()
        return {
            "start": start,
            "finish": finish,
            "duration": finish - start,
            "processing": finish - start,
            "date_start": iso_time(start),
            "date_finish": iso_time(finish),
            "operating_reset_at": self._operating.reset_at(method, finish),
            "operating": self._operating.used(method),
        }

    def _caller_with(self, token: str | None) -> Caller:
        """Whose token it is.

        Raises:
            RestError: it opens nothing, or no longer.
        """
        if not token:
            raise RestError("NO_AUTH_FOUND", "Wrong authorization data")
        try:
            pair = self._portal.oauth.check(token)
        except OAuthError as error:
            raise RestError(error.code, error.description, status=error.status) from None
        self._portal.check_user(pair.user_id)
        return Caller(pair.user_id, by_webhook=False, client_id=pair.client_id, token=token)

    def _execute(
        self, method: str, params: Params, caller: Caller, *, batched: bool = False
    ) -> dict[str, Any]:
        start = self.enter(method, params, caller, batched=batched)
        if batched and caller.token:  # which may have ended since the batch began
            self._caller_with(caller.token)
        given = without_auth(params)
        request = Request(
            self._portal,
            {k: v for k, v in given.items() if k not in ("start", "state")},
            caller.user_id,
            method=method.lower(),
            start=params.get("start", 0),
            by_webhook=caller.by_webhook,
            client_id=caller.client_id,
            auth_in_params="auth" in params,
            connector_id=caller.connector_id,
            told=caller.told,
        )
        try:
            result = self._dispatch(method, given, request, caller)
        except RecordMissingError:
            raise RestError(_missing_code(request.method), "Not found") from None
        answer = result if isinstance(result, Answer) else Answer(result)
        envelope: dict[str, Any] = {"result": answer.result}
        if answer.next is not None:
            envelope["next"] = answer.next
        if answer.total is not None:
            envelope["total"] = answer.total
        envelope["time"] = self.time_since(start, method)
        if params.get("state"):
            envelope["signature"] = hex_id("signature", method, params["state"])
        return envelope

    def _dispatch(self, name: str, given: Params, request: Request, caller: Caller) -> Any:
        """Find the method, check that the caller may use it, and call it."""
        if (ordered := self.ordered(name)) is not None:
            return ordered(given)
        if name.lower() == "batch":
            return run_batch(
                request.params,
                lambda method, params: self._execute(method, params, caller, batched=True),
            )
        if name.lower() == "methods":
            return sorted([*METHODS, *OWN_METHODS])
        method = METHODS.get(name.lower())
        if method is None:
            _log.warning("the fake portal does not simulate the method %r", name)
            raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!")
        if method.app_only and caller.by_webhook:
            raise RestError(
                "WRONG_AUTH_TYPE", "Current authorization type is denied for this method"
            )
        if method.scope and method.scope not in self._portal.site.scope.split(","):
            raise RestError(
                "insufficient_scope",
                "The request requires higher privileges than provided by the access token",
            )
        return method.function(request)

    def _fail_on_order(self, method: str) -> None:
        ordered = self._failures.get(method.lower())
        if ordered:
            raise ordered.popleft()


def _missing_code(method: str) -> str:
    """What a method says of a record that is not there: the old ones nothing (protocol.md 4.4)."""
    if ".userfield." in method:
        return "ERROR_NOT_FOUND"
    return "NOT_FOUND" if method.startswith(_SAY_NOT_FOUND) else ""


def without_auth(params: Params) -> Params:
    """Parameters without the two that may carry a token."""
    return {name: value for name, value in params.items() if name not in ("auth", "access_token")}
