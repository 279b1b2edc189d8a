"""A fake portal with more deals than fit on three pages, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bitrix_events.testing import FakePortal

DEALS = 170


def portal_with_deals() -> FakePortal:
    """Deals 1 to 170, all called the same."""
    portal = FakePortal()
    portal.fill("deal", DEALS, TITLE="Roof", OPPORTUNITY=5)
    return portal


@pytest.fixture
async def portal() -> AsyncIterator[FakePortal]:
    async with portal_with_deals().serve() as portal:
        yield portal
