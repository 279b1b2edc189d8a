"""Connections: opens portals with what the store and the settings hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bitrix_events.errors import SettingsError
from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.portals.queues import own_name
from bitrix_events.portals.tokens import OAuthAccess, Renewals
from bitrix_events.portals.webhook import WebhookPortal
from bitrix_events.rest.access import Access, DirectAccess
from bitrix_events.rest.client import Client
from bitrix_events.rest.crowd import Crowd, SharedPace
from bitrix_events.rest.options import DEFAULT_OPTIONS, Options
from bitrix_events.rest.pace import LIMITS
from bitrix_events.rest.transport import HttpTransport, Transport
from bitrix_events.rest.user import UserClient
from bitrix_events.routing.retry import Drop, GiveUp
from bitrix_events.settings import Settings
from bitrix_events.store.base import Installations
from bitrix_events.store.records import WEBHOOK_PORTAL, Installation, UserToken
from bitrix_events.wire.envelope import domain_of

Known = Callable[[str], Installation | None]
"""Tells what is known of an installation without asking anybody."""

IN_HANDLERS: Final = Options(patience=60.0)
"""A call that would wait longer ends the attempt instead, which waits without a worker."""


class Connections:
    """How portals are reached from one event loop.

    Args:
        pace: where processes share the pace of portals, if there are others.
        sender: whom signals come from.
    """

    def __init__(
        self,
        settings: Settings,
        store: Installations,
        transport: Transport,
        *,
        pace: SharedPace | None,
        sender: object,
    ) -> None:
        self._crowd = Crowd(pace) if pace is not None else None
        self._settings = settings
        self._store = store
        self._transport = transport
        self._sender = sender
        self._renewals = Renewals()

    @classmethod
    @asynccontextmanager
    async def opened(
        cls,
        settings: Settings,
        store: Installations,
        custom: HttpTransport | None,
        *,
        pace: SharedPace | None = None,
        sender: object,
    ) -> AsyncIterator[Connections]:
        """Connections for the length of the block; renewals under way are waited for."""
        transport = Transport(custom, private_hosts=_private_hosts(settings))
        connections = cls(settings, store, transport, pace=pace, sender=sender)
        try:
            yield connections
        finally:
            await connections._renewals.finish()
            await transport.close()

    def app_portals(self, known: Known) -> AppPortals:
        """Who proves the portals of an app."""
        return AppPortals(
            store=self._store,
            known=known,
            oauth=self.oauth_server(),
            http=self._transport,
            allowed_hosts=frozenset(self._settings.allowed_hosts),
            is_alive=lambda portal: self.oauth_access(portal).is_alive(),
            keep=self.keep,
            sender=self._sender,
        )

    def webhook_portal(self, known: Known = lambda _: None) -> WebhookPortal:
        """The one portal of the settings."""
        settings = self._settings
        assert settings.webhook_url is not None
        assert settings.application_token is not None
        return WebhookPortal(
            settings.webhook_url,
            settings.application_token,
            member_id=settings.member_id,
            store=self._store,
            known=known,
            sender=self._sender,
        )

    def oauth_server(self) -> OAuthServer:
        """The configured OAuth servers."""
        settings = self._settings
        if settings.client_id is None or settings.client_secret is None:
            raise SettingsError("BITRIX_EVENTS_CLIENT_ID and _CLIENT_SECRET are not set")
        return OAuthServer(
            self._transport, settings.oauth_urls, settings.client_id, settings.client_secret
        )

    @property
    def keep(self) -> timedelta:
        """How long the removal of the app can be undone."""
        return timedelta(days=self._settings.uninstall_grace_days)

    def oauth_access(self, portal: str) -> OAuthAccess:
        """What opens a portal that installed the app."""
        return OAuthAccess(
            portal,
            store=self._store,
            oauth=self.oauth_server(),
            allowed_hosts=frozenset(self._settings.allowed_hosts),
            renewals=self._renewals,
            sender=self._sender,
        )

    def client(self, portal: str, options: Options = DEFAULT_OPTIONS) -> Client:
        """REST of a portal, by its key."""
        access: Access
        access = self.oauth_access(portal) if self._settings.is_app else self.webhook_portal()
        limits = LIMITS[self._settings.portal_limits]
        return Client(access, self._transport, options=options, limits=limits, crowd=self._crowd)

    def user_client(
        self, installation: Installation, token: UserToken | None
    ) -> UserClient | Exception:
        """REST as the user of an event; or what becomes of a handler that cannot do without."""
        if token is None:
            return Drop("no user has acted; a handler of UserClient | None would get None")
        if token.expires_at <= datetime.now(UTC):
            return GiveUp("the token of the user who acted has ended; it lasts for an hour")
        return UserClient(
            DirectAccess(installation.client_endpoint, token.access),
            self._transport,
            options=replace(IN_HANDLERS, auth_connector=own_name(installation)),
            limits=LIMITS[self._settings.portal_limits],
            crowd=self._crowd,
        )


def _private_hosts(settings: Settings) -> Collection[str] | None:
    """Which hosts may have private addresses: those that the operator has named."""
    if not settings.is_app:
        return None
    return {*settings.allowed_hosts, *map(domain_of, settings.oauth_urls)}


def key_of(settings: Settings, member_id: str | None) -> str:
    """The key of the portal that a caller names.

    Raises:
        ValueError: an app can be installed on many portals, and none was named.
    """
    if not settings.is_app:
        return WEBHOOK_PORTAL
    if member_id is None:
        raise ValueError("name the portal: an app can be installed on many")
    return member_id
