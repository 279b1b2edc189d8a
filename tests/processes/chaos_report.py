"""What a round of chaos is to do, and what was counted in it."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

OF_A_PORTAL: Final = 16
"""Executions in all workers together, as there is one portal."""
_OF_DEATHS: Final = "processes died while this ran"


@dataclass
class Wanted:
    """How much is done, and with what dice.

    Attributes:
        kills: of workers, from outside and at their failpoints; ``door_kills`` of doors.
        restarts: of the database, at once, as after a crash.
        stops: of workers, for longer than their lease.
        outage: for how many seconds the database is away; for longer if no more than ``kept``
            events are acknowledged meanwhile.
        freezes: whether it does not answer meanwhile, instead of being gone.
        ahead: how many events may be acknowledged and not handled.
        rate: events in a second, if there is a limit.
        seconds: how long a handler takes at most.
        spreads: whether the events of a key come through any door, and not always the same one.
    """

    events: int
    workers: int = 3
    doors: int = 2
    kills: int = 0
    door_kills: int = 0
    restarts: int = 0
    stops: int = 0
    outage: float = 0.0
    kept: int = 0
    freezes: bool = False
    connections: int = 16
    keys: int = 400
    ahead: int = 1_000
    rate: float = float("inf")
    seconds: float = 0.01
    lease: float = 3.0
    spreads: bool = False
    seed: int = field(default_factory=lambda: random.randrange(10**6))


@dataclass
class Report:
    """What was counted.

    Attributes:
        dead: dead letters. Those whose process was killed three times are as they should be.
        repeated: completions beyond the first.
        overlapping: runs that went on beside the new owner's; how long, from the moment at which
            they were let go on, in `beside`, by their end.
        otherwise: answers other than 2xx.
        unanswered: requests that were sent, and of which no answer came.
        refused: connections.
        answered: seconds to each answer while the database was away, or was restarted.
        back: seconds from the start of the database to the next completed run.
        taken_over: seconds from each death or stop to the next run of what had been running.
        stuck: what the store still has to do at the end.
    """

    wanted: Wanted
    acknowledged: int = 0
    completed: int = 0
    lost: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    repeated: int = 0
    misordered: list[str] = field(default_factory=list)
    overlapping: list[str] = field(default_factory=list)
    beside: dict[str, list[float]] = field(default_factory=dict)
    otherwise: Counter[object] = field(default_factory=Counter)
    unanswered: int = 0
    refused: int = 0
    doors_killed: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    restarted: int = 0
    stopped: int = 0
    void: int = 0
    most_at_once: int = 0
    answered: list[float] = field(default_factory=list)
    kept: int = 0
    back: list[float] = field(default_factory=list)
    taken_over: list[float] = field(default_factory=list)
    drained: float = 0.0
    stuck: str = ""
    exit_codes: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def faults(self) -> list[str]:
        """What must not be. A worker that was stopped may run beside the new owner for a moment."""
        found = [*self.lost, *(one for one in self.dead if not one.endswith(_OF_DEATHS))]
        if not self.wanted.stops:
            found += [*self.misordered, *self.overlapping]
        if self.otherwise:
            found.append(f"answers other than 2xx: {_counts(self.otherwise)}")
        if self.unanswered + self.refused and not self.wanted.door_kills:
            found.append(f"{self.unanswered} unanswered, {self.refused} connections refused")
        if self.most_at_once > OF_A_PORTAL and not self.wanted.stops:
            found.append(f"{self.most_at_once} runs at once, of {OF_A_PORTAL} of one portal")
        if self.stuck:
            found.append(self.stuck)
        if set(self.exit_codes) - {0}:
            found.append(f"exit codes: {_counts(self.exit_codes)}")
        return found

    def __str__(self) -> str:
        beside = "; ".join(f"{end}: {_spread(times)}" for end, times in self.beside.items())
        rows = {
            "killed": f"{self.killed.total()} workers: {_counts(self.killed)}",
            "doors killed": f"{self.doors_killed}",
            "restarted": f"the database {self.restarted} times",
            "stopped": f"{self.stopped} workers, for longer than their lease",
            "acknowledged": f"{self.acknowledged:,} events",
            "completed": f"{self.completed:,} runs",
            "lost": f"{len(self.lost):,}",
            "dead letters": f"{len(self.dead):,}",
            "repeated": f"{self.repeated:,} runs",
            "out of order": f"{len(self.misordered):,}",
            "overlapping": f"{len(self.overlapping):,}",
            "beside the new owner": beside or "none",
            "void verdicts": f"{self.void:,}",
            "at once": f"{self.most_at_once} of one portal at most; {OF_A_PORTAL} may be",
            "not 2xx": f"{_counts(self.otherwise)}; {self.unanswered} unanswered",
            "answered when away": f"{_spread(self.answered)}; kept outside {self.kept:,}",
            "database to next run": _spread(self.back),
            "death to rerun": _spread(self.taken_over),
            "last answer to last run": f"{self.drained:.1f} s",
            "took": f"{self.seconds:.0f} s; seed {self.wanted.seed}",
        }
        return "\n".join(f"{name:>24}  {text}" for name, text in rows.items())


def _counts(counter: Counter[Any]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counter.items()) or "none"


def _spread(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return ", ".join(f"{value:.3f} s" for value in seconds) or "none"
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    most = max(seconds)
    return f"p50 {cuts[49]:.3f} s, p99 {cuts[98]:.3f} s, most {most:.3f} s, of {len(seconds):,}"
