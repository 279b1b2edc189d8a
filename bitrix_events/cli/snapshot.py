"""``snapshot``: what handlers with ``changed=`` compare records with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from bitrix_events.app import App
from bitrix_events.catch_up import item_types
from bitrix_events.cli.loading import UsageError, load_app
from bitrix_events.cli.options import HandlerOption, PortalOption
from bitrix_events.cli.run import AppArgument
from bitrix_events.cli.stores import installations_beside, name_of, portal_named
from bitrix_events.engine.inbox import is_for
from bitrix_events.errors import BitrixEventsError
from bitrix_events.events import ItemEvent, event_class
from bitrix_events.events.base import split_code
from bitrix_events.nearest import did_you_mean
from bitrix_events.rest.client import Client
from bitrix_events.rest.progress import Progress
from bitrix_events.routing.changes import Changed
from bitrix_events.routing.router import Handler
from bitrix_events.store.base import Store
from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.stores import open_store

snapshot = typer.Typer(
    help="What handlers with changed= compare records with.", no_args_is_help=True
)

_AT_ONCE: Final = 500


@snapshot.callback()
def _about() -> None:
    """What handlers with changed= compare records with."""


@snapshot.command()
def build(app: AppArgument, portal: PortalOption = None, handler: HandlerOption = None) -> None:
    """Look at all records as they are, so that handlers with `changed=` know them.

    Without that, the first event about a record counts as a change: what it was before is not
    known. Records that a handler has dealt with already are left alone. The app may be running
    meanwhile. What is interrupted goes on where it was.

    Examples:

        bitrix-events snapshot build hello:app

        bitrix-events snapshot build hello:app --portal acme.bitrix24.com --handler deals.invoice
    """
    loaded = load_app(app)
    watching = [one for one in loaded.handlers if one.changed is not None]
    if handler is not None:
        watching = [one for one in watching if one.name == handler]
    if not watching:
        raise UsageError(_nothing_to_build(loaded, handler))
    if not asyncio.run(_build(loaded, watching, portal)):
        raise typer.Exit(1)


def _nothing_to_build(app: App, name: str | None) -> str:
    names = [handler.name for handler in app.handlers]
    if name is None:
        return "no handler has changed="
    if name in names:
        return f"{name} has no changed="
    hint = did_you_mean(name, names)
    return f"there is no handler {name}" + (f"; {hint}" if hint else "")


async def _build(app: App, handlers: Sequence[Handler], name: str | None) -> bool:
    console = Console(soft_wrap=True, highlight=False)
    store = open_store(app.settings, mode="share")
    await store.open()
    try:
        known = await installations_beside(app, store).installations()
        chosen = [portal_named(name, known)] if name else known
        if not chosen:
            console.print("No portal has installed the app yet.")
        worked = [await _build_one(console, app, store, one, handlers) for one in chosen]
    finally:
        await store.close()
    return all(worked)


async def _build_one(
    console: Console,
    app: App,
    store: Store,
    installation: Installation,
    handlers: Sequence[Handler],
) -> bool:
    console.print(f"[bold]{escape(name_of(installation))}[/bold]")
    if installation.state is not InstallationState.ACTIVE:
        key = installation.portal
        console.print(
            f"  left out: it is {installation.state.value}; see bitrix-events portals show {key}"
        )
        return True
    worked = True
    async with app.portal(installation.portal) as client:
        for handler in handlers:
            codes = sources_of(handler).values() if is_for(handler, installation) else ()
            for code in codes:
                try:
                    for number in await _numbers_of(client, handler, code):
                        source = source_of(handler, code, number)
                        seen, made = await fill(
                            client, store, installation.portal, handler, source, progress=True
                        )
                        told = f"{source.about}: {seen} records, {made} snapshots made"
                        console.print(f"  {escape(f'{handler.name}, {told}')}")
                except (BitrixEventsError, LookupError) as error:
                    worked = False
                    console.print(f"  [red]failed[/red] {escape(f'{handler.name}: {error}')}")
    return worked


async def _numbers_of(client: Client, handler: Handler, code: str) -> list[int]:
    """The types of the items that an event may be about; 0 where it says that itself."""
    number = _kind_of(handler, code)[1]
    if number or not issubclass(event_class(code), ItemEvent):
        return [number]
    return await item_types(client)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the records of a handler are listed.

    Attributes:
        about: the beginning of their keys: ``deal``, ``item:147``.
    """

    method: str
    params: Mapping[str, Any]
    about: str


def sources_of(handler: Handler) -> dict[str, str]:
    """One event for each kind of record that a handler is for: their codes, by the beginning of
    the keys of the records."""
    return {_kind_of(handler, code)[0]: code for code in handler.codes}


def source_of(handler: Handler, code: str, type_id: int = 0) -> Source:
    """The list that has the records of an event.

    Args:
        type_id: of the items, if the event is for those of all types.

    Raises:
        LookupError: there is none; the text says why.
    """
    record = _watched(handler).record
    about, number = _kind_of(handler, code, type_id)
    reading = record.reading
    method = "" if reading is None else f"{reading.method.rpartition('.')[0]}.list"
    if reading is None or method not in Client.documented_methods():
        raise LookupError(f"no documented method lists each {record.__name__}")
    if method != "crm.item.list":
        return Source(method, reading.fixed, about)
    params = {"entityTypeId": number, "select": ["*", "UF_*"], **reading.fixed}
    return Source(method, params, about)


def _kind_of(handler: Handler, code: str, type_id: int = 0) -> tuple[str, int]:
    """How the keys of the records of an event begin, and the number of their type."""
    event = event_class(code)
    number = getattr(_watched(handler).record, "entity_type_id", 0)
    if not issubclass(event, ItemEvent):
        return event.entity_name, number
    number = number or split_code(code)[1] or type_id
    return f"{event.entity_name}:{number}", number


def _watched(handler: Handler) -> Changed:
    assert handler.changed is not None, "only such handlers are asked about"
    return handler.changed


async def fill(
    client: Client,
    store: Store,
    portal: str,
    handler: Handler,
    source: Source,
    *,
    progress: Progress = None,
) -> tuple[int, int]:
    """Make the missing snapshots of a handler: how many records were seen, and how many were made.

    Raises:
        LookupError: the list does not tell what is watched.
        RestError: the records cannot be listed.
        StoreError: the snapshots cannot be written.
    """
    changed = _watched(handler)
    name = f"snapshot {handler.name} {source.about}"
    begun_at = await store.mark(portal, name)
    listing = client.list(
        source.method,
        source.params,
        after_id=int(begun_at) if begun_at else None,
        progress=progress,
    )
    seen = made = 0
    found: dict[str, dict[str, Any]] = {}
    async for row in listing:
        _require_fields(changed, row, source.method)
        try:
            record = changed.record.model_validate(row)
        except ValidationError:
            continue  # its event would fail, too
        seen += 1
        found[f"{source.about}:{record['id']}"] = changed.values_of(record)
        if len(found) == _AT_ONCE:
            made += await store.save_snapshots(portal, handler.name, found)
            await store.set_mark(portal, name, str(record["id"]))
            found.clear()
    made += await store.save_snapshots(portal, handler.name, found)
    await store.set_mark(portal, name, None)
    return seen, made


def _require_fields(changed: Changed, row: Mapping[str, Any], method: str) -> None:
    for watched in changed.fields:
        if not watched.is_told_by(row):
            raise LookupError(f"{method} does not tell {watched.name}")
