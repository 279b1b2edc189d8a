"""``events``: what has arrived and what became of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bitrix_events.cli.loading import UsageError, prepare_environment
from bitrix_events.cli.stores import when, with_store
from bitrix_events.settings import Settings
from bitrix_events.store.records import DeliveryView, Execution, State
from bitrix_events.store.sqlite.store import SqliteStore

T = TypeVar("T")

events = typer.Typer(
    help="Look into the inbox: what has arrived and what became of it.", no_args_is_help=True
)

_STYLES = {
    State.DONE: "green",
    State.WAITING: "yellow",
    State.RUNNING: "cyan",
    State.SKIPPED: "dim",
    State.DEAD: "red",
}


@events.command("list")
def list_events(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    before: Annotated[int | None, typer.Option(help="Go on below this number.")] = None,
) -> None:
    """The newest deliveries, newest first.

    Example:

        bitrix-events events list --limit 50
    """
    views = _with_store(lambda store: store.deliveries(limit=limit, before=before))
    console = Console()
    if not views:
        console.print("Nothing has arrived yet.")
        return
    table = Table(box=None, header_style="bold")
    for title in ("#", "RECEIVED", "EVENT", "ABOUT", "HANDLERS"):
        table.add_column(title, no_wrap=title != "HANDLERS")
    for view in views:
        delivery = view.delivery
        table.add_row(
            str(delivery.id),
            when(delivery.received_at),
            escape(delivery.code),
            escape(delivery.entity or ""),
            ", ".join(map(_brief, view.executions)) or "[dim]no handler[/dim]",
        )
    console.print(table)


@events.command("show")
def show_event(
    number: Annotated[int, typer.Argument(help="Number of the delivery, as in `events list`.")],
) -> None:
    """One delivery: its data, and each handler's fate.

    Example:

        bitrix-events events show 12
    """
    view = _with_store(lambda store: store.delivery(number))
    if view is None:
        raise UsageError(f"there is no delivery #{number}; see bitrix-events events list")
    _show(Console(), view)


def _show(console: Console, view: DeliveryView) -> None:
    delivery = view.delivery
    facts = {
        "event": delivery.code,
        "about": delivery.entity or "no record",
        "portal": delivery.portal,
        "received": when(delivery.received_at),
        "sent": when(delivery.sent_at) if delivery.sent_at else "unknown",
        "by user": str(delivery.user_id or "unknown"),
    }
    console.print(f"[bold]#{delivery.id}[/bold]")
    for name, value in facts.items():
        console.print(f"  {name:9} {escape(value)}")
    console.print("  data")
    console.print_json(json.dumps(delivery.data, ensure_ascii=False), indent=2)
    if not view.executions:
        console.print("No handler wanted it when it arrived.")
        return
    table = Table(box=None, header_style="bold")
    for title in ("HANDLER", "STATE", "ATTEMPTS", "WHEN", "NOTE"):
        table.add_column(title)
    for execution in view.executions:
        table.add_row(
            escape(execution.handler),
            _state(execution),
            str(execution.attempt),
            _fate(execution),
            escape(execution.note),
        )
    console.print(table)


def _brief(execution: Execution) -> str:
    return f"{escape(execution.handler)} {_state(execution)}"


def _state(execution: Execution) -> str:
    style = _STYLES[execution.state]
    return f"[{style}]{execution.state.value}[/{style}]"


def _fate(execution: Execution) -> str:
    if execution.due is not None:
        return f"again at {when(execution.due)}"
    return when(execution.finished_at) if execution.finished_at else ""


def _with_store(look: Callable[[SqliteStore], Awaitable[T]]) -> T:
    """Look into the store of the settings; the app may be running meanwhile."""
    prepare_environment()
    return with_store(Settings.load(complete=False), "look", look)
