"""``run``: the server."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import tempfile
from functools import partial
from typing import Annotated, Final

import typer
import uvicorn
from uvicorn.supervisors import ChangeReload

from bitrix_events.cli import child
from bitrix_events.cli.loading import UsageError, load_app, prepare_environment, split_target
from bitrix_events.cli.logs import log_config
from bitrix_events.server import supervisor
from bitrix_events.server.lifeline import Lifeline
from bitrix_events.server.sockets import handed_over, listen
from bitrix_events.settings import Role, Settings

_PORT: Final = 8000

AppArgument = Annotated[
    str, typer.Argument(metavar="MODULE:APP", help="Where the app is, e.g. `hello:app`.")
]


def run(
    app: AppArgument,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="8000 if not given, and none for a worker; 0 takes a free one.",
            show_default=False,
        ),
    ] = None,
    role: Annotated[
        Role | None,
        typer.Option(
            help="What this process does: receive (web), run handlers (worker), or all. Default:"
            " BITRIX_EVENTS_ROLE, or all.",
            show_default=False,
        ),
    ] = None,
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

    With a PostgreSQL store any number of these may run on any number of machines. A worker takes no
    deliveries; with --port it answers /healthz, /readyz and /metrics there.

    Examples:

        bitrix-events run hello:app

        bitrix-events run shop.app:app --host 0.0.0.0 --port 80

        bitrix-events run shop.app:app --role worker
    """
    check_level(log_level)
    split_target(app)
    prepare_environment()
    listening, is_kept = open_listening(host, port, role or Settings.load(complete=False).role)
    job = child.Job(app, log_level, role, is_kept=is_kept)
    if reload:
        serve_and_reload(job, listening)
    elif no_supervisor or sys.platform == "win32":
        child.serve(job, listening)
    else:
        child.serve(job, listening, _supervised(job, listening))


def _listening(host: str, port: int | None, role: Role) -> socket.socket:
    """The socket to answer on; for a worker without a port, one that nobody can reach."""
    if port is not None or role != "worker":
        return listen(host, _PORT if port is None else port)
    if sys.platform == "win32":
        return listen("127.0.0.1", 0)
    nowhere = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with tempfile.TemporaryDirectory() as folder:
        nowhere.bind(f"{folder}/socket")  # gone with the folder
        nowhere.listen()
    return nowhere


def _supervised(job: child.Job, listening: socket.socket) -> Lifeline:
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
    again = child.command(job)
    command = supervisor.command_of(listening.fileno(), ours.fileno(), server, again)
    os.execv(command[0], command)


def check_level(log_level: str) -> None:
    """Raise `UsageError` unless it is the name of a level."""
    if logging.getLevelName(log_level.upper()) == f"Level {log_level.upper()}":
        raise UsageError(f"--log-level is debug, info, warning or error, not {log_level}")


def open_listening(host: str, port: int | None, role: Role = "all") -> tuple[socket.socket, bool]:
    """A socket that listens, and whether it is systemd's, which keeps it.

    Raises:
        UsageError: somebody else listens there, or nobody may.
    """
    try:
        given = handed_over()
        return given or _listening(host, port, role), given is not None
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error};"
            " stop the other program or choose another --host or --port"
        ) from error


def serve_and_reload(job: child.Job, listening: socket.socket) -> None:
    """Serve in a process that is started anew when a file changes."""
    settings = load_app(job.target).settings
    lines = log_config(job.log_level, settings.log_format, settings.process_name)
    config = uvicorn.Config(job.target, log_config=lines, reload=True)
    listening.set_inheritable(True)
    serve = partial(child.serve_for_reloader, job)
    ChangeReload(config, target=serve, sockets=[listening]).run()
