"""The command line as its user meets it: exit codes and what is printed; servers in processes."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bitrix_events.testing import FakePortal
from tests.cli.conftest import Command, environment
from tests.ports import free_port
from tests.serving import PATIENCE, eventually

GOOD_APP = """
from bitrix_events import App, Client, RetryPolicy
from bitrix_events.events import Deal, OnCrmDealAdd

app = App()


@app.on(OnCrmDealAdd)
async def welcome(deal: Deal, client: Client) -> None:
    await client.call("crm.deal.update", id=deal.id, fields={"COMMENTS": "Hello"})


@app.on(OnCrmDealAdd, retry=RetryPolicy(base=3600))
def broken() -> None:
    raise ValueError("on purpose")
"""

BAD_APP = """
from bitrix_events import App, SyncClient
from bitrix_events.events import OnCrmDealAdd

app = App()


@app.on(OnCrmDealAdd)
async def welcome(client: SyncClient) -> None: ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project folder with a good app, a bad one, and one that cannot be imported."""
    (tmp_path / "good.py").write_text(GOOD_APP)
    (tmp_path / "bad.py").write_text(BAD_APP)
    (tmp_path / "broken.py").write_text("import no_such_thing\n")
    return tmp_path


def cli(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bitrix_events", *arguments],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def error_of(result: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed command prints."""
    assert result.returncode == 1, result.stderr
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("error: ")
    return line


WEBHOOKS = {
    "BITRIX_EVENTS_WEBHOOK_URL": "https://acme.bitrix24.com/rest/1/secretcode/",
    "BITRIX_EVENTS_APPLICATION_TOKEN": "5s94jx489d7jh1iz0o6vpuutdb4wbbct",
}

HERE = ("--no-supervisor", "--port", "0")
"""How ``run`` stays in the process of the tests."""


@pytest.mark.parametrize("name", ["run", "demo", "send", "handlers", "events list", "events show"])
def test_every_command_explains_itself_with_an_example(
    name: str, command: Command, tmp_path: Path
) -> None:
    result = command(*name.split(), "--help", folder=tmp_path)

    assert result.returncode == 0
    assert f"bitrix-events {name}" in result.stdout
    assert "Example" in result.stdout


def test_handlers_are_listed_with_what_to_tick(command: Command, folder: Path) -> None:
    result = command("handlers", "good:app", folder=folder)

    assert result.returncode == 0
    assert re.search(r"ONCRMDEALADD +app\.broken +def ", result.stdout)
    assert re.search(r"ONCRMDEALADD +app\.welcome +async def", result.stdout)
    assert "Tick these events in the outgoing webhook: ONCRMDEALADD" in result.stdout


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            "bad:app",
            "app.welcome: parameter 'client' wants SyncClient, which is for `def` handlers",
        ),
        ("nowhere:app", "there is no module nowhere here"),
        ("good:other", "good has no other"),
        ("good:Client", "good:Client is type and not an App"),
        ("broken:app", "broken cannot be imported: ModuleNotFoundError: No module named"),
    ],
)
def test_an_app_that_cannot_be_loaded_is_one_line(
    target: str, expected: str, command: Command, folder: Path
) -> None:
    assert expected in error_of(command("run", target, *HERE, folder=folder, **WEBHOOKS))


@pytest.mark.process
def test_what_the_server_refuses_ends_its_supervisor_with_the_same_line(folder: Path) -> None:
    error = error_of(cli("run", "bad:app", "--port", "0", folder=folder, **WEBHOOKS))

    assert "app.welcome: parameter 'client' wants SyncClient" in error


def test_missing_settings_are_named(command: Command, folder: Path) -> None:
    client_id = {"BITRIX_EVENTS_CLIENT_ID": "local.1.2"}

    nothing = error_of(command("run", "good:app", *HERE, folder=folder))
    half = error_of(command("run", "good:app", *HERE, folder=folder, **client_id))
    both = error_of(command("run", "good:app", *HERE, folder=folder, **WEBHOOKS, **client_id))

    assert "BITRIX_EVENTS_WEBHOOK_URL" in nothing
    assert "BITRIX_EVENTS_CLIENT_SECRET and BITRIX_EVENTS_SECRET_KEY must be set" in half
    assert "are set together" in both
    assert "secretcode" not in both


@pytest.mark.process
def test_a_webhook_address_that_is_none_is_refused_without_being_shown(folder: Path) -> None:
    settings = WEBHOOKS | {"BITRIX_EVENTS_WEBHOOK_URL": "https://acme.bitrix24.com/secretcode"}

    result = cli("run", "good:app", "--port", "0", folder=folder, **settings)

    assert result.returncode == 1
    assert "BITRIX_EVENTS_WEBHOOK_URL: the address is not that of an incoming webhook" in (
        result.stderr
    )
    assert "secretcode" not in result.stderr


@pytest.mark.process
def test_a_port_in_use_is_one_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        error = error_of(cli("run", "good:app", "--port", str(port), folder=folder, **WEBHOOKS))

    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in error
    assert "--port" in error


def test_looking_into_a_store_that_does_not_exist_says_so(command: Command, folder: Path) -> None:
    assert f"there is no store at {folder}/data/bitrix_events.db" in error_of(
        command("events", "list", folder=folder)
    )


def test_sending_to_nobody_says_so(command: Command, folder: Path) -> None:
    url = "http://127.0.0.1:9/events"
    with_token = {"BITRIX_EVENTS_APPLICATION_TOKEN": "x" * 32}

    nobody = command("send", "ONCRMDEALADD", "--id", "7", "--url", url, folder=folder, **with_token)
    no_token = command("send", "ONCRMDEALADD", "--id", "7", folder=folder)
    no_id = command("send", "ONCRMDEALADD", folder=folder, **with_token)

    assert f"{url}: no connection" in error_of(nobody)
    assert "BITRIX_EVENTS_APPLICATION_TOKEN is not set" in error_of(no_token)
    assert "ONCRMDEALADD is about a record: add --id" in error_of(no_id)


async def start(
    folder: Path, *extra: str, port: int = 0, **settings: str
) -> asyncio.subprocess.Process:
    """`bitrix-events run good:app`."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bitrix_events", "run", "good:app", "--port", str(port), *extra),
        cwd=folder,
        env=environment(**settings),
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running(folder: Path, *extra: str, **settings: str) -> AsyncIterator[str]:
    """`bitrix-events run good:app` on a free port; its address."""
    port = free_port()
    process = await start(folder, *extra, port=port, **settings)
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as http:

            async def answers() -> bool:
                try:
                    return (await http.get(f"{url}/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(answers)
        yield url
    finally:
        process.terminate()
        await process.communicate()


@pytest.mark.process
async def test_an_event_can_be_sent_followed_and_shown(command: Command, folder: Path) -> None:
    async with FakePortal().serve() as portal:
        deal = portal.add("deal", TITLE="Roof")
        settings = portal.environment(mode="webhook")
        # As a user would keep them: in a file beside the module.
        dotenv = "".join(f"{name}={value}\n" for name, value in settings.items())
        (folder / ".env").write_text(dotenv)
        async with running(folder) as url:
            sent = await asyncio.to_thread(
                command,
                "send",
                "oncrmdealadd",
                "--id",
                str(deal),
                "--url",
                f"{url}/events",
                folder=folder,
            )
            await eventually(lambda: portal.record("deal", deal)["COMMENTS"] == "Hello")
            listed = await asyncio.to_thread(command, "events", "list", folder=folder)
            shown = await asyncio.to_thread(command, "events", "show", "1", folder=folder)
            missing = await asyncio.to_thread(command, "events", "show", "99", folder=folder)
            second = await asyncio.to_thread(cli, "run", "good:app", "--port", "0", folder=folder)

    assert "stored as #1" in sent.stdout
    assert re.search(r"1 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +ONCRMDEALADD +deal:1", listed.stdout)
    assert "app.broken waiting" in listed.stdout
    assert f'"ID": "{deal}"' in shown.stdout
    assert "ValueError: on purpose" in shown.stdout
    assert "again at" in shown.stdout
    assert "there is no delivery #99" in error_of(missing)
    assert second.returncode == 1
    assert "is in use by another process" in second.stderr


@pytest.mark.process
async def test_a_changed_file_is_loaded_anew_during_development(folder: Path) -> None:
    async with FakePortal().serve() as portal:
        settings = portal.environment(mode="webhook")
        async with running(folder, "--reload", **settings) as url:
            portal.outgoing_webhook(f"{url}/events", "ONCRMDEALADD")
            deal = portal.add("deal", TITLE="Roof")
            await eventually(lambda: portal.record("deal", deal)["COMMENTS"] == "Hello")

            (folder / "good.py").write_text(GOOD_APP.replace('"Hello"', '"Good evening"'))

            async def greets_anew() -> bool:
                deal = portal.add("deal", TITLE="Another roof")
                await portal.settled()
                await asyncio.sleep(0.2)
                return str(portal.record("deal", deal)["COMMENTS"]) == "Good evening"

            await eventually(greets_anew)


@pytest.mark.process
@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05, 0.1])
async def test_a_stop_during_the_start_is_heard(seconds: float, folder: Path) -> None:
    process = await start(folder, port=0, **WEBHOOKS)
    assert process.stderr is not None
    await process.stderr.readline()  # the first words of the app
    await asyncio.sleep(seconds)

    process.terminate()

    try:
        async with asyncio.timeout(PATIENCE):
            await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0


@pytest.mark.process
async def test_threads_that_hang_do_not_keep_the_process_alive(
    command: Command, folder: Path
) -> None:
    (folder / "good.py").write_text(
        GOOD_APP.replace("broken() -> None:", "hanging() -> None:").replace(
            'raise ValueError("on purpose")', 'sleep("hanging")'
        )
        + """

@app.on(OnCrmDealAdd)
async def waits_for_a_thread() -> None:
    import asyncio
    await asyncio.to_thread(sleep, "waiting")


def sleep(name: str) -> None:
    import pathlib, time
    pathlib.Path(name).touch()
    time.sleep(600)
"""
    )
    settings = WEBHOOKS | {"BITRIX_EVENTS_SHUTDOWN_SECONDS": "0.2"}
    port = free_port()
    process = await start(folder, port=port, **settings)
    url = f"http://127.0.0.1:{port}/events"
    try:
        await eventually(lambda: can_connect(port))
        await asyncio.to_thread(
            command, "send", "ONCRMDEALADD", "--id", "7", "--url", url, folder=folder, **settings
        )
        await eventually(lambda: (folder / "hanging").exists() and (folder / "waiting").exists())

        process.terminate()

        async with asyncio.timeout(PATIENCE):
            await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0


def can_connect(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.process
def test_the_demo_ends_by_itself_after_one_round(tmp_path: Path) -> None:
    result = cli("demo", "--once", folder=tmp_path)

    assert result.returncode == 0
    assert "somebody adds deal 1" in result.stdout
    assert "#2 ONCRMDEALADD deal:1" in result.stdout
    assert "app.greet: done" in result.stdout
    assert "answers crm.timeline.comment.add deal 1: 'Hello, New roof for Ada'" in result.stdout
    assert "Done: 3 events sent, 2 comments written back." in result.stdout
    assert result.stderr == ""
    assert list(tmp_path.iterdir()) == []
