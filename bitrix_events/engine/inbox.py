"""Accepting a verified event: one stored delivery, one execution for each handler of its code."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
    @property
    def mode(self) -> str: ...
    @property
    def portals(self) -> Collection[str] | None: ...


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
        self._offline_targets: dict[str, list[Target]] = {}
        self._all_targets: dict[str, list[Target]] = {}
        self._choosy: dict[str, Registered] = {}
        """Handlers that are for some portals only, by name."""
        for handler in handlers:
            target = Target(handler.name, handler.debounce)
            if handler.portals is not None:
                self._choosy[handler.name] = handler
            for code in handler.codes:
                self._all_targets.setdefault(code, []).append(target)
                if is_sent(handler, code):
                    self._targets.setdefault(code, []).append(target)
                if is_kept(handler, code):
                    self._offline_targets.setdefault(code, []).append(target)

    @property
    def storing(self) -> int:
        """How many deliveries are being stored just now."""
        return self._storing

    async def accept(
        self,
        envelope: Envelope,
        admission: Admission,
        *,
        offline: bool = False,
        only: Collection[str] | None = None,
    ) -> Stored:
        """Store a verified event; return once it is safe on the disk.

        An event that no handler wants is stored as well, for the day on which one does.

        Args:
            offline: the portal has kept it, and was asked for it.
            only: names of the handlers that it is for, in whichever way they want to be told; None
                for all that want it.

        Raises:
            InstallationChanged: the admission is out of date; nothing was stored.
            StoreError: it could not be stored.
        """
        began = time.perf_counter()
        installation = admission.installation
        among = self._offline_targets if offline else self._targets
        delivery, targets = self._read(
            envelope, installation, among if only is None else self._all_targets
        )
        if only is not None:
            targets = [target for target in targets if target.handler in only]
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
        delivery, targets = self._read(envelope, installation, self._targets)

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
        elif not delivery.lifecycle and not self._choosy:
            self._warn_once(delivery.code)
        if log.isEnabledFor(logging.INFO):
            _report(delivery, installation, stored, time.perf_counter() - began)

    def _read(
        self,
        envelope: Envelope,
        installation: Installation,
        targets: Mapping[str, Sequence[Target]],
    ) -> tuple[NewDelivery, Sequence[Target]]:
        """What is to be stored, and for whom."""
        event = event_class(envelope.code)(envelope.code, envelope.data)
        found = _targets_of(event, targets)
        if self._choosy:
            choosy = self._choosy
            found = [
                target
                for target in found
                if target.handler not in choosy or is_for(choosy[target.handler], installation)
            ]
        return _delivery(event, envelope, installation), found

    def _warn_once(self, code: str) -> None:
        if code not in self._warned and len(self._warned) < _WARNED_CODES:
            self._warned.add(code)
            log.warning("%s", unhandled_event(code))


def is_for(handler: Registered, installation: Installation) -> bool:
    """Whether a handler is for a portal: ``portals=`` names it by member_id or address."""
    if handler.portals is None:
        return True
    names = (installation.member_id, installation.portal, installation.domain)
    return any(name.lower() in handler.portals for name in names)


def is_kept(handler: Registered, code: str) -> bool:
    """Whether a portal is to keep an event for a handler until it is fetched. What is about the app
    itself is always sent."""
    return handler.mode != "online" and not issubclass(event_class(code), LifecycleEvent)


def is_sent(handler: Registered, code: str) -> bool:
    """Whether a portal is to send an event for a handler."""
    return handler.mode != "offline" or issubclass(event_class(code), LifecycleEvent)


def _targets_of(event: Event, targets: Mapping[str, Sequence[Target]]) -> Sequence[Target]:
    """The handlers that want an event, by whichever of its codes, each once."""
    if len(codes := event.codes) == 1:
        return targets.get(codes[0], ())
    found = {target.handler: target for code in codes for target in targets.get(code, ())}
    return tuple(found.values())


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
