"""What an app works with under `AppTest`: a clock that stands still, and means that are watched."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bitrix_events.engine.notices import Notices
from bitrix_events.engine.verdicts import Outcome
from bitrix_events.engine.weather import Weather
from bitrix_events.engine.worker import Crew
from bitrix_events.store.records import Claim, State, Verdict
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.reserve import Reserve
from bitrix_events.store.sqlite.spill import Spill
from bitrix_events.store.sqlite.store import SqliteStore

_QUEUES: Final = 10_000
_JOURNAL_BYTES: Final = 2**18
"""Of a store that serves one test; 16 MiB would be written for each."""


class FakeClock:
    """Seconds since 1970, which pass only when somebody says so."""

    def __init__(self) -> None:
        self._now = time.time()

    def __call__(self) -> float:
        return self._now

    def move(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._now += seconds


LIMITS_SPEED: Final = 200.0
"""How many seconds of a portal's limits pass in a real one."""


class LimitsClock:
    """By which a portal's limits recover, and a client waits for them: it goes on with the clock of
    the test, and by itself, `LIMITS_SPEED` times as fast as real time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = time.monotonic()

    def __call__(self) -> float:
        return self._clock() + (time.monotonic() - self._began) * LIMITS_SPEED


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt of a handler that raised.

    Attributes:
        entity: what the delivery is about, ``deal:7``; None if it is not about one record.
        attempt: the number of the attempt, from 1.
        delivery: the number of the delivery, `events why` knows it.
        error: what was raised, with its traceback.
        next_seconds: when the next attempt begins; None if the execution is dead.
    """

    handler: str
    code: str
    entity: str | None
    attempt: int
    execution: int
    delivery: int
    error: BaseException
    next_seconds: float | None

    @property
    def is_dead(self) -> bool:
        """Nobody will try it again."""
        return self.next_seconds is None

    @property
    def report(self) -> str:
        """What happened, with the traceback."""
        became = "it is dead" if self.next_seconds is None else "it would be tried again"
        about = f"{self.code} {self.entity}" if self.entity else self.code
        trace = "".join(traceback.format_exception(self.error)).rstrip()
        return f"{self.handler} failed at {about}, attempt {self.attempt}; {became}:\n{trace}"


class Watch:
    """Knows what the worker holds and how attempts have ended.

    Attributes:
        failures: every failed attempt, in the order in which they ended.
        unresolved: by execution, the last failure of those that have not succeeded since.
        held: what is claimed, and whose end is not yet told to everybody.
        claims: how often work was asked for.
    """

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self.unresolved: dict[int, Failure] = {}
        self.held: dict[int, Claim] = {}
        self.claims = 0
        self.is_claiming = False
        self.weather: Weather | None = None

    @property
    def is_busy(self) -> bool:
        return self.is_claiming or bool(self.held)

    @property
    def resting(self) -> Collection[str]:
        """Portals that are left alone for now."""
        return self.weather.resting() if self.weather is not None else ()

    def crew(self, crew: Crew) -> Crew:
        """The same crew, watched."""
        self.weather = crew.weather
        return replace(crew, notices=_WatchedNotices(crew.notices, self))

    def ended(self, claim: Claim, outcome: Outcome) -> None:
        """Note how an attempt has ended."""
        verdict, delivery = outcome.verdict, claim.delivery
        self.unresolved.pop(claim.execution_id, None)
        if outcome.error is None:
            return
        failure = Failure(
            delivery.handler,
            delivery.code,
            delivery.entity,
            delivery.attempt,
            claim.execution_id,
            delivery.id,
            outcome.error,
            verdict.delay_seconds if verdict.state is State.WAITING else None,
        )
        self.failures.append(failure)
        if verdict.state in (State.WAITING, State.DEAD):
            self.unresolved[claim.execution_id] = failure


class _WatchedNotices(Notices):
    """Tells whom the app tells, and the watch."""

    def __init__(self, notices: Notices, watch: Watch) -> None:
        self._notices = notices
        self._watch = watch

    async def tell(self, claim: Claim, outcome: Outcome) -> None:
        self._watch.ended(claim, outcome)
        try:
            await self._notices.tell(claim, outcome)
        finally:
            self._watch.held.pop(claim.execution_id, None)


class _NoReserve(Reserve):
    """Takes no space: the disk of a test is not expected to be full."""

    def make(self) -> bool:
        return True


class WatchedStore(SqliteStore):
    """The SQLite store, which also tells whether there is something to do."""

    def __init__(
        self, path: Path, *, clock: Callable[[], float], watch: Watch, sealer: Sealer | None
    ) -> None:
        super().__init__(path, clock=clock, sealer=sealer)
        self._spill = Spill(path.with_name(path.name + ".journal"), size=_JOURNAL_BYTES)
        self._reserve = _NoReserve(path.with_name(path.name + ".reserve"))
        self._watch = watch

    async def claim(
        self,
        *,
        limit: int,
        per_portal: int,
        per_handler: Mapping[str, int] | None = None,
        resting: Collection[str] = (),
        idle: Mapping[str, int] | None = None,
    ) -> list[Claim]:
        watch = self._watch
        watch.claims += 1
        watch.is_claiming = True
        try:
            claims = await super().claim(
                limit=limit,
                per_portal=per_portal,
                per_handler=per_handler,
                resting=resting,
                idle=idle,
            )
            watch.held |= {claim.execution_id: claim for claim in claims}
        finally:
            watch.is_claiming = False
        return claims

    async def settle(self, claim: Claim, verdict: Verdict) -> bool:
        is_settled = await super().settle(claim, verdict)
        if not is_settled:
            self._watch.held.pop(claim.execution_id, None)
        return is_settled

    def is_idle(self) -> bool:
        """Whether nothing runs, and nothing is due but the work of portals that rest."""
        watch = self._watch
        claims = watch.claims
        if watch.is_busy or self.seconds_to_due() == 0.0:
            return False
        queues = self._read("ready_queues", after="", limit=_QUEUES)
        resting = watch.resting
        if any(row["queue"].partition(" ")[0] not in resting for row in queues):
            return False
        return claims == watch.claims and not watch.is_busy

    def forget_replaced(self) -> None:
        """Failed executions whose place a newer delivery has taken are over."""
        for number, failure in list(self._watch.unresolved.items()):
            rows = self._read("executions", delivery_id=failure.delivery)
            if any(row["id"] == number and row["state"] == State.MERGED for row in rows):
                del self._watch.unresolved[number]

    async def close(self) -> None:
        self.forget_replaced()
        await super().close()

    def seconds_to_due(self) -> float | None:
        """Seconds until the next execution that was put off is due; None if there is none."""
        due = self._read("due")[0][0]
        return None if due is None else max(0.0, due - self._clock())
