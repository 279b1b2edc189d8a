"""``handlers``: what an app reacts to."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bitrix_events.cli.loading import load_app
from bitrix_events.cli.run import AppArgument
from bitrix_events.events import event_class, needed_codes
from bitrix_events.routing.router import Handler
from bitrix_events.settings import Settings


def handlers(app: AppArgument) -> None:
    """Show which handlers run for which events.

    Example:

        bitrix-events handlers hello:app
    """
    loaded = load_app(app)
    console = Console()
    if not loaded.handlers:
        console.print(
            "No handler is registered. Write @app.on(OnCrmDealAdd) over a function, and include"
            " the routers: app.include(router)."
        )
        return
    table = Table(box=None, header_style="bold")
    for title in ("EVENT", "HANDLER", "KIND", "ATTEMPTS", "TIMEOUT", "NOTES"):
        table.add_column(title, overflow="fold")
    rows = [(code, handler) for handler in loaded.handlers for code in handler.codes]
    for code, handler in sorted(rows, key=lambda row: (row[0], row[1].name)):
        kind = "async def" if handler.is_async else "def"
        attempts, timeout = handler.retry.attempts, f"{handler.timeout:g} s"
        notes = escape("; ".join(_notes(handler)))
        table.add_row(code, handler.name, kind, str(attempts), timeout, notes)
    console.print(table)
    if not Settings.load(complete=False).is_app:
        codes = needed_codes(code for code, _ in rows)
        others = {code for code in codes if not event_class(code).in_webhooks}
        console.print(f"\nTick these events in the outgoing webhook: {_list(codes - others)}")
        if others:
            console.print(f"Outgoing webhooks cannot send these: {_list(others)}")


def _notes(handler: Handler) -> Iterator[str]:
    """How events come to a handler, and what of them it is for."""
    if handler.mode != "online":
        yield handler.mode
    if handler.catch_up:
        yield "catch up"
    if handler.portals is not None:
        yield f"portals {', '.join(sorted(handler.portals))}"
    if handler.changed is not None:
        yield f"changed {handler.changed}"
    if handler.where is not None:
        yield "where"


def _list(codes: Collection[str]) -> str:
    return ", ".join(sorted(codes)) or "none"
