"""`AppTest`: an app and a fake portal in one test."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Literal

import pytest
from pydantic import Field

from bitrix_events import App, Client, Depends, GiveUp, RetryLater, RetryPolicy
from bitrix_events.entities import Money, Multifield
from bitrix_events.events import (
    CatalogProduct,
    Contact,
    Deal,
    Event,
    Item,
    LifecycleEvent,
    OnCrmContactAdd,
    OnCrmDealAdd,
    OnCrmDealUpdate,
    OnCrmDynamicItemAdd,
    Product,
    event_class,
)
from bitrix_events.testing import AppTest, HandlerFailed, event
from tests.every_event import every_event
from tests.serving import eventually

GREETING = "Hello"


def greeter() -> App:
    app = App()

    @app.on(OnCrmDealAdd)
    async def welcome(deal: Deal, client: Client) -> None:
        await client.call(
            "crm.item.update", entityTypeId=2, id=deal.id, fields={"comments": GREETING}
        )

    return app


@pytest.mark.parametrize("mode", ["webhook", "app"])
async def test_a_handler_runs_and_what_it_changes_is_seen_in_the_portal(mode: str) -> None:
    async with AppTest(greeter(), mode="app" if mode == "app" else "webhook") as test:
        deal = test.portal.add("deal", TITLE="Roof")
        await test.drain()

        assert test.portal.record("deal", deal)["COMMENTS"] == GREETING
        assert len(test.portal.calls("crm.item.update")) == 1


def test_a_test_need_not_be_a_coroutine() -> None:
    with AppTest(greeter()) as test:
        deal = test.portal.add("deal", TITLE="Roof")
        test.drain()

        assert test.portal.record("deal", deal)["COMMENTS"] == GREETING
        assert [view.delivery.code for view in test.deliveries()] == ["ONCRMDEALADD"]


class Erp:
    """What the app works with in production; no test may reach it."""

    async def invoice(self, deal_id: int) -> str:
        raise AssertionError("the real one was asked")


class FlakyErp(Erp):
    def __init__(self, failures: int) -> None:
        self.failures = failures

    async def invoice(self, deal_id: int) -> str:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the ERP is down")
        return "INV-1"


def invoicer(*, attempts: int = 8) -> App:
    app = App(retry=RetryPolicy(attempts=attempts))
    app.provide(Erp, Erp)

    @app.on(OnCrmDealAdd, name="invoice")
    async def invoice(deal: Deal, client: Client, erp: Erp) -> None:
        number = await erp.invoice(deal.id)
        await client.call(
            "crm.item.update", entityTypeId=2, id=deal.id, fields={"comments": number}
        )

    return app


async def test_a_failed_handler_is_tried_again_once_time_has_passed() -> None:
    app = invoicer()
    async with AppTest(app) as test, app.override(Erp, FlakyErp(failures=3)):
        test.portal.add("deal", TITLE="Roof")
        await test.drain()
        assert test.portal.calls("crm.item.update") == []
        assert [(f.handler, f.attempt, str(f.error)) for f in test.failures] == [
            ("invoice", 1, "the ERP is down")
        ]

        await test.advance(seconds=60)

        (call,) = test.portal.calls("crm.item.update")
        assert call.params["fields"]["comments"] == "INV-1"
        assert [failure.attempt for failure in test.failures] == [1, 2, 3]


async def test_the_same_app_can_be_tested_again_and_is_not_changed() -> None:
    app = greeter()
    for _ in range(2):
        async with AppTest(app) as test:
            test.portal.add("deal", TITLE="Roof")
            await test.drain()
            assert len(test.portal.calls("crm.item.update")) == 1

    with pytest.raises(LookupError, match="does not provide Erp"):
        app.override(Erp, Erp())


async def test_an_app_is_tested_by_one_at_a_time() -> None:
    app = greeter()
    async with AppTest(app):
        with pytest.raises(RuntimeError, match="runs already"):
            await AppTest(app).__aenter__()


async def test_an_override_ends_with_its_block() -> None:
    app = invoicer(attempts=1)
    async with AppTest(app) as test:
        with app.override(Erp, FlakyErp(failures=0)):
            test.portal.add("deal", TITLE="Roof")
            await test.drain()
            assert test.failures == []
        test.portal.add("deal", TITLE="Roof")
        await test.drain()

        (failure,) = test.take_failures()
        assert failure.is_dead
        assert str(failure.error) == "the real one was asked"


async def add_a_deal(app: App, *, then: Exception | None = None) -> None:
    """A test of somebody's, which does not look at what its handlers did."""
    async with AppTest(app) as test:
        test.portal.add("deal", TITLE="Roof")
        await test.drain()
        if then is not None:
            raise then


async def test_a_dead_execution_fails_the_test_with_the_handler_s_error() -> None:
    app = invoicer(attempts=1)
    with (
        pytest.raises(HandlerFailed, match="invoice failed at ONCRMDEALADD deal:1") as caught,
        app.override(Erp, FlakyErp(failures=1)),
    ):
        await add_a_deal(app)

    assert isinstance(caught.value.__cause__, ConnectionError)
    assert "in invoice" in str(caught.value)


async def test_a_handler_that_waits_after_a_failure_fails_the_test_too() -> None:
    with pytest.raises(HandlerFailed, match="it would be tried again"):
        await add_a_deal(invoicer())


@pytest.mark.parametrize("drains", [True, False])
async def test_a_failed_execution_that_a_newer_delivery_replaces_fails_no_test(
    drains: bool,
) -> None:
    app, titles = App(), []

    @app.on(OnCrmDealUpdate, retry=RetryPolicy(base=3600))
    async def handler(deal: Deal) -> None:
        titles.append(deal.title)
        if len(titles) == 1:
            raise LookupError("not yet")

    async with AppTest(app) as test:
        deal = test.portal.add("deal")
        test.portal.change("deal", deal, TITLE="a")
        await test.drain()
        assert len(test.failures) == 1
        test.portal.change("deal", deal, TITLE="b")
        await eventually(lambda: titles == ["a", "b"])
        if drains:
            await test.drain()
            assert test.take_failures() == []


async def test_a_failed_assertion_is_told_why_the_handler_failed() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        await add_a_deal(invoicer(), then=ZeroDivisionError())

    assert "the real one was asked" in caught.value.__notes__[0]


async def test_a_handler_that_hangs_is_named() -> None:
    app = App()

    @app.on(OnCrmDealAdd, name="sleeper")
    async def sleep() -> None:
        await asyncio.Event().wait()

    async with AppTest(app, timeout=0.5) as test:
        test.portal.add("deal", TITLE="Roof")
        with pytest.raises(TimeoutError, match=r"sleeper \(attempt 1 at ONCRMDEALADD deal:1\)"):
            await test.drain()


async def test_draining_waits_for_events_that_handlers_cause() -> None:
    app = greeter()
    seen = []

    @app.on(OnCrmDealUpdate)
    async def note(deal: Deal) -> None:
        seen.append(deal.id)

    async with AppTest(app) as test:
        deal = test.portal.add("deal", TITLE="Roof")
        await test.drain()

        assert seen == [deal]


async def test_who_is_told_of_dead_letters_has_been_told_after_draining() -> None:
    app = App()
    told = []

    @app.on(OnCrmDealAdd)
    async def give_up() -> None:
        raise GiveUp("no way")

    @app.dead_letter
    async def page(error: Exception) -> None:
        await asyncio.sleep(0)
        told.append(str(error))

    async with AppTest(app) as test:
        test.portal.add("deal", TITLE="Roof")
        await test.drain()

        assert told == ["no way"]
        assert [failure.is_dead for failure in test.take_failures()] == [True]


async def test_time_stands_still_and_what_is_due_happens_in_its_order() -> None:
    app = App()
    ran = []

    @app.on(OnCrmDealUpdate, debounce=timedelta(seconds=30))
    async def later() -> None:
        ran.append("later")

    @app.on(OnCrmDealAdd)
    async def again() -> None:
        ran.append("again")
        if ran.count("again") < 3:
            raise RetryLater(seconds=20)

    async with AppTest(app) as test:
        deal = test.portal.add("deal", TITLE="Roof")
        test.portal.change("deal", deal, TITLE="Wall")
        await test.drain()
        assert ran == ["again"]
        await test.advance(seconds=19)
        assert ran == ["again"]
        await test.advance(seconds=60)
        assert ran == ["again", "again", "later", "again"]


async def test_a_portal_that_wants_to_be_left_alone_is_so_until_time_has_passed() -> None:
    async with AppTest(greeter()) as test:
        test.portal.fail_next("crm.item.get", "OVERLOAD_LIMIT")
        test.portal.add("deal", TITLE="Roof")
        await test.drain()
        assert test.portal.calls("crm.item.update") == []

        await test.advance(seconds=120)

        assert len(test.portal.calls("crm.item.update")) == 1


async def test_an_event_without_a_record_is_sent_by_its_code() -> None:
    app = App()
    texts = []

    @app.on("ONIMBOTMESSAGEADD", name="answer")
    async def answer(event: Event) -> None:
        texts.append(event.data["PARAMS"]["MESSAGE"])

    async with AppTest(app) as test:
        test.send(event("ONIMBOTMESSAGEADD", data={"PARAMS": {"MESSAGE": "Hi"}}))
        await test.drain()
        with pytest.raises(LookupError, match="no handler is registered for ONTASKADD"):
            test.send("ONTASKADD")

    assert texts == ["Hi"]


@pytest.mark.parametrize("mode", ["webhook", "app"])
async def test_every_documented_event_can_be_sent(mode: Literal["webhook", "app"]) -> None:
    app = App()
    got = set()
    codes = {documented.code for documented in every_event()}
    codes -= {c for c in codes if issubclass(event_class(c), LifecycleEvent)}

    @app.on(*codes)
    async def note(event: Event) -> None:
        got.add(event.code)

    async with AppTest(app, mode=mode) as test:
        for code in codes:
            test.send(code)
        await test.drain()

    assert got == codes


async def test_an_app_may_call_whatever_the_portal_simulates() -> None:
    app = App()
    answers = []

    @app.on(OnCrmDealAdd)
    async def look_around(client: Client) -> None:
        for method in ("department.get", "placement.list", "bizproc.robot.list"):
            answers.append((await client.call(method)).result)

    async with AppTest(app, mode="app") as test:
        test.portal.add("department", NAME="Sales")
        test.portal.add("deal")
        await test.drain()

    departments, placements, robots = answers
    assert departments[0]["NAME"] == "Sales"
    assert "LEFT_MENU" in placements
    assert robots == []


async def test_many_events_are_all_handled_before_draining_ends() -> None:
    async with AppTest(greeter()) as test:
        for _ in range(100):
            test.portal.add("deal", TITLE="Roof")
        await test.drain()

        assert {deal["COMMENTS"] for deal in test.portal.records("deal")} == {GREETING}
        assert len(await test.deliveries()) == 100


def test_time_passes_and_options_of_the_portal_are_set_without_awaiting_too() -> None:
    app = invoicer()
    with AppTest(app) as test, app.override(Erp, FlakyErp(failures=1)):
        test.portal.page_size = 2
        test.portal.add(Deal.model_validate({"id": 7}))
        test.drain()
        test.advance(seconds=60)

        with pytest.raises(ValueError, match="does not go back"):
            test.advance(seconds=-1)
        assert test.portal.page_size == 2
        assert test.portal.record("deal", 7)["COMMENTS"] == "INV-1"
        assert [failure.attempt for failure in test.failures] == [1]


async def test_a_coroutine_is_told_to_use_async_with() -> None:
    with pytest.raises(TypeError, match="async with AppTest"):
        AppTest(greeter()).__enter__()


def secret() -> str:
    """What a `Depends` asks for."""
    return "real"


async def test_the_function_of_a_depends_can_be_overridden_too() -> None:
    app = App()
    got = []

    @app.on(OnCrmDealAdd)
    async def note(word: Annotated[str, Depends(secret)]) -> None:
        got.append(word)

    async with AppTest(app) as test:
        with app.override(secret, "fake"):
            test.portal.add("deal", TITLE="Roof")
            await test.drain()
        test.portal.add("deal", TITLE="Roof")
        await test.drain()

    assert got == ["fake", "real"]


async def test_what_the_app_provides_out_of_an_overridden_value_gets_it_too() -> None:
    app = App()
    got = []
    app.provide(Erp, Erp)

    def desk(erp: Erp) -> list[Erp]:
        return [erp]

    app.provide(list, desk)

    @app.on(OnCrmDealAdd)
    async def note(erps: list) -> None:  # type: ignore[type-arg]
        got.extend(erps)

    fake = FlakyErp(failures=0)
    async with AppTest(app) as test, app.override(Erp, fake):
        test.portal.add("deal", TITLE="Roof")
        await test.drain()

    assert got == [fake]


class RoofingDeal(Deal):
    """A deal with a user field."""

    area: float = Field(0, alias="UF_CRM_1712")
    budget: Money | None = Field(None, alias="UF_CRM_1713")


async def test_records_are_made_and_changed_by_models() -> None:
    app = App()
    seen = []

    @app.on(OnCrmDealAdd, OnCrmDealUpdate)
    async def note(deal: RoofingDeal) -> None:
        seen.append((deal.id, deal.category_id, deal.stage_id, deal.area, deal.budget, deal.opened))

    roof = RoofingDeal.model_validate(
        {"id": 7, "category_id": 3, "UF_CRM_1712": 12.5, "UF_CRM_1713": "9.5|EUR", "opened": True}
    )
    async with AppTest(app) as test:
        assert test.portal.add(roof) is roof
        await test.drain()
        test.portal.change(roof, stage_id="C3:WON")
        await test.drain()

    budget = Money(9.5, "EUR")
    (added, changed) = seen
    assert added[:2] + added[3:] == (7, 3, 12.5, budget, True)
    assert changed == (7, 3, "C3:WON", 12.5, budget, True)


async def test_a_handler_sees_the_phones_of_a_contact() -> None:
    app = App()
    seen = []

    @app.on(OnCrmContactAdd)
    async def call(contact: Contact) -> None:
        seen.append((contact.phones, contact.emails))

    async with AppTest(app) as test:
        test.portal.add("contact", PHONE="+49 30 1", EMAIL=["ada@example.org"])
        test.portal.add(Contact(id=7, phone=[Multifield(value="+49 30 2")]))
        await test.drain()

    assert sorted(seen) == [(["+49 30 1"], ["ada@example.org"]), (["+49 30 2"], [])]


async def test_a_product_is_made_by_the_model_of_either_dialect() -> None:
    async with AppTest(App()) as test:
        test.portal.add(CatalogProduct(id=7, name="Door"))
        test.portal.add(Product(id=8, name="Gate"))

        assert [row["NAME"] for row in test.portal.records("product")] == ["Door", "Gate"]


class Roof(Item):
    """An item of a smart process."""

    entity_type_id = 147


async def test_an_item_of_a_smart_process_is_made_by_its_model() -> None:
    app = App()
    seen = []

    @app.on(OnCrmDynamicItemAdd)
    async def note(item: Roof) -> None:
        seen.append((item.id, item.title))

    async with AppTest(app) as test:
        test.portal.add(Roof(id=7, title="Roof"))
        await test.drain()
        with pytest.raises(LookupError, match="of which type is a Item"):
            test.portal.add(Item(id=7))

    assert seen == [(7, "Roof")]
