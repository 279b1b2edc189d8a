"""`bitrix-events replay`: stored deliveries are handled once more, by an app that runs or will."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bitrix_events.store.records import DeliveryView, State
from bitrix_events.store.sqlite.store import SqliteStore
from tests.cli.conftest import Command
from tests.cli.inbox import ACME, BETA, fill, run
from tests.cli.stores import APP, in_store
from tests.cli.test_cli import error_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose store has a delivery of every fate."""
    fill(tmp_path)
    return tmp_path


async def replays(store: SqliteStore) -> list[tuple[int, str]]:
    """Deliveries and handlers of the replays that wait, in their order."""
    views: list[DeliveryView | None] = [await store.delivery(number) for number in range(1, 9)]
    found = [
        (execution.id, view.delivery.id, execution.handler)
        for view in views
        if view
        for execution in view.executions
        if execution.replayed and execution.state is State.WAITING
    ]
    return [(delivery_id, handler) for _, delivery_id, handler in sorted(found)]


def test_the_command_explains_itself_with_an_example(command: Command, tmp_path: Path) -> None:
    result = command("replay", "--help", folder=tmp_path)

    assert "bitrix-events replay 12 13" in result.stdout
    assert "Example" in result.stdout


def test_those_handlers_run_again_that_had_it(command: Command, folder: Path) -> None:
    result = command("replay", "1", folder=folder, **APP)

    assert result.stdout == (
        "executions made: 2; the app is not running: they run after its next start\n"
    )
    assert in_store(folder, replays) == [(1, "app.welcome"), (1, "app.flaky")]


def test_one_handler_is_named(command: Command, folder: Path) -> None:
    command("replay", "1", "--handler", "app.welcome", folder=folder, **APP)

    assert in_store(folder, replays) == [(1, "app.welcome")]


def test_a_running_app_gets_them(command: Command, folder: Path) -> None:
    async def beside(store: SqliteStore) -> tuple[str, list[str]]:
        done = await asyncio.to_thread(command, "replay", "7", folder=folder, **APP)
        claims = await store.claim(limit=10, per_portal=10)
        return done.stdout, [claim.delivery.handler for claim in claims]

    said, claimed = in_store(folder, beside)

    assert said == "executions made: 1; the app runs them within seconds\n"
    assert claimed == ["app.dies"]


def test_many_are_chosen_by_options_and_asked_for(command: Command, folder: Path) -> None:
    chosen = ["--since", "1h", "--entity", "deal:7", "--portal", "acme.bitrix24.com"]
    asked = command("replay", *chosen, folder=folder, **APP)
    nothing = in_store(folder, replays)
    done = command("replay", *chosen, "--yes", folder=folder, **APP)

    assert "deliveries that no handler had: 1; name one with --handler" in asked.stdout
    assert "Replay 4 deliveries (5 executions)?" in asked.stdout
    assert asked.returncode == 1
    assert nothing == []
    assert "executions made: 5" in done.stdout
    assert in_store(folder, replays) == [
        (1, "app.welcome"),
        (1, "app.flaky"),
        (3, "app.invoice"),
        (4, "app.invoice"),
        (8, "app.flaky"),
    ]


def test_a_handler_that_never_ran_is_asked_about(command: Command, folder: Path) -> None:
    asked = command("replay", "1", "--handler", "app.welcom", folder=folder, **APP)
    done = command("replay", "6", "--handler", "app.fresh", "--yes", folder=folder, **APP)

    assert "nothing has ever run for a handler named app.welcom; did you mean app.welcome?" in (
        asked.stdout
    )
    assert asked.returncode == 1
    assert "executions made: 1" in done.stdout
    assert in_store(folder, replays) == [(6, "app.fresh")]


def test_what_was_replayed_is_told_by_why(command: Command, folder: Path) -> None:
    command("replay", "4", folder=folder, **APP)

    told = command("events", "why", "4", folder=folder, **APP).stdout
    in_store(folder, run)

    assert "app.invoice (replay): waits, for the app to be started" in told
    assert (
        "app.invoice (replay): done at"
        in command("events", "why", "4", folder=folder, **APP).stdout
    )


def test_a_command_that_is_not_clear_makes_nothing(command: Command, folder: Path) -> None:
    assert "say which" in error_of(command("replay", folder=folder, **APP))
    both = command("replay", "1", "--since", "2h", folder=folder, **APP)
    assert "not both" in error_of(both)
    unknown = command("replay", "1", "99", folder=folder, **APP)
    assert "there is no delivery #99" in error_of(unknown)
    none = command("replay", "--event", "ONNOTHING", folder=folder, **APP)
    assert none.stdout == "No delivery is like that.\n"
    unwanted = command("replay", "6", folder=folder, **APP)
    assert unwanted.stdout == "deliveries that no handler had: 1; name one with --handler\n"
    assert in_store(folder, replays) == []


def test_a_replay_for_a_blocked_portal_waits_with_the_rest(command: Command, folder: Path) -> None:
    command("replay", "--portal", BETA, folder=folder, **APP)

    told = command("events", "list", "--portal", BETA, folder=folder, **APP).stdout
    assert told.count("waiting (parked)") == 2
    assert ACME not in told
