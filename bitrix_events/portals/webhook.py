"""One portal without an app: it calls us by an outgoing webhook, we call it by an incoming one.

Both are made by hand in the portal and live in the settings. What the store remembers is the
portal's member_id, and its new address once it has moved.

Source: protocol.md 2.2 and 9.5.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from pydantic import SecretStr

from bitrix_events import signals
from bitrix_events.errors import (
    InstallationGone,
    PortalMoved,
    SettingsError,
    StoreUnreachable,
    TokenExpired,
    VerificationError,
)
from bitrix_events.rest.access import Authorization, may_follow, webhook_root
from bitrix_events.store.base import Installations
from bitrix_events.store.records import WEBHOOK_PORTAL, Admission, Installation
from bitrix_events.wire.envelope import Envelope, domain_of
from bitrix_events.wire.verify import token_digest, token_matches

log = logging.getLogger(__name__)


class WebhookPortal:
    """The portal of the settings: verifies its events, and is the `rest.client.Access` to it.

    Args:
        known: tells what is known of an installation without asking anybody.
    """

    def __init__(
        self,
        webhook_url: SecretStr,
        application_token: SecretStr,
        *,
        member_id: str | None,
        store: Installations,
        sender: object,
        known: Callable[[str], Installation | None] = lambda _: None,
    ) -> None:
        try:
            root = webhook_root(webhook_url.get_secret_value())
        except ValueError as error:
            raise SettingsError(f"BITRIX_EVENTS_WEBHOOK_URL: {error}") from None
        scheme, _, rest = root.partition("://")
        host, _, path = rest.partition("/")
        self._origin, self._path = f"{scheme}://{host}".lower(), f"/{path}"
        self._digest = token_digest(application_token)
        self._member_id = member_id
        self._learning = asyncio.Lock()
        self._store = store
        self._sender = sender
        self._known = known

    async def prepare(self) -> None:
        """Bring the stored row in line with the settings. What was learned of another portal or
        with another address is forgotten; what an operator wants stays."""
        while True:
            stored = await self._store.installation(WEBHOOK_PORTAL)
            configured = self._configured(stored)
            if configured == stored or await self._store.save_installation(configured):
                return

    def _configured(self, stored: Installation | None) -> Installation:
        endpoint = f"{self._origin}/rest/"
        known = stored or Installation(WEBHOOK_PORTAL, "", "")
        if known.client_endpoint != endpoint:
            known = replace(
                known, client_endpoint=endpoint, domain=domain_of(self._origin), member_id=""
            )
        member_id = self._member_id or known.member_id
        return replace(known, member_id=member_id, token_digest=self._digest)

    async def admit(self, envelope: Envelope) -> Admission:
        """Prove that the portal of the settings sent this event.

        Raises:
            VerificationError: wrong token, or another portal's member_id.
        """
        credentials = envelope.credentials
        installation = await self._installation()
        if not token_matches(credentials.application_token, installation.token_digest):
            raise VerificationError("the application token is not BITRIX_EVENTS_APPLICATION_TOKEN")
        if not credentials.member_id or credentials.member_id == installation.member_id:
            return Admission(installation)
        if installation.member_id:
            raise VerificationError(
                f"the token is right, but the event comes from member_id {credentials.member_id}"
                f" and not from {installation.member_id}; if the portal was registered anew, set"
                " BITRIX_EVENTS_MEMBER_ID to the new one"
            )
        async with self._learning:
            if not (installation := await self._installation()).member_id:
                learned = replace(installation, member_id=credentials.member_id)
                try:
                    if await self._store.save_installation(learned):
                        return Admission(learned)
                except StoreUnreachable:  # whoever keeps the event keeps that, too
                    return Admission(learned, changed=True)
        return await self.admit(envelope)  # another event was faster; compare with it

    def recognise(self, envelope: Envelope) -> Installation | None:
        """The installation that sent this event, if that is plain without asking anybody, and if
        the event changes nothing about it."""
        installation = self._known(WEBHOOK_PORTAL)
        credentials = envelope.credentials
        if installation is None or credentials.member_id not in ("", installation.member_id):
            return None
        is_proven = token_matches(credentials.application_token, installation.token_digest)
        return installation if is_proven else None

    async def stored(self, admission: Admission) -> None:
        """Nothing about an installation changes here that observers should know."""

    async def gone(self, portal: str, error: InstallationGone) -> bool:
        """Nobody can install a webhook anew; its calls fail until the settings are changed."""
        return False

    async def authorize(self) -> Authorization:
        domain = (await self._installation()).domain
        has_moved = domain != domain_of(self._origin)
        origin = f"https://{domain}" if has_moved else self._origin
        return Authorization(f"{origin}{self._path}", None, domain)

    async def renew(self, refused: Authorization) -> Authorization:
        raise TokenExpired(
            "authorize", "", "an incoming webhook has no token to renew", portal=refused.domain
        )

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        installation = await self._installation()
        if installation.domain != refused.domain:
            return await self.authorize()
        new_domain = domain_of(location)
        if not may_follow(refused.base_url, location) or new_domain == installation.domain:
            where = location.partition("?")[0].split("/rest/")[0] or "nowhere"
            raise PortalMoved(
                "authorize",
                "",
                f"it redirects to {where}, which may be somebody else's; if it is the same portal,"
                " change BITRIX_EVENTS_WEBHOOK_URL",
                portal=refused.domain,
            )
        moved = replace(installation, domain=new_domain)
        if await self._store.save_installation(moved):
            log.warning(
                "%s is now %s; change BITRIX_EVENTS_WEBHOOK_URL", installation.domain, new_domain
            )
            event = signals.PortalDomainChanged(
                moved.member_id, installation.domain, new_domain, confirmed=False
            )
            await signals.emit(signals.portal_domain_changed, self._sender, event)
        return await self.authorize()

    async def _installation(self) -> Installation:
        installation = await self._store.installation(WEBHOOK_PORTAL)
        assert installation is not None, "prepare() runs before anything else"
        return installation
