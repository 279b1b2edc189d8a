"""Calls by the name of the method that are refused."""

from __future__ import annotations

from bitrix_events import Client, Ref, SyncClient


async def calls(client: Client) -> None:
    await client.call(7)  # expect: arg-type reportArgumentType
    client.call("profile").result  # expect: attr-defined reportAttributeAccessIssue
    (await client.call("profile")).reslut  # expect: attr-defined reportAttributeAccessIssue
    await client.batch([7])  # expect: list-item reportArgumentType
    await client.batch("profile", halt=1)  # expect: call-overload reportArgumentType
    await client.batch({"a": client.call("profile"), "b": 7})  # expect: dict-item reportCallIssue
    await client.batch({None: "profile"})  # expect: type-var reportArgumentType
    await client.apply("crm.deal.update", [7])  # expect: list-item reportArgumentType
    await client.list("crm.deal.list", limit="10")  # expect: arg-type reportArgumentType
    Ref("a")[1.5]  # expect: index reportArgumentType
    Client("https://acme.test/rest/1/code/", token=7)  # expect: arg-type reportArgumentType


async def a_list_is_read_with_async_for(client: Client) -> None:
    list(client.list("crm.deal.list"))  # expect: call-overload reportArgumentType


async def threads_do_not_wait(client: SyncClient) -> None:
    await client.call("profile")  # expect: misc reportGeneralTypeIssues
    client.request("profile").reslut  # expect: attr-defined reportAttributeAccessIssue
