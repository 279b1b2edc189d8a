"""App: owns settings, handlers and everything that runs; it is the ASGI callable."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bitrix_events.chores import Chores, wanted_of, without_offline
from bitrix_events.connections import Connections, key_of
from bitrix_events.engine.attempt import Attempts
from bitrix_events.engine.inbox import Inbox
from bitrix_events.engine.notices import Notices
from bitrix_events.engine.weather import Weather
from bitrix_events.engine.worker import Crew, Worker
from bitrix_events.errors import BitrixEventsError, HandlerSignatureError
from bitrix_events.occasion import BUILT_IN, Occasions
from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.queues import DEVELOPMENT_QUEUE, QUEUE
from bitrix_events.portals.subscriptions import Wanted
from bitrix_events.portals.webhook import WebhookPortal
from bitrix_events.rest.client import Client
from bitrix_events.rest.transport import HttpTransport
from bitrix_events.routing.hooks import Around, Hook, dead_letter_hook, plan_hook
from bitrix_events.routing.inject import Factory, Lifetime, Override, Providers
from bitrix_events.routing.retry import RetryPolicy
from bitrix_events.routing.router import Handler, Router, plan_handler
from bitrix_events.routing.signature import Asker, Function, plan_provider
from bitrix_events.settings import Role, Settings
from bitrix_events.stage import Stage
from bitrix_events.store.base import Installations, Store
from bitrix_events.store.joined import JoinedStore
from bitrix_events.stores import open_store, working_store
from bitrix_events.web.health import Health, Vitals
from bitrix_events.web.install import InstallDoor, InstallPage, authorized_page
from bitrix_events.web.oauth import OAuthDoor
from bitrix_events.web.receive import Receiver
from bitrix_events.web.routes import EVENTS_PATH, Front, health_routes, routes

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Function)


class App(Router):
    """An app that reacts to Bitrix24.

    Serve it with ``bitrix-events run module:app``, or with any ASGI server that runs lifespans.

    Args:
        settings: options; by default they are read from the environment when the app starts.
        retry: policy of handlers that name none.
        timeout: seconds that one attempt of a handler that names none may take.
        where: filter of the app's own handlers that have none, see `Router`.
        portals: the portals that handlers which name none are for, those of included routers too;
            see `on`.
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
        where: Callable[[Any], object] | None = None,
        portals: Collection[str] | None = None,
        store: Store | None = None,
        installations: Installations | None = None,
        transport: HttpTransport | None = None,
    ) -> None:
        super().__init__("app", retry=retry, timeout=timeout, where=where, portals=portals)
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
        self._is_development = False

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """All handlers, those of included routers too, in order of registration."""
        handlers = self._planned.values()
        if self._is_development:
            return tuple(replace(handler, mode="offline") for handler in handlers)
        return tuple(handlers)

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
        """What portals are to send and to keep; None if they cannot be told, or not where to."""
        if not self.settings.is_app:
            return None
        base = None if self._is_development else self.settings.public_url
        url = None if base is None else base.rstrip("/") + EVENTS_PATH
        queue = DEVELOPMENT_QUEUE if self._is_development else QUEUE
        return wanted_of(self.handlers, url, queue=queue)

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

    def develop_offline(self) -> None:
        """For ``dev --offline``: nothing is sent to this app; the events of all handlers are kept
        by the portals, in a queue of its own, and fetched every two seconds."""
        self._is_development = True

    def wake(self) -> None:
        """Look for due work at once; for tests that move the clock."""
        if self._running is not None:
            self._running.worker.wake()
            self._running.chores.wake()

    @property
    def chores_due_in(self) -> float | None:
        """For tests: seconds until the app does something by itself, 0.0 if it does so now; None if
        it does nothing before something happens."""
        return self._running.chores.due_in if self._running is not None else None

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
    async def lifespan(self, _: object = None, *, role: Role | None = None) -> AsyncIterator[None]:
        """Run the app: open the store, start the worker, and stop both in the end.

        Args:
            role: what this process does, if not what the settings say.

        ASGI servers do this by themselves. Where the app is mounted into another one, pass it on:
        ``Starlette(routes=[Mount("/bitrix", app)], lifespan=app.lifespan)``.
        """
        async with AsyncExitStack() as exits:
            exits.callback(self._forget_running)
            await _start(self, exits, role or self.settings.role)
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
        receiver = self._running.receiver if self._running is not None else None
        return receiver is not None and receiver.take(content_type, body, answer)

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
        if registered.portals is None:
            registered = replace(registered, portals=self._portals)
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
        pace = getattr(store, "pace", None)  # a storage of the user's own has none
        return Connections.opened(self.settings, store, transport, pace=pace, sender=self)

    def _chosen_store(self, role: Role) -> Store:
        if self._stage is not None:
            return self._stage.store
        store = self._store or working_store(self.settings, role)
        if self.own_installations is None:
            return store
        return JoinedStore(store, self.own_installations)


@dataclass(frozen=True, slots=True)
class _Running:
    """What exists between start and stop."""

    web: ASGIApp
    receiver: Receiver | None
    store: Store
    worker: Worker
    chores: Chores


async def _start(app: App, exits: AsyncExitStack, role: Role) -> None:
    """Open the store and start the worker; ``exits`` takes down what was put up."""
    settings = app.settings
    stage = app._stage
    store = app._chosen_store(role)
    await store.open()
    exits.push_async_callback(store.close)
    connections = await exits.enter_async_context(app._connections(store))
    portals: WebhookPortal | AppPortals
    if settings.is_app:
        portals = connections.app_portals(store.known_installation)
    else:
        portals = connections.webhook_portal(store.known_installation)
        await portals.prepare()
    found = app.handlers if settings.is_app else without_offline(app.handlers)
    handlers = {handler.name: app._surrounded(handler) for handler in found}
    wanted = app.wanted
    if settings.is_app and (wanted is None or not wanted.url) and not app._is_development:
        log.warning(
            "BITRIX_EVENTS_PUBLIC_URL is not set: portals that install the app are not told where"
            " to send events, unless a handler of OnAppInstall calls event.bind"
        )
    clock = time.time if stage is None else stage.clock
    chores = Chores(settings, store, connections, wanted, found, lambda: inbox, clock=clock)
    handlers |= {own.name: _planned(own, app._providers) for own in chores.router().handlers}

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
    troubles: dict[str, Callable[[], str]] = {"store": lambda: store.trouble}
    if role != "web":
        troubles["worker"] = lambda: worker.trouble
    vitals = Vitals(store.stats, troubles)
    health = Health(vitals, settings.admin_token)
    is_deaf = role == "worker"
    site = Starlette(
        routes=health_routes(health) if is_deaf else routes(receiver, door, oauth_door, health)
    )
    site.router.redirect_slashes = False  # a sender does not follow
    web: ASGIApp = site if is_deaf else Front(receiver, site)
    app._running = _Running(web, None if is_deaf else receiver, store, worker, chores)
    if role != "web":
        await worker.start()
        exits.push_async_callback(worker.stop)
        await exits.enter_async_context(chores.running())
    _say_started(app, role)


def _say_started(app: App, role: Role) -> None:
    what = {"all": "", "web": "; receives, runs no handlers", "worker": "; runs handlers"}[role]
    name = app.settings.store_name
    log.info("started%s; handlers: %d; store: %s", what, len(app.handlers), name)


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


def _planned(handler: Handler, providers: Providers) -> Handler:
    return replace(handler, plan=plan_handler(handler, providers))
