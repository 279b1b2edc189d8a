"""What a store passes on to another one that it is built around: the queue, and what people ask."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from bitrix_events.store.base import Store
from bitrix_events.store.outcome import outcome
from bitrix_events.store.records import (
    Claim,
    Delivery,
    DeliveryView,
    Execution,
    NewDelivery,
    Query,
    Stored,
    Target,
    Verdict,
)


class ForwardingStore(ABC):
    """The part of a `Store` that is another store's."""

    @abstractmethod
    def _there(self) -> Store:
        """The other store.

        Raises:
            StoreError: it cannot be asked.
        """

    async def claim(
        self,
        *,
        limit: int,
        per_portal: int,
        per_handler: Mapping[str, int] | None = None,
        resting: Collection[str] = (),
        idle: Mapping[str, int] | None = None,
    ) -> list[Claim]:
        return await self._there().claim(
            limit=limit, per_portal=per_portal, per_handler=per_handler, resting=resting, idle=idle
        )

    async def settle(self, claim: Claim, verdict: Verdict) -> bool:
        return await self._there().settle(claim, verdict)

    async def due_in(self) -> float | None:
        return await self._there().due_in()

    async def extend(self) -> bool:
        return await self._there().extend()

    async def on_duty(self, duty: str, *, seconds: float) -> bool:
        return await self._there().on_duty(duty, seconds=seconds)

    async def sweep(self, held: Collection[int]) -> int:
        return await self._there().sweep(held)

    async def find(
        self, query: Query, *, limit: int, before: int | None = None
    ) -> list[DeliveryView]:
        return await self._there().find(query, limit=limit, before=before)

    async def delivery(self, delivery_id: int) -> DeliveryView | None:
        return await self._there().delivery(delivery_id)

    async def replay(self, delivery_id: int, handlers: Sequence[str]) -> list[int]:
        return await self._there().replay(delivery_id, handlers)

    async def dead(
        self,
        *,
        limit: int,
        before: int | None = None,
        handler: str | None = None,
        portal: str | None = None,
    ) -> list[tuple[Delivery, Execution]]:
        return await self._there().dead(limit=limit, before=before, handler=handler, portal=portal)

    async def retry_dead(self, execution_ids: Sequence[int]) -> int:
        return await self._there().retry_dead(execution_ids)

    async def drop_dead(self, execution_ids: Sequence[int]) -> int:
        return await self._there().drop_dead(execution_ids)

    async def prune(self, before: datetime, *, limit: int) -> int:
        return await self._there().prune(before, limit=limit)

    async def tidy(self) -> None:
        await self._there().tidy()

    async def handler_names(self) -> dict[str, int]:
        return await self._there().handler_names()

    async def save_snapshots(
        self, portal: str, handler: str, fields: Mapping[str, Mapping[str, Any]]
    ) -> int:
        return await self._there().save_snapshots(portal, handler, fields)

    async def snapshots(
        self, portal: str, handler: str, entities: Collection[str]
    ) -> dict[str, Mapping[str, Any]]:
        return await self._there().snapshots(portal, handler, entities)

    async def mark(self, portal: str, name: str) -> str | None:
        return await self._there().mark(portal, name)

    async def set_mark(self, portal: str, name: str, value: str | None) -> None:
        await self._there().set_mark(portal, name, value)


async def put_and_wait(store: Store, delivery: NewDelivery, targets: Sequence[Target]) -> Stored:
    """Store a delivery by `put_soon`, and wait until its outcome is told.

    Raises:
        StoreError: the outcome is that it was not stored.
    """
    return await outcome(lambda done: store.put_soon(delivery, targets, done))
