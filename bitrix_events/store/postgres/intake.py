"""What comes into the queue of the PostgreSQL store: deliveries, replays, dead executions that get
another chance. Run in its transactions, for many at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

import orjson

from bitrix_events.errors import InstallationChanged
from bitrix_events.store import planning
from bitrix_events.store.kept import Kept
from bitrix_events.store.planning import (
    Batch,
    Fact,
    Lane,
    Place,
    Standing,
    Told,
    facts_of,
    lane_of,
    place_again,
    places_of,
)
from bitrix_events.store.postgres.connections import Connection
from bitrix_events.store.postgres.installations import save_installation
from bitrix_events.store.postgres.numbers import NO_NOTE, Note, Number
from bitrix_events.store.postgres.statements import QUERIES, columns, listed
from bitrix_events.store.records import (
    FACT_WINDOW,
    Installation,
    NewDelivery,
    Stored,
    Target,
)
from bitrix_events.store.sealed import Vault

SLOTS: Final = 16
_LONGEST_KEY: Final = 500
_WINDOW_SECONDS: Final = FACT_WINDOW.total_seconds()


@dataclass(slots=True)
class Arrival(planning.Arrival):
    """A delivery that is to be stored.

    Attributes:
        save: saves the installation that comes with it; False if it is not the stored one.
    """

    save: Callable[[Connection], Awaitable[bool]] | None = None


def arrival_of(
    delivery: NewDelivery,
    targets: Sequence[Target],
    vault: Vault,
    now: float,
    installation: Installation | None = None,
) -> Arrival:
    """A delivery as it is stored, with the installation that comes with it."""
    arrival = Arrival(
        storable(delivery),
        targets,
        data=orjson.dumps(delivery.data).decode(),
        user_token=vault.seal_user_token(delivery.portal, delivery.user_token),
        now=now,
    )
    if installation is not None:
        arrival.save = lambda db: save_installation(db, installation, vault, now)
    return arrival


def slot_of(portal: str) -> int:
    """The slot that the lanes of a portal are in."""
    return zlib.crc32(portal.encode()) % SLOTS


def lane_id(name: str) -> int:
    """A lane's id: a digest of its name, so that it is known without asking."""
    digest = blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def storable(delivery: NewDelivery) -> NewDelivery:
    """A delivery as PostgreSQL can keep it: without zero characters, and with an identity that
    fits into an index."""
    code, entity, identity = delivery.code, delivery.entity or "", delivery.identity or ""
    if len(identity) <= _LONGEST_KEY and "\0" not in f"{code}{entity}{identity}":
        return delivery
    if len(identity) > _LONGEST_KEY:
        digest = blake2b(identity.encode(), digest_size=32).hexdigest()
        identity = f"{identity[: _LONGEST_KEY // 2]} {digest}"
    return replace(
        delivery,
        code=_cleaned(code),
        entity=None if delivery.entity is None else _cleaned(entity),
        identity=None if delivery.identity is None else _cleaned(identity),
    )


async def put_many(
    db: Connection, arrivals: Sequence[Arrival], note: Note = NO_NOTE
) -> list[Stored | Exception]:
    """Store deliveries, with the installations that come with them."""
    refused = {
        index: InstallationChanged("the installation was changed meanwhile")
        for index, arrival in enumerate(arrivals)
        if arrival.save is not None and not await arrival.save(db)
    }
    accepted = [a for index, a in enumerate(arrivals) if index not in refused]
    stored = iter(await _put_all(db, accepted, note) if accepted else ())
    return [refused[index] if index in refused else next(stored) for index in range(len(arrivals))]


async def take_over(
    db: Connection, kept: Sequence[Kept], arrivals: Sequence[Arrival], now: float
) -> list[Stored | None]:
    """Store deliveries that were kept elsewhere; None for those that are stored already.

    Args:
        arrivals: the same.

    Raises:
        InstallationChanged: one of the installations is not the stored one; nothing is to be
            committed.
    """
    marks = [(one.journal, one.number, now) for one in kept]
    rows = await db.fetch(QUERIES["take_over"], *columns(marks, 3))
    fresh = {(row["journal"], row["number"]) for row in rows}
    left = []
    for index, one in enumerate(kept):
        if (one.journal, one.number) not in fresh:
            continue
        if not (one.ticket and await Number.parse(one.ticket).is_committed(db, now)):
            left.append(index)
    stored = await put_many(db, [arrivals[index] for index in left])
    results: list[Stored | None] = [None] * len(kept)
    for index, result in zip(left, stored, strict=True):
        if isinstance(result, Exception):
            raise result
        results[index] = result
    return results


async def replay(
    db: Connection, delivery_id: int, handlers: Sequence[str], now: float
) -> list[int]:
    """Executions of a stored delivery once more; their ids."""
    row = await db.fetchrow(QUERIES["delivery_to_replay"], delivery_id)
    if row is None:
        return []
    places = [place_again(row, handler, delivery_id=delivery_id) for handler in handlers]
    wanted = {place: now for place in places}
    held = await _hold(db, wanted, [row["portal"]], deliveries=0, executions=len(places))
    added = [
        held.batch.add(place, delivery_id, merges=None, debounce=0.0, replayed=True)[0]
        for place in places
    ]
    await held.write(db)
    return added


async def retry_dead(db: Connection, execution_ids: Sequence[int], now: float) -> int:
    """Let dead executions wait again; how many there were."""
    rows = await db.fetch(QUERIES["dead_to_retry"], list(execution_ids))
    if not rows:
        return 0
    places = [place_again(row, row["handler"], delivery_id=row["delivery_id"]) for row in rows]
    portals = [place.portal for place in places]
    held = await _hold(db, {p: now for p in places}, portals, deliveries=0, executions=0)
    revived = [
        (row["portal"], row["delivery_id"], row["id"], held.batch.lane(place)[0].id)
        for row, place in zip(rows, places, strict=True)
    ]
    await db.execute(QUERIES["revive_executions"], *columns(revived, 4))
    await held.write(db)
    return len(rows)


async def standing_of(db: Connection, portals: Iterable[str]) -> Standing:
    """Which of these portals cannot be worked for; that stays so until the transaction ends."""
    return Standing(await db.fetch(QUERIES["standing"], sorted(set(portals))))


async def _put_all(db: Connection, arrivals: Sequence[Arrival], note: Note) -> list[Stored]:
    places = [places_of(arrival) for arrival in arrivals]
    wanted: dict[Place, float] = {}
    for arrival, some in zip(arrivals, places, strict=True):
        for place in some:
            if place is not None:
                wanted.setdefault(place, arrival.now)
    facts = facts_of(arrivals, range(1, len(arrivals) + 1))
    held = await _hold(
        db,
        wanted,
        [arrival.delivery.portal for arrival in arrivals],
        deliveries=len(arrivals),
        executions=sum(map(len, places)),
        facts=_first(facts),
    )
    told = {} if len(held.told) == len(facts) else await _told(db, facts, held)
    stored = [
        held.batch.put(*each, told) for each in zip(arrivals, held.numbers, places, strict=True)
    ]
    await held.write(db, note)
    return stored


def _first(facts: Sequence[Fact]) -> list[Fact]:
    """Each fact as it was told first, in the order of the keys."""
    first: dict[tuple[str, str, str], Fact] = {}
    for fact in facts:
        first.setdefault(fact[:3], fact)
    return [first[key] for key in sorted(first)]


async def _told(db: Connection, facts: Sequence[Fact], held: _Held) -> Told:
    """Who told these facts first, as the handlers knew some of them already."""
    told, known = {}, []
    for fact in _first(facts):
        key, number = fact[:3], held.numbers[fact[3] - 1]
        told[key] = number
        if (number, fact[2]) not in held.told:
            known.append(key)
    for row in await db.fetch(QUERIES["facts"], *columns(known, 3)) if known else ():
        told[row["portal"], row["identity"], row["handler"]] = row["delivery_id"]
    return told


class _Held:
    """Lanes that are held for a batch, and what is to be written to them.

    Args:
        numbers: for the deliveries of the batch.
        told: new facts, by delivery and handler.
        made: lanes that are written already, ready and due then.
    """

    def __init__(
        self,
        batch: Batch,
        numbers: Sequence[int],
        told: Collection[tuple[int, str]],
        places: dict[int, Place],
        made: Mapping[int, float],
    ) -> None:
        self.batch = batch
        self.numbers = numbers
        self.told = told
        self._places = places
        self._made = made

    async def write(self, db: Connection, note: Note = NO_NOTE) -> None:
        batch = self.batch
        moved, unused = [], []
        for lane in batch.lanes.values():
            portal = self._places[lane.id].portal
            if lane.is_new:
                unused.append((portal, lane.id))
            elif lane.id in batch.moved:
                state, due = batch.moved[lane.id]
                if state != "ready" or self._made.get(lane.id) != due:
                    moved.append((portal, lane.id, state, due))
        new = [
            (place.portal, number, place.handler, slot_of(place.portal), *row[3:6], place.name)
            for number, row in batch.new_lanes.items()
            for place in (self._places[number],)
        ]
        if batch.merged or moved or unused:
            await db.execute(
                QUERIES["change_lanes"],
                *columns([row[:4] for row in batch.merged], 4),
                *columns(moved, 4),
                *columns(unused, 2),
                [row[4] for row in batch.merged],
            )
        if batch.deliveries or batch.executions or new:
            rows = (listed(new), listed(batch.deliveries), listed(batch.executions))
            await db.execute(QUERIES["put"], *rows, *note)


async def _hold(
    db: Connection,
    wanted: Mapping[Place, float],
    portals: Iterable[str],
    *,
    deliveries: int,
    executions: int,
    facts: Sequence[Fact] = (),
) -> _Held:
    """Hold the lanes at these places, new ones included, in the order of their ids.

    Args:
        wanted: with the moment at which something came for them.
        facts: what is told, with the place of its delivery, from 1.
    """
    by_key: dict[tuple[str, int], Place] = {}
    due: dict[int, float] = {}
    for place, now in wanted.items():
        number = lane_id(place.name)
        by_key.setdefault((place.portal, number), place)
        due.setdefault(number, now)
    rank = {key: number for number, key in enumerate(by_key)}
    keys = sorted(by_key)
    rows = [
        (*key, place.handler, slot_of(key[0]), place.lifecycle, due[key[1]], place.name, rank[key])
        for key in keys
        for place in (by_key[key],)
    ]
    counts = (deliveries, executions)
    found = await db.fetchrow(
        QUERIES["hold_lanes"], listed(rows), sorted(set(portals)), *counts, listed(facts)
    )
    told = set(zip(found["told"], found["told_to"], strict=True))
    made = {number: due[number] for number in found["made"]}
    lanes: dict[str, Lane] = {}
    for (_, number), place in by_key.items():
        if number in made:
            lanes[place.name] = Lane(number, "ready", None, is_new=True)
    old = [key for key in keys if key[1] not in made]
    for row in await db.fetch(QUERIES["lanes"], *columns(old, 2)) if old else ():
        lanes[row["name"]] = lane_of(row)
    by_id = {number: place for (_, number), place in by_key.items()}

    def next_lane(place: Place) -> int:
        number = lane_id(place.name)
        by_id[number] = place
        return number

    numbers = iter(found["executions"])
    now = next(iter(wanted.values()), 0.0)
    batch = Batch(now, next_lane, lambda: next(numbers), lanes, _standing(found))
    return _Held(batch, found["deliveries"], told, by_id, made)


def _standing(found: Any) -> Standing:
    parts = (found["parked"], found["parked_state"], found["parked_paused"])
    return Standing(
        {"portal": portal, "state": state, "paused": paused}
        for portal, state, paused in zip(*parts, strict=True)
    )


def _cleaned(text: str) -> str:
    return text.replace("\0", "�")
