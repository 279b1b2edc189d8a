"""GET /oauth/start and /oauth/callback: a portal's administrator authorises the app from outside.

The browser that comes back has to be the one that was sent away: a cookie carries the same random
state as the address, and each state works once. The code is exchanged at the configured OAuth
server and nowhere else; what the address says about hosts is not used.

Source: protocol.md 3.1 and 3.2.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Collection
from typing import Final
from urllib.parse import urlencode

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from bitrix_events.engine.inbox import Inbox
from bitrix_events.errors import OAuthError, TransportError, VerificationError
from bitrix_events.portals.address import authorize_root
from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.portals.portal import Portal
from bitrix_events.store.records import Installation
from bitrix_events.web.install import PRIVATE, InstallPage, install_event, keep_installed

_COOKIE: Final = "bitrix_events_state"
_STATE_SECONDS: Final = 600
_MOST_STATES: Final = 10_000


class OAuthDoor:
    """Sends browsers to a portal, and takes them in when they come back.

    Args:
        is_https: whether browsers reach us by https.
        page: what a browser sees in the end.
    """

    def __init__(
        self,
        oauth: OAuthServer,
        portals: AppPortals,
        inbox: Inbox,
        *,
        allowed_hosts: Collection[str],
        is_https: bool,
        page: InstallPage,
    ) -> None:
        self._oauth = oauth
        self._portals = portals
        self._inbox = inbox
        self._allowed_hosts = allowed_hosts
        self._is_https = is_https
        self._page = page
        self._states: OrderedDict[str, float] = OrderedDict()

    async def start(self, request: Request) -> Response:
        """Send the browser to the portal that ``?portal=acme.bitrix24.com`` names."""
        root = authorize_root(request.query_params.get("portal", ""), self._allowed_hosts)
        if not root:
            return _page(
                400,
                "Name your portal in the address: /oauth/start?portal=acme.bitrix24.com. A portal"
                " outside of Bitrix24's cloud has to be listed in BITRIX_EVENTS_ALLOWED_HOSTS.",
            )
        state = secrets.token_urlsafe(16)
        self._remember(state)
        query = urlencode({"client_id": self._oauth.client_id, "state": state})
        answer = RedirectResponse(f"{root}/oauth/authorize/?{query}", 302, headers=PRIVATE)
        answer.set_cookie(
            _COOKIE,
            state,
            max_age=_STATE_SECONDS,
            path="/oauth",
            secure=self._is_https,
            httponly=True,
            samesite="lax",
        )
        return answer

    async def callback(self, request: Request) -> Response:
        """Take in the browser that the portal sends back."""
        state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
        cookie = request.cookies.get(_COOKIE, "")
        is_ours = secrets.compare_digest(state.encode(), cookie.encode())
        if not (self._take(state) and is_ours):
            return _page(
                403,
                "This address belongs to another browser, was used before, or is older than ten"
                " minutes. Begin again at /oauth/start.",
            )
        if not code:
            return _page(400, "The portal sent no code. Begin again at /oauth/start.")
        try:
            installation = await self._install(code, request.query_params.get("member_id", ""))
        except (OAuthError, VerificationError) as error:
            return _page(403, f"The portal's code proves no installation: {error}.")
        except TransportError:
            return _page(503, "Bitrix24's OAuth server cannot be reached. Try again in a minute.")
        answer = await self._page(request, Portal.of(installation))
        answer.delete_cookie(_COOKIE, path="/oauth")
        return answer

    async def _install(self, code: str, member_id: str) -> Installation:
        grant = await self._oauth.exchange(SecretStr(code))
        if member_id and member_id != grant.member_id:
            raise VerificationError("it belongs to another portal than the one that sent it")
        event = install_event(grant.claim(), "")
        return await keep_installed(self._portals, self._inbox, event)

    def _remember(self, state: str) -> None:
        self._states[state] = time.monotonic() + _STATE_SECONDS
        if len(self._states) > _MOST_STATES:
            self._states.popitem(last=False)

    def _take(self, state: str) -> bool:
        """Whether the state is one of ours; it is used up by asking."""
        return self._states.pop(state, 0.0) > time.monotonic()


def _page(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status, headers=PRIVATE)
