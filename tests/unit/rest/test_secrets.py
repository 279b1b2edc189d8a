"""Whatever goes wrong, what opens the portal is shown nowhere: not in texts, logs or tracebacks."""

from __future__ import annotations

import asyncio
import gc
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import pytest

import bitrix_events
from bitrix_events.errors import PortalMoved, PortalUnreachable, RestError
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options, Timeouts
from bitrix_events.rest.sync import SyncClient
from bitrix_events.testing import FakePortal, Latency, Reply
from tests.ports import free_port
from tests.wires import Wire

PACKAGE = str(Path(bitrix_events.__file__).parent)
CODE = "s3cr3t-webhook-c0de"
OPTIONS = Options(attempts=2, delay=0.001, patience=0, timeouts=Timeouts(total=0.05))
OPENERS = ("webhook", "token")
Trouble = Callable[["Place"], Any]
pytestmark = pytest.mark.usefixtures("short_pauses")


class Place:
    """A portal, and what opens it.

    Attributes:
        url: where its methods are.
        token: None if the address says all.
        secret: what must be shown nowhere.
        transport: how it is reached.
    """

    def __init__(self, opener: str) -> None:
        self.portal = FakePortal(webhook_code=CODE)
        self.portal.fill("deal", 10)
        self.transport = self.portal.transport
        self.url, self.token, self.secret = self.portal.webhook_url, None, CODE
        if opener == "token":
            self.url = self.portal.rest_url
            self.token = self.secret = self.portal.issue_tokens().access_token

    def says(self, status: int, content: Any = b"", **headers: str) -> None:
        """Something before the portal answers this to everything."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.portal.fail_request(1, Reply(status, content, named), times=1000)

    def refuses_commands(self) -> None:
        """Each call is refused with words that hold the secret."""
        for method in ("crm.deal.get", "crm.deal.add", "profile"):
            said = f"{self.url} {self.secret}"
            self.portal.fail_next(method, "ACCESS_DENIED", description=said, times=1000)

    def is_silent(self) -> None:
        self.portal.latency = Latency(request=1000)

    def breaks(self, kind: type[httpx.TransportError]) -> None:
        """The way to the portal fails with words that hold the secret."""

        def fail(request: httpx.Request) -> None:
            error = kind(f"{request.url} {self.secret}")
            error.request = request
            raise error

        self.transport = Wire(self.portal, before=fail)


def echo(place: Place) -> None:
    """An error that repeats all that was sent."""
    place.says(
        403,
        lambda sent: {
            "error": "ACCESS_DENIED",
            "error_description": sent,
            "request": {sent: [sent]},
        },
    )


PROBLEMS: dict[str, Trouble] = {
    "echo": echo,
    "told in a command": Place.refuses_commands,
    "redirect": lambda place: place.says(302, Location=f"{place.url}profile?again={place.secret}"),
    "redirect to the cloud": lambda place: place.portal.move("new.bitrix24.de"),
    "malformed redirect": lambda place: place.says(302, Location=f"https://[bad/{place.secret}"),
    "hang": Place.is_silent,
    "no connection": lambda place: place.breaks(httpx.ConnectError),
    "late": lambda place: place.breaks(httpx.ReadTimeout),
    "gone": lambda place: place.breaks(httpx.RemoteProtocolError),
    "page": lambda place: place.says(500, f"<html>{place.secret}</html>".encode()),
    "busy": lambda place: place.says(503, place.secret.encode()),
    "no envelope": lambda place: place.says(200, {place.secret: place.secret}),
    "expired": lambda place: place.says(
        401, {"error": "expired_token", "error_description": place.secret}
    ),
    "refused": lambda place: place.says(503, {"error": "QUERY_LIMIT_EXCEEDED", "x": place.secret}),
    "no time": lambda place: place.says(429, {"error": "OPERATION_TIME_LIMIT", "x": place.secret}),
    "broken": lambda place: place.says(
        500, {"error": "INTERNAL_SERVER_ERROR", "x": [place.secret]}
    ),
    "too large": lambda place: place.says(200, place.secret.encode() * 1_000_000),
    "packed badly": lambda place: place.says(
        200, place.secret.encode(), Content_Encoding=place.secret
    ),
}


def place_with(opener: str, problem: str) -> Place:
    place = Place(opener)
    PROBLEMS[problem](place)
    return place


def texts_of(error: BaseException) -> list[str]:
    """All that a report about an error may show: with the locals of our own frames."""
    shown = [str(error), repr(error), repr(vars(error))]
    shown += traceback.format_exception(error)
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        shown += [str(current), repr(current)]
        shown += locals_of(current.__traceback__)
        pending += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            pending += current.exceptions
    return shown


def locals_of(frames: TracebackType | None) -> list[str]:
    shown = []
    for frame, _ in traceback.walk_tb(frames):
        if frame.f_code.co_filename.startswith(PACKAGE):
            shown += [f"{frame.f_code.co_name}: {n}={v!r}" for n, v in frame.f_locals.items()]
    return shown


def assert_hidden(place: Place, error: BaseException, logged: str = "") -> None:
    for text in (*texts_of(error), logged):
        assert place.secret not in text, text[:500]


CALLS: dict[str, Callable[[Client], Any]] = {
    "read": lambda client: client.call("crm.deal.get", id=1),
    "change": lambda client: client.call("crm.deal.add", fields={"TITLE": "x"}),
    "positional": lambda client: client.call("task.commentitem.getlist", {"TASKID": 1}),
    "merged": lambda client: asyncio.gather(
        *(client.call("crm.deal.get", id=n) for n in range(10)), return_exceptions=True
    ),
    "batch": lambda client: client.batch([("crm.deal.get", {"id": 1}), ("profile", {})]),
    "halting": lambda client: client.batch([("crm.deal.add", {}), ("profile", {})], halt=True),
    "list": lambda client: client.list("crm.deal.list").all(),
    "rest 3": lambda client: client.v3.call("tasks.task.get", id=1),
    "rest 3 batch": lambda client: client.v3.batch([("tasks.task.get", {"id": 1})]),
}


@pytest.mark.parametrize(
    ("problem", "call"),
    [
        (problem, call)
        for number, problem in enumerate(PROBLEMS)
        for call in CALLS
        if problem in ("echo", "told in a command", "redirect", "hang", "no connection")
        or call in ("merged", "batch", [*CALLS][number % len(CALLS)])
    ],
)
@pytest.mark.parametrize("opener", OPENERS)
async def test_no_failure_shows_a_secret(
    caplog: pytest.LogCaptureFixture, opener: str, problem: str, call: str
) -> None:
    caplog.set_level("DEBUG")
    if problem == "told in a command" and call not in ("merged", "batch", "halting"):
        return  # the others call nothing that is refused
    place = place_with(opener, problem)
    options = Options(attempts=1, patience=0, timeouts=Timeouts(total=0.02))
    errors: list[BaseException] = []
    async with Client(place.url, place.transport, token=place.token, options=options) as client:
        try:
            async with asyncio.timeout(0.1):  # a list waits as long as it takes
                found = await CALLS[call](client)
        except Exception as error:
            errors.append(error)
        else:
            errors += [o for o in (found if isinstance(found, list) else []) if not_ok(o)]

    assert errors
    for shown in errors:
        assert_hidden(place, shown, caplog.text)


def not_ok(outcome: Any) -> bool:
    return isinstance(outcome, BaseException)


@pytest.mark.parametrize("opener", OPENERS)
async def test_no_failure_of_a_real_connection_shows_a_secret(
    caplog: pytest.LogCaptureFixture, opener: str
) -> None:
    caplog.set_level("DEBUG")
    place = Place(opener)
    url = place.url.replace(place.portal.base_url, f"http://127.0.0.1:{free_port()}")
    async with Client(url, token=place.token, options=OPTIONS) as client:
        with pytest.raises(PortalUnreachable) as caught:
            await client.call("profile")

    assert_hidden(place, caught.value, caplog.text)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.close()


@pytest.mark.parametrize("opener", OPENERS)
async def test_a_connection_that_ends_does_not_show_a_secret(
    caplog: pytest.LogCaptureFixture, opener: str
) -> None:
    caplog.set_level("DEBUG")
    place = Place(opener)
    async with await asyncio.start_server(silent, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        url = place.url.replace(place.portal.base_url, f"http://127.0.0.1:{port}")
        async with Client(url, token=place.token, options=OPTIONS) as client:
            with pytest.raises(PortalUnreachable) as caught:
                await client.call("profile")

    assert_hidden(place, caught.value, caplog.text)


@pytest.mark.parametrize("opener", OPENERS)
async def test_a_caller_who_loses_patience_does_not_see_a_secret(opener: str) -> None:
    place = place_with(opener, "hang")
    async with Client(place.url, place.transport, token=place.token) as client:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.02):
                await client.call("profile")

    assert_hidden(place, caught.value)


@pytest.mark.parametrize("opener", OPENERS)
def test_the_facade_for_threads_shows_none_either(opener: str) -> None:
    place = place_with(opener, "echo")
    with SyncClient(place.url, place.transport, token=place.token, options=OPTIONS) as client:
        with pytest.raises(RestError) as caught:
            client.call("profile")
        shown = repr(client) + repr(client.request("profile")) + repr(client.list("profile"))

    assert_hidden(place, caught.value)
    assert place.secret not in shown


@pytest.mark.parametrize("opener", OPENERS)
async def test_a_closed_client_shows_none(opener: str) -> None:
    place = place_with(opener, "echo")
    client = Client(place.url, place.transport, token=place.token)
    with pytest.raises(RestError):
        await client.call("profile")
    await client.close()

    with pytest.raises(RuntimeError) as caught:
        await client.call("profile")

    assert_hidden(place, caught.value)


async def test_the_objects_themselves_show_none() -> None:
    for opener in OPENERS:
        place = place_with(opener, "echo")
        async with Client(place.url, place.transport, token=place.token) as client:
            request = client.call("profile")
            shown = [client, request, client.list("profile"), client.v3, client._dispatcher]
            shown.append(await client._dispatcher._exchange._access.authorize())
            assert place.secret not in repr(shown) + str([str(o) for o in shown])
            request.send().close()
    gc.collect()


async def test_a_portal_that_moved_too_far_does_not_show_the_address() -> None:
    place = place_with("webhook", "redirect to the cloud")
    async with Client(place.url, place.transport) as client:
        with pytest.raises(PortalMoved) as caught:
            await client.call("profile")

    assert_hidden(place, caught.value)
    assert "new.bitrix24.de" in str(caught.value)
