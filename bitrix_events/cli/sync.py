"""``sync``: make portals send the events that the handlers name."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bitrix_events.app import App
from bitrix_events.cli.loading import UsageError, load_app
from bitrix_events.cli.run import AppArgument
from bitrix_events.cli.stores import name_of, portal_named
from bitrix_events.errors import BatchError, BitrixEventsError, SettingsError
from bitrix_events.portals.subscriptions import Difference, Wanted, compare, synchronise
from bitrix_events.store.base import Installations
from bitrix_events.store.records import Installation, InstallationState


def sync(
    app: AppArgument,
    portal: Annotated[
        str | None,
        typer.Option(metavar="PORTAL", help="Only this one, by member_id or address."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
) -> None:
    """Make portals send the events that the handlers name, and no others, to this app.

    The app does so by itself when it is installed, updated and started. What somebody else has
    subscribed is shown and stays. The app may be running meanwhile.

    Examples:

        bitrix-events sync hello:app --dry-run

        bitrix-events sync hello:app --portal acme.bitrix24.com
    """
    loaded = load_app(app)
    settings = loaded.settings
    if not settings.is_app:
        raise UsageError(
            "a portal that is reached by webhooks cannot be asked: tick the events in its outgoing"
            " webhook; bitrix-events handlers lists them"
        )
    wanted = loaded.wanted
    if wanted is None:
        raise SettingsError(
            "BITRIX_EVENTS_PUBLIC_URL is not set: portals have to be told where to send events"
        )
    if not wanted.url:
        typer.echo(
            "BITRIX_EVENTS_PUBLIC_URL is not set: only offline events are looked at", err=True
        )
    if not asyncio.run(_sync(loaded, wanted, portal, dry_run=dry_run)):
        raise typer.Exit(1)


async def _sync(app: App, wanted: Wanted, portal: str | None, *, dry_run: bool) -> bool:
    """Go over the portals; False if one failed."""
    console = Console(soft_wrap=True, highlight=False)
    async with AsyncExitStack() as exits:
        store = await exits.enter_async_context(app.installations())
        found = await store.installations()
        chosen = [portal_named(portal, found)] if portal else found
        if not chosen:
            console.print("No portal has installed the app yet.")
        worked = True
        for installation in chosen:
            if why := _left_out(installation, named=portal is not None):
                console.print(f"[bold]{escape(name_of(installation))}[/bold]\n  left out: {why}")
            elif not await _sync_one(console, app, store, installation, wanted, dry_run=dry_run):
                worked = False
    return worked


def _left_out(installation: Installation, *, named: bool) -> str:
    """Why nothing is done about a portal; ``""`` if something is."""
    if installation.state is not InstallationState.ACTIVE:
        key = installation.portal
        return f"it is {installation.state.value}; see bitrix-events portals show {key}"
    if installation.paused and not named:
        return "it is paused; name it with --portal to do it all the same"
    return ""


async def _sync_one(
    console: Console,
    app: App,
    store: Installations,
    installation: Installation,
    wanted: Wanted,
    *,
    dry_run: bool,
) -> bool:
    console.print(f"[bold]{escape(name_of(installation))}[/bold]")
    try:
        async with app.portal(installation.portal) as client:
            difference = await compare(
                client, wanted, old_url=installation.bound_url, bound=installation.bound_codes
            )
            _show(console, difference, dry_run=dry_run)
            if not dry_run:
                await synchronise(client, store, installation.portal, wanted)
    except BatchError as failure:
        for name, error in failure.errors.items():
            why = error.description or error.code or "no reason given"
            console.print(f"  [red]refused[/red]   {escape(f'{name}: {why}')}")
        return False
    except BitrixEventsError as error:
        console.print(f"  [red]failed[/red]    {escape(str(error))}")
        return False
    return True


def _show(console: Console, difference: Difference, *, dry_run: bool) -> None:
    for code in difference.keep:
        console.print(f"  [dim]keep[/dim]      {escape(code)}")
    for code in difference.keep_offline:
        console.print(f"  [dim]keep[/dim]      {escape(code)} offline")
    for code in difference.bind:
        console.print(f"  [green]bind[/green]      {escape(code)}")
    for code in difference.bind_offline:
        console.print(f"  [green]bind[/green]      {escape(code)} offline")
    for code in difference.lacking:
        console.print(f"  [yellow]lacking[/yellow]   {escape(code)} offline: not in its plan")
    for binding in difference.unbind:
        console.print(f"  [yellow]unbind[/yellow]    {escape(f'{binding.event} {binding.place}')}")
    for binding in difference.foreign:
        whose = f" as user {binding.auth_type}" if binding.auth_type else ""
        console.print(f"  [dim]foreign   {escape(f'{binding.event} {binding.place}{whose}')}[/dim]")
    if difference.is_empty:
        console.print("  nothing to do")
    elif dry_run:
        console.print("  nothing was done: --dry-run")
