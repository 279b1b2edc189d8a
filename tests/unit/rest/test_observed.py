"""A client that tells what it has changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bitrix_events.errors import BatchError, NotFound
from bitrix_events.events import Deal
from bitrix_events.rest.client import Client
from bitrix_events.rest.sync import SyncClient
from bitrix_events.testing import FakePortal

TASK = {"title": "x", "creatorId": 1, "responsibleId": 1}
Calls = list[tuple[str, object]]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    portal = FakePortal()
    portal.add("deal", TITLE="Roof")
    async with Client(portal.webhook_url, portal.transport) as client:
        yield client


async def test_what_was_changed_is_told_and_what_was_read_or_failed_is_not(client: Client) -> None:
    told: Calls = []
    observed = client.observed(lambda method, params: told.append((method, params["id"])))

    title = {"TITLE": "x"}
    await observed.call("crm.deal.get", id=1)
    await observed.call("crm.deal.update", id=1, fields=title)
    await observed.crm.deal.update(id=1, fields=title)
    with pytest.raises(NotFound):
        await observed.call("crm.item.update", entityTypeId=2, id=99, fields=title)
    updates = [("crm.deal.update", {"id": id_, "fields": title}) for id_ in ("1", "99")]
    with pytest.raises(BatchError):
        await observed.batch([*updates, ("crm.deal.get", {"id": 1})])
    await observed.apply("crm.deal.update", [{"id": 1, "fields": title}])
    await client.call("crm.deal.update", id=1, fields=title)

    assert told == [("crm.deal.update", found) for found in (1, 1, "1", 1)]


async def test_clients_that_are_made_from_it_tell_too(client: Client) -> None:
    told: Calls = []
    observed = client.observed(lambda method, params: told.append((method, params.get("id"))))

    await observed.with_options(attempts=1).call("crm.deal.update", id=1, fields={})
    added = await observed.v3.tasks.task.add(fields=TASK)
    task = added.result["item"]["id"]
    update = {"id": task, "fields": {"title": "y"}}
    await observed.v3.batch([("tasks.task.update", update), ("tasks.task.get", {"id": task})])
    await observed.with_options(attempts=1).v3.call("tasks.task.update", update)

    assert told == [
        ("crm.deal.update", 1),
        ("tasks.task.add", None),
        ("tasks.task.update", task),
        ("tasks.task.update", task),
    ]


async def test_of_a_batch_written_by_hand_is_told_what_has_worked(client: Client) -> None:
    told: Calls = []
    observed = client.observed(lambda method, params: told.append((method, params)))

    await observed.call(
        "batch",
        halt=0,
        cmd={
            "read": "crm.deal.get?id=1",
            "odd": "crm.deal.update?id=99&fields[TITLE]=x",
            "7": "crm.deal.update?id=1&fields[TITLE]=a+%26%20b",
            "last": "crm.deal.update?id=1&fields[TITLE]=c",
        },
    )
    await observed.call("batch", {"CMD": ["profile", "crm.deal.get?id=1"]})

    assert told == [
        ("crm.deal.update", {"id": "1", "fields": {"TITLE": title}}) for title in ("a & b", "c")
    ]


async def test_it_is_another_view_of_the_same_client(client: Client) -> None:
    observed = client.observed(lambda method, params: None)

    assert observed.is_twin_of(client)
    await observed.batch([client.call("crm.deal.get", id=1)])


def test_records_are_updated_from_threads_as_well() -> None:
    portal = FakePortal()
    deal = portal.add("deal", TITLE="Roof")
    with SyncClient(portal.webhook_url, portal.transport) as client:
        client.update(client.get(Deal, deal), title="Shed")

    assert portal.record("deal", deal)["TITLE"] == "Shed"
