"""Deliveries that were kept on some machine while the database did not answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bitrix_events.store.base import Store
from bitrix_events.store.records import Installation, NewDelivery, Stored, Target


@dataclass(frozen=True, slots=True)
class Kept:
    """One of them.

    Attributes:
        journal: who kept it; together with the ``number`` it is kept by no one else.
        received_at: when it arrived.
        ticket: that of a commit of it that was under way; see `StoreUnreachable`.
        installation: to be saved together with it.
    """

    journal: str
    number: int
    delivery: NewDelivery
    targets: Sequence[Target]
    received_at: datetime
    ticket: str = ""
    installation: Installation | None = None


class RemoteStore(Store, Protocol):
    """A store on a server, which may be out of reach.

    Whatever asks the server raises `StoreUnreachable` then, soon. A delivery whose `put` ended so
    is not stored later, but for one whose error bears a ticket, and for that as `take_over` says.
    """

    async def reach(self) -> None:
        """Return if the server answers.

        Raises:
            StoreUnreachable: it does not, or not soon.
        """

    async def take_over(self, kept: Sequence[Kept]) -> list[Stored | None]:
        """Store deliveries in their order, all of them or none.

        Returns:
            For each what became of it; None if it is stored since an earlier call, or since the
            commit of its ticket. One that is not, never will be by that commit.

        Raises:
            InstallationChanged: one of the installations is not based on the stored version.
            StoreUnreachable: nobody knows; ask again.
        """
