"""Catching up: deliveries of what changed on a portal while nobody listened.

Records are listed by the time of their last change. What a handler was told of since then, in
whichever way, is left out; of the rest deliveries are made, with the codes that the events would
have had. Deletions leave nothing to list, and of kinds without such a time nothing can be said:
both are named.

How far this has come is remembered for each portal and kind of record, and moved on while the app
runs.

Source: protocol.md 7.4.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError

from bitrix_events.engine.inbox import is_for
from bitrix_events.entities.base import CrmItem, Entity
from bitrix_events.errors import RestError
from bitrix_events.events import EntityEvent, event_class
from bitrix_events.events.base import split_code
from bitrix_events.rest.client import Client
from bitrix_events.rest.progress import Progress
from bitrix_events.routing.router import Handler
from bitrix_events.store.base import Store
from bitrix_events.store.records import Installation, Query
from bitrix_events.wire.envelope import NO_SECRET, Credentials, Envelope
from bitrix_events.wire.numbers import whole_number

Accept = Callable[[Envelope, Installation, Collection[str]], Awaitable[object]]
"""Stores an event for handlers of these names."""
_Snapshots = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""By handler and entity."""

_MARGIN: Final = timedelta(seconds=60)
"""By how much a mark lies in the past: what happened just before may not have been told yet."""
_WHOLE_SECOND: Final = timedelta(seconds=1)
"""Portals cut the times of changes to seconds."""
_AT_ONCE: Final = 100
_PAGE: Final = 500
_MARK: Final = "caught up"
"""Name of a mark, before that of the kind."""


@dataclass(frozen=True, slots=True)
class Source:
    """How records of a kind are listed by the time of their last change.

    Attributes:
        changed: the field of that time, as the filter knows it.
        created_at: the field of the time at which a record was made, as the answer has it.
        changed_at: that of its last change.
        select: what is read, if nothing else of the record is needed.
    """

    method: str
    changed: str
    created_at: str
    changed_at: str
    select: tuple[str, ...]


_ITEMS: Final = Source(
    "crm.item.list", "updatedTime", "createdTime", "updatedTime",
    ("id", "createdTime", "updatedTime"),
)  # fmt: skip
_OTHERS: Final[Mapping[str, Source]] = {
    "activity": Source(
        "crm.activity.list", "LAST_UPDATED", "CREATED", "LAST_UPDATED",
        ("ID", "CREATED", "LAST_UPDATED"),
    ),
    "task": Source(
        "tasks.task.list", "CHANGED_DATE", "createdDate", "changedDate",
        ("ID", "CREATED_DATE", "CHANGED_DATE"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """A handler that wants to be told of records that were made, or changed.

    Attributes:
        is_add: made; otherwise changed.
    """

    handler: Handler
    code: str
    is_add: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """Records of a kind, and who wants to be told of them.

    Attributes:
        name: ``deal``, or ``item 147``; ``item`` for all types of items.
        type_id: as ``crm.item.list`` wants it; 0 for what is no item, and for all types of items.
    """

    name: str
    source: Source
    type_id: int
    wishes: tuple[Wish, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """What was made up for of one kind of record.

    Attributes:
        since: from when on; None if there was nothing to go on from.
        records: how many have changed since then.
        deliveries: how many were made.
    """

    kind: str
    since: datetime | None
    records: int = 0
    deliveries: int = 0


@dataclass(slots=True)
class _Told:
    """What handlers were told since some moment, by the portal's clock.

    Attributes:
        added: handlers and records of which they were told that they were made.
        latest: when they were told of a record for the last time.
    """

    added: set[tuple[str, str]] = field(default_factory=set)
    latest: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def knows(self, wish: Wish, entity: str, changed_at: datetime) -> bool:
        """Whether the handler was told what it wishes to know. If it may have been told a moment
        before the change, it was not."""
        key = (wish.handler.name, entity)
        if wish.is_add:
            return key in self.added
        latest = self.latest.get(key)
        return latest is not None and latest >= changed_at + _WHOLE_SECOND


class CatchUp:
    """Makes deliveries of what some handlers have missed.

    Args:
        handlers: those that want it.
        accept: stores an event.
        now: what time it is.
    """

    def __init__(
        self,
        store: Store,
        handlers: Collection[Handler],
        accept: Accept,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._accept = accept
        self._now = now
        self._kinds, self.left_out = kinds_of(handlers)
        self._kinds_by_portal: dict[str, list[Kind]] = {}

    @property
    def is_empty(self) -> bool:
        """There is nothing that can be made up for."""
        return not self._kinds

    async def make_up(
        self,
        client: Client,
        installation: Installation,
        *,
        since: datetime | None = None,
        remembers: bool = True,
        progress: Progress = None,
    ) -> list[Made]:
        """Make deliveries of what has changed on a portal.

        Args:
            since: from when on; None to go on from where the last time has come to. Where there was
                none, nothing is made.
            remembers: how far this has come is remembered, unless it was told from when on. Not
                if it is for some of the handlers only.
            progress: of each list, as for `Client.list`.

        Raises:
            RestError: a list could not be read. It is begun anew the next time; the others were
                read all the same.
            StoreError: a delivery could not be stored.
        """
        kinds = await self._kinds_on(client, installation)
        portal = installation.portal
        begun = self._now()
        moments = {kind.name: since or await self._mark(portal, kind) for kind in kinds}
        known = [moment for moment in moments.values() if moment is not None]
        ahead = await _clock_of(client, self._now) if known else timedelta()
        told = await self._told(portal, min(known), ahead) if known else _Told()
        made: list[Made] = []
        refusals: list[RestError] = []
        for kind in kinds:
            moment = moments[kind.name]
            found = Made(kind.name, moment)
            if moment is not None:
                there = moment + ahead
                rows = _changed(client, kind, there, progress)
                try:
                    found = await self._make_up(rows, installation, kind, found, there, told)
                except RestError as error:
                    refusals.append(error)
                    continue
            made.append(found)
            if remembers and since is None:
                await self._move(portal, kind, begun - _MARGIN)
        if refusals:
            raise refusals[0]
        return made

    async def move_on(self, installation: Installation, client: Client | None = None) -> None:
        """Remember that everything was told as it happened, since `make_up` until now.

        Args:
            client: if given, the portal is asked whether it has further types of items.
        """
        now, portal = self._now(), installation.portal
        if client is not None:
            await self._kinds_on(client, installation)
        for kind in self._kinds_by_portal.get(portal, ()):
            await self._move(portal, kind, now - _MARGIN)

    async def begin(self, client: Client, installation: Installation) -> None:
        """Remember that a portal tells of everything from now on, where that is not known yet.

        Raises:
            RestError: the portal does not say which types of items it has.
        """
        for kind in await self._kinds_on(client, installation):
            if await self._mark(installation.portal, kind) is None:
                await self._move(installation.portal, kind, self._now() - _MARGIN)

    async def _mark(self, portal: str, kind: Kind) -> datetime | None:
        """How far this has come."""
        mark = await self._store.mark(portal, f"{_MARK} {kind.name}")
        return datetime.fromisoformat(mark) if mark else None

    async def _move(self, portal: str, kind: Kind, moment: datetime) -> None:
        await self._store.set_mark(portal, f"{_MARK} {kind.name}", moment.isoformat())

    async def _kinds_on(self, client: Client, installation: Installation) -> list[Kind]:
        """The kinds with wishes of handlers that are for this portal; each type of items apart."""
        kinds: dict[str, Kind] = {}
        for kind in self._kinds:
            wishes = tuple(wish for wish in kind.wishes if is_for(wish.handler, installation))
            if not wishes:
                continue
            numbers = [kind.type_id]
            if kind.source is _ITEMS and not kind.type_id:
                numbers = await item_types(client)
            for number in numbers:
                name = kind.name if number == kind.type_id else f"item {number}"
                before = kinds[name].wishes if name in kinds else ()
                kinds[name] = replace(kind, name=name, type_id=number, wishes=(*before, *wishes))
        found = self._kinds_by_portal[installation.portal] = list(kinds.values())
        return found

    async def _told(self, portal: str, since: datetime, ahead: timedelta) -> _Told:
        """What handlers were told, by the portal's clock, which is so much ahead of ours."""
        told = _Told()
        query, before = Query(portal=portal, since=since - _MARGIN), None
        while True:
            page = await self._store.find(query, limit=_PAGE, before=before)
            for view in page:
                entity, received_at = view.delivery.entity, view.delivery.received_at + ahead
                if entity is None:
                    continue
                is_add = _stem(view.delivery.code).endswith("ADD")
                for execution in view.executions:
                    key = (execution.handler, entity)
                    told.latest[key] = max(received_at, told.latest.get(key, received_at))
                    if is_add:
                        told.added.add(key)
            if len(page) < _PAGE:
                return told
            before = page[-1].delivery.id

    async def _make_up(
        self,
        changed: AsyncIterator[_Row],
        installation: Installation,
        kind: Kind,
        made: Made,
        since: datetime,
        told: _Told,
    ) -> Made:
        records = deliveries = 0
        async for rows in _in_groups(changed):
            records += len(rows)
            missed = [
                (row, wish)
                for row in rows
                for wish in kind.wishes
                if _happened(row, wish, since) and not told.knows(wish, row.entity, row.changed_at)
            ]
            snapshots = await self._snapshots(installation.portal, kind, rows)
            missed = [(row, wish) for row, wish in missed if _matters(row, wish, snapshots)]
            for row, code, handlers in _by_code(missed):
                await self._accept(_envelope(code, row, installation), installation, handlers)
                deliveries += 1
        return replace(made, records=records, deliveries=deliveries)

    async def _snapshots(self, portal: str, kind: Kind, rows: Sequence[_Row]) -> _Snapshots:
        """What handlers that watch fields have seen of these records."""
        entities = [row.entity for row in rows]
        watching = {
            wish.handler.name for wish in kind.wishes if wish.handler.changed and not wish.is_add
        }
        return {name: await self._store.snapshots(portal, name, entities) for name in watching}


@dataclass(frozen=True, slots=True)
class _Row:
    """A record that has changed.

    Attributes:
        entity: ``deal:7``.
        data: what an event about it says.
        record: what was read of it.
    """

    entity: str
    data: Mapping[str, Any]
    created_at: datetime
    changed_at: datetime
    record: Mapping[str, Any]


def kinds_of(handlers: Collection[Handler]) -> tuple[list[Kind], tuple[str, ...]]:
    """What can be made up for, and the codes of the events for which nothing can."""
    wishes: dict[tuple[str, int], list[Wish]] = {}
    sources: dict[tuple[str, int], Source] = {}
    left_out: set[str] = set()
    for handler in handlers:
        for code in handler.codes:
            stem, event = _stem(code), event_class(code)
            is_add = stem.endswith("ADD")
            source = _source_of(event) if is_add or stem.endswith("UPDATE") else None
            if source is None or not issubclass(event, EntityEvent):
                left_out.add(code)
                continue
            number = 0
            if source is _ITEMS:
                number = split_code(code)[1] or event.entity_type.__dict__.get("entity_type_id", 0)
            key = (event.entity_name, number)
            sources[key] = source
            wishes.setdefault(key, []).append(Wish(handler, code, is_add))
    kinds = []
    for (name, number), found in wishes.items():
        full_name = f"{name} {number}" if name == "item" and number else name
        kinds.append(Kind(full_name, sources[name, number], number, tuple(found)))
    return kinds, tuple(sorted(left_out))


def _source_of(event: type[Any]) -> Source | None:
    if not issubclass(event, EntityEvent):
        return None
    record: type[Entity] = event.entity_type
    return _ITEMS if issubclass(record, CrmItem) else _OTHERS.get(record.kind)


def _stem(code: str) -> str:
    return split_code(code)[0]


async def item_types(client: Client) -> list[int]:
    """Numbers of the types of items that a portal has."""
    rows = client.list("crm.type.list")
    numbers = [whole_number(row.get("entityTypeId")) async for row in rows]
    return [number for number in numbers if number]


async def _clock_of(client: Client, now: Callable[[], datetime]) -> timedelta:
    """By how much the portal's clock is ahead of ours, at least."""
    theirs = _moment((await client.call("server.time")).result)
    return theirs - now() if theirs else timedelta()


async def _changed(
    client: Client, kind: Kind, since: datetime, progress: Progress
) -> AsyncIterator[_Row]:
    """The records that have changed since then, by the portal's clock."""
    source = kind.source
    watches = any(wish.handler.changed is not None for wish in kind.wishes)
    params: dict[str, Any] = {
        "filter": {f">={source.changed}": since.isoformat(timespec="seconds")},
        "select": ["*", "UF_*"] if watches else list(source.select),
    }
    if kind.type_id:
        params |= {"entityTypeId": kind.type_id, "useOriginalUfNames": "Y"}
    async for record in client.list(source.method, params, progress=progress):
        row = _row_of(kind, record)
        if row is not None:
            yield row


def _row_of(kind: Kind, record: Mapping[str, Any]) -> _Row | None:
    """A listed record; None for one without an id or times, of which nothing can be said."""
    number = whole_number(record.get("id", record.get("ID")))
    changed_at = _moment(record.get(kind.source.changed_at))
    if not number or changed_at is None:
        return None
    event_type: type[Any] = event_class(kind.wishes[0].code)
    fields: dict[str, Any] = {"ID": str(number)}
    if kind.name.startswith("item"):
        fields["ENTITY_TYPE_ID"] = str(kind.type_id)
    *outer, _ = event_type.id_paths[0].split(".")
    data: dict[str, Any] = fields
    for name in reversed(outer):
        data = {name: data}
    entity = event_type(kind.wishes[0].code, data).entity_key
    created_at = _moment(record.get(kind.source.created_at)) or changed_at
    return _Row(str(entity), data, created_at, changed_at, record)


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _happened(row: _Row, wish: Wish, since: datetime) -> bool:
    """Whether what the handler wishes to know of has happened since then."""
    if wish.is_add:
        return row.created_at >= since.replace(microsecond=0)
    return row.changed_at > row.created_at


def _matters(row: _Row, wish: Wish, snapshots: _Snapshots) -> bool:
    """Whether a handler that watches fields would find something else than the last time."""
    changed = wish.handler.changed
    if wish.is_add or changed is None:
        return True
    snapshot = snapshots[wish.handler.name].get(row.entity)
    if snapshot is None or not all(watched.is_told_by(row.record) for watched in changed.fields):
        return True
    try:
        record = changed.record.model_validate(row.record)
    except ValidationError:
        return True  # as its event would have failed, and been seen
    return len(changed.compare(record, snapshot).changes) > 0


def _by_code(missed: Collection[tuple[_Row, Wish]]) -> list[tuple[_Row, str, frozenset[str]]]:
    """One delivery for all handlers that miss the same, as one event would have been."""
    handlers: dict[tuple[str, str, bool], list[Wish]] = {}
    rows: dict[str, _Row] = {}
    for row, wish in missed:
        rows[row.entity] = row
        handlers.setdefault((row.entity, _stem(wish.code), wish.is_add), []).append(wish)
    return [
        (
            rows[entity],
            min((wish.code for wish in wishes), key=len),  # the code of all types, if there is one
            frozenset(wish.handler.name for wish in wishes),
        )
        for (entity, _, _), wishes in handlers.items()
    ]


def _envelope(code: str, row: _Row, installation: Installation) -> Envelope:
    """The event as it would have been sent, but for the user, whom nobody knows any more."""
    credentials = Credentials(
        NO_SECRET, member_id=installation.member_id, domain=installation.domain
    )
    return Envelope(code, dict(row.data), credentials, row.changed_at, None)


async def _in_groups(rows: AsyncIterator[_Row]) -> AsyncIterator[Sequence[_Row]]:
    group: list[_Row] = []
    async for row in rows:
        group.append(row)
        if len(group) == _AT_ONCE:
            yield group
            group = []
    if group:
        yield group
