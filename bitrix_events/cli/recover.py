"""bitrix-events db recover: carry what can be read of a damaged store over into a new file."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from bitrix_events.cli.stores import file_of, settings_here
from bitrix_events.errors import StoreError
from bitrix_events.store.sqlite.database import Database
from bitrix_events.store.sqlite.salvage import salvage


def recover(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what can be read; change nothing.")
    ] = False,
) -> None:
    """Carry what can be read of a damaged store over into a new file.

    The app must not be running. When it starts it does the same by itself, if it finds damage. The
    old file is kept aside.

    Examples:

        bitrix-events db recover --dry-run

        bitrix-events db recover
    """
    path = file_of(settings_here(), instead="its own tools and backups are for that")
    if not path.exists():
        raise StoreError(f"there is no store at {path}")
    database = Database(path, mode="own")
    if not dry_run:
        database.take()
    try:
        found = salvage(path, dry_run=dry_run)
    finally:
        database.close()
    console = Console(highlight=False)
    for line in found.lines():
        console.print(line, soft_wrap=True, markup=False)
