"""Subscriptions follow the handlers: what is missing is bound, and nothing twice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bitrix_events.errors import BatchError, RestError
from bitrix_events.portals.bindings import bind_events
from bitrix_events.rest.client import Client
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal
from tests.access import FixedAccess

URL = "https://app.test/bitrix/events"


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    transport = Transport(portal.transport)
    yield Client(FixedAccess(portal, portal.issue_tokens().access_token), transport)
    await transport.close()


def bound(portal: FakePortal) -> list[tuple[str, str]]:
    return [(binding.event, binding.handler) for binding in portal.bindings]


async def test_missing_events_are_bound(portal: FakePortal, client: Client) -> None:
    codes = await bind_events(client, {"ONCRMDEALADD", "ONAPPUNINSTALL"}, URL)

    assert codes == ["ONAPPUNINSTALL", "ONCRMDEALADD"]
    assert bound(portal) == [("ONAPPUNINSTALL", URL), ("ONCRMDEALADD", URL)]


async def test_events_that_are_bound_are_left_alone(portal: FakePortal, client: Client) -> None:
    await bind_events(client, {"ONCRMDEALADD"}, URL)

    codes = await bind_events(client, {"ONCRMDEALADD", "ONCRMDEALUPDATE"}, URL)

    assert codes == ["ONCRMDEALUPDATE"]
    assert len(portal.calls("event.bind")) == 2


async def test_nothing_is_sent_when_nothing_is_missing(portal: FakePortal, client: Client) -> None:
    await bind_events(client, {"ONCRMDEALADD"}, URL)

    codes = await bind_events(client, {"ONCRMDEALADD"}, URL)

    assert codes == []
    assert len(portal.calls("batch")) == 1


async def test_a_binding_to_another_address_does_not_count(
    portal: FakePortal, client: Client
) -> None:
    await bind_events(client, {"ONCRMDEALADD"}, "https://old.test/bitrix/events")

    codes = await bind_events(client, {"ONCRMDEALADD"}, URL)

    assert codes == ["ONCRMDEALADD"]


async def test_events_that_come_without_a_binding_are_not_bound(
    portal: FakePortal, client: Client
) -> None:
    codes = await bind_events(client, {"ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUSERREADY"}, URL)

    assert codes == []
    assert portal.bindings == []


async def test_an_event_that_somebody_bound_meanwhile_is_a_success(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_next(
        "event.bind",
        "ERROR_CORE",
        description="Unable to set event handler: Handler already binded",
    )

    codes = await bind_events(client, {"ONCRMDEALADD", "ONCRMDEALUPDATE"}, URL)

    assert codes == ["ONCRMDEALADD", "ONCRMDEALUPDATE"]


async def test_a_refused_event_is_named_and_the_others_are_bound(
    portal: FakePortal, client: Client
) -> None:
    with pytest.raises(BatchError) as caught:
        await bind_events(client, {"ONCRMDEALADD", "ONTELEPATHY"}, URL)

    assert list(caught.value.errors) == ["ONTELEPATHY"]
    assert caught.value.errors["ONTELEPATHY"].code == "ERROR_EVENT_NOT_FOUND"
    assert bound(portal) == [("ONCRMDEALADD", URL)]


async def test_an_already_bound_event_does_not_hide_a_refused_one(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_next("event.bind", "ERROR_CORE", description="Handler already binded")

    with pytest.raises(BatchError) as caught:
        await bind_events(client, {"ONCRMDEALADD", "ONTELEPATHY"}, URL)

    assert list(caught.value.errors) == ["ONTELEPATHY"]


async def test_a_portal_that_does_not_list_its_bindings_is_an_error(
    portal: FakePortal, client: Client
) -> None:
    portal.fail_next("event.get", "WRONG_AUTH_TYPE")

    with pytest.raises(RestError, match="WRONG_AUTH_TYPE"):
        await bind_events(client, {"ONCRMDEALADD"}, URL)

    assert portal.bindings == []
