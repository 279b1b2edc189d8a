"""``replay``: stored deliveries handled once more."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import typer
from rich.markup import escape

from bitrix_events.cli.loading import UsageError
from bitrix_events.cli.options import (
    EntityOption,
    EventOption,
    PortalOption,
    SinceOption,
    YesOption,
    all_found,
    query_of,
)
from bitrix_events.cli.stores import is_running, settings_here, when_they_run, with_store
from bitrix_events.cli.views import say
from bitrix_events.store.records import DeliveryView, Query
from bitrix_events.stores import OwnStore

_AT_ONCE: Final = 200

_Had = Mapping[int, Sequence[str]]
"""Which handlers had which delivery, by its id."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What shall run: ids of deliveries, oldest first, and handlers for each."""

    handlers: Sequence[tuple[int, Sequence[str]]]
    without: int
    """Deliveries that no handler had, and none was named for."""
    unknown: str = ""
    """What has to be said about the name of the handler."""

    @property
    def executions(self) -> int:
        return sum(len(names) for _, names in self.handlers)


def replay(
    ids: Annotated[
        list[int] | None,
        typer.Argument(metavar="ID", help="Numbers of deliveries, as in `events list`."),
    ] = None,
    handler: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only this handler, whether it had them or not."),
    ] = None,
    since: SinceOption = None,
    event: EventOption = None,
    entity: EntityOption = None,
    portal: PortalOption = None,
    yes: YesOption = False,
) -> None:
    """Let handlers run once more for stored deliveries.

    Without `--handler` those run that had the delivery. They see the same `Delivery.key` as before.
    The app may be running; if it is not, they run after its next start. Name the deliveries, or
    choose them with the options.

    Examples:

        bitrix-events replay 12 13

        bitrix-events replay --since 2h --event ONCRMDEALADD --handler deals.invoice
    """
    chooses = bool(since or event or entity or portal)
    if not ids and not chooses:
        raise UsageError("say which: give ids of deliveries, or --since, as in replay --since 2h")
    if ids and chooses:
        raise UsageError("give ids of deliveries or options that choose some, not both")
    settings = settings_here()

    async def choose(store: OwnStore) -> _Chosen:
        if ids:
            return await _choose(store, await _named(store, ids), handler)
        query = await query_of(store, portal=portal, event=event, entity=entity, since=since)
        had = {v.delivery.id: _handlers_of(v) async for v in all_found(store, query)}
        return await _choose(store, had, handler)

    chosen = with_store(settings, "look", choose)
    _confirm(chosen, handler, yes=yes)
    if chosen.handlers:
        made, works = with_store(settings, "share", lambda store: _replay(store, chosen))
        say(f"executions made: {made}; {when_they_run(works=works)}")


async def _named(store: OwnStore, ids: Sequence[int]) -> _Had:
    had = {}
    for number in ids:
        view = await store.delivery(number)
        if view is None:
            raise UsageError(f"there is no delivery #{number}; see bitrix-events events list")
        had[number] = _handlers_of(view)
    return had


async def _choose(store: OwnStore, had: _Had, handler: str | None) -> _Chosen:
    oldest_first = sorted(had)
    if handler is None:
        chosen = [(number, had[number]) for number in oldest_first if had[number]]
        return _Chosen(chosen, len(had) - len(chosen))
    known = {name for names in had.values() for name in names}
    unknown = ""
    if had and handler not in known and not await store.find(Query(handler=handler), limit=1):
        near = difflib.get_close_matches(handler, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        unknown = f"nothing has ever run for a handler named {handler}{hint}"
    return _Chosen([(number, [handler]) for number in oldest_first], 0, unknown)


def _handlers_of(view: DeliveryView) -> list[str]:
    return list(dict.fromkeys(execution.handler for execution in view.executions))


def _confirm(chosen: _Chosen, handler: str | None, *, yes: bool) -> None:
    """Say what is about to happen; ask if it is much, or looks wrong."""
    if chosen.without:
        say(f"deliveries that no handler had: {chosen.without}; name one with --handler")
    if not chosen.handlers:
        if not chosen.without:
            say("No delivery is like that.")
        return
    if chosen.unknown and not yes:
        say(f"{escape(chosen.unknown)}.")
        typer.confirm(f"Run {handler} all the same?", abort=True)
    if len(chosen.handlers) > 1 and not yes:
        count = chosen.executions
        executions = f" ({count} executions)" if count != len(chosen.handlers) else ""
        typer.confirm(f"Replay {len(chosen.handlers)} deliveries{executions}?", abort=True)


async def _replay(store: OwnStore, chosen: _Chosen) -> tuple[int, bool]:
    """How many executions were made, and whether a process works on them."""
    made = 0
    for start in range(0, len(chosen.handlers), _AT_ONCE):
        some = chosen.handlers[start : start + _AT_ONCE]
        found = await asyncio.gather(*(store.replay(number, names) for number, names in some))
        made += sum(map(len, found))
    return made, await is_running(store)
