"""What an app that runs lets be seen: log lines, /readyz and /metrics; and what it keeps back."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bitrix_events import App, Client, GiveUp
from bitrix_events.events import Deal, OnCrmDealAdd, OnCrmDealUpdate
from bitrix_events.testing import FakePortal
from bitrix_events.wire.form import encode_form
from tests.serving import Served, eventually, served, settings_for

ADMIN_TOKEN = "an-admin-token-of-some-length"


class Figures:
    """What /metrics says now, compared with what it said before: one process runs many tests."""

    def __init__(self, app: Served) -> None:
        self._app = app
        self._before: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}

    async def begin(self) -> None:
        self._before = await self.read()

    async def read(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        text = (await self._app.http.get("/metrics")).text
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def since(self, name: str, **labels: str) -> float:
        """How much a sample has grown."""
        key = (f"bitrix_events_{name}", frozenset(labels.items()))
        return (await self.read()).get(key, 0.0) - self._before.get(key, 0.0)


def an_app(portal: FakePortal, store: Path, **options: object) -> App:
    app = App(settings_for(portal, store, mode="webhook", **options))

    @app.on(OnCrmDealAdd, name="observed.welcome")
    async def welcome(deal: Deal, client: Client) -> None:
        await client.call("crm.deal.update", id=deal.id, fields={"COMMENTS": "Hello"})

    @app.on(OnCrmDealAdd, name="observed.fussy")
    async def fussy() -> None:
        raise GiveUp("no")

    @app.on(OnCrmDealUpdate, name="observed.rude")
    async def rude() -> None:
        time.sleep(2.5)  # noqa: ASYNC251 - what the watchdog is for

    return app


async def test_what_happens_is_counted_without_naming_anybody(tmp_path: Path) -> None:
    store = tmp_path / "app.db"
    async with (
        FakePortal().serve() as portal,
        served(an_app(portal, store), store) as app,
    ):
        figures = Figures(app)
        await figures.begin()
        portal.outgoing_webhook(f"{app.url}/events", "ONCRMDEALADD")
        deal = portal.add("deal", TITLE="Roof")
        forged = await app.post(
            "/events", encode_form({"event": "ONCRMDEALADD", "auth": {"application_token": "x"}})
        )
        await eventually(lambda: portal.record("deal", deal)["COMMENTS"] == "Hello")

        async def all_ended() -> bool:
            done = await figures.since("attempts_total", handler="observed.welcome", verdict="done")
            dead = await figures.since("attempts_total", handler="observed.fussy", verdict="dead")
            return done == dead == 1

        await eventually(all_ended)
        paths = ("/", "/healthz", "/readyz", "/metrics")
        text = "".join([(await app.http.get(path)).text for path in paths])

        assert forged.status_code == 403
        assert await figures.since("received_total") == 2
        assert await figures.since("refused_total", reason="forbidden") == 1
        assert await figures.since("acknowledged_seconds_count") == 1
        assert await figures.since("attempt_seconds_count", handler="observed.welcome") == 1
        assert await figures.since("rest_calls_total", outcome="ok") >= 2
        assert await figures.since("rest_calls_total", outcome="rate_limited") == 0
        for secret in (
            portal.domain,
            portal.member_id,
            portal.webhook_token,
            portal.webhook_url,
            str(tmp_path),
        ):
            assert secret not in text


async def test_the_portals_limits_are_counted(tmp_path: Path) -> None:
    store = tmp_path / "app.db"
    async with (
        FakePortal().serve() as portal,
        served(an_app(portal, store), store) as app,
    ):
        figures = Figures(app)
        await figures.begin()
        portal.outgoing_webhook(f"{app.url}/events", "ONCRMDEALADD")
        portal.fail_next("crm.deal.update", "QUERY_LIMIT_EXCEEDED", times=1)
        deal = portal.add("deal", TITLE="Roof")
        await eventually(lambda: portal.record("deal", deal)["COMMENTS"] == "Hello")

        assert await figures.since("rest_calls_total", outcome="rate_limited") == 1
        assert await figures.since("rest_paused_seconds_total") > 0


async def test_a_handler_that_blocks_its_loop_is_told_and_intake_goes_on(tmp_path: Path) -> None:
    store = tmp_path / "app.db"
    async with (
        FakePortal().serve() as portal,
        served(an_app(portal, store), store) as app,
    ):
        before = await app.http.get("/readyz")
        portal.outgoing_webhook(f"{app.url}/events", "ONCRMDEALUPDATE")
        deal = portal.add("deal", TITLE="Roof")
        portal.change("deal", deal, TITLE="New roof")

        async def is_ready() -> bool:
            return (await app.http.get("/readyz")).status_code == 200

        async def is_blocked() -> bool:
            return not await is_ready()

        await eventually(is_blocked)
        during = await app.http.get("/readyz")
        alive = await app.http.get("/healthz")
        await eventually(is_ready)

    assert before.json() == {"status": "ready"}
    assert "observed.rude blocks the event loop" in during.json()["troubles"]["worker"]
    assert (alive.status_code, alive.json()) == (200, {"status": "ok", "troubles": ["worker"]})


async def test_with_an_admin_token_nobody_else_sees_figures(tmp_path: Path) -> None:
    store = tmp_path / "app.db"
    async with (
        FakePortal().serve() as portal,
        served(an_app(portal, store, admin_token=ADMIN_TOKEN), store) as app,
    ):
        refused = await app.http.get("/metrics")
        given = await app.http.get("/metrics", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"})
        index = await app.http.get("/")

    assert (refused.status_code, given.status_code) == (401, 200)
    assert "bitrix_events_waiting 0.0" in given.text
    assert "GET  /metrics" in index.text


async def test_every_decision_is_a_line_with_its_ids(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bitrix_events")
    store = tmp_path / "app.db"
    async with (
        FakePortal().serve() as portal,
        served(an_app(portal, store), store) as app,
    ):
        portal.outgoing_webhook(f"{app.url}/events", "ONCRMDEALADD")
        portal.add("deal", TITLE="Roof")
        await app.post("/events", b"event=ONCRMDEALADD")
        await eventually(lambda: {"done", "dead", "refused"} <= actions(caplog).keys())
        (view,) = await app.deliveries()

    executions = {execution.handler: execution.id for execution in view.executions}
    found = actions(caplog)
    stored = vars(found["stored"])
    assert stored["delivery"] == view.delivery.id
    assert stored["portal"] == view.delivery.portal
    assert sorted(stored["executions"]) == sorted(executions.values())
    for action, handler in (("done", "observed.welcome"), ("dead", "observed.fussy")):
        said = vars(found[action])
        assert said["delivery"] == view.delivery.id
        assert said["portal"] == view.delivery.portal
        assert said["handler"] == handler
        assert said["execution"] == executions[handler]
    assert vars(found["refused"])["status"] == 400


def actions(caplog: pytest.LogCaptureFixture) -> dict[str, logging.LogRecord]:
    """The last line of each kind of decision."""
    records = caplog.get_records("call")
    return {vars(one)["action"]: one for one in records if "action" in vars(one)}


async def test_scrapes_and_probes_do_not_disturb_each_other(tmp_path: Path) -> None:
    store = tmp_path / "app.db"
    async with (
        FakePortal().serve() as portal,
        served(an_app(portal, store), store) as app,
    ):
        paths = ["/metrics", "/readyz", "/healthz"] * 20
        answers = await asyncio.gather(*(app.http.get(path) for path in paths))

    assert {answer.status_code for answer in answers} == {200}
