"""Commands where the store is a database on a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from bitrix_events.store.postgres.store import PostgresStore
from bitrix_events.store.records import NewDelivery, Target
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from tests import postgres
from tests.cli.conftest import Command
from tests.cli.inbox import ACME, _fill
from tests.cli.stores import APP, KEY
from tests.serving import PATIENCE


class Project:
    """A folder in which commands work with a database.

    Attributes:
        url: of the database, with a password that nobody asks for.
    """

    def __init__(self, folder: Path, command: Command, url: str) -> None:
        self.folder = folder
        self.url = url.replace("postgres@", "postgres:hush-hush@")
        self._command = command

    def __call__(self, *arguments: str, code: int = 0, **settings: str) -> str:
        """What a command prints, which ends with that code."""
        variables = {**APP, "BITRIX_EVENTS_STORE": self.url, **settings}
        result = self._command(*arguments, folder=self.folder, **variables)
        assert result.returncode == code, result.stdout + result.stderr
        assert "hush-hush" not in result.stdout + result.stderr
        return result.stdout + result.stderr

    def use(self, use: Callable[[PostgresStore], Awaitable[None]]) -> None:
        """Work with the store, as a process that runs the app."""

        async def run() -> None:
            store = PostgresStore(
                self.url, sealer=Sealer(SecretStr(KEY)), name="test", put_seconds=PATIENCE
            )
            await store.open()
            try:
                await use(store)
            finally:
                await store.close()

        asyncio.run(run())

    def fill(self) -> None:
        """Deliveries of every fate."""
        self.use(lambda store: _fill(cast(SqliteStore, store)))


@pytest.fixture
def project(tmp_path: Path, command: Command) -> Project:
    url = asyncio.run(postgres.server().prepared())
    return Project(tmp_path, command, url)


def test_what_people_look_at_and_change(project: Project) -> None:
    project.fill()

    events = [json.loads(line) for line in project("events", "list", "--json").splitlines()]
    assert len(events) == 8
    first = min(event["delivery"] for event in events)
    assert "app.welcome" in project("events", "show", str(first))
    assert "app.flaky" in project("events", "why", str(first))
    dead = [json.loads(line) for line in project("dead", "list", "--json").splitlines()]
    assert dead
    number = str(dead[0]["execution"])
    assert number in project("dead", "show", number)
    assert "the app is not running" in project("dead", "retry", number)
    assert "executions" in project("replay", str(first), "--yes")
    assert "acme.bitrix24.com" in project("portals", "list")
    project("portals", "pause", "acme.bitrix24.com")
    assert "paused" in project("portals", "show", ACME)
    project("portals", "resume", ACME)
    assert "sealed" in project("portals", "rotate-key")
    assert "deliveries deleted" in project("db", "prune", "--days", "0")
    project("record", "--out", str(project.folder / "fixtures"), str(first))
    project("portals", "forget", ACME, "--yes")
    assert "acme.bitrix24.com" not in project("portals", "list")


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [
        (("db", "backup", "copy.db"), "pg_dump"),
        (("db", "check"), "pg_amcheck"),
        (("db", "recover"), "its own tools"),
    ],
)
def test_what_is_for_files_says_what_does_instead(
    project: Project, arguments: tuple[str, ...], instead: str
) -> None:
    text = project(*arguments, code=1)

    assert "the store is a PostgreSQL database" in text
    assert instead in text


def test_the_doctor_tells_who_works_and_what_is_kept_here(project: Project) -> None:
    async def wait(store: PostgresStore) -> None:
        await store.put(NewDelivery(ACME, "ONX", {}, "deal:1"), [Target("app.handler")])
        text = await asyncio.to_thread(project, "doctor", "--offline")
        assert "test on " in text
        assert "runs 0" in text

    project.use(wait)

    keep_one(project.folder / "data" / "outage")
    text = project("doctor", "--offline")

    assert "1 executions wait, and nobody runs handlers" in text
    assert "1 deliveries are kept in" in text
    assert "they move into the database as soon as that answers" in text
    assert "ok       store: postgresql://postgres@127.0.0.1" in text


def test_the_doctor_names_what_is_kept_for_another_address(project: Project) -> None:
    keep_one(project.folder / "data" / "outage" / "postgresql___old.example.com_inbox")

    text = project("doctor", "--offline", code=1)

    assert "old.example.com_inbox/1.db for a database at another address" in text


def test_a_portal_of_a_cell_that_does_not_answer_is_not_said_to_be_missing(
    project: Project,
) -> None:
    project.fill()
    cells = f"{project.url},{project.url.rpartition(':')[0]}:1/inbox"

    text = project("portals", "show", "beta.bitrix24.com", code=1, BITRIX_EVENTS_STORE=cells)

    assert "no portal beta.bitrix24.com where it could be looked for: cell postgresql" in text


def keep_one(folder: Path) -> None:
    """Leave a delivery there, as a door does in an outage."""

    async def keep() -> None:
        kept = SqliteStore(folder / "1.db")
        await kept.open()
        await kept.put(NewDelivery("kept", "ONX", {}, None), [Target("kept")])
        await kept.close()

    folder.mkdir(parents=True)
    asyncio.run(keep())


def test_the_doctor_tells_that_the_database_is_out_of_reach(project: Project) -> None:
    dead = project.url.rpartition(":")[0] + ":1/inbox"

    text = project("doctor", "--offline", code=1, BITRIX_EVENTS_STORE=dead)

    assert "error    store: " in text
    assert "cannot be reached" in text


@pytest.mark.parametrize("role", ["web", "worker"])
def test_a_file_is_for_a_process_that_does_everything(
    role: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "tiny.py").write_text("from bitrix_events import App\napp = App()\n")
    settings: dict[str, Any] = {**APP, "BITRIX_EVENTS_STORE": f"sqlite:///{tmp_path}/app.db"}

    result = command(
        *("run", "tiny:app", "--no-supervisor", "--role", role, "--port", "0"),
        folder=tmp_path,
        **settings,
    )

    assert result.returncode == 1
    assert f"a process that is {role} only needs a store for several processes" in result.stderr


def test_a_demo_of_several_processes_wants_a_server(command: Command, tmp_path: Path) -> None:
    result = command("demo", "--store", f"sqlite:///{tmp_path}/app.db", folder=tmp_path)

    assert result.returncode == 1
    assert "--store is for a database on a server" in result.stderr
