"""``changed=``: handlers run for what has changed, and not for what they have done themselves."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import Field

from bitrix_events import (
    UNKNOWN,
    App,
    Changes,
    Client,
    Drop,
    GiveUp,
    RetryLater,
    RetryPolicy,
    Router,
    SyncClient,
)
from bitrix_events.cli.why import explain
from bitrix_events.entities import Item, Money, Task
from bitrix_events.events import (
    Deal,
    OnCrmDealAdd,
    OnCrmDealUpdate,
    OnCrmDynamicItemUpdate,
    OnTaskUpdate,
)
from bitrix_events.store.records import Execution, State
from bitrix_events.store.sqlite.store import SqliteStore
from bitrix_events.testing import AppTest
from bitrix_events.testing.site import hex_id

WON = "C3:WON"


class Roofing(Deal):
    area: float = Field(0, alias="UF_CRM_AREA")
    begin: date | None = Field(None, alias="UF_CRM_BEGIN")
    met: datetime | None = Field(None, alias="UF_CRM_MET")
    budget: Money | None = Field(None, alias="UF_CRM_BUDGET")
    crew: list[int] = Field(default_factory=list, alias="UF_CRM_CREW")
    paid: bool = Field(False, alias="UF_CRM_PAID")


async def executions(test: AppTest) -> list[Execution]:
    """All of them, oldest first."""
    return [e for view in await test.deliveries() for e in view.executions]


async def notes(test: AppTest) -> list[str]:
    return [e.note for e in await executions(test) if e.state is State.SKIPPED]


async def replay(test: AppTest) -> None:
    """Have the first delivery handled once more."""
    first = (await test.deliveries())[0]
    async with test.app.installations() as store:
        assert isinstance(store, SqliteStore)
        await store.replay(first.delivery.id, ["app.handler"])
    test.app.wake()
    await test.drain()


class Seen:
    """What a handler was told of changes: before and after of each field."""

    def __init__(self) -> None:
        self.changes: list[dict[str, tuple[Any, Any]]] = []

    def __call__(self, changes: Changes) -> None:
        self.changes.append({n: (changes[n].before, changes[n].after) for n in changes})


def watching(changed: Any, **options: Any) -> tuple[App, Seen]:
    app, seen = App(), Seen()

    @app.on(OnCrmDealUpdate, changed=changed, **options)
    async def handler(changes: Changes) -> None:
        seen(changes)

    return app, seen


async def test_a_handler_runs_only_if_a_watched_field_has_changed() -> None:
    app, seen = watching(("stage_id", "OPPORTUNITY"))
    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="NEW", OPPORTUNITY="10.00")
        for name, value in [("TITLE", "a"), ("TITLE", "b"), ("STAGE_ID", "WON"), ("COMMENTS", "c")]:
            fields: dict[str, Any] = {name: value}
            test.portal.change("deal", deal, **fields)
            await test.drain()

        assert seen.changes == [
            {"stage_id": (UNKNOWN, "NEW"), "opportunity": (UNKNOWN, 10.0)},
            {"stage_id": ("NEW", "WON")},
        ]
        assert await notes(test) == [
            "changed= said no: stage_id is NEW still; opportunity is 10.0 still",
            "changed= said no: stage_id is WON still; opportunity is 10.0 still",
        ]


async def test_a_move_to_a_value_counts_once_and_other_moves_are_noted() -> None:
    app, seen = watching({"stage_id": WON})
    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="C3:NEW")
        for stage in ("C3:NEW", WON, WON, "C3:LOST", WON):
            test.portal.change("deal", deal, STAGE_ID=stage)
            await test.drain()

        assert seen.changes == [{"stage_id": ("C3:NEW", WON)}, {"stage_id": ("C3:LOST", WON)}]
        assert await notes(test) == [
            "changed= said no: stage_id is C3:NEW, not C3:WON",
            "changed= said no: stage_id was C3:WON already",
            "changed= said no: stage_id is C3:LOST, not C3:WON",
        ]


async def test_a_move_from_one_value_to_another() -> None:
    app, seen = watching({"stage_id": ("C3:PREP", WON)})
    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="C3:NEW")
        for stage in ("C3:NEW", WON, "C3:PREP", WON):
            test.portal.change("deal", deal, STAGE_ID=stage)
            await test.drain()

        assert seen.changes == [{"stage_id": ("C3:PREP", WON)}]
        assert (await notes(test))[1] == (
            "changed= said no: stage_id was C3:NEW before, not C3:PREP"
        )


async def test_at_first_sight_a_handler_runs_unless_it_says_otherwise() -> None:
    app, seen = watching({"stage_id": WON})
    skipping = Seen()

    @app.on(OnCrmDealUpdate, changed="stage_id", first_seen="skip")
    async def skips(changes: Changes) -> None:
        skipping(changes)

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID=WON)
        test.portal.change("deal", deal, TITLE="a")
        await test.drain()
        assert (seen.changes, skipping.changes) == ([{"stage_id": (UNKNOWN, WON)}], [])
        assert await notes(test) == ["changed= said no: stage_id is seen for the first time"]

        test.portal.change("deal", deal, STAGE_ID="C3:LOST")
        await test.drain()

        assert skipping.changes == [{"stage_id": (WON, "C3:LOST")}]


async def test_a_retry_sees_the_same_before_and_a_dead_execution_moves_nothing() -> None:
    app, seen = App(), Seen()

    @app.on(OnCrmDealUpdate, changed="stage_id", retry=RetryPolicy(attempts=2, base=1))
    async def handler(deal: Deal, changes: Changes) -> None:
        seen(changes)
        if deal.opportunity == 0:
            raise LookupError("no amount")

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="NEW", OPPORTUNITY="5")
        test.portal.change("deal", deal, TITLE="a")
        await test.drain()
        test.portal.change("deal", deal, STAGE_ID="WON", OPPORTUNITY="0")
        await test.advance(seconds=10)
        assert len(test.take_failures()) == 1
        test.portal.change("deal", deal, OPPORTUNITY="7")
        await test.drain()

        assert seen.changes[1:] == [{"stage_id": ("NEW", "WON")}] * 3


@pytest.mark.parametrize("end", [Drop("not today"), None])
async def test_what_was_dropped_counts_as_dealt_with(end: Exception | None) -> None:
    app, seen = App(), Seen()

    @app.on(OnCrmDealUpdate, changed="stage_id")
    async def handler(changes: Changes) -> None:
        seen(changes)
        if end is not None:
            raise end

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="NEW")
        for title in ("a", "b"):
            test.portal.change("deal", deal, TITLE=title)
            await test.drain()

        assert len(seen.changes) == 1


async def test_an_execution_that_waits_is_compared_when_it_runs_again() -> None:
    app, seen = App(), Seen()

    @app.on(OnCrmDealUpdate, changed={"stage_id": WON})
    async def handler(changes: Changes) -> None:
        seen(changes)
        raise RetryLater(seconds=60)

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID=WON)
        test.portal.change("deal", deal, TITLE="a")
        await test.drain()
        test.portal.change("deal", deal, STAGE_ID="C3:LOST")
        await test.advance(seconds=70)

        assert len(seen.changes) == 1
        assert await notes(test) == ["changed= said no: stage_id is C3:LOST, not C3:WON"]


async def test_each_handler_has_its_own_snapshot() -> None:
    app, seen = watching("stage_id")
    failing = Seen()

    @app.on(OnCrmDealUpdate, changed="stage_id")
    async def gives_up(changes: Changes) -> None:
        failing(changes)
        raise GiveUp("never")

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="NEW")
        for title in ("a", "b"):
            test.portal.change("deal", deal, TITLE=title)
            await test.drain()
        test.take_failures()

        assert (len(seen.changes), len(failing.changes)) == (1, 2)


async def test_where_and_changed_are_asked_together() -> None:
    app, seen = watching("stage_id", where=lambda deal: deal.opportunity > 5)
    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="NEW", OPPORTUNITY="1")
        test.portal.change("deal", deal, STAGE_ID="WON")
        await test.drain()
        test.portal.change("deal", deal, OPPORTUNITY="10")
        await test.drain()
        test.portal.change("deal", deal, STAGE_ID="NEW")
        await test.drain()

        assert await notes(test) == [
            "where= said no to this Deal",
            "changed= said no: stage_id is WON still",
        ]
        assert seen.changes == [{"stage_id": ("WON", "NEW")}]


async def test_a_replay_runs_again_though_nothing_is_different() -> None:
    app, seen = watching({"stage_id": WON})
    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID=WON)
        test.portal.change("deal", deal, TITLE="a")
        await test.drain()
        await replay(test)
        assert seen.changes == [{"stage_id": (UNKNOWN, WON)}] * 2
        test.portal.change("deal", deal, STAGE_ID="C3:LOST")
        await test.drain()

        await replay(test)

        assert len(seen.changes) == 2
        assert await notes(test) == ["changed= said no: stage_id is C3:LOST, not C3:WON"] * 2


# What a handler writes itself.

WRITTEN: list[tuple[str, str, Any]] = [
    ("stage_id", "stageId", "WON"),
    ("opportunity", "opportunity", 1234.567),
    ("opportunity", "opportunity", "99"),
    ("opened", "opened", "Y"),
    ("closedate", "closedate", "2026-03-01"),
    ("closedate", "closedate", date(2026, 3, 1)),
    ("area", "ufCrmArea", 12),
    ("area", "UF_CRM_AREA", "12.50"),
    ("begin", "UF_CRM_BEGIN", "2026-03-01"),
    ("met", "UF_CRM_MET", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
    ("budget", "UF_CRM_BUDGET", "100.50|EUR"),
    ("crew", "UF_CRM_CREW", [3, 1, 2]),
    ("crew", "UF_CRM_CREW", ["5"]),
    ("paid", "UF_CRM_PAID", True),
    ("UF_CRM_PAID", "UF_CRM_PAID", 1),
    ("UF_CRM_BEGIN", "UF_CRM_BEGIN", date(2026, 3, 1)),
    ("UF_CRM_CREW", "UF_CRM_CREW", [3, 1, 2]),
]
USER_FIELDS = {
    "AREA": ("double", "N"),
    "BEGIN": ("date", "N"),
    "MET": ("datetime", "N"),
    "BUDGET": ("money", "N"),
    "CREW": ("integer", "Y"),
    "PAID": ("boolean", "N"),
}


async def add_user_fields(test: AppTest) -> None:
    async with Client(test.portal.webhook_url, test.portal.transport) as client:
        for name, (kind, multiple) in USER_FIELDS.items():
            fields = {"FIELD_NAME": name, "USER_TYPE_ID": kind, "MULTIPLE": multiple}
            await client.crm.deal.userfield.add(fields=fields)


@pytest.mark.parametrize(("watched", "name", "value"), WRITTEN)
async def test_a_handler_that_updates_its_own_record_runs_once(
    watched: str, name: str, value: Any
) -> None:
    app, runs = App(), []

    @app.on(OnCrmDealUpdate, changed=(watched, "title"))
    async def handler(deal: Roofing, client: Client, changes: Changes) -> None:
        runs.append([*changes])
        await client.crm.item.update(
            entityTypeId=2, id=deal.id, fields={name: value}, useOriginalUfNames="Y"
        )

    async with AppTest(app) as test:
        await add_user_fields(test)
        deal = test.portal.add("deal", TITLE="a")
        test.portal.change("deal", deal, TITLE="b")
        await test.drain()
        assert len(runs) == 1
        assert len(await notes(test)) == 1
        test.portal.change("deal", deal, TITLE="c")
        await test.drain()

        assert runs[1:] == [["title"]]


async def by_path(client: Client, deal_id: int) -> None:
    await client.crm.deal.update(id=deal_id, fields={"STAGE_ID": "WON"})


async def by_name(client: Client, deal_id: int) -> None:
    params = {"entityTypeId": "2", "ID": str(deal_id), "fields": {"stageId": "WON"}}
    await client.call("crm.item.update", params)


async def by_batch(client: Client, deal_id: int) -> None:
    update = client.crm.deal.update(id=deal_id, fields={"STAGE_ID": "WON"})
    await client.batch({"update": update, "read": ("crm.deal.get", {"id": deal_id})})


async def by_apply(client: Client, deal_id: int) -> None:
    item = {"id": deal_id, "fields": {"STAGE_ID": "WON"}}
    await client.with_options(attempts=2).apply("crm.deal.update", [item])


async def by_its_own_verb(client: Client, deal_id: int) -> None:
    await client.update(Deal(id=deal_id), stage_id="WON")


async def by_hand(client: Client, deal_id: int) -> None:
    command = f"crm.deal.update?id={deal_id}&fields%5BSTAGE_ID%5D=WON"
    await client.call("batch", halt=0, cmd={"read": "profile", "update": command})


async def by_hand_in_order(client: Client, deal_id: int) -> None:
    command = f"crm.item.update?entityTypeId=2&id={deal_id}&fields[stageId]=WON"
    await client.call("batch", cmd=[command])


async def by_address(client: Client, deal_id: int) -> None:
    await client.call("crm.deal.update.json", id=deal_id, fields={"STAGE_ID": "WON"})


@pytest.mark.parametrize(
    "write",
    [
        *(by_path, by_name, by_batch, by_apply, by_its_own_verb),
        *(by_hand, by_hand_in_order, by_address),
    ],
)
async def test_whichever_way_a_handler_writes_it_counts_as_seen(write: Any) -> None:
    app, runs = App(), []

    @app.on(OnCrmDealUpdate, changed="stage_id")
    async def handler(deal: Deal, client: Client) -> None:
        runs.append(deal.stage_id)
        await write(client, deal.id)

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="NEW")
        test.portal.change("deal", deal, STAGE_ID="PREP")
        await test.drain()

        assert test.portal.record("deal", deal)["STAGE_ID"] == "WON"
        assert runs == ["PREP"]
        assert await notes(test) == ["changed= said no: stage_id is WON still"]


async def test_what_a_def_handler_writes_counts_as_seen() -> None:
    app, runs = App(), []

    @app.on(OnCrmDealUpdate, changed="stage_id")
    def handler(deal: Deal, client: SyncClient) -> None:
        runs.append(deal.stage_id)
        client.update(deal, stage_id="WON")

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="NEW")
        test.portal.change("deal", deal, STAGE_ID="PREP")
        await test.drain()

        assert runs == ["PREP"]


async def test_items_of_any_type_are_updated_by_the_handler_of_all_types() -> None:
    app, runs = App(), []

    @app.on(OnCrmDynamicItemUpdate, changed="title")
    async def handler(item: Item, client: Client) -> None:
        runs.append(item.title)
        await client.update(item, title=f"{item.title}!")

    async with AppTest(app) as test:
        async with Client(test.portal.webhook_url, test.portal.transport) as client:
            await client.crm.type.add(fields={"title": "Crane", "entityTypeId": 147})
            made = await client.crm.item.add(entityTypeId=147, fields={"title": "a"})
            item = {"entityTypeId": 147, "id": made.result["item"]["id"]}
            await client.crm.item.update(**item, fields={"title": "b"})
            await test.drain()

            assert (await client.crm.item.get(**item)).result["item"]["title"] == "b!"
        assert runs == ["b"]
        assert await notes(test) == ["changed= said no: title is b! still"]


async def test_user_fields_of_tasks_are_read_and_watched() -> None:
    app, seen = App(), Seen()

    @app.on(OnTaskUpdate, changed="uf_crm_task")
    async def handler(task: Task, changes: Changes) -> None:
        seen(changes)

    async with AppTest(app) as test:
        task = test.portal.add("task", RESPONSIBLE_ID=1, UF_CRM_TASK=["D_7"])
        for fields in ({"TITLE": "a"}, {"TITLE": "b"}, {"UF_CRM_TASK": ["D_8"]}):
            test.portal.change("task", task, **fields)
            await test.drain()

    assert seen.changes == [
        {"uf_crm_task": (UNKNOWN, ["D_7"])},
        {"uf_crm_task": (["D_7"], ["D_8"])},
    ]


async def test_other_handlers_see_what_one_has_written() -> None:
    app, seen = watching("stage_id")

    @app.on(OnCrmDealUpdate, changed={"stage_id": "PREP"})
    async def wins(deal: Deal, client: Client) -> None:
        await client.update(deal, stage_id="WON")

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="NEW")
        for title in ("a", "b"):
            test.portal.change("deal", deal, TITLE=title)
            await test.drain()
        test.portal.change("deal", deal, STAGE_ID="PREP")
        await test.drain()

        assert seen.changes[-1]["stage_id"][1] == "WON"


async def test_what_is_written_to_another_record_does_not_count() -> None:
    app, runs = App(), []

    @app.on(OnCrmDealUpdate, changed="stage_id", concurrency=1)
    async def handler(deal: Deal, client: Client) -> None:
        runs.append((deal.id, deal.stage_id))
        if deal.stage_id == "PREP":
            await client.crm.deal.update(id=deal.id + 1, fields={"STAGE_ID": "WON"})
            await client.crm.lead.update(id=deal.id, fields={"STATUS_ID": "NEW"})

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="NEW")
        test.portal.add("deal", STAGE_ID="NEW")
        test.portal.add("lead")
        test.portal.change("deal", deal, STAGE_ID="PREP")
        await test.drain()

        assert runs == [(deal, "PREP"), (deal + 1, "WON")]


async def test_what_somebody_changes_after_a_write_is_not_taken_for_it() -> None:
    app, seen = App(), Seen()

    @app.on(OnCrmDealUpdate, changed="opportunity")
    async def handler(deal: Deal, client: Client, changes: Changes) -> None:
        seen(changes)
        if len(seen.changes) == 1:
            await client.update(deal, opportunity=100)
            test.portal.change("deal", deal.id, OPPORTUNITY="200.00")  # before we hear of ours

    async with AppTest(app) as test:
        deal = test.portal.add("deal", OPPORTUNITY="1.00")
        test.portal.change("deal", deal, TITLE="a")
        await test.drain()

        assert seen.changes == [
            {"opportunity": (UNKNOWN, 1.0)},
            {"opportunity": (100.0, 200.0)},
        ]


async def test_what_the_portal_makes_of_a_write_in_its_own_way_is_found_out() -> None:
    app, runs = App(), []

    @app.on(OnCrmDealUpdate, changed="closed")
    async def handler(deal: Deal, client: Client) -> None:
        runs.append(deal.closed)
        await client.update(deal, closed=True)  # the portal decides that by the stage

    async with AppTest(app) as test:
        deal = test.portal.add("deal")
        test.portal.change("deal", deal, TITLE="a")
        await test.drain()

        assert runs == [False, False]


async def test_a_failed_attempt_moves_nothing_though_it_has_written() -> None:
    app, seen = App(), Seen()

    @app.on(OnCrmDealUpdate, changed="stage_id", retry=RetryPolicy(attempts=3, base=0))
    async def handler(deal: Deal, client: Client, changes: Changes) -> None:
        seen(changes)
        await client.update(deal, stage_id="WON")
        if len(seen.changes) < 3:
            raise LookupError("not yet")

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="NEW")
        test.portal.change("deal", deal, TITLE="a")
        await test.advance(seconds=10)

        assert {changes["stage_id"][0] for changes in seen.changes} == {UNKNOWN}


# The loop guard.


async def test_a_handler_that_causes_itself_pauses_and_goes_on_when_it_is_quiet(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, runs = App(), []

    @app.on(OnCrmDealUpdate)
    async def handler(deal: Deal, client: Client) -> None:
        runs.append(deal.title)
        if not deal.title.endswith("!"):
            await client.update(deal, title=f"{len(runs)}")

    def told() -> list[str]:
        return [r.message for r in caplog.records if getattr(r, "action", "") == "loop"]

    async with AppTest(app) as test:
        deal = test.portal.add("deal", TITLE="a")
        test.portal.change("deal", deal, TITLE="b")
        await test.drain()
        assert len(runs) == 10
        assert len(told()) == 1
        (waits,) = [e for e in await executions(test) if e.state is State.WAITING]
        assert waits.note.startswith("loop guard: its handler ran and wrote 10 times")

        await test.advance(seconds=61)
        assert len(runs) == 20
        await test.advance(seconds=100)
        assert len(runs) == 20, "the second pause is longer"
        assert len(told()) == 2

        test.portal.change("deal", deal, TITLE="b!")
        await test.advance(seconds=61)

        assert runs[20:] == ["b!"]
        assert not [e for e in await executions(test) if e.state is State.WAITING]


async def test_many_edits_are_no_loop_if_the_handler_writes_nothing() -> None:
    app, runs = App(), []

    @app.on(OnCrmDealUpdate)
    async def handler(deal: Deal, client: Client) -> None:
        runs.append((await client.crm.item.get(entityTypeId=2, id=deal.id)).result["item"]["title"])

    async with AppTest(app) as test:
        deal = test.portal.add("deal")
        for number in range(15):
            test.portal.change("deal", deal, TITLE=f"{number}")
            await test.drain()

        assert runs == [f"{number}" for number in range(15)]


async def test_many_records_and_many_attempts_are_no_loop() -> None:
    app, runs = App(), []

    @app.on(OnCrmDealUpdate)
    async def handler(deal: Deal, client: Client) -> None:
        runs.append(deal.id)
        await client.crm.timeline.comment.add(
            fields={"ENTITY_TYPE": "deal", "ENTITY_ID": deal.id, "COMMENT": "x"}
        )
        if runs.count(deal.id) < 15:
            raise RetryLater(seconds=1)

    async with AppTest(app) as test:
        deals = [test.portal.add("deal") for _ in range(12)]
        for deal in deals:
            test.portal.change("deal", deal, TITLE="a")
        await test.advance(seconds=50)

        assert Counter(runs) == dict.fromkeys(deals, 15)


# Portals.


async def test_handlers_of_other_portals_are_not_even_queued() -> None:
    app, ran = App(portals=["beta.bitrix24.test"]), []
    router = Router("router", portals=("ACME.bitrix24.test", "beta.bitrix24.test"))

    @app.on(OnCrmDealAdd)
    async def of_beta() -> None:
        ran.append("of beta")

    @router.on(OnCrmDealAdd)
    async def of_both() -> None:
        ran.append("of both")

    @router.on(OnCrmDealAdd, portals=[hex_id("member", "acme.bitrix24.test")])
    async def by_member_id() -> None:
        ran.append("by member_id")

    app.include(router)
    async with AppTest(app) as test:
        test.portal.add("deal")
        await test.drain()

        found = [e.handler for e in await executions(test)]
        assert sorted(found) == ["router.by_member_id", "router.of_both"]
        (view,) = await test.deliveries()
        async with app.installations() as store:
            assert isinstance(store, SqliteStore)
            told = await explain(store, view, app.handlers)
        assert "  [bold]app.of_beta[/bold]: is for other portals, says portals=" in told
    assert sorted(ran) == ["by member_id", "of both"]


async def test_why_tells_which_filter_said_no() -> None:
    app, _ = watching({"stage_id": WON})
    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="C3:NEW")
        test.portal.change("deal", deal, TITLE="a")
        await test.drain()
        (view,) = await test.deliveries()
        async with app.installations() as store:
            assert isinstance(store, SqliteStore)
            told = "\n".join(await explain(store, view, app.handlers))

        assert "changed= said no: stage_id is C3:NEW, not C3:WON" in told


async def test_why_tells_of_a_pause_and_of_an_attempt_whose_place_was_taken() -> None:
    app = App()

    @app.on(OnCrmDealUpdate)
    async def endless(deal: Deal, client: Client) -> None:
        await client.update(deal, title="x")

    @app.on(OnCrmDealUpdate)
    async def broken() -> None:
        raise LookupError("not yet")

    async with AppTest(app) as test:
        test.portal.change("deal", test.portal.add("deal"), TITLE="a")
        await test.drain()
        first, *_, last = await test.deliveries()
        async with app.installations() as store:
            assert isinstance(store, SqliteStore)
            of_first = "\n".join(await explain(store, first, app.handlers))
            of_last = "\n".join(await explain(store, last, app.handlers))
        test.take_failures()

        assert "took its place before it was tried again" in of_first
        assert "attempts so far: 0\n    loop guard: its handler ran and wrote 10 times" in of_last


@pytest.mark.parametrize("seed", range(4))
async def test_what_was_before_is_always_what_the_handler_has_dealt_with_last(seed: int) -> None:
    dice, app = random.Random(seed), App()
    dealt_with: list[tuple[Any, str]] = []

    @app.on(OnCrmDealUpdate, changed="stage_id", retry=RetryPolicy(attempts=50, base=0.5, cap=1))
    async def handler(deal: Deal, changes: Changes, client: Client) -> None:
        await asyncio.sleep(dice.random() / 100)
        if dice.random() < 0.3:
            raise LookupError("not yet")
        after = deal.stage_id
        if dice.random() < 0.3:
            after = f"OWN{len(dealt_with)}"
            await client.update(deal, stage_id=after)
        dealt_with.append((changes["stage_id"].before, after))

    async with AppTest(app) as test:
        deal = test.portal.add("deal", STAGE_ID="A")
        for _ in range(30):
            test.portal.change("deal", deal, STAGE_ID=dice.choice("ABCD"))
            await asyncio.sleep(dice.random() / 200)
            if dice.random() < 0.3:
                await test.advance(seconds=30)
        await test.advance(seconds=600)

        assert dealt_with[-1][1] == test.portal.record("deal", deal)["STAGE_ID"]
    befores = [before for before, _ in dealt_with]
    assert befores == [UNKNOWN, *(after for _, after in dealt_with[:-1])]
