"""Offline events, from the portal's queue to the handler."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bitrix_events import App, Client, Delivery
from bitrix_events.cli.why import explain
from bitrix_events.events import Deal, OnCrmDealAdd, OnCrmDealUpdate
from bitrix_events.store.secrets import Sealer
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import AppTest, FakePortal
from tests.cli.stores import KEY, installed_on
from tests.ports import free_port
from tests.serving import eventually, served, settings_for


def kept(portal: FakePortal) -> list[tuple[str, str]]:
    """What the portal keeps for the app, by code and queue."""
    return sorted((b.event, b.connector_id) for b in portal.bindings if b.offline)


def sent(portal: FakePortal) -> set[str]:
    return {b.event for b in portal.bindings if not b.offline}


async def test_the_portal_keeps_the_event_and_tells_that_there_is_one() -> None:
    app, seen = App(), []

    @app.on(OnCrmDealAdd, mode="offline")
    async def note(deal: Deal, delivery: Delivery) -> None:
        seen.append((deal.id, delivery.entity, delivery.user_id, delivery.data))

    async with AppTest(app, mode="app") as test:
        number = test.portal.add("deal", user_id=1)
        await test.drain()

        assert kept(test.portal) == [("ONCRMDEALADD", "bitrix_events")]
        assert "ONOFFLINEEVENT" in sent(test.portal)
        assert "ONCRMDEALADD" not in sent(test.portal)
    assert seen == [(number, f"deal:{number}", 1, {"FIELDS": {"ID": str(number)}})]


async def test_a_doorbell_that_is_lost_costs_a_few_seconds() -> None:
    app, seen = App(), []

    @app.on(OnCrmDealAdd, mode="offline")
    async def note(deal: Deal) -> None:
        seen.append(deal.id)

    async with AppTest(app, mode="app") as test:
        test.portal.lose_event("ONOFFLINEEVENT")
        number = test.portal.add("deal")
        await test.drain()
        assert seen == []

        await test.advance(seconds=20)

    assert seen == [number]


async def test_a_fact_that_comes_both_ways_is_handled_once() -> None:
    app, seen = App(), []

    @app.on(OnCrmDealAdd, mode="both")
    async def note(deal: Deal) -> None:
        seen.append(deal.id)

    async with AppTest(app, mode="app") as test:
        number = test.portal.add("deal")
        await test.advance(seconds=60)
        codes = [view.delivery.code for view in await test.deliveries()]

    assert seen == [number]
    assert codes.count("ONCRMDEALADD") == 2


async def test_a_change_that_comes_both_ways_is_news_once_to_who_watches_a_field() -> None:
    app, seen = App(), []

    @app.on(OnCrmDealUpdate, mode="both", changed="title")
    async def note(deal: Deal) -> None:
        seen.append(deal.title)

    async with AppTest(app, mode="app") as test:
        number = test.portal.add("deal", TITLE="Roof")
        test.portal.change("deal", number, TITLE="Floor")
        await test.advance(seconds=60)
        codes = [view.delivery.code for view in await test.deliveries()]

    assert seen == ["Floor"]
    assert codes.count("ONCRMDEALUPDATE") == 2


async def test_each_handler_hears_of_an_event_in_its_own_way() -> None:
    app, seen = App(), []

    @app.on(OnCrmDealUpdate)
    async def at_once(deal: Deal) -> None:
        seen.append("at once")

    @app.on(OnCrmDealUpdate, mode="offline")
    async def later(deal: Deal) -> None:
        seen.append("later")

    async with AppTest(app, mode="app") as test:
        test.portal.lose_event("ONOFFLINEEVENT")
        number = test.portal.add("deal")
        test.portal.change("deal", number, TITLE="Roof")
        await test.drain()
        assert seen == ["at once"]

        await test.advance(seconds=20)

        async with app.installations() as store:
            assert isinstance(store, SqliteStore)
            views = [view for view in await test.deliveries() if view.delivery.entity]
            told = ["\n".join(await explain(store, view, app.handlers)) for view in views]
    assert seen == ["at once", "later"]
    assert "app.later[/bold]: is for what the portal keeps, says mode=, and this was" in told[0]
    assert "app.at_once[/bold]: is for what the portal sends, says mode=, and this was" in told[1]


async def test_what_a_handler_writes_does_not_come_back() -> None:
    app, runs = App(), []

    @app.on(OnCrmDealUpdate, mode="offline")
    async def mirror(deal: Deal, client: Client) -> None:
        runs.append(deal.id)
        await client.call("crm.deal.update", id=deal.id, fields={"COMMENTS": "mirrored"})
        await client.batch([("crm.deal.update", {"id": deal.id, "fields": {"TITLE": "Batch"}})])

    async with AppTest(app, mode="app") as test:
        number = test.portal.add("deal")
        test.portal.change("deal", number, TITLE="Roof")
        await test.advance(seconds=60)

    assert runs == [number]


async def test_what_somebody_undoes_again_and_again_is_news_each_time() -> None:
    app, seen = App(), []

    @app.on(OnCrmDealUpdate, mode="offline", changed="assigned_by_id")
    async def on_holiday(deal: Deal, client: Client) -> None:
        seen.append(deal.assigned_by_id)
        await client.update(deal, assigned_by_id=7)

    async with AppTest(app, mode="app") as test:
        number = test.portal.add("deal", ASSIGNED_BY_ID=1)
        for _ in range(4):
            test.portal.change("deal", number, ASSIGNED_BY_ID=5)
            await test.advance(minutes=10)

    assert seen == [5, 5, 5, 5]


async def test_a_plan_without_offline_events_is_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, seen = App(), []

    def poor(**options: object) -> FakePortal:
        portal = FakePortal(**options)  # type: ignore[arg-type]  # what AppTest gives
        portal.features["rest_offline_extended"] = "N"
        return portal

    @app.on(OnCrmDealAdd, mode="both")
    async def note(deal: Deal) -> None:
        seen.append(deal.id)

    async with AppTest(app, mode="app", portal=poor) as test:
        number = test.portal.add("deal")
        await test.advance(seconds=60)
        assert kept(test.portal) == []
        assert test.portal.calls("event.offline.get") == []

    assert seen == [number]
    told = [r for r in caplog.records if "rest_offline_extended" in r.getMessage()]
    assert len(told) == 1


async def test_where_queues_have_no_names_the_one_without_is_used() -> None:
    app, seen = App(), []

    def nameless(**options: object) -> FakePortal:
        portal = FakePortal(**options)  # type: ignore[arg-type]  # what AppTest gives
        portal.features["rest_auth_connector"] = "N"
        return portal

    @app.on(OnCrmDealAdd, mode="offline")
    async def note(deal: Deal) -> None:
        seen.append(deal.id)

    async with AppTest(app, mode="app", portal=nameless) as test:
        number = test.portal.add("deal")
        await test.drain()
        assert kept(test.portal) == [("ONCRMDEALADD", "")]

    assert seen == [number]


async def test_a_plan_that_is_changed_later_makes_the_looks_rare(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = App()

    @app.on(OnCrmDealAdd, mode="offline")
    async def note(deal: Deal) -> None: ...

    async with AppTest(app, mode="app") as test:
        await test.advance(seconds=20)
        test.portal.features["rest_offline_extended"] = "N"
        before = len(test.portal.calls("event.offline.get"))
        await test.advance(seconds=1800)
        test.portal.add("deal")  # and the portal rings
        await test.drain()

        assert len(test.portal.calls("event.offline.get")) == before + 1

    told = [r for r in caplog.records if "does not let us fetch" in r.getMessage()]
    assert len(told) == 1


async def test_a_webhook_portal_runs_the_handler_for_what_is_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, seen = App(), []

    @app.on(OnCrmDealAdd, mode="offline")
    async def note(deal: Deal) -> None:
        seen.append(deal.id)

    async with AppTest(app) as test:
        number = test.portal.add("deal")
        await test.drain()

    assert seen == [number]
    assert "mode='offline' needs an app that portals install" in caplog.text


async def test_a_portal_that_is_there_already_is_told_when_the_app_starts(tmp_path: Path) -> None:
    path, port, seen = tmp_path / "app.db", free_port(), list[int]()
    async with FakePortal().serve() as portal:
        settings = settings_for(
            portal, path, mode="app", public_url=f"http://127.0.0.1:{port}", secret_key=KEY
        )
        store = SqliteStore(path, sealer=Sealer(SecretStr(KEY)))
        await store.open()
        assert await store.save_installation(installed_on(portal))
        await store.close()
        app = App(settings)

        @app.on(OnCrmDealAdd, mode="offline")
        async def note(deal: Deal) -> None:
            seen.append(deal.id)

        async with served(app, path, port=port):
            await eventually(lambda: kept(portal) != [])
            number = portal.add("deal")
            await eventually(lambda: seen == [number])
