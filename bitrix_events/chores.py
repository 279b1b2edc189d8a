"""Chores: what an app does by itself, beside taking events in and running handlers.

It tells portals what to send, fetches what they keep, makes up for what it has missed, looks after
installations, and deletes what is old.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bitrix_events.catch_up import CatchUp
from bitrix_events.connections import Connections
from bitrix_events.engine.duty import Duty
from bitrix_events.engine.inbox import Inbox, is_kept, is_sent
from bitrix_events.engine.retention import EVERY_SECONDS as RETENTION_SECONDS
from bitrix_events.engine.retention import FIRST_SECONDS as RETENTION_FIRST_SECONDS
from bitrix_events.engine.retention import Retention
from bitrix_events.errors import BitrixEventsError, RestError
from bitrix_events.events import OnAppInstall, OnAppTest, OnAppUpdate, needed_codes
from bitrix_events.portals.offline import OfflineEvents
from bitrix_events.portals.queues import DEVELOPMENT_QUEUE, DOORBELL, QUEUE
from bitrix_events.portals.subscriptions import Difference, Wanted, synchronise
from bitrix_events.portals.upkeep import EVERY_SECONDS as UPKEEP_SECONDS
from bitrix_events.portals.upkeep import Upkeep
from bitrix_events.rest.client import Client
from bitrix_events.routing.router import Handler, Router
from bitrix_events.settings import Settings
from bitrix_events.store.base import Store
from bitrix_events.store.records import Admission, Installation, InstallationState
from bitrix_events.wire.envelope import Envelope

log = logging.getLogger(__name__)

_DEVELOPMENT_SECONDS: Final = 2.0
"""Between two looks for offline events, for somebody who waits for them."""
_MOVE_ON_SECONDS: Final = 300.0
"""Between two notes that everything was told until then."""
_AGAIN_SECONDS: Final = 1.0
"""After what never ends by itself was broken off."""
_PORTALS_AT_ONCE: Final = 4
"""That are caught up on at a time."""


class Chores:
    """The chores of one app, between its start and its end. Made on the event loop of its door.

    Args:
        wanted: what portals are to send and to keep; None if they cannot be told.
        handlers: all handlers of the app.
        inbox: gives the inbox, which is made after the chores.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        connections: Connections,
        wanted: Wanted | None,
        handlers: Iterable[Handler],
        inbox: Callable[[], Inbox],
        *,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._store = store
        self._connections = connections
        self._wanted = wanted
        self._inbox = inbox
        self._home = asyncio.get_running_loop()
        self._lacking: set[str] = set()
        is_development = wanted is not None and wanted.queue == DEVELOPMENT_QUEUE
        self._offline = OfflineEvents(
            store,
            connections.client,
            self._accept_offline,
            seconds=_DEVELOPMENT_SECONDS if is_development else settings.offline_poll_seconds,
            clock=clock,
        )
        self._catch_up = CatchUp(
            store,
            [handler for handler in handlers if handler.catch_up],
            self._accept_late,
            now=lambda: datetime.fromtimestamp(clock(), UTC),
        )
        self._caught_up: dict[str, Installation] = {}
        """Portals of which everything is told as it happens."""

    @property
    def due_in(self) -> float | None:
        """Seconds until something is to be done, 0.0 if something is done now; None if nothing is,
        for as long as nothing happens. Of what is done on the clock of tests only."""
        return self._offline.due_in if self._fetches else None

    def wake(self) -> None:
        """Look what time it is. Callable on the event loop of the door only."""
        if self._fetches:
            self._offline.look()

    def router(self) -> Router:
        """Handlers of the framework itself: durable and retried like any other."""
        router = Router("bitrix_events")
        if self._wanted is None:
            return router

        @router.on(OnAppInstall, OnAppUpdate, name="bitrix_events.sync")
        async def sync(client: Client, installation: Installation) -> None:
            await self._subscribe_anew(client, installation)

        if self._wanted.offline:

            @router.on(DOORBELL, name="bitrix_events.fetch_offline")
            async def fetch(installation: Installation) -> None:
                ringing = self._offline.ring(installation.portal)
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(ringing, self._home))

        return router

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do them for the length of the block."""
        async with AsyncExitStack() as exits:
            if self._catch_up.left_out:
                names = ", ".join(self._catch_up.left_out)
                log.warning("catch_up=True: %s leave nothing that could be listed", names)
            if not self._catch_up.is_empty:
                exits.push_async_callback(self._move_on)
            for duty in self._duties():
                await exits.enter_async_context(_beside(duty.run()))
            yield

    def _duties(self) -> Iterator[Duty]:
        """What one of all processes does."""
        days = self._settings.retention_days
        retention = Retention(self._store, timedelta(days=days) if days else None)
        yield Duty(
            self._store,
            "retention",
            retention.once,
            every=RETENTION_SECONDS,
            first=RETENTION_FIRST_SECONDS,
        )
        if self._settings.is_app:
            upkeep = Upkeep(
                self._store,
                self._connections.oauth_access,
                self._subscribe,
                keep=self._connections.keep,
            )
            yield Duty(self._store, "upkeep", upkeep.once, every=UPKEEP_SECONDS)
        if self._fetches:
            yield Duty(self._store, "offline", self._offline.run, every=_AGAIN_SECONDS)
        if not self._catch_up.is_empty:
            yield Duty(self._store, "catch_up", self._keep_up, every=_AGAIN_SECONDS)

    @property
    def _fetches(self) -> bool:
        return self._wanted is not None and bool(self._wanted.offline)

    async def _accept_offline(self, envelope: Envelope, installation: Installation) -> None:
        await self._inbox().accept(envelope, Admission(installation), offline=True)

    async def _accept_late(
        self, envelope: Envelope, installation: Installation, handlers: Collection[str]
    ) -> None:
        await self._inbox().accept(envelope, Admission(installation), only=handlers)

    async def _keep_up(self) -> None:
        """Catch up on all portals, and note from time to time that nothing is missed any more."""
        while True:
            try:
                waiting = iter(await self._store.installations())
            except BitrixEventsError as error:
                log.error("cannot catch up: %s", error)
            except Exception:  # the next round may do better
                log.exception("cannot catch up")
            else:
                async with asyncio.TaskGroup() as group:
                    for _ in range(_PORTALS_AT_ONCE):
                        group.create_task(self._keep_up_with(waiting))
            await asyncio.sleep(_MOVE_ON_SECONDS)

    async def _keep_up_with(self, installations: Iterable[Installation]) -> None:
        for installation in installations:
            portal = installation.portal
            if installation.state is not InstallationState.ACTIVE or installation.paused:
                self._caught_up.pop(portal, None)  # events may be missed from now on
                continue
            try:
                async with self._connections.client(portal) as client:
                    await self._keep_up_one(client, installation)
            except BitrixEventsError as error:
                log.warning("cannot catch up on %s: %s", installation.domain, error)
            except Exception:  # the other portals are caught up on all the same
                log.exception("cannot catch up on %s", installation.domain)

    async def _keep_up_one(self, client: Client, installation: Installation) -> None:
        if installation.portal in self._caught_up:
            await self._catch_up.move_on(installation, client)
            return
        if self._fetches:
            await self._offline.ring(installation.portal)  # what was kept was not missed
        for made in await self._catch_up.make_up(client, installation):
            if made.deliveries:
                log.info(
                    "caught up on %s of %s since %s: %d deliveries of %d records",
                    made.kind,
                    installation.domain,
                    made.since,
                    made.deliveries,
                    made.records,
                    extra={"action": "caught_up", "portal": installation.portal},
                )
        self._caught_up[installation.portal] = installation

    async def _move_on(self) -> None:
        """Note, in the end, that everything was told until now."""
        try:
            for installation in self._caught_up.values():
                await self._catch_up.move_on(installation)
        except BitrixEventsError as error:
            log.warning("cannot note that nothing was missed: %s", error)

    async def _subscribe(self, installation: Installation) -> None:
        """Tell an active portal what is wanted by now, if that is not what it was told."""
        wanted = self._wanted
        if wanted is None or wanted.is_met_by(installation):
            return
        async with self._connections.client(installation.portal) as client:
            difference = await synchronise(
                client, self._store, installation.portal, wanted, prune=False
            )
        self._told(installation, difference)
        self._offline.look()

    async def _subscribe_anew(self, client: Client, installation: Installation) -> None:
        """Tell a portal that has installed or updated the app. Runs where handlers run."""
        assert self._wanted is not None
        # Subscriptions are told apart by the queue's name, too, so none must be given by the way.
        plain = client.with_options(auth_connector="")
        wanted = self._wanted
        difference = await synchronise(plain, self._store, installation.portal, wanted)
        if wanted.url:
            bound = ", ".join(difference.bind) or "nothing new"
            log.info("%s sends %s to %s", installation.domain, bound, wanted.url)
        self._told(installation, difference)
        if wanted.url and installation.token_digest is None:
            # Authorised by hand: the first event brings the application token.
            test = {"event": OnAppTest.CODE, "handler": wanted.url}
            await plain.outcomes([("event.bind", test)])  # that it is bound already is as good
            await plain.call("event.test")
        if self._fetches:
            self._home.call_soon_threadsafe(self._offline.look)
        await self._begin(plain, installation)

    async def _begin(self, client: Client, installation: Installation) -> None:
        """Note that a portal tells of everything from now on."""
        try:
            await self._catch_up.begin(client, installation)
        except RestError as error:
            log.warning("cannot note from when on %s tells all: %s", installation.domain, error)

    def _told(self, installation: Installation, difference: Difference) -> None:
        """Say what comes of offline events; once, if the portal's plan has none."""
        if difference.bind_offline:
            kept = ", ".join(difference.bind_offline)
            log.info("%s keeps %s until they are fetched", installation.domain, kept)
        if difference.lacking and installation.portal not in self._lacking:
            self._lacking.add(installation.portal)
            log.warning(
                "the plan of %s has no offline events (rest_offline_extended): handlers with"
                " mode='offline' hear nothing of %s there, those with mode='both' what is sent",
                installation.domain,
                ", ".join(difference.lacking),
                extra={"action": "offline", "portal": installation.portal},
            )


def wanted_of(
    handlers: Iterable[Handler], events_url: str | None, *, queue: str = QUEUE
) -> Wanted | None:
    """What portals are to send and to keep for these handlers; None if they cannot send, as there
    is no address, and are to keep nothing."""
    handlers = list(handlers)
    offline = needed_codes(c for h in handlers for c in h.codes if is_kept(h, c))
    if events_url is None:
        return Wanted.by_handlers("", (), offline=offline, queue=queue) if offline else None
    online = needed_codes(c for h in handlers for c in h.codes if is_sent(h, c))
    return Wanted.by_handlers(events_url, online, offline=offline, queue=queue)


def without_offline(handlers: Iterable[Handler]) -> list[Handler]:
    """The handlers of an app that is reached by webhooks, which can fetch nothing: whatever is sent
    is for them all."""
    found = list(handlers)
    for handler in found:
        if handler.mode == "offline":
            log.warning(
                "%s: mode='offline' needs an app that portals install (BITRIX_EVENTS_CLIENT_ID); a"
                " portal that is reached by webhooks keeps nothing, so the handler runs for what"
                " its outgoing webhook sends",
                handler.name,
            )
    return [replace(handler, mode="online") for handler in found]


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do some work for the length of the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
