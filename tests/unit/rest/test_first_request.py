"""The first request of a process imports what carries it."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SCRIPT = """
import asyncio, sys
from concurrent.futures import ThreadPoolExecutor
from bitrix_events import Client, SyncClient
from bitrix_events.testing import FakePortal

async def main():
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    portal = FakePortal()
    async with Client(portal.webhook_url, portal.transport) as client:
        assert "bitrix_events.rest.carrier" not in sys.modules
        facade = SyncClient.over(client, loop)
        response = await asyncio.to_thread(facade.call, "profile")
        print(response.result["NAME"])

asyncio.run(main())
"""


@pytest.mark.process
def test_it_needs_no_thread_of_the_loop_which_may_all_wait_for_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=60
    )

    assert done.stdout == "Ada\n", done.stderr
