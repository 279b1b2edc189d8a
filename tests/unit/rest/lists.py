"""What tests of lists have in common: portals full of rows, and a client that does not dawdle."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import UNLIMITED
from bitrix_events.testing import FakePortal

QUICK = Options(delay=0.001, max_delay=0.01)
SMALL_PAGE = 2
"""With pages of two, a list of 430 rows is divided and read side by side."""
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


def with_gaps(count: int, share: float, seed: int = 1) -> list[int]:
    chance = random.Random(seed)
    ids: list[int] = []
    candidate = 0
    while len(ids) < count:
        candidate += 1
        if chance.random() >= share:
            ids.append(candidate)
    return ids


def small_paged(ids: Sequence[int]) -> FakePortal:
    portal = portal_with("deal", ids)
    portal.page_size = SMALL_PAGE
    return portal


Page = dict[str, Any]
"""One answer of a list method: ``result``, ``total`` and ``next``."""


class Altered(httpx.AsyncBaseTransport):
    """A portal whose pages are altered on their way.

    Args:
        alter: takes a page and the ``start`` that it was asked for with, and changes the page.
    """

    def __init__(self, portal: FakePortal, alter: Callable[[Page, int], None]) -> None:
        self._inner = portal.transport
        self._alter = alter

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = orjson.loads(request.content)
        response = await self._inner.handle_async_request(request)
        content = httpx.Response(200, content=await response.aread()).json()
        if "cmd" not in asked:
            self._alter(content, int(asked.get("start", 0)))
            return httpx.Response(200, json=content)
        found = content["result"]
        for key, page in list(found["result"].items()):
            parts = {"result": page}
            for name in ("total", "next"):
                if key in found[f"result_{name}"]:
                    parts[name] = found[f"result_{name}"].pop(key)
            start = re.search(r"[?&]start=(-?\d+)", asked["cmd"][key])
            self._alter(parts, int(start[1]) if start else 0)
            found["result"][key] = parts.pop("result")
            for name, value in parts.items():
                found[f"result_{name}"] = {**dict(found[f"result_{name}"]), key: value}
        return httpx.Response(200, json=content)


def without(hidden: Iterable[int]) -> Callable[[Page, int], None]:
    """Leave rows out of pages that count them."""
    ids = {str(row_id) for row_id in hidden}

    def alter(page: Page, start: int) -> None:
        page["result"] = [row for row in page["result"] if row["ID"] not in ids]

    return alter


def uncounted(page: Page, start: int) -> None:
    """Tell neither how many rows there are nor where the next page is."""
    page.pop("total", None)
    page.pop("next", None)


async def altered_ids(
    portal: FakePortal, alter: Callable[[Page, int], None], **reading_of: Any
) -> list[int]:
    """The ids of all deals that a list brings from an altered portal."""
    transport = Altered(portal, alter)
    async with Client(portal.webhook_url, transport, options=QUICK, limits=UNLIMITED) as client:
        return [int(row["ID"]) for row in await client.list("crm.deal.list", **reading_of)]
