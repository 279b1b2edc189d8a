"""Reader: the records of one portal, read together for all who ask for them at the same time.

Who asks for the same record shares one reading. What is asked for while a reading is under way is
read with the next one; many records with one call where their kind has a list. That the list of a
portal tells as much as its method for one record is tried first, and now and then again.
"""

from __future__ import annotations

import asyncio
import copy
import math
from collections.abc import Awaitable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from bitrix_events.aside import aside, has_followers
from bitrix_events.entities.base import Entity
from bitrix_events.entities.reading import Reading, Together
from bitrix_events.errors import (
    AnswerTooLarge,
    InstallationGone,
    OperationTimeLimit,
    PortalBlocked,
    PortalMoved,
    PortalUnreachable,
    RateLimited,
    RestError,
    TokenExpired,
)
from bitrix_events.rest.client import Client
from bitrix_events.rest.records import Source
from bitrix_events.rest.responses import Response

E = TypeVar("E", bound=Entity)
Id = int | str

_KEPT_SECONDS: Final = 2.0
"""For how long a record that was read may be given to others."""
_COMPANY_SECONDS: Final = 0.1
"""How long who asks waits for company, while a reading of the same kind is under way."""
_FOLLOWERS_SECONDS: Final = 0.02
"""The same for those who are about to begin, while none is."""
_AT_ONCE: Final = 50
"""Records in one call: what a page of a list has."""
_RUSH: Final = 4
"""So many records at a time are the beginning of more."""
_RUSH_SECONDS: Final = 0.2
"""From one reading to the next in a rush, unless there are as many as one reading takes: a portal
that answers at once would be asked for a few records each time."""
_GIVEN_AT_ONCE: Final = 8
_LIST_ATTEMPTS: Final = 2
"""A list that fails is no reason to wait: each record is read by itself then."""
_TRIED_SECONDS: Final = 600.0
"""How long it counts what a trial of a list has shown."""
_OF_THE_PORTAL: Final = (
    *(RateLimited, TokenExpired, PortalBlocked, InstallationGone, PortalMoved, PortalUnreachable),
)
"""What would befall any other call to the portal as well."""


@dataclass(eq=False, slots=True)
class _Wanted:
    """One reading of a record, for all who share it.

    Attributes:
        found: will be the record as it came, or the exception that came instead.
        deliveries: for which it was asked for.
    """

    entity_id: Id
    found: asyncio.Future[Any]
    deliveries: set[int] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class _Kind:
    """Records that are read in the same way.

    Attributes:
        parameters: of the method that reads one, without the id.
        asked: what is not being read yet.
        begun: what others may share.
        under_way: how many readings are.
        is_followed: others like the last who asked are about to begin.
        timer: begins the next one.
        rests_until: before that it does so only for many.
        has_list: whether the list tells as much as the method for one record.
        tried_until: when that has to be tried again.
        trial: held while it is tried.
    """

    reading: Reading
    parameters: Mapping[str, Any]
    asked: dict[Id, _Wanted] = field(default_factory=dict)
    begun: dict[Id, _Wanted] = field(default_factory=dict)
    under_way: int = 0
    is_followed: bool = False
    timer: asyncio.TimerHandle | None = None
    rests_until: float = -math.inf
    has_list: bool = False
    tried_until: float = -math.inf
    trial: asyncio.Lock = field(default_factory=asyncio.Lock)


class Reader:
    """Reads records for deliveries. Belongs to the event loop of its client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._kinds: dict[tuple[int, str], _Kind] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_over = False

    async def read(
        self,
        entity: type[E],
        entity_id: Id,
        more: Mapping[str, Any],
        *,
        delivery: int,
        again: bool = False,
    ) -> E:
        """Read the record that a delivery is about, as it is after that was received.

        Handlers of one delivery share a reading for a moment. Those of another delivery share only
        what is yet to begin: the record may have been changed by the first ones.

        Args:
            more: further parameters of the method that reads it.
            delivery: the number of the delivery.
            again: do not share what has begun.

        Raises:
            NotFound: there is no such record.
            RestError: it could not be read, or does not fit the model.
            TypeError: no documented method reads such a record by its id, or it needs more.
        """
        kind = self._kind(entity, entity_id, more)
        wanted = None if again else kind.begun.get(entity_id)
        if wanted is None or delivery not in wanted.deliveries:
            wanted = self._ask(kind, entity_id)
            wanted.deliveries.add(delivery)
        with aside():
            found = await asyncio.shield(wanted.found)
        if isinstance(found, RestError):
            raise found.told_of(found.method) from found.__cause__
        if isinstance(found, Exception):
            raise found
        source = Source(kind.reading.method, entity.__name__, entity_id, self._client.domain)
        return source.model(entity, _own(found))

    def _kind(self, entity: type[Entity], entity_id: Id, more: Mapping[str, Any]) -> _Kind:
        reading, parameters = entity.how_to_read(entity_id, more)
        parameters.pop(reading.id_at[0], None)
        key = (id(reading), repr(parameters))
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = _Kind(reading, parameters)
        return kind

    # When records are read.

    def _ask(self, kind: _Kind, entity_id: Id) -> _Wanted:
        wanted = kind.asked.get(entity_id)
        if wanted is None:
            found = asyncio.get_running_loop().create_future()
            wanted = kind.asked[entity_id] = _Wanted(entity_id, found)
            kind.is_followed = has_followers()
            self._plan(kind)
        return wanted

    def _plan(self, kind: _Kind) -> None:
        """Have what is asked for read, together with what else is asked for until then."""
        loop = asyncio.get_running_loop()
        begins_at = loop.time()
        if len(kind.asked) < _AT_ONCE:
            if kind.under_way:
                begins_at += _COMPANY_SECONDS
            else:
                if kind.is_followed:
                    begins_at += _FOLLOWERS_SECONDS
                begins_at = max(begins_at, kind.rests_until)
        if kind.timer is not None:
            if kind.timer.when() <= begins_at:
                return
            kind.timer.cancel()
        # In a context of its own: a reading is not made for the one who was first to ask.
        kind.timer = loop.call_at(begins_at, self._begin, kind, context=Context())

    def _begin(self, kind: _Kind) -> None:
        kind.timer = None
        if self._is_over:
            return
        if len(kind.asked) >= _RUSH:
            kind.rests_until = asyncio.get_running_loop().time() + _RUSH_SECONDS
        count = len(kind.asked)
        if (kind.under_way or kind.is_followed) and count > _AT_ONCE:
            count -= count % _AT_ONCE  # the others may get company
        group: list[_Wanted] = []
        for entity_id in list(kind.asked)[:count]:
            wanted = kind.begun[entity_id] = kind.asked.pop(entity_id)
            group.append(wanted)
        for first in range(0, count, _AT_ONCE):
            kind.under_way += 1
            reading = self._read(kind, group[first : first + _AT_ONCE])
            task = asyncio.get_running_loop().create_task(reading)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if kind.asked:
            self._plan(kind)

    async def _read(self, kind: _Kind, group: Sequence[_Wanted]) -> None:
        ids = [wanted.entity_id for wanted in group]
        try:
            found = await self._found(kind, ids)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # the event loop ends
                self._is_over = True
                raise
            found = dict.fromkeys(ids, RuntimeError("the reading of the record was cancelled"))
        except Exception as error:
            found = dict.fromkeys(ids, error)
        kind.under_way -= 1
        _forget(kind, [w for w in group if isinstance(found[w.entity_id], Exception)])
        for number, wanted in enumerate(group, 1):
            wanted.found.set_result(found[wanted.entity_id])
            if number % _GIVEN_AT_ONCE == 0:
                await asyncio.sleep(0)  # the handlers begin; the event loop serves others, too
        asyncio.get_running_loop().call_later(_KEPT_SECONDS, _forget, kind, group)
        if kind.asked:
            self._plan(kind)

    # How they are read.

    async def _found(self, kind: _Kind, ids: Sequence[Id]) -> dict[Id, Any]:
        """Records by their ids, or what came instead."""
        found: dict[Id, Any] = {}
        together = kind.reading.together
        if together is not None and len(ids) > 1:
            found = await self._listed(kind, together, ids)
        left = [entity_id for entity_id in ids if entity_id not in found]
        if len(left) > 1 and not kind.reading.is_v3:
            return found | await self._batched(kind, left)
        singles = await asyncio.gather(*(self._single(kind, entity_id) for entity_id in left))
        return found | dict(zip(left, singles, strict=True))

    async def _batched(self, kind: _Kind, ids: Sequence[Id]) -> dict[Id, Any]:
        """Each record by its own call, all in one request."""
        reading = kind.reading
        calls = [(reading.method, reading.parameters(i, kind.parameters)) for i in ids]
        outcomes = await self._client.outcomes(calls)
        return {i: self._record(kind, i, o) for i, o in zip(ids, outcomes, strict=True)}

    async def _single(self, kind: _Kind, entity_id: Id) -> Any:
        reading = kind.reading
        client = self._client.v3 if reading.is_v3 else self._client
        parameters = reading.parameters(entity_id, kind.parameters)
        outcome = await _outcome_of(client.call(reading.method, parameters))
        return self._record(kind, entity_id, outcome)

    def _record(self, kind: _Kind, entity_id: Id, outcome: Response | RestError) -> Any:
        """The record that the outcome of its call has, or what came instead."""
        if isinstance(outcome, RestError):
            return outcome
        source = Source(kind.reading.method, "record", entity_id, self._client.domain)
        try:
            return source.record(kind.reading, outcome.result)
        except RestError as error:
            return error

    async def _listed(self, kind: _Kind, together: Together, ids: Sequence[Id]) -> dict[Id, Any]:
        """What a list tells of records; without those that have to be read by themselves."""
        loop = asyncio.get_running_loop()
        if kind.tried_until <= loop.time():
            async with kind.trial:
                if kind.tried_until <= loop.time():
                    return await self._tried(kind, together, ids)
        if not kind.has_list:
            return {}
        return self._of_list(kind, together, ids, await self._list(kind, together, ids))

    async def _tried(self, kind: _Kind, together: Together, ids: Sequence[Id]) -> dict[Id, Any]:
        """The same, while it is not known whether the list tells as much as it should."""
        first = ids[0]
        outcome, record = await asyncio.gather(
            self._list(kind, together, ids), self._single(kind, first)
        )
        found = self._of_list(kind, together, ids, outcome)
        if not isinstance(outcome, RestError) and not isinstance(record, Exception):
            kind.has_list = _tells_as_much(found.get(first), record)
            kind.tried_until = asyncio.get_running_loop().time() + _TRIED_SECONDS
            if not kind.has_list:
                found = {}
        return found | {first: record}

    async def _list(
        self, kind: _Kind, together: Together, ids: Sequence[Id]
    ) -> Response | RestError:
        client = self._client.with_options(attempts=_LIST_ATTEMPTS)
        call = client.call(together.method, together.parameters(ids, kind.parameters))
        return await _outcome_of(call)

    def _of_list(
        self, kind: _Kind, together: Together, ids: Sequence[Id], outcome: Response | RestError
    ) -> dict[Id, Any]:
        """What the outcome of a list says about records."""
        if isinstance(outcome, Response):
            try:
                rows = together.records(outcome.result)
            except (LookupError, TypeError):
                rows = {}
            return {i: rows[str(i)] for i in ids if str(i) in rows}
        if _is_of_the_portal(outcome):
            return dict.fromkeys(ids, outcome)
        if not isinstance(outcome, OperationTimeLimit):
            kind.has_list = False
            kind.tried_until = asyncio.get_running_loop().time() + _TRIED_SECONDS
        return {}


async def _outcome_of(call: Awaitable[Response]) -> Response | RestError:
    try:
        return await call
    except RestError as error:
        return error


def _tells_as_much(row: Any, record: Mapping[str, Any]) -> bool:
    """Whether a list gives what the method for one record gives, in the same shapes. The values
    may differ: somebody may have changed the record meanwhile."""
    return isinstance(row, Mapping) and all(
        name in row and (None in (row[name], value) or type(row[name]) is type(value))
        for name, value in record.items()
    )


def _is_of_the_portal(error: RestError) -> bool:
    return (
        isinstance(error, _OF_THE_PORTAL) and not isinstance(error, AnswerTooLarge)
    ) or error.status == 503


def _forget(kind: _Kind, group: Sequence[_Wanted]) -> None:
    for wanted in group:
        if kind.begun.get(wanted.entity_id) is wanted:
            del kind.begun[wanted.entity_id]


def _own(record: Any) -> Any:
    """A copy whose lists and mappings nobody else has."""
    if not isinstance(record, Mapping):
        return record
    return {
        name: copy.deepcopy(value) if isinstance(value, dict | list) else value
        for name, value in record.items()
    }
