"""What comes into the queue, whatever keeps it: executions, merges, quiet times, lanes.

Pure: rows that were read go in, rows that are to be written come out. Each store reads the lanes
that a batch is about, and holds them, before anything is planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from bitrix_events.store.records import (
    InstallationState,
    NewDelivery,
    State,
    Stored,
    Target,
)

_LONGEST_DEBOUNCE: Final = 10
"""Times its length."""


class Row(Protocol):
    """A row that was read, by the names of its columns."""

    def __getitem__(self, column: str, /) -> Any: ...


@dataclass(slots=True)
class Arrival:
    """A delivery that is to be stored.

    Attributes:
        data: the delivery's data as JSON.
        user_token: sealed.
        now: when it arrived.
    """

    delivery: NewDelivery
    targets: Sequence[Target]
    data: str
    user_token: bytes | None
    now: float


class Place(NamedTuple):
    """Where an execution waits: the name of its lane, and of the lane's queue."""

    name: str
    queue: str
    portal: str
    handler: str
    lifecycle: bool

    @classmethod
    def of(cls, portal: str, entity: str, handler: str, *, lifecycle: bool) -> Place:
        """The place of the executions of one handler and entity."""
        return cls(
            f"{portal} {entity} {handler}", f"{portal} {handler}", portal, handler, lifecycle
        )


class Standing:
    """Which portals cannot be worked for.

    Args:
        rows: ``portal``, ``state`` and ``paused`` of those that are not active, or paused.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._found = {row["portal"]: row for row in rows}

    def parks(self, portal: str, *, lifecycle: bool) -> bool:
        """Whether a lane of this kind has to wait for its portal."""
        row = self._found.get(portal) if self._found else None
        if row is None:
            return False
        is_active: bool = row["state"] == InstallationState.ACTIVE
        return bool(row["paused"]) or (not is_active and not lifecycle)


@dataclass(slots=True)
class Tail:
    """The last execution that waits in a lane.

    Attributes:
        row: of an execution that is not inserted yet.
    """

    id: int
    delivery_id: int
    merges: str | None
    deaths: int
    quiet_by: float | None
    is_head: bool
    row: list[Any] | None = None


@dataclass(slots=True)
class Lane:
    """A lane that executions are added to.

    Attributes:
        is_new: nothing was ever in it; where it stands is still to be said.
    """

    id: int
    state: str
    tail: Tail | None
    is_new: bool = False


def lane_of(row: Row) -> Lane:
    """A lane that was read together with the last execution that waits in it."""
    tail = None
    if row["tail"] is not None:
        tail = Tail(
            row["tail"],
            row["delivery_id"],
            row["merges"],
            row["deaths"],
            row["quiet_by"],
            bool(row["is_head"]),
        )
    return Lane(row["id"], row["state"], tail)


Fact = tuple[str, str, str, int, float]
"""What a handler is told: portal, identity, handler, delivery, when."""
Told = Mapping[tuple[str, str, str], int]
"""By portal, identity and handler: the delivery that told it first."""


@dataclass(slots=True)
class Batch:
    """What is to be written, and the lanes that it goes to.

    Attributes:
        now: when the arrival came that is being planned.
        next_lane: the id for a new lane at a place.
        next_execution: the id for a new execution.
        lanes: by the names of their places, all that are there.
        deliveries: rows, in the order of the statement ``put_delivery``.
        executions: rows, in the order of the statement ``put_execution``.
        new_lanes: rows, by their id, in the order of the statement ``put_lane``.
        merged: executions that are replaced: portal, id, when, the note about it,
            and its delivery.
        moved: the state and the ``due`` that lanes are to have.
    """

    now: float
    next_lane: Callable[[Place], int]
    next_execution: Callable[[], int]
    lanes: dict[str, Lane]
    parked: Standing
    deliveries: list[Sequence[Any]] = field(default_factory=list)
    executions: list[list[Any]] = field(default_factory=list)
    new_lanes: dict[int, Sequence[Any]] = field(default_factory=dict)
    merged: list[tuple[str, int, float, str, int]] = field(default_factory=list)
    moved: dict[int, tuple[str, float]] = field(default_factory=dict)

    def lane(self, place: Place, *, debounce: float = 0.0) -> tuple[Lane, bool]:
        """The lane at a place, and whether it was made for this."""
        lane = self.lanes.get(place.name)
        if lane is not None and not lane.is_new:
            return lane, False
        state = "delayed" if debounce else "ready"
        if self.parked.parks(place.portal, lifecycle=place.lifecycle):
            state = "parked"
        due = self.now + debounce
        if lane is None:
            self.lanes[place.name] = lane = Lane(self.next_lane(place), state, None)
            self.new_lanes[lane.id] = (
                lane.id,
                place.name,
                place.queue,
                state,
                place.lifecycle,
                due,
            )
        else:
            lane.is_new = False
            lane.state = state
            self.moved[lane.id] = (state, due)
        return lane, True

    def add(
        self,
        place: Place,
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
            self._merge(place.portal, replaced, delivery_id)
        number = self.next_execution()
        deaths = replaced.deaths if replaced else 0
        row: list[Any] = [number, place.portal, lane.id, delivery_id, place.handler]
        row += [State.WAITING.value, merges, replayed, deaths, not_before, quiet_by, None, ""]
        self.executions.append(row)
        is_head = is_new or (replaced.is_head if replaced else tail is None)
        lane.tail = Tail(number, delivery_id, merges, deaths, quiet_by, is_head, row)
        if replaced and replaced.is_head and lane.state in ("ready", "delayed"):
            self._move(lane, not_before)
        return number, replaced.delivery_id if replaced else None

    def put(
        self, arrival: Arrival, delivery_id: int, places: Sequence[Place | None], told: Told
    ) -> Stored:
        """A delivery with its executions.

        Args:
            places: what `places_of` says.
            told: who told the facts of this batch first; nothing is in it if all are new.
        """
        delivery = arrival.delivery
        self.now = arrival.now
        executions, merged, repeat_of = [], [], None
        for target, shared in zip(arrival.targets, places, strict=True):
            if told and delivery.identity is not None:
                teller = told[delivery.portal, delivery.identity, target.handler]
                if teller != delivery_id:
                    repeat_of = repeat_of or teller
                    continue
            number, replaced = self.add(
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
        self.deliveries.append(
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

    def _merge(self, portal: str, tail: Tail, delivery_id: int) -> None:
        note = f"#{delivery_id} took its place"
        if tail.row is not None:
            tail.row[5] = State.MERGED.value
            tail.row[-2:] = [self.now, note]
        else:
            self.merged.append((portal, tail.id, self.now, note, tail.delivery_id))

    def _move(self, lane: Lane, not_before: float | None) -> None:
        """Let a lane wait until then, or no longer."""
        state, due = ("ready", self.now) if not_before is None else ("delayed", not_before)
        if (lane.state, state) == ("ready", "ready"):
            return  # its place in the queue is kept
        lane.state = state
        row = self.new_lanes.get(lane.id)
        if row is None:
            self.moved[lane.id] = (state, due)
        else:
            self.new_lanes[lane.id] = (*row[:3], state, row[4], due)


def places_of(arrival: Arrival) -> list[Place | None]:
    """Where the executions of a delivery wait, by target; None for a lane of their own, which
    cannot be there yet."""
    delivery = arrival.delivery
    places: list[Place | None] = []
    for target in arrival.targets:
        entity = delivery.entity or (delivery.code if target.debounce else None)
        places.append(_place(delivery, entity, target) if entity else None)
    return places


def place_again(row: Row, handler: str, *, delivery_id: int) -> Place:
    """Where an execution of a stored delivery waits: ``portal``, ``entity`` and ``lifecycle`` of
    the delivery are in the row."""
    entity = row["entity"] or f"#{delivery_id}"
    return Place.of(row["portal"], entity, handler, lifecycle=row["lifecycle"])


def facts_of(arrivals: Sequence[Arrival], numbers: Sequence[int]) -> list[Fact]:
    """What the handlers of these deliveries are told."""
    return [
        (arrival.delivery.portal, arrival.delivery.identity, target.handler, number, arrival.now)
        for arrival, number in zip(arrivals, numbers, strict=True)
        if arrival.delivery.identity is not None
        for target in arrival.targets
    ]


def _place(delivery: NewDelivery, entity: str, target: Target) -> Place:
    return Place.of(delivery.portal, entity, target.handler, lifecycle=delivery.lifecycle)
