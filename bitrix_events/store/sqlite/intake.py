"""What comes into the queue of the SQLite store: deliveries, replays, dead executions that get
another chance. Run in its transactions, for many at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

from bitrix_events.errors import InstallationChanged
from bitrix_events.store.records import (
    InstallationState,
    NewDelivery,
    State,
    Stored,
    Target,
)
from bitrix_events.store.sqlite.statements import insert, listed, run

_LONGEST_DEBOUNCE: Final = 10
"""Times its length."""


@dataclass(slots=True)
class Arrival:
    """A delivery that is to be stored.

    Attributes:
        data: the delivery's data as JSON.
        user_token: sealed.
        now: when it arrived.
        save: saves the installation that comes with it; False if it is not the stored one.
    """

    delivery: NewDelivery
    targets: Sequence[Target]
    data: str
    user_token: bytes | None
    now: float
    save: Callable[[sqlite3.Connection], bool] | None = None


@dataclass(slots=True)
class _Tail:
    """The last execution that waits in a lane."""

    id: int
    delivery_id: int
    merges: str | None
    deaths: int
    quiet_by: float | None
    is_head: bool
    row: list[object] | None = None
    """Of an execution that is not inserted yet."""


@dataclass(slots=True)
class _Lane:
    id: int
    state: str
    tail: _Tail | None


@dataclass(slots=True)
class _Ids:
    """Numbers for new rows. The database tells the last ones; they never come twice."""

    last: dict[str, int]

    def next(self, table: str) -> int:
        self.last[table] = number = self.last.get(table, 0) + 1
        return number


@dataclass(slots=True)
class _Batch:
    """Rows that are about to be inserted, and the lanes that they go to."""

    db: sqlite3.Connection
    now: float
    ids: _Ids
    lanes: dict[str, _Lane]
    parked: Standing
    deliveries: list[Sequence[object]] = field(default_factory=list)
    executions: list[list[object]] = field(default_factory=list)
    new_lanes: list[Sequence[object]] = field(default_factory=list)

    def lane(self, place: _Place, *, debounce: float = 0.0) -> tuple[_Lane, bool]:
        """The lane at a place, and whether it was made for this."""
        lane = self.lanes.get(place.name)
        if lane is not None:
            return lane, False
        state = "delayed" if debounce else "ready"
        if self.parked.parks(place.portal, lifecycle=place.lifecycle):
            state = "parked"
        self.lanes[place.name] = lane = _Lane(self.ids.next("lane"), state, None)
        due = self.now + debounce
        row = (lane.id, place.name, place.queue, state, place.lifecycle, due)
        self.new_lanes.append(row)
        return lane, True

    def add(
        self,
        place: _Place,
        delivery_id: int,
        *,
        merges: str | None,
        debounce: float,
        replayed: bool,
    ) -> tuple[int, int | None]:
        """An execution that waits; its id, and the delivery whose execution it replaces."""
        lane, is_new = self.lane(place, debounce=debounce)
        tail = lane.tail
        replaced = tail if tail and merges is not None and tail.merges == merges else None
        not_before = quiet_by = None
        if debounce:
            quiet_by = self.now + _LONGEST_DEBOUNCE * debounce
            if replaced and replaced.quiet_by is not None:
                quiet_by = replaced.quiet_by
            not_before = min(self.now + debounce, quiet_by)
        if replaced:
            self._merge(replaced, delivery_id)
        number = self.ids.next("execution")
        deaths = replaced.deaths if replaced else 0
        row: list[object] = [number, place.portal, lane.id, delivery_id, place.handler]
        row += [State.WAITING.value, merges, replayed, deaths, not_before, quiet_by, None, ""]
        self.executions.append(row)
        is_head = is_new or (replaced.is_head if replaced else tail is None)
        lane.tail = _Tail(number, delivery_id, merges, deaths, quiet_by, is_head, row)
        if replaced and replaced.is_head and lane.state in ("ready", "delayed"):
            self._move(lane, not_before)
        return number, replaced.delivery_id if replaced else None

    def insert(self) -> None:
        insert(self.db, "put_delivery", self.deliveries)
        insert(self.db, "put_lane", self.new_lanes)
        insert(self.db, "put_execution", self.executions)

    def _merge(self, tail: _Tail, delivery_id: int) -> None:
        note = f"#{delivery_id} took its place"
        if tail.row is not None:
            tail.row[5] = State.MERGED.value
            tail.row[-2:] = [self.now, note]
        else:
            run(self.db, "merge_execution", id=tail.id, now=self.now, note=note)

    def _move(self, lane: _Lane, not_before: float | None) -> None:
        """Let a lane wait until then, or no longer."""
        state, due = ("ready", self.now) if not_before is None else ("delayed", not_before)
        if (lane.state, state) == ("ready", "ready"):
            return  # its place in the queue is kept
        lane.state = state
        for index, row in enumerate(self.new_lanes):
            if row[0] == lane.id:
                self.new_lanes[index] = (*row[:3], state, row[4], due)
                return
        run(self.db, "move_lane", id=lane.id, state=state, due=due)


class _Place(NamedTuple):
    """Where an execution waits: the name of its lane, and of the lane's queue."""

    name: str
    queue: str
    portal: str
    handler: str
    lifecycle: bool

    @classmethod
    def of(cls, portal: str, entity: str, handler: str, *, lifecycle: bool) -> _Place:
        return cls(
            f"{portal} {entity} {handler}", f"{portal} {handler}", portal, handler, lifecycle
        )


class Standing:
    """Which portals cannot be worked for."""

    def __init__(self, db: sqlite3.Connection, portals: Iterable[str]) -> None:
        rows = run(db, "standing", portals=listed(set(portals)))
        self._found = {row["portal"]: row for row in rows}

    def parks(self, portal: str, *, lifecycle: bool) -> bool:
        """Whether a lane of this kind has to wait for its portal."""
        row = self._found.get(portal) if self._found else None
        if row is None:
            return False
        is_active: bool = row["state"] == InstallationState.ACTIVE
        return bool(row["paused"]) or (not is_active and not lifecycle)


def put_many(db: sqlite3.Connection, arrivals: Sequence[Arrival]) -> list[Stored | Exception]:
    """Store deliveries, with the installations that come with them."""
    refused = {
        index: InstallationChanged("the installation was changed meanwhile")
        for index, arrival in enumerate(arrivals)
        if arrival.save is not None and not arrival.save(db)
    }
    accepted = [a for index, a in enumerate(arrivals) if index not in refused]
    places = [_places(arrival) for arrival in accepted]
    names = [place.name for some in places for place in some if place is not None]
    batch = _begin(db, names, [arrival.delivery.portal for arrival in accepted])
    numbers = [batch.ids.next("delivery") for _ in accepted]
    told = _tell(db, accepted, numbers)
    stored = iter(list(map(partial(_put, batch, told), accepted, numbers, places)))
    batch.insert()
    return [refused[index] if index in refused else next(stored) for index in range(len(arrivals))]


def replay(
    db: sqlite3.Connection, delivery_id: int, handlers: Sequence[str], now: float
) -> list[int]:
    """Executions of a stored delivery once more; their ids."""
    row = run(db, "delivery_to_replay", id=delivery_id).fetchone()
    if row is None:
        return []
    entity = row["entity"] or f"#{delivery_id}"
    places = [
        _Place.of(row["portal"], entity, handler, lifecycle=row["lifecycle"])
        for handler in handlers
    ]
    batch = _begin(db, [place.name for place in places], [row["portal"]], now)
    added = [
        batch.add(place, delivery_id, merges=None, debounce=0.0, replayed=True)[0]
        for place in places
    ]
    batch.insert()
    return added


def retry_dead(db: sqlite3.Connection, execution_ids: Sequence[int], now: float) -> int:
    """Let dead executions wait again; how many there were."""
    rows = run(db, "dead_to_retry", ids=listed(execution_ids)).fetchall()
    places = [
        _Place.of(
            row["portal"],
            row["entity"] or f"#{row['delivery_id']}",
            row["handler"],
            lifecycle=row["lifecycle"],
        )
        for row in rows
    ]
    batch = _begin(db, [p.name for p in places], [p.portal for p in places], now)
    for row, place in zip(rows, places, strict=True):
        lane, _ = batch.lane(place)
        run(db, "revive_execution", id=row["id"], lane_id=lane.id)
    batch.insert()
    return len(rows)


_Told = dict[tuple[str, str, str], int]
"""By portal, identity and handler: the delivery that told it before."""


def _tell(db: sqlite3.Connection, arrivals: Sequence[Arrival], numbers: Sequence[int]) -> _Told:
    """Note what the handlers of these facts are told; what they knew already."""
    facts = [
        (arrival.delivery.portal, arrival.delivery.identity, target.handler, number, arrival.now)
        for arrival, number in zip(arrivals, numbers, strict=True)
        if arrival.delivery.identity is not None
        for target in arrival.targets
    ]
    if not facts or insert(db, "put_fact", facts) == len(facts):
        return {}
    rows = run(db, "facts", identities=listed({fact[:2] for fact in facts}))
    return {(row["portal"], row["identity"], row["handler"]): row["delivery_id"] for row in rows}


def _begin(
    db: sqlite3.Connection, names: Sequence[str], portals: Sequence[str], now: float = 0.0
) -> _Batch:
    lanes = {}
    for row in run(db, "lanes", names=listed(names)) if names else ():
        tail = None
        if row["tail"] is not None:
            tail = _Tail(
                row["tail"],
                row["delivery_id"],
                row["merges"],
                row["deaths"],
                row["quiet_by"],
                bool(row["is_head"]),
            )
        lanes[row["name"]] = _Lane(row["id"], row["state"], tail)
    last = {row["name"]: row["seq"] for row in run(db, "last_ids")}
    return _Batch(db, now, _Ids(last), lanes, Standing(db, portals))


def _places(arrival: Arrival) -> list[_Place | None]:
    """Where the executions of a delivery wait, by target; None for a lane of their own, which
    cannot be there yet."""
    delivery = arrival.delivery
    places: list[_Place | None] = []
    for target in arrival.targets:
        entity = delivery.entity or (delivery.code if target.debounce else None)
        places.append(_place(delivery, entity, target) if entity else None)
    return places


def _place(delivery: NewDelivery, entity: str, target: Target) -> _Place:
    return _Place.of(delivery.portal, entity, target.handler, lifecycle=delivery.lifecycle)


def _put(
    batch: _Batch,
    told: _Told,
    arrival: Arrival,
    delivery_id: int,
    places: Sequence[_Place | None],
) -> Stored:
    delivery = arrival.delivery
    batch.now = arrival.now
    executions, merged, repeat_of = [], [], None
    for target, shared in zip(arrival.targets, places, strict=True):
        if told and delivery.identity is not None:
            teller = told[delivery.portal, delivery.identity, target.handler]
            if teller != delivery_id:
                repeat_of = repeat_of or teller
                continue
        number, replaced = batch.add(
            shared or _place(delivery, f"#{delivery_id}", target),
            delivery_id,
            merges=delivery.code if delivery.merges or target.debounce else None,
            debounce=target.debounce,
            replayed=False,
        )
        executions.append(number)
        if replaced is not None:
            merged.append(replaced)
    if executions:
        repeat_of = None
    batch.deliveries.append(
        (
            delivery_id,
            delivery.portal,
            delivery.code,
            delivery.entity,
            arrival.data,
            arrival.now,
            delivery.sent_at.timestamp() if delivery.sent_at else None,
            delivery.event_handler_id,
            delivery.user_id,
            arrival.user_token,
            delivery.lifecycle,
            repeat_of,
        )
    )
    return Stored(delivery_id, tuple(executions), repeat_of, tuple(merged))
