"""`AppTest` with several portals, and with time that passes for their tokens."""

from __future__ import annotations

import pytest

from bitrix_events import App, Client, Delivery
from bitrix_events.events import Deal, OnCrmDealAdd
from bitrix_events.testing import AppTest, FakePortal

HOME, AWAY = "acme.bitrix24.test", "beta.bitrix24.de"


def greeter() -> App:
    app = App()

    @app.on(OnCrmDealAdd)
    async def greet(deal: Deal, client: Client) -> None:
        await client.call(
            "crm.item.update", entityTypeId=2, id=deal.id, fields={"comments": f"{deal.title}!"}
        )

    return app


def comments(portal: FakePortal) -> list[str]:
    return [deal["COMMENTS"] for deal in portal.records("deal")]


async def test_each_handler_talks_to_the_portal_that_its_event_is_from() -> None:
    async with AppTest(greeter(), mode="app") as test:
        other = await test.add_portal(AWAY)
        test.portal.add("deal", ID=7, TITLE="Roof")
        other.add("deal", ID=7, TITLE="Wall")
        other.add("deal", ID=8, TITLE="Door")
        await test.drain()

        assert (test.portal.domain, other.domain) == (HOME, AWAY)
        assert comments(test.portal) == ["Roof!"]
        assert comments(other) == ["Wall!", "Door!"]
        portals = {view.delivery.portal for view in await test.deliveries()}
        assert portals == {test.portal.member_id, other.member_id}


def test_a_second_portal_needs_no_coroutine_either() -> None:
    with AppTest(greeter(), mode="app") as test:
        other = test.add_portal(AWAY)
        other.add("deal", TITLE="Wall")
        test.send("ONCRMDEALADD", portal=other, user_id=0)
        test.drain()

        assert comments(other) == ["Wall!"]
        assert test.portal.calls("crm.item.update") == []
        assert len(other.calls("crm.item.get")) == 2


async def test_trouble_at_one_portal_is_none_of_the_others() -> None:
    async with AppTest(greeter(), mode="app") as test:
        other = await test.add_portal(AWAY)
        other.fail_next("crm.item.get", "OVERLOAD_LIMIT")
        test.portal.add("deal", TITLE="Roof")
        other.add("deal", TITLE="Wall")
        await test.drain()
        assert comments(test.portal) == ["Roof!"]
        assert other.calls("crm.item.update") == []

        await test.advance(minutes=2)

        assert comments(other) == ["Wall!"]


async def test_a_portal_that_has_moved_is_found_at_both_addresses() -> None:
    async with AppTest(greeter(), mode="app", allowed_hosts=[HOME, "new.bitrix24.de"]) as test:
        other = await test.add_portal(AWAY)
        other.move("new.bitrix24.de")
        other.add("deal", TITLE="Wall", user_id=0)
        await test.drain()

        assert comments(other) == ["Wall!"]


async def test_a_second_portal_has_an_address_of_its_own_and_installs_the_app() -> None:
    async with AppTest(greeter(), mode="app") as test:
        with pytest.raises(ValueError, match=f"a portal {HOME} already"):
            await test.add_portal(HOME)
    async with AppTest(greeter()) as test:
        with pytest.raises(ValueError, match="a webhook is of one portal"):
            await test.add_portal(AWAY)


async def test_a_token_is_renewed_once_its_hour_is_over() -> None:
    app = App()
    seen = []

    @app.on(OnCrmDealAdd)
    async def look(deal: Deal, delivery: Delivery) -> None:
        seen.append(deal.id)

    async with AppTest(app, mode="app") as test:
        test.portal.add("deal", user_id=0)  # such an event brings no token
        await test.drain()
        assert (seen, test.portal.refreshes) == ([1], 0)

        await test.advance(hours=1, seconds=1)
        test.portal.add("deal", user_id=0)
        await test.drain()

        assert (seen, test.portal.refreshes) == ([1, 2], 1)


async def test_what_a_second_portal_keeps_is_fetched_and_tried_again_in_time() -> None:
    app, attempts = App(), list[int]()

    @app.on(OnCrmDealAdd, mode="offline")
    async def note(deal: Deal) -> None:
        attempts.append(deal.id)
        if len(attempts) == 1:
            raise RuntimeError("not yet")

    async with AppTest(app, mode="app") as test:
        other = await test.add_portal(AWAY)
        other.lose_event("ONOFFLINEEVENT")
        deal = other.add("deal")
        await test.drain()
        assert attempts == []

        await test.advance(seconds=40)

    assert attempts == [deal, deal]
