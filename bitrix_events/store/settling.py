"""How executions end, whatever keeps the queue: verdicts, and what becomes of their lanes.

Pure: the lanes that are held were read, and locked, before anything is planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from bitrix_events.store.planning import Row, Standing
from bitrix_events.store.records import Claim, State, Verdict

DIED: Final = "the process died while this ran"
LOST: Final = "it was lost from sight"


@dataclass(slots=True)
class Settling:
    """What is to be written about executions that have ended.

    Attributes:
        held: whether each claim still held; nothing is written for the others.
        done: claims of executions that are done, as most are.
        others: further claims and verdicts, with when the execution was finished; None if it
            waits again.
        freed: lanes whose first execution has ended, with whether they have to wait for their
            portal.
        moved: the state and the ``due`` that other lanes are to have.
        snapshots: portal, handler, entity, and the fields to be kept of it, as JSON.
    """

    held: list[bool] = field(default_factory=list)
    done: list[Claim] = field(default_factory=list)
    others: list[tuple[Claim, Verdict, float | None]] = field(default_factory=list)
    freed: dict[int, bool] = field(default_factory=dict)
    moved: dict[int, tuple[str, float]] = field(default_factory=dict)
    snapshots: list[tuple[str, str, str, str]] = field(default_factory=list)


def plan_settling(
    settled: Sequence[tuple[Claim, Verdict]],
    found: Mapping[int, Row],
    parked: Standing,
    now: float,
) -> Settling:
    """What the verdicts mean.

    Args:
        found: by the id of an execution that runs: ``token`` and ``lifecycle`` of its lane.
    """
    plan, left = Settling(), dict(found)
    for claim, verdict in settled:
        row = left.pop(claim.execution_id, None)
        holds = row is not None and row["token"] == claim.token
        plan.held.append(holds)
        if row is None or not holds:
            continue
        delivery = claim.delivery
        is_parked = parked.parks(
            delivery.portal, lifecycle=bool(row["lifecycle"]) and not verdict.parks
        )
        if verdict.snapshot is not None and delivery.entity is not None:
            fields = orjson.dumps({**verdict.snapshot}).decode()
            plan.snapshots.append((delivery.portal, delivery.handler, delivery.entity, fields))
        if verdict.state is State.DONE and not verdict.note:
            plan.done.append(claim)
            plan.freed[claim.lane] = is_parked
            continue
        waits = verdict.state is State.WAITING
        plan.others.append((claim, verdict, None if waits else now))
        if not waits:
            plan.freed[claim.lane] = is_parked
        elif is_parked:
            plan.moved[claim.lane] = ("parked", now + verdict.delay_seconds)
        elif verdict.delay_seconds > 0:
            plan.moved[claim.lane] = ("delayed", now + verdict.delay_seconds)
        else:
            plan.moved[claim.lane] = ("ready", now)
    return plan


@dataclass(slots=True)
class LettingGo:
    """What becomes of lanes whose first execution has ended.

    Attributes:
        empty: nothing waits in them.
        ready: they are due since the delivery of their next execution came.
        moved: the state and the ``due`` that others are to have.
    """

    empty: list[int] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)
    moved: dict[int, tuple[str, float]] = field(default_factory=dict)


def plan_letting_go(rows: Iterable[Row], freed: Mapping[int, bool], now: float) -> LettingGo:
    """On to the next execution, or away with the lane.

    Args:
        rows: for each lane whether there is ``more`` in it, and ``not_before`` of the first.
        freed: see `Settling`.
    """
    plan = LettingGo()
    for row in rows:
        lane = row["id"]
        if not row["more"]:
            plan.empty.append(lane)
        elif freed[lane]:
            plan.moved[lane] = ("parked", now)
        elif row["not_before"] is not None and row["not_before"] > now:
            plan.moved[lane] = ("delayed", row["not_before"])
        else:
            plan.ready.append(lane)
    return plan
