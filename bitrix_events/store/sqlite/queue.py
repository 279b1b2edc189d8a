"""What goes out of the queue of the SQLite store, and how it ends. Run in its transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bitrix_events.store.records import DEATHS, Claim, State, Verdict
from bitrix_events.store.sealed import Vault
from bitrix_events.store.sqlite.intake import Standing
from bitrix_events.store.sqlite.rows import delivery_of
from bitrix_events.store.sqlite.statements import listed, run

_WOKEN_AT_ONCE: Final = 1_000
_QUEUES_AT_ONCE: Final = 100
_SUSPECT_DEATHS: Final = DEATHS - 1
_SUSPECTS_WAIT_SECONDS: Final = 0.05
_DIED: Final = "the process died while this ran"
_LOST: Final = "it was lost from sight"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a worker can take: see `Store.claim`."""

    limit: int
    per_portal: int
    per_handler: Mapping[str, int]
    resting: Collection[str]


@dataclass(slots=True)
class _Running:
    """How many executions run."""

    of_portal: dict[str, int]
    of_handler: dict[str, int]
    has_suspect: bool


class Claims:
    """Starts executions, in turn over the portals."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._last_portal = ""

    def claim(self, db: sqlite3.Connection, demand: Demand, now: float) -> list[Claim]:
        """Hold lanes, and start what is first in each."""
        run(db, "wake_lanes", now=now, limit=_WOKEN_AT_ONCE)
        running = _running(db)
        lanes = self._choose(db, demand, running)
        if not lanes:
            return []
        heads = run(db, "heads", ids=listed(lanes)).fetchall()
        heads.sort(key=lambda head: lanes.index(head["lane_id"]))
        taken, put_off = [], []
        for head in heads:
            if head["deaths"] >= _SUSPECT_DEATHS:
                if running.has_suspect:
                    put_off.append(head["lane_id"])
                    continue
                running.has_suspect = True
            taken.append(head)
        if put_off:
            due = now + _SUSPECTS_WAIT_SECONDS
            run(db, "put_off_lanes", ids=listed(put_off), due=due)
        run(db, "hold_lanes", ids=listed(head["lane_id"] for head in taken))
        run(db, "start_executions", ids=listed(h["execution_id"] for h in taken), now=now)
        return [self._claim_of(head, now) for head in taken]

    def _choose(self, db: sqlite3.Connection, demand: Demand, running: _Running) -> list[int]:
        """Ready lanes: as many of each portal as of any other, beginning behind the last one."""
        portals: dict[str, list[str]] = {}
        for portal, queue in _ring(db, after=self._last_portal):
            if portal in portals:
                portals[portal].append(queue)
            elif len(portals) >= demand.limit:
                break
            elif demand.per_portal > running.of_portal.get(portal, 0) and (
                portal not in demand.resting
            ):
                portals[portal] = [queue]
        chosen: list[int] = []
        share = max(1, demand.limit // max(1, len(portals)))
        for portal, queues in portals.items():
            room = min(share, demand.per_portal - running.of_portal.get(portal, 0))
            chosen += _oldest(db, queues, room, demand, running)
            self._last_portal = portal
        return chosen

    def _claim_of(self, head: sqlite3.Row, now: float) -> Claim:
        started = head["started_at"]
        return Claim(
            delivery_of(
                head,
                handler=head["handler"],
                attempt=head["attempt"] + 1,
                replayed=bool(head["replayed"]),
            ),
            head["execution_id"],
            head["lane_id"],
            head["token"] + 1,
            datetime.fromtimestamp(now if started is None else started, UTC),
            head["note"],
            head["deaths"],
            self._vault.opened_user_token(head["portal"], head["user_token"]),
        )


def settle_many(
    db: sqlite3.Connection, settled: Sequence[tuple[Claim, Verdict]], now: float
) -> list[bool]:
    """Record how attempts ended, and let go of their lanes; whether each claim still held."""
    ids = listed(claim.execution_id for claim, _ in settled)
    found = {row["id"]: row for row in run(db, "held", ids=ids)}
    parked = Standing(db, (claim.delivery.portal for claim, _ in settled))
    done: list[int] = []
    freed: list[int] = []
    held: list[bool] = []
    for claim, verdict in settled:
        row = found.pop(claim.execution_id, None)
        holds = row is not None and row["token"] == claim.token
        held.append(holds)
        if row is None or not holds:
            continue
        if verdict == _DONE:
            done.append(claim.execution_id)
            freed.append(claim.lane)
            continue
        waits = verdict.state is State.WAITING
        run(
            db,
            "settle_execution",
            id=claim.execution_id,
            state=verdict.state.value,
            note=verdict.note,
            finished_at=None if waits else now,
            uncounted=0 if verdict.counted else 1,
        )
        lifecycle = bool(row["lifecycle"]) and not verdict.parks
        if not waits:
            freed.append(claim.lane)
        elif parked.parks(claim.delivery.portal, lifecycle=lifecycle):
            run(db, "move_lane", id=claim.lane, state="parked", due=now + verdict.delay_seconds)
        elif verdict.delay_seconds > 0:
            run(db, "move_lane", id=claim.lane, state="delayed", due=now + verdict.delay_seconds)
        else:
            run(db, "move_lane", id=claim.lane, state="ready", due=now)
    if done:
        run(db, "finish_executions", ids=listed(done), now=now)
    if freed:
        _let_go(db, freed, now)
    return held


def recover(db: sqlite3.Connection) -> int:
    """Give back what a dead process has left running; how much that was."""
    return _give_back(db, (), deaths=1, note=_DIED)


def sweep(db: sqlite3.Connection, held: Collection[int]) -> int:
    """Give back what runs by the account and is not held; how much that was."""
    return _give_back(db, held, deaths=0, note=_LOST)


_DONE: Final = Verdict(State.DONE)


def _let_go(db: sqlite3.Connection, lanes: Sequence[int], now: float) -> None:
    """Lanes whose first execution has ended: on to the next, or away with them."""
    empty, ready, parked = [], [], []
    for row in run(db, "next_in_lanes", ids=listed(lanes)).fetchall():
        if not row["more"]:
            empty.append(row["id"])
        elif row["is_parked"]:
            parked.append(row["id"])
        elif row["not_before"] is not None and row["not_before"] > now:
            run(db, "move_lane", id=row["id"], state="delayed", due=row["not_before"])
        else:
            ready.append(row["id"])
    if empty:
        run(db, "drop_empty_lanes", ids=listed(empty))
    if ready:
        run(db, "free_lanes", ids=listed(ready), now=now)
    if parked:
        run(db, "park_these_lanes", ids=listed(parked), now=now)


def _give_back(db: sqlite3.Connection, held: Collection[int], *, deaths: int, note: str) -> int:
    lost = [row for row in run(db, "running_ids").fetchall() if row["id"] not in held]
    if lost:
        ids = listed(row["id"] for row in lost)
        run(db, "give_back_executions", ids=ids, deaths=deaths, note=note)
        run(db, "give_back_lanes", ids=listed(row["lane_id"] for row in lost))
    return len(lost)


def _running(db: sqlite3.Connection) -> _Running:
    found = _Running({}, {}, has_suspect=False)
    for row in run(db, "running"):
        portal, handler = row["portal"], row["handler"]
        found.of_portal[portal] = found.of_portal.get(portal, 0) + row["running"]
        found.of_handler[handler] = found.of_handler.get(handler, 0) + row["running"]
        found.has_suspect |= row["deaths"] >= _SUSPECT_DEATHS
    return found


def _ring(db: sqlite3.Connection, *, after: str) -> Iterator[tuple[str, str]]:
    """Portals with their queues that have ready lanes: once around, from behind a portal."""
    here = _behind(after)
    for start, end in ((here, None), ("", here)):
        at = start
        while rows := run(db, "ready_queues", after=at, limit=_QUEUES_AT_ONCE).fetchall():
            for (queue,) in rows:
                if end is not None and queue >= end:
                    return
                yield queue.partition(" ")[0], queue
            at = rows[-1][0]


def _behind(portal: str) -> str:
    """Greater than every queue of the portal, less than those of the next one."""
    return f"{portal}!" if portal else ""


def _oldest(
    db: sqlite3.Connection, queues: Sequence[str], room: int, demand: Demand, running: _Running
) -> list[int]:
    """The lanes in these queues of one portal that have been ready for the longest time."""
    found: list[tuple[float, int, str]] = []
    for queue in queues:
        handler = queue.partition(" ")[2]
        limit = demand.per_handler.get(handler)
        free = room if limit is None else min(room, limit - running.of_handler.get(handler, 0))
        if free > 0:
            lanes = run(db, "ready_lanes", queue=queue, limit=free).fetchall()
            found += [(due, lane, handler) for lane, due in lanes]
    found.sort()
    chosen = found[:room]
    for _, _, handler in chosen:
        running.of_handler[handler] = running.of_handler.get(handler, 0) + 1
    return [lane for _, lane, _ in chosen]
