"""``store``: all that is stored, from one place to another."""

from __future__ import annotations

import asyncio
import importlib
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from bitrix_events.cli.loading import UsageError, prepare_environment
from bitrix_events.cli.views import say
from bitrix_events.store.sqlite import transfer as sqlite_transfer
from bitrix_events.store.transfer import Digest, Reading, Writing, carry_over

store = typer.Typer(help="Stores: copy one into another.", no_args_is_help=True)

_SQLITE: Final = "sqlite:///"
_POSTGRES: Final = ("postgresql://", "postgres://")
_SHOWN_DIGITS: Final = 12


@store.callback()
def _about() -> None:
    """Stores: copy one into another."""


@store.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Address of a store, as in STORE.")],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="Address of an empty one, or of none yet.")
    ],
) -> None:
    """Copy a store into an empty one of either kind: deliveries, executions, installations, tokens.

    The app must not be running, with neither of them. What is written is read back and compared.
    The target takes all of it or nothing, so a copy that was interrupted is simply begun anew. The
    source stays as it is.

    Tokens are copied sealed: the app goes on with the same `BITRIX_EVENTS_SECRET_KEY`. A password
    need not stand in the address: `PGPASSWORD` and `~/.pgpass` work as well.

    Examples:

        bitrix-events store copy sqlite:///data/bitrix_events.db postgresql://app@db.example.com/app

        bitrix-events store copy postgresql://app@db.example.com/app sqlite:///data/bitrix_events.db
    """
    prepare_environment()
    if source == target:
        raise UsageError("FROM and TO are the same store")
    reading, writing = _reading(source), _writing(target)
    began = time.perf_counter()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        found = asyncio.run(_copy(reading, writing, progress))
    seconds = time.perf_counter() - began
    for table, digest in found.items():
        line = f"{table:10} {digest.count:9} rows, digest {digest.digest[:_SHOWN_DIGITS]}"
        say(f"{line}, the same on both sides")
    say(
        f"Copied in {seconds:.1f} s. Now set BITRIX_EVENTS_STORE to the address of the copy, keep"
        " BITRIX_EVENTS_SECRET_KEY, and start the app."
    )


async def _copy(
    reading: AbstractAsyncContextManager[Reading],
    writing: AbstractAsyncContextManager[Writing],
    progress: Progress,
) -> dict[str, Digest]:
    tasks: dict[str, TaskID] = {}

    def tell(table: str, done: int, total: int) -> None:
        if table not in tasks:
            tasks[table] = progress.add_task(escape(table), total=total)
        progress.update(tasks[table], completed=done)

    async with reading as source, writing as target:
        return await carry_over(source, target, tell)


def _reading(url: str) -> AbstractAsyncContextManager[Reading]:
    if url.startswith(_SQLITE):
        return sqlite_transfer.reading_from(_path_of(url))
    found: AbstractAsyncContextManager[Reading] = _postgres(url).reading_from(url)
    return found


def _writing(url: str) -> AbstractAsyncContextManager[Writing]:
    if url.startswith(_SQLITE):
        return sqlite_transfer.writing_to(_path_of(url))
    found: AbstractAsyncContextManager[Writing] = _postgres(url).writing_to(url)
    return found


def _path_of(url: str) -> Path:
    path = url.removeprefix(_SQLITE)
    if not path:
        raise UsageError("sqlite:/// names no file")
    return Path(path)


def _postgres(url: str) -> Any:
    """What copies PostgreSQL databases. Its driver is an extra, which apps on one machine do
    without, so it is imported when such a database is named."""
    if not url.startswith(_POSTGRES):
        raise UsageError(
            "an address of a store begins with sqlite:/// or postgresql://, as in"
            " sqlite:///data/bitrix_events.db or postgresql://user@host/database"
        )
    if "," in url:
        raise UsageError("these are several databases: copy one after another")
    try:
        return importlib.import_module("bitrix_events.store.postgres.transfer")
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise UsageError(
            "the driver of PostgreSQL is not installed: pip install 'bitrix-events[postgres]'"
        ) from None
