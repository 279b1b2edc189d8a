"""`bitrix-events doctor`: each broken set-up has a message of its own, which says what to do."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from bitrix_events import App
from bitrix_events.cli.doctor import (
    check_file,
    check_modes,
    check_settings,
    check_store,
)
from bitrix_events.engine.verdicts import paused
from bitrix_events.portals.health import Finding, Level
from bitrix_events.settings import Settings
from bitrix_events.store.records import Installation, InstallationState, NewDelivery
from bitrix_events.store.sqlite.health import FileHealth
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from tests.cli.conftest import Command
from tests.cli.stores import APP, KEY, delivery, in_store, installed, save
from tests.cli.test_cli import GOOD_APP, WEBHOOKS, running
from tests.contract.records import put

ACME: Final = "a1" * 16
OUR_HEALTH: Final = (200, b'{"status":"ok"}')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text(GOOD_APP)
    return tmp_path


def bad(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """What is not fine, and how bad it is."""
    return [(f.level.value, f.text) for f in findings if f.level is not Level.OK]


def app_settings(**options: Any) -> Settings:
    return Settings.load(client_id="local.1.2", client_secret="hidden", secret_key=KEY, **options)


# From outside.


def test_a_set_up_that_is_well_ends_with_zero(command: Command, folder: Path) -> None:
    save(folder, installed(ACME, "acme.bitrix24.com"))
    url = {"BITRIX_EVENTS_PUBLIC_URL": "https://app.example.com"}

    result = command("doctor", "good:app", "--offline", folder=folder, **APP, **url)

    assert result.returncode == 0
    assert [line.split(":")[0] for line in result.stdout.splitlines() if line] == [
        "ok       app",
        "ok       settings",
        "ok       secret key",
        "ok       store",
        "ok       acme.bitrix24.com",
        "ok       acme.bitrix24.com tokens",
        "fine",
    ]
    assert "hidden" not in result.stdout + result.stderr
    assert KEY not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "how to reach Bitrix24 is not set"),
        (APP | WEBHOOKS, "are set together; keep either the two webhook variables"),
        (APP | {"BITRIX_EVENTS_SECRET_KEY": ""}, "BITRIX_EVENTS_SECRET_KEY must be set as well"),
        (APP | {"BITRIX_EVENTS_SECRET_KEY": "short"}, "BITRIX_EVENTS_SECRET_KEY: "),
        (APP | {"BITRIX_EVENTS_WORKERS": "many"}, "BITRIX_EVENTS_WORKERS: "),
        (APP | {"BITRIX_EVENTS_SECRET_KEY_FILE": "/nowhere"}, "cannot read /nowhere"),
        (
            APP | {"BITRIX_EVENTS_STORE": "mysql://x"},
            "BITRIX_EVENTS_STORE: it is not an address such as",
        ),
        (
            WEBHOOKS | {"BITRIX_EVENTS_WEBHOOK_URL": "https://acme.bitrix24.com/secretcode"},
            "BITRIX_EVENTS_WEBHOOK_URL: the address is not that of an incoming webhook",
        ),
        (
            APP | {"BITRIX_EVENTS_PUBLIC_URL": "app.example.com"},
            "BITRIX_EVENTS_PUBLIC_URL is app.example.com, and not an address such as",
        ),
    ],
)
def test_settings_that_cannot_work_are_an_error_each(
    command: Command, settings: dict[str, str], text: str, folder: Path
) -> None:
    result = command("doctor", "--offline", folder=folder, **settings)

    (line,) = [line for line in result.stdout.splitlines() if line.startswith("error ")]
    assert result.returncode == 1
    assert text in line
    assert not any(secret in line for secret in ("hidden", "secretcode", KEY))


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("nowhere:app", "there is no module nowhere here"),
        ("good:other", "good has no other"),
        ("good.py", "name the app as module:app, for example good:app"),
    ],
)
def test_an_app_that_cannot_be_loaded_does_not_hide_the_rest(
    command: Command, target: str, text: str, folder: Path
) -> None:
    save(folder)

    result = command("doctor", target, "--offline", folder=folder, **APP)

    assert result.returncode == 1
    assert f"error    app: {text}" in result.stdout
    assert "ok       store" in result.stdout


def test_warnings_alone_are_no_failure(command: Command, folder: Path) -> None:
    result = command("doctor", "--offline", folder=folder, **APP)

    assert result.returncode == 0
    assert "warning  public URL: BITRIX_EVENTS_PUBLIC_URL is not set" in result.stdout
    assert "warning  store: there is none at" in result.stdout
    assert result.stdout.endswith("errors: 0, warnings: 2\n")


def test_it_explains_itself_with_an_example(command: Command, tmp_path: Path) -> None:
    result = command("doctor", "--help", folder=tmp_path)

    assert "bitrix-events doctor hello:app" in result.stdout


@pytest.mark.process
async def test_a_running_app_is_well_until_something_is_taken_away(
    command: Command, folder: Path
) -> None:
    async with FakePortal().serve() as portal:
        settings = portal.environment(mode="app", secret_key=KEY)

        async def doctor(**more: str) -> tuple[int, str]:
            ran = await asyncio.to_thread(
                command, "doctor", "good:app", folder=folder, **settings, **more
            )
            assert ran.stderr == ""
            return ran.returncode, ran.stdout

        async with running(folder, **settings) as url:
            await portal.install(f"{url}/install")
            public = {"BITRIX_EVENTS_PUBLIC_URL": url}
            unbound = await doctor(**public)
            await asyncio.to_thread(
                command, "sync", "good:app", folder=folder, **settings, **public
            )
            well = await doctor(**public)
        stopped = await doctor(**public)

    assert unbound[0] == 1
    assert "error    " in unbound[1]
    assert "events: ONAPPUNINSTALL, ONCRMDEALADD are not sent to" in unbound[1]
    assert well[0] == 0, well[1]
    assert f"ok       public URL: {url} reaches the app" in well[1]
    assert "ok       clock: agrees with that of 127.0.0.1" in well[1]
    assert "errors: 0, warnings: 1" in well[1]  # this machine only
    assert stopped[0] == 1
    assert f"error    public URL: {url} cannot be reached: no connection: " in stopped[1]


async def test_a_webhook_that_was_deleted_is_told_before_the_first_start(
    command: Command, folder: Path
) -> None:
    async with FakePortal().serve() as portal:
        settings = portal.environment(mode="webhook")
        good = await asyncio.to_thread(command, "doctor", folder=folder, **settings)
        settings["BITRIX_EVENTS_WEBHOOK_URL"] = portal.webhook_url[:-1] + "x/"
        deleted = await asyncio.to_thread(command, "doctor", folder=folder, **settings)

    assert good.returncode == 0
    assert "lets us in; licence: com_basic" in good.stdout
    assert deleted.returncode == 1
    assert "the incoming webhook was deleted" in deleted.stdout
    assert "fakewebhookcode" not in deleted.stdout


# The store.


def stored(folder: Path, **options: Any) -> tuple[list[Finding], list[Installation]]:
    async def check() -> tuple[list[Finding], list[Installation]]:
        settings = app_settings(
            store=f"sqlite:///{folder}/data/bitrix_events.db",
            public_url="https://app.example.com",
            **options,
        )
        installations: list[Installation] = []
        return [f async for f in check_store(settings, None, installations)], installations

    return asyncio.run(check())


def test_a_key_that_does_not_open_the_tokens_is_told(folder: Path) -> None:
    save(folder, installed(ACME, "acme.bitrix24.com"), key="x" * 40)

    findings, installations = stored(folder)

    ((level, text),) = bad(findings)
    assert level == "error"
    assert f"portal {ACME}, column tokens was sealed with another key" in text
    assert "BITRIX_EVENTS_OLD_SECRET_KEYS" in text
    assert installations == []


def test_an_old_key_opens_the_tokens_and_is_a_warning(folder: Path) -> None:
    save(folder, installed(ACME, "acme.bitrix24.com"), key="x" * 40)
    options = {"old_secret_keys": ("x" * 40,)}

    findings, installations = stored(folder, **options)
    about_key = bad(list(check_settings(app_settings(**options, public_url="https://a.test"))))

    assert bad(findings) == []
    assert len(installations) == 1
    ((level, text),) = about_key
    assert level == "warning"
    assert "run bitrix-events portals rotate-key, then remove it" in text


def change_file(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "data" / "bitrix_events.db")) as db, db:
        db.execute(statement)


def test_a_store_of_another_release_is_told(folder: Path) -> None:
    save(folder)
    change_file(folder, "UPDATE meta SET schema_version = 999")

    findings, _ = stored(folder)

    assert any("has schema version 999" in text for level, text in bad(findings))


def test_a_file_that_is_no_store_is_told(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "bitrix_events.db").write_bytes(b"no database at all" * 100)

    findings, _ = stored(folder)

    assert any("file is not a database" in text for level, text in bad(findings))


def test_a_damaged_file_is_told(folder: Path) -> None:
    in_store(folder, fill)
    path = folder / "data" / "bitrix_events.db"
    content = bytearray(path.read_bytes())
    content[8192:-4096] = b"\xaa" * len(content[8192:-4096])
    path.write_bytes(content)

    findings, _ = stored(folder)

    assert any("is damaged: " in text and "backup" in text for level, text in bad(findings))


async def fill(store: Any) -> None:
    for _ in range(300):
        await put(store, delivery(ACME), "app.welcome")


@pytest.mark.parametrize(
    ("health", "level", "text"),
    [
        (FileHealth(True, free=10**12, unwritable=Path("/data")), "error", "cannot write to /data"),
        (FileHealth(True, free=300 * 2**20), "warning", "300 MiB are free beside /data/x.db"),
        (FileHealth(True, free=2**20), "error", "1 MiB are free beside /data/x.db: make room"),
        (FileHealth(True, free=10**12, damage="row 7"), "error", "/data/x.db is damaged: row 7"),
        (FileHealth(False, free=10**12), "warning", "there is none at /data/x.db yet"),
    ],
)
def test_a_file_that_is_not_well_is_told(health: FileHealth, level: str, text: str) -> None:
    (found,) = check_file(Path("/data/x.db"), health)

    assert found.level.value == level
    assert text in found.text


def test_executions_without_a_handler_are_told(command: Command, folder: Path) -> None:
    save(folder, installed(ACME, "acme.bitrix24.com"))
    for name in ("app.welcome", "app.renamed", "app.renamed", "bitrix_events.sync"):
        in_store(folder, lambda store, name=name: put(store, delivery(ACME), name))  # type: ignore[misc]

    result = command("doctor", "good:app", "--offline", folder=folder, **APP)

    assert "warning  handlers: 2 executions wait for app.renamed" in result.stdout
    assert 'Give the new function name="app.renamed"' in result.stdout
    assert "app.welcome" not in result.stdout
    assert "bitrix_events.sync" not in result.stdout


@pytest.mark.parametrize("state", [InstallationState.BLOCKED, InstallationState.NEEDS_REAUTH])
def test_portals_that_wait_are_told_and_not_asked(
    state: InstallationState, command: Command, folder: Path
) -> None:
    save(folder, installed(ACME, "nowhere.invalid", state=state, reason="SOMETHING"))
    offline = {"BITRIX_EVENTS_OAUTH_URLS": "http://127.0.0.1:9"}

    result = command("doctor", folder=folder, **APP, **offline)

    assert "warning  nowhere.invalid: " in result.stdout
    assert "(SOMETHING)" in result.stdout
    assert "error    OAuth server: http://127.0.0.1:9 cannot be reached" in result.stdout
    assert "DNS" not in result.stdout.partition("OAuth")[0]


def test_handlers_that_cause_themselves_are_told(command: Command, folder: Path) -> None:
    async def fill(store: SqliteStore) -> None:
        for number in range(7, 12):
            await put(store, NewDelivery(ACME, "ONX", {}, f"deal:{number}"), "app.loops", "app.ok")
        for claim in await store.claim(limit=20, per_portal=20):
            if claim.delivery.handler == "app.loops":
                await store.settle(claim, paused(60).verdict)

    in_store(folder, fill)

    result = command("doctor", "--offline", folder=folder, **APP)

    text = "warning  loop guard: app.loops ran too often for deal:10, deal:11, deal:7 and others"
    assert text in result.stdout
    assert "app.ok ran" not in result.stdout


def test_handlers_of_offline_events_need_an_app() -> None:
    app = App()

    @app.on("ONCRMDEALADD", mode="both")
    async def mirror() -> None: ...

    webhooks = Settings.load(webhook_url="https://a.bitrix24.com/rest/1/x/", application_token="t")

    (finding,) = check_modes(webhooks, app)
    assert finding.level is Level.WARNING
    assert "app.mirror: a portal that is reached by webhooks keeps no events" in finding.text
    assert list(check_modes(app_settings(), app)) == []
    assert list(check_modes(webhooks, None)) == []
