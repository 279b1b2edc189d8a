"""The commands are imported when they are asked for; nobody notices but by the time it takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from bitrix_events.cli.main import commands
from tests.cli.conftest import Command, environment


def paths() -> list[list[str]]:
    """The words of every command and every group of them."""
    found: list[list[str]] = []
    left: list[tuple[list[str], Any]] = [([], typer.main.get_command(commands))]
    while left:
        words, command = left.pop()
        found.append(words)
        if hasattr(command, "list_commands"):
            context = typer.Context(command)
            names = command.list_commands(context)
            left += [([*words, name], command.get_command(context, name)) for name in names]
    return found


PATHS = paths()


def test_there_are_as_many_commands_as_ever() -> None:
    tops = {words[0] for words in PATHS if words}

    assert tops == {
        *("run", "dev", "demo", "send", "handlers", "replay", "record", "sync", "doctor"),
        *("events", "dead", "portals", "snapshot", "catch-up", "db", "store", "fake-portal"),
    }
    assert {tuple(words) for words in PATHS} >= {("events", "list"), ("dead", "retry")}


@pytest.mark.parametrize("words", PATHS, ids=lambda words: " ".join(words) or "alone")
def test_every_command_and_group_explains_itself(
    words: list[str], command: Command, tmp_path: Path
) -> None:
    result = command(*words, "--help", folder=tmp_path)

    assert result.returncode == 0
    assert result.stderr == ""
    assert re.search(" ".join(["Usage: .*", *words, r"\["]), result.stdout)


def test_the_help_lists_every_command_with_what_it_does(command: Command, tmp_path: Path) -> None:
    printed = command("--help", folder=tmp_path).stdout

    lines = {line.split()[1]: line.split()[2:-1] for line in printed.splitlines() if "│" in line}
    for words in PATHS:
        if len(words) == 1:
            assert len(lines[words[0]]) > 2, words


def test_without_a_command_all_are_listed(command: Command, tmp_path: Path) -> None:
    result = command(folder=tmp_path)

    printed = result.stdout + result.stderr
    assert "Usage:" in printed
    assert all(words[0] in printed for words in PATHS if words)


@pytest.mark.parametrize(
    "name", ["runn", "child", "main", "inbox", "loading", "Run", "events.list", "__init__", ""]
)
def test_what_is_no_command_is_said_to_be_none(name: str, command: Command, tmp_path: Path) -> None:
    result = command(name, folder=tmp_path)

    assert result.returncode == 2
    assert f"No such command '{name}'" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_slip_is_answered_with_what_was_meant(command: Command, tmp_path: Path) -> None:
    assert "Did you mean 'run'?" in command("runn", folder=tmp_path).stderr


def test_a_group_without_a_command_lists_its_own(command: Command, tmp_path: Path) -> None:
    result = command("events", folder=tmp_path)

    assert "list" in result.stdout + result.stderr


def test_asking_for_help_imports_no_http_client_and_no_server(tmp_path: Path) -> None:
    text = (
        "import sys\n"
        "from bitrix_events.cli import main\n"
        "late = ('httpx', 'httpcore', 'uvicorn', 'bitrix_events.cli.run')\n"
        "print([name for name in late if name in sys.modules])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )

    assert done.stdout == "[]\n"
