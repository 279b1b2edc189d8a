"""Places: how many executions may run, and how many of a portal.

Who only waits for a portal, to share a request with others, stands aside and takes no place, so
that those who come after it can fill that request. How many of a portal may stand aside is learned:
many, if their calls share requests; few, if they need requests of their own, for which they would
have to wait in a long line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

_MOST_ASIDE: Final = 15
"""For each place that a portal has, at most so many of its executions stand aside."""
_MOST_OF_ALL: Final = 8
"""For each place that there is, at most so many of all executions stand aside."""
_NARROWER: Final = 4
"""By how much an execution that needed a request of its own outweighs one that did not."""


class Places:
    """Counts who takes a place, and who stands aside. Belongs to one event loop.

    Args:
        count: how many executions may take one.
        of_portal: how many of a portal.
    """

    def __init__(self, count: int, of_portal: int) -> None:
        self.count = count
        self.of_portal = of_portal
        self._running = 0
        self._running_of: Counter[str] = Counter()
        self._queues: set[str] = set()
        self._aside: Counter[str] = Counter()
        self._all_aside = 0
        self._room: dict[str, int] = {}

    @property
    def free(self) -> int:
        """How many more executions may be started; less than 0 after many have stepped back."""
        return self.count - self._running + min(self._all_aside, self.count * _MOST_OF_ALL)

    def idle(self) -> Mapping[str, int]:
        """By portal, how many executions stand aside and make room for others. Portals share half
        of all the room, so that there is some left for one that comes later."""
        if not self._aside:
            return {}
        share = self.count * _MOST_OF_ALL // 2 // len(self._aside)
        most = max(share, self.of_portal)
        return {
            portal: min(aside, self._room.get(portal, self.of_portal), most)
            for portal, aside in self._aside.items()
        }

    def take(self, portals: Sequence[str], *, idle: Mapping[str, int], is_cut: bool) -> None:
        """Executions of these portals have started, one for each mention.

        Args:
            idle: for how many who stood aside they were allowed to start.
            is_cut: no more of them were wanted.
        """
        self._running += len(portals)
        self._running_of.update(portals)
        for portal in self._queues.union(portals):
            is_full = self._running_of[portal] >= self.of_portal + idle.get(portal, 0)
            if is_full or (is_cut and portal in portals):
                self._queues.add(portal)
            elif not is_cut:
                self._queues.discard(portal)

    def has_followers(self, portal: str) -> bool:
        """Whether more executions of a portal probably wait, and are about to start when those that
        run stand aside."""
        most = self.of_portal + self._room.get(portal, self.of_portal)
        return portal in self._queues and self.free > 0 and self._running_of[portal] < most

    def step_aside(self, portal: str) -> None:
        """A running execution takes no place for now."""
        self._aside[portal] += 1
        self._all_aside += 1

    def step_back(self, portal: str) -> None:
        """One that stood aside takes its place again."""
        self._all_aside -= 1
        self._aside[portal] -= 1
        if not self._aside[portal]:
            del self._aside[portal]

    def leave(self, portal: str, *, stood_aside: bool, went_alone: bool) -> None:
        """An execution that has its place is over.

        Args:
            stood_aside: it did, at some time.
            went_alone: it needed a request of its own.
        """
        self._running -= 1
        self._running_of[portal] -= 1
        if not self._running_of[portal]:
            del self._running_of[portal]
            self._queues.discard(portal)
        if not stood_aside and not went_alone:
            return
        room = self._room.pop(portal, self.of_portal)
        room += -_NARROWER if went_alone else 1
        room = min(room, self.of_portal * _MOST_ASIDE)
        if room > self.of_portal:
            self._room[portal] = room
