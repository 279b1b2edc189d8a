"""`bitrix-events dead`: what has failed for good is looked at, tried again, or done with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bitrix_events.store.records import State, Verdict
from bitrix_events.store.sqlite.store import SqliteStore
from tests.cli.conftest import Command
from tests.cli.inbox import ACME, BETA, put, run
from tests.cli.stores import APP, in_store, installed
from tests.cli.test_cli import error_of

DEAD = Verdict(State.DEAD, "GiveUp: without a name")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project in which executions 1, 2 and 4 are dead, and 3 is done."""
    in_store(tmp_path, fill)
    return tmp_path


async def fill(store: SqliteStore) -> None:
    await store.save_installation(installed(ACME, "acme.bitrix24.com"))
    await store.save_installation(installed(BETA, "beta.bitrix24.de"))
    await put(store, ACME, "ONCRMDEALADD", "deal:1", "app.one")
    await put(store, ACME, "ONCRMDEALADD", "deal:2", "app.two")
    await put(store, ACME, "ONCRMDEALADD", "deal:3", "app.good")
    await put(store, BETA, "ONCRMLEADADD", "lead:4", "app.one")
    await run(store, one=DEAD, two=DEAD)


def states(folder: Path) -> dict[int, State]:
    """How the execution of each delivery stands."""

    async def look(store: SqliteStore) -> dict[int, State]:
        views = [await store.delivery(number) for number in range(1, 5)]
        return {view.delivery.id: view.executions[0].state for view in views if view}

    return in_store(folder, look)


@pytest.mark.parametrize("name", ["list", "show", "retry", "drop"])
def test_every_command_explains_itself_with_an_example(
    command: Command, name: str, tmp_path: Path
) -> None:
    result = command("dead", name, "--help", folder=tmp_path)

    assert result.returncode == 0
    assert f"bitrix-events dead {name}" in result.stdout
    assert "Example" in result.stdout


def test_dead_executions_are_listed_with_the_reason(command: Command, folder: Path) -> None:
    result = command("dead", "list", folder=folder, **APP)

    found = re.findall(r"(\d+) +[\d-]+ [\d:]+ +(#.+?) +(app\.\w+) +1 +GiveUp", result.stdout)
    assert found == [
        ("4", "#4 ONCRMLEADADD lead:4", "app.one"),
        ("2", "#2 ONCRMDEALADD deal:2", "app.two"),
        ("1", "#1 ONCRMDEALADD deal:1", "app.one"),
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--handler", "app.one"], [4, 1]),
        (["--portal", "acme.bitrix24.com"], [2, 1]),
        (["--event", "oncrmleadadd"], [4]),
        (["--limit", "1"], [4]),
        (["--before", "4"], [2, 1]),
        (["--handler", "app.good"], []),
    ],
)
def test_dead_executions_are_chosen_by_options(
    options: list[str], expected: list[int], command: Command, folder: Path
) -> None:
    result = command("dead", "list", "--json", *options, folder=folder, **APP)

    assert [json.loads(line)["execution"] for line in result.stdout.splitlines()] == expected


def test_one_dead_execution_is_shown_with_its_data(command: Command, folder: Path) -> None:
    result = command("dead", "show", "4", folder=folder, **APP)
    as_json = command("dead", "show", "4", "--json", folder=folder, **APP)

    assert "#4 ONCRMLEADADD lead:4 from beta.bitrix24.de" in result.stdout
    assert "GiveUp: without a name" in result.stdout
    assert '"ID": "4"' in result.stdout
    assert json.loads(as_json.stdout)["data"] == {"FIELDS": {"ID": "4"}}
    for number in ("3", "99"):
        error = error_of(command("dead", "show", number, folder=folder, **APP))
        assert f"execution {number} is not dead; see bitrix-events dead list" in error


def test_one_is_tried_again_without_a_question(command: Command, folder: Path) -> None:
    result = command("dead", "retry", "1", folder=folder, **APP)

    assert "executions that wait again: 1; the app is not running" in result.stdout
    assert states(folder) == {
        1: State.WAITING,
        2: State.DEAD,
        3: State.DONE,
        4: State.DEAD,
    }


def test_several_are_tried_again_after_a_yes(command: Command, folder: Path) -> None:
    asked = command("dead", "retry", "--handler", "app.one", folder=folder, **APP)
    kept = states(folder)
    done = command("dead", "retry", "--handler", "app.one", "--yes", folder=folder, **APP)

    assert "Try 2 dead executions again?" in asked.stdout
    assert asked.returncode == 1
    assert kept[1] == kept[4] == State.DEAD
    assert "executions that wait again: 2" in done.stdout
    assert states(folder)[1] == states(folder)[4] == State.WAITING
    assert states(folder)[2] == State.DEAD


def test_what_is_dropped_is_dead_no_more(command: Command, folder: Path) -> None:
    result = command("dead", "drop", "--all", "--yes", folder=folder, **APP)
    again = command("dead", "drop", "--all", "--yes", folder=folder, **APP)

    assert result.stdout == "executions dropped: 3\n"
    assert again.stdout == "Nothing is dead.\n"
    assert command("dead", "list", folder=folder, **APP).stdout == "Nothing is dead.\n"
    assert set(states(folder).values()) == {State.SKIPPED, State.DONE}


def test_a_command_that_is_not_clear_changes_nothing(command: Command, folder: Path) -> None:
    which = command("dead", "retry", folder=folder, **APP)
    both = command("dead", "drop", "1", "--all", folder=folder, **APP)
    alive = command("dead", "drop", "1", "3", "--yes", folder=folder, **APP)

    assert "say which" in error_of(which)
    assert "not both" in error_of(both)
    assert "execution 3 is not dead" in error_of(alive)
    assert states(folder)[1] is State.DEAD


def test_nothing_that_fits_is_one_sentence(command: Command, folder: Path) -> None:
    listed = command("dead", "list", "--handler", "app.good", folder=folder, **APP)
    retried = command("dead", "retry", "--handler", "app.good", folder=folder, **APP)

    assert listed.stdout == retried.stdout == "No dead execution is like that.\n"
    assert "there is no store at" in error_of(command("dead", "list", folder=folder / ".."))
