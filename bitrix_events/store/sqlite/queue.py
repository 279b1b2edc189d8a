"""What goes out of the queue of the SQLite store, and how it ends. Run in its transactions."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Final

from bitrix_events.store.choosing import Demand, Room
from bitrix_events.store.records import Claim, Verdict
from bitrix_events.store.rows import claim_of
from bitrix_events.store.sealed import Vault
from bitrix_events.store.settling import DIED, LOST, plan_letting_go, plan_settling
from bitrix_events.store.sqlite.intake import standing_of
from bitrix_events.store.sqlite.statements import insert, listed, run

_WOKEN_AT_ONCE: Final = 1_000
_QUEUES_AT_ONCE: Final = 100


_Ready = tuple[float, int, str]
"""A lane that is ready: since when, its id, and its handler."""


class _Line:
    """The ready lanes of one portal, those first that have been ready for the longest time.

    Args:
        share: how many will probably do. Where many portals have much to do, it would take long to
            read as many of each as could be needed.
    """

    def __init__(
        self, db: sqlite3.Connection, portal: str, queues: Sequence[str], room: Room, share: int
    ) -> None:
        self._db = db
        self._portal = portal
        self._queues = queues
        self._room = room
        self._is_all = False
        self._taken: set[int] = set()
        first = self._read(share)
        self._lanes = deque(first[:share])  # behind them, one that is not read might be older

    def step(self, chosen: list[int]) -> bool:
        """Take one lane, if there is room; whether there may be another."""
        room = self._room
        while room.left:
            if not self._lanes:
                if self._is_all:
                    return False
                self._is_all = True
                self._lanes = deque(self._read(room.left))
                continue
            _, lane, handler = self._lanes.popleft()
            self._taken.add(lane)
            if room.take(self._portal, handler):
                chosen.append(lane)
                return True
        return False

    def _read(self, most: int) -> list[_Ready]:
        """Up to so many further ones of each queue."""
        found: list[_Ready] = []
        skipped = self._taken | self._room.passed_over
        for queue in self._queues:
            handler = queue.partition(" ")[2]
            limit = min(most, self._room.of_portal(self._portal), self._room.of_handler(handler))
            if limit > 0:
                limit += len(skipped)
                lanes = run(self._db, "ready_lanes", queue=queue, limit=limit).fetchall()
                found += [(due, lane, handler) for lane, due in lanes if lane not in skipped]
        return sorted(found)


class Claims:
    """Starts executions, in turn over the portals."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._last_portal = ""

    def claim(self, db: sqlite3.Connection, demand: Demand, now: float) -> list[Claim]:
        """Hold lanes, and start what is first in each."""
        run(db, "wake_lanes", now=now, limit=_WOKEN_AT_ONCE)
        room = Room(demand, run(db, "running").fetchall())
        taken: list[sqlite3.Row] = []
        while lanes := self._choose(db, room):
            heads = {h["lane_id"]: h for h in run(db, "heads", ids=listed(lanes)).fetchall()}
            if len(heads) < len(lanes):  # whatever accident has left them
                run(db, "drop_empty_lanes", ids=listed(set(lanes) - heads.keys()))
            chosen = [heads[lane] for lane in lanes if lane in heads]
            started = [head for head in chosen if room.lets_in(head)]
            taken += started
            if started:
                self._last_portal = started[-1]["portal"]
            run(db, "hold_lanes", ids=listed(head["lane_id"] for head in started))
            if len(started) == len(chosen):
                break
            room.passed_over |= {head["lane_id"] for head in chosen if head not in started}
        if taken:
            ids = listed(head["execution_id"] for head in taken)
            run(db, "start_executions", ids=ids, now=now)
        return [claim_of(head, head["token"] + 1, self._vault, now) for head in taken]

    def _choose(self, db: sqlite3.Connection, room: Room) -> list[int]:
        """Ready lanes: one of each portal in turn, beginning behind the one that was served last,
        and of a portal those first that have been ready for the longest time."""
        chosen: list[int] = []
        lines: list[_Line] = []
        portals = (p for p in _portals(db, after=self._last_portal) if room.is_open(p[0]))
        while room.left and (some := list(islice(portals, room.left))):
            share = -(-room.left // len(some))
            new = [_Line(db, portal, queues, room, share) for portal, queues in some]
            lines += [line for line in new if line.step(chosen)]
        while room.left and lines:
            lines = [line for line in lines if line.step(chosen)]
        return chosen


def settle_many(
    db: sqlite3.Connection, settled: Sequence[tuple[Claim, Verdict]], now: float
) -> list[bool]:
    """Record how attempts ended, and let go of their lanes; whether each claim still held."""
    ids = listed(claim.execution_id for claim, _ in settled)
    found = {row["id"]: row for row in run(db, "held", ids=ids)}
    parked = standing_of(db, (claim.delivery.portal for claim, _ in settled))
    plan = plan_settling(settled, found, parked, now)
    for claim, verdict, finished_at in plan.others:
        run(
            db,
            "settle_execution",
            id=claim.execution_id,
            state=verdict.state.value,
            note=verdict.note,
            finished_at=finished_at,
            uncounted=0 if verdict.counted else 1,
        )
    if plan.done:
        ids = listed(claim.execution_id for claim in plan.done)
        run(db, "finish_executions", ids=ids, now=now)
    if plan.snapshots:
        insert(db, "put_snapshot", plan.snapshots)
    _move(db, plan.moved)
    if plan.freed:
        _let_go(db, plan.freed, now)
    return plan.held


def recover(db: sqlite3.Connection) -> int:
    """Give back what a dead process has left running; how much that was."""
    return _give_back(db, (), deaths=1, note=DIED)


def sweep(db: sqlite3.Connection, held: Collection[int]) -> int:
    """Give back what runs by the account and is not held; how much that was."""
    return _give_back(db, held, deaths=0, note=LOST)


def _let_go(db: sqlite3.Connection, freed: Mapping[int, bool], now: float) -> None:
    plan = plan_letting_go(run(db, "next_in_lanes", ids=listed(freed)).fetchall(), freed, now)
    if plan.empty:
        run(db, "drop_empty_lanes", ids=listed(plan.empty))
    if plan.ready:
        run(db, "free_lanes", ids=listed(plan.ready))
    _move(db, plan.moved)


def _move(db: sqlite3.Connection, lanes: Mapping[int, tuple[str, float]]) -> None:
    for lane, (state, due) in lanes.items():
        run(db, "move_lane", id=lane, state=state, due=due)


def _give_back(db: sqlite3.Connection, held: Collection[int], *, deaths: int, note: str) -> int:
    lost = [row for row in run(db, "running_ids").fetchall() if row["id"] not in held]
    if lost:
        ids = listed(row["id"] for row in lost)
        run(db, "give_back_executions", ids=ids, deaths=deaths, note=note)
        standing = standing_of(db, (row["portal"] for row in lost))
        lanes: dict[str, list[int]] = {"parked": [], "ready": []}
        for row in lost:
            is_parked = standing.parks(row["portal"], lifecycle=bool(row["lifecycle"]))
            lanes["parked" if is_parked else "ready"].append(row["lane_id"])
        for state, some in lanes.items():
            run(db, "give_back_lanes", ids=listed(some), state=state)
    return len(lost)


def _portals(db: sqlite3.Connection, *, after: str) -> Iterator[tuple[str, list[str]]]:
    """Portals with their queues that have ready lanes: once around, from behind a portal."""
    for portal, group in groupby(_ring(db, after=after), key=lambda queue: queue.partition(" ")[0]):
        yield portal, list(group)


def _ring(db: sqlite3.Connection, *, after: str) -> Iterator[str]:
    here = _behind(after)
    for start, end in ((here, None), ("", here)):
        at = start
        while rows := run(db, "ready_queues", after=at, limit=_QUEUES_AT_ONCE).fetchall():
            for (queue,) in rows:
                if end is not None and queue >= end:
                    return
                yield queue
            at = rows[-1][0]


def _behind(portal: str) -> str:
    """Greater than every queue of the portal, less than those of the next one."""
    return f"{portal}!" if portal else ""
