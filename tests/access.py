"""An `Access` for tests of calls: it opens a portal and never has to renew or follow anything."""

from __future__ import annotations

from pydantic import SecretStr

from bitrix_events.rest.client import Authorization
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
        raise AssertionError("the portal did not move")
