"""``events``: what has arrived and what became of it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bitrix_events.cli.loading import UsageError, load_app
from bitrix_events.cli.options import (
    EntityOption,
    EventOption,
    HandlerOption,
    JsonOption,
    PortalOption,
    SinceOption,
    StateOption,
    query_of,
)
from bitrix_events.cli.stores import settings_here, when, with_store
from bitrix_events.cli.tail import Tail
from bitrix_events.cli.views import (
    Names,
    fate_of,
    portal_names,
    print_json,
    state_of,
    summary_of,
    view_json,
)
from bitrix_events.cli.why import explain
from bitrix_events.store.records import DeliveryView, Query
from bitrix_events.stores import OwnStore

events = typer.Typer(
    help="Look into the inbox: what has arrived and what became of it.", no_args_is_help=True
)

NumberArgument = Annotated[
    int, typer.Argument(metavar="ID", help="Number of the delivery, as in `events list`.")
]


@events.command("list")
def list_events(
    portal: PortalOption = None,
    event: EventOption = None,
    entity: EntityOption = None,
    handler: HandlerOption = None,
    state: StateOption = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    before: Annotated[int | None, typer.Option(metavar="ID", help="Go on below this one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The newest deliveries, newest first.

    Examples:

        bitrix-events events list --state dead --since 2h

        bitrix-events events list --entity deal:7 --json
    """

    async def look(store: OwnStore) -> tuple[Query, list[DeliveryView], Names]:
        query = await query_of(
            store,
            portal=portal,
            event=event,
            entity=entity,
            handler=handler,
            state=state,
            since=since,
        )
        views = await store.find(query, limit=limit, before=before)
        return query, views, await portal_names(store)

    query, views, names = with_store(settings_here(), "look", look)
    if as_json:
        for view in views:
            print_json(view_json(view))
        return
    console = Console()
    if not views:
        asked = query != Query() or before is not None
        console.print("No delivery is like that." if asked else "Nothing has arrived yet.")
        return
    console.print(_table(views, names))
    if len(views) == limit:
        last = views[-1].delivery.id
        console.print(f"[dim]For older ones add: --before {last}[/dim]")


@events.command("show")
def show_event(number: NumberArgument, as_json: JsonOption = False) -> None:
    """One delivery: its data, and each handler's fate.

    Examples:

        bitrix-events events show 12

        bitrix-events events show 12 --json
    """

    async def look(store: OwnStore) -> tuple[DeliveryView, Names]:
        return await _found(store, number), await portal_names(store)

    view, names = with_store(settings_here(), "look", look)
    if as_json:
        print_json(view_json(view))
    else:
        _show(Console(), view, names)


@events.command()
def tail(
    portal: PortalOption = None,
    event: EventOption = None,
    entity: EntityOption = None,
    handler: HandlerOption = None,
    last: Annotated[int, typer.Option(min=0, max=1000, help="Begin with so many.")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Follow what arrives and what becomes of it, until Ctrl-C.

    A line for each delivery, and one whenever an execution starts, waits or ends.

    Examples:

        bitrix-events events tail

        bitrix-events events tail --event ONCRMDEALADD --json
    """

    async def follow(store: OwnStore) -> None:
        query = await query_of(store, portal=portal, event=event, entity=entity, handler=handler)
        await Tail(store, query, await portal_names(store), as_json=as_json).follow(last=last)

    with suppress(KeyboardInterrupt):
        with_store(settings_here(), "look", follow)


@events.command()
def why(
    number: NumberArgument,
    app: Annotated[
        str | None,
        typer.Argument(metavar="MODULE:APP", help="Where the app is, to compare its handlers."),
    ] = None,
) -> None:
    """What became of a delivery and why: ran, waits, merged, told before, wanted by nobody.

    Examples:

        bitrix-events events why 12

        bitrix-events events why 12 hello:app
    """
    loaded = load_app(app) if app else None
    settings = loaded.settings if loaded else settings_here()

    async def look(store: OwnStore) -> list[str]:
        handlers = loaded.handlers if loaded else None
        return await explain(store, await _found(store, number), handlers)

    console = Console(soft_wrap=True, highlight=False)
    for line in with_store(settings, "look", look):
        console.print(line)


def _table(views: list[DeliveryView], names: Names) -> Table:
    table = Table(box=None, header_style="bold")
    shows_portal = len(names) > 1
    titles = ["#", "RECEIVED", "EVENT", "ABOUT", *(["PORTAL"] if shows_portal else []), "HANDLERS"]
    for title in titles:
        table.add_column(title, no_wrap=title != "HANDLERS")
    for view in views:
        delivery = view.delivery
        portal = [escape(names.get(delivery.portal, delivery.portal))] if shows_portal else []
        table.add_row(
            str(delivery.id),
            when(delivery.received_at),
            escape(delivery.code),
            escape(delivery.entity or ""),
            *portal,
            summary_of(view),
        )
    return table


def _show(console: Console, view: DeliveryView, names: Names) -> None:
    delivery = view.delivery
    address = names.get(delivery.portal, delivery.portal)
    portal = address if address == delivery.portal else f"{address} ({delivery.portal})"
    facts = {
        "event": delivery.code,
        "about": delivery.entity or "no record",
        "portal": portal,
        "received": when(delivery.received_at),
        "sent": when(delivery.sent_at) if delivery.sent_at else "unknown",
        "by user": str(delivery.user_id or "unknown"),
        "repeat of": f"#{view.repeat_of}" if view.repeat_of is not None else "",
        "repeated": str(view.repeats or ""),
    }
    console.print(f"[bold]#{delivery.id}[/bold]")
    for name, value in facts.items():
        if value:
            console.print(f"  {name:9} {escape(value)}")
    console.print("  data")
    console.print_json(json.dumps(delivery.data, ensure_ascii=False), indent=2)
    if not view.executions:
        console.print(f"Nothing ran for it; bitrix-events events why {delivery.id} says why.")
        return
    table = Table(box=None, header_style="bold")
    for title in ("EXECUTION", "HANDLER", "STATE", "ATTEMPTS", "WHEN", "NOTE"):
        table.add_column(title, no_wrap=title == "WHEN")
    for execution in view.executions:
        table.add_row(
            str(execution.id),
            escape(execution.handler) + (" (replay)" if execution.replayed else ""),
            state_of(execution),
            str(execution.attempt),
            fate_of(execution),
            escape(execution.note),
        )
    console.print(table)


async def _found(store: OwnStore, number: int) -> DeliveryView:
    view = await store.delivery(number)
    if view is None:
        raise UsageError(f"there is no delivery #{number}; see bitrix-events events list")
    return view
