"""POST /events: read, prove, store, answer. Nothing else happens before the answer.

Source: protocol.md 1.2, 1.9 and 2.2.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bitrix_events.engine.inbox import Inbox
from bitrix_events.errors import (
    EnvelopeError,
    FormError,
    InstallationChanged,
    StoreError,
    TransportError,
    VerificationError,
)
from bitrix_events.messages import not_an_event_url
from bitrix_events.store.records import Admission, Installation
from bitrix_events.wire.envelope import Envelope, read_event
from bitrix_events.wire.form import FORM_TYPE, FormDict, FormLimits, decode_form

log = logging.getLogger(__name__)

_PAUSES: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Seconds before each try to change an installation that others change, too."""


class Observers(Protocol):
    """Who wants to know what was stored."""

    async def stored(self, admission: Admission) -> None:
        """Told once an admission is stored."""


class Portals(Observers, Protocol):
    """Who knows which portals to trust."""

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


class Receiver:
    """Receives events.

    Args:
        portals: proves senders.
        body_limit: bytes that a body may have.
    """

    def __init__(self, inbox: Inbox, portals: Portals, *, body_limit: int) -> None:
        self._inbox = inbox
        self._portals = portals
        self._limits = FormLimits(body_bytes=body_limit)

    async def events(self, request: Request) -> Response:
        """The endpoint for events."""
        if request.method != "POST":
            return method_not_allowed(not_an_event_url(request.url.path))
        return await answer_refusals(request, self._receive)

    async def read_form(self, request: Request) -> FormDict:
        """The form in a request's body.

        Raises:
            Refusal: it has another content type or is too large.
            FormError: it is no form.
        """
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != FORM_TYPE:
            sent = content_type or "no content type"
            raise Refusal(415, "unsupported_media_type", f"send {FORM_TYPE}, not {sent}")
        return decode_form(await self._read_body(request), self._limits)

    async def store_event(self, form: FormDict) -> int:
        """Prove the sender of an event and store it; the delivery's id.

        Raises:
            EnvelopeError, VerificationError, TransportError, StoreError: it was not stored.
        """
        envelope = read_event(form)
        delivery_id, _ = await accept(
            envelope, lambda: self._portals.admit(envelope), self._inbox, self._portals
        )
        return delivery_id

    async def _receive(self, request: Request) -> Response:
        delivery_id = await self.store_event(await self.read_form(request))
        return JSONResponse({"status": "stored", "delivery": delivery_id})

    async def _read_body(self, request: Request) -> bytes:
        limit = self._limits.body_bytes
        too_large = Refusal(413, "body_too_large", f"a body may have {limit} bytes")
        announced = request.headers.get("content-length", "")
        if (
            announced.isascii()
            and announced.isdigit()
            and (len(announced) > 18 or int(announced) > limit)
        ):
            raise too_large
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise too_large
        return bytes(body)


async def accept(
    envelope: Envelope,
    prove: Callable[[], Awaitable[Admission]],
    inbox: Inbox,
    observers: Observers,
) -> tuple[int, Installation]:
    """Prove a sender and store what it sent; again, if the installation was changed meanwhile.

    Returns:
        The delivery's id, and the installation.

    Raises:
        VerificationError, TransportError, StoreError: it was not stored.
    """
    for pause in _PAUSES:
        await asyncio.sleep(pause)
        admission = await prove()
        with suppress(InstallationChanged):
            delivery_id = await inbox.accept(envelope, admission)
            await observers.stored(admission)
            return delivery_id, admission.installation
    raise StoreError("others change the installation all the time, or it cannot be saved")


async def answer_refusals(
    request: Request, receive: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Turn everything that can go wrong with a delivery into its own clear answer."""
    try:
        return await receive(request)
    except Refusal as error:
        refusal = error
    except FormError as error:
        refusal = Refusal(400, "malformed_form", str(error))
    except EnvelopeError as error:
        refusal = Refusal(400, "malformed_event", str(error))
    except VerificationError as error:
        refusal = Refusal(403, "forbidden", str(error), detail=error.reason)
    except TransportError as error:
        message = "the OAuth server cannot be reached, so the installation is not proven; try again"
        refusal = Refusal(503, "oauth_unreachable", message, detail=str(error))
    except StoreError as error:
        log.error("a delivery could not be stored: %s", error)
        refusal = Refusal(503, "store_unavailable", "the delivery could not be stored")
    except ClientDisconnect:
        refusal = Refusal(400, "incomplete", "the request ended before its body was complete")
    log.warning(
        "refused a request to %s: %d %s: %s",
        request.url.path,
        refusal.status,
        refusal.error,
        refusal.detail or refusal.message,
        extra={"action": "refused", "status": refusal.status},
    )
    content = {"error": refusal.error, "message": refusal.message}
    return JSONResponse(content, refusal.status, headers=refusal.headers)


def method_not_allowed(text: str) -> Response:
    """The answer to anything but a POST."""
    return PlainTextResponse(text, 405, headers={"Allow": "POST"})
