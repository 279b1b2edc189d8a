"""The tests in examples/testing pass as a reader would run them, and the plugin is announced."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run_pytest(folder: Path, *arguments: str) -> str:
    """Run tests with no plugin but those named; returns what pytest says."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "bitrix_events.pytest_plugin", "--rootdir", str(folder), "-c", os.devnull]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(
        [*command, *arguments, str(folder)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.stdout + ended.stderr


def test_the_example_passes() -> None:
    said = run_pytest(ROOT / "examples" / "testing", "-p", "pytest_asyncio.plugin")

    assert "2 passed" in said, said


def test_a_handler_that_fails_is_shown_and_needs_no_asyncio_plugin(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        """
from bitrix_events import App
from bitrix_events.events import OnCrmDealAdd

app = App()

@app.on(OnCrmDealAdd)
async def divide() -> None:
    1 / 0

def test_it(bitrix):
    test = bitrix(app)
    test.portal.add("deal", TITLE="Roof")
    test.drain()
"""
    )

    said = run_pytest(tmp_path)

    assert "1 failed" in said, said
    assert ">       1 / 0" in said
    assert "HandlerFailed: app.divide failed at ONCRMDEALADD deal:1, attempt 1" in said


def test_pytest_finds_the_plugin_by_itself() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    plugin = import_module(project["entry-points"]["pytest11"]["bitrix_events"])

    assert isinstance(plugin.bitrix, type(pytest.fixture(lambda: None)))
