"""`bitrix-events sync`: portals send what the handlers name, whoever runs the app meanwhile."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bitrix_events import Client
from bitrix_events.store.records import Installation, InstallationState
from bitrix_events.testing import FakePortal
from tests.cli.conftest import Command
from tests.cli.stores import APP, KEY, installed, installed_on, save, saved
from tests.cli.test_cli import GOOD_APP, WEBHOOKS, cli, error_of, running
from tests.serving import eventually

PUBLIC = "https://app.test"
URL = f"{PUBLIC}/events"
"""Where events go; nobody listens there."""
OLD_URL = "https://old.test/events"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text(GOOD_APP)
    return tmp_path


@pytest.fixture
async def portal() -> AsyncIterator[FakePortal]:
    async with FakePortal().serve() as portal:
        yield portal


async def sync(
    *options: str, portal: FakePortal, folder: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    """`bitrix-events sync good:app`, in a process of its own."""
    settings = {**portal.environment(mode="app", public_url=PUBLIC, secret_key=KEY), **more}
    return await asyncio.to_thread(cli, "sync", "good:app", *options, folder=folder, **settings)


async def keep(folder: Path, *installations: Installation) -> None:
    await asyncio.to_thread(save, folder, *installations)


async def bind(portal: FakePortal, *codes: str, url: str) -> None:
    async with Client(portal.rest_url, token=portal.issue_tokens().access_token) as client:
        await client.batch([("event.bind", {"event": code, "handler": url}) for code in codes])


def bound(portal: FakePortal) -> list[tuple[str, str]]:
    return sorted((binding.event, binding.handler) for binding in portal.bindings)


@pytest.mark.process
async def test_the_difference_is_shown_and_applied(portal: FakePortal, folder: Path) -> None:
    await keep(folder, installed_on(portal, bound_url=OLD_URL))
    await bind(portal, "ONCRMDEALADD", "ONTASKADD", url=OLD_URL)
    await bind(portal, "ONAPPUNINSTALL", url=URL)
    await bind(portal, "ONTASKADD", url="https://somebody.test/")

    dry = await sync("--dry-run", portal=portal, folder=folder)
    after_dry = bound(portal)
    done = await sync(portal=portal, folder=folder)
    again = await sync("--portal", portal.domain, portal=portal, folder=folder)
    known = await asyncio.to_thread(saved, folder, portal.member_id)

    expected = f"""\
{portal.domain}
  keep      ONAPPUNINSTALL
  bind      ONCRMDEALADD
  unbind    ONCRMDEALADD at {OLD_URL}
  unbind    ONTASKADD at {OLD_URL}
  foreign   ONTASKADD at https://somebody.test/
"""
    assert dry.stdout == expected + "  nothing was done: --dry-run\n"
    assert len(after_dry) == 4
    assert done.stdout == expected
    assert bound(portal) == [
        ("ONAPPUNINSTALL", URL),
        ("ONCRMDEALADD", URL),
        ("ONTASKADD", "https://somebody.test/"),
    ]
    assert again.stdout.endswith("  nothing to do\n")
    assert [r.returncode for r in (dry, done, again)] == [0, 0, 0]
    assert known is not None
    assert (known.bound_url, known.bound_codes) == (URL, ("ONAPPUNINSTALL", "ONCRMDEALADD"))
    assert not any("secret" in r.stdout + r.stderr for r in (dry, done, again))


@pytest.mark.process
async def test_one_portal_that_fails_does_not_keep_the_others_waiting(
    portal: FakePortal, folder: Path
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

        failed = await sync(portal=portal, folder=folder, **hosts)
        refusal = f"{beta.domain}\n  failed    event.get on {beta.domain}: ACCESS_DENIED"

    assert failed.returncode == 1
    assert refusal in failed.stdout
    assert "gone.bitrix24.test\n  left out: it is deleted" in failed.stdout
    assert "idle.bitrix24.test\n  left out: it is paused" in failed.stdout
    assert bound(portal) == [("ONAPPUNINSTALL", URL), ("ONCRMDEALADD", URL)]


@pytest.mark.process
async def test_events_that_a_portal_refuses_are_named_and_the_others_bound(
    portal: FakePortal, folder: Path
) -> None:
    (folder / "good.py").write_text(GOOD_APP.replace("(OnCrmDealAdd)", '("ONTELEPATHY")', 1))
    text = (folder / "good.py").read_text()
    (folder / "good.py").write_text(text.replace("deal: Deal, client", "client"))
    await keep(folder, installed_on(portal))

    refused = await sync(portal=portal, folder=folder)

    assert refused.returncode == 1
    assert "  refused   ONTELEPATHY: Event not found\n" in refused.stdout
    assert bound(portal) == [("ONAPPUNINSTALL", URL), ("ONCRMDEALADD", URL)]


@pytest.mark.process
async def test_it_works_beside_a_running_app_and_renews_tokens(
    portal: FakePortal, folder: Path
) -> None:
    settings = portal.environment(mode="app", secret_key=KEY)
    async with running(folder, **settings) as url:
        await portal.install(f"{url}/install")
        portal.expire_tokens()

        done = await sync(portal=portal, folder=folder, BITRIX_EVENTS_PUBLIC_URL=url, COLUMNS="80")
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
