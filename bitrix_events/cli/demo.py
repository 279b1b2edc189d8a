"""``demo``: a fake portal and an app, so that the whole road can be watched."""

from __future__ import annotations

import asyncio
import itertools
import logging
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from bitrix_events.cli.demo_app import THINKING_VARIABLE, build_app
from bitrix_events.cli.demo_fleet import Fleet
from bitrix_events.cli.loading import UsageError
from bitrix_events.errors import BitrixEventsError
from bitrix_events.server.sockets import listen
from bitrix_events.settings import PREFIX, Settings
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.stores import open_store
from bitrix_events.testing import FakePortal
from bitrix_events.testing.serving import serve_on_socket

_THINKING_SECONDS = 1.0
_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.02
_TITLES = ("New roof", "Solar panels", "Garden shed", "Winter garden", "Carport")
_CUSTOMERS = ("Ada", "Grace", "Edsger", "Barbara", "Donald")


class DemoFailed(BitrixEventsError):
    """The round did not end in time."""


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after one full round; exit code 0 if it worked.")
    ] = False,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="postgresql://…",
            help="A database for many processes: a door and two workers; one of these is killed.",
        ),
    ] = None,
) -> None:
    """Watch the whole road: a fake portal installs an app, changes deals, and the app writes back.

    Everything runs on free ports of this machine, and nothing is left behind.

    Examples:

        bitrix-events demo

        bitrix-events demo --once

        bitrix-events demo --store postgresql://me@localhost/test
    """
    console = Console(highlight=False, soft_wrap=True)
    with suppress(KeyboardInterrupt):
        asyncio.run(_demo(console, once=once, store=store))


async def _demo(console: Console, *, once: bool, store: str | None) -> None:
    async with AsyncExitStack() as exits:
        folder = exits.enter_context(tempfile.TemporaryDirectory(prefix="bitrix-events-demo-"))
        portal = FakePortal()
        await exits.enter_async_context(portal.serve())
        listener = listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        address = store or f"sqlite:///{Path(folder) / 'demo.db'}"
        variables = portal.environment(mode="app", public_url=url, store=address)
        variables[f"{PREFIX}OUTAGE_FOLDER"] = f"{folder}/outage"
        settings = _settings(variables)
        screen = _Screen(console, portal)
        console.print(f"portal  {portal.base_url}  (a fake one, played by this process)")
        console.print(f"app     {url}\n")
        meanwhile: Callable[[], Awaitable[None]] = _nothing
        if store is None:
            exits.enter_context(screen.showing_logs())
            app = build_app(settings)
            await exits.enter_async_context(serve_on_socket(app, listener=listener, lifespan=True))
        else:
            listener.close()
            meanwhile = await exits.enter_async_context(
                _fleet(settings, variables, screen, portal.member_id)
            )
        screen.say("portal", "an administrator installs the app")
        await portal.install(f"{url}/install")
        await screen.until(
            lambda: len(portal.bindings) >= 3 and screen.ended["bitrix_events.sync"] > 0,
            "the app subscribed to its events",
        )
        for number in itertools.count():
            await _round(portal, screen, number, meanwhile)
            meanwhile = _nothing
            if once:
                break
            await asyncio.sleep(1)
        comments = len(portal.records("timeline_comment"))
        console.print(f"\nDone: {len(portal.sent)} events sent, {comments} comments written back.")


async def _nothing() -> None:
    """Nobody is killed."""


@asynccontextmanager
async def _fleet(
    settings: Settings, variables: Mapping[str, str], screen: _Screen, member_id: str
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A door and two workers; yields what kills one of these in the middle of its work."""
    store = open_store(settings, mode="share")
    if isinstance(store, SqliteStore):
        raise UsageError(
            "--store is for a database on a server: postgresql://user:password@host/database"
        )
    port = int(variables[f"{PREFIX}PUBLIC_URL"].rpartition(":")[2])
    thinking = {THINKING_VARIABLE: str(_THINKING_SECONDS)}
    async with Fleet.running({**variables, **thinking}, screen.tell) as fleet:
        await fleet.start("web", "web", port=port)
        await fleet.start("worker-1", "worker")
        await fleet.start("worker-2", "worker")
        await store.open()

        async def kill_one() -> None:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                name = await fleet.kill_busy(store)
            screen.say("kill -9", f"{name} dies in the middle of its work; the other takes over")

        try:
            yield kill_one
        finally:
            await store.forget(member_id)
            await store.close()


def _settings(variables: Mapping[str, str]) -> Settings:
    """The environment of an app that the portal can install, as options."""
    options: dict[str, Any] = {
        name.removeprefix(PREFIX).lower(): value for name, value in variables.items()
    }
    return Settings.load(**options)


async def _round(
    portal: FakePortal, screen: _Screen, number: int, meanwhile: Callable[[], Awaitable[None]]
) -> None:
    """Add a deal, wait for the greeting; win it a second later, wait for the congratulation."""
    customer, title = _CUSTOMERS[number % 5], _TITLES[number // 5 % 5]
    deal = portal.add("deal", TITLE=f"{title} for {customer}", OPPORTUNITY=900 + number)
    screen.say("portal", f"somebody adds deal {deal}: {title} for {customer}")
    await meanwhile()
    await screen.until(
        lambda: _comments(portal, deal) == 1 and screen.ended["app.greet"] > number,
        "the greeting was written",
    )
    await asyncio.sleep(1)
    portal.change("deal", deal, STAGE_ID="WON")
    screen.say("portal", f"somebody moves deal {deal} to WON")
    await screen.until(
        lambda: _comments(portal, deal) == 2 and screen.ended["app.congratulate"] > number,
        "the congratulation was written",
    )


def _comments(portal: FakePortal, deal: int) -> int:
    comments = portal.records("timeline_comment")
    return sum(str(comment["ENTITY_ID"]) == str(deal) for comment in comments)


class _Screen:
    """Shows what people do in the portal, what the app logs, and what the portal answers."""

    def __init__(self, console: Console, portal: FakePortal) -> None:
        self._console = console
        self._portal = portal
        self._shown = 0
        self.ended: Counter[str] = Counter()
        """How many executions of each handler have ended."""

    def say(self, who: str, what: str) -> None:
        """One line; what the portal has answered meanwhile goes before it."""
        calls = self._portal.calls()
        for call in calls[self._shown :]:
            if call.method != "batch":
                text = f"answers {call.method} {_brief(call.params)}".rstrip()
                self._print(datetime.fromtimestamp(call.at), "portal", text)
        self._shown = len(calls)
        self._print(datetime.now(), who, what)

    def _print(self, moment: datetime, who: str, what: str) -> None:
        style = "cyan" if who == "portal" else "green"
        time = moment.strftime("%H:%M:%S.%f")[:-3]
        self._console.print(f"[dim]{time}[/dim]  [{style}]{who:8}[/{style}] {escape(what)}")

    @contextmanager
    def showing_logs(self) -> Iterator[None]:
        """Show the app's log lines for the length of the block."""
        logger = logging.getLogger("bitrix_events")
        handler = _LogLines(self)
        level = logger.level
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that has to happen.

        Raises:
            DemoFailed: it does not.
        """
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not condition():  # noqa: ASYNC110 - the fake portal announces nothing
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise DemoFailed(f"this did not happen in {_PATIENCE_SECONDS:g} s: {what}") from None

    def tell(self, process: str, content: Mapping[str, Any]) -> None:
        """Show a log line of a process."""
        self.say(process, str(content.get("message", "")))
        if content.get("action") == "done":
            self.ended[str(content.get("handler", ""))] += 1


class _LogLines(logging.Handler):
    def __init__(self, screen: _Screen) -> None:
        super().__init__()
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        self._screen.say("app", record.getMessage())
        if getattr(record, "action", "") == "done":
            self._screen.ended[getattr(record, "handler", "")] += 1


def _brief(params: Mapping[str, Any]) -> str:
    """Parameters in one short line: the text of a comment, else all of them."""
    fields = params.get("fields")
    if isinstance(fields, dict) and "COMMENT" in fields:
        return f"deal {fields.get('ENTITY_ID')}: {fields['COMMENT']!r}"
    return " ".join(f"{name}={value}" for name, value in params.items())
