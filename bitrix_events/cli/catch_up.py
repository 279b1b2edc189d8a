"""``catch-up``: deliveries of what changed on portals while the app did not run."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bitrix_events.app import App
from bitrix_events.catch_up import CatchUp, Made
from bitrix_events.cli.loading import UsageError, load_app
from bitrix_events.cli.options import HandlerOption, moment
from bitrix_events.cli.run import AppArgument
from bitrix_events.cli.stores import (
    installations_beside,
    is_running,
    name_of,
    portal_named,
    when,
    when_they_run,
)
from bitrix_events.engine.inbox import Inbox
from bitrix_events.errors import BitrixEventsError
from bitrix_events.nearest import did_you_mean
from bitrix_events.routing.router import Handler
from bitrix_events.store.records import Admission, Installation, InstallationState
from bitrix_events.stores import OwnStore, open_store
from bitrix_events.wire.envelope import Envelope


def catch_up(
    app: AppArgument,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            help="Changed since then: `2h`, `7d`, `2026-11-22`; default: since the app ended.",
        ),
    ] = None,
    portal: Annotated[
        str | None,
        typer.Option(metavar="PORTAL", help="Only this one, by member_id or address."),
    ] = None,
    handler: HandlerOption = None,
) -> None:
    """Make deliveries of what handlers have missed: of records that were added or changed.

    Those handlers are caught up with that have `catch_up=True`, as at every start of the app, or
    the one that is named. What a handler was told of is left out, so nothing comes twice. Deleted
    records leave no trace, and of some kinds it is not known when they changed; both is said. The
    app may be running meanwhile.

    Examples:

        bitrix-events catch-up hello:app

        bitrix-events catch-up hello:app --since 2d --portal acme.bitrix24.com --handler app.welcome
    """
    loaded = load_app(app)
    chosen = _chosen(loaded.handlers, handler)
    moment_of = moment(since) if since else None
    remembers = handler is None
    if not asyncio.run(_catch_up(loaded, chosen, moment_of, portal, remembers=remembers)):
        raise typer.Exit(1)


def _chosen(handlers: Sequence[Handler], name: str | None) -> list[Handler]:
    found = [one for one in handlers if (one.name == name if name else one.catch_up)]
    if not found and name:
        hint = did_you_mean(name, [one.name for one in handlers])
        raise UsageError(f"there is no handler {name}" + (f"; {hint}" if hint else ""))
    if not found:
        raise UsageError("no handler has catch_up=True; name one with --handler")
    return found


async def _catch_up(
    app: App,
    handlers: Sequence[Handler],
    since: datetime | None,
    name: str | None,
    *,
    remembers: bool,
) -> bool:
    """Go over the portals; False if one failed."""
    console = Console(soft_wrap=True, highlight=False)
    store = open_store(app.settings, mode="share")
    await store.open()
    try:
        inbox = Inbox(store, app.handlers, lambda: None)

        async def accept(
            envelope: Envelope, installation: Installation, names: Collection[str]
        ) -> None:
            await inbox.accept(envelope, Admission(installation), only=names)

        catching = CatchUp(store, handlers, accept)
        if catching.left_out:
            console.print(f"left out, as it cannot be listed: {', '.join(catching.left_out)}")
        known = await installations_beside(app, store).installations()
        portals = [portal_named(name, known)] if name else known
        if not portals:
            console.print("No portal has installed the app yet.")
        if _is_forgotten(since, app.settings.retention_days):
            days = app.settings.retention_days
            console.print(
                f"What was handled more than {days:g} days ago (BITRIX_EVENTS_RETENTION_DAYS) is"
                " forgotten, and delivered again; to handlers with changed= only if it has changed."
            )
        worked = [
            await _one(console, app, catching, one, since, remembers=remembers) for one in portals
        ]
        if portals:
            await _say_when(console, store)
    finally:
        await store.close()
    return all(worked)


def _is_forgotten(since: datetime | None, days: float) -> bool:
    """Whether deliveries of that time are deleted by now."""
    return since is not None and 0 < days < (datetime.now(UTC) - since) / timedelta(days=1)


async def _say_when(console: Console, store: OwnStore) -> None:
    text = when_they_run(works=await is_running(store))
    console.print(text[0].upper() + text[1:] + ".")


async def _one(
    console: Console,
    app: App,
    catching: CatchUp,
    installation: Installation,
    since: datetime | None,
    *,
    remembers: bool,
) -> bool:
    console.print(f"[bold]{escape(name_of(installation))}[/bold]")
    if installation.state is not InstallationState.ACTIVE:
        state = installation.state.value
        console.print(
            f"  left out: it is {state}; see bitrix-events portals show {installation.portal}"
        )
        return True
    try:
        async with app.portal(installation.portal) as client:
            done = await catching.make_up(
                client, installation, since=since, remembers=remembers, progress=True
            )
            for made in done:
                console.print(f"  {_told(made, remembers=remembers)}")
    except BitrixEventsError as error:
        console.print(f"  [red]failed[/red]    {escape(str(error))}")
        return False
    return True


def _told(made: Made, *, remembers: bool) -> str:
    if made.since is None:
        known = ". From now on it is known" if remembers else ""
        return f"{made.kind}: nothing to go on from; say --since{known}"
    return (
        f"{made.kind}: {made.records} changed since {when(made.since)}, deliveries made:"
        f" {made.deliveries}"
    )
