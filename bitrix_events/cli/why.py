"""What became of a delivery, told handler by handler."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final

from rich.markup import escape

from bitrix_events.cli.stores import advice_for, is_running, name_of, span, when
from bitrix_events.cli.views import portal_names, title_of
from bitrix_events.engine.inbox import is_for
from bitrix_events.engine.loops import LOOP_NOTE
from bitrix_events.events import event_class
from bitrix_events.routing.router import Handler
from bitrix_events.store.records import (
    FACT_WINDOW,
    Delivery,
    DeliveryView,
    Execution,
    Installation,
    InstallationState,
    Query,
    State,
)
from bitrix_events.stores import OwnStore

_OWN_HANDLERS: Final = "bitrix_events."


async def explain(
    store: OwnStore, view: DeliveryView, handlers: Sequence[Handler] | None
) -> list[str]:
    """Lines with markup.

    Args:
        handlers: those of the app, if it is known.
    """
    delivery = view.delivery
    names = await portal_names(store)
    lines = [
        f"[bold]{escape(title_of(delivery, names))}[/bold], received {when(delivery.received_at)}"
    ]
    if view.repeat_of is not None:
        hours = FACT_WINDOW.total_seconds() / 3600
        lines.append(
            f"It tells the same as #{view.repeat_of}, which came less than {hours:g} h before:"
            " handlers that had that one do not run again."
        )
    if view.repeats:
        times = "once more" if view.repeats == 1 else f"{view.repeats} times more"
        lines.append(f"The same was told {times}, which these handlers did not run for.")
    by_name = {handler.name: handler for handler in handlers or ()}
    for execution in view.executions:
        fate = await _fate(store, delivery, execution, by_name.get(execution.handler))
        again = " (replay)" if execution.replayed else ""
        lines.append(f"  [bold]{escape(execution.handler)}[/bold]{again}: {fate}")
        if by_name and execution.handler not in by_name and not _is_own(execution.handler):
            lines.append(f"    {_unknown(execution.handler, by_name)}")
    if handlers is not None:
        known = {found.portal: found for found in await store.installations()}
        lines += _missing(view, handlers, known.get(delivery.portal))
    elif not view.executions and view.repeat_of is None:
        lines.append(
            "  No handler wanted it when it arrived. To see whether one does now:"
            f" bitrix-events events why {delivery.id} MODULE:APP"
        )
    return lines


async def _fate(
    store: OwnStore, delivery: Delivery, execution: Execution, handler: Handler | None
) -> str:
    """What became of an execution and why, with markup."""
    ended = when(execution.finished_at) if execution.finished_at else ""
    attempts = _attempts(execution, handler)
    note = escape(execution.note)
    match execution.state:
        case State.DONE:
            return f"[green]done[/green] at {ended}, {attempts}" + (f": {note}" if note else "")
        case State.SKIPPED:
            return f"[dim]skipped[/dim] at {ended}: {note or 'the handler dropped it'}"
        case State.MERGED:
            begun = "was tried again" if execution.attempt else "had begun"
            return f"[dim]merged[/dim] at {ended}: {note} before it {begun}"
        case State.DEAD:
            return (
                f"[red]dead[/red] since {ended}, {attempts}: {note}\n"
                f"    To try again: bitrix-events dead retry {execution.id}"
            )
        case State.RUNNING:
            return await _running(store, execution, attempts)
    reason = await _reason_to_wait(store, delivery, execution)
    if note.startswith(LOOP_NOTE):
        return f"[yellow]waits[/yellow], {reason}\n    {note}"
    failed = f"\n    The last attempt ended with: {note}" if note else ""
    return f"[yellow]waits[/yellow], {reason}{failed}"


async def _running(store: OwnStore, execution: Execution, attempts: str) -> str:
    if not await is_running(store):
        return "[cyan]ran[/cyan] when the app died; it runs again after the next start"
    since = f" since {when(execution.started_at)}" if execution.started_at else ""
    return f"[cyan]runs[/cyan]{since if execution.attempt == 1 else ''}, {attempts}"


async def _reason_to_wait(store: OwnStore, delivery: Delivery, execution: Execution) -> str:
    if execution.parked:
        return await _reason_to_park(store, delivery.portal)
    if delivery.entity is not None and (first := await _ahead(store, delivery, execution)):
        return f"behind #{first.delivery.id}, which is about the same record and not finished"
    if execution.due is not None:
        return f"until {when(execution.due)}; attempts so far: {execution.attempt}"
    if not await is_running(store):
        return "for the app to be started"
    return "for its turn: the app is busy with others"


async def _ahead(store: OwnStore, delivery: Delivery, execution: Execution) -> DeliveryView | None:
    """The oldest delivery that the handler has to deal with before this one."""
    found = []
    for state in (State.RUNNING, State.WAITING):
        query = Query(
            portal=delivery.portal, entity=delivery.entity, handler=execution.handler, state=state
        )
        found += await store.find(query, limit=100)
    ahead = [
        view
        for view in found
        for other in view.executions
        if other.handler == execution.handler
        and other.id < execution.id
        and other.state in (State.RUNNING, State.WAITING)
    ]
    return min(ahead, key=lambda view: view.delivery.id, default=None)


async def _reason_to_park(store: OwnStore, portal: str) -> str:
    known = {found.portal: found for found in await store.installations()}
    installation = known.get(portal)
    if installation is None:
        return "for its portal"
    reasons = []
    if installation.paused:
        resume = f"bitrix-events portals resume {escape(name_of(installation))}"
        reasons.append(f"its portal is paused; to go on: {resume}")
    if installation.state is not InstallationState.ACTIVE:
        reasons.append(_standing(installation))
    return " and ".join(reasons) or "its portal works again; it goes on in a moment"


def _standing(installation: Installation) -> str:
    reason = f" ({escape(installation.reason)})" if installation.reason else ""
    since = f" since {when(installation.since)}" if installation.since else ""
    text = f"its portal is {installation.state.value}{reason}{since}"
    return f"{text}: {advice_for(installation)}"


def _attempts(execution: Execution, handler: Handler | None) -> str:
    """``attempt 3 of 8``"""
    most = f" of {handler.retry.attempts}" if handler else ""
    text = f"attempt {execution.attempt}{most}"
    if execution.started_at and execution.finished_at:
        seconds = (execution.finished_at - execution.started_at).total_seconds()
        text += f", {span(seconds)} after the first began" if execution.attempt > 1 else ""
    if execution.deaths:
        text += f", processes that died while it ran: {execution.deaths}"
    return text


def _unknown(name: str, known: dict[str, Handler]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you rename it? {near[0]} exists" if near else "was it renamed?"
    return f"The app has no handler of this name; {hint}; name= keeps a name."


def _missing(
    view: DeliveryView, handlers: Sequence[Handler], installation: Installation | None
) -> list[str]:
    """What is to be said of handlers of the app that have no execution."""
    delivery = view.delivery
    had = {execution.handler for execution in view.executions}
    codes = {*event_class(delivery.code)(delivery.code, delivery.data).codes}
    wants = {handler.name: not codes.isdisjoint(handler.codes) for handler in handlers}
    others = {
        handler.name
        for handler in handlers
        if installation is not None and not is_for(handler, installation)
    }
    wanting = [name for name in wants if wants[name] and name not in had]
    elsewhere = _told_otherwise([handler for handler in handlers if wants[handler.name]])
    lines = []
    for name in wanting:
        if view.repeat_of is not None:
            lines.append(f"  [bold]{escape(name)}[/bold]: had #{view.repeat_of}")
            continue
        if name in others:
            lines.append(f"  [bold]{escape(name)}[/bold]: is for other portals, says portals=")
            continue
        if name in elsewhere:
            lines.append(f"  [bold]{escape(name)}[/bold]: {elsewhere[name]}")
            continue
        lines.append(
            f"  [bold]{escape(name)}[/bold]: wants such events, and did not when this one arrived\n"
            f"    To run it: bitrix-events replay {delivery.id} --handler {escape(name)}"
        )
    unconcerned = list(wants.values()).count(False)
    if not view.executions and not wanting:
        lines.append(f"  No handler of the app wants {escape(delivery.code)}.")
    elif unconcerned:
        lines.append(f"  Handlers that want other events only: {unconcerned}")
    return lines


def _told_otherwise(handlers: Sequence[Handler]) -> dict[str, str]:
    """Handlers that are told of the same events in one of two ways only, and what to say if they
    had not this one."""
    if len({handler.mode for handler in handlers}) < 2:
        return {}
    told = {
        "offline": "is for what the portal keeps, says mode=, and this was sent",
        "online": "is for what the portal sends, says mode=, and this was kept",
    }
    return {handler.name: told[handler.mode] for handler in handlers if handler.mode in told}


def _is_own(name: str) -> bool:
    return name.startswith(_OWN_HANDLERS)
