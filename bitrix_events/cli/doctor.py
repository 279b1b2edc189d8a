"""``doctor``: what is wrong with a set-up, and what to do about it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.markup import escape

from bitrix_events.app import App, open_store
from bitrix_events.cli.loading import load_app, prepare_environment
from bitrix_events.cli.probe import Answer, ProbeFailed, get
from bitrix_events.cli.stores import installations_beside
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
from bitrix_events.store.records import WEBHOOK_PORTAL, Installation, InstallationState
from bitrix_events.store.sqlite.health import FileHealth, examine
from bitrix_events.web.routes import EVENTS_PATH, HEALTH_PATH
from bitrix_events.wire.envelope import domain_of

_STYLES: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "red"}
_CHECK_SECONDS: Final = 5.0
_MIB: Final = 1024 * 1024
_FREE_ERROR: Final = 64 * _MIB
_FREE_WARNING: Final = 512 * _MIB
_CERTIFICATE_DAYS: Final = 14
_OWN_HANDLERS: Final = "bitrix_events."


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
        for finding in check_settings(settings):
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
    """File, disk and content of the store; adds to ``installations`` what is in it."""
    try:
        store = open_store(settings, mode="look")
    except SettingsError as failure:
        yield error("store", str(failure))
        return
    health = await asyncio.to_thread(examine, store.path, seconds=_CHECK_SECONDS)
    for finding in check_file(store.path, health):
        yield finding
    if not health.exists or health.damage:
        return
    try:
        await store.open()
        waiting = await store.handler_names()
        extent = "" if health.is_complete else f", the first {_CHECK_SECONDS:g} s of it checked"
        yield ok("store", f"{store.path}, {health.size / _MIB:.1f} MiB{extent}")
        installations += await installations_beside(app, store).installations()
        if app is not None:
            for finding in check_handler_names(app, waiting):
                yield finding
    except StoreError as failure:
        yield error("store", str(failure))
        return
    finally:
        await store.close()
    if settings.is_app and not installations:
        yield warning("portals", "no portal has installed the app yet")


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
    if not _is_our_health(health):
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
    yield from _check_certificate(about, health)


def _check_certificate(about: str, answer: Answer) -> Iterator[Finding]:
    if answer.certificate_ends is None:
        return
    days = (answer.certificate_ends - datetime.now(UTC)).days
    if days < _CERTIFICATE_DAYS:
        yield warning(about, f"its certificate ends in {days} days: renew it")
    else:
        yield ok(about, f"its certificate is good for {days} days")


def _is_our_health(answer: Answer) -> bool:
    try:
        content = json.loads(answer.body)
    except ValueError:
        return False
    return answer.status == 200 and isinstance(content, dict) and content.get("status") == "ok"


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
