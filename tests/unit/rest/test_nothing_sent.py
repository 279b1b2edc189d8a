"""What a failed request says of whether it was sent, and what it shows of its address."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator

import httpx
import pytest

from bitrix_events.errors import PortalUnreachable, TransportError
from bitrix_events.rest import carrier
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options, Timeouts
from bitrix_events.rest.transport import Transport
from tests.serving import PATIENCE

CODE = "s3cr3tc0de"
URL = f"https://acme.bitrix24.test/rest/1/{CODE}/"
HASTY = Timeouts(total=0.2)


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = Transport()
    yield transport
    await transport.close()


async def test_a_total_timeout_while_connecting_means_that_nothing_was_sent(
    transport: Transport,
) -> None:
    with socket.socket() as server, socket.socket() as one, socket.socket() as two:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for filler in (one, two):
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        with pytest.raises(TransportError) as caught:
            await transport.post_json(url, b"{}", timeouts=HASTY)

    assert not caught.value.sent


async def test_a_total_timeout_while_waiting_for_a_connection_means_that_nothing_was_sent(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "_CONNECTIONS", 1)

    asked, may_end = asyncio.Event(), asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        asked.set()
        await may_end.wait()
        writer.close()

    busy = Transport()
    async with await asyncio.start_server(slow, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        first = asyncio.create_task(busy.post_json(url, b"{}"))
        await asyncio.wait_for(asked.wait(), PATIENCE)
        with pytest.raises(TransportError) as waited:
            await busy.post_json(url, b"{}", timeouts=HASTY)
        may_end.set()
        with pytest.raises(TransportError) as sent:
            await first
        await busy.close()

    assert not waited.value.sent
    assert sent.value.sent


def shown(error: BaseException) -> str:
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(report.format())


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError("no such device")])
async def test_a_foreign_transport_that_fails_oddly_shows_no_secret(error: Exception) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    options = Options(attempts=1)
    async with Client(URL, httpx.MockTransport(fail), options=options) as client:
        with pytest.raises((ValueError, PortalUnreachable)) as caught:
            await client.call("profile")

    assert CODE not in shown(caught.value)


async def test_a_transport_that_was_closed_by_others_shows_no_secret() -> None:
    transport = Transport()
    await transport.close()
    client = Client(URL, transport)

    with pytest.raises(RuntimeError, match="transport is closed") as caught:
        await client.call("profile")

    assert CODE not in shown(caught.value)
