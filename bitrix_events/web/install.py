"""POST /install: a portal installs the app, by an event or by opening a page in its frame.

Source: protocol.md 1.6, 1.11, 2.3 and 9.1.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from html import escape
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from bitrix_events.engine.inbox import Inbox
from bitrix_events.events import OnAppInstall
from bitrix_events.messages import not_an_install_url
from bitrix_events.portals.portal import Portal
from bitrix_events.store.records import Admission, Installation
from bitrix_events.web.receive import (
    Observers,
    Receiver,
    Refusal,
    accept,
    answer_refusals,
    method_not_allowed,
)
from bitrix_events.wire.envelope import Credentials, Envelope, is_page, read_page
from bitrix_events.wire.form import FormDict, decode_form

PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""Headers of pages that are nobody else's business."""

InstallPage = Callable[[Request, Portal], Awaitable[Response]]
"""Makes the page that a user sees once the app is installed."""


class InstallingPortals(Observers, Protocol):
    """Who proves installations."""

    async def install(self, claim: Credentials) -> Admission:
        """Prove an installation."""


class InstallDoor:
    """Receives installations.

    Args:
        portals: None for an app that portals do not install.
        page: ends the installation; by default a page that says so to the portal's frame.
    """

    def __init__(
        self,
        receiver: Receiver,
        inbox: Inbox,
        portals: InstallingPortals | None,
        page: InstallPage | None = None,
    ) -> None:
        self._receiver = receiver
        self._inbox = inbox
        self._portals = portals
        self._page = page

    async def install(self, request: Request) -> Response:
        """The endpoint for both kinds of installation."""
        if request.method != "POST":
            return method_not_allowed(not_an_install_url(request.url.path))
        return await answer_refusals(request, self._install)

    async def _install(self, request: Request) -> Response:
        if self._portals is None:
            raise Refusal(
                404,
                "not_an_app",
                "this program serves one portal by webhooks; to be installed by portals, set"
                " BITRIX_EVENTS_CLIENT_ID, _CLIENT_SECRET and _SECRET_KEY instead",
            )
        form = await self._receiver.read_form(request.scope, request.receive)
        if not is_page(form):
            await self._receiver.store_event(form)
            return Response(status_code=200)
        query = decode_form(request.url.query.encode())
        event = install_event(read_page(form, query), query.get("LANG", ""))
        installation = await keep_installed(self._portals, self._inbox, event)
        if self._page is None:
            return install_page(installation)
        page = await self._page(request, Portal.of(installation))
        page.headers.setdefault("Content-Security-Policy", _frames(installation))
        for name, value in PRIVATE.items():
            page.headers.setdefault(name, value)
        return page


async def keep_installed(portals: InstallingPortals, inbox: Inbox, event: Envelope) -> Installation:
    """Prove an installation and store it, together with its first delivery.

    Raises:
        VerificationError, TransportError, StoreError: it was not stored.
    """
    _, installation = await accept(
        event, lambda: portals.install(event.credentials), inbox, portals
    )
    return installation


def install_event(claim: Credentials, language: object) -> Envelope:
    """Neither a page nor a code brings an ONAPPINSTALL; handlers of it shall run all the same."""
    data: FormDict = {"LANGUAGE_ID": language if isinstance(language, str) else ""}
    return Envelope(
        OnAppInstall.CODE,
        data,
        replace(claim, user_id=None),
        sent_at=None,
        event_handler_id=None,
    )


def install_page(installation: Installation) -> Response:
    """The page that tells the portal's frame that the installation is complete.

    Only JavaScript in that frame can do so; before, the portal sends no events.
    Source: protocol.md 1.11 ("Install page").
    """
    nonce = secrets.token_urlsafe(16)
    content = _PAGE.replace("{nonce}", nonce).replace("{domain}", escape(installation.domain))
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}';"
        f" script-src 'nonce-{nonce}' https://api.bitrix24.com; {_frames(installation)};"
        " base-uri 'none'"
    )
    return HTMLResponse(content, headers={"Content-Security-Policy": policy, **PRIVATE})


async def authorized_page(request: Request, portal: Portal) -> Response:
    """The page for a browser that is not in a portal's frame."""
    return PlainTextResponse(f"The app is ready to work with {portal.domain}.\n", headers=PRIVATE)


def _frames(installation: Installation) -> str:
    """Only the portal may show the page in a frame."""
    scheme = installation.client_endpoint.partition("://")[0]
    return f"frame-ancestors {scheme}://{installation.domain}"


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Installation</title>
<style nonce="{nonce}">
  body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 32rem; color: #333 }
</style>
<script nonce="{nonce}" src="https://api.bitrix24.com/api/v1/"></script>
<script nonce="{nonce}">
  BX24.init(function () { BX24.installFinish(); });
</script>
</head>
<body>
<h1>Installed</h1>
<p>The app is ready to work with {domain}. This page closes by itself.</p>
</body>
</html>
"""
