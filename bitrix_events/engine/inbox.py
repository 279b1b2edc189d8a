"""Accepting a verified event: one stored delivery, one execution for each handler of its code."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from bitrix_events.events import Event, LifecycleEvent, event_class
from bitrix_events.messages import unhandled_event
from bitrix_events.store.base import Store
from bitrix_events.store.records import Admission, Delivery, NewDelivery, UserToken
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
        self._by_code: dict[str, list[str]] = {}
        for handler in handlers:
            for code in handler.codes:
                self._by_code.setdefault(code, []).append(handler.name)

    async def accept(self, envelope: Envelope, admission: Admission) -> int:
        """Store a verified event; return the id of its delivery once it is safe on the disk.

        An event that no handler wants is stored as well, for the day on which one does.

        Raises:
            InstallationChanged: the admission is out of date; nothing was stored.
            StoreError: it could not be stored.
        """
        began = time.perf_counter()
        installation = admission.installation
        event = build_event(envelope.code, envelope.data)
        delivery = NewDelivery(
            portal=installation.portal,
            code=envelope.code,
            data=envelope.data,
            entity=event.entity_key,
            sent_at=envelope.sent_at,
            event_handler_id=envelope.event_handler_id,
            user_id=envelope.credentials.user_id,
            lifecycle=isinstance(event, LifecycleEvent),
            user_token=None if isinstance(event, LifecycleEvent) else _user_token(envelope),
        )
        handlers = self._by_code.get(envelope.code, ())
        delivery_id = await self._store.put(
            delivery, handlers, installation=installation if admission.changed else None
        )
        if handlers or admission.changed:
            self._wake()
        if not handlers and not isinstance(event, LifecycleEvent):
            self._warn_once(envelope.code)
        log.info(
            "#%d %s from %s: stored in %.1f ms",
            delivery_id,
            " ".join(filter(None, (envelope.code, event.entity_key))),
            installation.domain,
            (time.perf_counter() - began) * 1000,
            extra={"action": "stored", "delivery": delivery_id, "portal": installation.portal},
        )
        return delivery_id

    def _warn_once(self, code: str) -> None:
        if code not in self._warned and len(self._warned) < _WARNED_CODES:
            self._warned.add(code)
            log.warning("%s", unhandled_event(code))


def _user_token(envelope: Envelope) -> UserToken | None:
    """The token of the user who acted, with a margin for the clocks."""
    credentials = envelope.credentials
    if not credentials.access_token.get_secret_value():
        return None
    life = timedelta(seconds=credentials.expires_in) - _MARGIN
    return UserToken(credentials.access_token, datetime.now(UTC) + life)


def build_event(code: str, data: object, delivery: Delivery | None = None) -> Event:
    """The event object for a code; with all that is known of it when there is a delivery."""
    if delivery is None:
        return event_class(code)(code, data)
    return event_class(code)(
        code, data, delivery.portal, delivery.sent_at, delivery.event_handler_id
    )
