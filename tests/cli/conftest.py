"""Commands within the process of the tests, which saves them a second each."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bitrix_events.cli.main import main

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """``command("portals", "list", folder=folder, **settings)``: what a process of its own would
    print, and its exit code."""

    def run(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
        loaded = set(sys.modules)
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            for name in [name for name in os.environ if name.startswith("BITRIX_EVENTS_")]:
                patch.delenv(name)
            for name, value in {"COLUMNS": "140", "NO_COLOR": "1", **settings}.items():
                patch.setenv(name, value)
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
