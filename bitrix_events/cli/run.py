"""``run``: the server."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from functools import partial
from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import ChangeReload

from bitrix_events.cli import child
from bitrix_events.cli.loading import UsageError, load_app, split_target
from bitrix_events.cli.logs import log_config
from bitrix_events.server import supervisor
from bitrix_events.server.lifeline import Lifeline
from bitrix_events.server.sockets import handed_over, listen

AppArgument = Annotated[
    str, typer.Argument(metavar="MODULE:APP", help="Where the app is, e.g. `hello:app`.")
]


def run(
    app: AppArgument,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start anew when a file changes; for development.")
    ] = False,
    no_supervisor: Annotated[
        bool,
        typer.Option(
            "--no-supervisor", help="One process, which nobody starts again when it dies."
        ),
    ] = False,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Receive events and run handlers.

    Settings come from `BITRIX_EVENTS_…` variables, or from a `.env` file in this folder.

    A small process holds the port and starts the server again when it dies; meanwhile connections
    wait, and none is refused. SIGTERM ends both once everything that has arrived is answered;
    SIGHUP starts the server anew in the same way.

    Examples:

        bitrix-events run hello:app

        bitrix-events run shop.app:app --host 0.0.0.0 --port 80
    """
    if logging.getLevelName(log_level.upper()) == f"Level {log_level.upper()}":
        raise UsageError(f"--log-level is debug, info, warning or error, not {log_level}")
    split_target(app)
    try:
        given = handed_over()
        listening = given or listen(host, port)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error};"
            " stop the other program or choose another --host or --port"
        ) from error
    is_kept = given is not None
    if reload:
        _serve_and_reload(app, log_level, listening)
    elif no_supervisor or sys.platform == "win32":
        child.serve(app, log_level, listening, is_kept=is_kept)
    else:
        child.serve(
            app,
            log_level,
            listening,
            _supervised(app, log_level, listening, is_kept),
            is_kept=is_kept,
        )


def _supervised(target: str, log_level: str, listening: socket.socket, is_kept: bool) -> Lifeline:
    """Go on in a child, while this process becomes its supervisor.

    The first server is a copy of this process, which has imported everything already; the
    supervisor is a new program, so that it keeps nothing of that. Signals wait until it can hear
    them.
    """
    ours, theirs = socket.socketpair()
    heard = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, heard)
    sys.stdout.flush()
    sys.stderr.flush()
    server = os.fork()
    if server == 0:
        ours.close()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)
        return Lifeline(theirs.detach())
    listening.set_inheritable(True)
    ours.set_inheritable(True)
    again = child.command(target, log_level, is_kept=is_kept)
    command = supervisor.command_of(listening.fileno(), ours.fileno(), server, again)
    os.execv(command[0], command)


def _serve_and_reload(target: str, log_level: str, listening: socket.socket) -> None:
    """Serve in a process that is started anew when a file changes."""
    loaded = load_app(target)
    config = uvicorn.Config(
        target, log_config=log_config(log_level, loaded.settings.log_format), reload=True
    )
    listening.set_inheritable(True)
    serve = partial(child.serve_for_reloader, target, log_level)
    ChangeReload(config, target=serve, sockets=[listening]).run()
