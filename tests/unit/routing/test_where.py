"""``where=`` at registration: which record it asks about, and what it cannot be used for."""

from __future__ import annotations

from typing import Any

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


class Roofing(Deal):
    area_m2: float = 0


async def plain(event: Event) -> None: ...


async def roofing(deal: Roofing) -> None: ...


async def greedy(deal: Deal, contact: Contact) -> None: ...


def record_of(function: Any, *events: Any) -> type:
    router = Router("deals")
    router.on(*events, where=lambda record: True)(function)
    (handler,) = router.handlers
    assert handler.where is not None
    return handler.where.record


def test_the_record_is_read_as_what_the_handler_asks_for() -> None:
    assert record_of(roofing, OnCrmDealAdd) is Roofing


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
