"""Deliveries and executions as the command line shows them: in words, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from bitrix_events.cli.stores import name_of, when
from bitrix_events.store.base import Installations
from bitrix_events.store.records import Delivery, DeliveryView, Execution, State

_STYLES: Final = {
    State.DONE: "green",
    State.WAITING: "yellow",
    State.RUNNING: "cyan",
    State.SKIPPED: "dim",
    State.MERGED: "dim",
    State.DEAD: "red",
}

Names = Mapping[str, str]
"""What people call portals, by their keys."""


async def portal_names(store: Installations) -> Names:
    """The addresses of all portals."""
    return {found.portal: name_of(found) for found in await store.installations()}


def state_of(execution: Execution) -> str:
    """The state, in its colour."""
    style = _STYLES[execution.state]
    text = f"[{style}]{execution.state.value}[/{style}]"
    return f"{text} [yellow](parked)[/yellow]" if execution.parked else text


def fate_of(execution: Execution) -> str:
    """When it runs again, or when it ended."""
    if execution.parked:
        return "when its portal works"
    if execution.state is State.WAITING and execution.due is not None:
        return f"{'again at' if execution.attempt else 'not before'} {when(execution.due)}"
    return when(execution.finished_at) if execution.finished_at else ""


def summary_of(view: DeliveryView) -> str:
    """What became of a delivery, in a few words with markup."""
    told = [f"repeat of #{view.repeat_of}"] if view.repeat_of is not None else []
    told += [f"{escape(e.handler)} {state_of(e)}" for e in view.executions]
    return ", ".join(told) or "[dim]no handler[/dim]"


def title_of(delivery: Delivery, names: Names) -> str:
    """``#12 ONCRMDEALADD deal:7 from acme.bitrix24.com``"""
    portal = names.get(delivery.portal, delivery.portal)
    parts = [f"#{delivery.id}", delivery.code, delivery.entity, "from", portal]
    return " ".join(filter(None, parts))


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """What is stored of a delivery."""
    return {
        "delivery": delivery.id,
        "portal": delivery.portal,
        "event": delivery.code,
        "entity": delivery.entity,
        "received_at": _iso(delivery.received_at),
        "sent_at": _iso(delivery.sent_at),
        "user_id": delivery.user_id,
        "event_handler_id": delivery.event_handler_id,
        "data": delivery.data,
    }


def view_json(view: DeliveryView) -> dict[str, Any]:
    """A delivery with its executions."""
    return {
        **delivery_json(view.delivery),
        "repeat_of": view.repeat_of,
        "repeats": view.repeats,
        "executions": [execution_json(execution) for execution in view.executions],
    }


def execution_json(execution: Execution) -> dict[str, Any]:
    """What is stored of an execution."""
    return {
        "execution": execution.id,
        "handler": execution.handler,
        "state": execution.state.value,
        "parked": execution.parked,
        "replayed": execution.replayed,
        "attempt": execution.attempt,
        "deaths": execution.deaths,
        "started_at": _iso(execution.started_at),
        "due": _iso(execution.due) if execution.state is State.WAITING else None,
        "finished_at": _iso(execution.finished_at),
        "note": execution.note,
    }


def say(text: str) -> None:
    """A sentence, which may have markup."""
    Console(soft_wrap=True, highlight=False).print(text)


def print_json(content: Mapping[str, Any]) -> None:
    """One line."""
    print(json.dumps(content, ensure_ascii=False), flush=True)


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment else None
