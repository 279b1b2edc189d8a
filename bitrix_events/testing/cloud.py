"""`Cloud`: several portals in one place; the host that is asked for says which of them is meant."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from bitrix_events.testing.portal import FakePortal


class Cloud:
    """An ASGI application in front of portals. Any host that is none of theirs is the first one's.

    Attributes:
        portals: in the order in which they came.
    """

    def __init__(self) -> None:
        self.portals: list[FakePortal] = []
        self._by_first_domain: dict[str, FakePortal] = {}

    def add(self, portal: FakePortal) -> None:
        """Take in a portal.

        Raises:
            ValueError: there is one with this address.
        """
        if portal.domain in self._by_first_domain:
            raise ValueError(f"there is a portal {portal.domain} already")
        self.portals.append(portal)
        self._by_first_domain[portal.domain] = portal

    @property
    def hosts(self) -> set[str]:
        """Where the portals are, and where they were at first."""
        return {*self._by_first_domain, *(portal.domain for portal in self.portals)}

    async def settled(self) -> None:
        """Wait until every event on its way has been answered or has failed."""
        for portal in self.portals:
            await portal.settled()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = (scope.get("server") or ("",))[0]
        await self._at(host)(scope, receive, send)

    def _at(self, host: str) -> FakePortal:
        for portal in self.portals:
            if portal.domain == host:
                return portal
        return self._by_first_domain.get(host, self.portals[0])
