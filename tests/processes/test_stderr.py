"""A server whose log nobody reads takes deliveries all the same, and ends when it is told to."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sys
from pathlib import Path

import httpx
import pytest

from bitrix_events.wire.form import encode_form
from tests.cli.conftest import environment
from tests.ports import free_port
from tests.serving import FORM, PATIENCE, eventually

APP = """
from bitrix_events import App

app = App()


@app.on("ONANYTHING")
async def work() -> None: ...
"""
TOKEN = "5s94jx489d7jh1iz0o6vpuutdb4wbbct"
SETTINGS = {
    "BITRIX_EVENTS_WEBHOOK_URL": "https://acme.bitrix24.com/rest/1/secretcode/",
    "BITRIX_EVENTS_APPLICATION_TOKEN": TOKEN,
}
SMALLEST_PIPE = 4096


@pytest.mark.process
async def test_a_log_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "quiet.py").write_text(APP)
    reading, writing = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bitrix_events", "run", "quiet:app", "--port", str(port)),
        cwd=tmp_path,
        env=environment(**SETTINGS, BITRIX_EVENTS_LOG_FORMAT="json"),
        stderr=writing,
    )
    os.close(writing)
    body = encode_form(
        {
            "event": "ONANYTHING",
            "data": {"X": "1"},
            "auth": {"application_token": TOKEN, "domain": "acme.bitrix24.com"},
        }
    )
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http:

            async def alive() -> bool:
                try:
                    return (await http.get("/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            async def post(count: int) -> set[int]:
                answers = [
                    await http.post("/events", content=body, headers=FORM) for _ in range(count)
                ]
                return {answer.status_code for answer in answers}

            await eventually(alive)
            while_it_is_full = await post(100)
            os.close(reading)
            when_it_is_broken = await post(100)
        process.terminate()
        async with asyncio.timeout(PATIENCE):
            code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert while_it_is_full == when_it_is_broken == {200}
    assert code == 0
