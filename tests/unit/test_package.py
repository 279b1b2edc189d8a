"""The names of the package are there, and are imported when somebody asks for them."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import bitrix_events

_BASE = "import httpx, pydantic, starlette.applications"
_MEMORY = """
def mib():
    status = open("/proc/self/status").read()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
"""


def run(script: str) -> str:
    """What a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=180
    )
    return done.stdout


def test_all_names_are_those_that_type_checkers_see() -> None:
    tree = ast.parse(Path(bitrix_events.__file__).read_text("utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        (node.module, alias.name)
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert {name for _, name in seen} == set(bitrix_events.__all__)
    for module, name in seen - {("bitrix_events", "signals")}:
        assert getattr(bitrix_events, name) is getattr(import_module(module or ""), name)
    assert set(bitrix_events.__all__) <= set(dir(bitrix_events))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Cliant"):
        bitrix_events.Cliant  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.process
@pytest.mark.parametrize(
    ("asked", "spared"),
    [
        ("import bitrix_events", {"app", "rest", "store", "engine", "portals", "web"}),
        ("from bitrix_events import Client", {"app", "engine", "web"}),
        ("from bitrix_events import App", {"cli", "server", "testing", "generated"}),
    ],
)
def test_what_is_not_asked_for_is_not_imported(asked: str, spared: set[str]) -> None:
    listed = run(f"{asked}\nimport sys\nprint(*sys.modules)").split()
    ours = {name.split(".")[1] for name in listed if name.startswith("bitrix_events.")}

    assert ours & spared == set()
    assert not {"aiohttp", "rich", "typer"} & set(listed)


@pytest.mark.process
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_everything_takes_less_than_40_mib_beyond_the_libraries() -> None:
    script = (
        f"{_MEMORY}\n{_BASE}\nbefore = mib()\nfrom bitrix_events import *\nprint(mib() - before)"
    )

    assert float(run(script)) < 40
