"""What tests of stores share: a clock, a key, an installation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import SecretStr

from bitrix_events.store.base import Store
from bitrix_events.store.records import Installation, NewDelivery, Target, Tokens

KEY: Final = "a-secret-key-of-thirty-two-bytes"


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


def installed(portal: str = "acme", *, access: str = "access-1", **changes: Any) -> Installation:
    installation = Installation(
        portal=portal,
        member_id=portal,
        domain=f"{portal}.bitrix24.com",
        client_endpoint=f"https://{portal}.bitrix24.com/rest/",
        token_digest=b"\x00digest\xff",
        tokens=Tokens(
            SecretStr(access),
            SecretStr(f"refresh-of-{access}"),
            datetime(2026, 9, 21, 14, tzinfo=UTC),
        ),
        user_id=1,
        scope=("crm", "user"),
        status="L",
    )
    return replace(installation, **changes)


async def put(
    store: Store, delivery: NewDelivery, *handlers: str, installation: Installation | None = None
) -> int:
    """Store a delivery for these handlers; its id."""
    targets = [Target(handler) for handler in handlers]
    stored = await store.put(delivery, targets, installation=installation)
    assert stored.delivery_id is not None
    return stored.delivery_id
