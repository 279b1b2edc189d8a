"""The command line: one module per command, errors in one line."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from bitrix_events.cli.complaint import print_error
from bitrix_events.errors import BitrixEventsError

_COMMANDS: Final = (
    *("run", "dev", "demo", "fake-portal", "send", "handlers", "replay", "record", "sync"),
    *("doctor", "events", "dead", "portals", "snapshot", "catch-up", "db", "store"),
)


class _Commands(TyperGroup):
    """Commands whose modules, all of that name (with ``_`` for ``-``), are imported when they are
    asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        known: dict[str, Any] = dict.fromkeys(_COMMANDS)
        self.commands = known  # what it says of a slip comes from here

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        found = getattr(import_module(f"bitrix_events.cli.{name}"), name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, rich_markup_mode="markdown")
            alone.command(cmd_name)(found)
            found = alone
        command = get_command(found)
        command.name = cmd_name
        return command


commands = typer.Typer(
    cls=_Commands,
    name="bitrix-events",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@commands.callback()
def _about() -> None:
    """Apps that react to Bitrix24: receive, store, handle, answer."""


def main() -> None:
    """Run a command; end with 1 and one line if it fails."""
    try:
        commands()
    except BitrixEventsError as error:
        print_error(error)
        sys.exit(1)
