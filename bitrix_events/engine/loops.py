"""Loop guard: a handler that comes back to one record again and again has to pause.

It may cause its own events: what it writes makes the portal send the next one. Runs in which it
has written nothing do not count. Nothing is lost; what comes meanwhile waits.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from bitrix_events import metrics
from bitrix_events.events import EntityEvent, Kind, event_class
from bitrix_events.store.records import Claim

log = logging.getLogger(__name__)

LOOP_NOTE: Final = "loop guard:"
"""How the note of an execution begins that waits for the end of a pause."""

_RUNS: Final = 10
_WITHIN_SECONDS: Final = 60.0
_FIRST_PAUSE_SECONDS: Final = 60.0
_LONGEST_PAUSE_SECONDS: Final = 600.0

_Pair = tuple[str, str, str]
"""Portal, handler and entity."""


@dataclass(slots=True)
class _Runs:
    """What a handler has lately done for one record.

    Attributes:
        ended: when the last runs did.
        last: the execution that ran last. Its further attempts are no further runs.
        until: end of the pause.
        pause: how long the last one was.
    """

    ended: deque[float] = field(default_factory=lambda: deque(maxlen=_RUNS))
    last: int = 0
    until: float = 0.0
    pause: float = 0.0


class LoopGuard:
    """Counts for each record how often a handler has written: ten runs a minute, then a pause,
    each longer than the one before until it is quiet. Belongs to one event loop.

    Args:
        clock: seconds that never jump.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pairs: OrderedDict[_Pair, _Runs] = OrderedDict()
        """Those that have run lately, in the order of their last runs."""
        self._paused: dict[_Pair, _Runs] = {}
        """Those that pause, or have just done so."""

    def pause_of(self, claim: Claim) -> float:
        """Seconds that an execution has to wait; 0.0 if its handler has no pause."""
        runs = self._runs_of(claim)
        return max(0.0, runs.until - self._clock()) if runs else 0.0

    def enter(self, claim: Claim) -> float:
        """Called before a run. Seconds that it has to wait instead; 0.0 if it may begin."""
        runs = self._runs_of(claim)
        if runs is None or claim.execution_id == runs.last or len(runs.ended) < _RUNS:
            return 0.0
        now = self._clock()
        if now - runs.ended[0] >= _WITHIN_SECONDS:
            return 0.0
        self._pause(claim, runs, now)
        return runs.pause

    def wrote(self, claim: Claim) -> None:
        """Count a run: it has changed something on the portal."""
        pair = _pair_of(claim)
        if pair is None:
            return
        now = self._clock()
        runs = self._runs_of(claim) or _Runs()
        if claim.execution_id != runs.last or not runs.ended:
            runs.last = claim.execution_id
            runs.ended.append(now)
        self._paused.pop(pair, None)
        self._pairs[pair] = runs
        self._pairs.move_to_end(pair)
        self._forget_quiet_ones(now)

    @staticmethod
    def counts(claim: Claim) -> bool:
        """Whether runs of this kind are counted at all."""
        return _pair_of(claim) is not None

    def _runs_of(self, claim: Claim) -> _Runs | None:
        if not self._pairs and not self._paused:
            return None
        pair = _pair_of(claim)
        return None if pair is None else self._paused.get(pair) or self._pairs.get(pair)

    def _pause(self, claim: Claim, runs: _Runs, now: float) -> None:
        runs.pause = min(max(_FIRST_PAUSE_SECONDS, runs.pause * 2), _LONGEST_PAUSE_SECONDS)
        runs.until = now + runs.pause
        runs.ended.clear()
        delivery = claim.delivery
        if (pair := _pair_of(claim)) is not None:
            self._paused[pair] = runs
            self._pairs.pop(pair, None)
        handler = delivery.handler
        metrics.looped(handler)
        log.error(
            "%s ran and wrote %d times within a minute for %s, and pauses for %g s: does it cause"
            " its own events? What it writes makes the portal send the next one; changed= lets it"
            " run for what others have changed",
            handler,
            _RUNS,
            delivery.entity,
            runs.pause,
            extra={"action": "loop", "portal": delivery.portal, "handler": handler},
        )

    def _forget_quiet_ones(self, now: float) -> None:
        """Those that did not run for a minute after their pause, if they had one."""
        long_ago = now - _WITHIN_SECONDS
        for pair in [pair for pair, runs in self._paused.items() if runs.until <= long_ago]:
            del self._paused[pair]
        while self._pairs and next(iter(self._pairs.values())).ended[-1] <= long_ago:
            self._pairs.popitem(last=False)


def loop_note(seconds: float) -> str:
    """The note of an execution that waits for the end of a pause."""
    return (
        f"{LOOP_NOTE} its handler ran and wrote {_RUNS} times within a minute for this record; it"
        f" pauses for {seconds:.0f} s"
    )


def _pair_of(claim: Claim) -> _Pair | None:
    """Whom runs are counted for; None for what happens to no record that a handler could change: a
    chat may well have more than ten messages a minute."""
    delivery = claim.delivery
    if delivery.entity is None or not _is_about_a_record(delivery.code):
        return None
    return delivery.portal, delivery.handler, delivery.entity


@lru_cache(maxsize=1000)
def _is_about_a_record(code: str) -> bool:
    event = event_class(code)
    return event.kind is Kind.STATE or issubclass(event, EntityEvent)
