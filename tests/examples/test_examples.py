"""What readers are shown works: the files in examples/, and the code of the README."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bitrix_events import App, Settings
from bitrix_events.testing import FakePortal
from tests.serving import eventually, served, settings_for

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_hello_greets_a_new_deal(tmp_path: Path) -> None:
    app: App = load(ROOT / "examples" / "hello.py").app
    async with FakePortal().serve() as portal:
        app._settings = settings_for(portal, tmp_path / "app.db", mode="webhook")
        async with served(app, tmp_path / "app.db") as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            portal.add("deal", TITLE="Roof")
            await eventually(lambda: bool(portal.records("timeline_comment")))

        (comment,) = portal.records("timeline_comment")
    assert comment["COMMENT"] == "Hello, Roof"


def test_the_readmes_smallest_app_is_the_example() -> None:
    example = (ROOT / "examples" / "hello.py").read_text("utf-8")

    assert BLOCKS[0].strip() in example


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_code_of_the_readme_runs(number: int) -> None:
    names: dict[str, Any] = {}

    exec(compile(BLOCKS[number], f"README.md block {number}", "exec"), names)

    tests = [value for name, value in names.items() if name.startswith("test_")]
    for test in tests:
        assert inspect.iscoroutinefunction(test)
        asyncio.run(test())


def test_every_option_is_in_the_readmes_table() -> None:
    missing = [
        name for name in Settings.model_fields if not re.search(rf"`{name.upper()}`", README)
    ]

    assert missing == []


def test_the_readme_opens_with_its_two_commands() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README, flags=re.MULTILINE)

    assert len(commands) == 2
    assert commands[0].endswith("bitrix-events demo")
    assert commands[1].endswith("pytest")
