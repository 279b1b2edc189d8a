"""`bitrix-events sync`: portals send what the handlers name, whoever runs the app meanwhile."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bitrix_events import Client
from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.testing import FakePortal
from tests.cli.conftest import Command
from tests.cli.stores import APP, KEY, installed, installed_on, save, saved
from tests.cli.test_cli import GOOD_APP, WEBHOOKS, error_of, running
from tests.serving import eventually

PUBLIC = "https://app.test"
URL = f"{PUBLIC}/events"
"""Where events go; nobody listens there."""
OLD_URL = "https://old.test/events"
OURS = ("ONAPPPAYMENT", "ONAPPUNINSTALL", "ONSUBSCRIPTIONRENEW")
"""What the framework itself follows."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text(GOOD_APP)
    return tmp_path


@pytest.fixture
async def portal() -> AsyncIterator[FakePortal]:
    async with FakePortal().serve() as portal:
        yield portal


Sync = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


@pytest.fixture
def sync(command: Command, folder: Path, portal: FakePortal) -> Sync:
    """`bitrix-events sync good:app`."""
    settings = portal.environment(mode="app", public_url=PUBLIC, secret_key=KEY)

    def run(*options: str, **more: str) -> Awaitable[subprocess.CompletedProcess[str]]:
        arguments = ("sync", "good:app", *options)
        return asyncio.to_thread(command, *arguments, folder=folder, **settings | more)

    return run


async def keep(folder: Path, *installations: Installation) -> None:
    await asyncio.to_thread(save, folder, *installations)


async def bind(portal: FakePortal, *codes: str, url: str) -> None:
    async with Client(portal.rest_url, token=portal.issue_tokens().access_token) as client:
        await client.batch([("event.bind", {"event": code, "handler": url}) for code in codes])


def bound(portal: FakePortal) -> list[tuple[str, str]]:
    return sorted((binding.event, binding.handler) for binding in portal.bindings)


def subscribed() -> list[tuple[str, str]]:
    """What a portal sends to an app with one handler."""
    return sorted((code, URL) for code in (*OURS, "ONCRMDEALADD"))


async def test_the_difference_is_shown_and_applied(
    portal: FakePortal, folder: Path, sync: Sync
) -> None:
    await keep(folder, installed_on(portal, bound_url=OLD_URL))
    await bind(portal, "ONCRMDEALADD", "ONTASKADD", url=OLD_URL)
    await bind(portal, "ONAPPUNINSTALL", url=URL)
    await bind(portal, "ONTASKADD", url="https://somebody.test/")

    dry = await sync("--dry-run")
    after_dry = bound(portal)
    done = await sync()
    again = await sync("--portal", portal.domain)
    known = await asyncio.to_thread(saved, folder, portal.member_id)

    expected = f"""\
{portal.domain}
  keep      ONAPPUNINSTALL
  bind      ONAPPPAYMENT
  bind      ONCRMDEALADD
  bind      ONSUBSCRIPTIONRENEW
  unbind    ONCRMDEALADD at {OLD_URL}
  unbind    ONTASKADD at {OLD_URL}
  foreign   ONTASKADD at https://somebody.test/
"""
    assert dry.stdout == expected + "  nothing was done: --dry-run\n"
    assert len(after_dry) == 4
    assert done.stdout == expected
    assert bound(portal) == [*subscribed(), ("ONTASKADD", "https://somebody.test/")]
    assert again.stdout.endswith("  nothing to do\n")
    assert [r.returncode for r in (dry, done, again)] == [0, 0, 0]
    assert known is not None
    assert (known.bound_url, known.bound_codes) == (URL, tuple(code for code, _ in subscribed()))
    assert not any("secret" in r.stdout + r.stderr for r in (dry, done, again))


async def test_one_portal_that_fails_does_not_keep_the_others_waiting(
    portal: FakePortal, folder: Path, sync: Sync
) -> None:
    async with FakePortal(domain="beta.bitrix24.test").serve() as beta:
        await keep(
            folder,
            installed_on(portal),
            installed_on(beta, scope=("crm",)),
            installed("0" * 32, "gone.bitrix24.test", state=InstallationState.DELETED),
            installed("1" * 32, "idle.bitrix24.test", paused=True),
        )
        beta.fail_next("event.get", "ACCESS_DENIED", times=9)

        hosts = {"BITRIX_EVENTS_ALLOWED_HOSTS": f"{portal.domain},{beta.domain}"}

        failed = await sync(**hosts)
        refusal = f"{beta.domain}\n  failed    event.get on {beta.domain}: ACCESS_DENIED"

    assert failed.returncode == 1
    assert refusal in failed.stdout
    assert "gone.bitrix24.test\n  left out: it is deleted" in failed.stdout
    assert "idle.bitrix24.test\n  left out: it is paused" in failed.stdout
    assert bound(portal) == subscribed()


async def test_events_that_a_portal_refuses_are_named_and_the_others_bound(
    portal: FakePortal, folder: Path, sync: Sync
) -> None:
    (folder / "good.py").write_text(GOOD_APP.replace("(OnCrmDealAdd)", '("ONTELEPATHY")', 1))
    text = (folder / "good.py").read_text()
    (folder / "good.py").write_text(text.replace("deal: Deal, client", "client"))
    await keep(folder, installed_on(portal))

    refused = await sync()

    assert refused.returncode == 1
    assert "  refused   ONTELEPATHY: Event not found\n" in refused.stdout
    assert bound(portal) == subscribed()


@pytest.mark.process
async def test_it_works_beside_a_running_app_and_renews_tokens(
    portal: FakePortal, folder: Path, sync: Sync
) -> None:
    settings = portal.environment(mode="app", secret_key=KEY)
    async with running(folder, **settings) as url:
        await portal.install(f"{url}/install")
        portal.expire_tokens()

        done = await sync(BITRIX_EVENTS_PUBLIC_URL=url, COLUMNS="80")
        deal = portal.add("deal", TITLE="Roof")
        await eventually(lambda: portal.record("deal", deal)["COMMENTS"] == "Hello")

    assert done.returncode == 0, done.stdout
    assert "  bind      ONCRMDEALADD\n" in done.stdout


def test_what_cannot_be_synchronised_says_why(command: Command, folder: Path) -> None:
    no_url = command("sync", "good:app", folder=folder, **APP)
    webhook = command("sync", "good:app", folder=folder, **WEBHOOKS)
    url = {"BITRIX_EVENTS_PUBLIC_URL": PUBLIC}
    no_store = command("sync", "good:app", folder=folder, **APP, **url)
    save(folder)
    nobody = command("sync", "good:app", folder=folder, **APP, **url)
    unknown = command("sync", "good:app", "--portal", "acme", folder=folder, **APP, **url)

    assert "BITRIX_EVENTS_PUBLIC_URL is not set" in error_of(no_url)
    assert "tick the events in its outgoing webhook" in error_of(webhook)
    assert "there is no store at" in error_of(no_store)
    assert nobody.stdout == "No portal has installed the app yet.\n"
    assert "there is no portal acme" in error_of(unknown)


def test_it_explains_itself_with_an_example(command: Command, tmp_path: Path) -> None:
    result = command("sync", "--help", folder=tmp_path)

    assert "bitrix-events sync hello:app --dry-run" in result.stdout


OFFLINE_APP = GOOD_APP.replace("@app.on(OnCrmDealAdd)", '@app.on(OnCrmDealAdd, mode="offline")')


async def test_offline_events_are_kept_by_the_portal(
    portal: FakePortal, folder: Path, sync: Sync
) -> None:
    (folder / "good.py").write_text(OFFLINE_APP)
    await keep(folder, installed_on(portal))

    done = await sync()
    again = await sync("--dry-run")

    assert "  bind      ONCRMDEALADD offline\n" in done.stdout
    assert "  bind      ONOFFLINEEVENT\n" in done.stdout
    assert "  keep      ONCRMDEALADD offline\n" in again.stdout
    assert again.stdout.endswith("  nothing to do\n")
    assert ("ONCRMDEALADD", "") in bound(portal)


async def test_without_a_public_url_offline_events_are_bound_alone(
    portal: FakePortal, folder: Path, sync: Sync
) -> None:
    (folder / "good.py").write_text(OFFLINE_APP)
    await keep(folder, installed_on(portal))

    done = await sync(BITRIX_EVENTS_PUBLIC_URL="")

    assert done.returncode == 0
    assert "only offline events are looked at" in done.stderr
    assert bound(portal) == [("ONCRMDEALADD", "")]


async def test_a_plan_that_lacks_offline_events_is_shown(
    portal: FakePortal, folder: Path, sync: Sync
) -> None:
    (folder / "good.py").write_text(OFFLINE_APP)
    portal.features["rest_offline_extended"] = "N"
    await keep(folder, installed_on(portal))

    done = await sync()

    assert "  lacking   ONCRMDEALADD offline: not in its plan\n" in done.stdout
    assert ("ONCRMDEALADD", "") not in bound(portal)
