"""Following a store: what arrives, and what becomes of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.markup import escape

from bitrix_events.cli.options import all_found
from bitrix_events.cli.stores import when
from bitrix_events.cli.views import (
    Names,
    delivery_json,
    execution_json,
    print_json,
    state_of,
    title_of,
)
from bitrix_events.store.base import Store
from bitrix_events.store.records import Delivery, DeliveryView, Execution, Query, State

_LOOK_SECONDS: Final = 0.5
_WATCHED: Final = 1000
_UNFINISHED: Final = frozenset({State.WAITING, State.RUNNING})

_Standing = tuple[State, int, bool, datetime | None]


class Tail:
    """Prints a line for each delivery that a query finds, and one for each change of an execution.

    Changes are noticed of the newest 1,000 deliveries that have something unfinished, or were the
    newest ones when this began.

    Args:
        store: open; another process may be writing to it.
    """

    def __init__(self, store: Store, query: Query, names: Names, *, as_json: bool) -> None:
        self._store = store
        self._query = query
        self._names = names
        self._as_json = as_json
        self._console = Console(soft_wrap=True, highlight=False)
        self._last_id = 0
        self._watched: dict[int, dict[int, _Standing]] = {}
        """The executions of each delivery that may still change, as they were shown."""

    async def follow(self, *, last: int) -> None:
        """Go on for ever, beginning with the last few deliveries."""
        newest = await self._store.find(Query(), limit=1)
        self._last_id = newest[0].delivery.id if newest else 0
        if last:
            first = await self._store.find(self._query, limit=last, before=self._last_id + 1)
            for view in reversed(first):
                self._show_new(view)
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Show what has changed since the last look."""
        for delivery_id in list(self._watched):
            view = await self._store.delivery(delivery_id)
            if view is None:
                del self._watched[delivery_id]
            else:
                self._show_changes(view)
        # Without the query, which would look at all that is stored whenever nothing is like it.
        new = [view async for view in all_found(self._store, Query(), above=self._last_id)]
        for view in reversed(new):
            self._last_id = view.delivery.id
            if self._is_wanted(view):
                self._show_new(view)

    def _is_wanted(self, view: DeliveryView) -> bool:
        delivery, query = view.delivery, self._query
        return (
            query.portal in (None, delivery.portal)
            and query.code in (None, delivery.code)
            and query.entity in (None, delivery.entity)
            and (query.handler is None or query.handler in {e.handler for e in view.executions})
        )

    def _show_new(self, view: DeliveryView) -> None:
        self._show_delivery(view)
        self._watched[view.delivery.id] = {}
        self._show_changes(view)
        if len(self._watched) > _WATCHED:
            del self._watched[next(iter(self._watched))]

    def _show_changes(self, view: DeliveryView) -> None:
        shown = self._watched[view.delivery.id]
        for execution in view.executions:
            standing = _standing(execution)
            # That it waits for its first attempt goes without saying.
            before = shown.get(execution.id, (State.WAITING, 0, False, None))
            shown[execution.id] = standing
            if standing != before:
                self._show_execution(view.delivery, execution)
        if not any(execution.state in _UNFINISHED for execution in view.executions):
            del self._watched[view.delivery.id]

    def _show_delivery(self, view: DeliveryView) -> None:
        delivery = view.delivery
        if self._as_json:
            content = {**delivery_json(delivery), "repeat_of": view.repeat_of}
            print_json({"what": "delivery", **content})
            return
        text = f"[bold]{escape(title_of(delivery, self._names))}[/bold]"
        if view.repeat_of is not None:
            text += f", a repeat of #{view.repeat_of}"
        self._console.print(f"{_time(delivery.received_at)} {text}")

    def _show_execution(self, delivery: Delivery, execution: Execution) -> None:
        if self._as_json:
            content = execution_json(execution)
            print_json({"what": "execution", "delivery": delivery.id, **content})
            return
        text = f"#{delivery.id} {escape(execution.handler)} {state_of(execution)}"
        waits = execution.state is State.WAITING and execution.attempt > 0
        if waits or execution.attempt > 1:
            text += f", attempt {execution.attempt}"
        if waits and execution.due is not None:
            text += f", again at {when(execution.due)}"
        if execution.note:
            text += f": {escape(execution.note)}"
        moment = execution.finished_at or datetime.now(UTC)
        self._console.print(f"{_time(moment)}   {text}")


def _standing(execution: Execution) -> _Standing:
    """What a change of is worth a line. All that wait in a lane have the same ``due``: that is told
    of the one that was tried."""
    due = execution.due if execution.attempt else None
    return execution.state, execution.attempt, execution.parked, due


def _time(moment: datetime) -> str:
    return f"[dim]{moment.astimezone():%H:%M:%S}[/dim]"
