"""Where portals live: in which of several databases, of which some may be out of reach."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from bitrix_events.errors import StoreError, StoreUnreachable
from bitrix_events.store.base import Store
from bitrix_events.store.postgres.cell import Cell
from bitrix_events.store.records import Installation, InstallationState

log = logging.getLogger(__name__)

T = TypeVar("T")

MOVED: Final = "moved to another cell"
"""The reason of an installation whose portal has left the cell."""
HOME_SECONDS: Final = 3.0
"""For how long a process may not notice that a portal has left a cell."""
_REOPEN_SECONDS: Final = 0.5


def has_left(installation: Installation) -> bool:
    """Whether this is only the trace of a portal that lives in another cell."""
    return installation.state is InstallationState.DELETED and installation.reason == MOVED


def chosen_for(key: str, names: Iterable[str]) -> str:
    """Which of the names a key goes to. Their order does not matter, and one more name takes over
    its share of the keys from the others and leaves the rest where they are."""
    return max(names, key=lambda name: hashlib.blake2b(f"{name}\n{key}".encode()).digest())


@dataclass(slots=True)
class Member:
    """A cell in use.

    Attributes:
        store: the cell, or what stands before it.
        why: what kept it from being opened.
        extended_at: when its lease was extended last.
    """

    cell: Cell
    store: Store
    is_open: bool = False
    why: str = "not opened yet"
    extended_at: float = 0.0

    @property
    def name(self) -> str:
        """Where it is; settings may name cells in any order."""
        return str(self.cell.address)

    @property
    def in_use(self) -> Member:
        """This one, if it is open.

        Raises:
            StoreUnreachable: it is not.
        """
        if not self.is_open:
            raise StoreUnreachable(f"cell {self.name}: {self.why}")
        return self


class Homes:
    """The cells that are in use, and which of them each portal lives in.

    Args:
        wrap: what is to stand before each cell.
    """

    def __init__(self, cells: Sequence[Cell], wrap: Callable[[Cell], Store]) -> None:
        self.members = sorted((Member(cell, wrap(cell)) for cell in cells), key=lambda m: m.name)
        self._of_portal: dict[str, tuple[Member, float]] = {}
        self._wakes: list[Callable[[], None]] = []
        self._opening: asyncio.Task[None] | None = None

    @property
    def trouble(self) -> str:
        """What keeps cells from their work, in one line, or ``""``."""
        found = (
            (m.name, m.store.trouble if m.is_open else f"not in use: {m.why}") for m in self.members
        )
        return "; ".join(f"cell {name}: {trouble}" for name, trouble in found if trouble)

    @property
    def cells(self) -> list[Cell]:
        """Those that can be worked with."""
        return [member.cell for member in self.members if member.is_open]

    async def open(self) -> None:
        """Open the cells that answer, and the others as soon as they do.

        Raises:
            StoreUnreachable: none does.
            StoreError: one cannot be used.
        """
        failed: StoreUnreachable | None = None
        try:
            for member in self.members:  # one after another: a new one is numbered by the others
                try:
                    await self._open(member)
                except StoreUnreachable as error:
                    failed = error
                    log.warning("cell %s: %s", member.name, error)
            if failed is not None and not self.cells:
                raise failed
        except BaseException:
            await self.close()
            raise
        if failed is not None:
            self._opening = asyncio.create_task(self._open_others())

    async def close(self) -> None:
        """Close all cells."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])
            self._opening = None
        opened = [member for member in self.members if member.is_open]
        for member in opened:
            member.is_open = False
        await asyncio.gather(*(member.store.close() for member in opened))

    def listen(self, wake: Callable[[], None]) -> None:
        """See `Store.listen`; a cell that joins later wakes, too."""
        self._wakes.append(wake)
        for member in self.members:
            member.store.listen(wake)

    async def _open(self, member: Member) -> None:
        try:
            await member.store.open()
        except StoreError as error:
            member.why = str(error)
            raise
        member.is_open = True
        member.extended_at = time.monotonic()
        numbers = Counter(cell.number for cell in self.cells if cell.number is not None)
        if twice := [number for number, count in numbers.items() if count > 1]:
            names = " and ".join(str(c.address) for c in self.cells if c.number in twice)
            raise StoreError(
                f"{names} are both cell {twice[0]}: each was a store by itself, or one is a copy of"
                " the other; their deliveries have the same numbers. Begin with an empty database"
                " and move portals into it: bitrix-events portals move"
            )

    async def _open_others(self) -> None:
        """Look for cells that could not be opened."""
        while closed := [member for member in self.members if not member.is_open]:
            await asyncio.sleep(_REOPEN_SECONDS)
            for member in closed:
                try:
                    await self._open(member)
                except StoreError as error:
                    log.debug("cell %s: %s", member.name, error)
                    continue
                log.warning("cell %s is in use", member.name)
                for wake in self._wakes:
                    wake()

    # Where a portal lives.

    async def doubles(self) -> dict[str, list[int | None]]:
        """Portals that live in more than one cell, and the numbers of these, which must not be."""
        found: dict[str, list[int | None]] = defaultdict(list)
        for member, installations in await self.ask_all(lambda store: store.installations()):
            for installation in installations:
                if not has_left(installation):
                    found[installation.portal].append(member.cell.number)
        doubles = {portal: numbers for portal, numbers in found.items() if len(numbers) > 1}
        for portal in list(doubles):
            with suppress(StoreError):
                await self._resolve(portal, self.members)  # it is on its way
                del doubles[portal]
        return doubles

    def known(self, portal: str) -> Member | None:
        """The home of a portal, if that was found out a moment ago."""
        found = self._of_portal.get(portal)
        return found[0] if found is not None and time.monotonic() < found[1] else None

    def forget(self, portal: str) -> None:
        """A portal is not where it was."""
        self._of_portal.pop(portal, None)

    def share_of(self, key: str) -> Member:
        """The cell that a key goes to."""
        name = chosen_for(key, (member.name for member in self.members))
        return next(member for member in self.members if member.name == name)

    async def find(self, portal: str) -> Member:
        """The cell of a portal: where it is installed, or would be.

        Raises:
            StoreUnreachable: it may live in a cell that cannot be asked.
            StoreError: it lives in several.
        """
        if known := self.known(portal):
            return known
        began = time.monotonic()
        last, _ = self._of_portal.get(portal, (None, 0.0))
        found = []
        if last is not None and last.is_open:
            found = await self.ask_some([last], lambda store: store.installation(portal))
            found = [(m, one) for m, one in found if one is not None and not has_left(one)]
        if not found:
            asked = await self.ask_some(self.members, lambda store: store.installation(portal))
            found = [(m, one) for m, one in asked if one is not None and not has_left(one)]
            if not found and len(asked) < len(self.members):
                silent = {m.name for m in self.members} - {m.name for m, _ in asked}
                raise StoreUnreachable(
                    f"portal {portal} may live in {' or '.join(sorted(silent))}, which cannot be"
                    " asked"
                )
        if len(found) > 1:
            home = await self._resolve(portal, [member for member, _ in found])
        elif found:
            home = found[0][0]
        else:
            home = self.share_of(portal)
        self._of_portal[portal] = (home, began + HOME_SECONDS)
        return home

    async def _resolve(self, portal: str, members: Sequence[Member]) -> Member:
        """Of several cells the one that a portal is just leaving: it lives there until it has."""
        for member in members:
            if member.is_open and await member.cell.move_of(portal) is not None:
                return member
        names = " and ".join(member.name for member in members)
        raise StoreError(
            f"portal {portal} lives in {names}; forget it in one of them, with STORE naming only"
            " that: bitrix-events portals forget"
        )

    # Asking all.

    async def ask_some(
        self, members: Sequence[Member], ask: Callable[[Store], Awaitable[T]]
    ) -> list[tuple[Member, T]]:
        """What those say that answer."""

        async def one(member: Member) -> tuple[Member, T] | None:
            try:
                return member, await ask(member.in_use.store)
            except StoreUnreachable as error:
                log.debug("cell %s: %s", member.name, error)
                return None

        answers = await asyncio.gather(*map(one, members))
        return [answer for answer in answers if answer is not None]

    async def ask_all(self, ask: Callable[[Store], Awaitable[T]]) -> list[tuple[Member, T]]:
        """What all say that answer; an error if nobody does."""
        found = await self.ask_some(self.members, ask)
        if not found:
            raise StoreUnreachable(self.trouble or "no cell answers")
        return found
