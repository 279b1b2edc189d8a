"""GET /oauth/start and /oauth/callback: a portal's administrator authorises the app from outside.

The browser that comes back has to be the one that was sent away: a cookie carries the same signed
state as the address, and each state works once, for ten minutes. The code is exchanged at the
configured OAuth server and nowhere else; what the address says about hosts is not used.

Source: protocol.md 3.1 and 3.2.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import time
from collections import OrderedDict
from typing import Final
from urllib.parse import urlencode

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from bitrix_events.engine.inbox import Inbox
from bitrix_events.errors import OAuthError, StoreError, TransportError, VerificationError
from bitrix_events.portals.address import authorize_root
from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.portals.portal import Portal
from bitrix_events.settings import Settings
from bitrix_events.store.records import Installation
from bitrix_events.web.install import PRIVATE, InstallPage, install_event, keep_installed

log = logging.getLogger(__name__)

_COOKIE: Final = "bitrix_events_state"
_STATE_SECONDS: Final = 600
_MOST_STATES: Final = 10_000


class OAuthDoor:
    """Sends browsers to a portal, and takes them in when they come back.

    Args:
        page: what a browser sees in the end.
    """

    def __init__(
        self,
        oauth: OAuthServer,
        portals: AppPortals,
        inbox: Inbox,
        *,
        settings: Settings,
        page: InstallPage,
    ) -> None:
        assert settings.client_secret is not None
        self._oauth = oauth
        self._portals = portals
        self._inbox = inbox
        self._allowed_hosts = settings.allowed_hosts
        self._is_https = (settings.public_url or "").startswith("https://")
        self._key = settings.client_secret.get_secret_value().encode()
        self._page = page
        self._used: OrderedDict[str, None] = OrderedDict()

    async def start(self, request: Request) -> Response:
        """Send the browser to the portal that ``?portal=acme.bitrix24.com`` names."""
        root = authorize_root(request.query_params.get("portal", ""), self._allowed_hosts)
        if not root:
            return _page(
                400,
                "Name your portal in the address: /oauth/start?portal=acme.bitrix24.com. A portal"
                " outside of Bitrix24's cloud has to be listed in BITRIX_EVENTS_ALLOWED_HOSTS.",
            )
        state = self._new_state()
        query = urlencode({"client_id": self._oauth.client_id, "state": state})
        answer = RedirectResponse(f"{root}/oauth/authorize/?{query}", 302, headers=PRIVATE)
        answer.set_cookie(
            _COOKIE,
            state,
            max_age=_STATE_SECONDS,
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
        if not (is_ours and self._take(state)):
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
            return _page(
                503, "Bitrix24 cannot be reached. Begin again in a minute at /oauth/start."
            )
        except StoreError as error:
            log.error("an installation could not be stored: %s", error)
            return _page(503, "The installation could not be stored. Begin again at /oauth/start.")
        answer = await self._page(request, Portal.of(installation))
        answer.delete_cookie(_COOKIE)
        return answer

    async def _install(self, code: str, member_id: str) -> Installation:
        grant = await self._oauth.exchange(SecretStr(code))
        if member_id and member_id != grant.member_id:
            raise VerificationError("it belongs to another portal than the one that sent it")
        event = install_event(grant.claim(), "")
        return await keep_installed(self._portals, self._inbox, event)

    def _new_state(self) -> str:
        text = f"{int(time.time())}.{secrets.token_urlsafe(16)}"
        return f"{text}.{self._signature(text)}"

    def _take(self, state: str) -> bool:
        """Whether the state is one of ours, and good; it is used up by asking."""
        text, _, signature = state.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(text).encode()):
            return False
        age = time.time() - int(text.partition(".")[0])
        is_new = state not in self._used
        self._used[state] = None
        if len(self._used) > _MOST_STATES:
            self._used.popitem(last=False)
        return is_new and 0 <= age <= _STATE_SECONDS

    def _signature(self, text: str) -> str:
        return hmac.new(self._key, f"oauth state {text}".encode(), "sha256").hexdigest()


def _page(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status, headers=PRIVATE)
