"""Registering: names, codes, routers, and the mistakes of a decorator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bitrix_events import App, Event, HandlerSignatureError, RetryPolicy, Router
from bitrix_events.events import (
    CatalogPriceOnAdd,
    Deal,
    EntityEvent,
    LifecycleEvent,
    OnAppInstall,
    OnCrmDealAdd,
    OnCrmDealUpdate,
    OnCrmDynamicItemAdd,
    OnCrmProductAdd,
)
from bitrix_events.routing import router as router_module


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_module, "_remarked", set())


async def handle(event: Event) -> None: ...


def test_the_decorated_function_is_returned_unchanged() -> None:
    app, router = App(), Router("deals")

    assert app.on(OnCrmDealAdd)(handle) is handle
    assert router.on(OnCrmDealAdd)(handle) is handle


def test_an_app_takes_handlers_without_any_settings() -> None:
    app = App()

    app.on(OnCrmDealAdd)(handle)

    assert [handler.name for handler in app.handlers] == ["app.handle"]


def test_a_handler_is_named_after_router_and_function_unless_it_has_a_name() -> None:
    router = Router("deals")

    router.on(OnCrmDealAdd)(handle)
    router.on(OnCrmDealAdd, name="invoice")(handle)

    assert [handler.name for handler in router.handlers] == ["deals.handle", "invoice"]


def test_codes_are_upper_case_and_each_counts_once() -> None:
    app = App()

    app.on("onCrmDealAdd", OnCrmDealAdd, "catalog.price.on.add", "ONX_147")(handle)

    (handler,) = app.handlers
    assert handler.codes == ("ONCRMDEALADD", "CATALOG.PRICE.ON.ADD", "ONX_147")
    assert handler.events == (OnCrmDealAdd, CatalogPriceOnAdd, Event)


def test_a_code_with_the_number_of_a_type_stays_as_it_is_and_has_the_class() -> None:
    app = App()

    app.on("onCrmDynamicItemAdd_147")(handle)

    (handler,) = app.handlers
    assert handler.codes == ("ONCRMDYNAMICITEMADD_147",)
    assert handler.events == (OnCrmDynamicItemAdd,)


def remarks(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What was said about events at registration: the kind of remark, and its text."""
    return [
        (vars(record)["action"], record.getMessage())
        for record in caplog.records
        if record.name == "bitrix_events.routing.router"
    ]


def test_a_code_that_is_not_documented_is_taken_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = App()

    app.on("ONCRMDEALAD", name="first")(handle)
    app.on("oncrmdealad", name="second")(handle)

    assert [handler.events for handler in app.handlers] == [(Event,), (Event,)]
    ((action, text),) = remarks(caplog)
    assert action == "unknown_event"
    assert text.startswith("first: ONCRMDEALAD is not a documented event; did you mean ONCRMDEAL")
    assert "ONCRMDEALADD" in text


def test_a_code_like_no_other_is_said_without_a_guess(caplog: pytest.LogCaptureFixture) -> None:
    App().on("QQQQQQ", name="handler")(handle)

    assert remarks(caplog) == [("unknown_event", "handler: QQQQQQ is not a documented event")]


def test_a_deprecated_event_is_said_once_with_what_came_in_its_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = App()

    app.on(OnCrmProductAdd, name="first")(handle)
    app.on("ONCRMPRODUCTADD", name="second")(handle)

    said = "first: ONCRMPRODUCTADD is deprecated; use CATALOG.PRODUCT.ON.ADD"
    assert remarks(caplog) == [("deprecated", said)]


def test_nothing_is_said_about_events_that_are_documented_or_of_the_developer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class OnOwnThing(Event): ...

    App().on(OnCrmDealAdd, OnAppInstall, "ONCRMDYNAMICITEMADD_147", OnOwnThing)(handle)

    assert remarks(caplog) == []


def test_policies_come_from_the_handler_then_from_the_router() -> None:
    patient, hasty = RetryPolicy(attempts=20), RetryPolicy(attempts=1)
    router = Router("deals", retry=patient, timeout=5)

    router.on(OnCrmDealAdd, name="of the router")(handle)
    router.on(OnCrmDealAdd, name="own", retry=hasty, timeout=0.5)(handle)
    Router("plain").on(OnCrmDealAdd)(handle)

    of_router, own = router.handlers
    assert (of_router.retry, of_router.timeout) == (patient, 5)
    assert (own.retry, own.timeout) == (hasty, 0.5)


def test_a_handler_knows_whether_it_is_async() -> None:
    app = App()

    @app.on(OnCrmDealAdd)
    def in_a_thread(event: Event) -> None: ...

    app.on(OnCrmDealAdd)(handle)

    assert [handler.is_async for handler in app.handlers] == [False, True]


def test_an_app_includes_the_handlers_of_routers_in_order() -> None:
    app, deals, users = App(), Router("deals"), Router("users")
    users.on("ONUSERADD")(handle)
    deals.on(OnCrmDealAdd)(handle)
    app.on(OnCrmDealUpdate)(handle)

    app.include(deals, users)

    assert [handler.name for handler in app.handlers] == [
        "app.handle",
        "deals.handle",
        "users.handle",
    ]
    assert all(set(handler.plan.sources) == {"event"} for handler in app.handlers)


def test_a_router_may_get_handlers_after_it_was_included() -> None:
    app, deals = App(), Router("deals")
    app.include(deals)

    deals.on(OnCrmDealAdd)(handle)

    assert [handler.name for handler in app.handlers] == ["deals.handle"]


class Erp:
    pass


async def wants_erp(erp: Erp) -> None: ...


def test_a_router_alone_leaves_the_check_to_the_app() -> None:
    app, deals = App(), Router("deals")
    deals.on(OnCrmDealAdd)(wants_erp)

    with pytest.raises(HandlerSignatureError, match=r"^deals\.wants_erp: parameter 'erp'"):
        app.include(deals)

    app.provide(Erp, Erp)
    app.include(deals)
    assert set(app.handlers[0].plan.sources) == {"erp"}


def test_two_handlers_of_one_name_are_refused() -> None:
    app = App()
    app.on(OnCrmDealAdd)(handle)

    with pytest.raises(HandlerSignatureError, match=r"^app\.handle: .* name="):
        app.on(OnCrmDealUpdate)(handle)

    assert [handler.codes for handler in app.handlers] == [("ONCRMDEALADD",)]


def test_two_handlers_of_one_name_are_refused_across_routers() -> None:
    app, one, two = App(), Router("deals"), Router("deals")
    one.on(OnCrmDealAdd)(handle)
    two.on(OnCrmDealAdd)(handle)

    with pytest.raises(HandlerSignatureError, match=r"^deals\.handle"):
        app.include(one, two)


def test_a_refused_handler_is_not_registered() -> None:
    app, deals = App(), Router("deals")
    app.include(deals)

    with pytest.raises(HandlerSignatureError):
        deals.on(OnCrmDealAdd)(wants_erp)

    assert deals.handlers == ()
    assert app.handlers == ()


def test_a_decorator_without_an_event_is_refused() -> None:
    with pytest.raises(HandlerSignatureError, match=r"app\.handle: name the event"):
        App().on()(handle)


def test_a_decorator_without_parentheses_is_refused() -> None:
    app: Any = App()  # for mypy this is wrong already

    with pytest.raises(HandlerSignatureError, match="name the event"):
        app.on(handle)


@pytest.mark.parametrize("code", ["", " ", "not a code", "7ON", "ON-X", "ONX\n", "Ж", "O" * 101])
def test_a_code_that_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(HandlerSignatureError, match=r"app\.handle: .* not an event code"):
        App().on(code)(handle)


@pytest.mark.parametrize("event", [5, None, Deal, object(), EntityEvent, LifecycleEvent, Event])
def test_what_is_no_particular_event_is_refused(event: Any) -> None:
    with pytest.raises(HandlerSignatureError, match=r"app\.handle: "):
        App().on(event)(handle)


def test_one_wrong_event_among_others_is_refused() -> None:
    wrong: Any = 5
    app = App()

    with pytest.raises(HandlerSignatureError, match="neither an event class"):
        app.on(OnCrmDealAdd, wrong)(handle)

    assert app.handlers == ()


def test_debounce_and_concurrency_are_of_the_handler() -> None:
    app = App()

    app.on(OnCrmDealUpdate, "ONX", debounce=timedelta(seconds=10), concurrency=3)(handle)
    app.on(OnCrmDealAdd, name="plain")(handle)

    options = [(handler.debounce, handler.concurrency) for handler in app.handlers]
    assert options == [(10.0, 3), (0.0, None)]


@pytest.mark.parametrize("event", [OnCrmDealAdd, "ONCRMDEALDELETE", OnAppInstall])
def test_facts_are_not_debounced(event: Any) -> None:
    app = App()

    with pytest.raises(HandlerSignatureError, match=r"app\.handle: debounce= .* is a fact"):
        app.on(OnCrmDealUpdate, event, debounce=timedelta(seconds=10))(handle)

    assert app.handlers == ()


@pytest.mark.parametrize("debounce", [10, timedelta(0), timedelta(seconds=-1), timedelta(days=2)])
def test_a_debounce_that_is_no_time_is_refused(debounce: Any) -> None:
    with pytest.raises(HandlerSignatureError, match="takes a timedelta of up to a day"):
        App().on(OnCrmDealUpdate, debounce=debounce)(handle)


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, "3"])
def test_a_concurrency_that_is_no_number_is_refused(concurrency: Any) -> None:
    with pytest.raises(HandlerSignatureError, match="takes a number of executions"):
        App().on(OnCrmDealUpdate, concurrency=concurrency)(handle)
