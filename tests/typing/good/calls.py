"""Calls by the name of the method: what they give."""

from __future__ import annotations

from typing import Any, assert_type

from bitrix_events import Client, File, Options, Ref, Response, RestError, SyncClient
from bitrix_events.rest.pace import ENTERPRISE
from bitrix_events.rest.request import Request
from bitrix_events.rest.sync import SyncRequest


async def calls(client: Client) -> None:
    request = client.call("crm.deal.get", id=7)
    assert_type(request, Request[Any])
    assert_type(await request, Response)
    assert_type(await client.call("crm.deal.get", {"id": 7}, extra=1), Response)
    async for row in request:
        assert_type(row, Any)
    await client.call("disk.folder.uploadfile", fileContent=File("a.txt", b"a"))


async def lists(client: Client) -> None:
    assert_type(await client.list("crm.deal.list"), list[Any])
    assert_type(await client.list("crm.deal.list").all(), list[Any])
    async for row in client.list("crm.deal.list", {"select": ["ID"]}, limit=10, progress=True):
        assert_type(row, Any)


async def batches(client: Client) -> None:
    call = client.call("profile")
    assert_type(await client.batch({"a": ("profile", {})}), dict[str, Response])
    assert_type(await client.batch({"a": call, "b": "profile"}), dict[str, Response])
    assert_type(await client.batch({1: call, 2: ("profile",)}, halt=True), dict[int, Response])
    assert_type(await client.batch([call, "profile", ("x", {"id": Ref(0)["ID"]})]), list[Response])
    assert_type(await client.batch((call, call)), list[Response])
    assert_type(await client.outcomes({"a": call}), dict[str, Response | RestError])
    assert_type(await client.outcomes([call]), list[Response | RestError])
    assert_type(await client.apply("crm.deal.update", ({"id": n} for n in (1, 2))), list[Response])
    assert_type(Ref("a")["ID"][0], Any)


async def a_script() -> None:
    options = Options(attempts=2)
    async with Client("https://acme.bitrix24.com/rest/1/code/", options=options) as client:
        assert_type(client.with_options(patience=1), Client)
        async with client.slow(0.5):
            await client.call("profile")


def threads() -> None:
    with SyncClient("https://acme.bitrix24.com/rest/", token="token", limits=ENTERPRISE) as client:
        assert_type(client.call("profile"), Response)
        assert_type(client.request("profile"), SyncRequest[Any])
        assert_type(client.request("profile").response, Response)
        assert_type(client.apply("crm.deal.update", [{"id": 1}]), list[Response])
        assert_type(client.list("crm.deal.list").last_id, int | None)
        with client.slow(0.5):
            client.call_batch([client.request("profile")])
        for row in client.list("crm.deal.list", {"select": ["ID"]}, limit=10):
            assert_type(row, Any)
