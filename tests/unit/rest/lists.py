"""What tests of lists have in common: a portal full of rows, and a client that does not dawdle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import UNLIMITED
from bitrix_events.testing import FakePortal

QUICK = Options(delay=0.001, max_delay=0.01)
_count = 0


def portal_with(kind: str, ids: Iterable[int], **fields: Any) -> FakePortal:
    """A portal of its own address, so that its bucket is not shared with other tests."""
    global _count
    _count += 1
    portal = FakePortal(domain=f"lists{_count}.bitrix24.test", scope="crm,user,task,catalog,im")
    portal.fill(kind, ids=list(ids), **fields)
    return portal


@asynccontextmanager
async def reading(portal: FakePortal, options: Options = QUICK) -> AsyncIterator[Client]:
    """A client of the portal, by its webhook."""
    client = Client(portal.webhook_url, portal.transport, options=options, limits=UNLIMITED)
    async with client:
        yield client


async def deal_ids(portal: FakePortal, **reading_of: Any) -> list[int]:
    """The ids of all deals that a list brings."""
    async with reading(portal) as client:
        return [int(row["ID"]) for row in await client.list("crm.deal.list", **reading_of)]
