"""What a store promises about deliveries, in the simplest terms: the model for `test_model.py`.

It keeps everything in dictionaries and decides nothing by itself: it is told what the store has
done, says whether that was lawful, and knows what has to be there afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bitrix_events.store.records import (
    DEATHS,
    FACT_WINDOW,
    Claim,
    NewDelivery,
    State,
    Stored,
    Target,
    Verdict,
)

LaneKey = tuple[str, str, str]
"""Portal, entity, handler."""

_WINDOW: Final = FACT_WINDOW.total_seconds()
_FINISHED: Final = frozenset({State.DONE, State.SKIPPED, State.MERGED})
_MOST_BYPASSES: Final = 2
"""Claims in which another portal is served while one could be and is not."""


@dataclass
class Run:
    """An execution.

    Attributes:
        merges: code of deliveries that may replace it while it waits.
        not_before: end of its debounce.
        quiet_by: when its debounce ends at the latest.
        not_before: end of its debounce.
    """

    id: int
    delivery_id: int
    lane: LaneKey
    lifecycle: bool
    merges: str | None = None
    replayed: bool = False
    not_before: float = 0.0
    quiet_by: float = 0.0
    state: State = State.WAITING
    attempt: int = 0
    deaths: int = 0

    @property
    def portal(self) -> str:
        return self.lane[0]

    @property
    def handler(self) -> str:
        return self.lane[2]

    @property
    def is_suspect(self) -> bool:
        """One more death, and it is dead."""
        return self.deaths >= DEATHS - 1


@dataclass
class Told:
    """A delivery."""

    id: int
    portal: str
    code: str
    entity: str | None
    lifecycle: bool
    received_at: float
    repeat_of: int | None


@dataclass
class Standing:
    """Whether work for a portal may be done. Without an installation it may."""

    active: bool = True
    paused: bool = False

    def parks(self, run: Run) -> bool:
        return self.paused or not (self.active or run.lifecycle)


@dataclass
class Model:
    """What is stored."""

    now: float
    deliveries: dict[int, Told] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    rests: dict[LaneKey, float] = field(default_factory=dict)
    """Until when a lane rests, after a failure."""
    facts: dict[tuple[str, str | None, str], float] = field(default_factory=dict)
    """When a handler (the third part) was last told a fact."""
    tellers: dict[tuple[str, str | None], set[int]] = field(default_factory=dict)
    """Deliveries that have told a fact."""
    standings: dict[str, Standing] = field(default_factory=dict)
    bypassed: dict[str, Counter[str]] = field(default_factory=dict)
    last_delivery: int = 0

    # Questions.

    def of_lane(self, lane: LaneKey, state: State) -> list[Run]:
        """The executions of a lane in this state, in order."""
        found = [run for run in self.runs.values() if run.lane == lane and run.state is state]
        return sorted(found, key=lambda run: run.id)

    def in_state(self, state: State) -> list[Run]:
        """All executions in this state."""
        return sorted(
            (run for run in self.runs.values() if run.state is state), key=lambda run: run.id
        )

    def of_delivery(self, delivery_id: int) -> list[Run]:
        """The executions of a delivery, in order."""
        found = [run for run in self.runs.values() if run.delivery_id == delivery_id]
        return sorted(found, key=lambda run: run.id)

    def is_parked(self, run: Run) -> bool:
        """Whether it has to wait for its portal."""
        return self.standings.get(run.portal, Standing()).parks(run)

    def heads(self) -> list[Run]:
        """What is next in each lane of which nothing runs, parked or not, due or not."""
        busy = {run.lane for run in self.in_state(State.RUNNING)}
        first: dict[LaneKey, Run] = {}
        for run in self.in_state(State.WAITING):
            if run.lane not in busy:
                first.setdefault(run.lane, run)
        return list(first.values())

    def is_due(self, head: Run) -> bool:
        """Whether the rest of its lane and its debounce are over."""
        return self.now >= max(self.rests.get(head.lane, 0.0), head.not_before)

    def claimable(self) -> list[Run]:
        """What may be started as far as the lanes are concerned."""
        return [run for run in self.heads() if self.is_due(run) and not self.is_parked(run)]

    def must_be_claimable(self) -> list[Run]:
        """What has no excuse to be left: suspects wait for each other, and a lane in which
        something was revived before its first keeps the rest of that."""
        return [
            run
            for run in self.claimable()
            if not run.is_suspect
            and all(self.now >= w.not_before for w in self.of_lane(run.lane, State.WAITING))
        ]

    def prunable(self, before: float) -> set[int]:
        """Deliveries that may be deleted."""
        needed = {run.delivery_id for run in self.runs.values() if run.state not in _FINISHED}
        old = {told.id for told in self.deliveries.values() if told.received_at < before}
        return old - needed

    # What has happened.

    def put(self, delivery: NewDelivery, targets: Sequence[Target], stored: Stored) -> None:
        """A delivery was stored, and this is what the store says about it."""
        number = stored.delivery_id
        assert number is not None
        assert number > self.last_delivery, "the id of a delivery came twice"
        self.last_delivery = number
        wanted = [t for t in targets if not self._was_told(delivery, t.handler)]
        if wanted:
            assert stored.repeat_of is None
        elif targets:
            assert stored.repeat_of in self.tellers[delivery.portal, delivery.identity]
        assert len(stored.executions) == len(wanted), "a handler was forgotten, or told twice"
        self.deliveries[number] = Told(
            number,
            delivery.portal,
            delivery.code,
            delivery.entity,
            delivery.lifecycle,
            self.now,
            stored.repeat_of,
        )
        merged = [
            self._add(delivery, target, run_id, number)
            for target, run_id in zip(wanted, stored.executions, strict=True)
        ]
        assert sorted(stored.merged) == sorted(m.delivery_id for m in merged if m is not None)

    def _add(self, delivery: NewDelivery, target: Target, run_id: int, number: int) -> Run | None:
        """A new execution; the one that it replaces."""
        assert run_id not in self.runs, "the id of an execution came twice"
        shared = delivery.entity or (delivery.code if target.debounce else None)
        lane = (delivery.portal, shared or f"#{number}", target.handler)
        merges = delivery.code if delivery.merges or target.debounce else None
        run = Run(run_id, number, lane, delivery.lifecycle, merges)
        waiting = self.of_lane(lane, State.WAITING)
        replaced = waiting[-1] if waiting and merges and waiting[-1].merges == merges else None
        if target.debounce:
            run.quiet_by = self.now + 10 * target.debounce
            if replaced is not None and replaced.quiet_by:
                run.quiet_by = replaced.quiet_by
            run.not_before = min(self.now + target.debounce, run.quiet_by)
        if replaced is not None:
            replaced.state = State.MERGED
            run.deaths = replaced.deaths
            if replaced is waiting[0]:
                self.rests.pop(lane, None)
        self.runs[run_id] = run
        if delivery.identity is not None:
            self.facts[delivery.portal, delivery.identity, target.handler] = self.now
            self.tellers.setdefault((delivery.portal, delivery.identity), set()).add(number)
        return replaced

    def claim(
        self,
        claims: Sequence[Claim],
        *,
        limit: int,
        per_portal: int,
        per_handler: Mapping[str, int],
        resting: Collection[str],
        idle: Mapping[str, int],
    ) -> None:
        """Executions were started."""
        before = self._free(limit, per_portal, per_handler, resting, idle)
        suspects = sum(run.is_suspect for run in self.in_state(State.RUNNING))
        for claim in claims:
            run = self.runs[claim.execution_id]
            self.start(run)
            assert run.portal not in resting, "of a portal that rests"
            assert claim.delivery.attempt == run.attempt
            assert claim.delivery.handler == run.handler
            assert claim.delivery.id == run.delivery_id
            assert claim.delivery.replayed == run.replayed
            assert claim.deaths == run.deaths
            suspects += run.is_suspect
        assert suspects <= 1 or not any(c.deaths >= DEATHS - 1 for c in claims), "two suspects"
        running = self.in_state(State.RUNNING)
        for portal in {claim.delivery.portal for claim in claims}:
            most = per_portal + idle.get(portal, 0)
            assert sum(run.portal == portal for run in running) <= most
        for handler in {claim.delivery.handler for claim in claims} & set(per_handler):
            assert sum(run.handler == handler for run in running) <= per_handler[handler]
        left = self._free(limit, per_portal, per_handler, resting, idle)
        assert len(claims) <= limit
        assert len(claims) == limit or not left, f"{left[0]} could be started, and was not"
        self._see_turns({run.portal for run in before}, {c.delivery.portal for c in claims})

    def start(self, run: Run) -> None:
        """An execution was started."""
        assert run.state is State.WAITING, f"{run} was started"
        assert run in self.heads(), f"{run} was started before its turn in the lane"
        assert self.is_due(run), f"{run} was started too early"
        assert not self.is_parked(run), f"{run} was started while its portal is parked"
        run.state = State.RUNNING
        run.attempt += 1

    def settle(self, run: Run, verdict: Verdict) -> None:
        """A running execution ended."""
        assert run.state is State.RUNNING
        run.state = verdict.state
        self.rests.pop(run.lane, None)
        if verdict.state is State.WAITING:
            run.attempt -= not verdict.counted
            self.rests[run.lane] = self.now + verdict.delay_seconds
        elif not verdict.counted:
            run.attempt -= 1

    def crash(self) -> None:
        """The process died; what ran waits again."""
        for run in self.in_state(State.RUNNING):
            run.state = State.WAITING
            run.deaths += 1

    def sweep(self, held: Collection[int]) -> int:
        """What nobody holds waits again; how many there were."""
        lost = [run for run in self.in_state(State.RUNNING) if run.id not in held]
        for run in lost:
            run.state = State.WAITING
        return len(lost)

    def replay(self, delivery_id: int, handlers: Sequence[str], ids: Sequence[int]) -> None:
        """A delivery is handled once more."""
        told = self.deliveries[delivery_id]
        assert len(ids) == len(handlers)
        for handler, number in zip(handlers, ids, strict=True):
            assert number not in self.runs, "the id of an execution came twice"
            lane = self._own_lane(told, handler)
            self.runs[number] = Run(number, told.id, lane, told.lifecycle, replayed=True)

    def retry_dead(self, ids: Collection[int]) -> int:
        """Dead executions wait again; how many."""
        dead = [run for run in self.in_state(State.DEAD) if run.id in ids]
        for run in dead:
            run.lane = self._own_lane(self.deliveries[run.delivery_id], run.handler)
            run.state, run.attempt, run.deaths = State.WAITING, 0, 0
        return len(dead)

    def drop_dead(self, ids: Collection[int]) -> int:
        """Dead executions are noted as skipped; how many."""
        dead = [run for run in self.in_state(State.DEAD) if run.id in ids]
        for run in dead:
            run.state = State.SKIPPED
        return len(dead)

    def delete(self, deliveries: Iterable[int]) -> None:
        """Deliveries are gone, with their executions."""
        for number in set(deliveries):
            del self.deliveries[number]
            for run in self.of_delivery(number):
                del self.runs[run.id]

    def forget(self, portal: str) -> None:
        """Everything about a portal is gone."""
        self.delete([told.id for told in self.deliveries.values() if told.portal == portal])
        self.facts = {key: told for key, told in self.facts.items() if key[0] != portal}
        self.rests = {lane: until for lane, until in self.rests.items() if lane[0] != portal}
        self.standings.pop(portal, None)

    # Details.

    def _own_lane(self, told: Told, handler: str) -> LaneKey:
        return (told.portal, told.entity or f"#{told.id}", handler)

    def _free(
        self,
        limit: int,
        per_portal: int,
        per_handler: Mapping[str, int],
        resting: Collection[str],
        idle: Mapping[str, int],
    ) -> list[Run]:
        """What there is room for."""
        running = self.in_state(State.RUNNING)
        of_portal = Counter(run.portal for run in running)
        of_handler = Counter(run.handler for run in running)
        return [
            run
            for run in self.must_be_claimable()
            if run.portal not in resting
            and of_portal[run.portal] < per_portal + idle.get(run.portal, 0)
            and of_handler[run.handler] < per_handler.get(run.handler, of_handler[run.handler] + 1)
        ]

    def _was_told(self, delivery: NewDelivery, handler: str) -> bool:
        if delivery.identity is None:
            return False
        told_at = self.facts.get((delivery.portal, delivery.identity, handler))
        return told_at is not None and told_at > self.now - _WINDOW

    def _see_turns(self, free: set[str], taken: set[str]) -> None:
        """Count how often others were served while a portal could have been."""
        for portal in list(self.bypassed):
            if portal not in free or portal in taken:
                del self.bypassed[portal]
        for portal in free - taken:
            counter = self.bypassed.setdefault(portal, Counter())
            counter.update(taken)
            worst = max(counter.values(), default=0)
            assert worst <= _MOST_BYPASSES, f"{portal} was passed over {worst} times: {counter}"
