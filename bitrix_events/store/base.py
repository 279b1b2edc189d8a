"""What the engine and the portals need from a store, in the words of the domain.

Every method is atomic. A method that changes something returns only after the change is
committed and synced to the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bitrix_events.store.records import (
    Claim,
    Delivery,
    DeliveryView,
    Execution,
    Installation,
    NewDelivery,
    Query,
    Stats,
    Stored,
    Target,
    Verdict,
)


class Installations(Protocol):
    """Where our app is installed, with the tokens: what a storage of one's own has to offer."""

    async def installation(self, portal: str) -> Installation | None:
        """One installation by the portal's key, or None."""

    async def installation_at(self, domain: str) -> Installation | None:
        """The installation of the portal with that address, or None.

        Of several it is one from which the app was not removed; of those, the one whose first save
        is the latest: a portal that was registered anew has another key.
        """

    async def installations(self) -> list[Installation]:
        """All of them, in the order of their keys. One whose tokens cannot be opened had better
        come without: it should not keep the others from their work."""

    async def save_installation(self, installation: Installation) -> bool:
        """Write an installation whose ``version`` is still the stored one (0: none is stored), and
        count its version up. No version comes twice, not even after `forget`.

        False if somebody else was faster; nothing is written then. A refresh that was begun goes
        on.
        """

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        """Become the only one who renews the tokens of this version, for so many seconds."""

    async def end_refresh(self, portal: str) -> None:
        """Let the next one try, whatever was saved meanwhile. Called only by who has begun."""

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        """Delete whatever is stored about a portal. False if nothing was.

        Args:
            version: delete only what is still of this version (0: no installation is stored);
                otherwise False.
        """


class PortalPace(Protocol):
    """One bucket for each portal, filled by all processes that send to it.

    A request fills the bucket by one; so and so much leaks out in a second.
    """

    async def take(self, host: str, *, burst: float, per_second: float) -> float:
        """Put a request into the bucket of a portal; nothing is put in if it has to wait.

        Returns:
            0.0 if it is in; else the seconds after which it is worth trying again.

        Raises:
            StoreError: nobody can be asked just now.
        """

    async def refused(self, host: str, *, seconds: float, level: float | None = None) -> None:
        """Let nobody send to a portal for so long.

        Args:
            level: how full the bucket is at least, in requests, if the portal said so.
        """


class Store(Installations, Protocol):
    """Deliveries, executions and installations.

    While an installation is not active, or paused, the lanes of its portal are parked: nothing of
    it is claimed, but deliveries that are about the installation itself unless it is paused.
    Saving the installation as active sets everything going again.
    """

    @property
    def trouble(self) -> str:
        """What keeps the store from taking changes just now, in one line; ``""`` if nothing
        does."""

    @property
    def lease_seconds(self) -> float | None:
        """For how long what this process holds is its own without an `extend`; None where no other
        process can take it."""

    @property
    def pace(self) -> PortalPace | None:
        """Where processes share the pace of portals; None if one process alone works."""

    async def open(self) -> None:
        """Make ready; give executions that a dead process left running back to the queue.

        Raises:
            StoreError: the store cannot be used; the text says why and what to do.
        """

    async def close(self) -> None:
        """Finish what was submitted and let go of the store."""

    async def put(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        *,
        installation: Installation | None = None,
    ) -> Stored:
        """Store a delivery and one waiting execution for each handler.

        A fact that was told within `FACT_WINDOW` is stored, and only handlers that it was not for
        then are given an execution. A delivery that merges replaces the last execution that waits
        for the same handler, entity and code, and makes its lane due now, or after the debounce.

        Args:
            installation: saved together with the delivery, or not at all.

        Raises:
            InstallationChanged: ``installation`` is not based on the stored version; nothing was
                stored.
        """

    def put_soon(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        done: Callable[[Stored | Exception], None],
    ) -> None:
        """`put` for one who does not await: ``done`` is called on the event loop that this is
        called on, with what became of the delivery, or with what went wrong.

        Raises:
            StoreError: it is known already that nothing can be stored; ``done`` is not called.
        """

    def known_installation(self, portal: str) -> Installation | None:
        """The installation of a portal, if that is known without asking anybody. What has been
        saved since is known a moment later."""

    async def claim(
        self,
        *,
        limit: int,
        per_portal: int,
        per_handler: Mapping[str, int] | None = None,
        resting: Collection[str] = (),
        idle: Mapping[str, int] | None = None,
    ) -> list[Claim]:
        """Start up to ``limit`` due executions, fairly over the portals.

        At most one execution of a lane runs at a time, at most ``per_portal`` of a portal, and of a
        handler as many as ``per_handler`` says, if it does. The attempt is counted before this
        returns, so that a handler that kills the process is not started for ever. What two
        processes have died of is started only while no other such execution runs, so that it is
        plain what the third one dies of.

        Args:
            resting: portals of which nothing is wanted now.
            idle: how many of the running executions of a portal only wait for it; they do not count
                for ``per_portal``.
        """

    async def settle(self, claim: Claim, verdict: Verdict) -> bool:
        """Record how an attempt ended, with the snapshot that comes with the verdict. False, and
        nothing written, if the claim was lost."""

    async def due_in(self) -> float | None:
        """Seconds until the next resting lane is due, 0.0 if it is now; None if none rests."""

    async def extend(self) -> bool:
        """Say that this process lives, at least every third of `lease_seconds`. False if its lease
        was over: what it runs was given to others, and has to be dropped without a verdict."""

    def listen(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called, on any thread, when another process may have added work. It is a
        hint: some additions are not told."""

    async def on_duty(self, duty: str, *, seconds: float) -> bool:
        """Become, or stay, the one process that does something, for so many seconds."""

    async def sweep(self, held: Collection[int]) -> int:
        """Give back executions that run by the store's account, and that nobody holds.

        Args:
            held: ids of the executions that really run.

        Returns:
            How many were given back.
        """

    async def find(
        self, query: Query, *, limit: int, before: int | None = None
    ) -> list[DeliveryView]:
        """The newest deliveries, newest first; ``before`` is the id to go on from."""

    async def delivery(self, delivery_id: int) -> DeliveryView | None:
        """One delivery, or None."""

    async def replay(self, delivery_id: int, handlers: Sequence[str]) -> list[int]:
        """Let handlers run once more for a stored delivery, after what waits in their lanes.

        Their `Delivery.key` is the same as before. Returns the ids of the new executions; none if
        there is no such delivery.
        """

    async def dead(
        self,
        *,
        limit: int,
        before: int | None = None,
        handler: str | None = None,
        portal: str | None = None,
    ) -> list[tuple[Delivery, Execution]]:
        """Executions that nobody will try again, the newest first; ``before`` is the id of an
        execution to go on from."""

    async def retry_dead(self, execution_ids: Sequence[int]) -> int:
        """Let dead executions wait again, as if they had never run; how many there were."""

    async def drop_dead(self, execution_ids: Sequence[int]) -> int:
        """Note that dead executions need no one's attention any more; how many there were."""

    async def prune(self, before: datetime, *, limit: int) -> int:
        """Delete up to ``limit`` deliveries that were received before then, with their executions.

        What is unfinished or dead stays. Returns how many were deleted; fewer than ``limit`` means
        that none is left.
        """

    async def tidy(self) -> None:
        """Delete what has outlived its use: facts after `FACT_WINDOW`, and the access tokens that
        came with events a day ago or earlier, which have ended."""

    async def stats(self) -> Stats:
        """How much waits, and for how long."""

    async def save_snapshots(
        self, portal: str, handler: str, fields: Mapping[str, Mapping[str, Any]]
    ) -> int:
        """Write snapshots, by entity, for those that have none and for which nothing is unfinished;
        how many were written. What a handler has dealt with, or is about to, weighs more than what
        somebody else has read meanwhile."""

    async def snapshots(
        self, portal: str, handler: str, entities: Collection[str]
    ) -> dict[str, Mapping[str, Any]]:
        """The snapshots of those of the entities that have one."""

    async def mark(self, portal: str, name: str) -> str | None:
        """A small fact about a portal, or None."""

    async def set_mark(self, portal: str, name: str, value: str | None) -> None:
        """Remember a small fact about a portal; None forgets it. It goes with the portal."""

    async def handler_names(self) -> dict[str, int]:
        """How many executions wait for each handler, by its name."""
