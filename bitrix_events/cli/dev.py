"""``dev``: the server while one writes the app, with or without an address that portals reach."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bitrix_events.app import App
from bitrix_events.cli import child
from bitrix_events.cli.loading import UsageError, load_app, split_target
from bitrix_events.cli.run import AppArgument, check_level, open_listening, serve_and_reload
from bitrix_events.cli.stores import name_of
from bitrix_events.errors import BitrixEventsError, StoreError
from bitrix_events.portals.queues import DEVELOPMENT_QUEUE, Plan, chosen_queue, codes_in
from bitrix_events.portals.subscriptions import Wanted, synchronise
from bitrix_events.settings import PREFIX
from bitrix_events.store.base import Installations
from bitrix_events.store.records import Installation, InstallationState

_Before = Mapping[str, Installation]
"""Installations as they were before, by key."""


def dev(
    app: AppArgument,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            help="Fetch events from the portals that have installed the app; no public URL needed.",
        ),
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Run the app while you write it: it starts anew when a file changes, and says what it does.

    With `--offline` real events arrive without a public URL: the portals of the store keep the
    events of all handlers in a queue of this session, which is emptied every two seconds and ended
    with it. That needs an app that portals install, and a plan with offline events. What is sent
    to a public URL of the same app goes on as before.

    Examples:

        bitrix-events dev hello:app

        bitrix-events dev hello:app --offline
    """
    check_level(log_level)
    split_target(app)
    os.environ.setdefault(f"{PREFIX}LOG_FORMAT", "text")
    loaded = load_app(app)
    if offline and not loaded.settings.is_app:
        raise UsageError(
            "--offline needs an app that portals install: set BITRIX_EVENTS_CLIENT_ID and _SECRET"
            " from a local app's card; a portal that is reached by webhooks keeps no events for us"
        )
    listening, _ = open_listening(host, port)
    job = child.Job(app, log_level, offline=offline)
    if not offline:
        serve_and_reload(job, listening)
        return
    loaded.develop_offline()
    before = asyncio.run(begin(loaded, listening.getsockname()[1]))
    try:
        serve_and_reload(job, listening)
    finally:
        asyncio.run(end(loaded, before))


async def begin(app: App, port: int) -> _Before:
    """Let the portals keep what handlers want; what was subscribed before."""
    console = Console(soft_wrap=True, highlight=False, stderr=True)
    wanted = app.wanted
    if wanted is None:
        console.print("No handler wants an event that a portal can keep.")
        return {}
    async with AsyncExitStack() as exits:
        try:
            store = await exits.enter_async_context(app.installations())
        except StoreError:
            active = []
        else:
            active = [one for one in await store.installations() if _is_active(one)]
        if not active:
            console.print(
                "No portal has installed the app yet. Set the app's redirect address in its card to"
                f" http://localhost:{port}/oauth/callback, then open"
                f" http://localhost:{port}/oauth/start?portal=YOURS.bitrix24.com in a browser."
            )
        for installation in active:
            await _keep(console, app, store, installation, wanted)
    return {one.portal: one for one in active}


async def _keep(
    console: Console, app: App, store: Installations, installation: Installation, wanted: Wanted
) -> None:
    name = escape(name_of(installation))
    try:
        async with app.portal(installation.portal) as client:
            difference = await synchronise(client, store, installation.portal, wanted, prune=False)
    except BitrixEventsError as error:
        console.print(f"[red]{name}[/red]: {escape(str(error))}")
        return
    if difference.lacking:
        console.print(f"[yellow]{name}[/yellow]: its plan has no offline events; nothing will come")
    else:
        codes = sorted({*difference.bind_offline, *difference.keep_offline})
        console.print(f"[bold]{name}[/bold] keeps {escape(', '.join(codes))}")


async def end(app: App, before: _Before) -> None:
    """End what the session has subscribed."""
    console = Console(soft_wrap=True, highlight=False, stderr=True)
    try:
        async with app.installations() as store:
            for installation in await store.installations():
                bound = installation.bound_codes
                queue = chosen_queue(DEVELOPMENT_QUEUE, bound, Plan())
                if not _is_active(installation) or not codes_in(queue, bound):
                    continue
                known = before.get(installation.portal)
                # The queue without a name is shared with the app that serves.
                stays = codes_in("", known.bound_codes) if known and not queue else frozenset()
                wanted = Wanted("", frozenset(), offline=stays, queue=DEVELOPMENT_QUEUE)
                async with app.portal(installation.portal) as client:
                    await synchronise(client, store, installation.portal, wanted)
                console.print(
                    f"{escape(name_of(installation))} keeps nothing more for this session"
                )
    except BitrixEventsError as error:
        console.print(f"[red]what is kept for this session was not ended[/red]: {error}")


def _is_active(installation: Installation) -> bool:
    return installation.state is InstallationState.ACTIVE and not installation.paused
