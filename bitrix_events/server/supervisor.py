"""The parent of a server: it holds the listening socket, and starts the server again when it dies.

While there is no server, connections wait in the kernel, and none is refused. This module is run as
a script and imports nothing of the package, so that the process stays small.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

_FIRST_DELAY_SECONDS: Final = 0.1
_LONGEST_DELAY_SECONDS: Final = 5.0
_START_STOP_SECONDS: Final = 30.0
"""How long a server that has not started yet may take to stop."""
_HEARD: Final = ("SIGTERM", "SIGINT", "SIGHUP", "SIGCHLD")


def delay_after(failures: int) -> float:
    """Seconds before the next start, after so many quick deaths in a row."""
    if failures <= 1:
        return 0.0
    return min(_FIRST_DELAY_SECONDS * 2.0 ** (failures - 2), _LONGEST_DELAY_SECONDS)


def command_of(
    listening: int, line: int, child: int, server: Sequence[str], *, python: str = sys.executable
) -> list[str]:
    """The command that makes a process the supervisor of a server that runs already.

    Args:
        listening: descriptor of the listening socket.
        line: descriptor of the supervisor's end of the lifeline.
        child: the server's process.
        server: the command of further servers; the descriptors of the socket and of the lifeline
            are added to it.
    """
    numbers = map(str, (listening, line, child))
    return [python, "-I", "-S", os.path.abspath(__file__), *numbers, *server]


class _Server:
    """One process of the server, and the lifeline to it."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.line: socket.socket | None = line
        self.stop_seconds = _START_STOP_SECONDS
        self.has_started = False
        line.setblocking(False)

    @classmethod
    def spawn(cls, command: Sequence[str], listening: int) -> _Server:
        """Start one.

        Raises:
            OSError: the system does not allow it.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.set_inheritable(True)
            signals = [getattr(signal, name) for name in _HEARD]
            arguments = [*command, str(listening), str(theirs.fileno())]
            try:
                pid = os.posix_spawn(
                    arguments[0], arguments, os.environ, setsigmask=[], setsigdef=signals
                )
            except OSError:
                ours.close()
                raise
        return cls(pid, ours)

    def hear(self) -> str | None:
        """Take in what it says; the format that log lines are to have, once it has started."""
        if self.line is None:
            return None
        try:
            words = self.line.recv(1024).decode().split()
        except BlockingIOError:
            return None
        except OSError:
            words = []
        if not words:
            self.line.close()
            self.line = None
            return None
        self.has_started = True
        self.stop_seconds = float(words[1])
        return words[2]

    def tell(self, word: str) -> None:
        """Say ``stop`` or ``restart``."""
        if self.line is not None:
            with suppress(OSError):
                self.line.sendall(f"{word}\n".encode())
        os.kill(self.pid, signal.SIGTERM)


class Supervisor:
    """Keeps a server running.

    Args:
        listening: descriptor of the listening socket.
        command: starts a server.
    """

    def __init__(self, listening: int, command: Sequence[str]) -> None:
        self._listening = listening
        self._command = command
        self._server: _Server | None = None
        self._log_format = "text"
        self._has_run = False
        self._failures = 0
        self._is_stopping = False
        self._is_restarting = False
        self._kill_at: float | None = None
        self._start_at: float | None = None
        self._terminal = _terminal()

    def run(self, server: _Server) -> int:
        """Watch over a server and its successors until a stop is asked for; the exit code."""
        self._server = server
        wake_up, woken = socket.socketpair()
        wake_up.setblocking(False)
        woken.setblocking(False)
        signal.set_wakeup_fd(wake_up.fileno(), warn_on_full_buffer=False)
        heard = [getattr(signal, name) for name in _HEARD]
        for one in heard:
            signal.signal(one, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)
        code = self._reap()  # it may have died before it could be heard
        while code is None:
            self._wait(woken)
            code = self._reap()
            if code is None:
                code = self._keep_time()
        return code

    def _wait(self, woken: socket.socket) -> None:
        """Sleep until something happens, and take it in."""
        moments = [moment for moment in (self._kill_at, self._start_at) if moment is not None]
        seconds = max(0.0, min(moments) - time.monotonic()) if moments else None
        line = self._server.line if self._server is not None else None
        sources = [woken] if line is None else [woken, line]
        readable, _, _ = select.select(sources, [], [], seconds)
        if line in readable:
            self._hear()
        if woken in readable:
            for number in woken.recv(1024):
                if number == signal.SIGHUP and not _has_hung_up(self._terminal):
                    self._restart()
                elif number != signal.SIGCHLD:
                    self._stop()

    def _hear(self) -> None:
        if self._server is not None:
            self._log_format = self._server.hear() or self._log_format
            self._has_run = self._has_run or self._server.has_started

    def _stop(self) -> None:
        self._is_stopping = True
        self._start_at = None
        if self._server is not None:
            self._server.tell("stop")
            self._kill_at = self._kill_at or time.monotonic() + self._server.stop_seconds

    def _restart(self) -> None:
        if self._is_stopping:
            return
        self._failures = 0
        if self._server is None:
            self._start_at = time.monotonic()
            return
        self._say("info", "restarting", "the server is told to finish, and starts anew")
        self._is_restarting = True
        self._server.tell("restart")
        self._kill_at = time.monotonic() + self._server.stop_seconds

    def _keep_time(self) -> int | None:
        """Do what is due; an exit code, if nothing is left to do."""
        if self._is_stopping and self._server is None:
            return 0
        now = time.monotonic()
        if self._kill_at is not None and now >= self._kill_at and self._server is not None:
            self._kill_at = None
            self._say("error", "killed", f"server {self._server.pid} does not stop; it is killed")
            os.kill(self._server.pid, signal.SIGKILL)
        if self._start_at is not None and now >= self._start_at:
            self._start_at = None
            try:
                self._server = _Server.spawn(self._command, self._listening)
            except OSError as error:
                self._start_later(f"the server cannot be started: {error.strerror}")
        return None

    def _reap(self) -> int | None:
        """Bury the dead; the exit code, if that was the end of all."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return None
            if pid == 0:
                return None
            if self._server is not None and pid == self._server.pid:
                code = self._buried(os.waitstatus_to_exitcode(status))
                if code is not None:
                    return code

    def _buried(self, code: int) -> int | None:
        self._hear()
        server, self._server = self._server, None
        assert server is not None
        if server.line is not None:
            server.line.close()
        self._kill_at = None
        if self._is_stopping:
            return 0 if code in (0, -signal.SIGTERM, -signal.SIGINT) else _exit_code(code)
        if self._is_restarting:
            self._is_restarting = False
            self._start_at = time.monotonic()
            return None
        if not self._has_run:
            return _exit_code(code)  # it has said why
        if server.has_started:  # a start takes so long that nothing spins
            self._failures = 0
        self._start_later(f"server {server.pid} {_ended(code)}")
        return None

    def _start_later(self, what: str) -> None:
        self._failures += 1
        delay = delay_after(self._failures)
        when = f"in {delay:g} s" if delay else "now"
        self._say("error", "died", f"{what}; it starts again {when}, connections wait")
        self._start_at = time.monotonic() + delay

    def _say(self, level: str, action: str, message: str) -> None:
        now = time.time()
        if self._log_format == "json":
            second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
            content = {
                "time": f"{second}.{int(now % 1 * 1000):03d}Z",
                "level": level,
                "logger": "bitrix_events.server.supervisor",
                "message": message,
                "action": action,
            }
            line = json.dumps(content, separators=(",", ":"))
        else:
            prefix = "" if level == "info" else f"{level}: "
            line = f"{time.strftime('%H:%M:%S', time.localtime(now))} {prefix}{message}"
        with suppress(OSError):  # nobody reads it any more
            os.write(2, f"{line}\n".encode())


def _exit_code(code: int) -> int:
    """A shell's number for the end of a process."""
    return code if code >= 0 else 128 - code


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _terminal() -> int | None:
    """A descriptor of the terminal this was started from, if any."""
    return next((descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor)), None)


def _has_hung_up(terminal: int | None) -> bool:
    """Whether SIGHUP means what it once meant: the terminal has been closed."""
    return terminal is not None and not os.isatty(terminal)


def main(arguments: Sequence[str]) -> int:
    """Supervise; see `command_of` for the arguments."""
    listening, line, child = map(int, arguments[:3])
    server = _Server(child, socket.socket(fileno=line))
    os.set_inheritable(line, False)
    return Supervisor(listening, arguments[3:]).run(server)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
