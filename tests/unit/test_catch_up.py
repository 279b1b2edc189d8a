"""Catching up: what changed while nobody listened becomes deliveries, each once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from bitrix_events import Router
from bitrix_events.catch_up import CatchUp, kinds_of
from bitrix_events.engine.inbox import Inbox
from bitrix_events.errors import RestError, StoreError
from bitrix_events.events import (
    Deal,
    Event,
    OnCrmActivityUpdate,
    OnCrmContactUpdate,
    OnCrmCurrencyAdd,
    OnCrmDealAdd,
    OnCrmDealDelete,
    OnCrmDealUpdate,
    OnCrmDynamicItemAdd,
    OnCrmLeadUpdate,
    OnTaskUpdate,
)
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options
from bitrix_events.rest.transport import Transport
from bitrix_events.store.records import Admission, Installation, Query
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import FakePortal
from bitrix_events.wire.envelope import NO_SECRET, Credentials, Envelope
from tests.access import FixedAccess

CREDENTIALS = Credentials(NO_SECRET)
START = datetime(2026, 9, 21, 12, tzinfo=UTC)


class House(Deal):
    house: int = Field(alias="UF_CRM_HOUSE")


class Clock:
    """The time for the portal and the app."""

    def __init__(self) -> None:
        self.seconds = START.timestamp()

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


@dataclass
class Scene:
    """An app that is away, and a portal that goes on."""

    clock: Clock
    portal: FakePortal
    store: SqliteStore
    client: Client

    @property
    def installation(self) -> Installation:
        portal = self.portal
        return Installation(portal.member_id, portal.member_id, portal.domain)

    def later(self, **times: float) -> None:
        self.clock.seconds += timedelta(**times).total_seconds()

    async def catch_up(self, router: Router, *, since: datetime | None = None) -> list[str]:
        """What is made for whom: ``code entity handlers``."""
        inbox, made = Inbox(self.store, router.handlers, lambda: None), list[str]()

        async def accept(
            envelope: Envelope, installation: Installation, handlers: Collection[str]
        ) -> None:
            await inbox.accept(envelope, Admission(installation), only=handlers)
            view = (await self.store.find(Query(), limit=1))[0]
            made.append(f"{view.delivery.code} {view.delivery.entity} {' '.join(sorted(handlers))}")

        catch_up = CatchUp(self.store, router.handlers, accept, now=self.clock.now)
        done = await catch_up.make_up(self.client, self.installation, since=since)
        assert sum(one.deliveries for one in done) == len(made)
        return sorted(made)

    async def hear(self, router: Router, code: str, entity_id: int) -> None:
        """An event arrives as always."""
        data: Any = {"FIELDS": {"ID": str(entity_id)}}
        envelope = Envelope(code, data, CREDENTIALS, self.clock.now(), None)
        inbox = Inbox(self.store, router.handlers, lambda: None)
        await inbox.accept(envelope, Admission(self.installation))


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = Clock()
    portal = FakePortal(clock=clock)
    store = SqliteStore(tmp_path / "store.db", clock=clock)
    await store.open()
    transport = Transport(portal.transport)
    client = Client(FixedAccess(portal), transport, options=Options(attempts=1))
    yield Scene(clock, portal, store, client)
    await transport.close()
    await store.close()


def router_for(*events: Any, name: str = "handle", **options: Any) -> Router:
    router = Router("app")
    add_handler(router, *events, name=name, **options)
    return router


def add_handler(router: Router, *events: Any, name: str, **options: Any) -> None:
    async def handle(event: Event) -> None: ...

    router.on(*events, name=name, catch_up=True, **options)(handle)


async def begun(scene: Scene, router: Router) -> None:
    """The app has run, and has ended a while ago."""
    scene.later(hours=1)
    assert await scene.catch_up(router) == []
    scene.later(hours=1)


# What is made.


async def test_what_was_made_and_changed_meanwhile_is_delivered(scene: Scene) -> None:
    router = router_for(OnCrmDealAdd, OnCrmDealUpdate)
    old = scene.portal.add("deal")
    scene.portal.add("deal", TITLE="untouched")
    await begun(scene, router)
    made = scene.portal.add("deal")
    scene.later(minutes=1)
    scene.portal.change("deal", old, TITLE="Roof")

    assert await scene.catch_up(router) == [
        f"ONCRMDEALADD deal:{made} handle",
        f"ONCRMDEALUPDATE deal:{old} handle",
    ]


async def test_a_delivery_is_like_that_of_an_event(scene: Scene) -> None:
    router = router_for(OnCrmDealUpdate)
    deal = scene.portal.add("deal")
    await begun(scene, router)
    scene.portal.change("deal", deal, TITLE="Roof")
    changed_at = scene.clock.now()
    scene.later(hours=1)

    await scene.catch_up(router)

    (view,) = await scene.store.find(Query(), limit=10)
    assert view.delivery.data == {"FIELDS": {"ID": str(deal)}}
    assert view.delivery.sent_at == changed_at
    assert view.delivery.received_at == scene.clock.now()


async def test_the_same_time_is_made_up_for_once(scene: Scene) -> None:
    router = router_for(OnCrmDealAdd, OnCrmDealUpdate)
    await begun(scene, router)
    since = scene.clock.now()
    deal = scene.portal.add("deal")
    scene.later(minutes=1)
    scene.portal.change("deal", deal, TITLE="Roof")
    scene.later(hours=1)
    assert len(await scene.catch_up(router, since=since)) == 2

    assert await scene.catch_up(router, since=since) == []
    scene.later(days=3)
    assert await scene.catch_up(router, since=since) == []
    assert await scene.catch_up(router) == []


async def test_what_a_handler_was_told_of_is_left_out(scene: Scene) -> None:
    router = router_for(OnCrmDealUpdate)
    told, missed = scene.portal.add("deal"), scene.portal.add("deal")
    await begun(scene, router)
    scene.portal.change("deal", told, TITLE="Roof")
    scene.portal.change("deal", missed, TITLE="Floor")
    scene.later(seconds=2)
    await scene.hear(router, "ONCRMDEALUPDATE", told)
    scene.later(hours=1)

    assert await scene.catch_up(router) == [f"ONCRMDEALUPDATE deal:{missed} handle"]


async def test_a_change_after_the_last_event_that_came_is_not_overlooked(scene: Scene) -> None:
    router = router_for(OnCrmDealUpdate)
    deal = scene.portal.add("deal")
    await begun(scene, router)
    scene.portal.change("deal", deal, TITLE="Roof")
    await scene.hear(router, "ONCRMDEALUPDATE", deal)
    scene.later(seconds=0.4)  # the portal cuts this off
    scene.portal.change("deal", deal, TITLE="Floor")
    scene.later(hours=1, seconds=0.6)

    assert await scene.catch_up(router) == [f"ONCRMDEALUPDATE deal:{deal} handle"]


async def test_handlers_that_miss_the_same_share_a_delivery(scene: Scene) -> None:
    router = router_for(OnCrmDealUpdate, name="old")
    deal = scene.portal.add("deal")
    await begun(scene, router)
    scene.portal.change("deal", deal, TITLE="Roof")
    scene.later(seconds=2)
    await scene.hear(router, "ONCRMDEALUPDATE", deal)
    add_handler(router, OnCrmDealUpdate, name="new")
    add_handler(router, OnCrmDealUpdate, name="newer")
    scene.later(hours=1)

    assert await scene.catch_up(router) == [f"ONCRMDEALUPDATE deal:{deal} new newer"]


async def test_a_handler_hears_of_its_own_portals_only(scene: Scene) -> None:
    router = router_for(OnCrmDealAdd, name="theirs", portals=["other.bitrix24.test"])
    add_handler(router, OnCrmDealAdd, name="ours", portals=[scene.portal.domain])
    await begun(scene, router)
    deal = scene.portal.add("deal")

    assert await scene.catch_up(router) == [f"ONCRMDEALADD deal:{deal} ours"]


async def test_a_handler_of_offline_events_is_caught_up_with_too(scene: Scene) -> None:
    router = router_for(OnCrmDealAdd, mode="offline")
    await begun(scene, router)
    deal = scene.portal.add("deal")

    assert await scene.catch_up(router) == [f"ONCRMDEALADD deal:{deal} handle"]


async def test_a_watched_field_that_is_as_it_was_makes_nothing(scene: Scene) -> None:
    router = Router("app")

    @router.on(OnCrmDealUpdate, changed="stage_id", catch_up=True, name="stages")
    async def stages(deal: Deal) -> None: ...

    same, moved, unseen = (scene.portal.add("deal", STAGE_ID="NEW") for _ in range(3))
    member_id = scene.portal.member_id
    seen = {f"deal:{number}": {"stage_id": "NEW"} for number in (same, moved)}
    await scene.store.save_snapshots(member_id, "stages", seen)
    await begun(scene, router)
    for number in (same, unseen):
        scene.portal.change("deal", number, TITLE="Roof")
    scene.portal.change("deal", moved, STAGE_ID="WON")

    assert await scene.catch_up(router) == [
        f"ONCRMDEALUPDATE deal:{moved} stages",
        f"ONCRMDEALUPDATE deal:{unseen} stages",
    ]


async def test_what_a_list_does_not_tell_may_have_changed(scene: Scene) -> None:
    router = Router("app")

    @router.on(OnCrmContactUpdate, changed="phone", catch_up=True, name="phones")
    async def phones() -> None: ...

    contact = scene.portal.add("contact")
    seen = {f"contact:{contact}": {"phone": None}}
    await scene.store.save_snapshots(scene.portal.member_id, "phones", seen)
    await begun(scene, router)
    scene.portal.change("contact", contact, PHONE=[{"VALUE": "+1", "VALUE_TYPE": "WORK"}])

    assert await scene.catch_up(router) == [f"ONCRMCONTACTUPDATE contact:{contact} phones"]


async def test_a_record_that_does_not_fit_its_model_holds_up_no_other(scene: Scene) -> None:
    router = Router("app")

    @router.on(OnCrmDealUpdate, changed="house", catch_up=True, name="houses")
    async def houses(deal: House) -> None: ...

    odd, good = scene.portal.add("deal"), scene.portal.add("deal", UF_CRM_HOUSE=1)
    seen = {f"deal:{number}": {"house": 1} for number in (odd, good)}
    await scene.store.save_snapshots(scene.portal.member_id, "houses", seen)
    await begun(scene, router)
    scene.portal.change("deal", odd, TITLE="Roof")
    scene.portal.change("deal", good, UF_CRM_HOUSE=2)

    assert await scene.catch_up(router) == [
        f"ONCRMDEALUPDATE deal:{odd} houses",
        f"ONCRMDEALUPDATE deal:{good} houses",
    ]


async def test_more_records_than_fit_on_a_page_are_listed(scene: Scene) -> None:
    router = router_for(OnCrmDealAdd)
    await begun(scene, router)
    scene.portal.fill("deal", 230)

    assert len(set(await scene.catch_up(router))) == 230


@pytest.mark.parametrize("ahead", [3600, -3600])
async def test_a_portal_whose_clock_is_another_is_asked_by_its_own(
    tmp_path: Path, ahead: int
) -> None:
    ours, theirs = Clock(), Clock()
    theirs.seconds += ahead
    portal = FakePortal(clock=theirs)
    store = SqliteStore(tmp_path / "store.db", clock=ours)
    await store.open()
    transport = Transport(portal.transport)
    scene = Scene(ours, portal, store, Client(FixedAccess(portal), transport))
    router = router_for(OnCrmDealUpdate)
    told, missed = portal.add("deal"), portal.add("deal")
    for clock in (ours, theirs):
        clock.seconds += 3600
    for number in (told, missed):
        portal.change("deal", number, TITLE="Roof")
    for clock in (ours, theirs):
        clock.seconds += 2
    await scene.hear(router, "ONCRMDEALUPDATE", told)

    made = await scene.catch_up(router, since=ours.now() - timedelta(minutes=5))

    assert made == [f"ONCRMDEALUPDATE deal:{missed} handle"]
    await transport.close()
    await store.close()


# Kinds.


async def test_items_of_smart_processes_are_listed_type_by_type(scene: Scene) -> None:
    router = router_for(OnCrmDynamicItemAdd, name="all")
    add_handler(router, "ONCRMDYNAMICITEMADD_147", name="some")
    for number in (147, 150):
        scene.portal.add("type", TITLE=f"Type {number}", ENTITY_TYPE_ID=number)
    await begun(scene, router)
    first, second = scene.portal.add("dynamic_147"), scene.portal.add("dynamic_150")

    assert await scene.catch_up(router) == [
        f"ONCRMDYNAMICITEMADD item:147:{first} all some",
        f"ONCRMDYNAMICITEMADD item:150:{second} all",
    ]


@pytest.mark.parametrize(
    ("event", "kind", "expected"),
    [
        (OnTaskUpdate, "task", "ONTASKUPDATE task:1 handle"),
        (OnCrmLeadUpdate, "lead", "ONCRMLEADUPDATE lead:1 handle"),
        (OnCrmActivityUpdate, "activity", "ONCRMACTIVITYUPDATE activity:1 handle"),
    ],
)
async def test_each_kind_is_listed_in_its_own_way(
    scene: Scene, event: type[Event], kind: str, expected: str
) -> None:
    router = router_for(event)
    number = scene.portal.add(kind, **FIELDS.get(kind, {}))
    scene.portal.add(kind, **FIELDS.get(kind, {}))
    await begun(scene, router)
    scene.portal.change(kind, number, **CHANGES.get(kind, {"TITLE": "Other"}))

    assert await scene.catch_up(router) == [expected]


def test_what_cannot_be_listed_is_named() -> None:
    router = router_for(OnCrmDealAdd, OnCrmDealDelete, OnCrmCurrencyAdd, "ONSOMETHING")

    kinds, left_out = kinds_of(router.handlers)

    assert [kind.name for kind in kinds] == ["deal"]
    assert left_out == ("ONCRMCURRENCYADD", "ONCRMDEALDELETE", "ONSOMETHING")


# How far it has come.


async def test_the_first_time_nothing_is_made(scene: Scene) -> None:
    router = router_for(OnCrmDealAdd)
    scene.portal.add("deal")

    assert await scene.catch_up(router) == []
    assert scene.portal.calls() == []


async def test_a_list_that_breaks_off_is_begun_anew(scene: Scene) -> None:
    router = router_for(OnCrmDealAdd)
    await begun(scene, router)
    deal = scene.portal.add("deal")
    scene.later(hours=1)
    scene.portal.fail_next("crm.item.list", "ACCESS_DENIED")
    with pytest.raises(RestError):
        await scene.catch_up(router)

    assert await scene.catch_up(router) == [f"ONCRMDEALADD deal:{deal} handle"]


async def test_a_list_that_is_refused_holds_up_no_other(scene: Scene) -> None:
    router = router_for(OnTaskUpdate, OnCrmDealAdd)
    await begun(scene, router)
    deal = scene.portal.add("deal")
    scene.portal.fail_next("tasks.task.list", "ACCESS_DENIED")

    with pytest.raises(RestError, match=r"tasks\.task\.list"):
        await scene.catch_up(router)

    (view,) = await scene.store.find(Query(), limit=10)
    assert view.delivery.entity == f"deal:{deal}"


async def test_a_look_at_the_last_minutes_leaves_what_was_missed_before(scene: Scene) -> None:
    router = router_for(OnCrmDealAdd)
    await begun(scene, router)
    missed = scene.portal.add("deal")
    scene.later(days=1)

    assert await scene.catch_up(router, since=scene.clock.now()) == []
    assert await scene.catch_up(router) == [f"ONCRMDEALADD deal:{missed} handle"]


async def test_what_could_not_be_stored_is_made_the_next_time(scene: Scene) -> None:
    router = router_for(OnCrmDealAdd)
    await begun(scene, router)
    deal = scene.portal.add("deal")

    async def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    catch_up = CatchUp(scene.store, router.handlers, refuse, now=scene.clock.now)
    with pytest.raises(StoreError):
        await catch_up.make_up(scene.client, scene.installation)

    assert await scene.catch_up(router) == [f"ONCRMDEALADD deal:{deal} handle"]


async def test_while_the_app_runs_the_beginning_moves_on(scene: Scene) -> None:
    router = router_for(OnCrmDealAdd)
    catch_up = CatchUp(scene.store, router.handlers, unexpected, now=scene.clock.now)
    await catch_up.make_up(scene.client, scene.installation)
    scene.later(hours=1)
    scene.portal.add("deal", TITLE="told of while the app ran")
    scene.later(hours=1)
    await catch_up.move_on(scene.installation)
    scene.later(hours=1)
    deal = scene.portal.add("deal")

    assert await scene.catch_up(router) == [f"ONCRMDEALADD deal:{deal} handle"]


async def unexpected(*_: object) -> None:
    raise AssertionError("there is nothing to make up for")


FIELDS: dict[str, dict[str, Any]] = {
    "activity": {"OWNER_ID": 1, "OWNER_TYPE_ID": 2, "SUBJECT": "Call"},
    "task": {"RESPONSIBLE_ID": 1},
}
CHANGES: dict[str, dict[str, Any]] = {"activity": {"SUBJECT": "Other"}}
