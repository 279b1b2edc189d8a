"""What can go wrong between a caller and the portal, by chance or at a chosen moment."""

from __future__ import annotations

import os
import random
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias, TypeVar

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from bitrix_events.testing.methods import RestError

K = TypeVar("K")

BREAK_EXTENSION: Final = "bitrix_events.break"
"""Where the ASGI scope has a function that breaks the connection, if there is one: it takes
``reset``, whether by a TCP RST or by an orderly end."""

_BUSY_PAGE: Final = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"
_PADDING_MIB: Final = 64
_MIB_OF_BLANKS: Final = b" " * 2**20
_OTHER_PAGE: Final = "<!DOCTYPE html><html><body>Please log in.</body></html>"


class Fault(StrEnum):
    """What a REST request meets instead of its answer."""

    UNREACHED = "unreached"
    """No connection at all. On a socket, which has one by then, the same as RESET_BEFORE."""
    RESET_BEFORE = "reset before"
    """The connection is reset; nothing was executed."""
    RESET_AFTER = "reset after"
    """The connection is reset before the first byte of the answer; the request was executed."""
    CUT = "cut"
    """The connection ends in the middle of the answer; the request was executed."""
    BUSY_BEFORE = "busy before"
    """A 503 with an HTML page; nothing was executed."""
    BUSY_AFTER = "busy after"
    """A 503 with an HTML page, although the request was executed."""
    ERROR_AFTER = "error after"
    """A 500 INTERNAL_SERVER_ERROR, although the request was executed."""
    PAGE_AFTER = "page after"
    """A 200 with an HTML page, although the request was executed."""
    TRUNCATED = "truncated"
    """A 200 with the first half of the JSON, as if it were all; the request was executed."""
    STALLED = "stalled"
    """No byte of an answer ever comes, so that the caller's patience ends; the request was
    executed."""

    @property
    def executed(self) -> bool:
        """Whether the portal executes the request all the same."""
        return self not in (Fault.UNREACHED, Fault.RESET_BEFORE, Fault.BUSY_BEFORE)


class Obstacle(StrEnum):
    """What a REST request meets that asking once more does not mend."""

    HUGE = "huge"
    """The answer is followed by blanks, 64 MiB of them; the request was executed."""
    TLS = "tls"
    """The portal's certificate is not accepted, and nothing was executed. On a socket, where the
    portal speaks no TLS, the connection is reset."""

    @property
    def executed(self) -> bool:
        """Whether the portal executes the request all the same."""
        return self is Obstacle.HUGE


@dataclass(frozen=True, slots=True)
class Reply:
    """What a REST request gets from something in front of the portal, such as a proxy or a page to
    log in; nothing is executed. Results are ordered with `FakePortal.answer` instead.

    Attributes:
        status: the HTTP status.
        content: bytes, or a value that is sent as JSON; or a function that makes either of what
            was sent: the address, the headers and the body, as one text.
        headers: further headers.
    """

    status: int = 200
    content: Any | Callable[[str], Any] = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    async def to(self, request: Request) -> Response:
        """The answer to a request."""
        content = self.content
        if callable(content):
            body = (await request.body()).decode(errors="replace")
            content = content(f"{request.url} {dict(request.headers)} {body}")
        if isinstance(content, bytes):
            return Response(content, self.status, self.headers)
        return JSONResponse(content, self.status, self.headers)


Trouble: TypeAlias = Fault | Obstacle | Reply
NEVER_ARRIVE: Final = (Fault.UNREACHED, Obstacle.TLS)
"""What happens to requests that do not reach the portal at all."""


class Faults:
    """Decides what happens to each request, and to each command within a batch."""

    def __init__(self) -> None:
        self._chances: Mapping[Fault, float] = {}
        self._command_chances: Mapping[str, float] = {}
        self._random = random.Random(0)
        self._request_plan: dict[int, Trouble] = {}
        self._command_plan: dict[int, RestError] = {}
        self._requests = 0
        self._commands = 0

    def disturb(
        self, chances: Mapping[Fault, float], commands: Mapping[str, float], seed: int
    ) -> None:
        for each in (chances, commands):
            if any(chance < 0 for chance in each.values()) or sum(each.values()) > 1:
                raise ValueError("probabilities are between 0 and 1, also in total")
        self._chances, self._command_chances = dict(chances), dict(commands)
        self._random = random.Random(seed)

    def plan_request(self, nth: int, fault: Trouble, *, times: int) -> None:
        if nth < 1:
            raise ValueError("the next request is number 1")
        first = self._requests + nth
        self._request_plan |= dict.fromkeys(range(first, first + times), fault)

    def plan_command(self, nth: int, error: RestError) -> None:
        if nth < 1:
            raise ValueError("the next command is number 1")
        self._command_plan[self._commands + nth] = error

    def next_request(self) -> Trouble | None:
        """What happens to the request that came just now."""
        self._requests += 1
        by_chance = _draw(self._random, self._chances)
        return self._request_plan.pop(self._requests, by_chance)

    def check_command(self) -> None:
        """Called for each command of a batch.

        Raises:
            RestError: it fails.
        """
        self._commands += 1
        code = _draw(self._random, self._command_chances)
        planned = self._command_plan.pop(self._commands, None)
        if planned is not None:
            raise planned
        if code is not None:
            raise ordered_error(code)


def ordered_error(code: str, *, description: str = "", status: int | None = None) -> RestError:
    """An error that a test has ordered."""
    return RestError(code, description or f"{code} (on order of the test)", status=status)


def disturbed(fault: Fault | Obstacle, answer: Response | None) -> Response:
    """What the caller gets instead of the answer, if there is one."""
    match fault:
        case Fault.BUSY_BEFORE | Fault.BUSY_AFTER:
            return HTMLResponse(_BUSY_PAGE, status_code=503)
        case Fault.ERROR_AFTER:
            error = ordered_error("INTERNAL_SERVER_ERROR")
            return JSONResponse(error.envelope(), status_code=error.status)
        case Fault.PAGE_AFTER:
            return HTMLResponse(_OTHER_PAGE)
        case Fault.TRUNCATED:
            body = bytes(answer.body) if answer else b""
            return Response(body[: len(body) // 2], media_type="application/json")
        case Obstacle.HUGE:
            return StreamingResponse(_padded(answer), media_type="application/json")
        case Fault.STALLED:
            return _Stalled()
        case Obstacle.TLS:
            refused = httpx.ConnectError("certificate verify failed (on order of the test)")
            refused.__cause__ = ssl.SSLCertVerificationError("certificate verify failed")
            return _Broken(refused)
        case Fault.UNREACHED:
            return _Broken(httpx.ConnectError("no connection (on order of the test)"))
        case Fault.CUT:
            return _Broken(
                httpx.RemoteProtocolError("the answer was cut (on order of the test)"), answer
            )
        case _:
            return _Broken(httpx.ReadError("connection reset (on order of the test)"))


def reset_on_close(connection: socket.socket) -> None:
    """Make closing this connection send a TCP RST."""
    # Asyncio's and uvloop's own socket objects do not all let the option be set.
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class _Broken(Response):
    """A broken connection; in process, where there is none, the error that a client gets.

    Args:
        cut: the answer of which the first half gets through.
    """

    def __init__(self, error: httpx.TransportError, cut: Response | None = None) -> None:
        super().__init__()
        self._error = error
        self._cut = cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        break_connection = scope.get("extensions", {}).get(BREAK_EXTENSION)
        if break_connection is None:
            raise self._error
        cut = self._cut
        if cut is not None:
            start = {"status": cut.status_code, "headers": cut.raw_headers}
            await send({"type": "http.response.start", **start})
            half = bytes(cut.body)[: len(cut.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        break_connection(reset=cut is None)
        while (await receive())["type"] != "http.disconnect":
            pass


class _Stalled(Response):
    """No answer until the caller gives up; in process, where he cannot, at once his timeout."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if BREAK_EXTENSION not in scope.get("extensions", {}):
            raise httpx.ReadTimeout("no answer in time (on order of the test)")
        while (await receive())["type"] != "http.disconnect":
            pass


async def _padded(answer: Response | None) -> AsyncIterator[bytes]:
    if answer is not None:
        yield bytes(answer.body)
    for _ in range(_PADDING_MIB):
        yield _MIB_OF_BLANKS


def _draw(chance: random.Random, chances: Mapping[K, float]) -> K | None:
    drawn = chance.random() if chances else 1.0
    for outcome, probability in chances.items():
        if drawn < probability:
            return outcome
        drawn -= probability
    return None
