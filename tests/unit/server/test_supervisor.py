"""The supervisor with servers of a few lines, which say and do what a server may."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bitrix_events.server.supervisor import command_of, delay_after
from tests.serving import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no supervisor")

BEGINNING = """
import os, signal, socket, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
line = socket.socket(fileno=int(sys.argv[-1]))
with open("starts", "a") as file:
    file.write(f"{os.getpid()}\\n")
"""
GOOD = (
    BEGINNING
    + """
line.sendall(b"started 0.3 text\\n")
said = line.recv(100).decode().split()
with open("said", "a") as file:
    file.write(f"{said}\\n")
"""
)
HANGING = GOOD + "time.sleep(60)"
REFUSING = BEGINNING + "print('no settings', file=sys.stderr); sys.exit(7)"
DYING = BEGINNING + "line.sendall(b'started 0.3 text\\n'); os.kill(os.getpid(), 9)"


class Supervised:
    """A supervisor of a first server, and of further ones."""

    def __init__(self, folder: Path, first: str, later: str = GOOD) -> None:
        self.folder = folder
        (folder / "later.py").write_text(later)
        self._listening = socket.create_server(("127.0.0.1", 0))
        ours, theirs = socket.socketpair()
        passed = (self._listening.fileno(), ours.fileno(), theirs.fileno())
        # As `run` does it: the first server is a child of what becomes the supervisor.
        beginning = f"""
import os, signal, sys
heard = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
signal.pthread_sigmask(signal.SIG_BLOCK, heard)
pid = os.fork()
server = [sys.executable, "-S", "-c", {first!r}, {passed[0]!r}, {passed[2]!r}]
server = [str(part) for part in server]
if pid == 0:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)
    os.close({passed[1]})
    os.execv(server[0], server)
os.close({passed[2]})
command = {command_of(passed[0], passed[1], 0, [sys.executable, "-S", "later.py"])!r}
command[6] = str(pid)
os.execv(command[0], command)
"""
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", beginning],
            cwd=folder,
            pass_fds=passed,
            stderr=subprocess.PIPE,
            text=True,
        )
        ours.close()
        theirs.close()

    def starts(self) -> list[int]:
        """The processes that have started, in order."""
        file = self.folder / "starts"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def said(self) -> list[str]:
        """What each server was told."""
        return (self.folder / "said").read_text().splitlines()

    def wait_for(self, count: int) -> int:
        """The process of the last one of so many starts."""
        until = time.monotonic() + PATIENCE
        while len(self.starts()) < count:
            assert time.monotonic() < until, "the server was not started"
            time.sleep(0.005)
        return self.starts()[-1]

    def end(self) -> tuple[int, str]:
        """Exit code, and what was printed."""
        _, printed = self.process.communicate(timeout=PATIENCE)
        self._listening.close()
        return self.process.returncode, printed


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Supervised]]:
    """Supervisors that are ended with the test."""
    found: list[Supervised] = []
    yield found
    for one in found:
        if one.process.poll() is None:
            one.process.kill()
            one.end()


def supervise(started: list[Supervised], folder: Path, first: str, later: str = GOOD) -> Supervised:
    started.append(Supervised(folder, first, later))
    return started[-1]


def wait_for_the_end_of(pid: int) -> None:
    """Until the supervisor has buried it."""
    with suppress(ProcessLookupError):
        while True:
            os.kill(pid, 0)
            time.sleep(0.005)


def test_the_first_restart_is_at_once_and_the_later_ones_are_rarer() -> None:
    delays = [delay_after(failures) for failures in range(1, 12)]

    assert delays[0] == 0
    assert delays[1] == pytest.approx(0.1)
    assert delays == sorted(delays)
    assert delays[-1] == 5


def test_a_server_that_refuses_to_start_ends_it_all(
    started: list[Supervised], tmp_path: Path
) -> None:
    supervised = supervise(started, tmp_path, REFUSING)

    assert supervised.end() == (7, "no settings\n")


def test_a_server_that_is_killed_is_started_again(
    started: list[Supervised], tmp_path: Path
) -> None:
    supervised = supervise(started, tmp_path, GOOD)
    for count in range(1, 4):
        os.kill(supervised.wait_for(count), signal.SIGKILL)
    supervised.wait_for(4)
    supervised.process.terminate()

    code, printed = supervised.end()

    assert code == 0
    assert printed.count("was ended by SIGKILL; it starts again") == 3
    assert supervised.said() == ["['stop']"]


def test_a_server_that_cannot_start_any_more_is_tried_again(
    started: list[Supervised], tmp_path: Path
) -> None:
    supervised = supervise(started, tmp_path, DYING, REFUSING)
    supervised.wait_for(3)
    (tmp_path / "later.py").write_text(GOOD)
    supervised.wait_for(4)
    supervised.process.terminate()

    code, printed = supervised.end()

    assert code == 0
    assert "ended with 7; it starts again in 0.1 s" in printed


def test_sighup_starts_it_anew_after_it_has_finished(
    started: list[Supervised], tmp_path: Path
) -> None:
    supervised = supervise(started, tmp_path, GOOD)
    supervised.wait_for(1)
    supervised.process.send_signal(signal.SIGHUP)
    supervised.wait_for(2)
    supervised.process.send_signal(signal.SIGINT)

    code, printed = supervised.end()

    assert code == 0
    assert supervised.said() == ["['restart']", "['stop']"]
    assert "starts anew" in printed


def test_a_server_that_does_not_stop_is_killed(started: list[Supervised], tmp_path: Path) -> None:
    supervised = supervise(started, tmp_path, HANGING)
    server = supervised.wait_for(1)
    supervised.process.terminate()

    code, printed = supervised.end()

    assert code == 128 + signal.SIGKILL
    assert f"server {server} does not stop; it is killed" in printed


def test_a_stop_is_heard_while_nothing_runs(started: list[Supervised], tmp_path: Path) -> None:
    supervised = supervise(started, tmp_path, DYING, REFUSING)
    wait_for_the_end_of(supervised.wait_for(7))  # the next one is three seconds away
    supervised.process.terminate()

    assert supervised.end()[0] == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_stays_small(started: list[Supervised], tmp_path: Path) -> None:
    supervised = supervise(started, tmp_path, GOOD)
    supervised.wait_for(1)

    status = Path(f"/proc/{supervised.process.pid}/status").read_text()

    assert int(status.partition("VmRSS:")[2].split()[0]) < 20 * 1024
