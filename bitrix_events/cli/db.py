"""``db``: the file of the store."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from bitrix_events.cli.loading import UsageError
from bitrix_events.cli.recover import recover
from bitrix_events.cli.stores import file_of, settings_here, with_store
from bitrix_events.cli.views import say
from bitrix_events.errors import StoreError
from bitrix_events.store.sqlite.backup import back_up
from bitrix_events.store.sqlite.health import examine
from bitrix_events.stores import OwnStore

db = typer.Typer(
    help="The file of the store: prune, back up, check, recover.", no_args_is_help=True
)

_AT_ONCE: Final = 1000
_MIB: Final = 1024 * 1024


@db.command()
def prune(
    days: Annotated[
        float | None,
        typer.Option(min=0, help="Keep so many days; default: BITRIX_EVENTS_RETENTION_DAYS."),
    ] = None,
) -> None:
    """Delete deliveries that are older, and of which nothing waits, runs or is dead.

    The app does this by itself. It may be running.

    Examples:

        bitrix-events db prune

        bitrix-events db prune --days 3
    """
    settings = settings_here()
    kept = settings.retention_days if days is None else days
    if days is None and not kept:
        raise UsageError(
            "BITRIX_EVENTS_RETENTION_DAYS is 0: all is kept; say --days to delete some"
        )
    before = datetime.now(UTC) - timedelta(days=kept)

    async def delete(store: OwnStore) -> int:
        count = 0
        while some := await store.prune(before, limit=_AT_ONCE):
            count += some
        return count

    count = with_store(settings, "share", delete)
    say(f"deliveries deleted: {count}; older than {kept:g} days, with nothing unfinished or dead")


@db.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; must not exist.")],
) -> None:
    """Copy the store to one file, as it is at this moment. The app may be running.

    The key that the tokens are sealed with is not part of the copy: keep it, too. To restore, stop
    the app and put the file in the place of the store, without the `-wal` beside that.

    Example:

        bitrix-events db backup /backups/bitrix-2026-11-22.db
    """
    path = file_of(settings_here(), instead="pg_dump copies it while the app runs")
    began = time.perf_counter()
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("copying", total=1.0)
        size = back_up(path, file, tell=lambda part: progress.update(task, completed=part))
    seconds = time.perf_counter() - began
    say(f"{escape(str(file))}: {size / _MIB:.1f} MiB in {seconds:.1f} s")


@db.command()
def check(
    seconds: Annotated[
        float, typer.Option(min=1, help="How long it may take; large files take long.")
    ] = 600,
) -> None:
    """Read the whole file and look for damage. Changes nothing; the app may be running.

    The exit code is 1 if something is wrong.

    Examples:

        bitrix-events db check

        bitrix-events db check --seconds 30
    """
    path = file_of(settings_here(), instead="pg_amcheck looks for damage there")
    found = examine(path, seconds=seconds)
    if not found.exists:
        raise StoreError(f"there is no store at {path}; has the app run here yet?")
    if found.damage:
        raise StoreError(
            f"{path} is damaged: {found.damage}; stop the app, and restore a backup or save what"
            " can be read: bitrix-events db recover"
        )
    size = f"{found.size / _MIB:.1f} MiB"
    if not found.is_complete:
        raise StoreError(
            f"{path} ({size}) was not read to its end in {seconds:g} s; no damage so far"
        )
    say(f"{escape(str(path))} ({size}) is sound.")
    if found.unwritable is not None:
        say(f"But this user may not write to {escape(str(found.unwritable))}.")


db.command()(recover)
