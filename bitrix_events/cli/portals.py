"""``portals``: where the app is installed, and what is to happen there."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bitrix_events.cli.loading import UsageError
from bitrix_events.cli.stores import (
    advice_for,
    may_change,
    name_of,
    portal_named,
    settings_here,
    span,
    when,
    with_store,
)
from bitrix_events.cli.views import say
from bitrix_events.portals.health import ACCESS_LIFE, REFRESH_LIFE
from bitrix_events.portals.life import entered
from bitrix_events.portals.queues import spoken
from bitrix_events.settings import Settings
from bitrix_events.store.records import WEBHOOK_PORTAL, Installation, InstallationState
from bitrix_events.stores import OwnStore

if TYPE_CHECKING:
    from bitrix_events.store.cells import CellStore
    from bitrix_events.store.postgres.cell import Cell

portals = typer.Typer(
    help="Where the app is installed: look, pause, resume, forget, move; change the key.",
    no_args_is_help=True,
)

_STYLES = {
    InstallationState.ACTIVE: "green",
    InstallationState.BLOCKED: "yellow",
    InstallationState.NEEDS_REAUTH: "red",
    InstallationState.DELETED: "dim",
}
_KINDS = {
    "L": "local",
    "F": "free",
    "D": "demo",
    "T": "trial",
    "P": "paid",
    "S": "subscription",
}

PortalArgument = Annotated[
    str, typer.Argument(metavar="PORTAL", help="Its member_id or address, as in `portals list`.")
]


@portals.command("list")
def list_portals() -> None:
    """All portals that the app knows, with the state of their tokens, which are never shown.

    Example:

        bitrix-events portals list
    """
    found = with_store(settings_here(), "look", lambda store: store.installations())
    console = Console()
    if not found:
        console.print("No portal has installed the app yet.")
        return
    table = Table(box=None, header_style="bold")
    for title in ("PORTAL", "ADDRESS", "STATE", "TOKENS", "EVENTS", "SCOPE"):
        is_name = title in ("PORTAL", "ADDRESS")  # to be copied
        table.add_column(title, no_wrap=is_name, overflow="fold" if is_name else "ellipsis")
    for installation in found:
        table.add_row(
            escape(installation.portal),
            escape(installation.domain),
            _state(installation),
            _tokens(installation),
            str(len(installation.bound_codes)) if installation.bound_url else "",
            escape(", ".join(installation.scope)),
        )
    console.print(table)


@portals.command("show")
def show_portal(name: PortalArgument) -> None:
    """One portal: its state, tokens and subscriptions.

    Example:

        bitrix-events portals show acme.bitrix24.com
    """
    found = with_store(settings_here(), "look", lambda store: _find(store, name))
    facts = {
        "member_id": found.member_id or "not known yet",
        "address": found.domain,
        "state": _state(found),
        "since": when(found.since) if found.since else "",
        "to do": advice_for(found),
        "forgotten": when(found.purge_at) if found.purge_at else "",
        "app": escape(_KINDS.get(found.status, found.status)),
        "user": str(found.user_id or ""),
        "scope": escape(", ".join(found.scope)),
        "tokens": _tokens(found),
        "renewable": _renewable(found),
        "sends to": escape(found.bound_url),
        "events": escape(", ".join(map(spoken, found.bound_codes))),
    }
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"[bold]{escape(name_of(found))}[/bold]")
    for title, fact in facts.items():
        if fact:
            console.print(f"  {title:10} {fact}")


@portals.command()
def pause(name: PortalArgument) -> None:
    """Run nothing for a portal until `portals resume`. Its events are stored and wait.

    A running app takes notice within seconds.

    Example:

        bitrix-events portals pause acme.bitrix24.com
    """
    found, changed = _change(name, lambda installation: replace(installation, paused=True))
    domain = name_of(found)
    if not changed:
        say(f"{domain} was paused already; to go on: bitrix-events portals resume {domain}")
        return
    say(
        f"{domain} is paused: what arrives is stored and waits; what is running now ends as usual."
        f" To go on: bitrix-events portals resume {domain}"
    )


@portals.command()
def resume(name: PortalArgument) -> None:
    """Go on with a portal that was paused, or undo the removal of the app from it.

    A removal can be undone as long as the tokens are kept, and if it was forged: a portal that has
    really removed the app refuses them.

    Example:

        bitrix-events portals resume acme.bitrix24.com
    """
    found, changed = _change(name, _resumed)
    domain = name_of(found)
    say(f"{domain} goes on." if changed else f"{domain} was not paused.")
    if advice := advice_for(found):
        say(f"But its state is {_state(found)}: {advice}.")


@portals.command()
def forget(
    name: PortalArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete whatever is stored about a portal: deliveries, executions, tokens.

    The portal itself is not told. Remove the app there first, or its events are refused from now
    on, until it installs the app again.

    Example:

        bitrix-events portals forget acme.bitrix24.com
    """
    settings = settings_here()
    found = with_store(settings, "look", lambda store: _find(store, name))
    domain = name_of(found)
    if not yes:
        if found.state is not InstallationState.DELETED:
            say(f"The app is still installed on {domain}; its events will be refused.")
        what = f"Delete all deliveries and tokens of {domain} for good?"
        typer.confirm(what, abort=True)
    with_store(settings, "share", lambda store: store.forget(found.portal))
    say(f"{domain} is forgotten.")


@portals.command()
def move(
    name: PortalArgument,
    to: Annotated[
        int, typer.Option("--to", metavar="CELL", help="Number of the cell, as in `portals cells`.")
    ],
) -> None:
    """Move a portal to another cell: one of several databases that `BITRIX_EVENTS_STORE` names.

    The app may be running. Nothing runs for the portal meanwhile; what arrives is stored, and
    handled afterwards, in order. If the command is interrupted, repeat it: it goes on.

    Example:

        bitrix-events portals move acme.bitrix24.com --to 1
    """
    settings = settings_here()

    async def apply(store: OwnStore) -> str:
        cells = _cells_of(settings, store)
        found = await _find(store, name)
        may_change(settings, found)
        target = next((cell for cell in cells.cells if cell.number == to), None)
        if target is None or cells.trouble:
            raise UsageError(
                f"every cell is needed to move a portal: {cells.trouble}"
                if cells.trouble
                else f"there is no cell {to}; see bitrix-events portals cells"
            )
        source = await _source(cells, found.portal)
        if source is target:
            raise UsageError(f"{name_of(found)} lives in cell {to} already")
        moving = importlib.import_module("bitrix_events.store.postgres.moving")  # needs asyncpg
        await moving.move(source, target, found.portal, cells=cells.cells, tell=_tell_step)
        return name_of(found)

    domain = with_store(settings, "share", apply)
    say(f"{domain} lives in cell {to}.")


@portals.command("cells")
def list_cells() -> None:
    """The databases that `BITRIX_EVENTS_STORE` names, and how many portals live in each.

    Example:

        bitrix-events portals cells
    """
    settings = settings_here()

    async def look(store: OwnStore) -> tuple[list[tuple[str, str, int]], str]:
        cells = _cells_of(settings, store)
        homes = Counter(
            [(await cells.home_of(one.portal)).number for one in await cells.installations()]
        )
        rows = [(str(c.number), str(c.address), homes[c.number]) for c in cells.cells]
        return sorted(rows), cells.trouble

    rows, trouble = with_store(settings, "look", look)
    table = Table(box=None, header_style="bold")
    for title in ("CELL", "DATABASE", "PORTALS"):
        table.add_column(title, no_wrap=True, overflow="fold")
    for number, address, count in rows:
        table.add_row(number, escape(address), str(count))
    Console().print(table)
    if trouble:
        say(escape(trouble))


@portals.command("rotate-key")
def rotate_key() -> None:
    """Seal all tokens anew with `BITRIX_EVENTS_SECRET_KEY`.

    To change the key: set `BITRIX_EVENTS_SECRET_KEY` to a new one, name the old one in
    `BITRIX_EVENTS_OLD_SECRET_KEYS`, restart the app, and run this. Then the old one may go.

    Example:

        bitrix-events portals rotate-key
    """
    settings = settings_here()
    if settings.secret_key is None:
        raise UsageError("BITRIX_EVENTS_SECRET_KEY is not set: it is the key to seal with")
    count = with_store(settings, "share", lambda store: store.reseal())
    if count:
        values = "1 value was" if count == 1 else f"{count} values were"
        say(f"{values} sealed anew with BITRIX_EVENTS_SECRET_KEY.")
    else:
        say("Everything is sealed with BITRIX_EVENTS_SECRET_KEY already.")
    if settings.old_secret_keys:
        say(
            "If the app runs with the new key, BITRIX_EVENTS_OLD_SECRET_KEYS may go now. If it"
            " still runs with the old one, restart it and run this again."
        )


async def _find(store: OwnStore, name: str) -> Installation:
    return portal_named(name, await store.installations(), trouble=store.trouble)


def _cells_of(settings: Settings, store: OwnStore) -> CellStore:
    if len(settings.store_urls) == 1:
        raise UsageError(
            "there is one database only: set BITRIX_EVENTS_STORE to the addresses of all cells,"
            " separated by commas"
        )
    return cast("CellStore", store)


async def _source(cells: CellStore, portal: str) -> Cell:
    """The cell that a portal lives in, or that it was leaving when a move was interrupted."""
    for cell in cells.cells:
        if await cell.move_of(portal) is not None:
            return cell
    return await cells.home_of(portal)


def _tell_step(doing: str) -> None:
    say(f"{doing} …")


def _change(name: str, change: Callable[[Installation], Installation]) -> tuple[Installation, bool]:
    """Save a changed installation; what it is now, and whether anything was different."""
    settings = settings_here()

    async def apply(store: OwnStore) -> tuple[Installation, bool]:
        while True:
            before = await _find(store, name)
            after = change(before)
            if after == before:
                return before, False
            may_change(settings, before)
            if await store.save_installation(after):
                return after, True

    return with_store(settings, "share", apply)


def _resumed(installation: Installation) -> Installation:
    resumed = replace(installation, paused=False)
    if installation.state is InstallationState.DELETED and installation.tokens is not None:
        return entered(resumed, InstallationState.ACTIVE)
    return resumed


def _state(installation: Installation) -> str:
    style = _STYLES[installation.state]
    text = f"[{style}]{installation.state.value}[/{style}]"
    if installation.reason:
        text += f" ({escape(installation.reason)})"
    return f"{text}, [yellow]paused[/yellow]" if installation.paused else text


def _tokens(installation: Installation) -> str:
    if installation.portal == WEBHOOK_PORTAL:
        return "webhook"
    if installation.tokens is None:
        return "[dim]not opened: no key[/dim]" if _is_keyless() else "[red]none here[/red]"
    left = (installation.tokens.expires_at - datetime.now(UTC)).total_seconds()
    return f"good for {span(left)}" if left > 0 else f"expired {span(-left)} ago"


def _renewable(installation: Installation) -> str:
    """How long the refresh token can be used."""
    if installation.tokens is None:
        return ""
    ends = installation.tokens.expires_at - ACCESS_LIFE + REFRESH_LIFE
    left = (ends - datetime.now(UTC)).total_seconds()
    return f"for {span(left)}" if left > 0 else "no longer"


def _is_keyless() -> bool:
    return Settings.load(complete=False).secret_key is None
