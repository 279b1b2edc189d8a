"""``run``: the server."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import threading
from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import ChangeReload

from bitrix_events.app import App
from bitrix_events.cli.loading import UsageError, load_app, split_target
from bitrix_events.cli.logs import log_config
from bitrix_events.web.routes import EVENTS_PATH, INSTALL_PATH

log = logging.getLogger("bitrix_events.run")

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
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Receive events and run handlers.

    Settings come from `BITRIX_EVENTS_…` variables, or from a `.env` file in this folder.

    Examples:

        bitrix-events run hello:app

        bitrix-events run shop.app:app --host 0.0.0.0 --port 80
    """
    loaded = load_app(app)
    settings = loaded.settings
    if logging.getLevelName(log_level.upper()) == f"Level {log_level.upper()}":
        raise UsageError(f"--log-level is debug, info, warning or error, not {log_level}")
    config = uvicorn.Config(
        ":".join(split_target(app)) if reload else loaded,
        lifespan="on" if reload else "off",
        log_config=log_config(log_level, settings.log_format),
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=int(settings.shutdown_seconds) + 5,
        reload=reload,
    )
    listening = listen(host, port)
    server = uvicorn.Server(config)
    if reload:
        listening.set_inheritable(True)
        _say_where(loaded, listening)
        ChangeReload(config, target=server.run, sockets=[listening]).run()
        return
    gc.freeze()  # what was imported stays; a full collection would pause the door for 40 ms
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(loaded, server, listening))
    _leave_hanging_threads_behind()


async def _serve(app: App, server: uvicorn.Server, listening: socket.socket) -> None:
    """Run the app around the server, so that the app stops after the last answer.

    uvicorn repeats the signal that stopped it for whoever is next in line. Here nobody is: the app
    goes on stopping in its own time.
    """
    stopped = asyncio.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: stopped.set())
    async with app.lifespan():
        _say_where(app, listening)
        if not stopped.is_set():
            await server.serve(sockets=[listening])


def _leave_hanging_threads_behind() -> None:
    """End now, if a handler has left a thread: the interpreter would wait for those of a pool."""
    if threading.active_count() > 1:
        log.warning("threads of handlers are still busy; they are left behind")
        logging.shutdown()
        os._exit(0)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        UsageError: the port is taken, or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off Nagle's algorithm only for sockets that name their protocol.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error};"
            " stop the other program or choose another --host or --port"
        ) from error
    if hasattr(os, "register_at_fork"):  # a child of a handler must not keep the port
        os.register_at_fork(after_in_child=sock.close)
    return sock


def _say_where(app: App, listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    log.info("listening on %s", base)
    log.info("  events:   %s%s", base, EVENTS_PATH)
    if app.settings.is_app:
        log.info("  install:  %s%s", base, INSTALL_PATH)
    codes = sorted({code for handler in app.handlers for code in handler.codes})
    if codes:
        log.info("  handles:  %s", ", ".join(codes))
    else:
        log.warning("no handler is registered; events are stored and nothing runs")
