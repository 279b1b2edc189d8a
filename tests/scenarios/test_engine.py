"""What the engine promises, seen from the portal: over real sockets."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bitrix_events import (
    App,
    Client,
    Delivery,
    Event,
    RetryLater,
    RetryPolicy,
    Router,
)
from bitrix_events.events import (
    Deal,
    OnAppInstall,
    OnCrmDealAdd,
    OnCrmDealDelete,
    OnCrmDealUpdate,
)
from bitrix_events.store.records import DeliveryView, Execution, State
from bitrix_events.testing import FakePortal
from tests.serving import PATIENCE, Served, eventually, served, settings_for

UNFINISHED = {State.WAITING, State.RUNNING}


async def views(app: Served, code: str) -> list[DeliveryView]:
    return [view for view in await app.deliveries() if view.delivery.code == code]


async def executions(app: Served, code: str) -> list[Execution]:
    return [execution for view in await views(app, code) for execution in view.executions]


async def settled(app: Served, code: str) -> bool:
    """Whether the code has arrived and all its executions are through."""
    found = await executions(app, code)
    return bool(found) and all(execution.state not in UNFINISHED for execution in found)


def deal_event(portal: FakePortal, code: str, deal: int = 7) -> None:
    portal.raise_event(code, {"FIELDS": {"ID": str(deal)}})


class ErpDown(Exception):
    pass


async def test_a_fact_that_is_told_again_is_counted_and_not_run_again(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        ran: Counter[str] = Counter()

        @app.on(OnCrmDealAdd, OnCrmDealDelete)
        async def count(event: Event) -> None:
            ran[event.code] += 1

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD", "ONCRMDEALDELETE")
            for code in ("ONCRMDEALADD", "ONCRMDEALADD", "ONCRMDEALDELETE", "ONCRMDEALADD"):
                deal_event(portal, code)
                await portal.settled()
            await eventually(lambda: settled(running, "ONCRMDEALDELETE"))
            first, *again = await views(running, "ONCRMDEALADD")

    assert ran == {"ONCRMDEALADD": 1, "ONCRMDEALDELETE": 1}
    assert [sent.status for sent in portal.sent] == [200] * 4
    assert first.repeats == 2
    assert [view.repeat_of for view in again] == [first.delivery.id] * 2
    assert [view.executions for view in again] == [[], []]


async def test_installing_again_runs_its_handlers_again(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="app"))
        installed: list[int] = []

        @app.on(OnAppInstall)
        async def on_install(delivery: Delivery) -> None:
            installed.append(delivery.id)

        async with served(app, store) as running:
            for expected in (1, 2):
                await portal.install(f"{running.url}/install")
                await eventually(lambda expected=expected: len(installed) == expected)

    assert len(set(installed)) == 2


async def test_edits_are_merged_while_they_wait_and_never_into_one_that_runs(
    tmp_path: Path,
) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        runs: list[int] = []
        may_go_on = threading.Event()

        @app.on(OnCrmDealUpdate)
        async def slow(delivery: Delivery) -> None:
            runs.append(delivery.id)
            await eventually(may_go_on.is_set)

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALUPDATE")
            deal_event(portal, "ONCRMDEALUPDATE")
            await eventually(lambda: len(runs) == 1)
            for _ in range(5):
                deal_event(portal, "ONCRMDEALUPDATE")
                await portal.settled()
            may_go_on.set()
            await eventually(lambda: settled(running, "ONCRMDEALUPDATE"))
            found = await views(running, "ONCRMDEALUPDATE")

    states = [[execution.state for execution in view.executions] for view in found]
    assert states == [[State.DONE], *[[State.MERGED]] * 4, [State.DONE]]
    assert runs == [found[0].delivery.id, found[-1].delivery.id]


async def test_a_newer_edit_makes_a_waiting_retry_due_now(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        runs: list[int] = []

        @app.on(OnCrmDealUpdate)
        async def first_fails(delivery: Delivery) -> None:
            runs.append(delivery.id)
            if len(runs) == 1:
                raise RetryLater(seconds=3600)

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALUPDATE")
            deal_event(portal, "ONCRMDEALUPDATE")

            async def waits() -> bool:
                found = await executions(running, "ONCRMDEALUPDATE")
                return [e.due is not None for e in found] == [True] and len(runs) == 1

            await eventually(waits)
            deal_event(portal, "ONCRMDEALUPDATE")
            await eventually(lambda: settled(running, "ONCRMDEALUPDATE"))

    assert len(runs) == 2
    assert runs[1] > runs[0]


async def test_debounce_waits_for_quiet_and_runs_once_for_the_last(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        runs: list[tuple[int, float]] = []

        @app.on(OnCrmDealUpdate, debounce=timedelta(seconds=4))
        async def quiet(delivery: Delivery) -> None:
            runs.append((delivery.id, time.monotonic()))

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALUPDATE")
            for _ in range(4):
                deal_event(portal, "ONCRMDEALUPDATE")
                await portal.settled()
                last = time.monotonic()
            await eventually(lambda: settled(running, "ONCRMDEALUPDATE"))
            found = await views(running, "ONCRMDEALUPDATE")

    ((delivery_id, ran_at),) = runs
    assert delivery_id == found[-1].delivery.id
    assert ran_at - last >= 3.9


async def test_a_failing_service_is_waited_for_by_the_routers_handler_of_errors(
    tmp_path: Path,
) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        deals = Router("deals", retry=RetryPolicy(attempts=1))
        failures = [ErpDown("down"), ErpDown("still down")]
        keys: set[str] = set()

        @deals.on(OnCrmDealAdd)
        async def invoice(deal: Deal, client: Client, delivery: Delivery) -> None:
            keys.add(delivery.key("invoice"))
            if failures:
                raise failures.pop(0)
            await client.call("crm.deal.update", id=deal.id, fields={"COMMENTS": "invoiced"})

        @deals.error(ErpDown)
        async def wait_for_erp(error: ErpDown, delivery: Delivery) -> None:
            raise RetryLater(seconds=0.02 * delivery.attempt) from error

        app.include(deals)
        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            deal = portal.add("deal", TITLE="Roof")
            await eventually(lambda: settled(running, "ONCRMDEALADD"))
            (execution,) = await executions(running, "ONCRMDEALADD")

    assert portal.record("deal", deal)["COMMENTS"] == "invoiced"
    assert (execution.state, execution.attempt) == (State.DONE, 1)
    assert len(keys) == 1


async def test_somebody_is_paged_for_a_dead_letter_and_middleware_saw_every_attempt(
    tmp_path: Path,
) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        attempts: list[int] = []
        paged: list[str] = []

        @app.middleware
        async def watch(call_next: Callable[[], Awaitable[None]], delivery: Delivery) -> None:
            attempts.append(delivery.attempt)
            await call_next()

        @app.on(OnCrmDealAdd, retry=RetryPolicy(attempts=3, base=0.01))
        async def fails(deal: Deal) -> None:
            raise ErpDown(f"no stock for {deal.title}")

        @app.dead_letter
        async def page(error: Exception, delivery: Delivery, client: Client) -> None:
            await client.call("profile")
            paged.append(f"{delivery.handler} {delivery.entity}: {error}")

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            deal = portal.add("deal", TITLE="Roof")
            await eventually(lambda: bool(paged))

    assert attempts == [1, 2, 3]
    assert paged == [f"app.fails deal:{deal}: no stock for Roof"]


async def test_an_overloaded_portal_is_left_alone_and_no_attempt_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"), retry=RetryPolicy(attempts=1))

        @app.on(OnCrmDealAdd)
        async def look(deal: Deal, client: Client) -> None:
            await client.with_options(patience=0.6).call("profile")

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            portal.fail_next("profile", "QUERY_LIMIT_EXCEEDED")
            portal.add("deal", TITLE="Roof")
            await eventually(lambda: settled(running, "ONCRMDEALADD"))
            (execution,) = await executions(running, "ONCRMDEALADD")

    assert (execution.state, execution.attempt) == (State.DONE, 1)
    lines = [vars(r) for r in caplog.records if getattr(r, "action", "") == "waiting"]
    assert {line["handler"] for line in lines} == {"app.look"}
    assert "QUERY_LIMIT_EXCEEDED" in lines[0]["message"]


async def test_a_handler_that_blocks_delays_no_answer_and_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        blocking, may_end = threading.Event(), threading.Event()
        done: list[int] = []

        @app.on(OnCrmDealAdd)
        async def blocks() -> None:
            blocking.set()
            may_end.wait(PATIENCE)

        @app.on(OnCrmDealDelete)
        async def other(event: OnCrmDealDelete) -> None:
            done.append(event.entity_id)

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD", "ONCRMDEALDELETE")
            deal_event(portal, "ONCRMDEALADD")
            await eventually(blocking.is_set)
            for number in range(1, 41):
                deal_event(portal, "ONCRMDEALDELETE", number)
                await portal.settled()
            answers = [sent.status for sent in portal.sent if sent.code == "ONCRMDEALDELETE"]
            await eventually(lambda: "app.blocks blocks the event loop" in caplog.text)
            assert done == []
            may_end.set()
            await eventually(lambda: len(done) == 40)

    assert answers == [200] * 40
    assert f"{__file__}:" in caplog.text


async def test_each_decision_is_one_line_with_its_ids(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bitrix_events")
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))

        @app.on(OnCrmDealAdd)
        async def fine() -> None: ...

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            for _ in range(2):
                deal_event(portal, "ONCRMDEALADD")
                await portal.settled()
            await eventually(lambda: settled(running, "ONCRMDEALADD"))
            first, again = await views(running, "ONCRMDEALADD")

    lines = [vars(record) for record in caplog.records if hasattr(record, "delivery")]
    decisions = sorted((line["action"], line["delivery"]) for line in lines)
    assert decisions == [
        ("done", first.delivery.id),
        ("repeated", again.delivery.id),
        ("stored", first.delivery.id),
    ]
    (done,) = [line for line in lines if line["action"] == "done"]
    assert done["handler"] == "app.fine"
    assert done["portal"] == "webhook"
    assert done["execution"] == first.executions[0].id
