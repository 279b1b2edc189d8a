"""The command line: one module per command, errors in one line."""

from __future__ import annotations

import sys

import typer

from bitrix_events.cli.child import print_error
from bitrix_events.cli.db import db
from bitrix_events.cli.dead import dead
from bitrix_events.cli.demo import demo
from bitrix_events.cli.doctor import doctor
from bitrix_events.cli.events import events
from bitrix_events.cli.handlers import handlers
from bitrix_events.cli.portals import portals
from bitrix_events.cli.record import record
from bitrix_events.cli.replay import replay
from bitrix_events.cli.run import run
from bitrix_events.cli.send import send
from bitrix_events.cli.sync import sync
from bitrix_events.errors import BitrixEventsError

commands = typer.Typer(
    name="bitrix-events",
    help="Apps that react to Bitrix24: receive, store, handle, answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
commands.command()(run)
commands.command()(demo)
commands.command()(send)
commands.command()(handlers)
commands.command()(replay)
commands.command()(record)
commands.command()(sync)
commands.command()(doctor)
commands.add_typer(events, name="events")
commands.add_typer(dead, name="dead")
commands.add_typer(portals, name="portals")
commands.add_typer(db, name="db")


def main() -> None:
    """Run a command; end with 1 and one line if it fails."""
    try:
        commands()
    except BitrixEventsError as error:
        print_error(error)
        sys.exit(1)
