"""`bitrix-events events`: what has arrived and what became of it, beside an app that works."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bitrix_events.cli.loading import UsageError
from bitrix_events.cli.options import moment
from bitrix_events.store.records import State, Verdict
from bitrix_events.store.sqlite.store import SqliteStore
from tests.cli.conftest import Command, environment
from tests.cli.inbox import ACME, fill, put, run
from tests.cli.stores import APP, in_store
from tests.cli.test_cli import error_of
from tests.serving import PATIENCE, eventually

APP_WITH_HANDLERS = """
from bitrix_events import App
from bitrix_events.events import OnCrmDealAdd, OnCrmLeadAdd

app = App()


@app.on(OnCrmDealAdd)
async def welcome() -> None: ...


@app.on(OnCrmDealAdd)
async def flaky_one() -> None: ...


@app.on(OnCrmLeadAdd)
async def lead() -> None: ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose store has a delivery of every fate."""
    fill(tmp_path)
    (tmp_path / "hello.py").write_text(APP_WITH_HANDLERS)
    return tmp_path


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def numbers(command: Command, folder: Path, *options: str) -> list[int]:
    """Which deliveries are listed."""
    result = command("events", "list", "--json", *options, folder=folder, **APP)
    assert result.returncode == 0, result.stderr
    return [line["delivery"] for line in lines(result.stdout)]


@pytest.mark.parametrize("name", ["list", "show", "tail", "why"])
def test_every_command_explains_itself_with_an_example(
    command: Command, name: str, tmp_path: Path
) -> None:
    result = command("events", name, "--help", folder=tmp_path)

    assert result.returncode == 0
    assert f"bitrix-events events {name}" in result.stdout
    assert "Example" in result.stdout


def test_deliveries_are_listed_with_what_became_of_them(command: Command, folder: Path) -> None:
    result = command("events", "list", folder=folder, **APP)

    assert result.returncode == 0
    rows = [re.sub(" +", " ", row).strip() for row in result.stdout.splitlines()]
    assert rows[0] == "# RECEIVED EVENT ABOUT PORTAL HANDLERS"
    fates = {row.split()[0]: row for row in rows[1:]}
    assert list(fates) == ["8", "7", "6", "5", "4", "3", "2", "1"]
    day = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    deal = r"ONCRMDEALADD deal:7 acme\.bitrix24\.com"
    assert re.fullmatch(f"1 {day} {deal} app.welcome done, app.flaky waiting", fates["1"])
    assert fates["2"].endswith("repeat of #1")
    assert fates["3"].endswith("app.invoice merged")
    assert fates["4"].endswith("app.invoice skipped")
    assert fates["5"].endswith("beta.bitrix24.de app.message waiting (parked)")
    assert fates["6"].endswith("no handler")
    assert fates["7"].endswith("app.dies dead")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--portal", "beta.bitrix24.de"], [5]),
        (["--portal", ACME, "--event", "oncrmdealadd"], [2, 1]),
        (["--entity", "deal:7", "--limit", "2"], [8, 4]),
        (["--handler", "app.flaky"], [8, 1]),
        (["--state", "dead"], [7]),
        (["--handler", "app.welcome", "--state", "waiting"], []),
        (["--since", "1h", "--before", "3"], [2, 1]),
        (["--since", "2199-01-01"], []),
    ],
)
def test_deliveries_are_chosen_by_options(
    options: list[str], expected: list[int], command: Command, folder: Path
) -> None:
    assert numbers(command, folder, *options) == expected


def test_a_list_that_is_not_complete_says_how_to_go_on(command: Command, folder: Path) -> None:
    some = command("events", "list", "--limit", "3", folder=folder, **APP)
    everything = command("events", "list", "--limit", "9", folder=folder, **APP)

    assert "For older ones add: --before 6" in some.stdout
    assert "--before" not in everything.stdout


def test_nothing_to_list_is_one_sentence(command: Command, folder: Path, tmp_path: Path) -> None:
    async def nothing(store: SqliteStore) -> None: ...

    empty = tmp_path / "empty"
    in_store(empty, nothing)

    assert command("events", "list", folder=empty).stdout == "Nothing has arrived yet.\n"
    nowhere = command("events", "list", "--entity", "deal:8", folder=folder, **APP)
    assert nowhere.stdout == "No delivery is like that.\n"
    elsewhere = command("events", "list", "--portal", "acne.bitrix24.com", folder=folder, **APP)
    assert "did you mean acme.bitrix24.com" in error_of(elsewhere)
    assert "there is no store at" in error_of(command("events", "list", folder=tmp_path / ".."))


def test_one_delivery_is_shown_with_its_data(command: Command, folder: Path) -> None:
    result = command("events", "show", "1", folder=folder, **APP)

    assert f"acme.bitrix24.com ({ACME})" in result.stdout
    assert '"ID": "7"' in result.stdout
    assert re.search(r"2 +app\.flaky +waiting +1 +again at [\d: -]+ ValueError", result.stdout)
    assert "ValueError: [red]odd[/red]" in re.sub(r"\s+", " ", result.stdout)
    assert re.search(r"repeated +1", result.stdout)
    assert "there is no delivery #99" in error_of(
        command("events", "show", "99", folder=folder, **APP)
    )


def test_one_delivery_is_shown_as_json(command: Command, folder: Path) -> None:
    (shown,) = lines(command("events", "show", "7", "--json", folder=folder, **APP).stdout)

    assert (shown["delivery"], shown["event"], shown["entity"]) == (
        7,
        "ONCRMCONTACTADD",
        "contact:3",
    )
    assert shown["data"] == {"FIELDS": {"ID": "3"}}
    (execution,) = shown["executions"]
    assert (execution["handler"], execution["state"]) == ("app.dies", "dead")
    assert execution["note"] == "GiveUp: without a name"
    assert datetime.fromisoformat(execution["finished_at"]) > datetime.now(UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, ["app.welcome: done at", "app.flaky: waits, until", "attempts so far: 1"]),
        (1, ["The last attempt ended with: ValueError: [red]odd[/red]", "told once more"]),
        (2, ["It tells the same as #1"]),
        (3, ["app.invoice: merged at", "#4 took its place before it had begun"]),
        (4, ["app.invoice: skipped at", "not won yet"]),
        (5, ["app.message: waits, its portal is paused; to go on: bitrix-events portals resume"]),
        (5, ["its portal is blocked (PAYMENT_REQUIRED)", "has to be paid"]),
        (6, ["No handler wanted it when it arrived", "bitrix-events events why 6 MODULE:APP"]),
        (7, ["app.dies: dead since", "GiveUp: without a name", "bitrix-events dead retry"]),
        (8, ["app.flaky: waits, behind #1, which is about the same record"]),
    ],
)
def test_why_tells_what_happened_and_why(
    number: int, expected: list[str], command: Command, folder: Path
) -> None:
    result = command("events", "why", str(number), folder=folder, **APP)

    assert result.returncode == 0
    for text in expected:
        assert text in result.stdout


def test_why_compares_with_the_handlers_of_the_app(command: Command, folder: Path) -> None:
    deal = command("events", "why", "1", "hello:app", folder=folder, **APP).stdout
    lead = command("events", "why", "6", "hello:app", folder=folder, **APP).stdout
    contact = command("events", "why", "7", "hello:app", folder=folder, **APP).stdout
    repeat = command("events", "why", "2", "hello:app", folder=folder, **APP).stdout

    assert "app.welcome: done at" in deal
    assert "attempt 1 of 8" in deal
    assert "no handler of this name; did you rename it? app.flaky_one exists" in deal
    assert "app.flaky_one: wants such events, and did not when this one arrived" in deal
    assert "Handlers that want other events only: 1" in deal
    assert "To run it: bitrix-events replay 6 --handler app.lead" in lead
    assert "Handlers that want other events only: 3" in contact
    assert "app.welcome: had #1" in repeat


def test_why_knows_whether_the_app_works(command: Command, folder: Path) -> None:
    async def while_it_runs(store: SqliteStore) -> list[str]:
        await put(store, ACME, "ONCRMCOMPANYADD", "company:1", "app.first")
        before = await asyncio.to_thread(command, "events", "why", "9", folder=folder, **APP)
        await store.claim(limit=10, per_portal=10)
        during = await asyncio.to_thread(command, "events", "why", "9", folder=folder, **APP)
        return [before.stdout, during.stdout]

    before, during = in_store(folder, while_it_runs)
    after = command("events", "why", "9", folder=folder, **APP).stdout

    assert "app.first: waits, for its turn: the app is busy with others" in before
    assert "app.first: runs since" in during
    assert "app.first: ran when the app died; it runs again after the next start" in after


def test_moments_are_given_as_people_say_them() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    assert moment("2h", now=now) == now - timedelta(hours=2)
    assert moment("1.5d", now=now) == now - timedelta(days=1.5)
    assert moment("90 s", now=now) == now - timedelta(seconds=90)
    assert moment("2026-11-21T10:00:00+02:00") == datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert moment("2026-11-22") == datetime(2026, 11, 22).astimezone()
    assert moment("9000w") == moment("1000-01-01T00:00+00:00") == datetime(1970, 1, 1, tzinfo=UTC)
    for wrong in ("", "yesterday", "2x", "-2h", "99999999d"):
        with pytest.raises(UsageError, match="neither a length of time"):
            moment(wrong)


@asynccontextmanager
async def tail(folder: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command in a process, which is asked to end with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bitrix_events", "events", "tail", *options),
        cwd=folder,
        env=environment(**APP),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, errors) == (0, b"")


async def told(process: asyncio.subprocess.Process, text: str) -> str:
    """Read on until a line has this text."""
    assert process.stdout is not None
    seen = []
    async with asyncio.timeout(PATIENCE):
        while line := (await process.stdout.readline()).decode():
            seen.append(line)
            if text in line:
                return line
    raise AssertionError(f"{text!r} is not in {seen}")


async def claims_one(store: SqliteStore) -> bool:
    return bool(await store.claim(limit=1, per_portal=10))


@pytest.mark.process
def test_tail_follows_deliveries_and_verdicts_until_it_is_stopped(folder: Path) -> None:
    async def work(store: SqliteStore) -> str:
        async with tail(folder, "--last", "2") as process:
            await told(process, "#7 app.dies dead: GiveUp: without a name")
            await put(store, ACME, "ONCRMCOMPANYADD", "company:1", "app.first")
            arrived = await told(process, "#9 ONCRMCOMPANYADD company:1 from acme.bitrix24.com")
            await run(store, first=Verdict(State.WAITING, "ValueError: again", 0.5))
            await told(process, "#9 app.first waiting, attempt 1")
            await eventually(lambda: claims_one(store))
            await told(process, "#9 app.first running, attempt 2")
        return arrived

    assert re.match(r"\d\d:\d\d:\d\d #9", in_store(folder, work))


@pytest.mark.process
def test_tail_speaks_json_and_takes_the_options_of_list(folder: Path) -> None:
    async def work(store: SqliteStore) -> list[str]:
        async with tail(folder, "--json", "--last", "1", "--entity", "deal:8") as process:
            await put(store, ACME, "ONCRMCOMPANYADD", "company:1", "app.first")
            # It may still be starting: what came before is shown because of --last.
            await put(store, ACME, "ONCRMDEALADD", "deal:8", "app.welcome")
            delivery = await told(process, "ONCRMDEALADD")
            await run(store)
            execution = await told(process, "app.welcome")
        return [delivery, execution]

    delivery, execution = map(json.loads, in_store(folder, work))

    assert (delivery["what"], delivery["delivery"], delivery["entity"]) == (
        "delivery",
        10,
        "deal:8",
    )
    assert (execution["what"], execution["delivery"], execution["state"]) == (
        "execution",
        10,
        "done",
    )
