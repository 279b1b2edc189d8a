"""The occasion of an attempt: the values that the framework itself can give to handlers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from bitrix_events.connections import IN_HANDLERS, Connections
from bitrix_events.errors import NotFound
from bitrix_events.events import Entity, EntityEvent, Event, event_class
from bitrix_events.portals.portal import Portal
from bitrix_events.portals.queues import own_name
from bitrix_events.rest.client import Client
from bitrix_events.rest.reader import Reader
from bitrix_events.rest.sync import SyncClient
from bitrix_events.rest.user import UserClient
from bitrix_events.routing.inject import BuiltIn
from bitrix_events.routing.retry import Drop, GiveUp
from bitrix_events.routing.writes import Wrote
from bitrix_events.store.base import Installations
from bitrix_events.store.records import Claim, Delivery, Installation

_PORTALS: Final = 4096


class Occasions:
    """Makes occasions. Belongs to the event loop on which it was made."""

    def __init__(self, store: Installations, connections: Connections) -> None:
        self._store = store
        self.connections = connections
        self.loop = asyncio.get_running_loop()
        # One client for all executions of a portal: they share its pace, and its requests.
        self.client_of = lru_cache(maxsize=_PORTALS)(self._client_of)
        self.reader_of = lru_cache(maxsize=_PORTALS)(self._reader_of)
        self.logger_of = lru_cache(maxsize=None)(HandlerLogger)
        self._portals: dict[str, tuple[Installation, Portal]] = {}

    async def of(self, claim: Claim) -> AttemptOccasion:
        """The occasion of an attempt.

        Raises:
            GiveUp: the portal is unknown by now.
            StoreError: the store could not be asked.
        """
        installation = await self._store.installation(claim.delivery.portal)
        if installation is None:
            raise GiveUp("the portal is unknown by now")
        return AttemptOccasion(self, claim, installation)

    def portal_of(self, installation: Installation) -> Portal:
        """What handlers may know of a portal."""
        known = self._portals.get(installation.portal)
        if known is not None and known[0] is installation:
            return known[1]
        if len(self._portals) >= _PORTALS:
            self._portals.clear()
        portal = Portal.of(installation)
        self._portals[installation.portal] = (installation, portal)
        return portal

    def _client_of(self, portal: str) -> Client:
        return self.connections.client(portal, IN_HANDLERS)

    def _reader_of(self, portal: str) -> Reader:
        return Reader(self.client_of(portal))


class AttemptOccasion:
    """What one attempt is made for."""

    __slots__ = ("_client", "_has_read", "_occasions", "_wrote", "claim", "installation")

    def __init__(self, occasions: Occasions, claim: Claim, installation: Installation) -> None:
        self._occasions = occasions
        self.claim = claim
        self.installation = installation
        self._client: Client | None = None
        self._has_read = False
        self._wrote: Wrote | None = None

    @property
    def hides_writes(self) -> bool:
        """Whether the portal keeps no offline events about what the clients change."""
        return bool(own_name(self.installation))

    def observe(self, wrote: Wrote) -> None:
        """Have the clients that are given out from here on tell what they have changed."""
        self._client, self._wrote = None, wrote

    async def read(self, wanted: type[Entity]) -> Entity:
        """The record that the event is about, as it is since the delivery was received or later.

        The handlers of a delivery share one reading; but whose lane was held before reads again,
        as it may have changed the record itself since.

        Raises:
            GiveUp: the event does not say which it is.
            Drop: it does not exist any more, or is of another type than the handler wants.
        """
        event = self.event()
        assert isinstance(event, EntityEvent), "checked at registration"
        if event.entity_key is None:
            raise GiveUp(f"{event.code} came without the id of a record")
        if not event.is_about(wanted):
            raise Drop(f"not for this handler: {event.entity_key} is no {wanted.__name__}")
        delivery = self.claim.delivery
        reads_again = self.claim.token > 1 or delivery.replayed
        again, self._has_read = reads_again and not self._has_read, True
        try:
            return await self._occasions.reader_of(delivery.portal).read(
                wanted,
                event.entity_id,
                event.read_with,
                delivery=delivery.id,
                again=again,
            )
        except NotFound as error:
            raise Drop("gone: the record no longer exists") from error

    def event(self) -> Event:
        """The event, with all that is known of it."""
        delivery = self.claim.delivery
        return event_class(delivery.code)(
            delivery.code,
            delivery.data,
            self.installation.member_id,
            delivery.sent_at,
            delivery.event_handler_id,
        )

    def portal(self) -> Portal:
        """The portal that the event came from."""
        return self._occasions.portal_of(self.installation)

    def client(self) -> Client:
        """REST of the portal."""
        if self._client is None:
            client = self._occasions.client_of(self.claim.delivery.portal)
            if queue := own_name(self.installation):
                client = client.with_options(auth_connector=queue)
            self._client = client if self._wrote is None else client.observed(self._wrote)
        return self._client

    def user_client(self) -> UserClient | Exception:
        """REST as the user of the event; or what becomes of a handler that cannot do without."""
        connections = self._occasions.connections
        client = connections.user_client(self.installation, self.claim.user_token)
        if self._wrote is None or isinstance(client, Exception):
            return client
        return client.observed(self._wrote)

    def sync_client(self) -> SyncClient:
        """REST of the portal, for threads."""
        return SyncClient.over(self.client(), self._occasions.loop)

    def logger(self) -> logging.Logger:
        """A logger named after the handler."""
        return self._occasions.logger_of(self.claim.delivery.handler).of(self.claim)


class HandlerLogger(logging.Logger):
    """A logger named after a handler, whose records carry portal, delivery, execution and handler.

    What it logs goes to ``bitrix_events.handlers.<name>``, and what is set there counts.
    """

    def __init__(self, handler: str) -> None:
        super().__init__(handler)
        self._parent = self.parent = logging.getLogger(f"bitrix_events.handlers.{handler}")
        self._claim: Claim | None = None

    def of(self, claim: Claim) -> HandlerLogger:
        """The logger of one attempt; making one from scratch takes five times as long."""
        logger = object.__new__(HandlerLogger)
        logger.__dict__.update(self.__dict__)
        logger._claim = claim
        return logger

    def isEnabledFor(self, level: int) -> bool:
        return self._parent.isEnabledFor(level)

    def handle(self, record: logging.LogRecord) -> None:
        if self._claim is not None:
            delivery = self._claim.delivery
            record.portal, record.delivery = delivery.portal, delivery.id
            record.execution, record.handler = self._claim.execution_id, delivery.handler
        super().handle(record)


BUILT_IN: Final[Mapping[Any, BuiltIn]] = {
    Event: BuiltIn(AttemptOccasion.event),
    Client: BuiltIn(AttemptOccasion.client, "async", is_made=False),
    UserClient: BuiltIn(AttemptOccasion.user_client, "async", may_be_absent=True),
    SyncClient: BuiltIn(AttemptOccasion.sync_client, "def"),
    Delivery: BuiltIn(lambda occasion: occasion.claim.delivery, is_made=False),
    Portal: BuiltIn(AttemptOccasion.portal, is_made=False),
    Installation: BuiltIn(lambda occasion: occasion.installation, is_made=False),
    logging.Logger: BuiltIn(AttemptOccasion.logger),
}
"""What every handler may ask for."""
