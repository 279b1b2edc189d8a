"""Documented methods that are called wrongly."""

from __future__ import annotations

from typing import Any, assert_type

from bitrix_events import Client, SyncClient


async def names(client: Client) -> None:
    await client.crn.item.get(id=7)  # expect: attr-defined reportAttributeAccessIssue
    await client.crm.itm.get(id=7)  # expect: attr-defined reportAttributeAccessIssue
    await client.crm.item.gett(id=7)  # expect: attr-defined reportAttributeAccessIssue
    await client.v3.crm.item.get(id=7)  # expect: attr-defined reportAttributeAccessIssue
    await client.crm.item()  # expect: operator reportCallIssue


async def parameters(client: Client) -> None:
    await client.crm.item.get(entityTypeId=2)  # expect: call-arg reportCallIssue
    await client.crm.item.get(entityTypeId=2, ID=7)  # expect: call-arg reportCallIssue
    await client.crm.item.get(2, 7)  # expect: call-arg reportCallIssue
    await client.crm.item.get(entityTypeId=2, id=None)  # expect: arg-type reportArgumentType
    await client.crm.item.list(entityTypeId=2, filter="a")  # expect: arg-type reportArgumentType
    await client.crm.item.list(entityTypeId=2, limit=5)  # expect: call-arg reportCallIssue


async def closed_values(client: Client) -> None:
    get = client.crm.item.get
    await get(entityTypeId=2, id=7, useOriginalUfNames="J")  # expect: arg-type reportArgumentType
    get_call = client.v3.call_.followup.get
    await get_call(callId=7, mentionFormat="pdf")  # expect: arg-type reportArgumentType
    order = client.crm.item.list
    await order(entityTypeId=2, order={"id": "UP"})  # expect: dict-item reportArgumentType


async def what_comes_back(client: Client) -> None:
    item, items = client.crm.item.get(entityTypeId=2, id=7), client.crm.item.list(entityTypeId=2)
    item.result  # expect: attr-defined reportAttributeAccessIssue
    async for _ in item:  # expect: attr-defined reportGeneralTypeIssues
        pass
    for _ in items:  # expect: attr-defined reportGeneralTypeIssues
        pass
    async for row in items:
        assert_type(row, dict[str, str])  # expect: assert-type reportAssertTypeFailure
        row.title  # expect: attr-defined reportAttributeAccessIssue
    await client.batch({"a": client.crm.item.get})  # expect: dict-item reportCallIssue
    await client.v3.batch([client.crm.item.get])  # expect: list-item reportCallIssue


async def threads(client: SyncClient) -> None:
    item = client.crm.item.get(entityTypeId=2, id=7)
    await item  # expect: misc reportGeneralTypeIssues
    item.as_list()  # expect: attr-defined reportAttributeAccessIssue
    client.crm.item.get(entityTypeId=2).result  # expect: call-arg reportCallIssue
    for row in client.crm.item.list(entityTypeId=2).as_list():
        assert_type(row, list[Any])  # expect: assert-type reportAssertTypeFailure


async def deprecated(client: Client) -> None:
    await client.crm.deal.get(id=7)  # expect: deprecated reportDeprecated
