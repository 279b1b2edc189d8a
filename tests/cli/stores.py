"""Stores as apps leave them behind, for tests of commands that look into them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from bitrix_events.store.records import Installation, NewDelivery, Tokens
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal

T = TypeVar("T")

KEY = "a-secret-key-of-thirty-two-bytes"
APP = {
    "BITRIX_EVENTS_CLIENT_ID": "local.1.2",
    "BITRIX_EVENTS_CLIENT_SECRET": "hidden-client-secret",
    "BITRIX_EVENTS_SECRET_KEY": KEY,
}
"""Settings of an app that portals install."""


def installed(member_id: str, domain: str, **known: Any) -> Installation:
    """An installation with tokens that are good for 59 minutes."""
    expires_at = datetime.now(UTC) + timedelta(minutes=59, seconds=30)
    tokens = Tokens(SecretStr("hidden-access"), SecretStr("hidden-refresh"), expires_at)
    fields: dict[str, Any] = {"tokens": tokens, "scope": ("crm", "user"), **known}
    return Installation(member_id, member_id, domain, **fields)


def installed_on(portal: FakePortal, **known: Any) -> Installation:
    """An installation that the portal knows of, too."""
    pair = portal.issue_tokens()
    expires_at = datetime.fromtimestamp(pair.expires, UTC)
    tokens = Tokens(SecretStr(pair.access_token), SecretStr(pair.refresh_token), expires_at)
    known = {"tokens": tokens, "client_endpoint": portal.rest_url, **known}
    return installed(portal.member_id, portal.domain, **known)


def delivery(portal: str, code: str = "ONCRMDEALADD") -> NewDelivery:
    """An event about deal 7."""
    return NewDelivery(portal, code, {"FIELDS": {"ID": "7"}}, "deal:7")


def in_store(
    folder: Path, use: Callable[[SqliteStore], Awaitable[T]], *, key: str | None = KEY
) -> T:
    """Use the store of a project folder, as an app that runs there would."""

    return asyncio.run(use_store(folder, use, key=key))


async def use_store(
    folder: Path, use: Callable[[SqliteStore], Awaitable[T]], *, key: str | None = KEY
) -> T:
    """`in_store`, for tests that run in a loop."""
    sealer = Sealer(SecretStr(key)) if key else None
    store = SqliteStore(folder / "data" / "bitrix_events.db", sealer=sealer)
    await store.open()
    try:
        return await use(store)
    finally:
        await store.close()


def save(folder: Path, *installations: Installation, key: str | None = KEY) -> None:
    """Put installations into the store of a project folder."""
    in_store(folder, lambda store: _put(store, installations), key=key)


async def _put(store: SqliteStore, installations: Sequence[Installation]) -> None:
    for installation in installations:
        assert await store.save_installation(installation)


def saved(folder: Path, portal: str, *, key: str = KEY) -> Installation | None:
    """What the store of a project folder knows of a portal."""
    return in_store(folder, lambda store: store.installation(portal), key=key)
