"""Commands within the process of the tests, which saves them a second each."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from bitrix_events.cli.main import main

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(**settings: str) -> dict[str, str]:
    """The variables of a command: those of the tests, and no other settings than these."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("BITRIX_EVENTS_")}
    return {**kept, "COLUMNS": "140", "NO_COLOR": "1", **settings}


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """``command("portals", "list", folder=folder, **settings)``: what a process of its own would
    print, and its exit code. Tests that run in a loop call it in a thread."""

    def run(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
        loaded = set(sys.modules)
        variables = mock.patch.dict(os.environ, environment(**settings), clear=True)
        with variables, monkeypatch.context() as patch:
            patch.chdir(folder)
            patch.setattr(sys, "path", [str(folder), *sys.path])
            patch.setattr(sys, "stdin", io.StringIO())
            patch.setattr(sys, "argv", ["bitrix-events", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        for name in set(sys.modules) - loaded:
            if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
                del sys.modules[name]
        code = ended.value.code
        printed = capsys.readouterr()
        return subprocess.CompletedProcess(
            arguments, code if isinstance(code, int) else 0, printed.out, printed.err
        )

    return run
