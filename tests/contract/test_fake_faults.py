"""The fake portal fails as it is told to: by chance or at a chosen moment, in process and on
sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bitrix_events.testing import FakePortal, Fault
from bitrix_events.testing.faults import Obstacle
from tests.serving import PATIENCE

NOT_EXECUTED = (Fault.UNREACHED, Obstacle.TLS, Fault.RESET_BEFORE, Fault.BUSY_BEFORE)
EXECUTED = {*Fault, *Obstacle}.difference(NOT_EXECUTED)


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(clock=lambda: 1790000000.0)


@pytest.fixture
async def http(portal: FakePortal) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.webhook_url) as client:
        yield client


async def outcome(http: httpx.AsyncClient, method: str, **params: Any) -> str:
    """``200 json`` or ``503 html``, or the name of the error."""
    try:
        answer = await http.post(method, json=params)
    except httpx.TransportError as error:
        return type(error).__name__
    kind = answer.headers["content-type"].partition(";")[0].rpartition("/")[2]
    return f"{answer.status_code} {kind}"


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Fault.UNREACHED, "ConnectError"),
        (Fault.RESET_BEFORE, "ReadError"),
        (Fault.RESET_AFTER, "ReadError"),
        (Fault.CUT, "RemoteProtocolError"),
        (Fault.BUSY_BEFORE, "503 html"),
        (Fault.BUSY_AFTER, "503 html"),
        (Fault.ERROR_AFTER, "500 json"),
        (Fault.PAGE_AFTER, "200 html"),
        (Fault.TRUNCATED, "200 json"),
        (Obstacle.HUGE, "200 json"),
        (Fault.STALLED, "ReadTimeout"),
        (Obstacle.TLS, "ConnectError"),
    ],
)
async def test_the_nth_request_fails_as_ordered_and_is_executed_or_not(
    portal: FakePortal, http: httpx.AsyncClient, fault: Fault | Obstacle, seen: str
) -> None:
    portal.fail_request(2, fault)

    outcomes = [await outcome(http, "crm.deal.add", fields={"TITLE": str(n)}) for n in range(3)]

    assert outcomes == ["200 json", seen, "200 json"]
    titles = [deal["TITLE"] for deal in portal.records("deal")]
    assert titles == (["0", "1", "2"] if fault in EXECUTED else ["0", "2"])
    assert portal.requests == (2 if fault in (Fault.UNREACHED, Obstacle.TLS) else 3)


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Fault.UNREACHED, "ReadError"),
        (Fault.RESET_BEFORE, "ReadError"),
        (Fault.RESET_AFTER, "ReadError"),
        (Fault.CUT, "RemoteProtocolError"),
        (Fault.BUSY_AFTER, "503 html"),
        (Fault.STALLED, "ReadTimeout"),
        (Obstacle.TLS, "ReadError"),
    ],
)
async def test_on_a_socket_the_connection_really_breaks(
    portal: FakePortal, fault: Fault | Obstacle, seen: str, caplog: pytest.LogCaptureFixture
) -> None:
    portal.add("deal", COMMENTS="x" * 1_000_000)
    async with (
        portal.serve(),
        httpx.AsyncClient(base_url=portal.webhook_url, trust_env=False, timeout=PATIENCE) as http,
    ):
        portal.fail_request(2, fault)
        outcomes = [await outcome(http, "crm.deal.get", id=1)]
        http.timeout = httpx.Timeout(PATIENCE, read=0.5 if fault is Fault.STALLED else PATIENCE)
        outcomes.append(await outcome(http, "crm.deal.get", id=1))
        http.timeout = httpx.Timeout(PATIENCE)
        outcomes.append(await outcome(http, "crm.deal.get", id=1))

    assert outcomes == ["200 json", seen, "200 json"]
    assert len(portal.calls("crm.deal.get")) == (3 if fault in EXECUTED else 2)
    assert not caplog.records


async def test_a_reset_is_a_tcp_reset_before_the_first_byte(portal: FakePortal) -> None:
    async with portal.serve():
        portal.fail_request(1, Fault.RESET_AFTER)
        host, port = portal.domain.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        path = httpx.URL(portal.webhook_url).path
        writer.write(f"GET {path}profile HTTP/1.1\r\nHost: {portal.domain}\r\n\r\n".encode())

        with pytest.raises(ConnectionResetError):
            await reader.read()

        writer.close()
    assert len(portal.calls("profile")) == 1


async def test_a_cut_answer_is_half_of_it(portal: FakePortal) -> None:
    async with portal.serve():
        portal.fail_request(1, Fault.CUT)
        host, port = portal.domain.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        path = httpx.URL(portal.webhook_url).path
        writer.write(f"GET {path}profile HTTP/1.1\r\nHost: {portal.domain}\r\n\r\n".encode())

        head, _, body = (await reader.read()).partition(b"\r\n\r\n")

        writer.close()
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body.startswith(b'{"result":{"ID":"1"')
    assert f"content-length: {len(body) * 2}" in head.decode() or (
        f"content-length: {len(body) * 2 + 1}" in head.decode()
    )


async def test_a_truncated_answer_looks_whole_and_is_half_of_the_json(
    portal: FakePortal, http: httpx.AsyncClient
) -> None:
    portal.fail_request(1, Fault.TRUNCATED)

    half, whole = await http.post("profile"), await http.post("profile")

    assert int(half.headers["content-length"]) == len(half.content)
    assert half.content == whole.content[: len(half.content)]
    with pytest.raises(ValueError, match=r"line 1|delimiter|end"):
        half.json()


async def test_a_huge_answer_is_still_the_answer(
    portal: FakePortal, http: httpx.AsyncClient
) -> None:
    portal.fail_request(1, Obstacle.HUGE)

    answer = await http.post("user.admin")

    assert len(answer.content) > 2**26
    assert answer.content.rstrip().startswith(b'{"result":true')


async def test_a_refused_certificate_is_known_by_its_cause(
    portal: FakePortal, http: httpx.AsyncClient
) -> None:
    portal.fail_request(1, Obstacle.TLS)

    with pytest.raises(httpx.ConnectError, match="certificate") as refused:
        await http.post("profile")

    assert isinstance(refused.value.__cause__, ssl.SSLCertVerificationError)


async def test_the_nth_command_fails_without_being_executed(
    portal: FakePortal, http: httpx.AsyncClient
) -> None:
    portal.fail_command(2)
    portal.fail_command(4, "OPERATION_TIME_LIMIT")
    commands = ["crm.deal.add", "crm.deal.add", "crm.deal.add"]

    await http.post("crm.deal.add", json={})  # alone: no command of a batch
    first = (await http.post("batch", json={"cmd": commands})).json()["result"]
    second = (await http.post("batch", json={"cmd": commands})).json()["result"]

    assert list(first["result_error"]) == ["1"]
    assert first["result_error"]["1"]["error"] == "INTERNAL_SERVER_ERROR"
    assert second["result_error"][0]["error"] == "OPERATION_TIME_LIMIT"
    assert len(portal.records("deal")) == 5


async def test_chance_is_the_same_for_the_same_seed(
    portal: FakePortal, http: httpx.AsyncClient
) -> None:
    async def run(seed: int) -> list[str]:
        portal.disturb({Fault.BUSY_BEFORE: 0.2, Fault.RESET_AFTER: 0.2}, seed=seed)
        return [await outcome(http, "profile") for _ in range(100)]

    first, again, other = await run(1), await run(1), await run(2)
    portal.disturb()
    undisturbed = {await outcome(http, "profile") for _ in range(20)}

    assert first == again != other
    assert 10 <= first.count("503 html") <= 30
    assert 10 <= first.count("ReadError") <= 30
    assert undisturbed == {"200 json"}


async def test_commands_fail_by_chance_too(portal: FakePortal, http: httpx.AsyncClient) -> None:
    portal.disturb(commands={"INTERNAL_SERVER_ERROR": 0.5}, seed=3)

    answer = await http.post("batch", json={"cmd": {f"c{n}": "crm.deal.add" for n in range(50)}})

    result = answer.json()["result"]
    assert 10 <= len(result["result_error"]) <= 40
    assert len(result["result"]) == len(portal.records("deal")) == 50 - len(result["result_error"])


def test_impossible_orders_are_refused(portal: FakePortal) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        portal.disturb({Fault.CUT: 0.6, Fault.BUSY_AFTER: 0.6})
    with pytest.raises(ValueError, match="number 1"):
        portal.fail_request(0, Fault.CUT)
    with pytest.raises(ValueError, match="number 1"):
        portal.fail_command(0)
