"""The page of the fake portal in a real browser: a person clicks, and the event goes out."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bitrix_events.testing import FakePortal
from bitrix_events.testing.page import PortalPage
from bitrix_events.testing.serving import serve_on_socket
from tests.processes.browser import browsing

pytestmark = pytest.mark.process

HOSTILE = "<img src=x onerror=\"document.title='taken over'\">"


@asynccontextmanager
async def served() -> AsyncIterator[FakePortal]:
    """A portal with its page on a socket."""
    portal = FakePortal()
    async with portal.serve(around=PortalPage(portal)):
        yield portal


@asynccontextmanager
async def an_app() -> AsyncIterator[str]:
    """An app that takes whatever is sent; its address."""

    async def take(request: Request) -> Response:
        return Response()

    app = Starlette(routes=[Route("/events", take, methods=["POST"])])
    async with serve_on_socket(app) as address:
        yield f"http://{address}/events"


async def test_a_person_adds_changes_and_deletes_a_record_and_sees_the_events(
    tmp_path: Path,
) -> None:
    async with an_app() as url, served() as portal, browsing(tmp_path) as browser:
        await browser.resize(1400, 900)
        await browser.go(f"{portal.base_url}/")
        await browser.enter("#webhooks", url)
        await browser.click("form[action='/webhooks'] button")
        await browser.until("document.querySelector('.listeners code')")

        await browser.click("a[href='/records/deal']")
        await browser.click("a[href$=new]")
        await browser.enter("#TITLE", HOSTILE)
        await browser.enter("#COMMENTS", "one\ntwo")
        await browser.click("main form button")
        await browser.until("document.querySelector('[role=status]')")
        added = await browser.value("document.querySelector('[role=status]').innerText")
        await browser.until("document.querySelector('#event-0 .good')")
        title, address = await browser.value("document.title"), portal.domain
        cell = await browser.value("document.querySelector('td').innerText")

        await browser.click("tbody th a")
        await browser.enter("#STAGE_ID", "WON")
        await browser.click("main form button")
        await browser.until("document.querySelector('[role=status]')")
        await browser.until("document.querySelector('#event-1 .good')")
        await browser.click("#event-1 summary")
        portal.change("deal", 1, TITLE="By somebody else")
        await browser.until("document.querySelector('#event-2 .good')")
        opened = await browser.value("document.querySelector('#event-1').open")
        body = await browser.value("document.querySelector('#event-1 pre').innerText")
        state = await browser.value("document.querySelector('#state').innerText")
        won = portal.record("deal", 1)

        await browser.click(".deletion summary")
        await browser.click(".deletion button")
        await browser.until("document.querySelector('#event-3 .good')")
        picture = await browser.picture()

    assert added == "Deal 1 was added. ONCRMDEALADD goes to 1 address."
    assert (title, cell) == (f"Deals · {address}", HOSTILE)
    assert (won["STAGE_ID"], won["COMMENTS"]) == ("WON", "one\ntwo")
    assert opened is True
    assert '"event": "ONCRMDEALUPDATE"' in body
    assert state == "Live"
    assert [(sent.code, sent.url, sent.status) for sent in portal.sent] == [
        ("ONCRMDEALADD", url, 200),
        ("ONCRMDEALUPDATE", url, 200),
        ("ONCRMDEALUPDATE", url, 200),
        ("ONCRMDEALDELETE", url, 200),
    ]
    assert portal.ids("deal")[:] == []
    assert size_of(picture) == (1400, 900)


async def test_every_screen_fits_into_wide_and_narrow_windows_and_names_its_fields(
    tmp_path: Path,
) -> None:
    async with served() as portal, browsing(tmp_path) as browser:
        portal.fill("deal", 40, TITLE="A roof with a very long name " * 4)
        portal.outgoing_webhook(f"http://127.0.0.1:9/{'long/' * 30}", "ONCRMLEADADD")
        portal.add("lead", TITLE="x" * 300)
        await portal.settled()
        too_wide, unnamed = [], []
        for path in ("/", "/records/deal", "/records/deal/1", "/records/lead/1", "/nothing"):
            await browser.go(portal.base_url + path)
            for width in (360, 760, 1100, 1600):
                await browser.resize(width, 900)
                if await browser.value("document.documentElement.scrollWidth > innerWidth"):
                    too_wide.append((width, path))
            unnamed += await browser.value(
                "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
                ".filter(field => !field.labels.length).map(field => field.name)"
            )

    assert too_wide == []
    assert unnamed == []


async def test_the_page_of_another_site_cannot_use_its_forms(tmp_path: Path) -> None:
    async with served() as portal, browsing(tmp_path) as browser:
        portal.add("deal", TITLE="Roof")

        async def lure(request: Request) -> Response:
            return HTMLResponse(
                f'<form method=post action="{portal.base_url}/records/deal/1/delete">'
                "<button>A kitten</button></form>"
            )

        async with serve_on_socket(Starlette(routes=[Route("/", lure)])) as address:
            await browser.go(f"http://{address}/")
            await browser.click("button")
            await browser.until("document.body.innerText.includes('another site')")

    assert list(portal.ids("deal")) == [1]


async def test_it_says_so_when_the_portal_has_ended(tmp_path: Path) -> None:
    async with browsing(tmp_path) as browser:
        async with served() as portal:
            await browser.go(f"{portal.base_url}/records/deal/new")
            await browser.until("document.querySelector('#state').className == 'live'")
            await browser.enter("#TITLE", "Roof")
        await browser.until("document.querySelector('#state').className == 'ended'")
        kept = await browser.value("document.querySelector('#TITLE').value")

    assert kept == "Roof"


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG file."""
    width, height = struct.unpack(">II", picture[16:24])
    return width, height
