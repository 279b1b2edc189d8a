"""A portal of its own for each test, and both clients on it, as a script would make them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest

from bitrix_events import Client, SyncClient
from bitrix_events.testing import FakePortal

_numbers = count(1)


@pytest.fixture
def portal() -> FakePortal:
    """Clients share the limits of a portal, so that no two tests may share its name."""
    return FakePortal(domain=f"seed{next(_numbers)}.bitrix24.test", scope="crm,user,task,im")


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    async with Client(portal.webhook_url, portal.transport) as client:
        yield client


@pytest.fixture
def sync(portal: FakePortal) -> Iterator[SyncClient]:
    with SyncClient(portal.webhook_url, portal.transport) as client:
        yield client
