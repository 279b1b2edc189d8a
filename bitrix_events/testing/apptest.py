"""`AppTest`: the real app with a fake portal, in one process and without a socket."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Literal, TypeVar, cast

from bitrix_events.app import App
from bitrix_events.events import Event, LifecycleEvent, event_class, needed_codes
from bitrix_events.rest.pace import UNLIMITED, Bucket, forget, give_bucket
from bitrix_events.settings import PREFIX, Settings
from bitrix_events.stage import Stage
from bitrix_events.store.records import DeliveryView, Query
from bitrix_events.store.secrets import Sealer
from bitrix_events.testing import factory
from bitrix_events.testing.cloud import Cloud
from bitrix_events.testing.fixtures import read_fixtures
from bitrix_events.testing.inprocess import InProcess
from bitrix_events.testing.portal import FakePortal
from bitrix_events.testing.rest import SCOPES
from bitrix_events.testing.staging import (
    LIMITS_SPEED,
    Failure,
    FakeClock,
    LimitsClock,
    Watch,
    WatchedStore,
)
from bitrix_events.web.routes import EVENTS_PATH, INSTALL_PATH

T = TypeVar("T")

_URL: Final = "https://app.test"
_LOOK_SECONDS: Final = 0.002
_STEP_SECONDS: Final = 0.001
_ALL: Final = 1_000_000


class HandlerFailed(AssertionError):
    """A handler has failed, and the test has not dealt with that. ``__cause__`` is its error."""


class AppTest:
    """Runs an app together with a fake portal; for one test.

    ``async with AppTest(app) as test:``, or ``with AppTest(app) as test:`` in a test that is no
    coroutine: `SyncAppTest`. The app itself is not changed: it is served from a temporary store,
    receives events through its ASGI interface, and its REST calls reach `portal`. Its clock and the
    portals' stand still until `advance`; limits recover by themselves, 200 times as fast as real
    ones, and calls wait for them, and between their tries, as much shorter.

    When the block ends, an execution that is dead, or that waits after a failure, fails the test
    with the handler's traceback; `take_failures` says that they were expected.

    Args:
        mode: ``"webhook"``: an outgoing webhook sends what handlers are registered for;
            ``"app"``: the portal has installed the app, which binds what it wants.
        portal: makes the portal: ``partial(FakePortal, latency=Latency(0.1))``.
        timeout: real seconds that `drain` waits for handlers.
        settings: further options of the app.
    """

    def __init__(
        self,
        app: App,
        *,
        mode: Literal["webhook", "app"] = "webhook",
        portal: Callable[..., FakePortal] = FakePortal,
        timeout: float = 10.0,
        **settings: Any,
    ) -> None:
        self.app = app
        self._mode: Literal["webhook", "app"] = mode
        self._make_portal = portal
        self._timeout = timeout
        self._settings = settings
        self._clock = FakeClock()
        self._limits_clock = LimitsClock(self._clock)
        self._watch = Watch()
        self._cloud = Cloud()
        self._outbound: InProcess | None = None
        self._store: WatchedStore | None = None
        self._exits = AsyncExitStack()
        self._sync: _Loop | None = None

    async def __aenter__(self) -> AppTest:
        self._exits = await AsyncExitStack().__aenter__()
        await self._exits.enter_async_context(self._running())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._exits.__aexit__(kind, error, trace)
        self._judge(error)

    def __enter__(self) -> SyncAppTest:
        loop = self._sync = _Loop()
        try:
            loop.run(self.__aenter__)
        except BaseException:
            loop.close()
            raise
        return SyncAppTest(self, loop)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._sync is not None
        try:
            self._sync.run(lambda: self.__aexit__(kind, error, trace))
        finally:
            self._sync.close()

    @property
    def portal(self) -> FakePortal:
        """The portal that the app works with; the first one, if there are several."""
        if not self._cloud.portals:
            raise RuntimeError("the test has not begun: `async with AppTest(app) as test:`")
        return self._cloud.portals[0]

    async def add_portal(self, domain: str) -> FakePortal:
        """Let another portal install the app, with records and events of its own.

        Only an app that portals install, ``mode="app"``, has more than one.

        Args:
            domain: its address in Bitrix24's cloud, ``beta.bitrix24.de``; another one has to be
                among the app's ``allowed_hosts``.

        Raises:
            ValueError: there is a portal with this address; or the app works with a webhook.
        """
        if self._mode != "app":
            raise ValueError('a webhook is of one portal; for several: AppTest(app, mode="app")')
        portal = self._new_portal(domain=domain, oauth_of=self.portal)
        await self._connect(portal)
        return portal

    @property
    def failures(self) -> list[Failure]:
        """Every attempt that has failed."""
        return list(self._watch.failures)

    def take_failures(self) -> list[Failure]:
        """The failures that stand: of executions that are dead, or wait for another attempt.

        They are expected then, and do not fail the test any more.
        """
        taken = list(self._watch.unresolved.values())
        self._watch.unresolved.clear()
        return taken

    async def deliveries(self) -> list[DeliveryView]:
        """What the app has stored, oldest first, with what became of it."""
        return list(reversed(await self._opened().find(Query(), limit=_ALL)))

    def send(
        self, event: Event | str, *, user_id: int = 1, portal: FakePortal | None = None
    ) -> None:
        """Let a portal send an event that no record of the fake stands behind.

        Args:
            event: see `factory.event`; or its code, for one with data that it makes up.
            user_id: who acts; 0 is nobody.
            portal: which one; `portal` by default.

        Raises:
            LookupError: the portal was not asked to send this event, and would not; or it is not
                documented.
        """
        portal = portal or self.portal
        if isinstance(event, str):
            event = factory.event(event)
        if not _is_sent(portal, event):
            why = f"no handler is registered for {event.code}: no portal would send it"
            if isinstance(event, LifecycleEvent):
                why = f"{event.code} comes of portal.install, portal.update or portal.uninstall"
            raise LookupError(why)
        portal.raise_event(event.code, event.data, user_id=user_id)

    def replay(
        self, path: Path | str, *, user_id: int = 1, portal: FakePortal | None = None
    ) -> list[Event]:
        """Send what ``bitrix-events record`` has saved; see `send`.

        Args:
            path: a file, or a folder of which all are sent, in order of their numbers; but for
                installations and their like, which the test has had already.

        Raises:
            OSError, ValueError: there is no such file, or it is none that was recorded.
        """
        events = read_fixtures(Path(path))
        if Path(path).is_dir():
            there = portal or self.portal
            events = [e for e in events if _is_sent(there, e) or not isinstance(e, LifecycleEvent)]
        for event in events:
            self.send(event, user_id=user_id, portal=portal)
        return events

    async def drain(self) -> None:
        """Wait until the app has handled everything that is due, and what came of that.

        What is to be tried again later, or waits for its debounce, is left alone: see `advance`.

        Raises:
            TimeoutError: a handler does not come to its end, or causes itself over and over again.
        """
        try:
            async with asyncio.timeout(self._timeout):
                await self._idle()
        except TimeoutError:
            raise TimeoutError(self._what_hangs()) from None

    async def advance(
        self, *, seconds: float = 0.0, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0
    ) -> None:
        """Let time pass for the app and its portals, and handle all that becomes due, in order.

        Raises:
            TimeoutError: see `drain`.
            ValueError: time does not go back.
        """
        passing = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if passing < timedelta(0):
            raise ValueError("time does not go back")
        end = self._clock() + passing.total_seconds()
        await self.drain()
        while (step := self._seconds_to_due()) is not None and self._clock() + step < end:
            await self._move(step + _STEP_SECONDS)
        await self._move(max(0.0, end - self._clock()))

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        with ExitStack() as outer:
            folder = Path(
                outer.enter_context(
                    TemporaryDirectory(prefix="bitrix-events-", ignore_cleanup_errors=True)
                )
            )
            self._cloud, self._outbound = Cloud(), InProcess(self.app)
            outer.callback(self._forget_limits)
            portal = self._new_portal()
            settings = self._loaded(portal)
            key = settings.secret_key
            store = self._store = WatchedStore(
                folder / "app.db",
                clock=self._clock,
                watch=self._watch,
                sealer=Sealer(key) if key is not None else None,
            )
            transport = InProcess(self._cloud)
            stage = Stage(settings, store, transport, self._clock, self._watch.crew)
            outer.enter_context(self.app.staged(stage))
            async with self.app.lifespan():
                await self._connect(portal)
                try:
                    yield
                finally:
                    await self._cloud.settled()

    def _new_portal(self, **options: Any) -> FakePortal:
        portal = self._make_portal(
            clock=self._clock,
            limits_clock=self._limits_clock,
            outbound=self._outbound,
            scope=SCOPES,
            **options,
        )
        self._cloud.add(portal)
        give_bucket(portal.domain, Bucket(UNLIMITED, self._limits_clock, speed=LIMITS_SPEED))
        return portal

    def _forget_limits(self) -> None:
        """Let limits pass at their true speed again for whoever works with such addresses."""
        for host in self._cloud.hosts:
            forget(host)

    def _loaded(self, portal: FakePortal) -> Settings:
        variables = portal.environment(mode=self._mode)
        options: dict[str, Any] = {
            name.removeprefix(PREFIX).lower(): value for name, value in variables.items()
        }
        if self._mode == "app":
            options["public_url"] = _URL
        options |= {"portal_limits": "unlimited", "shutdown_seconds": 0.0}
        return Settings.load(**options | self._settings)

    async def _connect(self, portal: FakePortal) -> None:
        """Let a portal send the app what it wants."""
        if self._mode == "app":
            await portal.install(_URL + INSTALL_PATH)
            await self.drain()
            return
        codes = needed_codes(code for handler in self.app.handlers for code in handler.codes)
        sent = [code for code in codes if not issubclass(event_class(code), LifecycleEvent)]
        portal.outgoing_webhook(_URL + EVENTS_PATH, *sorted(sent))

    async def _idle(self) -> None:
        store = self._opened()
        await self._cloud.settled()
        while not store.is_idle() or self.app.chores_due_in == 0.0:
            await asyncio.sleep(_LOOK_SECONDS)
            await self._cloud.settled()
        store.forget_replaced()

    async def _move(self, seconds: float) -> None:
        self._clock.move(seconds)
        self.app.wake()
        await self.drain()

    def _seconds_to_due(self) -> float | None:
        weather = self._watch.weather
        rest = weather.ends_in() if weather is not None else None
        # To look into empty queues again and again would take long, and find nothing.
        is_kept = any(portal.kept for portal in self._cloud.portals)
        chores = self.app.chores_due_in if is_kept else None
        moments = (self._opened().seconds_to_due(), rest, chores)
        return min((seconds for seconds in moments if seconds is not None), default=None)

    def _opened(self) -> WatchedStore:
        if self._store is None:
            raise RuntimeError("the test has not begun: `async with AppTest(app) as test:`")
        return self._store

    def _what_hangs(self) -> str:
        running = [
            f"{d.handler} (attempt {d.attempt} at {d.code}{' ' + d.entity if d.entity else ''})"
            for d in (claim.delivery for claim in list(self._watch.held.values()))
        ]
        after = f"after {self._timeout:g} s"
        if running:
            return f"{after} these handlers run still: {', '.join(running)}"
        return f"{after} there is still work that is due; does a handler cause itself?"

    def _judge(self, error: BaseException | None) -> None:
        """Let failures that nobody has expected fail the test, or explain why it has failed."""
        failures = self.take_failures()
        if not failures:
            return
        text = "\n\n".join(failure.report for failure in failures)
        if error is None:
            raise HandlerFailed(text) from failures[0].error
        error.add_note(text)


def _is_sent(portal: FakePortal, event: Event) -> bool:
    """Whether a portal was asked to send such events."""
    return any(binding.event == event.code for binding in portal.bindings)


class SyncAppTest:
    """An `AppTest` for tests that are no coroutines; its parts do the same, and are not awaited.

    The portal and the app's door work while one of them runs. Coroutine functions of `portal`
    return their results at once.
    """

    def __init__(self, test: AppTest, loop: _Loop) -> None:
        self._test = test
        self._loop = loop
        self.app = test.app
        portal: object = _InLoop(test.portal, loop)
        self.portal = cast(FakePortal, portal)

    @property
    def failures(self) -> list[Failure]:
        return self._test.failures

    def take_failures(self) -> list[Failure]:
        return self._test.take_failures()

    def add_portal(self, domain: str) -> FakePortal:
        portal: object = _InLoop(self._loop.run(lambda: self._test.add_portal(domain)), self._loop)
        return cast(FakePortal, portal)

    def deliveries(self) -> list[DeliveryView]:
        found: list[DeliveryView] = self._loop.run(self._test.deliveries)
        return found

    def send(
        self, event: Event | str, *, user_id: int = 1, portal: FakePortal | None = None
    ) -> None:
        there = _in_loop(portal)
        self._loop.run(lambda: self._test.send(event, user_id=user_id, portal=there))

    def replay(
        self, path: Path | str, *, user_id: int = 1, portal: FakePortal | None = None
    ) -> list[Event]:
        there = _in_loop(portal)
        events: list[Event] = self._loop.run(
            lambda: self._test.replay(path, user_id=user_id, portal=there)
        )
        return events

    def drain(self) -> None:
        self._loop.run(self._test.drain)

    def advance(
        self, *, seconds: float = 0.0, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0
    ) -> None:
        passing = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        self._loop.run(lambda: self._test.advance(seconds=passing.total_seconds()))


class _Loop:
    """An event loop that runs while something is asked of it."""

    def __init__(self) -> None:
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            raise TypeError("this test is a coroutine: `async with AppTest(app) as test:`")
        self._runner = asyncio.Runner()

    def run(self, function: Callable[[], Any]) -> Any:
        """Call a function, or a coroutine function, where there is a running loop."""

        async def call() -> Any:
            result = function()
            return await result if inspect.isawaitable(result) else result

        return self._runner.run(call())

    def close(self) -> None:
        self._runner.close()


class _InLoop:
    """An object whose methods are called in a loop."""

    _target: object

    def __init__(self, target: object, loop: _Loop) -> None:
        vars(self).update(_target=target, _loop=loop)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if not inspect.ismethod(value):
            return value
        return lambda *args, **kwargs: self._loop.run(lambda: value(*args, **kwargs))

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._target, name, value)


def _in_loop(portal: FakePortal | None) -> FakePortal | None:
    """The portal itself, of one that a `SyncAppTest` has handed out."""
    wrapped: object = portal
    return cast(FakePortal, wrapped._target) if isinstance(wrapped, _InLoop) else portal
