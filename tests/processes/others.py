"""Processes that run a test's own module, get ready, and wait for the word."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parents[2]


async def start(module: str, *arguments: str) -> Process:
    """Run a module in a process of its own, without the settings of this one."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=_ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("BITRIX_EVENTS_")},
        stdin=PIPE,
        stdout=PIPE,
    )


async def said(process: Process, *, seconds: float) -> Any:
    """The next line that a process says, within so many seconds."""
    assert process.stdout is not None
    async with asyncio.timeout(seconds):
        line = await process.stdout.readline()
    assert line, "the process has died"
    return json.loads(line)
