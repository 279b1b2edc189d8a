"""Listening sockets: whose they are, and how one ends without a reset."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from bitrix_events.server.sockets import (
    handed_over,
    has_bytes,
    inherited,
    listen,
    most_connections,
    refuse_beginnings,
)


def connected(port: int, *, seconds: float = 0.2) -> bool:
    with socket.socket() as client:
        client.settimeout(seconds)
        try:
            client.connect(("127.0.0.1", port))
        except OSError:
            return False
        return True


def test_a_port_is_taken_once() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", first.getsockname()[1])


def test_variables_of_systemd_that_mean_another_process_are_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", "1")

    assert handed_over() is None


def test_one_socket_is_taken_over_and_not_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_FDS", "2")
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))

    with pytest.raises(OSError, match="hands over 2 sockets"):
        handed_over()


def test_what_does_not_listen_is_not_inherited() -> None:
    plain = socket.socket()

    with pytest.raises(OSError, match="no listening socket"):
        inherited(plain.detach())


@pytest.mark.skipif(sys.platform != "linux", reason="Linux can")
def test_after_the_last_call_nobody_comes_and_nobody_is_sent_away() -> None:
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as early:
            assert refuse_beginnings(listening)
            late = connected(port)
            accepted, _ = listening.accept()
            with accepted:
                early.sendall(b"hello")
                heard = accepted.recv(5)

    assert not late
    assert heard == b"hello"


@pytest.mark.skipif(sys.platform == "win32", reason="not asked there")
def test_unread_bytes_are_seen() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        before = has_bytes(ours.fileno())
        theirs.sendall(b"x")

        assert (before, has_bytes(ours.fileno())) == (False, True)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
@pytest.mark.parametrize(("descriptors", "connections"), [(64, 32), (1024, 768), (100_000, 2500)])
def test_connections_leave_descriptors_for_others(
    descriptors: int, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (descriptors, descriptors))

    assert most_connections() == connections
