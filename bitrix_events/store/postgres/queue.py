"""What goes out of the queue of the PostgreSQL store, and how it ends. Run in its transactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from bitrix_events.failpoints import failpoint
from bitrix_events.store.choosing import Demand, Room
from bitrix_events.store.planning import Row, Standing
from bitrix_events.store.postgres.connections import Connection
from bitrix_events.store.postgres.intake import SLOTS, slot_of, standing_of
from bitrix_events.store.postgres.numbers import Note
from bitrix_events.store.postgres.statements import QUERIES, columns
from bitrix_events.store.records import Claim, Verdict
from bitrix_events.store.rows import claim_of
from bitrix_events.store.sealed import Vault
from bitrix_events.store.settling import DIED, LOST, plan_letting_go, plan_settling

_MORE_QUEUES: Final = 64

RowPlace = tuple[int, int]
"""Where a row stands in its table (PostgreSQL's ``ctid``)."""
_Ready = tuple[float, int, int, str]
"""A lane that is ready: since when, its number, its id, and its handler."""


class Claims:
    """Starts executions, in turn over the slots, and in each over the portals.

    Attributes:
        passed_over: whether the last claim has left something because somebody else held it at
            that moment.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._last_slot = 0
        self.passed_over = False

    async def claim(self, db: Connection, demand: Demand, *, owner: int, now: float) -> list[Claim]:
        """Hold lanes, and start what is first in each."""
        wanted = list(range(SLOTS))
        rows = await db.fetch(QUERIES["hold_slots"], wanted, now, owner)
        slots = {row["slot"]: row["last"] for row in rows}
        if not slots:  # or others hold them
            self.passed_over = await db.fetchval(QUERIES["is_anything_due"], now)
            return []
        room = await self._room(db, demand, slots, owner)
        take = _Taking(db, room, slots, self._last_slot, now)
        while room.left and await take.some():
            pass
        self.passed_over = take.passed_over
        tokens = await take.write(owner)
        if take.started:
            self._last_slot = slot_of(take.started[-1]["portal"])
        failpoint("before_commit")
        return [claim_of(h, tokens[h["lane_id"]], self._vault, now) for h in take.started]

    async def _room(
        self, db: Connection, demand: Demand, slots: Mapping[int, str], owner: int
    ) -> Room:
        running = await db.fetch(QUERIES["running"], list(slots), owner)
        room = Room(demand, [row for row in running if row["is_ours"]])
        for row in running:
            if not row["is_ours"]:
                room.fill(row["portal"], row["running"])
        return room


class _Taking:
    """One claim on its way."""

    def __init__(
        self, db: Connection, room: Room, slots: Mapping[int, str], first_slot: int, now: float
    ) -> None:
        self._db = db
        self._room = room
        self._slots = slots
        self._first_slot = first_slot
        self._now = now
        self._seen: set[int] = set()
        self._empty: list[tuple[str, int]] = []
        self._parked: list[tuple[str, int]] = []
        self._places: dict[int, RowPlace] = {}
        self.started: list[Row] = []
        self.passed_over = False

    async def some(self) -> bool:
        """Take what there is room for; whether there may be more."""
        chosen, is_all = await self._choose()
        if not chosen:
            return False
        self._seen |= {lane for lane, _, _ in chosen}
        rows = columns([(portal, lane) for lane, portal, _ in chosen], 2)
        locked = {r["id"]: r["ctid"] for r in await self._db.fetch(QUERIES["lock_lanes"], *rows)}
        self._places |= locked
        kept = [(portal, lane) for lane, portal, _ in chosen if lane in locked]
        found = await self._db.fetch(QUERIES["heads"], *columns(kept, 2)) if kept else ()
        heads = {row["lane_id"]: row for row in found}
        standing = await standing_of(self._db, {portal for portal, _ in kept}) if kept else None
        for lane, portal, handler in chosen:
            if lane not in locked:
                self.passed_over = True
                self._room.give_back(portal, handler)
            else:
                self._start(heads.get(lane), portal, lane, handler, standing)
        return not (is_all and len(self.started) == len(self._seen))

    def _start(
        self, head: Row | None, portal: str, lane: int, handler: str, standing: Standing | None
    ) -> None:
        if head is None:  # whatever accident has left it
            self._empty.append((portal, lane))
            self._room.give_back(portal, handler)
        elif standing and standing.parks(portal, lifecycle=head["lifecycle"]):
            self._parked.append((portal, lane))
            self._room.give_back(portal, handler)
        elif self._room.lets_in(head):
            self.started.append(head)

    async def _choose(self) -> tuple[list[tuple[int, str, str]], bool]:
        """Lanes with their portals and handlers: one of each portal in turn, beginning behind the
        one that was served last, and of a portal those first that have been ready for the longest
        time. And whether there were no others."""
        lines, is_all = await self._lines()
        chosen: list[tuple[int, str, str]] = []
        while self._room.left and lines:
            lines = [line for line in lines if self._step(line, chosen)]
        return chosen, is_all

    def _step(self, line: tuple[str, list[_Ready]], chosen: list[tuple[int, str, str]]) -> bool:
        """Take one lane of a portal, if there is room; whether there may be another."""
        portal, lanes = line
        while self._room.left and lanes:
            _, _, lane, handler = lanes.pop()
            if self._room.take(portal, handler):
                chosen.append((lane, portal, handler))
                return True
        return False

    async def _lines(self) -> tuple[list[tuple[str, list[_Ready]]], bool]:
        """The ready lanes by portal, in the order in which it is their turn; the lane that has
        been ready for the longest time at the end."""
        most = self._room.left + _MORE_QUEUES
        while True:
            rows = await self._db.fetch(
                QUERIES["ready_lanes"],
                list(self._slots),
                list(self._slots.values()),
                self._room.closed_portals(),
                self._room.closed_handlers(),
                most,
                self._room.left,
                list(self._seen),
            )
            found = sorted(rows, key=self._turn)
            queues = {(row["portal"], row["handler"]) for row in found}
            is_cut = len(queues) >= most
            by_portal = [(portal, list(g)) for portal, g in groupby(found, lambda r: r["portal"])]
            if is_cut and len(by_portal) == 1:
                most *= 8
                continue
            break
        if is_cut:
            by_portal.pop()  # not all of it was read
        lines = [(portal, self._sorted(group)) for portal, group in by_portal]
        is_all = not (is_cut or any(self._has_full(group) for _, group in by_portal))
        return [line for line in lines if line[1]], is_all

    def _has_full(self, rows: Sequence[Row]) -> bool:
        """Whether a queue may hold more than was read of it."""
        share: int = rows[0]["share"]
        return max(Counter(row["handler"] for row in rows).values()) >= share

    def _sorted(self, rows: Sequence[Row]) -> list[_Ready]:
        ready = sorted(
            (row["due"], row["number"], row["id"], row["handler"])
            for row in rows
            if row["id"] not in self._seen
        )
        if self._has_full(rows):  # behind these, one that was not read might be older
            del ready[rows[0]["share"] - len(self._seen) :]
        return ready[::-1]

    def _turn(self, row: Row) -> tuple[bool, int, int, str, str]:
        """Where a queue stands: behind the slot and the portal that were served last."""
        distance = (row["slot"] - self._first_slot) % SLOTS
        is_last = distance == 0 and row["part"] == 1
        return is_last, distance, row["part"], row["portal"], row["handler"]

    async def write(self, owner: int) -> dict[int, int]:
        """Write down what was started; the tokens, by lane."""
        if not (self.started or self._empty or self._parked):
            return {}
        last = {slot_of(head["portal"]): head["portal"] for head in self.started}
        started = [(h["lane_id"], h["id"], h["execution_id"]) for h in self.started]
        rows = await self._db.fetch(
            QUERIES["start"],
            *columns(started, 3),
            owner,
            self._now,
            list(last),
            list(last.values()),
            *columns(self._empty, 2),
            *columns(self._parked, 2),
            [head["ctid"] for head in self.started],
            [self._places[head["lane_id"]] for head in self.started],
        )
        return {row["id"]: row["token"] for row in rows}


async def settle_many(
    db: Connection, settled: Sequence[tuple[Claim, Verdict]], now: float, note: Note
) -> list[bool]:
    """Record how attempts ended, and let go of their lanes; whether each claim still held."""
    portal_of = {claim.lane: claim.delivery.portal for claim, _ in settled}
    lanes = sorted((portal, lane) for lane, portal in portal_of.items())
    rows = await db.fetch(QUERIES["held"], *columns(lanes, 2))
    found = {row["id"]: row for row in rows}
    places = {row["lane_id"]: row["place"] for row in rows}
    parked = Standing([row for row in rows if row["state"] is not None])
    plan = plan_settling(settled, found, parked, now)
    moved, empty = dict(plan.moved), []
    if plan.freed:
        freed = [(portal_of[lane], lane) for lane in plan.freed]
        following = await db.fetch(QUERIES["next_in_lanes"], *columns(freed, 2))
        received = {row["id"]: row["received_at"] for row in following}
        after = plan_letting_go(following, plan.freed, now)
        moved |= after.moved
        moved |= {lane: ("ready", received[lane]) for lane in after.ready}
        empty = after.empty
    if plan.done or plan.others:
        await db.execute(
            QUERIES["settle"],
            *columns([(c.delivery.portal, c.execution_id) for c in plan.done], 2),
            now,
            *columns([_ended(*other) for other in plan.others], 6),
            *columns([(lane, *change, places[lane]) for lane, change in moved.items()], 4),
            [places[lane] for lane in empty],
            [claim.delivery.id for claim in plan.done],
            [claim.delivery.id for claim, _, _ in plan.others],
            *note,
        )
    if plan.snapshots:
        of_each = {snapshot[:3]: snapshot for snapshot in plan.snapshots}
        rows = [of_each[key] for key in sorted(of_each)]
        await db.execute(QUERIES["put_snapshot"], *columns(rows, 4))
    return plan.held


async def give_back(
    db: Connection, owner: int, held: Collection[int], *, note: str, deaths: int
) -> int:
    """Give back what a worker runs by the account and does not hold; how much that was."""
    portals = [row["portal"] for row in await db.fetch(QUERIES["portals_of"], owner)]
    if not portals:
        return 0
    standing = await standing_of(db, portals)
    lost = await db.fetch(QUERIES["held_by"], owner, list(held))
    rows = [
        (r["portal"], r["id"], r["execution_id"], _state_of(standing, r), r["delivery_id"])
        for r in lost
    ]
    if rows:
        portals, lanes, executions, states, deliveries = columns(rows, 5)
        await db.execute(
            QUERIES["give_back"], portals, lanes, executions, deaths, note, states, deliveries
        )
    return len(rows)


async def sweep(db: Connection, owner: int, held: Collection[int]) -> int:
    """Give back what this worker has lost from sight."""
    return await give_back(db, owner, held, note=LOST, deaths=0)


async def recover(db: Connection, owner: int) -> int:
    """Give back what a dead worker was running."""
    return await give_back(db, owner, (), note=DIED, deaths=1)


def _state_of(standing: Standing, row: Row) -> str:
    is_parked = standing.parks(row["portal"], lifecycle=row["lifecycle"])
    return "parked" if is_parked else "ready"


def _ended(claim: Claim, verdict: Verdict, finished_at: float | None) -> tuple[Any, ...]:
    return (
        claim.delivery.portal,
        claim.execution_id,
        verdict.state.value,
        verdict.note.replace("\0", "�"),
        finished_at,
        0 if verdict.counted else 1,
    )
