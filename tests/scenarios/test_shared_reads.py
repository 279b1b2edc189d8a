"""Records that handlers ask for: how few requests they cost, and that the last state is seen."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from pydantic import Field

from bitrix_events import App, Client
from bitrix_events.events import (
    Deal,
    EntityEvent,
    Event,
    OnCrmActivityUpdate,
    OnCrmDealAdd,
    OnCrmDealUpdate,
)
from bitrix_events.store.records import State
from bitrix_events.testing import AppTest, Call, FakePortal, Latency
from tests.serving import PATIENCE

SLOW = partial(FakePortal, latency=Latency(request=0.02))
EDITS = 100


class Roofing(Deal):
    area: float = Field(0, alias="UF_CRM_AREA")


def reads(portal: FakePortal) -> Counter[str]:
    methods = ("crm.item.get", "crm.item.list")
    return Counter(call.method for call in portal.calls() if call.method in methods)


async def states(test: AppTest) -> Counter[tuple[State, str]]:
    """How often executions have ended in which way."""
    return Counter(
        (execution.state, execution.note)
        for view in await test.deliveries()
        for execution in view.executions
    )


async def test_the_handlers_of_a_delivery_share_one_read() -> None:
    app = App()
    seen: list[Deal] = []

    @app.on(OnCrmDealAdd)
    async def one(deal: Deal) -> None:
        seen.append(deal)

    @app.on(OnCrmDealAdd, where=lambda deal: deal.title == "Roof")
    async def two(deal: Roofing) -> None:
        seen.append(deal)

    @app.on(OnCrmDealAdd)
    def three(deal: Deal) -> None:
        seen.append(deal)

    async with AppTest(app) as test:
        test.portal.add("deal", TITLE="Roof")
        await test.drain()

        assert sorted(type(deal).__name__ for deal in seen) == ["Deal", "Deal", "Roofing"]
        assert reads(test.portal) == {"crm.item.get": 1}


async def test_a_bulk_edit_is_read_in_few_requests_and_written_in_few() -> None:
    app = App()

    @app.on(OnCrmDealAdd)
    async def copy(deal: Deal, client: Client) -> None:
        fields = {"COMMENTS": deal.title}
        await client.call("crm.item.update", entityTypeId=2, id=deal.id, fields=fields)

    async with AppTest(app, portal=SLOW, portal_limits="enterprise") as test:
        for number in test.portal.fill("deal", 300, TITLE="Roof"):
            test.portal.raise_event("ONCRMDEALADD", {"FIELDS": {"ID": number}})
        await test.drain()

        assert {deal["COMMENTS"] for deal in test.portal.records("deal")} == {"Roof"}
        assert sum(reads(test.portal).values()) <= 60
        assert test.portal.requests <= 90


@pytest.mark.parametrize(
    ("kind", "event"), [("deal", OnCrmDealUpdate), ("activity", OnCrmActivityUpdate)]
)
async def test_a_bulk_edit_is_read_in_few_requests_though_the_portal_answers_at_once(
    kind: str, event: type[EntityEvent[Any]]
) -> None:
    app = App()
    seen: Counter[str] = Counter()

    async def count(event: Event) -> None:
        seen[event.data["FIELDS"]["ID"]] += 1

    for name in ("one", "other"):
        app.on(event, where=lambda record: record.id > 0, name=name)(count)
    async with AppTest(app, timeout=PATIENCE) as test:
        ids = test.portal.fill(kind, 500)
        for number in ids:
            test.portal.raise_event(event.CODE, {"FIELDS": {"ID": str(number)}})
        await test.drain()

        assert seen == {str(number): 2 for number in ids}
        assert test.portal.requests <= 40


@pytest.mark.parametrize(
    ("method", "least", "most"), [("crm.contact.update", 9, 64), ("crm.contact.add", 1, 8)]
)
async def test_as_many_handlers_are_begun_as_can_share_their_requests(
    method: str, least: int, most: int
) -> None:
    app = App()
    begun: Counter[str] = Counter()
    seen = 0

    @app.on(OnCrmDealAdd)
    async def handler(deal: Deal, client: Client) -> None:
        nonlocal seen
        begun["now"] += 1
        seen = max(seen, begun["now"])
        await client.call(method, id=1, fields={"NAME": deal.title})
        begun["now"] -= 1

    test = AppTest(
        app, portal=SLOW, portal_limits="enterprise", portal_concurrency=4, timeout=PATIENCE
    )
    async with test:
        test.portal.fill("contact", 1)
        for number in test.portal.fill("deal", 200):
            test.portal.raise_event("ONCRMDEALADD", {"FIELDS": {"ID": number}})
        await test.drain()

        assert len(test.portal.calls(method)) == 200
        assert least <= seen <= most


async def test_a_record_that_is_gone_is_skipped_and_spoils_no_other() -> None:
    app = App()
    seen: set[int] = set()

    @app.on(OnCrmDealUpdate)
    async def look(deal: Deal) -> None:
        seen.add(deal.id)

    async with AppTest(app, portal=SLOW) as test:
        ids = test.portal.fill("deal", 60)
        for number in ids:
            test.portal.raise_event("ONCRMDEALUPDATE", {"FIELDS": {"ID": number}})
        for number in (3, 50):
            test.portal.delete("deal", number)
        await test.drain()

        assert await states(test) == {
            (State.DONE, ""): 58,
            (State.SKIPPED, "gone: the record no longer exists"): 2,
        }
        assert seen == {*ids} - {3, 50}


async def test_a_read_that_fails_for_a_moment_is_made_again() -> None:
    app = App()
    seen: set[int] = set()

    @app.on(OnCrmDealUpdate)
    async def look(deal: Deal) -> None:
        seen.add(deal.id)

    async with AppTest(app, portal=SLOW) as test:
        for number in test.portal.fill("deal", 60):
            test.portal.raise_event("ONCRMDEALUPDATE", {"FIELDS": {"ID": number}})
        for method in ("crm.item.get", "crm.item.list"):
            test.portal.fail_next(method, "INTERNAL_SERVER_ERROR")
        await test.drain()

        assert len(seen) == 60
        assert test.failures == []


async def test_another_attempt_sees_what_the_first_one_has_written() -> None:
    app = App()
    seen: list[str] = []

    @app.on(OnCrmDealAdd)
    async def stumbles(deal: Deal, client: Client) -> None:
        seen.append(deal.title)
        if len(seen) == 1:
            await client.call("crm.deal.update", id=deal.id, fields={"TITLE": "Mine"})
            raise RuntimeError("tomorrow, perhaps")

    async with AppTest(app) as test:
        test.portal.add("deal", TITLE="Roof")
        await test.advance(seconds=60)

    assert seen == ["Roof", "Mine"]


@pytest.mark.parametrize("seed", range(5))
async def test_a_hundred_edits_within_a_second_are_one_run_or_two(seed: int) -> None:
    app = App()
    seen: list[str] = []

    @app.on(OnCrmDealUpdate, debounce=timedelta(seconds=0.5))
    async def look(deal: Deal) -> None:
        seen.append(deal.title)

    chance = random.Random(seed)
    times = sorted(chance.random() for _ in range(EDITS))
    async with AppTest(app) as test:
        (deal,) = test.portal.fill("deal", 1)
        for number, (before, at) in enumerate(zip([0.0, *times], times, strict=False)):
            await test.advance(seconds=at - before)
            test.portal.change("deal", deal, TITLE=f"edit {number}")
        await test.advance(seconds=1)

    assert 1 <= len(seen) <= 2
    assert seen[-1] == f"edit {EDITS - 1}"


@pytest.mark.parametrize("seed", range(12))
async def test_whenever_a_record_is_edited_the_last_run_sees_its_last_state(seed: int) -> None:
    """The edits come at the worst moments: just before the portal reads the record for a handler,
    just after that, and while the handler runs."""
    app = App()
    seen: dict[str, str] = {}
    chance = random.Random(seed)
    left = 9  # so many that no handler is taken for one that causes its own events

    def edit() -> None:
        nonlocal left
        left -= 1
        test.portal.change("deal", deal, TITLE=f"edit {left}")

    def edit_around(call: Call) -> None:
        edit_perhaps()
        asyncio.get_running_loop().call_soon(edit_perhaps)

    def edit_perhaps() -> None:
        for _ in range(min(left, chance.choice((0, 1, 1, 2)))):
            edit()

    @app.on(OnCrmDealUpdate)
    async def one(deal: Deal) -> None:
        edits()
        seen["one"] = deal.title

    @app.on(OnCrmDealUpdate)
    async def two(deal: Roofing) -> None:
        seen["two"] = deal.title
        edits()

    async with AppTest(app) as test:
        (deal,) = test.portal.fill("deal", 1)
        home = asyncio.get_running_loop()
        edits = partial(home.call_soon_threadsafe, edit_perhaps)
        test.portal.on_call = edit_around
        while left:
            edit()
            await test.drain()

        assert seen == {"one": "edit 0", "two": "edit 0"}
        assert test.portal.record("deal", deal)["TITLE"] == "edit 0"
