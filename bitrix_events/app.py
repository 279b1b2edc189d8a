"""App: owns settings, handlers and everything that runs; it is the ASGI callable."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bitrix_events.connections import Connections, key_of
from bitrix_events.engine.attempt import Attempts
from bitrix_events.engine.inbox import Inbox
from bitrix_events.engine.notices import Notices
from bitrix_events.engine.retention import Retention
from bitrix_events.engine.weather import Weather
from bitrix_events.engine.worker import Crew, Worker
from bitrix_events.errors import BitrixEventsError, HandlerSignatureError, SettingsError
from bitrix_events.events import OnAppInstall, OnAppTest, OnAppUpdate, needed_codes
from bitrix_events.occasion import BUILT_IN, Occasions
from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.subscriptions import Wanted, synchronise
from bitrix_events.portals.upkeep import Upkeep
from bitrix_events.portals.webhook import WebhookPortal
from bitrix_events.rest.client import Client
from bitrix_events.rest.transport import HttpTransport
from bitrix_events.routing.hooks import Around, Hook, dead_letter_hook, plan_hook
from bitrix_events.routing.inject import Factory, Lifetime, Override, Providers
from bitrix_events.routing.retry import RetryPolicy
from bitrix_events.routing.router import Handler, Router, plan_handler
from bitrix_events.routing.signature import Asker, Function, plan_provider
from bitrix_events.settings import Settings
from bitrix_events.stage import Stage
from bitrix_events.store.base import Installations, Store
from bitrix_events.store.joined import JoinedStore
from bitrix_events.store.records import Installation
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.database import Mode
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.web.health import Health, Vitals
from bitrix_events.web.install import InstallDoor, InstallPage, authorized_page
from bitrix_events.web.oauth import OAuthDoor
from bitrix_events.web.receive import Receiver
from bitrix_events.web.routes import EVENTS_PATH, Front, routes

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Function)


class App(Router):
    """An app that reacts to Bitrix24.

    Serve it with ``bitrix-events run module:app``, or with any ASGI server that runs lifespans.

    Args:
        settings: options; by default they are read from the environment when the app starts.
        retry: policy of handlers that name none.
        timeout: seconds that one attempt of a handler that names none may take.
        store: where deliveries live; by default the store that the settings name.
        installations: where installations and their tokens live, if not in the store.
        transport: how portals and the OAuth server are reached; for tests.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        retry: RetryPolicy | None = None,
        timeout: float = 300.0,
        store: Store | None = None,
        installations: Installations | None = None,
        transport: HttpTransport | None = None,
    ) -> None:
        super().__init__("app", retry=retry, timeout=timeout)
        self._settings = settings
        self._store = store
        self.own_installations = installations
        self._transport = transport
        self._providers = Providers(BUILT_IN)
        self._planned: dict[str, Handler] = {}
        self._planned_hooks: dict[Hook, Hook] = {}
        self._dead_letter: list[Hook] = []
        self._install_page: InstallPage | None = None
        self._adopters.append(self._adopt)
        self._running: _Running | None = None
        self._stage: Stage | None = None

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """All handlers, those of included routers too, in order of registration."""
        return tuple(self._planned.values())

    @property
    def settings(self) -> Settings:
        """The options; read from the environment when first asked for.

        Raises:
            SettingsError: an option is missing or contradicts another.
        """
        if self._stage is not None:
            return self._stage.settings
        if self._settings is None:
            self._settings = Settings.load()
        return self._settings

    @property
    def wanted(self) -> Wanted | None:
        """What portals are to send; None if they cannot be told, or not where to."""
        if not self.settings.is_app or self.settings.public_url is None:
            return None
        url = self.settings.public_url.rstrip("/") + EVENTS_PATH
        return Wanted.by_handlers(url, needed_codes(c for h in self.handlers for c in h.codes))

    def include(self, *routers: Router) -> None:
        """Take over the handlers of routers, with what is around them, those registered later as
        well.

        Raises:
            HandlerSignatureError: a handler asks for something that nothing provides.
        """
        for router in routers:
            for hook in router.hooks:
                self._adopt(hook)
            for handler in router.handlers:
                self._adopt(handler)
            router._adopters.append(self._adopt)

    def provide(self, wanted: Any, factory: Factory, *, scope: str = "app") -> None:
        """Let handlers ask for a type of yours.

        Args:
            wanted: the annotation that handlers use.
            factory: makes the value: a function, a coroutine function, or a generator of either
                kind that yields the value and cleans up afterwards. Its parameters are injected.
            scope: ``"app"`` makes one value, on first use, and keeps it; ``"delivery"`` makes one
                for each attempt.
        """
        if scope not in ("app", "delivery"):
            raise ValueError(f"scope is 'app' or 'delivery', not {scope!r}")
        lifetime = Lifetime(scope)
        asker = Asker(f"the factory of {getattr(wanted, '__name__', wanted)}")
        usable = self._providers.kept_only() if lifetime is Lifetime.APP else self._providers
        provider = plan_provider(factory, lifetime, asker, usable)
        self._providers.add(wanted, provider)

    def override(self, wanted: Any, value: Any) -> Override:
        """For tests: ``with app.override(Erp, FakeErp()):``, or ``async with``; see `Override`."""
        return Override(self._providers, wanted, value)

    @contextmanager
    def staged(self, stage: Stage) -> Iterator[None]:
        """For tests: the app, if it starts in the block, works with other means than its own."""
        if self._running is not None or self._stage is not None:
            raise RuntimeError("the app runs already")
        self._stage = stage
        try:
            yield
        finally:
            self._stage = None

    def wake(self) -> None:
        """Look for due work at once; for tests that move the clock."""
        if self._running is not None:
            self._running.worker.wake()

    def dead_letter(self, function: F) -> F:
        """Call the decorated function for every execution that is dead, to page somebody.

        ``async def page(error: Exception, delivery: Delivery)``: injected like a handler, it may
        ask for what went wrong. It is called once that is stored, at most once for each dead
        execution, and not again if it fails itself.

        Raises:
            HandlerSignatureError: the function asks for something that it cannot get.
        """
        hook = dead_letter_hook(function, self.name, sys._getframe(1).f_locals)
        self._adopt(hook)
        self._dead_letter.append(hook)
        return function

    def install_page(self, page: InstallPage) -> InstallPage:
        """Show a page of yours when the app is installed: ``async def page(request, portal)``.

        It returns a Starlette response. In the portal's frame it has to call
        ``BX24.installFinish()``; before, the portal sends no events (protocol.md 1.11). The portal
        alone may show it in a frame, unless it says otherwise in its own headers.
        """
        self._install_page = page
        return page

    @asynccontextmanager
    async def installations(self) -> AsyncIterator[Installations]:
        """Where the app is installed, with the tokens; another process may be running the app.

        Raises:
            StoreError: there is no store; the app has never run.
        """
        present = self._running.store if self._running else self.own_installations or self._store
        if present is not None:
            yield present
            return
        beside = open_store(self.settings, mode="share")
        await beside.open()
        try:
            yield beside
        finally:
            await beside.close()

    @asynccontextmanager
    async def portal(self, member_id: str | None = None) -> AsyncIterator[Client]:
        """REST outside of handlers: ``async with app.portal(member_id) as client``.

        The app need not run in this process: another one may be serving it meanwhile.

        Args:
            member_id: which portal; of no meaning where webhooks reach just one.

        Raises:
            StoreError: there is no store; the app has never run.
        """
        portal = key_of(self.settings, member_id)
        async with AsyncExitStack() as exits:
            store = await exits.enter_async_context(self.installations())
            connections = await exits.enter_async_context(self._connections(store))
            async with connections.client(portal) as client:
                yield client

    @asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncIterator[None]:
        """Run the app: open the store, start the worker, and stop both in the end.

        ASGI servers do this by themselves. Where the app is mounted into another one, pass it on:
        ``Starlette(routes=[Mount("/bitrix", app)], lifespan=app.lifespan)``.
        """
        async with AsyncExitStack() as exits:
            exits.callback(self._forget_running)
            await _start(self, exits)
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._answer_lifespan(receive, send)
        elif self._running is not None:
            await self._running.web(scope, receive, send)
        elif scope["type"] == "http":
            message = "the app was not started: its lifespan has to run; see App.lifespan"
            response = JSONResponse({"error": "not_started", "message": message}, 503)
            await response(scope, receive, send)

    def take_event(
        self, content_type: bytes, body: bytes, answer: Callable[[bytes | None], None]
    ) -> bool:
        """Take an event in without ASGI; for `server.desk.Desk`."""
        running = self._running
        return running is not None and running.receiver.take(content_type, body, answer)

    async def _answer_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as exits:
            try:
                await exits.enter_async_context(self.lifespan())
            except BitrixEventsError as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def _adopt(self, registered: Handler | Hook) -> None:
        """Take a handler or a hook in, with its injection plan."""
        if isinstance(registered, Hook):
            plan = plan_hook(registered, self._providers)
            self._planned_hooks[registered] = replace(registered, plan=plan)
            return
        if registered.name in self._planned:
            raise HandlerSignatureError(
                f"{registered.name}: another handler has this name already; give one of them name="
            )
        self._planned[registered.name] = _planned(registered, self._providers)

    def _surrounded(self, handler: Handler) -> Handler:
        """The handler with what is around its attempts: the app's hooks, and its router's."""
        routers = [self._hooks] if handler.hooks is self._hooks else [self._hooks, handler.hooks]
        planned = self._planned_hooks
        middleware = [planned[hook] for router in routers for hook in router.middleware]
        errors = [
            {error: planned[hook] for error, hook in router.errors.items()}
            for router in reversed(routers)
            if router.errors
        ]
        return replace(handler, around=Around(middleware, errors))

    def _forget_running(self) -> None:
        self._running = None

    def _connections(self, store: Installations) -> AbstractAsyncContextManager[Connections]:
        transport = self._stage.transport if self._stage is not None else self._transport
        return Connections.opened(self.settings, store, transport, sender=self)

    def _chosen_store(self) -> Store:
        if self._stage is not None:
            return self._stage.store
        store = self._store or open_store(self.settings)
        if self.own_installations is None:
            return store
        return JoinedStore(store, self.own_installations)


@dataclass(frozen=True, slots=True)
class _Running:
    """What exists between start and stop."""

    web: ASGIApp
    receiver: Receiver
    store: Store
    worker: Worker


async def _start(app: App, exits: AsyncExitStack) -> None:
    """Open the store and start the worker; ``exits`` takes down what was put up."""
    settings = app.settings
    stage = app._stage
    store = app._chosen_store()
    await store.open()
    exits.push_async_callback(store.close)
    connections = await exits.enter_async_context(app._connections(store))
    portals: WebhookPortal | AppPortals
    if settings.is_app:
        portals = connections.app_portals(store.known_installation)
    else:
        portals = connections.webhook_portal(store.known_installation)
        await portals.prepare()
    handlers = {handler.name: app._surrounded(handler) for handler in app.handlers}
    wanted = app.wanted
    if settings.is_app and wanted is None:
        log.warning(
            "BITRIX_EVENTS_PUBLIC_URL is not set: portals that install the app are not told where"
            " to send events, unless a handler of OnAppInstall calls event.bind"
        )
    handlers |= _own_handlers(store, wanted, app._providers)

    @asynccontextmanager
    async def open_crew() -> AsyncIterator[Crew]:
        async with app._connections(store) as connections:
            weather = Weather() if stage is None else Weather(stage.clock)
            attempts = Attempts(
                handlers,
                app._providers,
                sync_threads=settings.sync_threads,
                occasion_of=Occasions(store, connections).of,
                gone=portals.gone,
                weather=weather,
            )
            dead_letter = [app._planned_hooks[hook] for hook in app._dead_letter]
            crew = Crew(attempts, Notices(attempts, dead_letter, app), weather)
            try:
                yield crew if stage is None else stage.crew(crew)
            finally:
                await app._providers.close()

    worker = Worker(
        store,
        open_crew,
        concurrency=settings.workers,
        portal_concurrency=settings.portal_concurrency,
        handler_concurrency=_handler_concurrency(handlers.values(), settings.sync_threads),
        shutdown_seconds=settings.shutdown_seconds,
        storing=lambda: inbox.storing,
    )
    inbox = Inbox(store, handlers.values(), worker.wake)
    receiver = Receiver(inbox, portals, body_limit=settings.body_limit)
    oauth_door = None
    if isinstance(portals, AppPortals):
        door = InstallDoor(receiver, inbox, portals, app._install_page)
        oauth_door = OAuthDoor(
            connections.oauth_server(),
            portals,
            inbox,
            settings=settings,
            page=app._install_page or authorized_page,
        )
    else:
        door = InstallDoor(receiver, inbox, None)
    troubles = {"store": lambda: store.trouble, "worker": lambda: worker.trouble}
    vitals = Vitals(store.stats, troubles)
    health = Health(vitals, settings.admin_token)
    site = Starlette(routes=routes(receiver, door, oauth_door, health))
    site.router.redirect_slashes = False  # a sender does not follow
    app._running = _Running(Front(receiver, site), receiver, store, worker)
    await worker.start()
    exits.push_async_callback(worker.stop)
    keep = timedelta(days=settings.retention_days) if settings.retention_days else None
    await exits.enter_async_context(_beside(Retention(store, keep).run()))
    if settings.is_app:
        upkeep = _upkeep(store, connections, wanted)
        await exits.enter_async_context(_beside(upkeep.run()))
    log.info("started; handlers: %d; store: %s", len(app.handlers), settings.store)


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


def _upkeep(store: Store, connections: Connections, wanted: Wanted | None) -> Upkeep:
    """What looks after the installations."""

    async def subscribe(installation: Installation) -> None:
        if wanted is not None and not wanted.is_met_by(installation):
            async with connections.client(installation.portal) as client:
                await synchronise(client, store, installation.portal, wanted, prune=False)

    return Upkeep(store, connections.oauth_access, subscribe, keep=connections.keep)


def _handler_concurrency(handlers: Iterable[Handler], sync_threads: int) -> dict[str, int]:
    """How many executions of a handler run at the same time, where that is limited: those of a
    ``def`` handler had to wait for a thread."""
    limits = {}
    for handler in handlers:
        limit = handler.concurrency
        if not handler.is_async:
            limit = min(limit or sync_threads, sync_threads)
        if limit is not None:
            limits[handler.name] = limit
    return limits


def open_store(settings: Settings, *, mode: Mode = "own") -> SqliteStore:
    """The store that the settings name, not opened yet.

    Raises:
        SettingsError: there is no such kind of store.
    """
    scheme, _, path = settings.store.partition(":///")
    if scheme != "sqlite" or not path:
        raise SettingsError(
            "BITRIX_EVENTS_STORE is not an address such as sqlite:///data/bitrix_events.db"
        )
    sealer = None
    if settings.secret_key is not None:
        sealer = Sealer(settings.secret_key, *settings.old_secret_keys)
    return SqliteStore(Path(path), sealer=sealer, mode=mode)


def _planned(handler: Handler, providers: Providers) -> Handler:
    return replace(handler, plan=plan_handler(handler, providers))


def _own_handlers(store: Store, wanted: Wanted | None, providers: Providers) -> dict[str, Handler]:
    """Handlers of the framework itself: durable and retried like any other."""
    if wanted is None:
        return {}
    router = Router("bitrix_events")

    @router.on(OnAppInstall, OnAppUpdate, name="bitrix_events.sync")
    async def sync(client: Client, installation: Installation) -> None:
        difference = await synchronise(client, store, installation.portal, wanted)
        bound = ", ".join(difference.bind) or "nothing new"
        log.info("%s sends %s to %s", installation.domain, bound, wanted.url)
        if installation.token_digest is None:
            # Authorised by hand: the first event brings the application token.
            test = {"event": OnAppTest.CODE, "handler": wanted.url}
            await client.outcomes([("event.bind", test)])  # that it is bound already is as good
            await client.call("event.test")

    return {handler.name: _planned(handler, providers) for handler in router.handlers}
