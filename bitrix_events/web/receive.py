"""POST /events: read, prove, store, answer. Nothing else happens before the answer.

Source: protocol.md 1.2, 1.9 and 2.2.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from bitrix_events import metrics
from bitrix_events.engine.inbox import Inbox
from bitrix_events.errors import (
    EnvelopeError,
    FormError,
    InstallationChanged,
    StoreError,
    TransportError,
    VerificationError,
)
from bitrix_events.failpoints import failpoint
from bitrix_events.messages import not_an_event_url
from bitrix_events.store.records import Admission, Installation, Stored
from bitrix_events.wire.envelope import Envelope, read_event, read_event_body
from bitrix_events.wire.form import FORM_TYPE, FormDict, FormLimits, decode_form

log = logging.getLogger(__name__)

_FORM_TYPE: Final = FORM_TYPE.encode()
_PAUSES: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Seconds before each try to change an installation that others change, too."""


class Observers(Protocol):
    """Who wants to know what was stored."""

    async def stored(self, admission: Admission) -> None:
        """Told once an admission is stored."""


class Portals(Observers, Protocol):
    """Who knows which portals to trust."""

    def recognise(self, envelope: Envelope) -> Installation | None:
        """The installation that sent this event, if that is plain without asking anybody, and if
        the event changes nothing about it."""

    async def admit(self, envelope: Envelope) -> Admission:
        """Prove that a portal sent this event."""


@dataclass(frozen=True)
class Refusal(Exception):
    """A request that is not stored, and the answer that says why.

    Attributes:
        error: short name, for programs.
        detail: for the log only.
    """

    status: int
    error: str
    message: str
    detail: str = ""
    headers: Mapping[str, str] | None = None


_REFUSALS: Final = (
    Refusal,
    FormError,
    EnvelopeError,
    VerificationError,
    TransportError,
    StoreError,
    ClientDisconnect,
)


class Receiver:
    """The endpoint for events, an ASGI app of its own: with Starlette's request and routing around
    it, a delivery would cost half as much again.

    Args:
        portals: proves senders.
        body_limit: bytes that a body may have.
    """

    def __init__(self, inbox: Inbox, portals: Portals, *, body_limit: int) -> None:
        self._inbox = inbox
        self._portals = portals
        self._limits = FormLimits(body_bytes=body_limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "POST":
            answer = method_not_allowed(not_an_event_url(scope["path"]))
            await answer(scope, receive, send)
            return
        began = time.perf_counter()
        metrics.received()
        failpoint("received")
        try:
            stored = await self.store_event(await self.read_form(scope, receive))
        except _REFUSALS as error:
            await refuse(error, scope["path"])(scope, receive, send)
            return
        failpoint("before_ack")
        body = _receipt(stored)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        metrics.acknowledged(time.perf_counter() - began)

    def take(
        self, content_type: bytes, body: bytes, answer: Callable[[bytes | None], None]
    ) -> bool:
        """The short way of the plain case: an event of a known portal. See `server.desk.Desk`."""
        if content_type != _FORM_TYPE:
            return False
        began = time.perf_counter()
        failpoint("received")
        try:
            envelope = read_event_body(body, self._limits)
        except (FormError, EnvelopeError):
            return False
        installation = self._portals.recognise(envelope)
        if installation is None:
            return False

        def done(stored: Stored | None) -> None:
            if stored is None:
                answer(None)
                return
            failpoint("before_ack")
            answer(_receipt(stored))
            metrics.received()
            metrics.acknowledged(time.perf_counter() - began)

        try:
            self._inbox.accept_soon(envelope, installation, done)
        except StoreError:
            return False
        return True

    async def read_form(self, scope: Scope, receive: Receive) -> FormDict:
        """The form in a request's body.

        Raises:
            Refusal: it has another content type or is too large.
            FormError: it is no form.
        """
        content_type, announced = b"", b""
        for name, value in scope["headers"]:
            if name == b"content-type":
                content_type = value
            elif name == b"content-length":
                announced = value
        if content_type != _FORM_TYPE:
            sent = content_type.partition(b";")[0].strip().lower()
            if sent != _FORM_TYPE:
                shown = sent.decode("latin-1") or "no content type"
                raise Refusal(415, "unsupported_media_type", f"send {FORM_TYPE}, not {shown}")
        return decode_form(await self._read_body(announced, receive), self._limits)

    async def store_event(self, form: FormDict) -> Stored:
        """Prove the sender of an event and store it.

        Raises:
            EnvelopeError, VerificationError, TransportError, StoreError: it was not stored.
        """
        envelope = read_event(form)
        stored, _ = await accept(
            envelope, partial(self._portals.admit, envelope), self._inbox, self._portals
        )
        return stored

    async def _read_body(self, announced: bytes, receive: Receive) -> bytes:
        limit = self._limits.body_bytes
        if announced.isdigit() and (len(announced) > 18 or int(announced) > limit):
            raise _too_large(limit)
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            part = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise _too_large(limit)
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)


def _receipt(stored: Stored) -> bytes:
    number = b"null" if stored.delivery_id is None else b"%d" % stored.delivery_id
    return b'{"status":"stored","delivery":%s}' % number


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "body_too_large", f"a body may have {limit} bytes")


async def accept(
    envelope: Envelope,
    prove: Callable[[], Awaitable[Admission]],
    inbox: Inbox,
    observers: Observers,
) -> tuple[Stored, Installation]:
    """Prove a sender and store what it sent; again, if the installation was changed meanwhile.

    Raises:
        VerificationError, TransportError, StoreError: it was not stored.
    """
    for pause in _PAUSES:
        if pause:
            await asyncio.sleep(pause)
        admission = await prove()
        try:
            stored = await inbox.accept(envelope, admission)
        except InstallationChanged:
            continue
        await observers.stored(admission)
        return stored, admission.installation
    raise StoreError("others change the installation all the time, or it cannot be saved")


async def answer_refusals(
    request: Request, receive: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Turn everything that can go wrong with a delivery into its own clear answer."""
    metrics.received()
    try:
        return await receive(request)
    except _REFUSALS as error:
        return refuse(error, request.url.path)


def refuse(error: Exception, path: str) -> Response:
    """The answer to a delivery that is not stored."""
    refusal = _refusal(error)
    if isinstance(error, StoreError):
        log.error("a delivery could not be stored: %s", error)
    log.warning(
        "refused a request to %s: %d %s: %s",
        path,
        refusal.status,
        refusal.error,
        refusal.detail or refusal.message,
        extra={"action": "refused", "status": refusal.status},
    )
    metrics.refused(refusal.error)
    content = {"error": refusal.error, "message": refusal.message}
    return JSONResponse(content, refusal.status, headers=refusal.headers)


def _refusal(error: Exception) -> Refusal:
    match error:
        case Refusal():
            return error
        case FormError():
            return Refusal(400, "malformed_form", str(error))
        case EnvelopeError():
            return Refusal(400, "malformed_event", str(error))
        case VerificationError():
            return Refusal(403, "forbidden", str(error), detail=error.reason)
        case TransportError():
            message = (
                "the OAuth server cannot be reached, so the installation is not proven; try again"
            )
            return Refusal(503, "oauth_unreachable", message, detail=str(error))
        case StoreError():
            return Refusal(503, "store_unavailable", "the delivery could not be stored")
    message = "the request ended before its body was complete"
    return Refusal(400, "incomplete", message)


def method_not_allowed(text: str) -> Response:
    """The answer to anything but a POST."""
    return PlainTextResponse(text, 405, headers={"Allow": "POST"})
