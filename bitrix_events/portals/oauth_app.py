"""OAuthApp: an app's credentials and the portals that installed it, for programs with a server of
their own, or with none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Final, Self
from urllib.parse import urlencode
from weakref import WeakSet

from pydantic import SecretStr

from bitrix_events.errors import InstallationChanged, InstallationGone, SettingsError
from bitrix_events.portals.address import authorize_root
from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.oauth import AppInfo, OAuthServer
from bitrix_events.portals.tokens import OAuthAccess, Renewals
from bitrix_events.rest.access import Authorization
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import DEFAULT_OPTIONS, Options
from bitrix_events.rest.pace import Limits
from bitrix_events.rest.sync import SyncClient
from bitrix_events.rest.transport import HttpTransport, Transport
from bitrix_events.settings import Settings
from bitrix_events.store.base import Installations
from bitrix_events.store.memory import MemoryInstallations
from bitrix_events.store.records import Installation
from bitrix_events.wire.envelope import Credentials, domain_of, read_credentials
from bitrix_events.wire.form import decode_form, encode_form

OAUTH_URLS: Final[tuple[str, ...]] = Settings.model_fields["oauth_urls"].default

_CLIENTS: Final = 4096
_TRIES: Final = 5


class OAuthApp:
    """An app of Bitrix24, without a server: it gets tokens, keeps them, and calls portals.

    ::

        async with OAuthApp(client_id, client_secret, installations) as oauth_app:
            installation = await oauth_app.exchange(code)
            await oauth_app.client(installation.member_id).call("crm.deal.list")

    Tokens are renewed when a portal refuses them: once, whoever else works with the same storage,
    and the new ones are stored before they are used. It belongs to the event loop that uses it
    first, and is the sender of its signals.

    Args:
        client_id: from the app's card, as the secret.
        installations: where tokens are kept; by default in memory.
        oauth_urls: the only servers that ever receive the secret, the preferred one first.
        allowed_hosts: portals (``host`` or ``host:port``) outside of Bitrix24's cloud to which
            users may be sent, and that may be called over plain http.
        transport: how portals are reached: a `Transport` to share, or what sends the bytes.
        options: of the clients.
        limits: what the portals' plan allows.

    Raises:
        SettingsError: a part of the credentials is empty, or an address is none.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str | SecretStr,
        installations: Installations | None = None,
        *,
        oauth_urls: Sequence[str] = OAUTH_URLS,
        allowed_hosts: Collection[str] = (),
        transport: Transport | HttpTransport | None = None,
        options: Options = DEFAULT_OPTIONS,
        limits: Limits | None = None,
    ) -> None:
        secret = _secret(client_secret)
        if not client_id or not secret.get_secret_value():
            raise SettingsError("an app has a client_id and a client_secret; see its card")
        if isinstance(oauth_urls, str) or not oauth_urls or not all(map(domain_of, oauth_urls)):
            raise SettingsError("oauth_urls are addresses such as https://oauth.bitrix.info")
        self.installations = installations if installations is not None else MemoryInstallations()
        """Where the tokens are kept."""
        self._owned = None if isinstance(transport, Transport) else Transport(transport)
        used = transport if isinstance(transport, Transport) else self._owned
        assert used is not None
        self._transport = used
        self._allowed_hosts = frozenset(map(str.lower, allowed_hosts))
        self._options = options
        self._limits = limits
        self._oauth = OAuthServer(used, [url.rstrip("/") for url in oauth_urls], client_id, secret)
        self._portals = AppPortals(
            store=self.installations,
            oauth=self._oauth,
            http=used,
            allowed_hosts=self._allowed_hosts,
            is_alive=lambda portal: self._access(portal).is_alive(),
            sender=self,
        )
        self._renewals = Renewals()
        self._clients: WeakSet[Client] = WeakSet()
        self._client_of = lru_cache(maxsize=_CLIENTS)(self._new_client)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End what is under way, but no renewal, and close the connections unless they are
        somebody else's. The storage stays as it is."""
        for client in list(self._clients):
            await client.close()
        await self._renewals.finish()
        if self._owned is not None:
            await self._owned.close()

    # Calling portals.

    def client(self, portal: str) -> Client:
        """REST of one portal; the same client every time. It need not be closed.

        Args:
            portal: its member_id, or its address: ``acme.bitrix24.com``.

        Raises:
            InstallationGone: when it calls, if the portal has not installed the app.
        """
        return self._client_of(portal)

    def sync_client(self, portal: str) -> SyncClient:
        """The same for other threads, while the event loop runs in which this was entered."""
        if self._loop is None:
            raise RuntimeError("enter it first: async with OAuthApp(...) as oauth_app")
        return SyncClient.over(self.client(portal), self._loop)

    async def renew(self, portal: str) -> Installation:
        """Renew the tokens of a portal now. Clients do so by themselves when they have to.

        Raises:
            InstallationGone: the portal has not installed the app, or must do so again.
            PortalUnreachable: the OAuth server gave no usable answer.
        """
        access = self._access((await self._installed(portal)).portal)
        await access.renew(await access.authorize())
        return await self._installed(portal)

    # Getting tokens.

    def authorize_url(self, domain: str, state: str) -> str:
        """Where to send a user who shall authorise the app on his portal, which has installed it.

        The portal sends him back to the address on the app's card, with a ``code`` for `exchange`.

        Args:
            domain: address of the portal; often what a user has typed.
            state: comes back with him; an unguessable text that is bound to his session, and to be
                compared. Otherwise somebody else's code could be slipped in.

        Raises:
            ValueError: the address is neither in Bitrix24's cloud nor one of ``allowed_hosts``, or
                there is no state.

        Source: protocol.md 2.5 and 3.1.
        """
        root = authorize_root(domain, self._allowed_hosts)
        if not root:
            raise ValueError(f"{domain[:100]!r} is no portal such as acme.bitrix24.com")
        if not state:
            raise ValueError("state is empty; take secrets.token_urlsafe(), and keep it")
        query = urlencode({"client_id": self._oauth.client_id, "state": state})
        return f"{root}/oauth/authorize/?{query}"

    async def exchange(self, code: str | SecretStr) -> Installation:
        """Trade the code that a user came back with for tokens, and save them.

        Raises:
            OAuthError: the code is wrong, was used, or is older than 30 seconds.
            VerificationError: the tokens are not ours, or those of a user who is no administrator
                and would replace somebody else's.
            TransportError: a server gave no usable answer.
        """
        return await self.adopt((await self._oauth.exchange(_secret(code))).claim())

    async def adopt(self, callback: Credentials | bytes | Mapping[str, object]) -> Installation:
        """Save the tokens that came with a callback: an installation, a page, a robot.

        Nothing in it is believed. The OAuth server must know the token as one of this app and of
        that portal; the portal's address is taken from there.

        Args:
            callback: the body as it came; or its fields, nested or with names such as
                ``auth[member_id]``; or what was read from it.

        Raises:
            FormError: it is no form.
            EnvelopeError: the form is no callback.
            VerificationError: it brings no refresh token, as most events do; or it is not proven,
                or the tokens are those of a user who is no administrator and would replace
                somebody else's.
            TransportError: a server gave no usable answer.

        Source: protocol.md 1.5 and 2.3.
        """
        if not isinstance(callback, Credentials):
            body = callback if isinstance(callback, bytes) else encode_form(callback)
            callback = read_credentials(decode_form(body))
        for _ in range(_TRIES):
            admission = await self._portals.install(callback)
            proven = admission.installation
            if await self.installations.save_installation(proven):
                await self._portals.stored(admission)
                return await self.installations.installation(proven.portal) or proven
        raise InstallationChanged("others change the installation all the time; try again")

    async def app_info(self, access_token: str | SecretStr) -> AppInfo:
        """Ask the OAuth server whose token this is: of which app, which portal and which user.

        A token that is to be trusted has our ``client_id``. With the ``client_endpoint`` it opens
        the portal for an hour: ``Client(info.client_endpoint, token=...)``.

        Raises:
            OAuthError: the token is good for nothing.
            TransportError: no usable answer.
        """
        return await self._oauth.app_info(_secret(access_token))

    def _new_client(self, portal: str) -> Client:
        access = _FoundAccess(portal, self._find)
        client = Client(access, self._transport, options=self._options, limits=self._limits)
        self._clients.add(client)
        return client

    async def _find(self, portal: str) -> OAuthAccess:
        return self._access((await self._installed(portal)).portal)

    async def _installed(self, portal: str) -> Installation:
        found = await self.installations.installation(portal)
        if found is None:
            found = await self.installations.installation_at(portal.lower())
        if found is None:
            raise InstallationGone(
                "authorize", "NOT_INSTALLED", "the app is not installed there", portal=portal
            )
        return found

    def _access(self, portal: str) -> OAuthAccess:
        return OAuthAccess(
            portal,
            store=self.installations,
            oauth=self._oauth,
            allowed_hosts=self._allowed_hosts,
            renewals=self._renewals,
            sender=self,
        )


class _FoundAccess:
    """`rest.client.Access` to a portal that is looked for when it is first called."""

    def __init__(self, portal: str, find: Callable[[str], Awaitable[OAuthAccess]]) -> None:
        self._portal = portal
        self._find = find
        self._found: OAuthAccess | None = None

    async def authorize(self) -> Authorization:
        if self._found is not None:
            with suppress(InstallationGone):
                return await self._found.authorize()
            self._found = None  # another portal may have that address by now
        return await (await self._access()).authorize()

    async def renew(self, refused: Authorization) -> Authorization:
        return await (await self._access()).renew(refused)

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        return await (await self._access()).relocate(refused, location)

    async def _access(self) -> OAuthAccess:
        if self._found is None:
            self._found = await self._find(self._portal)
        return self._found


def _secret(text: str | SecretStr) -> SecretStr:
    return SecretStr(text) if isinstance(text, str) else text
