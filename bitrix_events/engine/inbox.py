"""Accepting a verified event: one stored delivery, one execution for each handler of its code."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from bitrix_events.decisions import log_decision
from bitrix_events.events import Event, Kind, LifecycleEvent, event_class
from bitrix_events.messages import unhandled_event
from bitrix_events.store.base import Store
from bitrix_events.store.records import (
    Admission,
    Installation,
    NewDelivery,
    Stored,
    Target,
    UserToken,
)
from bitrix_events.wire.envelope import Envelope

log = logging.getLogger(__name__)

_WARNED_CODES: Final = 1000
_MARGIN: Final = timedelta(seconds=30)


class Registered(Protocol):
    """What the inbox needs to know of a handler."""

    @property
    def name(self) -> str: ...
    @property
    def codes(self) -> Sequence[str]: ...
    @property
    def debounce(self) -> float: ...


class Inbox:
    """Stores what arrives, and wakes the worker.

    Args:
        wake: called after each stored delivery, from the event loop of the web server.
    """

    def __init__(
        self, store: Store, handlers: Iterable[Registered], wake: Callable[[], None]
    ) -> None:
        self._store = store
        self._wake = wake
        self._warned: set[str] = set()
        self._storing = 0
        self._targets: dict[str, list[Target]] = {}
        for handler in handlers:
            target = Target(handler.name, handler.debounce)
            for code in handler.codes:
                self._targets.setdefault(code, []).append(target)

    @property
    def storing(self) -> int:
        """How many deliveries are being stored just now."""
        return self._storing

    async def accept(self, envelope: Envelope, admission: Admission) -> Stored:
        """Store a verified event; return once it is safe on the disk.

        An event that no handler wants is stored as well, for the day on which one does.

        Raises:
            InstallationChanged: the admission is out of date; nothing was stored.
            StoreError: it could not be stored.
        """
        began = time.perf_counter()
        installation = admission.installation
        delivery, targets = self._read(envelope, installation)
        self._storing += 1
        try:
            stored = await self._store.put(
                delivery, targets, installation=installation if admission.changed else None
            )
        finally:
            self._storing -= 1
        self._note(delivery, targets, installation, stored, began)
        if admission.changed:
            self._wake()
        return stored

    def accept_soon(
        self, envelope: Envelope, installation: Installation, done: Callable[[Stored | None], None]
    ) -> None:
        """Store a verified event that changes nothing about its installation; ``done`` is called
        on this event loop once it is safe on the disk, or with None if it could not be stored.

        Raises:
            StoreError: it is known already that it cannot; ``done`` is not called.
        """
        began = time.perf_counter()
        delivery, targets = self._read(envelope, installation)

        def stored(result: Stored | Exception) -> None:
            self._storing -= 1
            if isinstance(result, Exception):
                done(None)
                return
            try:
                self._note(delivery, targets, installation, result, began)
            finally:
                done(result)

        self._store.put_soon(delivery, targets, stored)
        self._storing += 1

    def _note(
        self,
        delivery: NewDelivery,
        targets: Sequence[Target],
        installation: Installation,
        stored: Stored,
        began: float,
    ) -> None:
        """Wake the worker, and say what was stored."""
        if targets:
            self._wake()
        elif not delivery.lifecycle:
            self._warn_once(delivery.code)
        if log.isEnabledFor(logging.INFO):
            _report(delivery, installation, stored, time.perf_counter() - began)

    def _read(
        self, envelope: Envelope, installation: Installation
    ) -> tuple[NewDelivery, Sequence[Target]]:
        """What is to be stored, and for whom."""
        event = event_class(envelope.code)(envelope.code, envelope.data)
        return _delivery(event, envelope, installation), self._targets_of(event)

    def _targets_of(self, event: Event) -> Sequence[Target]:
        """The handlers that want an event, by whichever of its codes, each once."""
        if len(codes := event.codes) == 1:
            return self._targets.get(codes[0], ())
        found = {target.handler: target for code in codes for target in self._targets.get(code, ())}
        return tuple(found.values())

    def _warn_once(self, code: str) -> None:
        if code not in self._warned and len(self._warned) < _WARNED_CODES:
            self._warned.add(code)
            log.warning("%s", unhandled_event(code))


def _delivery(event: Event, envelope: Envelope, installation: Installation) -> NewDelivery:
    is_lifecycle = isinstance(event, LifecycleEvent)
    entity = event.entity_key
    return NewDelivery(
        portal=installation.portal,
        code=envelope.code,
        data=envelope.data,
        entity=entity,
        sent_at=envelope.sent_at,
        event_handler_id=envelope.event_handler_id,
        user_id=envelope.credentials.user_id,
        lifecycle=is_lifecycle,
        user_token=None if is_lifecycle else _user_token(envelope),
        identity=event.identity,
        merges=event.kind is Kind.STATE and entity is not None,
    )


def _report(
    delivery: NewDelivery, installation: Installation, stored: Stored, seconds: float
) -> None:
    """The one log line about a delivery."""
    number = "" if stored.delivery_id is None else f"#{stored.delivery_id} "
    what = delivery.code if delivery.entity is None else f"{delivery.code} {delivery.entity}"
    action, became = "stored", f"stored in {seconds * 1000:.1f} ms"
    if stored.delivery_id is None:
        became = f"kept in the journal in {seconds * 1000:.1f} ms, until the store can take it"
    elif stored.repeat_of is not None:
        action = "repeated"
        became += f"; it repeats #{stored.repeat_of}, and is not run again"
    elif stored.merged:
        action = "merged"
        became += f"; it takes the place of {', '.join(f'#{one}' for one in stored.merged)}"
    extra = {
        "action": action,
        "delivery": stored.delivery_id,
        "executions": stored.executions,
        "portal": installation.portal,
    }
    message = f"{number}{what} from {installation.domain}: {became}"
    log_decision(log, logging.INFO, message, extra)


def _user_token(envelope: Envelope) -> UserToken | None:
    """The token of the user who acted, with a margin for the clocks."""
    credentials = envelope.credentials
    if not credentials.access_token.get_secret_value():
        return None
    life = timedelta(seconds=credentials.expires_in) - _MARGIN
    return UserToken(credentials.access_token, datetime.now(UTC) + life)
