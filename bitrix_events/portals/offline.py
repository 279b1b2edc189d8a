"""Offline events: what portals keep for us, fetched and stored without losing any.

For each portal, again and again: events are reserved (``event.offline.get`` with ``clear=0``), the
number of the reservation is remembered, the events are stored, and only then deleted on the portal.
Whenever that breaks off, the next round takes the reservation up again: an event may be stored
twice, and none is lost. A reservation whose number was not remembered is looked for on the portal.

Source: protocol.md 8.3 to 8.5.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bitrix_events.errors import (
    AccessDenied,
    BitrixEventsError,
    EnvelopeError,
    FormError,
    RestError,
)
from bitrix_events.failpoints import failpoint
from bitrix_events.portals.queues import queues_of
from bitrix_events.rest.client import Client
from bitrix_events.store.base import Store
from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.wire.envelope import Envelope, read_event
from bitrix_events.wire.form import decode_form, encode_form

log = logging.getLogger(__name__)

Accept = Callable[[Envelope, Installation], Awaitable[object]]
"""Stores an event that a portal has kept for us."""
OpenPortal = Callable[[str], AbstractAsyncContextManager[Client]]
"""Opens a portal by its key."""

_AT_ONCE: Final = 500
"""Events in a reservation."""
_SIDE_BY_SIDE: Final = 64
"""Portals that are asked at a time; one that does not answer holds up no other."""
_TAIL_SECONDS: Final = 5.0
"""Until the next look after one that has found something: a portal does not tell of events that
come soon after others it has told of."""
_LOOK_SECONDS: Final = 60.0
"""How often it is asked which portals there are."""
_HOLD_SECONDS: Final = 300.0
"""After that nobody believes any more that a process still fetches what a portal keeps."""
_TICK_SECONDS: Final = 1.0
"""At most so long until the next look at who is due, while some are asked."""
_NO_PLAN_SECONDS: Final = 3600.0
_LONGEST_PAUSE: Final = 600.0
_JITTER: Final = 0.2
_OLDEST_FIRST: Final = {"TIMESTAMP_X": "ASC", "ID": "ASC"}
_ODD: Final = (FormError, EnvelopeError, ValueError, TypeError)
"""An event that raises such an error will never be stored."""


@dataclass(slots=True)
class _Turn:
    """When a portal is next asked, by the clock of `OfflineEvents`."""

    due: float
    failures: int = 0
    has_no_plan: bool = False


@dataclass(slots=True)
class _Reservation:
    """Events that are ours until they are deleted."""

    process_id: str
    events: Sequence[Mapping[str, Any]] = field(default_factory=list)


class OfflineEvents:
    """Fetches offline events: every so often, and when a portal tells that there are some. Belongs
    to the event loop that runs it.

    Args:
        open_portal: opens a portal.
        accept: stores an event; raises `StoreError` if it cannot.
        seconds: between two looks at a portal that has not told of anything.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        open_portal: OpenPortal,
        accept: Accept,
        *,
        seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._open_portal = open_portal
        self._accept = accept
        self._seconds = seconds
        self._clock = clock
        self._turns: dict[str, _Turn] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._sound: set[tuple[str, str]] = set()
        """Queues by portal and name in which no reservation can have been left."""
        self._look_at = 0.0
        self._is_looking = False
        self._woken = asyncio.Event()
        self._asked: set[str] = set()
        """Portals that are asked just now."""
        self._places = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def run(self) -> None:
        """Do so until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                if self._look_at <= self._clock():
                    self._is_looking = True
                    await self._look_around()
                    self._is_looking = False
                for portal, turn in self._turns.items():
                    if turn.due <= self._clock() and portal not in self._asked:
                        self._asked.add(portal)
                        group.create_task(self._ask(portal, turn))
                try:
                    async with asyncio.timeout(self._pause()):
                        await self._woken.wait()
                except TimeoutError:
                    continue

    def look(self) -> None:
        """Learn soon which portals there are, or what time it is: something has changed."""
        self._look_at = 0.0
        self._woken.set()

    @property
    def due_in(self) -> float | None:
        """Seconds until a portal is asked, 0.0 if one is now or should be; None if there is
        none."""
        if self._asked or self._is_looking or self._look_at <= self._clock():
            return 0.0
        return min((max(0.0, t.due - self._clock()) for t in self._turns.values()), default=None)

    async def ring(self, portal: str) -> None:
        """Fetch what a portal has just told of; what goes wrong is told in the log, and tried again
        with the next look."""
        turn = self._turns.setdefault(portal, _Turn(0.0))
        if not turn.has_no_plan or turn.due <= self._clock():
            await self._take(portal, turn)

    async def collect(self, portal: str) -> int:
        """Fetch and store what a portal keeps for us; how many events that were.

        Raises:
            RestError: the portal did not give them, or could not be told that we have them.
            StoreError: they could not be stored. The portal keeps them.
        """
        duty = f"offline {portal}"
        async with self._locks.setdefault(portal, asyncio.Lock()):
            if not await self._store.on_duty(duty, seconds=_HOLD_SECONDS):
                return 0  # another process does so
            try:
                return await self._empty(portal)
            finally:
                await self._store.on_duty(duty, seconds=0.0)

    async def _empty(self, portal: str) -> int:
        installation = await self._store.installation(portal)
        if installation is None or not _may_be_asked(installation):
            return 0
        count = 0
        async with self._open_portal(portal) as client:
            for queue in queues_of(installation.bound_codes):
                emptying = _Emptying(self._store, client, installation, queue, self._accept)
                was_sound = (portal, queue) in self._sound
                self._sound.discard((portal, queue))
                count += await emptying.run(looks_back=not was_sound)
                self._sound.add((portal, queue))
        return count

    async def _ask(self, portal: str, turn: _Turn) -> None:
        try:
            async with self._places:
                await self._take(portal, turn)
        finally:
            self._asked.discard(portal)

    async def _look_around(self) -> None:
        """Learn which portals keep something for us. One that is new is asked at once; those that
        are there from the start one after another."""
        now, is_first = self._clock(), not self._turns
        self._look_at = now + _LOOK_SECONDS
        try:
            installations = await self._store.installations()
        except Exception as error:  # the next look may do better
            log.error("cannot look for offline events: %s", error)
            return
        present = {
            one.portal for one in installations if _may_be_asked(one) and queues_of(one.bound_codes)
        }
        self._turns = {portal: turn for portal, turn in self._turns.items() if portal in present}
        spread = self._seconds if is_first and len(present) > 1 else 0.0
        for portal in sorted(present - self._turns.keys()):
            self._turns[portal] = _Turn(now + random.uniform(0, spread))

    def _pause(self) -> float:
        """Seconds until something is to be done."""
        waiting = (turn.due for portal, turn in self._turns.items() if portal not in self._asked)
        pause = max(0.0, min([self._look_at, *waiting]) - self._clock())
        return min(pause, _TICK_SECONDS) if self._asked else pause

    async def _take(self, portal: str, turn: _Turn) -> None:
        """One look at a portal, and when the next one is due."""
        try:
            count = await self.collect(portal)
        except AccessDenied as error:
            turn.due = self._clock() + _NO_PLAN_SECONDS
            if not turn.has_no_plan:
                turn.has_no_plan = True
                log.warning(
                    "%s does not let us fetch offline events (%s): handlers with mode='offline'"
                    " hear nothing from there; see bitrix-events doctor",
                    error.portal,
                    error.description or error.code,
                    extra={"action": "offline", "portal": portal},
                )
            return
        except BitrixEventsError as error:
            self._put_off(portal, turn, error)
            return
        except Exception as error:  # the other portals shall be asked all the same
            log.exception("offline events of %s", portal)
            self._put_off(portal, turn, error)
            return
        turn.failures, turn.has_no_plan = 0, False
        pause = min(_TAIL_SECONDS, self._seconds) if count else self._seconds
        turn.due = self._clock() + pause * (1 + random.uniform(0, _JITTER))

    def _put_off(self, portal: str, turn: _Turn, error: Exception) -> None:
        pause = min(self._seconds * 2**turn.failures, _LONGEST_PAUSE)
        turn.failures += 1
        turn.due = self._clock() + pause
        log.warning(
            "offline events of %s were not fetched: %s; next in %.0f s",
            portal,
            error,
            pause,
            extra={"action": "offline", "portal": portal},
        )


class _Emptying:
    """One queue of one portal that is being emptied."""

    def __init__(
        self, store: Store, client: Client, installation: Installation, queue: str, accept: Accept
    ) -> None:
        self._store = store
        # As a command of a batch a call would not carry the queue's name.
        self._client = client.with_options(merge=False, auth_connector=queue)
        self._installation = installation
        self._mark = f"offline {queue}"
        self._accept = accept

    async def run(self, *, looks_back: bool) -> int:
        """Store everything in the queue; how many events that were.

        Args:
            looks_back: whether reservations may have been left by whoever was here before.
        """
        count = 0
        if looks_back:
            for process_id in await self._left_behind():
                count += await self._finish(process_id)
        while True:
            reserved = await self._get()
            if reserved.events:
                await self._keep(reserved)
            count += len(reserved.events)
            if len(reserved.events) < _AT_ONCE:
                return count

    async def _left_behind(self) -> list[str]:
        """Numbers of reservations that nobody has finished: the one that was remembered, and those
        that the portal knows of."""
        marked = await self._store.mark(self._installation.portal, self._mark)
        rows = self._client.list("event.offline.list", filter={">PROCESS_ID": "", "ERROR": 0})
        known = [str(row.get("PROCESS_ID") or "") async for row in rows]
        return list(dict.fromkeys(filter(None, [marked, *known])))

    async def _finish(self, process_id: str) -> int:
        """Store what is left of a reservation."""
        count = 0
        while True:
            reserved = await self._get(process_id)
            if not reserved.events:
                await self._forget()
                return count
            if not await self._keep(reserved):
                return count
            count += len(reserved.events)

    async def _get(self, process_id: str = "") -> _Reservation:
        """Reserve what waits, or read a reservation again."""
        again = {"process_id": process_id} if process_id else {}
        params = {"clear": 0, "limit": _AT_ONCE, "order": _OLDEST_FIRST, **again}
        result = (await self._client.call("event.offline.get", params)).result
        found = result if isinstance(result, dict) else {}
        rows = found.get("events")
        events = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return _Reservation(str(found.get("process_id") or process_id), events)

    async def _keep(self, reserved: _Reservation) -> bool:
        """Store reserved events, and let the portal delete them; False if some of them can be
        neither stored nor set aside.

        Raises:
            StoreError, RestError: it broke off; the reservation stays.
        """
        portal, process_id = self._installation.portal, reserved.process_id
        failpoint("offline_reserved")
        await self._store.set_mark(portal, self._mark, process_id)
        failpoint("offline_marked")
        outcomes = await asyncio.gather(
            *(self._put(event) for event in reserved.events), return_exceptions=True
        )
        odd: list[tuple[Mapping[str, Any], BaseException]] = []
        stored: list[int] = []
        for event, outcome in zip(reserved.events, outcomes, strict=True):
            if isinstance(outcome, _ODD):
                odd.append((event, outcome))
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                stored.append(int(event.get("ID") or 0))
        failpoint("offline_stored")
        is_rid = await self._set_aside(process_id, odd) if odd else True
        if stored:
            repeatable = self._client.with_options(idempotent=True)
            await repeatable.call("event.offline.clear", process_id=process_id, id=stored)
        failpoint("offline_cleared")
        await self._forget()
        log.info(
            "fetched offline events from %s: %d",
            self._installation.domain,
            len(stored),
            extra={"action": "offline", "portal": portal},
        )
        return is_rid

    async def _put(self, event: Mapping[str, Any]) -> None:
        await self._accept(offline_envelope(event, self._installation), self._installation)

    async def _set_aside(
        self, process_id: str, odd: Sequence[tuple[Mapping[str, Any], BaseException]]
    ) -> bool:
        """Have events that cannot be stored marked as failed, so that they come no more."""
        for event, error in odd:
            log.error(
                "an offline event of %s cannot be stored, and is left there, marked as failed:"
                " %s %s: %s",
                self._installation.domain,
                event.get("EVENT_NAME"),
                event.get("MESSAGE_ID"),
                error,
                extra={"action": "offline", "portal": self._installation.portal},
            )
        ids = [str(event.get("MESSAGE_ID")) for event, _ in odd]
        try:
            await self._client.with_options(idempotent=True).call(
                "event.offline.error", process_id=process_id, message_id=ids
            )
        except RestError as error:
            log.warning("%s does not mark them: %s", self._installation.domain, error)
            return False
        return True

    async def _forget(self) -> None:
        await self._store.set_mark(self._installation.portal, self._mark, None)


def offline_envelope(event: Mapping[str, Any], installation: Installation) -> Envelope:
    """An offline event as it would have come online: the same data with the same shapes.

    It has no user's token, as offline events come without.

    Args:
        event: a row of ``event.offline.get``, whose data has JSON's types.

    Raises:
        FormError, EnvelopeError, ValueError, TypeError: it cannot have come online.
    """
    about = event.get("EVENT_ADDITIONAL")
    user_id = about.get("user_id") if isinstance(about, dict) else None
    form = {
        "event": event.get("EVENT_NAME"),
        "data": event.get("EVENT_DATA") or None,
        "ts": _seconds(event.get("TIMESTAMP_X")),
        "auth": {
            # It came in answer to our own call, so nothing has to be proven.
            "application_token": "none",
            "member_id": installation.member_id,
            "client_endpoint": installation.client_endpoint,
            "user_id": user_id,
        },
    }
    return read_event(decode_form(encode_form(form)))


def _seconds(moment: Any) -> int | None:
    """``2026-09-21T14:13:20+00:00`` to Unix seconds; None for anything else."""
    try:
        return int(datetime.fromisoformat(str(moment)).timestamp())
    except (ValueError, OverflowError):
        return None


def _may_be_asked(installation: Installation) -> bool:
    return installation.state is InstallationState.ACTIVE and not installation.paused
