"""The process that serves: what ``run`` becomes, and what its supervisor starts again."""

from __future__ import annotations

import asyncio
import gc
import logging
import logging.config
import os
import signal
import socket
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, get_args

from bitrix_events.app import App
from bitrix_events.cli.complaint import print_error
from bitrix_events.cli.loading import load_app
from bitrix_events.cli.logs import log_config
from bitrix_events.errors import BitrixEventsError
from bitrix_events.server.desk import Desk
from bitrix_events.server.lifeline import Lifeline
from bitrix_events.server.limits import Limits
from bitrix_events.server.server import Server, loop_factory
from bitrix_events.server.sockets import inherited, keep_to_this_process, raise_descriptor_limit
from bitrix_events.settings import Role
from bitrix_events.web.routes import EVENTS_PATH, HEALTH_PATH, INSTALL_PATH

log = logging.getLogger("bitrix_events.run")

_SWITCH_SECONDS: Final = 0.001
"""How long a handler's thread may compute before the door gets its turn."""
_COLLECTIONS: Final = (10_000, 20, 20)
"""What one delivery allocates is gone with its answer; nearly nothing of it needs the collector."""
_ANSWER_SECONDS: Final = 5.0
"""Beyond those for handlers: for answers that are on their way."""
_CLOSING_SECONDS: Final = 90.0
"""Beyond both: for renewals of tokens, which must not be lost, before the process is killed."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a process is started for.

    Attributes:
        target: where the app is, ``module:app``.
        role: what the process does, if not what the settings say.
        is_kept: whether the socket goes on listening after all of us have ended.
        offline: see `App.develop_offline`.
    """

    target: str
    log_level: str
    role: Role | None = None
    is_kept: bool = False
    offline: bool = False


def command(job: Job) -> list[str]:
    """The command that serves an app. Descriptors of socket and lifeline are added to it."""
    kept = "kept" if job.is_kept else "own"
    module = [sys.executable, "-m", "bitrix_events.cli.child"]
    return [*module, job.target, job.log_level, job.role or "", kept]


def serve(job: Job, listening: socket.socket, lifeline: Lifeline | None = None) -> None:
    """Load an app and serve it until it is told to stop.

    Args:
        lifeline: to the supervisor, if there is one.

    Raises:
        BitrixEventsError: the app cannot be loaded, or does not start.
    """
    keep_to_this_process(listening)
    raise_descriptor_limit()
    app = load_app(job.target)
    if job.offline:
        app.develop_offline()
    settings = app.settings
    config = log_config(job.log_level, settings.log_format, settings.process_name)
    logging.config.dictConfig(config)
    _tune_interpreter()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(app, job, listening, lifeline))
    _leave_hanging_threads_behind()


def _tune_interpreter() -> None:
    """Let Python spend its time on deliveries."""
    gc.freeze()  # what was imported stays; a full collection would pause the door for 40 ms
    gc.set_threshold(*_COLLECTIONS)
    sys.setswitchinterval(_SWITCH_SECONDS)
    # As the logging HOWTO advises: log lines name no file, thread or process.
    logging._srcfile = ""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


async def _serve(app: App, job: Job, listening: socket.socket, lifeline: Lifeline | None) -> None:
    """Run the app around the server, so that the app stops after the last answer."""
    settings = app.settings
    limits = Limits(
        body_bytes=settings.body_limit, stop_seconds=settings.shutdown_seconds + _ANSWER_SECONDS
    )
    is_plain = type(app).__call__ is App.__call__  # else somebody wants to see all requests
    server = Server(
        app,
        listening,
        limits,
        desk=Desk(EVENTS_PATH.encode(), app.take_event) if is_plain else None,
        is_kept=job.is_kept or lifeline is not None,
    )
    loop = asyncio.get_running_loop()

    def told(number: int | None = None) -> None:
        word = lifeline.hear() if lifeline is not None else ""
        if word is None:
            log.critical("the supervisor was killed, and so is the server")
            logging.shutdown()
            os._exit(1)
        if word == "stop":
            server.stop(is_kept=job.is_kept)
        elif word == "restart" or number == signal.SIGTERM:
            server.stop()
        elif number == signal.SIGINT and (lifeline is None or server.is_stopping):
            # Ctrl-C reaches the supervisor, too, which says what to do. Twice means at once.
            server.stop(force=server.is_stopping)

    def started() -> None:
        _say_where(app, listening, job.role or settings.role)
        if lifeline is not None:
            style = "text" if sys.stderr.isatty() else "json"
            patience = 2 * settings.shutdown_seconds + _ANSWER_SECONDS + _CLOSING_SECONDS
            lifeline.started(patience, settings.log_format or style)

    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda number, _: loop.call_soon_threadsafe(told, number))
    if lifeline is not None:
        lifeline.watch(told)
    async with app.lifespan(role=job.role):
        await server.serve(started)


def _leave_hanging_threads_behind() -> None:
    """End now, if a handler has left a thread: the interpreter would wait for those of a pool."""
    if threading.active_count() > 1:
        log.warning("threads of handlers are still busy; they are left behind")
        logging.shutdown()
        os._exit(0)


def _say_where(app: App, listening: socket.socket, role: Role) -> None:
    name = listening.getsockname()
    if isinstance(name, str) and not Path(name).exists():
        return  # a worker that nobody wants to ask
    if isinstance(name, tuple):
        host, port = name[:2]
        base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    else:
        base = f"unix:{name}"
    log.info("listening on %s", base)
    if role == "worker":
        log.info("  health:   %s%s", base, HEALTH_PATH)
        return
    log.info("  events:   %s%s", base, EVENTS_PATH)
    if app.settings.is_app:
        log.info("  install:  %s%s", base, INSTALL_PATH)
    codes = sorted({code for handler in app.handlers for code in handler.codes})
    if codes:
        log.info("  handles:  %s", ", ".join(codes))
    else:
        log.warning("no handler is registered; events are stored and nothing runs")


def serve_for_reloader(job: Job, *, sockets: list[Any]) -> None:
    """`serve`, as uvicorn's reloader calls it. It holds the socket, and waits for a better file."""
    try:
        serve(replace(job, is_kept=True), sockets[0])
    except BitrixEventsError as error:
        print_error(error)
        sys.exit(1)


def main(arguments: list[str]) -> None:
    """Serve; see `command` for the arguments."""
    target, log_level, role, kept, descriptor, line = arguments
    job = Job(target, log_level, _role(role), is_kept=kept == "kept")
    try:
        serve(job, inherited(int(descriptor)), Lifeline(int(line)))
    except BitrixEventsError as error:
        print_error(error)
        sys.exit(1)


def _role(name: str) -> Role | None:
    return next((role for role in get_args(Role) if role == name), None)


if __name__ == "__main__":
    main(sys.argv[1:])
