"""Options that several commands share, and what they mean."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from bitrix_events.cli.loading import UsageError
from bitrix_events.cli.stores import portal_named
from bitrix_events.store.base import Store
from bitrix_events.store.records import Delivery, DeliveryView, Execution, Query, State

PortalOption = Annotated[
    str | None, typer.Option(metavar="PORTAL", help="Of this portal: member_id or address.")
]
EventOption = Annotated[
    str | None, typer.Option(metavar="CODE", help="With this event code, e.g. `ONCRMDEALADD`.")
]
EntityOption = Annotated[
    str | None, typer.Option(metavar="ENTITY", help="About this record, e.g. `deal:7`.")
]
HandlerOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="For this handler, e.g. `deals.invoice`.")
]
StateOption = Annotated[
    State | None,
    typer.Option(metavar="STATE", help=f"With an execution that is {', '.join(State)}."),
]
SinceOption = Annotated[
    str | None,
    typer.Option(metavar="WHEN", help="Received since then: `2h`, `30m`, `7d`, `2026-11-22`."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_PAGE: Final = 500
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


async def query_of(
    store: Store,
    *,
    portal: str | None = None,
    event: str | None = None,
    entity: str | None = None,
    handler: str | None = None,
    state: State | None = None,
    since: str | None = None,
) -> Query:
    """What the options ask for.

    Raises:
        UsageError: there is no such portal, or no such time.
    """
    return Query(
        portal=await portal_key(store, portal),
        code=event.upper() if event else None,
        entity=entity,
        handler=handler,
        state=state,
        since=moment(since) if since else None,
    )


async def portal_key(store: Store, name: str | None) -> str | None:
    """The key of the portal that ``--portal`` names."""
    return (
        portal_named(name, await store.installations(), trouble=store.trouble).portal
        if name
        else None
    )


def moment(text: str, *, now: datetime | None = None) -> datetime:
    """``2h`` ago, or a day or moment by the clock on the wall: ``2026-11-22 14:30``. Nothing is
    earlier than 1970.

    Raises:
        UsageError: it is neither.
    """
    now = now or datetime.now(UTC)
    try:
        if found := re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", text.strip().lower()):
            return max(now - timedelta(**{_UNITS[found[2]]: float(found[1])}), _BEGINNING)
        return max(datetime.fromisoformat(text.strip()).astimezone(UTC), _BEGINNING)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--since {text!r} is neither a length of time such as 30m, 2h or 7d, nor a moment such"
            ' as 2026-11-22 or "2026-11-22 14:30"'
        ) from error


async def all_found(
    store: Store, query: Query, *, limit: int | None = None, above: int = 0
) -> AsyncIterator[DeliveryView]:
    """All deliveries that a query finds, newest first.

    Args:
        above: only those with a higher id.
    """
    before = None
    left = limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(left, _PAGE)
        page = await store.find(query, limit=size, before=before)
        for view in page:
            if view.delivery.id <= above:
                return
            yield view
        if len(page) < size:
            return
        before = page[-1].delivery.id
        left = None if left is None else left - size


async def all_dead(
    store: Store,
    *,
    portal: str | None = None,
    handler: str | None = None,
    event: str | None = None,
    before: int | None = None,
) -> AsyncIterator[tuple[Delivery, Execution]]:
    """All dead executions that the options name, newest first."""
    while True:
        page = await store.dead(limit=_PAGE, before=before, handler=handler, portal=portal)
        for delivery, execution in page:
            if event is None or delivery.code == event.upper():
                yield delivery, execution
        if len(page) < _PAGE:
            return
        before = page[-1][1].id
