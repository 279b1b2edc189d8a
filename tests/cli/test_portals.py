"""`bitrix-events portals`: looking at installations and changing them, beside a running app."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from bitrix_events import Client
from bitrix_events.store.records import InstallationState, Query
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.cli.conftest import Command
from tests.cli.stores import APP, KEY, delivery, in_store, installed, save, saved
from tests.cli.test_cli import GOOD_APP, cli, error_of, running
from tests.contract.records import put
from tests.serving import eventually

ACME, BETA = "a1" * 16, "b2" * 16
NEW_KEY = "another-secret-key-of-forty-characters!!"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose app was installed by two portals; one has not paid."""
    save(
        tmp_path,
        installed(
            ACME,
            "acme.bitrix24.com",
            bound_url="https://app.test/events",
            bound_codes=("ONAPPUNINSTALL", "ONCRMDEALADD"),
        ),
        installed(
            BETA,
            "beta.bitrix24.de",
            state=InstallationState.BLOCKED,
            reason="PAYMENT_REQUIRED",
            paused=True,
        ),
    )
    return tmp_path


@pytest.mark.parametrize("name", ["list", "show", "pause", "resume", "forget", "rotate-key"])
def test_every_command_explains_itself_with_an_example(
    command: Command, name: str, tmp_path: Path
) -> None:
    result = command("portals", name, "--help", folder=tmp_path)

    assert result.returncode == 0
    assert f"bitrix-events portals {name}" in result.stdout
    assert "Example" in result.stdout


def test_portals_are_listed_without_their_tokens(command: Command, folder: Path) -> None:
    result = command("portals", "list", folder=folder, **APP)

    assert result.returncode == 0
    assert re.search(
        f"{ACME} +acme.bitrix24.com +active +good for 59 min +2 +crm, user", result.stdout
    )
    assert re.search(
        rf"{BETA} +beta.bitrix24.de +blocked \(PAYMENT_REQUIRED\), paused", result.stdout
    )
    assert "hidden" not in result.stdout + result.stderr


def test_without_a_key_portals_are_listed_all_the_same(command: Command, folder: Path) -> None:
    result = command("portals", "list", folder=folder)

    assert result.returncode == 0
    assert "not opened: no key" in result.stdout


def test_an_app_that_nobody_has_installed_says_so(command: Command, tmp_path: Path) -> None:
    save(tmp_path)

    listed = command("portals", "list", folder=tmp_path, **APP)
    shown = command("portals", "show", "acme.bitrix24.com", folder=tmp_path, **APP)

    assert listed.stdout == "No portal has installed the app yet.\n"
    assert "no portal has installed the app yet" in error_of(shown)


@pytest.mark.parametrize("name", [ACME, ACME.upper(), "acme.bitrix24.com", "ACME.bitrix24.com"])
def test_a_portal_is_shown_by_its_id_or_address(command: Command, name: str, folder: Path) -> None:
    result = command("portals", "show", name, folder=folder, **APP)

    assert result.returncode == 0
    assert re.search(f"member_id +{ACME}", result.stdout)
    assert re.search("state +active", result.stdout)
    assert re.search("renewable +for 179 days", result.stdout)
    assert re.search("sends to +https://app.test/events", result.stdout)
    assert re.search("events +ONAPPUNINSTALL, ONCRMDEALADD", result.stdout)
    assert "hidden" not in result.stdout


def test_a_blocked_portal_is_shown_with_what_to_do(command: Command, folder: Path) -> None:
    result = command("portals", "show", BETA, folder=folder, **APP)

    assert "blocked (PAYMENT_REQUIRED), paused" in result.stdout
    assert re.search("to do +the portal, or the app there, has to be paid", result.stdout)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("acme.bitrix24.de", "did you mean acme.bitrix24.com or beta.bitrix24.de?"),
        ("beta", "did you mean beta.bitrix24.de?"),
        (ACME[:-2], f"did you mean {ACME}?"),
        ("zzz", "see bitrix-events portals list"),
    ],
)
def test_a_name_that_matches_nothing_says_what_is_near(
    command: Command, name: str, hint: str, folder: Path
) -> None:
    error = error_of(command("portals", "show", name, folder=folder, **APP))

    assert f"there is no portal {name}; {hint}" in error


@pytest.mark.parametrize("name", ["pause", "resume", "forget"])
def test_nothing_is_changed_about_a_portal_that_does_not_exist(
    command: Command, name: str, folder: Path
) -> None:
    assert "there is no portal beta; did you mean beta.bitrix24.de?" in error_of(
        command("portals", name, "beta", folder=folder, **APP)
    )


def test_an_address_that_two_portals_have_is_not_enough(command: Command, folder: Path) -> None:
    save(folder, installed("c3" * 16, "acme.bitrix24.com"))

    error = error_of(command("portals", "pause", "acme.bitrix24.com", folder=folder, **APP))

    assert f"name one by its id: {ACME}, {'c3' * 16}" in error


def test_a_portal_is_paused_and_resumed(command: Command, folder: Path) -> None:
    paused = command("portals", "pause", "acme.bitrix24.com", folder=folder, **APP)
    again = command("portals", "pause", "acme.bitrix24.com", folder=folder, **APP)
    after_pause = saved(folder, ACME)
    resumed = command("portals", "resume", "acme.bitrix24.com", folder=folder, **APP)
    after_resume = saved(folder, ACME)

    assert "acme.bitrix24.com is paused" in paused.stdout
    assert "was paused already" in again.stdout
    assert after_pause is not None
    assert after_pause.paused
    assert after_pause.tokens is not None
    assert resumed.stdout == "acme.bitrix24.com goes on.\n"
    assert after_resume is not None
    assert not after_resume.paused


def test_resuming_a_blocked_portal_says_what_else_is_needed(command: Command, folder: Path) -> None:
    save(folder, installed("c3" * 16, "c.bitrix24.com", state=InstallationState.NEEDS_REAUTH))

    blocked = command("portals", "resume", "beta.bitrix24.de", folder=folder, **APP)
    lost = command("portals", "resume", "c.bitrix24.com", folder=folder, **APP)

    assert "beta.bitrix24.de goes on." in blocked.stdout
    assert "But its state is blocked (PAYMENT_REQUIRED): the portal" in blocked.stdout
    assert "c.bitrix24.com was not paused." in lost.stdout
    assert "an administrator of the portal has to open or install the app again" in lost.stdout


def test_a_change_without_the_key_is_refused_before_it_costs_the_tokens(
    command: Command, folder: Path
) -> None:
    error = error_of(command("portals", "pause", "acme.bitrix24.com", folder=folder))

    after = saved(folder, ACME)
    assert "set BITRIX_EVENTS_SECRET_KEY" in error
    assert after is not None
    assert after.tokens is not None
    assert not after.paused


def test_with_a_wrong_key_nothing_is_changed_and_the_key_is_named(
    command: Command, folder: Path
) -> None:
    settings = APP | {"BITRIX_EVENTS_SECRET_KEY": NEW_KEY}

    error = error_of(command("portals", "pause", "acme.bitrix24.com", folder=folder, **settings))

    assert "was sealed with another key" in error
    assert "BITRIX_EVENTS_OLD_SECRET_KEYS" in error


def test_a_portal_is_forgotten_after_a_yes(command: Command, folder: Path) -> None:
    in_store(folder, lambda store: put(store, delivery(ACME), "app.welcome"))

    asked = command("portals", "forget", "acme.bitrix24.com", folder=folder, **APP)
    kept = saved(folder, ACME)
    done = command("portals", "forget", "acme.bitrix24.com", "--yes", folder=folder, **APP)
    left = in_store(folder, lambda store: store.find(Query(), limit=5))

    assert asked.returncode == 1
    assert "The app is still installed on acme.bitrix24.com" in asked.stdout
    assert "Delete all deliveries and tokens of acme.bitrix24.com for good?" in asked.stdout
    assert kept is not None
    assert done.stdout == "acme.bitrix24.com is forgotten.\n"
    assert saved(folder, ACME) is None
    assert saved(folder, BETA) is not None
    assert left == []


def test_tokens_are_sealed_with_the_new_key(command: Command, folder: Path) -> None:
    rotating = APP | {
        "BITRIX_EVENTS_SECRET_KEY": NEW_KEY,
        "BITRIX_EVENTS_OLD_SECRET_KEYS": KEY,
    }

    rotated = command("portals", "rotate-key", folder=folder, **rotating)
    again = command("portals", "rotate-key", folder=folder, **rotating)
    after = saved(folder, ACME, key=NEW_KEY)

    assert "2 values were sealed anew" in rotated.stdout
    assert "BITRIX_EVENTS_OLD_SECRET_KEYS may go now" in rotated.stdout
    assert "Everything is sealed with BITRIX_EVENTS_SECRET_KEY already." in again.stdout
    assert after is not None
    assert after.tokens is not None
    assert KEY not in rotated.stdout + rotated.stderr


def test_a_new_key_without_the_old_one_changes_nothing(command: Command, folder: Path) -> None:
    wrong = APP | {"BITRIX_EVENTS_SECRET_KEY": NEW_KEY}

    assert "BITRIX_EVENTS_OLD_SECRET_KEYS" in error_of(
        command("portals", "rotate-key", folder=folder, **wrong)
    )
    assert "BITRIX_EVENTS_SECRET_KEY is not set" in error_of(
        command("portals", "rotate-key", folder=folder)
    )
    after = saved(folder, ACME)
    assert after is not None
    assert after.tokens is not None


@pytest.mark.process
async def test_a_running_app_waits_while_a_portal_is_paused(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "good.py").write_text(GOOD_APP)
    async with FakePortal().serve() as portal:
        settings = portal.environment(mode="app")

        async def portals(*arguments: str) -> str:
            ran = await asyncio.to_thread(
                command, "portals", *arguments, folder=tmp_path, **settings
            )
            assert ran.returncode == 0, ran.stderr
            return ran.stdout

        async with running(tmp_path, **settings) as url:
            await portal.install(f"{url}/install")
            async with Client(portal.rest_url, token=portal.issue_tokens().access_token) as client:
                await client.call("event.bind", event="ONCRMDEALADD", handler=f"{url}/events")
            await portals("pause", portal.domain)
            deal = portal.add("deal", TITLE="Roof")
            await portal.settled()
            await asyncio.sleep(0.5)
            while_paused = portal.record("deal", deal)["COMMENTS"]
            listed = await portals("list")

            await portals("resume", portal.domain)
            await eventually(lambda: portal.record("deal", deal)["COMMENTS"] == "Hello")
            await portals("forget", portal.domain, "--yes")

            async def is_refused() -> bool:
                portal.add("deal", TITLE="Shed")
                await portal.settled()
                return portal.sent[-1].status == 403

            await eventually(is_refused)

    assert while_paused != "Hello"
    assert "active, paused" in listed


@pytest.mark.process
def test_a_store_may_be_looked_at_by_many(folder: Path) -> None:
    async def look_meanwhile(store: SqliteStore) -> None:
        listed = await asyncio.to_thread(cli, "portals", "list", folder=folder, **APP)
        assert "acme.bitrix24.com" in listed.stdout

    in_store(folder, look_meanwhile)
