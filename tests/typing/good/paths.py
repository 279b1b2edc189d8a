"""Documented methods as attributes of the clients."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, assert_type

from bitrix_events import Client, Ref, Response, SyncClient
from bitrix_events.events import Deal


async def one_answer(client: Client) -> None:
    assert_type(await client.crm.item.get(entityTypeId=2, id=7), Response)
    request = client.crm.item.update(entityTypeId=Deal.entity_type_id, id=7, fields={"title": "X"})
    assert_type(await request, Response)
    assert_type((await request).result, Any)
    await client.profile()
    await client.user.current()
    await client.crm.item.fields(entityTypeId=2, useOriginalUfNames="N")


async def all_rows(client: Client) -> None:
    deals = client.crm.item.list(entityTypeId=2, select=["id"], filter={">opportunity": 1000})
    async for deal in deals:
        assert_type(deal, dict[str, Any])
    rows = [row async for row in client.crm.item.list(entityTypeId=2, order={"id": "DESC"})]
    assert_type(rows, list[dict[str, Any]])
    assert_type(await client.crm.item.list(entityTypeId=2), Response)


async def in_a_batch(client: Client) -> None:
    answers = await client.batch(
        {
            "item": client.crm.item.get(entityTypeId=2, id=7),
            "rows": client.crm.item.list(entityTypeId=2),
            "user": client.crm.timeline.comment.get(id=Ref("item")["item"]["contactId"]),
        }
    )
    assert_type(answers, dict[str, Response])


async def parts_that_are_keywords(client: Client) -> None:
    await client.crm.item.import_(entityTypeId=2, fields={"title": "Roof"})
    await client.calendar.accessibility.get(from_="2026-01-01", to=datetime.now(UTC), users=[1])
    await client.v3.call_.followup.get(callId=7, mentionFormat="bb")


async def version_three(client: Client) -> None:
    assert_type(await client.v3.tasks.task.get(id=1, select=["id", "title"]), Response)
    async for task in client.v3.tasks.task.list(select=["id"]):
        assert_type(task, dict[str, Any])
    await client.v3.batch([client.v3.tasks.task.get(id=1)])


def threads(client: SyncClient) -> None:
    request = client.crm.item.get(entityTypeId=2, id=7)
    assert_type(request.response, Response)
    assert_type(request.result, Any)
    assert_type(request.time.operating, float | None)

    listing = client.crm.item.list(entityTypeId=2)
    assert_type(listing.as_list(), list[dict[str, Any]])
    for row in listing.as_list_fast(limit=10):
        assert_type(row, dict[str, Any])
    client.call_batch([request, listing])
    assert_type(client.v3.tasks.task.get(id=1).response, Response)
    for task in client.v3.tasks.task.list().as_list():
        assert_type(task, dict[str, Any])
