"""``auth_connector`` goes beside the token, where the portal looks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from starlette.types import Message, Receive, Scope, Send

from bitrix_events import Client
from bitrix_events.testing import FakePortal
from bitrix_events.testing.inprocess import InProcess

QUEUE = "bitrix_events"


class Overheard:
    """A portal, and the bodies of the requests that it got."""

    def __init__(self) -> None:
        self.portal = FakePortal()
        self.bodies: list[Any] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def heard() -> Message:
            message = await receive()
            self.bodies.append(orjson.loads(message["body"]))
            return message

        await self.portal(scope, heard, send)


@pytest.fixture
def overheard() -> Overheard:
    return Overheard()


@pytest.fixture
async def client(overheard: Overheard) -> AsyncIterator[Client]:
    token = overheard.portal.issue_tokens().access_token
    async with Client(overheard.portal.rest_url, InProcess(overheard), token=token) as client:
        yield client.with_options(auth_connector=QUEUE)


async def test_a_call_carries_it(overheard: Overheard, client: Client) -> None:
    await client.call("crm.deal.add", fields={"TITLE": "Roof"})

    assert overheard.bodies[-1]["auth_connector"] == QUEUE


async def test_a_batch_carries_it_once_for_all_commands(
    overheard: Overheard, client: Client
) -> None:
    await client.batch([("profile", {}), ("server.time", {})])

    (body,) = overheard.bodies
    assert body["auth_connector"] == QUEUE
    assert not any(QUEUE in command for command in body["cmd"].values())


async def test_a_call_that_names_another_queue_means_that(
    overheard: Overheard, client: Client
) -> None:
    await client.call("event.offline.get", auth_connector="erp")

    assert overheard.bodies[-1]["auth_connector"] == "erp"


async def test_who_has_none_sends_none(overheard: Overheard, client: Client) -> None:
    await client.with_options(auth_connector="").call("profile")

    assert "auth_connector" not in overheard.bodies[-1]


async def test_rest_3_does_not_take_it(overheard: Overheard, client: Client) -> None:
    await client.v3.call("tasks.task.list")

    assert "auth_connector" not in overheard.bodies[-1]
