"""App: owns settings, handlers and everything that runs; it is the ASGI callable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bitrix_events.engine.attempt import Attempts
from bitrix_events.engine.inbox import Inbox
from bitrix_events.engine.worker import Worker
from bitrix_events.errors import BitrixEventsError, HandlerSignatureError, SettingsError
from bitrix_events.events import Entity, Event, OnAppInstall, OnAppUninstall, OnAppUpdate
from bitrix_events.portals.bindings import bind_events
from bitrix_events.portals.install import AppPortals
from bitrix_events.portals.oauth import OAuthServer
from bitrix_events.portals.portal import Portal
from bitrix_events.portals.tokens import OAuthAccess
from bitrix_events.portals.webhook import WebhookPortal
from bitrix_events.rest.access import Access
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import LIMITS
from bitrix_events.rest.sync import SyncClient
from bitrix_events.rest.transport import HttpTransport, Transport
from bitrix_events.routing.inject import Factory, Lifetime, Providers
from bitrix_events.routing.retry import GiveUp, RetryPolicy
from bitrix_events.routing.router import Handler, Router, plan_handler
from bitrix_events.routing.signature import Asker, plan_provider
from bitrix_events.settings import Settings
from bitrix_events.store.base import Store
from bitrix_events.store.records import WEBHOOK_PORTAL, Claim, Delivery
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import Mode, SqliteStore
from bitrix_events.web.install import InstallDoor
from bitrix_events.web.receive import Receiver
from bitrix_events.web.routes import EVENTS_PATH, routes

log = logging.getLogger(__name__)

_CLIENTS = 4096
_IN_HANDLERS = Options(patience=60.0)
"""A call that would wait longer ends the attempt instead, which waits without a worker."""
_BUILT_IN = {
    Client: "async",
    SyncClient: "def",
    Delivery: "",
    Portal: "",
    logging.Logger: "",
}


class App(Router):
    """An app that reacts to Bitrix24.

    Serve it with ``bitrix-events run module:app``, or with any ASGI server that runs lifespans.

    Args:
        settings: options; by default they are read from the environment when the app starts.
        retry: policy of handlers that name none.
        timeout: seconds that one attempt of a handler that names none may take.
        store: where deliveries live; by default the store that the settings name.
        transport: how portals and the OAuth server are reached; for tests.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        retry: RetryPolicy | None = None,
        timeout: float = 300.0,
        store: Store | None = None,
        transport: HttpTransport | None = None,
    ) -> None:
        super().__init__("app", retry=retry, timeout=timeout)
        self._settings = settings
        self._store = store
        self._transport = transport
        self._providers = Providers(built_in=dict(_BUILT_IN))
        self._planned: dict[str, Handler] = {}
        self._adopters.append(self._plan)
        self._running: _Running | None = None

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
        if self._settings is None:
            self._settings = Settings.load()
        return self._settings

    def include(self, *routers: Router) -> None:
        """Take over the handlers of routers, those registered later as well.

        Raises:
            HandlerSignatureError: a handler asks for something that nothing provides.
        """
        for router in routers:
            for handler in router.handlers:
                self._plan(handler)
            router._adopters.append(self._plan)

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

    @asynccontextmanager
    async def portal(self, member_id: str | None = None) -> AsyncIterator[Client]:
        """REST outside of handlers: ``async with app.portal(member_id) as client``.

        Args:
            member_id: which portal; of no meaning where webhooks reach just one.
        """
        running = self._require_running()
        async with _transport(self._transport) as transport:
            if not self.settings.is_app:
                member_id = WEBHOOK_PORTAL
            if member_id is None:
                raise ValueError("name the portal: an app can be installed on many")
            limits = LIMITS[self.settings.portal_limits]
            yield Client(running.access(member_id, transport), transport, limits=limits)

    @asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncIterator[None]:
        """Run the app: open the store, start the worker, and stop both in the end.

        ASGI servers do this by themselves. Where the app is mounted into another one, pass it on:
        ``Starlette(routes=[Mount("/bitrix", app)], lifespan=app.lifespan)``.
        """
        async with AsyncExitStack() as exits:
            self._running = await _start(self, exits)
            exits.callback(self._forget_running)
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

    def _plan(self, handler: Handler) -> None:
        """Take a handler in, with its injection plan."""
        if handler.name in self._planned:
            raise HandlerSignatureError(
                f"{handler.name}: another handler has this name already; give one of them name="
            )
        self._planned[handler.name] = _planned(handler, self._providers)

    def _forget_running(self) -> None:
        self._running = None

    def _require_running(self) -> _Running:
        if self._running is None:
            raise RuntimeError("the app is not running; see App.lifespan")
        return self._running


@dataclass(frozen=True, slots=True)
class _Running:
    """What exists between start and stop."""

    web: ASGIApp
    access: Callable[[str, Transport], Access]


async def _start(app: App, exits: AsyncExitStack) -> _Running:
    """Open the store and start the worker; ``exits`` takes down what was put up."""
    settings = app.settings
    store: Store = app._store or open_store(settings)
    await store.open()
    exits.push_async_callback(store.close)
    transport = await exits.enter_async_context(_transport(app._transport))

    portals: WebhookPortal | AppPortals
    access: Callable[[str, Transport], Access]
    handlers = {handler.name: handler for handler in app.handlers}
    if settings.is_app:
        allowed = frozenset(settings.allowed_hosts)

        def access(portal: str, transport: Transport) -> Access:
            oauth = _oauth_server(settings, transport)
            return OAuthAccess(portal, store=store, oauth=oauth, allowed_hosts=allowed, sender=app)

        oauth = _oauth_server(settings, transport)
        portals = AppPortals(store=store, oauth=oauth, http=transport, allowed_hosts=allowed)
        handlers |= _own_handlers(settings, handlers, app._providers)
    else:
        assert settings.webhook_url is not None
        assert settings.application_token is not None
        webhook = portals = WebhookPortal(
            settings.webhook_url,
            settings.application_token,
            member_id=settings.member_id,
            store=store,
            sender=app,
        )
        await webhook.prepare()

        def access(portal: str, transport: Transport) -> Access:
            return webhook

    def client_of(portal: str, transport: Transport) -> Client:
        return Client(
            access(portal, transport),
            transport,
            options=_IN_HANDLERS,
            limits=LIMITS[settings.portal_limits],
        )

    @asynccontextmanager
    async def open_attempts() -> AsyncIterator[Attempts]:
        async with _transport(app._transport) as transport:
            try:
                yield Attempts(
                    handlers,
                    app._providers,
                    sync_threads=settings.sync_threads,
                    gather=_gatherer(store, lambda portal: client_of(portal, transport)),
                    read_entity=_read_entity,
                )
            finally:
                await app._providers.close()

    worker = Worker(
        store,
        open_attempts,
        concurrency=settings.workers,
        portal_concurrency=settings.portal_concurrency,
        shutdown_seconds=settings.shutdown_seconds,
    )
    inbox = Inbox(store, handlers.values(), worker.wake)
    receiver = Receiver(inbox, portals, body_limit=settings.body_limit)
    door = InstallDoor(receiver, inbox, portals if isinstance(portals, AppPortals) else None)
    await worker.start()
    exits.push_async_callback(worker.stop)
    log.info("started; handlers: %d; store: %s", len(app.handlers), settings.store)
    web = Starlette(routes=routes(receiver, door))
    web.router.redirect_slashes = False  # a sender does not follow
    return _Running(web, access)


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


@asynccontextmanager
async def _transport(custom: HttpTransport | None) -> AsyncIterator[Transport]:
    transport = Transport(custom)
    try:
        yield transport
    finally:
        await transport.close()


def _oauth_server(settings: Settings, transport: Transport) -> OAuthServer:
    assert settings.client_id is not None
    assert settings.client_secret is not None
    return OAuthServer(transport, settings.oauth_urls, settings.client_id, settings.client_secret)


def _planned(handler: Handler, providers: Providers) -> Handler:
    return replace(handler, plan=plan_handler(handler, providers))


def _own_handlers(
    settings: Settings, handlers: Mapping[str, Handler], providers: Providers
) -> dict[str, Handler]:
    """Handlers of the framework itself: durable and retried like any other."""
    if settings.public_url is None:
        log.warning(
            "BITRIX_EVENTS_PUBLIC_URL is not set: portals that install the app are not told where"
            " to send events, unless a handler of OnAppInstall calls event.bind"
        )
        return {}
    url = settings.public_url.rstrip("/") + EVENTS_PATH
    codes = {code for handler in handlers.values() for code in handler.codes}
    router = Router("bitrix_events")

    @router.on(OnAppInstall, OnAppUpdate, name="bitrix_events.bind_events")
    async def bind(client: Client, portal: Portal) -> None:
        bound = await bind_events(client, codes | {OnAppUninstall.CODE}, url)
        log.info("%s sends %s to %s", portal.domain, ", ".join(bound) or "nothing new", url)

    return {handler.name: _planned(handler, providers) for handler in router.handlers}


def _gatherer(
    store: Store, new_client: Callable[[str], Client]
) -> Callable[[Claim, Event], Awaitable[Mapping[Any, Any]]]:
    """What makes the built-in values of an attempt. Runs on the worker's loop."""
    loop = asyncio.get_running_loop()

    # One client for all executions of a portal: they share its pace, and its requests.
    client_of = lru_cache(maxsize=_CLIENTS)(new_client)

    async def gather(claim: Claim, event: Event) -> Mapping[Any, Any]:
        delivery = claim.delivery
        installation = await store.installation(delivery.portal)
        if installation is None:
            raise GiveUp("the portal is unknown by now")
        client = client_of(delivery.portal)
        return {
            Event: replace(event, member_id=installation.member_id),
            Delivery: delivery,
            Portal: Portal.of(installation),
            Client: client,
            SyncClient: SyncClient.over(client, loop),
            logging.Logger: _bound_logger(delivery, installation.domain),
        }

    return gather


async def _read_entity(given: Mapping[Any, Any], entity: type[Entity], entity_id: int) -> Entity:
    client: Client = given[Client]
    return await client.get(entity, entity_id)


def _bound_logger(delivery: Delivery, domain: str) -> logging.Logger:
    """A logger named after the handler, whose records carry portal, delivery and handler."""
    logger = logging.Logger(delivery.handler)
    logger.parent = logging.getLogger(f"bitrix_events.handlers.{delivery.handler}")

    def bind(record: logging.LogRecord) -> bool:
        record.portal, record.delivery = domain, delivery.id
        record.handler = delivery.handler
        return True

    logger.addFilter(bind)
    return logger
