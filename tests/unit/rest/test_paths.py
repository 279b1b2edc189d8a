"""Methods as attributes: the same calls as by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bitrix_events.errors import MethodNotFound, NotFound
from bitrix_events.rest.batch import Ref
from bitrix_events.rest.client import Client
from bitrix_events.rest.paths import MethodPath
from bitrix_events.rest.request import Request
from bitrix_events.rest.sync import SyncClient, SyncRequest
from bitrix_events.testing import FakePortal


@pytest.fixture
def portal() -> FakePortal:
    portal = FakePortal()
    portal.fill("deal", 3)
    return portal


@pytest.fixture
async def client(portal: FakePortal) -> Any:
    async with Client(portal.webhook_url, portal.transport) as client:
        yield client


@pytest.fixture
def sync_client(portal: FakePortal) -> Iterator[SyncClient]:
    with SyncClient(portal.webhook_url, portal.transport) as client:
        yield client


def command(call: Request[Any]) -> Any:
    """What would be sent."""
    return call.command


# Making a call.


async def test_a_path_is_the_call_of_the_name(client: Client) -> None:
    call: Any = client.crm.deal.get(id=2)

    assert isinstance(call, Request)
    assert call.command == client.call("crm.deal.get", id=2).command
    assert (await call).result["ID"] == "2"


async def test_nothing_is_sent_before_it_is_awaited(portal: FakePortal, client: Client) -> None:
    call: Any = client.crm.deal.get(id=2)
    before = portal.requests
    await call

    assert (before, portal.requests) == (0, 1)


async def test_a_path_of_a_list_gives_its_rows(client: Client) -> None:
    rows = client.crm.deal.list(select=["ID"], order={"ID": "DESC"})

    assert [row["ID"] async for row in rows] == ["3", "2", "1"]


async def test_paths_are_commands_of_a_batch(client: Client) -> None:
    found = await client.batch(
        {
            "first": client.crm.deal.get(id=1),
            "again": client.crm.deal.get(id=Ref("first")["ID"]),
        }
    )

    assert found["first"].result == found["again"].result


async def test_a_method_may_be_a_namespace_as_well(client: Client) -> None:
    paths: Any = client.calendar.event.get
    call, below = paths(type="user", ownerId=1), paths.nearest(type="user")

    assert command(call)[0] == "calendar.event.get"
    assert command(below)[0] == "calendar.event.get.nearest"


async def test_a_method_that_is_one_word_is_called_at_once(client: Client) -> None:
    assert (await client.profile()).result["ID"] == "1"


async def test_keywords_and_taken_names_have_an_underscore(client: Client) -> None:
    import_ = client.crm.item.import_(entityTypeId=2, fields={})
    batch = client.batch_(cmd={}, halt=False)
    event = client.calendar.accessibility.get(from_="2026-01-01", to="2026-02-01", users=[1])
    followup = client.v3.call_.followup.get(callId=5)

    assert import_.command == ("crm.item.import", {"entityTypeId": 2, "fields": {}})
    assert batch.command[0] == "batch"
    assert event.command[1] == {"from": "2026-01-01", "to": "2026-02-01", "users": [1]}
    assert followup.command == ("call.followup.get", {"callId": 5})


async def test_an_underscore_that_saves_nothing_is_part_of_the_name(client: Client) -> None:
    path: Any = client.crm.deal.get

    assert command(path(some_="x"))[1] == {"some_": "x"}


async def test_paths_below_the_first_part_are_not_checked(client: Client) -> None:
    path: Any = client.crm
    with pytest.raises(MethodNotFound, match=r"crm\.telepathy\.read"):
        await path.telepathy.read(id=1)


async def test_a_client_with_other_options_makes_its_own_calls(client: Client) -> None:
    other = client.with_options(attempts=1)

    call = client.batch([other.crm.deal.get(id=1)])

    assert (await call)[0].result["ID"] == "1"
    assert "Client" in repr(other.crm)
    with pytest.raises(MethodNotFound, match="NOT_DOCUMENTED"):
        getattr(client.with_options(validate=True).crm, "telepathy")()  # noqa: B009


# REST 3.0.


async def test_rest_3_has_paths_of_its_own(portal: FakePortal, client: Client) -> None:
    portal.fill("task", 3)

    rows = [row["id"] async for row in client.v3.tasks.task.list(select=["id"])]
    one = await client.v3.tasks.task.get(id=2, select=["id"])
    both = await client.v3.batch(
        {"a": client.v3.tasks.task.get(id=1), "b": ("tasks.task.get", {"id": 2})}
    )

    assert rows == [1, 2, 3]
    assert one.result["item"]["id"] == 2
    assert [both["a"]["item"]["id"], both["b"]["item"]["id"]] == [1, 2]


async def test_a_path_of_rest_3_takes_an_idempotency_key(
    portal: FakePortal, client: Client
) -> None:
    def add() -> Any:
        fields = {"title": "once", "creatorId": 1, "responsibleId": 1}
        return client.v3.tasks.task.add(fields=fields, idempotency_key="k1")

    first, second = await add(), await add()

    assert first.result == second.result
    assert (first.replayed, second.replayed) == (False, True)


async def test_a_call_with_a_key_is_no_command(client: Client) -> None:
    call = client.v3.call("tasks.task.add", idempotency_key="k1")

    with pytest.raises(ValueError, match=r"tasks\.task\.add belongs to another client"):
        await client.v3.batch([call])


async def test_calls_of_both_interfaces_do_not_share_a_batch(client: Client) -> None:
    classic, newer = client.tasks.task.get(taskId=1), client.v3.tasks.task.get(id=1)

    with pytest.raises(ValueError, match=r"tasks\.task\.get belongs to another client"):
        await client.batch([newer])
    with pytest.raises(ValueError, match=r"tasks\.task\.get belongs to another client"):
        await client.v3.batch([classic])


async def test_a_part_that_one_client_was_asked_for_is_of_all_of_its_kind(
    portal: FakePortal, client: Client
) -> None:
    other_portal = FakePortal(domain="other.bitrix24.test")
    other_portal.fill("deal", 1)
    async with Client(other_portal.webhook_url, other_portal.transport) as other:
        one: Any = await client.crm.deal.get(id=3)
        with pytest.raises(NotFound):
            await other.crm.deal.get(id=3)

    assert one.result["ID"] == "3"
    with pytest.raises(AttributeError):
        getattr(client.v3, "crm")  # noqa: B009


# Threads.


def test_a_sync_path_is_a_lazy_request(portal: FakePortal, sync_client: SyncClient) -> None:
    call: Any = sync_client.crm.deal.get(id=2)
    before = portal.requests

    assert isinstance(call, SyncRequest)
    assert call.result["ID"] == "2"
    assert (before, portal.requests) == (0, 1)


def test_a_sync_list_is_collected_or_streamed(sync_client: SyncClient) -> None:
    rows = sync_client.crm.deal.list(select=["ID"])

    assert [row["ID"] for row in rows.as_list()] == ["1", "2", "3"]
    assert [row["ID"] for row in rows.as_list_fast(descending=True, limit=2)] == ["3", "2"]


def test_sync_paths_are_commands_of_a_batch(sync_client: SyncClient) -> None:
    found = sync_client.batch([sync_client.crm.deal.get(id=1), sync_client.profile()])

    assert [response.result["ID"] for response in found] == ["1", "1"]


def test_sync_rest_3_has_the_same_paths(portal: FakePortal, sync_client: SyncClient) -> None:
    portal.fill("task", 2)
    tasks = sync_client.v3.tasks.task

    assert tasks.get(id=1).result["item"]["id"] == 1
    assert [row["id"] for row in tasks.list().as_list()] == [1, 2]
    assert [row["id"] for row in tasks.list().as_list_fast(limit=1)] == [1]
    assert sync_client.v3.batch([tasks.get(id=2)])[0]["item"]["id"] == 2


# What does not exist, and what does.


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (
            "crmm",
            r"Client has no 'crmm'; did you mean crm.*\? what is not documented can be called",
        ),
        ("CRM", r"Client has no 'CRM'; did you mean crm"),
        ("zzz", r"Client has no 'zzz'; what is not .* by name: call\(\"zzz\."),
        ("bacth", r"did you mean .*batch"),
        ("_secret", r"Client has no '_secret'$"),
    ],
)
async def test_an_unknown_first_part_names_the_nearest(
    client: Client, part: str, text: str
) -> None:
    with pytest.raises(AttributeError, match=text):
        getattr(client, part)


async def test_first_parts_are_those_of_the_interface(client: Client) -> None:
    assert repr(client.crm) == "<Client method crm>"
    with pytest.raises(AttributeError, match="V3Client has no 'crm'"):
        getattr(client.v3, "crm")  # noqa: B009


async def test_private_names_are_no_parts(client: Client) -> None:
    path: Any = client.crm
    with pytest.raises(AttributeError, match="has no attribute '__wrapped__'"):
        path.__wrapped__  # noqa: B018


async def test_an_interpreter_can_complete_paths(client: Client) -> None:
    path: Any = client.crm.deal

    assert {"crm", "tasks", "batch", "batch_", "call"} <= set(dir(client))
    assert "crm_" not in dir(client)
    assert {"call_", "tasks", "call"} <= set(dir(client.v3))
    assert {"add", "get", "list", "update", "contact"} <= set(dir(path))
    assert "import_" in dir(client.crm.item)
    assert [part for part in dir(path) if "." in part] == []


async def test_a_path_shows_what_it_is(client: Client) -> None:
    path: Any = client.crm.deal.get

    assert isinstance(path, MethodPath)
    assert repr(path) == "<Client method crm.deal.get>"
    assert repr(client.v3.tasks) == "<V3Client method tasks>"
