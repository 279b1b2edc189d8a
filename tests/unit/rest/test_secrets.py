"""Whatever goes wrong, what opens the portal is shown nowhere: not in texts, logs or tracebacks."""

from __future__ import annotations

import asyncio
import gc
import socket
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
from bitrix_events.rest.transport import HttpTransport

PACKAGE = str(Path(bitrix_events.__file__).parent)
CODE = "s3cr3t-webhook-c0de"
TOKEN = "s3cr3t-access-t0ken"
SECRETS = (CODE, TOKEN)
OPTIONS = Options(attempts=2, delay=0.001, patience=0, timeouts=Timeouts(total=0.05))
pytestmark = pytest.mark.usefixtures("short_pauses")

OPENERS = {
    "webhook": (f"https://acme.bitrix24.test/rest/1/{CODE}/", None),
    "token": ("https://acme.bitrix24.test/rest/", TOKEN),
}


async def echo(request: httpx.Request) -> httpx.Response:
    """An error that repeats all that was sent."""
    body = b"".join([part async for part in request.stream]).decode()  # type: ignore[union-attr]
    return httpx.Response(
        403,
        json={
            "error": "ACCESS_DENIED",
            "error_description": f"{request.url} {body} {dict(request.headers)}",
            "request": {str(request.url): [body]},
        },
    )


async def echo_in_a_command(request: httpx.Request) -> httpx.Response:
    error = (await echo(request)).json()
    errors = {f"c{n}": error for n in range(50)}
    return httpx.Response(200, json={"result": {"result": [], "result_error": errors}})


async def redirect(request: httpx.Request) -> httpx.Response:
    return httpx.Response(302, headers={"Location": f"{request.url}?again={TOKEN}"})


async def redirect_to_the_cloud(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    return httpx.Response(302, headers={"Location": f"https://new.bitrix24.de{path}"})


async def malformed_redirect(request: httpx.Request) -> httpx.Response:
    return httpx.Response(302, headers={"Location": f"https://[bad/{CODE}{TOKEN}"})


async def hang(request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(10)
    raise AssertionError


def failing(error: Exception) -> Callable[[httpx.Request], Any]:
    async def fail(request: httpx.Request) -> httpx.Response:
        error.__dict__["request"] = request
        raise error

    return fail


def answering(*args: Any, **how: Any) -> Callable[[httpx.Request], Any]:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(*args, **how)

    return answer


PROBLEMS: dict[str, Callable[[httpx.Request], Any]] = {
    "echo": echo,
    "echo in a command": echo_in_a_command,
    "redirect": redirect,
    "redirect to the cloud": redirect_to_the_cloud,
    "malformed redirect": malformed_redirect,
    "hang": hang,
    "no connection": failing(httpx.ConnectError(f"{CODE} {TOKEN}")),
    "late": failing(httpx.ReadTimeout(f"{CODE} {TOKEN}")),
    "gone": failing(httpx.RemoteProtocolError(f"{CODE} {TOKEN}")),
    "page": answering(500, html=f"<html>{CODE} {TOKEN}</html>"),
    "busy": answering(503, text=f"{CODE} {TOKEN}"),
    "no envelope": answering(200, json={CODE: TOKEN}),
    "expired": answering(401, json={"error": "expired_token", "error_description": TOKEN}),
    "refused": answering(503, json={"error": "QUERY_LIMIT_EXCEEDED", "x": CODE}),
    "no time": answering(429, json={"error": "OPERATION_TIME_LIMIT", "x": CODE}),
    "broken": answering(500, json={"error": "INTERNAL_SERVER_ERROR", "x": [CODE, TOKEN]}),
    "too large": answering(200, content=(CODE + TOKEN).encode() * 600_000),
    "packed badly": answering(200, content=b"", headers={"Content-Encoding": f"{CODE}"}),
}


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


def assert_hidden(opener: str, error: BaseException, logged: str = "") -> None:
    secret = OPENERS[opener][1] or CODE
    for text in (*texts_of(error), logged):
        assert secret not in text, text[:500]


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
        if problem in ("echo", "echo in a command", "redirect", "hang", "no connection")
        or call in ("merged", "batch", [*CALLS][number % len(CALLS)])
    ],
)
@pytest.mark.parametrize("opener", OPENERS)
async def test_no_failure_shows_a_secret(
    caplog: pytest.LogCaptureFixture, opener: str, problem: str, call: str
) -> None:
    caplog.set_level("DEBUG")
    url, token = OPENERS[opener]
    if problem == "echo in a command" and call not in ("batch", "halting"):
        return  # what a call returns may hold anything
    transport = httpx.MockTransport(PROBLEMS[problem])
    options = Options(attempts=1, patience=0, timeouts=Timeouts(total=0.02))
    errors: list[BaseException] = []
    async with Client(url, transport, token=token, options=options) as client:
        try:
            async with asyncio.timeout(0.1):  # a list waits as long as it takes
                found = await CALLS[call](client)
        except Exception as error:
            errors.append(error)
        else:
            errors += [o for o in (found if isinstance(found, list) else []) if not_ok(o)]

    assert errors
    for shown in errors:
        assert_hidden(opener, shown, caplog.text)


def not_ok(outcome: Any) -> bool:
    return isinstance(outcome, BaseException)


@pytest.mark.parametrize("opener", OPENERS)
async def test_no_failure_of_a_real_connection_shows_a_secret(
    caplog: pytest.LogCaptureFixture, opener: str
) -> None:
    caplog.set_level("DEBUG")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    url, token = OPENERS[opener]
    url = url.replace("https://acme.bitrix24.test", f"http://127.0.0.1:{port}")
    async with Client(url, token=token, options=OPTIONS) as client:
        with pytest.raises(PortalUnreachable) as caught:
            await client.call("profile")

    assert_hidden(opener, caught.value, caplog.text)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.close()


@pytest.mark.parametrize("opener", OPENERS)
async def test_a_connection_that_ends_does_not_show_a_secret(
    caplog: pytest.LogCaptureFixture, opener: str
) -> None:
    caplog.set_level("DEBUG")
    url, token = OPENERS[opener]
    async with await asyncio.start_server(silent, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        url = url.replace("https://acme.bitrix24.test", f"http://127.0.0.1:{port}")
        async with Client(url, token=token, options=OPTIONS) as client:
            with pytest.raises(PortalUnreachable) as caught:
                await client.call("profile")

    assert_hidden(opener, caught.value, caplog.text)


@pytest.mark.parametrize("opener", OPENERS)
async def test_a_caller_who_loses_patience_does_not_see_a_secret(opener: str) -> None:
    url, token = OPENERS[opener]
    async with Client(url, httpx.MockTransport(hang), token=token) as client:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.02):
                await client.call("profile")

    assert_hidden(opener, caught.value)


@pytest.mark.parametrize("opener", OPENERS)
def test_the_facade_for_threads_shows_none_either(opener: str) -> None:
    url, token = OPENERS[opener]
    with SyncClient(url, httpx.MockTransport(echo), token=token, options=OPTIONS) as client:
        with pytest.raises(RestError) as caught:
            client.call("profile")
        shown = repr(client) + repr(client.request("profile")) + repr(client.list("profile"))

    assert_hidden(opener, caught.value)
    assert CODE not in shown


@pytest.mark.parametrize("opener", OPENERS)
async def test_a_closed_client_shows_none(opener: str) -> None:
    url, token = OPENERS[opener]
    transport: HttpTransport = httpx.MockTransport(echo)
    client = Client(url, transport, token=token)
    with pytest.raises(RestError):
        await client.call("profile")
    await client.close()

    with pytest.raises(RuntimeError) as caught:
        await client.call("profile")

    assert_hidden(opener, caught.value)


async def test_the_objects_themselves_show_none() -> None:
    for url, token in OPENERS.values():
        async with Client(url, httpx.MockTransport(echo), token=token) as client:
            request = client.call("profile")
            shown = [client, request, client.list("profile"), client.v3, client._dispatcher]
            shown.append(await client._dispatcher._exchange._access.authorize())
            assert not [s for s in SECRETS if s in repr(shown) + str([str(o) for o in shown])]
            request.send().close()
    gc.collect()


async def test_a_portal_that_moved_too_far_does_not_show_the_address() -> None:
    opener = "webhook"
    url, _ = OPENERS[opener]
    async with Client(url, httpx.MockTransport(redirect_to_the_cloud)) as client:
        with pytest.raises(PortalMoved) as caught:
            await client.call("profile")

    assert_hidden(opener, caught.value)
    assert "new.bitrix24.de" in str(caught.value)
