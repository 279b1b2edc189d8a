"""What the framework itself gives to handlers, made only when it is asked for."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from bitrix_events import Client, Delivery, Installation, Portal, UserClient
from bitrix_events.events import Deal, OnCrmDealAdd
from bitrix_events.occasion import HandlerLogger, Occasions
from bitrix_events.store.records import State
from tests.unit.engine.parts import INSTALLATION, app_of, claim_of, running


async def test_a_handler_gets_all_that_it_asks_for() -> None:
    app = app_of()
    got: list[object] = []

    @app.on(OnCrmDealAdd, name="handler")
    async def handler(
        event: OnCrmDealAdd,
        delivery: Delivery,
        portal: Portal,
        installation: Installation,
        client: Client,
        log: logging.Logger,
        again: logging.Logger,
        user: UserClient | None,
    ) -> None:
        got.extend([event, delivery, portal, installation, client, log, again, user])

    claim = claim_of("handler")
    async with running(app) as runner:
        outcome = await runner.run(claim)

    event, delivery, portal, installation, client, log, again, user = got
    assert outcome.verdict.state is State.DONE
    assert isinstance(event, OnCrmDealAdd)
    assert (event.entity_id, event.member_id, event.sent_at) == (7, "acme", claim.delivery.sent_at)
    assert delivery is claim.delivery
    assert portal == Portal("acme", "acme.bitrix24.com")
    assert installation is INSTALLATION
    assert isinstance(client, Client)
    assert isinstance(log, HandlerLogger)
    assert log is again
    assert user is None


async def test_a_handler_that_needs_a_user_is_skipped_without_one() -> None:
    app = app_of()

    @app.on(OnCrmDealAdd, name="handler")
    async def handler(user: UserClient) -> None: ...

    async with running(app) as runner:
        outcome = await runner.run(claim_of("handler"))

    assert outcome.verdict.state is State.SKIPPED
    assert "no user has acted" in outcome.verdict.note


async def test_executions_of_a_portal_share_its_client_and_its_portal() -> None:
    app = app_of()
    got: list[tuple[Client, Portal]] = []

    @app.on("ONX", name="handler")
    async def handler(client: Client, portal: Portal) -> None:
        got.append((client, portal))

    async with running(app) as runner:
        for _ in range(2):
            await runner.run(claim_of("handler", code="ONX"))

    assert got[0][0] is got[1][0]
    assert got[0][1] is got[1][1]


async def test_a_changed_installation_is_another_portal() -> None:
    app = app_of()
    async with running(app) as runner, app._connections(runner.store) as connections:
        occasions = Occasions(runner.store, connections)
        moved = replace(INSTALLATION, domain="new.bitrix24.com", version=2)

        before, after = occasions.portal_of(INSTALLATION), occasions.portal_of(moved)

    assert (before.domain, after.domain) == ("acme.bitrix24.com", "new.bitrix24.com")


async def test_a_handler_of_a_record_gives_up_on_an_event_that_names_none() -> None:
    app = app_of()

    @app.on(OnCrmDealAdd, name="handler")
    async def handler(deal: Deal) -> None: ...

    async with running(app) as runner:
        outcome = await runner.run(claim_of("handler", data={}))

    assert outcome.verdict.state is State.DEAD
    assert outcome.verdict.note == "ONCRMDEALADD came without the id of a record"


def test_the_level_that_is_set_for_a_handler_counts_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = HandlerLogger("shop.invoice").of(claim_of("shop.invoice"))
    parent = logging.getLogger("bitrix_events.handlers.shop.invoice")

    parent.setLevel(logging.WARNING)
    log.info("one")
    parent.setLevel(logging.INFO)
    log.info("two")
    parent.setLevel(logging.NOTSET)

    assert [record.getMessage() for record in caplog.records] == ["two"]


def test_loggers_of_two_attempts_do_not_mix(caplog: pytest.LogCaptureFixture) -> None:
    made = HandlerLogger("shop.invoice")
    one = made.of(claim_of("shop.invoice", execution_id=1))
    two = made.of(claim_of("shop.invoice", execution_id=2))

    one.warning("one")
    two.warning("two")

    assert [vars(record)["execution"] for record in caplog.records] == [1, 2]
    assert [record.name for record in caplog.records] == ["shop.invoice"] * 2
