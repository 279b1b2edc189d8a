"""What comes into the queue of the SQLite store: deliveries, replays, dead executions that get
another chance. Run in its transactions, for many at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from bitrix_events.errors import InstallationChanged
from bitrix_events.store import planning
from bitrix_events.store.planning import (
    Batch,
    Place,
    Standing,
    Told,
    facts_of,
    lane_of,
    place_again,
    places_of,
)
from bitrix_events.store.records import Stored
from bitrix_events.store.sqlite.statements import insert, listed, run


@dataclass(slots=True)
class Arrival(planning.Arrival):
    """A delivery that is to be stored.

    Attributes:
        save: saves the installation that comes with it; False if it is not the stored one.
    """

    save: Callable[[sqlite3.Connection], bool] | None = None


class _Ids:
    """Numbers for new rows. The database tells the last ones; they never come twice."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._last: dict[str, int] = {row["name"]: row["seq"] for row in run(db, "last_ids")}

    def next(self, table: str) -> int:
        self._last[table] = number = self._last.get(table, 0) + 1
        return number

    def next_lane(self, place: Place) -> int:
        return self.next("lane")


def standing_of(db: sqlite3.Connection, portals: Iterable[str]) -> Standing:
    """Which of these portals cannot be worked for."""
    return Standing(run(db, "standing", portals=listed(set(portals))))


def put_many(db: sqlite3.Connection, arrivals: Sequence[Arrival]) -> list[Stored | Exception]:
    """Store deliveries, with the installations that come with them."""
    refused = {
        index: InstallationChanged("the installation was changed meanwhile")
        for index, arrival in enumerate(arrivals)
        if arrival.save is not None and not arrival.save(db)
    }
    accepted = [a for index, a in enumerate(arrivals) if index not in refused]
    places = [places_of(arrival) for arrival in accepted]
    names = [place.name for some in places for place in some if place is not None]
    ids = _Ids(db)
    batch = _begin(db, ids, names, [arrival.delivery.portal for arrival in accepted])
    numbers = [ids.next("delivery") for _ in accepted]
    told = _tell(db, accepted, numbers)
    stored = iter([batch.put(*each, told) for each in zip(accepted, numbers, places, strict=True)])
    _write(db, batch)
    return [refused[index] if index in refused else next(stored) for index in range(len(arrivals))]


def replay(
    db: sqlite3.Connection, delivery_id: int, handlers: Sequence[str], now: float
) -> list[int]:
    """Executions of a stored delivery once more; their ids."""
    row = run(db, "delivery_to_replay", id=delivery_id).fetchone()
    if row is None:
        return []
    places = [place_again(row, handler, delivery_id=delivery_id) for handler in handlers]
    batch = _begin(db, _Ids(db), [place.name for place in places], [row["portal"]], now)
    added = [
        batch.add(place, delivery_id, merges=None, debounce=0.0, replayed=True)[0]
        for place in places
    ]
    _write(db, batch)
    return added


def retry_dead(db: sqlite3.Connection, execution_ids: Sequence[int], now: float) -> int:
    """Let dead executions wait again; how many there were."""
    rows = run(db, "dead_to_retry", ids=listed(execution_ids)).fetchall()
    places = [place_again(row, row["handler"], delivery_id=row["delivery_id"]) for row in rows]
    batch = _begin(db, _Ids(db), [p.name for p in places], [p.portal for p in places], now)
    for row, place in zip(rows, places, strict=True):
        lane, _ = batch.lane(place)
        run(db, "revive_execution", id=row["id"], lane_id=lane.id)
    _write(db, batch)
    return len(rows)


def _tell(db: sqlite3.Connection, arrivals: Sequence[Arrival], numbers: Sequence[int]) -> Told:
    """Note what the handlers of these facts are told; what they knew already."""
    facts = facts_of(arrivals, numbers)
    if not facts or insert(db, "put_fact", facts) == len(facts):
        return {}
    rows = run(db, "facts", identities=listed({fact[:2] for fact in facts}))
    return {(row["portal"], row["identity"], row["handler"]): row["delivery_id"] for row in rows}


def _begin(
    db: sqlite3.Connection,
    ids: _Ids,
    names: Sequence[str],
    portals: Sequence[str],
    now: float = 0.0,
) -> Batch:
    rows = run(db, "lanes", names=listed(names)) if names else ()
    lanes = {row["name"]: lane_of(row) for row in rows}
    parked = standing_of(db, portals)
    return Batch(now, ids.next_lane, partial(ids.next, "execution"), lanes, parked)


def _write(db: sqlite3.Connection, batch: Batch) -> None:
    for _, number, now, note, _ in batch.merged:
        run(db, "merge_execution", id=number, now=now, note=note)
    for lane_id, (state, due) in batch.moved.items():
        run(db, "move_lane", id=lane_id, state=state, due=due)
    insert(db, "put_delivery", batch.deliveries)
    insert(db, "put_lane", list(batch.new_lanes.values()))
    insert(db, "put_execution", batch.executions)
