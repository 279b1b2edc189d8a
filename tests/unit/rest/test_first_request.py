"""The first request of a process imports what carries it."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SHARED = """
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

_DAWDLE = """
import asyncio, sys, threading, time
from bitrix_events import Client, Limits
from bitrix_events.rest import pace
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal

def dawdle(frame, event, argument):
    is_carrier = frame.f_globals.get("__name__") == "bitrix_events.rest.carrier"
    if not is_carrier or frame.f_code.co_name != "<module>":
        return None
    time.sleep(0.002)  # at each line, while others go on
    return dawdle
"""
_HALF_IMPORTED = f"""{_DAWDLE}
async def main():
    async with FakePortal().serve() as portal:
        threading.settrace(dawdle)
        url, transports, calls = portal.webhook_url, [Transport() for _ in range(100)], []
        for transport in transports:
            calls.append(asyncio.create_task(transport.post_form(f"{{url}}profile", {{}})))
            await asyncio.sleep(0.005)
        print({{answer.status for answer in await asyncio.gather(*calls)}})
        for transport in transports:
            await transport.close()

asyncio.run(main())
"""
_COUNTED = f"""{_DAWDLE}
async def main():
    async with FakePortal().serve() as portal:
        threading.settrace(dawdle)
        async with Client(portal.webhook_url, limits=Limits(10, 0.1)) as client:
            calls = [asyncio.create_task(client.call("profile").send()) for _ in range(5)]
            counted = set()
            while Transport._module is None:
                counted.update(bucket._level for bucket in pace._buckets.values())
                await asyncio.sleep(0.001)
            await asyncio.gather(*calls)
            print(counted, portal.requests > 0)

asyncio.run(main())
"""


def printed(script: str) -> str:
    """What a script prints in a process of its own, errors included."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=180
    )
    return done.stdout + done.stderr


@pytest.mark.process
def test_it_needs_no_thread_of_the_loop_which_may_all_wait_for_it() -> None:
    assert printed(_SHARED) == "Ada\n"


@pytest.mark.process
def test_others_wait_until_all_of_it_is_imported() -> None:
    assert printed(_HALF_IMPORTED) == "{200}\n"


@pytest.mark.process
def test_until_then_none_counts_as_sent() -> None:
    assert printed(_COUNTED) == "set() True\n"
