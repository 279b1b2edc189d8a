"""``dead``: executions that nobody will try again, unless somebody says so here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bitrix_events.cli.loading import UsageError
from bitrix_events.cli.options import (
    EventOption,
    HandlerOption,
    JsonOption,
    PortalOption,
    YesOption,
    all_dead,
    portal_key,
)
from bitrix_events.cli.stores import is_running, settings_here, when, when_they_run, with_store
from bitrix_events.cli.views import (
    Names,
    delivery_json,
    execution_json,
    portal_names,
    print_json,
    say,
    title_of,
)
from bitrix_events.store.records import Delivery, Execution
from bitrix_events.stores import OwnStore

dead = typer.Typer(
    help="Executions that have failed for good: look, try again, drop.", no_args_is_help=True
)

_AT_ONCE: Final = 500

Found = list[tuple[Delivery, Execution]]

IdsArgument = Annotated[
    list[int] | None,
    typer.Argument(metavar="EXECUTION", help="Numbers of executions, as in `dead list`."),
]
AllOption = Annotated[bool, typer.Option("--all", help="All of them.")]


@dead.command("list")
def list_dead(
    handler: HandlerOption = None,
    portal: PortalOption = None,
    event: EventOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    before: Annotated[int | None, typer.Option(metavar="ID", help="Go on below this one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The newest dead executions, newest first.

    Examples:

        bitrix-events dead list --handler deals.invoice

        bitrix-events dead list --json
    """

    async def look(store: OwnStore) -> Found:
        found: Found = []
        key = await portal_key(store, portal)
        chosen = all_dead(store, portal=key, handler=handler, event=event, before=before)
        async for one in chosen:
            found.append(one)
            if len(found) == limit:
                break
        return found

    found = with_store(settings_here(), "look", look)
    if as_json:
        for delivery, execution in found:
            print_json({**execution_json(execution), **_without_data(delivery)})
        return
    console = Console()
    if not found:
        asked = handler or portal or event or before
        console.print("No dead execution is like that." if asked else "Nothing is dead.")
        return
    console.print(_table(found))
    if len(found) == limit:
        console.print(f"[dim]For older ones add: --before {found[-1][1].id}[/dim]")


@dead.command("show")
def show_dead(
    number: Annotated[
        int, typer.Argument(metavar="EXECUTION", help="Its number, as in `dead list`.")
    ],
    as_json: JsonOption = False,
) -> None:
    """One dead execution: what failed, how often, and the data that it was about.

    Examples:

        bitrix-events dead show 55

        bitrix-events dead show 55 --json
    """

    async def look(store: OwnStore) -> tuple[Delivery, Execution, Names]:
        return *await _found(store, number), await portal_names(store)

    delivery, execution, names = with_store(settings_here(), "look", look)
    if as_json:
        print_json({**execution_json(execution), **delivery_json(delivery)})
        return
    console = Console(soft_wrap=True, highlight=False)
    facts = {
        "delivery": title_of(delivery, names),
        "received": when(delivery.received_at),
        "attempts": str(execution.attempt),
        "first": when(execution.started_at) if execution.started_at else "",
        "dead": when(execution.finished_at) if execution.finished_at else "",
        "processes": f"{execution.deaths} died while it ran" if execution.deaths else "",
        "note": execution.note,
    }
    console.print(f"[bold]{execution.id} {escape(execution.handler)}[/bold]")
    for name, value in facts.items():
        if value:
            console.print(f"  {name:9} {escape(value)}")
    console.print("  data")
    console.print_json(data=delivery.data, indent=2)
    console.print(
        f"To try again: bitrix-events dead retry {execution.id}; to have done with it:"
        f" bitrix-events dead drop {execution.id}"
    )


@dead.command("retry")
def retry_dead(
    ids: IdsArgument = None,
    every: AllOption = False,
    handler: HandlerOption = None,
    portal: PortalOption = None,
    event: EventOption = None,
    yes: YesOption = False,
) -> None:
    """Let dead executions wait again, as if they had never run.

    The app may be running; if it is not, they run after its next start.

    Examples:

        bitrix-events dead retry 55

        bitrix-events dead retry --handler deals.invoice --yes
    """
    count, works = _change(
        ids,
        every=every,
        handler=handler,
        portal=portal,
        event=event,
        question=None if yes else "Try {count} dead executions again?",
        change=lambda store, some: store.retry_dead(some),
    )
    if count:
        say(f"executions that wait again: {count}; {when_they_run(works=works)}")


@dead.command("drop")
def drop_dead(
    ids: IdsArgument = None,
    every: AllOption = False,
    handler: HandlerOption = None,
    portal: PortalOption = None,
    event: EventOption = None,
    yes: YesOption = False,
) -> None:
    """Have done with dead executions: they count as skipped, and age like all others.

    Examples:

        bitrix-events dead drop 55 56

        bitrix-events dead drop --all --yes
    """
    count, _ = _change(
        ids,
        every=every,
        handler=handler,
        portal=portal,
        event=event,
        question=None if yes else "Drop {count} dead executions?",
        change=lambda store, some: store.drop_dead(some),
    )
    if count:
        say(f"executions dropped: {count}")


def _change(
    ids: Sequence[int] | None,
    *,
    every: bool,
    handler: str | None,
    portal: str | None,
    event: str | None,
    question: str | None,
    change: Callable[[OwnStore, Sequence[int]], Awaitable[int]],
) -> tuple[int, bool]:
    """Change the chosen executions; how many they were, and whether the app runs.

    Args:
        question: asked if there are several; None for not at all.
    """
    chooses = bool(handler or portal or event)
    if not ids and not every and not chooses:
        raise UsageError("say which: give numbers of executions, --handler, --portal, or --all")
    if ids and (every or chooses):
        raise UsageError("give numbers of executions or options that choose some, not both")
    settings = settings_here()

    async def choose(store: OwnStore) -> list[int]:
        if ids:
            return [(await _found(store, number))[1].id for number in dict.fromkeys(ids)]
        key = await portal_key(store, portal)
        found = all_dead(store, portal=key, handler=handler, event=event)
        return [execution.id async for _, execution in found]

    # The oldest first, so that they keep their order.
    chosen = sorted(with_store(settings, "look", choose))
    if not chosen:
        say("No dead execution is like that." if chooses else "Nothing is dead.")
        return 0, False
    if len(chosen) > 1 and question is not None:
        typer.confirm(question.format(count=len(chosen)), abort=True)

    async def apply(store: OwnStore) -> tuple[int, bool]:
        count = 0
        for start in range(0, len(chosen), _AT_ONCE):
            count += await change(store, chosen[start : start + _AT_ONCE])
        return count, await is_running(store)

    return with_store(settings, "share", apply)


async def _found(store: OwnStore, number: int) -> tuple[Delivery, Execution]:
    for delivery, execution in await store.dead(limit=1, before=number + 1):
        if execution.id == number:
            return delivery, execution
    raise UsageError(f"execution {number} is not dead; see bitrix-events dead list")


def _table(found: Found) -> Table:
    table = Table(box=None, header_style="bold")
    for title in ("EXECUTION", "DEAD SINCE", "DELIVERY", "HANDLER", "ATTEMPTS", "NOTE"):
        table.add_column(title, no_wrap=title == "DEAD SINCE")
    for delivery, execution in found:
        about = " ".join(filter(None, (f"#{delivery.id}", delivery.code, delivery.entity)))
        table.add_row(
            str(execution.id),
            when(execution.finished_at) if execution.finished_at else "",
            escape(about),
            escape(execution.handler),
            str(execution.attempt),
            escape(execution.note),
        )
    return table


def _without_data(delivery: Delivery) -> dict[str, object]:
    content = delivery_json(delivery)
    del content["data"]
    return content
