"""What may be started, whatever keeps the queue: the limits of portals and handlers, suspects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bitrix_events.store.planning import Row
from bitrix_events.store.records import DEATHS

_SUSPECT_DEATHS: Final = DEATHS - 1


@dataclass(frozen=True, slots=True)
class Demand:
    """What a worker can take: see `Store.claim`."""

    limit: int
    per_portal: int
    per_handler: Mapping[str, int]
    resting: Collection[str]
    idle: Mapping[str, int]


class Room:
    """How much may be started, by what runs already.

    Args:
        running: for portals and handlers, how many executions run (``running``), and how many
            processes have died of one of them at most (``deaths``).

    Attributes:
        passed_over: lanes that keep their place in the queue, and are not started now.
    """

    def __init__(self, demand: Demand, running: Iterable[Row]) -> None:
        self.left = demand.limit
        self.passed_over: set[int] = set()
        self._demand = demand
        self._of_portal: Counter[str] = Counter()
        self._of_portal.subtract(demand.idle)
        self._of_handler: Counter[str] = Counter()
        self._has_suspect = False
        for row in running:
            self._of_portal[row["portal"]] += row["running"]
            self._of_handler[row["handler"]] += row["running"]
            self._has_suspect |= row["deaths"] >= _SUSPECT_DEATHS

    def fill(self, portal: str, count: int) -> None:
        """Count what runs for a portal elsewhere."""
        self._of_portal[portal] += count

    def is_open(self, portal: str) -> bool:
        """Whether anything may be started for a portal."""
        return self.of_portal(portal) > 0 and portal not in self._demand.resting

    def of_portal(self, portal: str) -> int:
        """How much may be started for a portal."""
        return min(self.left, self._demand.per_portal - self._of_portal[portal])

    def of_handler(self, handler: str) -> int:
        """How often a handler may be started."""
        limit = self._demand.per_handler.get(handler)
        return self.left if limit is None else limit - self._of_handler[handler]

    def closed_portals(self) -> list[str]:
        """Portals for which nothing may be started."""
        full = [p for p, count in self._of_portal.items() if count >= self._demand.per_portal]
        return [*full, *self._demand.resting]

    def closed_handlers(self) -> list[str]:
        """Handlers that may not be started."""
        return [handler for handler in self._demand.per_handler if self.of_handler(handler) <= 0]

    def take(self, portal: str, handler: str) -> bool:
        """Take a place. False if there is none."""
        if self.of_portal(portal) <= 0 or self.of_handler(handler) <= 0:
            return False
        self.left -= 1
        self._of_portal[portal] += 1
        self._of_handler[handler] += 1
        return True

    def give_back(self, portal: str, handler: str) -> None:
        """Let go of a place that was taken."""
        self.left += 1
        self._of_portal[portal] -= 1
        self._of_handler[handler] -= 1

    def lets_in(self, head: Row) -> bool:
        """Whether an execution that has a place may keep it: one suspect at a time."""
        if head["deaths"] < _SUSPECT_DEATHS:
            return True
        if self._has_suspect:
            self.give_back(head["portal"], head["handler"])
            return False
        self._has_suspect = True
        return True
