"""``where=`` at registration: which record it asks about, and what it cannot be used for."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from bitrix_events import Event, HandlerSignatureError, Router
from bitrix_events.events import (
    Contact,
    Deal,
    OnAppInstall,
    OnCrmContactAdd,
    OnCrmDealAdd,
    OnCrmDealDelete,
    OnCrmDealUpdate,
)
from bitrix_events.routing.where import where_of


class Roofing(Deal):
    area_m2: float = 0


async def plain(event: Event) -> None: ...


async def roofing(deal: Roofing) -> None: ...


async def annotated(deal: Annotated[Roofing, "of a roof"]) -> None: ...


async def both(deal: Deal, roof: Roofing) -> None: ...


async def greedy(deal: Deal, contact: Contact) -> None: ...


def record_of(function: Any, *events: Any) -> type:
    router = Router("deals")
    router.on(*events, where=lambda record: True)(function)
    (handler,) = router.handlers
    assert handler.where is not None
    return handler.where.record


@pytest.mark.parametrize("handler", [roofing, annotated, both])
def test_the_record_is_read_as_what_the_handler_asks_for(handler: Any) -> None:
    assert record_of(handler, OnCrmDealAdd) is Roofing


def test_the_record_is_that_of_the_events_otherwise() -> None:
    assert record_of(plain, OnCrmDealAdd, OnCrmDealUpdate, "oncrmdealadd") is Deal


def test_without_a_filter_nothing_is_asked() -> None:
    router = Router("deals")
    router.on(OnCrmDealAdd)(plain)

    assert router.handlers[0].where is None


@pytest.mark.parametrize(
    ("function", "events", "told"),
    [
        (plain, [OnCrmDealDelete], "OnCrmDealDelete brings none that can be read"),
        (plain, [OnAppInstall], "OnAppInstall brings none that can be read"),
        (plain, [OnCrmDealAdd, "ONSOMETHINGELSE"], "an event that no class is known of"),
        (plain, [OnCrmDealAdd, OnCrmContactAdd], "this is for Contact and Deal"),
        (greedy, [OnCrmDealAdd], "this is for Contact and Deal"),
    ],
)
def test_a_filter_without_one_kind_of_record_is_refused(
    function: Any, events: list[Any], told: str
) -> None:
    with pytest.raises(HandlerSignatureError, match=told):
        record_of(function, *events)


def test_a_filter_is_a_function() -> None:
    with pytest.raises(HandlerSignatureError, match="where= takes a function of the record"):
        Router("deals").on(OnCrmDealAdd, where="x")(plain)  # type: ignore[call-overload]


async def asks_somebody(deal: Deal) -> bool:
    return False


class AsksSomebody:
    async def __call__(self, deal: Deal) -> bool:
        return False


@pytest.mark.parametrize(
    ("predicate", "told"),
    [
        (asks_somebody, "asked without waiting; take its `async` away"),
        (AsksSomebody(), "asked without waiting; take its `async` away"),
        (lambda: True, "is given the record, and nothing else: too many positional"),
        (lambda deal, client: True, "is given the record, and nothing else: missing"),
    ],
)
def test_a_filter_that_could_not_be_asked_is_refused(predicate: Any, told: str) -> None:
    with pytest.raises(HandlerSignatureError, match=told):
        Router("deals").on(OnCrmDealAdd, where=predicate)(plain)


@pytest.mark.parametrize("predicate", [bool, lambda deal, least=5: deal.opportunity > least])
def test_any_function_that_takes_one_record_is_a_filter(predicate: Any) -> None:
    Router("deals").on(OnCrmDealAdd, where=predicate)(plain)


def test_a_filter_that_turns_out_to_be_awaited_is_an_error_and_no_yes() -> None:
    filtered = where_of(lambda deal: asks_somebody(deal), Deal, "deals.plain")

    with pytest.raises(TypeError, match="where= returned something to await"):
        filtered.wants(Deal(id=7))
