"""`bitrix-events fake-portal`: a portal for programs in any language, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitrix_events.testing.serving import serve_on_socket
from bitrix_events.wire.form import FormDict, decode_form
from tests.cli.conftest import Command, environment
from tests.ports import free_port
from tests.serving import PATIENCE, eventually

APP = """
from bitrix_events import App, Client
from bitrix_events.events import Deal, OnCrmDealAdd

app = App()


@app.on(OnCrmDealAdd)
async def greet(deal: Deal, client: Client) -> None:
    await client.call("crm.deal.update", id=deal.id, fields={"COMMENTS": f"Hello, {deal.title}"})
"""


class Served:
    """A process of the command that has said where it is, and a browser without scripts."""

    def __init__(self, process: Process, printed: str, http: httpx.AsyncClient) -> None:
        self.process = process
        self.printed = printed
        self.http = http

    def fact(self, name: str) -> str:
        """What it has printed under a name."""
        found = re.search(rf"^  {re.escape(name)} +(\S+)$", self.printed, flags=re.MULTILINE)
        assert found, self.printed
        return found[1]

    def settings(self, title: str) -> dict[str, str]:
        """The lines to copy that it has printed below a title."""
        lines = self.printed.partition(f"# {title}\n")[2].partition("\n\n")[0].splitlines()
        assert all(line.startswith("export BITRIX_EVENTS_") for line in lines), lines
        pairs = (line.removeprefix("export ").partition("=") for line in lines)
        return {name: value for name, _, value in pairs}

    async def call(self, method: str, **params: str) -> httpx.Response:
        """Call a REST method, as a program in another language would."""
        return await self.http.post(f"{self.fact('webhook URL')}{method}", data=params)


@asynccontextmanager
async def fake_portal(folder: Path, *options: str) -> AsyncIterator[Served]:
    """The command in a process, once it answers."""
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bitrix_events", "fake-portal", *options),
            cwd=folder,
            env=environment(),
            stdout=PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            printed = (await process.stdout.readuntil(b"Ctrl-C ends it.\n")).decode()
        url = printed.splitlines()[0].removeprefix("fake portal on ")
        async with httpx.AsyncClient(base_url=url, follow_redirects=True, timeout=PATIENCE) as http:
            yield Served(process, printed, http)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
        print((folder / "log").read_text())


@asynccontextmanager
async def listening(port: int, heard: list[FormDict]) -> AsyncIterator[None]:
    """An app that keeps what it is told."""

    async def hear(request: Request) -> Response:
        heard.append(decode_form(await request.body()))
        return Response()

    app = Starlette(routes=[Route("/events", hear, methods=["POST"])])
    async with serve_on_socket(app, port=port):
        yield


@pytest.mark.process
async def test_rest_forms_and_events_work_over_sockets(tmp_path: Path) -> None:
    port, heard = free_port(), list[FormDict]()
    options = ["--port", "0", "--deals", "7", "--app-url", f"http://127.0.0.1:{port}"]
    async with listening(port, heard), fake_portal(tmp_path, *options) as portal:
        added = await portal.call("crm.deal.add", **{"fields[TITLE]": "By REST"})
        await eventually(lambda: len(heard) == 1)
        form = {"TITLE": "By hand", "STAGE_ID": "WON", "by": "1"}
        by_hand = await portal.http.post("/records/deal", data=form)
        changed = await portal.http.post("/records/deal/9", data={"TITLE": "By hand, twice"})
        await portal.http.post("/records/deal/8/delete")
        deals = (await portal.call("crm.deal.list", start="-1")).json()["result"]
        await eventually(lambda: len(heard) == 4)
        page = await portal.http.get("/")
        foreign = await portal.http.get("/", headers={"Host": "evil.test"})
        refused = await portal.http.post("/records/deal", headers={"Origin": "http://evil.test"})
        portal.process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(portal.process.wait(), PATIENCE)

    titles = {deal["ID"]: deal["TITLE"] for deal in deals}
    assert added.json()["result"] == 8
    assert "Deal 9 was added. ONCRMDEALADD goes to 1 address." in by_hand.text
    assert "Deal 9 was changed." in changed.text
    assert list(titles) == ["1", "2", "3", "4", "5", "6", "7", "9"]
    assert titles["9"] == "By hand, twice"
    assert len(set(titles.values())) > 4
    assert [(event["event"], event["data"]) for event in heard] == [
        ("ONCRMDEALADD", {"FIELDS": {"ID": "8"}}),
        ("ONCRMDEALADD", {"FIELDS": {"ID": "9"}}),
        ("ONCRMDEALUPDATE", {"FIELDS": {"ID": "9"}}),
        ("ONCRMDEALDELETE", {"FIELDS": {"ID": "8"}}),
    ]
    assert all(
        auth["application_token"] == portal.fact("webhook token")
        for auth in (event["auth"] for event in heard)
        if isinstance(auth, dict)
    )
    for name in ("REST root", "OAuth URL", "client id", "client secret", "application token"):
        assert portal.fact(name) in page.text
    assert (foreign.status_code, refused.status_code) == (403, 403)
    assert code == 0


@pytest.mark.process
@pytest.mark.parametrize("mode", ["webhook", "app"])
async def test_an_app_works_with_the_lines_to_copy(mode: str, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "an_app.py").write_text(APP)
    app_url = f"http://127.0.0.1:{port}"
    titles = {
        "webhook": "settings of an app with webhooks",
        "app": "settings of an app that the portal installs",
    }
    async with fake_portal(tmp_path, "--port", "0", "--app-url", app_url, "--mode", mode) as portal:
        with (tmp_path / "app.log").open("wb") as log:
            app = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bitrix_events", "run", "an_app:app", "--no-supervisor"),
                *("--port", str(port)),
                cwd=tmp_path,
                env=environment(**portal.settings(titles[mode])),
                stderr=log,
            )

        async def has(path: str, text: str) -> bool:
            return text in (await portal.http.get(path)).text

        async def is_up() -> bool:
            try:
                return (await portal.http.get(f"{app_url}/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        try:
            await eventually(is_up)
            if mode == "app":
                await eventually(lambda: has("/", '<span class="badge">App</span>'))
            deal = (await portal.call("crm.deal.add", **{"fields[TITLE]": "Roof"})).json()["result"]
            await eventually(lambda: has(f"/records/deal/{deal}", "Hello, Roof"))
        finally:
            app.kill()
            await app.wait()
            print((tmp_path / "app.log").read_text())

    assert (tmp_path / "data" / "fake_portal.db").exists()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--app-url", "127.0.0.1:8000"], "--app-url is the address of an app, such as http://"),
        (["--app-url", "http://app.test:port"], "and not 'http://app.test:port'"),
        (["--port", "9001", "--app-url", "http://localhost:9001"], "of the fake portal itself"),
        (["--mode", "app"], "--mode app needs --app-url"),
    ],
)
def test_options_that_make_no_sense_are_explained(
    options: list[str], complaint: str, command: Command, tmp_path: Path
) -> None:
    result = command("fake-portal", *options, folder=tmp_path)

    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize("options", [["--limits", "none"], ["--deals", "-1"], ["--port", "65536"]])
def test_values_that_an_option_does_not_take_are_refused(
    options: list[str], command: Command, tmp_path: Path
) -> None:
    result = command("fake-portal", *options, folder=tmp_path)

    assert result.returncode == 2
    assert options[0] in result.stderr


def test_a_busy_port_is_explained(command: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = command("fake-portal", "--port", str(port), folder=tmp_path)

    assert result.returncode == 1
    assert result.stdout == ""
    assert f"error: cannot listen on 127.0.0.1:{port}: " in result.stderr
    assert "choose another --port" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.process
async def test_its_limits_are_those_it_is_asked_for(tmp_path: Path) -> None:
    async with fake_portal(tmp_path, "--port", "0", "--limits", "standard") as portal:
        answers = [await portal.call("profile") for _ in range(60)]
        settings = portal.settings("settings of an app with webhooks")
        portal.process.send_signal(signal.SIGINT)
        code = await asyncio.wait_for(portal.process.wait(), PATIENCE)

    refused = [a for a in answers if a.json().get("error") == "QUERY_LIMIT_EXCEEDED"]
    assert 1 <= len(refused) <= 10
    assert settings["BITRIX_EVENTS_PORTAL_LIMITS"] == "standard"
    assert code == 0
    assert os.listdir(tmp_path) == ["log"]
