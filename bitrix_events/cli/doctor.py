"""``doctor``: what is wrong with a set-up, and what to do about it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, cast
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.markup import escape

from bitrix_events.app import App
from bitrix_events.cli.loading import load_app, prepare_environment
from bitrix_events.cli.probe import Answer, ProbeFailed, get
from bitrix_events.cli.stores import installations_beside, span, when
from bitrix_events.engine.loops import LOOP_NOTE
from bitrix_events.errors import BitrixEventsError, SettingsError, StoreError
from bitrix_events.portals.health import (
    Finding,
    Level,
    compare_clocks,
    error,
    examine_installation,
    examine_portal,
    ok,
    warning,
)
from bitrix_events.portals.subscriptions import Wanted
from bitrix_events.rest.access import DirectAccess
from bitrix_events.rest.client import Client
from bitrix_events.settings import Settings
from bitrix_events.store.records import (
    WEBHOOK_PORTAL,
    DeliveryView,
    Installation,
    InstallationState,
    Peer,
    Query,
    State,
)
from bitrix_events.store.shelter import kept_in
from bitrix_events.store.sqlite.health import FileHealth, examine
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.stores import open_store, outage_folders
from bitrix_events.web.routes import EVENTS_PATH, HEALTH_PATH, READY_PATH
from bitrix_events.wire.envelope import domain_of

if TYPE_CHECKING:
    from bitrix_events.store.cells import CellStore

_STYLES: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "red"}
_CHECK_SECONDS: Final = 5.0
_SILENT_SECONDS: Final = 10.0
_MIB: Final = 1024 * 1024
_FREE_ERROR: Final = 64 * _MIB
_FREE_WARNING: Final = 512 * _MIB
_CERTIFICATE_DAYS: Final = 14
_OWN_HANDLERS: Final = "bitrix_events."
_WAITING: Final = Query(state=State.WAITING)
_VIEWS: Final = 500
"""How many waiting deliveries are looked at, the newest."""


def doctor(
    app: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODULE:APP]", help="Where the app is; without it, handlers are not looked at."
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out everything that needs the network.")
    ] = False,
) -> None:
    """Look for what is wrong: settings, key, store, addresses, clock, portals, handlers.

    Prints a line for each check and changes nothing, but for tokens that have to be renewed. The
    exit code is 1 if there is an error, and 0 if there are warnings only. The app may be running
    meanwhile.

    Examples:

        bitrix-events doctor hello:app

        bitrix-events doctor --offline
    """
    prepare_environment()
    console = Console(soft_wrap=True, highlight=False)
    levels = asyncio.run(_tell(console, app, offline=offline))
    if levels[Level.ERROR]:
        raise typer.Exit(1)


async def _tell(console: Console, target: str | None, *, offline: bool) -> Counter[Level]:
    levels: Counter[Level] = Counter()
    async for finding in _findings(target, offline=offline):
        levels[finding.level] += 1
        text = " ".join(finding.text.split())
        style = _STYLES[finding.level]
        console.print(
            f"[{style}]{finding.level.value:8}[/{style}]"
            f" [bold]{escape(finding.about)}[/bold]: {escape(text)}"
        )
    errors, warnings = levels[Level.ERROR], levels[Level.WARNING]
    console.print(f"\nerrors: {errors}, warnings: {warnings}" if errors or warnings else "\nfine")
    return levels


async def _findings(target: str | None, *, offline: bool) -> AsyncIterator[Finding]:
    app = None
    if target is not None:
        try:
            app = load_app(target)
            yield ok("app", f"{target}; handlers: {len(app.handlers)}")
        except BitrixEventsError as failure:
            yield error("app", str(failure))
    try:
        settings = app.settings if app else Settings.load()
        for finding in [*check_settings(settings), *check_modes(settings, app)]:
            yield finding
    except SettingsError as failure:
        yield error("settings", str(failure))
        return
    installations: list[Installation] = []
    async for finding in check_store(settings, app, installations):
        yield finding
    now = datetime.now(UTC)
    for installation in installations:
        for finding in examine_installation(installation, now):
            yield finding
    if offline:
        return
    for finding in await asyncio.to_thread(list, check_public_url(settings)):
        yield finding
    for finding in await asyncio.to_thread(list, check_oauth(settings)):
        yield finding
    if not settings.is_app and not installations:
        for finding in await check_webhook(settings, _codes(app)):
            yield finding
    wanted = app.wanted if app is not None else None
    async for finding in check_portals(app or App(settings), installations, wanted):
        yield finding


# Settings.


def check_settings(settings: Settings) -> Iterator[Finding]:
    """What is set, and what of it cannot work."""
    if settings.is_app:
        yield ok("settings", f"an app that portals install, {settings.client_id}")
    elif settings.webhook_url is not None:
        url = settings.webhook_url.get_secret_value()
        try:
            DirectAccess(url)
        except SettingsError as failure:
            yield error("settings", f"BITRIX_EVENTS_WEBHOOK_URL: {failure}")
            return
        yield ok("settings", f"one portal by webhooks, {domain_of(url)}")
    if settings.secret_key is not None:
        length = len(settings.secret_key.get_secret_value())
        yield ok("secret key", f"{length} characters")
    if settings.old_secret_keys:
        yield warning(
            "secret key",
            "BITRIX_EVENTS_OLD_SECRET_KEYS is set: run bitrix-events portals rotate-key, then"
            " remove it",
        )
    yield from _check_address(settings)


def check_modes(settings: Settings, app: App | None) -> Iterator[Finding]:
    """Whether handlers can be told in the way that they want to."""
    handlers = app.handlers if app is not None and not settings.is_app else ()
    if names := sorted(handler.name for handler in handlers if handler.mode != "online"):
        yield warning(
            "offline events",
            f"{', '.join(names)}: a portal that is reached by webhooks keeps no events; offline"
            " events need an app that portals install, with BITRIX_EVENTS_CLIENT_ID",
        )


def _check_address(settings: Settings) -> Iterator[Finding]:
    """The public address as it is written; whether it works is another check."""
    about, url = "public URL", settings.public_url
    if url is None:
        if settings.is_app:
            yield warning(
                about,
                "BITRIX_EVENTS_PUBLIC_URL is not set: portals are not told where to send events",
            )
        return
    host = urlsplit(url).hostname or ""
    if not domain_of(url) or "?" in url or "#" in url:
        yield error(
            about,
            f"BITRIX_EVENTS_PUBLIC_URL is {url}, and not an address such as https://app.example.com",
        )
    elif "." not in host or host.startswith("127.") or host == "0.0.0.0":
        yield warning(about, f"{url} is reached from this machine only, and by no portal")
    elif not url.lower().startswith("https://"):
        yield warning(
            about, f"{url} is not https: tokens and application tokens travel for all to read"
        )


# The store.


async def check_store(
    settings: Settings, app: App | None, installations: list[Installation]
) -> AsyncIterator[Finding]:
    """Place and content of the store; adds to ``installations`` what is in it."""
    try:
        store = open_store(settings, mode="look")
    except SettingsError as failure:
        yield error("store", str(failure))
        return
    place = settings.store_name
    if isinstance(store, SqliteStore):
        health = await asyncio.to_thread(examine, store.path, seconds=_CHECK_SECONDS)
        for finding in check_file(store.path, health):
            yield finding
        if not health.exists or health.damage:
            return
        extent = "" if health.is_complete else f", the first {_CHECK_SECONDS:g} s of it checked"
        place = f"{store.path}, {health.size / _MIB:.1f} MiB{extent}"
    try:
        await store.open()
        waiting = await store.handler_names()
        yield ok("store", place)
        if not isinstance(store, SqliteStore):
            for finding in check_workers(await store.workers(), sum(waiting.values())):
                yield finding
            if len(settings.store_urls) > 1:
                for finding in await check_cells(cast("CellStore", store)):
                    yield finding
        installations += await installations_beside(app, store).installations()
        if app is not None:
            for finding in check_handler_names(app, waiting):
                yield finding
        for finding in check_loops(await store.find(_WAITING, limit=_VIEWS)):
            yield finding
    except StoreError as failure:
        yield error("store", str(failure))
        return
    finally:
        await store.close()
        if settings.is_shared:
            for finding in await check_outage(settings):
                yield finding
    if settings.is_app and not installations:
        yield warning("portals", "no portal has installed the app yet")


def check_workers(workers: Sequence[Peer], waiting: int) -> Iterator[Finding]:
    """Who works with a database, and whether anybody does."""
    if not workers and waiting:
        yield warning(
            "workers",
            f"{waiting} executions wait, and nobody runs handlers: start bitrix-events run"
            " MODULE:APP --role worker",
        )
    for worker in workers:
        name = worker.name or f"process {worker.pid}"
        since = f"since {when(worker.started_at)}"
        if worker.seen_seconds > _SILENT_SECONDS:
            yield warning(
                "worker",
                f"{name} on {worker.host}, {since}, was last heard of {span(worker.seen_seconds)}"
                " ago",
            )
        else:
            yield ok("worker", f"{name} on {worker.host}, {since}, runs {worker.held}")


async def check_cells(store: CellStore) -> list[Finding]:
    """What is wrong with the databases that a store consists of."""
    found = [warning("cells", store.trouble)] if store.trouble else []
    for portal, numbers in (await store.doubles()).items():
        cells = " and ".join(map(str, numbers))
        found.append(error("cells", f"{portal} lives in the cells {cells}, and should in one"))
    return found


async def check_outage(settings: Settings) -> list[Finding]:
    """What this machine keeps that the database could not take."""
    folders = [folder.resolve() for folder in outage_folders(settings)]
    found = []
    for path, count in (await kept_in(settings.outage_folder)).items():
        kept = f"{count} deliveries are kept in {path}"
        if path.resolve().parent in folders:
            text = "they move into the database as soon as that answers and a process with a door"
            found.append(warning("outage", f"{kept}: {text} runs here"))
        else:
            text = "for a database at another address than BITRIX_EVENTS_STORE has now: start a"
            rest = "process with a door here with that one, and they move"
            found.append(error("outage", f"{kept} {text} {rest}"))
    return found


def check_file(path: Path, health: FileHealth) -> Iterator[Finding]:
    """What is wrong with the file, without looking into its tables."""
    if health.unwritable is not None:
        yield error(
            "store",
            f"this user cannot write to {health.unwritable}: change its owner, or set"
            " BITRIX_EVENTS_STORE to another place",
        )
    if health.free < _FREE_WARNING:
        level = Level.ERROR if health.free < _FREE_ERROR else Level.WARNING
        text = f"{health.free // _MIB} MiB are free beside {path}: make room"
        yield Finding(level, "disk", text)
    if not health.exists:
        yield warning("store", f"there is none at {path} yet; the app makes it as it starts")
    elif health.damage:
        yield error(
            "store",
            f"{path} is damaged: {health.damage}; stop the app and put a backup in its place",
        )


def check_handler_names(app: App, waiting: dict[str, int]) -> Iterator[Finding]:
    """Executions whose handler does not exist any more."""
    known = {handler.name for handler in app.handlers}
    for name, count in waiting.items():
        if name not in known and not name.startswith(_OWN_HANDLERS):
            yield warning(
                "handlers",
                f"{count} executions wait for {name}, which does not exist: was it renamed? Give"
                f' the new function name="{name}"',
            )
    if not known:
        yield warning("handlers", "no handler is registered: events are stored and nothing runs")


def check_loops(views: Iterable[DeliveryView]) -> Iterator[Finding]:
    """Handlers that have to pause because they ran too often for one record."""
    paused: dict[str, set[str]] = {}
    for view in views:
        for execution in view.executions:
            if execution.state is State.WAITING and execution.note.startswith(LOOP_NOTE):
                about = view.delivery.entity or view.delivery.code
                paused.setdefault(execution.handler, set()).add(about)
    for handler, records in sorted(paused.items()):
        yield warning(
            "loop guard",
            f"{handler} ran too often for {', '.join(sorted(records)[:3])}"
            f"{' and others' if len(records) > 3 else ''}, and pauses: does it cause its own"
            " events? changed= lets it run for what others have changed",
        )


# Addresses.


def check_public_url(settings: Settings) -> Iterator[Finding]:
    """Whether a stranger reaches this app by its public address."""
    about, url = "public URL", (settings.public_url or "").rstrip("/")
    if not domain_of(url):
        return
    try:
        health, events = get(url + HEALTH_PATH), get(url + EVENTS_PATH)
    except (ProbeFailed, ValueError) as failure:
        yield error(
            about, f"{url} cannot be reached: {failure}; is the app running, and the proxy?"
        )
        return
    content = _health_of(health)
    if content is None:
        yield error(
            about,
            f"{url}{HEALTH_PATH} answers {health.status}, and not as this app does: does the proxy"
            " pass everything on, and to the right port?",
        )
    elif events.status != 405:  # it wants a POST
        yield error(
            about,
            f"{url}{EVENTS_PATH} answers {events.status}: events do not get through; the proxy has"
            " to pass this path on",
        )
    else:
        yield ok(about, f"{url} reaches the app")
    if content is not None and isinstance(troubles := content.get("troubles"), list):
        parts = ", ".join(map(str, troubles))
        yield warning(about, f"the app there is in trouble with: {parts}; {READY_PATH} says more")
    yield from _check_certificate(about, health)


def _check_certificate(about: str, answer: Answer) -> Iterator[Finding]:
    if answer.certificate_ends is None:
        return
    days = (answer.certificate_ends - datetime.now(UTC)).days
    if days < _CERTIFICATE_DAYS:
        yield warning(about, f"its certificate ends in {days} days: renew it")
    else:
        yield ok(about, f"its certificate is good for {days} days")


def _health_of(answer: Answer) -> dict[str, object] | None:
    """What the app says of itself; None if it is not the app that answers."""
    try:
        content = json.loads(answer.body)
    except ValueError:
        return None
    is_ours = answer.status == 200 and isinstance(content, dict) and content.get("status") == "ok"
    return content if is_ours else None


def check_oauth(settings: Settings) -> Iterator[Finding]:
    """Whether the OAuth servers can be reached, and what their clocks say."""
    if not settings.is_app:
        return
    failures: list[Finding] = []
    reached: list[Answer] = []
    for url in settings.oauth_urls:
        try:
            answer = get(f"{url}/rest/app.info")
        except (ProbeFailed, ValueError) as failure:
            text = f"{url} cannot be reached: {failure}"
            failures.append(warning("OAuth server", f"{text}; check firewall, DNS and proxy"))
            continue
        if answer.status >= 500:
            failures.append(warning("OAuth server", f"{url} answers {answer.status}"))
            continue
        reached.append(answer)
        yield ok("OAuth server", f"{url} can be reached")
    for finding in failures:
        level = finding.level if reached else Level.ERROR  # any of them will do
        yield Finding(level, finding.about, finding.text)
    for answer in reached[:1]:
        if answer.date is not None:
            yield compare_clocks(
                answer.date, answer.asked, answer.answered, whose="the OAuth server"
            )


# Portals.


def _codes(app: App | None) -> frozenset[str]:
    """Codes of the events that the handlers name."""
    handlers = app.handlers if app is not None else ()
    return frozenset(code for handler in handlers for code in handler.codes)


async def check_portals(
    app: App, installations: Iterable[Installation], wanted: Wanted | None
) -> AsyncIterator[Finding]:
    """What each active portal answers."""
    for installation in installations:
        if installation.state is InstallationState.ACTIVE:
            opening = app.portal(installation.portal)
            for finding in await _ask(opening, installation, wanted, _codes(app)):
                yield finding


async def check_webhook(settings: Settings, codes: frozenset[str]) -> list[Finding]:
    """What the portal of the webhook answers, if the app has never run."""
    assert settings.webhook_url is not None
    try:
        client = Client(settings.webhook_url.get_secret_value())
    except SettingsError:
        return []  # that has been told
    domain = domain_of(settings.webhook_url.get_secret_value())
    return await _ask(client, Installation(WEBHOOK_PORTAL, "", domain), None, codes)


async def _ask(
    opening: AbstractAsyncContextManager[Client],
    installation: Installation,
    wanted: Wanted | None,
    codes: frozenset[str],
) -> list[Finding]:
    try:
        async with opening as client:
            return await examine_portal(client, installation, wanted, codes)
    except BitrixEventsError as failure:
        return [error(installation.domain, str(failure))]
