"""Who opens a portal in tests of calls."""

from __future__ import annotations

from pydantic import SecretStr

from bitrix_events.errors import PortalMoved
from bitrix_events.rest.access import Authorization
from bitrix_events.testing import FakePortal


class FixedAccess:
    """Opens the portal by its incoming webhook, or with one access token of the app."""

    def __init__(self, portal: FakePortal, token: str | None = None) -> None:
        self._portal = portal
        self._token = None if token is None else SecretStr(token)

    async def authorize(self) -> Authorization:
        url = self._portal.webhook_url if self._token is None else self._portal.rest_url
        return Authorization(url, self._token, self._portal.domain)

    async def renew(self, refused: Authorization) -> Authorization:
        raise AssertionError("there is nothing to renew")

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        raise PortalMoved("authorize", "", "it has moved", portal=refused.domain)


class TokenAccess:
    """Opens a portal with a token, and gets a new one from the portal itself when asked."""

    def __init__(self, portal: FakePortal) -> None:
        self.portal = portal
        self.token = portal.issue_tokens().access_token
        self.refused: list[Authorization] = []
        self.redirects: list[str] = []
        self._rest_url, self._domain = portal.rest_url, portal.domain

    async def authorize(self) -> Authorization:
        return Authorization(self._rest_url, SecretStr(self.token), self._domain)

    async def renew(self, refused: Authorization) -> Authorization:
        if refused.token is None or refused.token.get_secret_value() == self.token:
            self.refused.append(refused)
            self.token = self.portal.issue_tokens().access_token
        return await self.authorize()

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        self.redirects.append(location)
        self._rest_url, self._domain = self.portal.rest_url, self.portal.domain
        return await self.authorize()


async def never_alive(portal: str) -> bool:
    """No portal's tokens are renewed any more."""
    return False
